"""The event about a call that changed nothing."""

from collections.abc import Callable
from typing import Any

from ..events import CallRecorded
from ..state import State


def on_call_recorded(state: State, event: CallRecorded) -> None:
    state.recorded_calls += 1


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {CallRecorded: on_call_recorded}
