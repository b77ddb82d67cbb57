"""How what takes long tells of its progress."""

from collections.abc import Callable

Progress = Callable[[str, int, int, str], None]
"""Receives the progress: what is being done, how many are done, of how many, and the simulated day."""


def no_progress(what: str, done: int, total: int, day: str) -> None:
    """Ignore progress."""
