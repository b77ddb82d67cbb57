"""Counts calls of functions: how much is done, whatever the machine."""

import sys
from collections.abc import Callable


def calls_of(function: Callable[[], object]) -> int:
    """The number of calls of functions that something takes, of Python's and of C's."""
    found = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal found
        found += event in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(count)
    try:
        function()
    finally:
        sys.setprofile(before)
    return found
