"""The event about a record of CloudTrail."""

from collections.abc import Callable
from typing import Any

from ..events import RecordTaken
from ..state import State


def on_record_taken(state: State, event: RecordTaken) -> None:
    """Change nothing: the events that follow say what the record says."""


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {RecordTaken: on_record_taken}
