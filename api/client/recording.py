"""Recording calls that changed nothing in the log of a world, as its ``Settings.record`` asks for."""

from collections.abc import Mapping
from typing import Any

from ...engine.errors import Refused
from ...engine.operation import Caller
from ...engine.operations import OPERATIONS, record_call
from ...engine.runtime.engine import Engine
from .plain import plain_members, plain_text


async def record_unchanging(
    engine: Engine, caller: Caller, operation: str, members: Mapping[str, Any], refusal: Refused | None
) -> int:
    """Append a call that appended nothing itself to the log, if the world records such calls.

    A refused write is durable when this returns, what has read a little later.

    Args:
        engine: of the world.
        caller: who called.
        operation: AWS's name.
        members: of the request, under AWS's names.
        refusal: why it was refused; None if it was answered.

    Returns:
        The position of the event; 0 if the call is not recorded.

    Raises:
        EngineStopped: the log could not be written.
    """
    record, writes = engine.state.settings.record, operation in OPERATIONS
    if record == "changes" or (record == "writes" and not (writes and refusal)):
        return 0
    with engine.exclusive:
        if engine.crowded:
            await engine.room()
        engine.post(_request_of(operation, members, refusal), caller)
        position = engine.state.position
        await (engine.flush() if writes else engine.write_soon())
    return position


def _request_of(operation: str, members: Mapping[str, Any], refusal: Refused | None) -> record_call.Request:
    plain = plain_members(members)
    if refusal is None:
        return record_call.Request(operation, plain)
    message, explanation = plain_text(refusal.message), plain_text(refusal.explanation)
    return record_call.Request(operation, plain, refusal.code, refusal.reason, message, explanation)
