"""The event about a dump of an organization."""

from collections.abc import Callable
from typing import Any

from ..events import DumpTaken
from ..state import State


def on_dump_taken(state: State, event: DumpTaken) -> None:
    """Change nothing: the events of the same command change what the dump shows to be different."""


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {DumpTaken: on_dump_taken}
