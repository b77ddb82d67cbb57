"""Shorten a random script that fails to what is worth reading."""

from collections.abc import Callable
from typing import TypeVar

Step = TypeVar("Step")


def shortened(script: list[Step], fails: Callable[[list[Step]], bool]) -> list[Step]:
    """Return a part of a failing script that fails too, and of which no step can be left out."""
    length = max(1, len(script) // 2)
    while length:
        for begin in range(len(script) - length, -1, -1):
            shorter = script[:begin] + script[begin + length :]
            if begin + length <= len(script) and fails(shorter):
                script = shorter
        length //= 2
    return script
