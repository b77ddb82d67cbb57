"""The other half of ``faulty_store.c``: what a process into which it was preloaded asks of it.

Nothing of orgsim is imported here, so that this can be read with the C file beside it.
"""

import ctypes
import errno
from dataclasses import dataclass
from enum import IntEnum
from functools import cache
from pathlib import Path


class Kind(IntEnum):
    """What is done to a file; the last two stand in traces only."""

    OPEN = 0
    WRITE = 1
    TRUNCATE = 2
    SYNC = 3
    UNLINK = 4
    RENAME = 5
    LINK = 6
    MAP = 7
    MARK = 8
    CREATE = 9


COUNTED = tuple(Kind)[: Kind.MARK]


class Place(IntEnum):
    """To which file: the log, its write-ahead log, or any other in the directory."""

    LOG = 0
    WAL = 1
    OTHER = 2


class Way(IntEnum):
    """How it goes wrong."""

    NOT_AT_ALL = 0
    KILL_BEFORE = 1
    KILL_AFTER = 2
    TEAR = 3
    FAIL_ONCE = 4
    FAIL_FROM_THEN_ON = 5


@dataclass(frozen=True)
class Fault:
    """What goes wrong, and when: the ``number``-th operation, from 1 on, of these kinds on files of these places.

    A full disk from then on, ENOSPC, fails only what takes space: writes, links, and files that come to be or grow. Its
    first write still writes half, as a disk does that is nearly full.
    """

    way: Way = Way.NOT_AT_ALL
    number: int = 1
    kinds: tuple[Kind, ...] = COUNTED
    places: tuple[Place, ...] = tuple(Place)
    error: int = errno.EIO

    def __str__(self) -> str:
        what = "" if self.kinds == COUNTED else " ".join(kind.name for kind in self.kinds).lower() + " "
        where = "" if self.places == tuple(Place) else " in " + " ".join(place.name for place in self.places).lower()
        error = f" {errno.errorcode[self.error]}" if self.way >= Way.FAIL_ONCE else ""
        return f"{self.way.name.lower().replace('_', ' ')}{error} at {what}{self.number}{where}"


@cache
def _library() -> ctypes.CDLL:
    library = ctypes.CDLL(None)
    library.faulty_struck.restype = ctypes.c_char_p
    library.faulty_count.restype = ctypes.c_long
    library.faulty_arm.argtypes = [ctypes.c_uint, ctypes.c_uint, ctypes.c_long, ctypes.c_int, ctypes.c_int]
    library.faulty_mark.argtypes = [ctypes.c_char_p, ctypes.c_size_t]
    return library


def watch(log: Path) -> None:
    """From now on, count what is done in the directory of this log."""
    _library().faulty_watch(bytes(log))


def arm(fault: Fault) -> None:
    """Let something go wrong."""
    kinds, places = (sum(1 << each for each in some) for some in (fault.kinds, fault.places))
    _library().faulty_arm(kinds, places, fault.number, fault.way, fault.error)


def struck() -> str:
    """At what the fault has struck; empty if it has not."""
    kind, _, path = _library().faulty_struck().decode().partition(" ")
    return f"{Kind(int(kind)).name.lower()} {path}" if path else ""


def counts() -> list[list[int]]:
    """How many operations there were: of each kind, in each place."""
    return [[_library().faulty_count(kind, place) for place in Place] for kind in COUNTED]


def record(trace: Path) -> None:
    """From now on, write every operation into a trace."""
    error = _library().faulty_record(bytes(trace))
    if error:
        raise OSError(error, "the trace cannot be written", str(trace))


def mark(text: str) -> None:
    """Put a text into the trace, between the operations before and those after it."""
    data = text.encode()
    _library().faulty_mark(data, len(data))
