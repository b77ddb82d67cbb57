"""Answering a reading operation: from the views as the caller is shown them at this moment."""

from typing import Any

from msgspec import Struct

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
    assert caller.account is not None, "an account asks"
    shown = views if views.late is None else views.late(operation, now)
    return READS[operation].answer(question, shown.asked_by(caller.principal), caller.account)
