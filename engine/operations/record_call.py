"""RecordCall: record a call that changed nothing, because it was refused or asked a question.

Caller: whoever called; a world does it for the calls that its setting ``record`` names.
Refused, in this order: nothing.
Happens: CallRecorded. Ids and latencies afterwards are those that they would be without it.
Goes on in: nowhere.
Sources: none; AWS's trail of calls is CloudTrail.
"""

from typing import Any

from msgspec import Struct

from ..events import CallRecorded
from ..operation import Events, Stamp
from ..state import State


class Request(Struct, frozen=True):
    operation: str
    members: dict[str, Any]
    """Of the call, under AWS's names; such as a log can store."""
    code: str | None = None
    """AWS's exception; None if the call was answered."""
    reason: str | None = None
    message: str | None = None
    explanation: str | None = None


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    error = request.code, request.reason, request.message, request.explanation
    return [CallRecorded(request.operation, request.members, *error)]
