"""Answering a reading operation: from the views as the caller is shown them at this moment."""

from typing import Any

from msgspec import Struct

from ...engine.errors import Refused
from ...engine.explaining import when
from ...engine.operation import Caller
from ..views import Views
from . import READS


def answer(operation: str, question: Any, views: Views, caller: Caller, now: int) -> Struct:
    """Answer a reading operation.

    Args:
        operation: AWS's name, in ``READS``.
        question: its request.
        views: the present ones; where reads lag, the caller is shown late ones.
        caller: who asks, on behalf of an account.
        now: the world's time, in microseconds since the epoch.

    Raises:
        Refused: as the operation documents.
    """
    late = views.late
    if late is None:
        return _answer(operation, question, views, caller)
    try:
        return _answer(operation, question, late.seen_by(operation, now), caller)
    except Refused as refusal:
        explain_lag(refusal, operation, question, views, caller, late.all_seen_at())
        raise


def explain_lag(
    refusal: Refused, operation: str, question: Any, present: Views, caller: Caller, seen_at: int | None
) -> None:
    """Explain a refusal from late views by the lag, if the present ones do not refuse the same question so.

    Args:
        refusal: from the late views.
        operation: AWS's name, in ``READS``.
        question: its request.
        present: the present views.
        caller: who asks.
        seen_at: the moment by which all that has happened is seen, in microseconds since the epoch; None: never.
    """
    try:
        _answer(operation, question, present, caller)
    except Refused as other:
        if (type(other), other.reason) == (type(refusal), refusal.reason):
            return
    until = "as long as that fault is scripted" if seen_at is None else f"until {when(seen_at)} at the latest"
    refusal.explain(f"it is not visible yet: reads lag behind writes, here {until}; ask again then")


def _answer(operation: str, question: Any, views: Views, caller: Caller) -> Struct:
    assert caller.account is not None, "an account asks"
    return READS[operation].answer(question, views.asked_by(caller.principal), caller.account)
