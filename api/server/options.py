"""The options of ``orgsim serve``."""

from datetime import UTC, datetime, timedelta
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from ...engine.runtime.clock import Clock, PacedClock, SimulatedClock, WallClock
from ...engine.settings import LATEST
from ..durations import as_microseconds, read_factor
from ..world import START

CLOCKS = (
    "the choices are wall, simulated and paced:FACTOR with a number from 0.001 to a billion, such as paced:3600, "
    "or how much simulated time passes in a second, such as paced:1h"
)
NOW = "now"
MOST_WORLDS = 1_000
"""Named worlds on one server, unless it is told otherwise."""


class Latency(StrEnum):
    """How long AWS's asynchronous work takes, such as the creation of an account."""

    INSTANT = "instant"
    REALISTIC = "realistic"
    STEPWISE = "stepwise"


class Throttling(StrEnum):
    """Whether calls are limited to AWS's published rates."""

    OFF = "off"
    AWS = "aws"


class Record(StrEnum):
    """Which calls the log of a world has."""

    CHANGES = "changes"
    WRITES = "writes"
    ALL = "all"


class Auth(StrEnum):
    """Whether signatures are verified."""

    OPEN = "open"
    VERIFY = "verify"


def make_clock(text: str, start: str | None = None) -> Clock:
    """Make a clock from ``wall``, ``simulated`` or ``paced:FACTOR``.

    Args:
        text: which clock.
        start: where it begins in a new world: a moment in ISO 8601, or ``now``.

    Raises:
        ValueError: it is no clock, or the start no moment; or a start is given for the wall clock.
    """
    moment = None if start is None else read_start(start)
    if text == "wall":
        if moment is not None:
            raise ValueError("the wall clock shows the present and begins nowhere; a start is for simulated or paced")
        return WallClock()
    if text == "simulated":
        return SimulatedClock(as_microseconds(START) if moment is None else moment)
    return PacedClock(_factor_of(text), moment)


def _factor_of(text: str) -> float:
    kind, _, factor = text.partition(":")
    try:
        if kind == "paced":
            return read_factor(factor)
    except ValueError:
        pass
    raise ValueError(f"{text!r} is no clock: {CLOCKS}")


def read_start(text: str) -> int:
    """Read where a clock begins: a moment in ISO 8601, or ``now``; returns microseconds since the epoch.

    Raises:
        ValueError: it is none of them, has no time zone, or lies beyond the calendar.
    """
    if text == NOW:
        return as_microseconds(datetime.now(UTC))
    try:
        moment = as_microseconds(text)
    except ValueError as error:
        raise ValueError(f"{error}; or as now") from None
    if not 0 <= moment <= LATEST:
        raise ValueError(f"a world begins between 1970-01-01 and 8995-05-02, not at {text}")
    return moment


class Options(Struct, frozen=True):
    """The options as given on the command line; None where an option was not given."""

    host: str
    port: int
    log: Path | None
    clock: str
    latency: Latency | None
    throttle: Throttling | None
    credentials: Path | None
    seed: int | None
    as_json: bool
    allow_hosts: tuple[str, ...] = ()
    settings: Path | None = None
    start: str | None = None
    """Where the clock of a new world begins: a moment in ISO 8601, or ``now``."""
    max_worlds: int = MOST_WORLDS
    """Named worlds at once; 0 for none."""
    world_idle: timedelta | None = None
    """How long a named world may be without a request before it ends; None for ever."""
    record: Record | None = None
    """Which calls a new world records; None: refused writes too."""

    @property
    def auth(self) -> Auth:
        """Whether signatures are verified: with a credentials file they are."""
        return Auth.VERIFY if self.credentials else Auth.OPEN
