"""The options of ``orgsim serve``."""

import math
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from ...engine.runtime.clock import Clock, PacedClock, SimulatedClock, WallClock
from ...engine.shapes.timestamps import microseconds
from ..simulation import START

CLOCKS = "the choices are wall, simulated and paced:FACTOR with a number above 0, such as paced:3600"


class Latency(StrEnum):
    """How long AWS's asynchronous work takes, such as the creation of an account."""

    INSTANT = "instant"
    REALISTIC = "realistic"
    STEPWISE = "stepwise"


class Throttling(StrEnum):
    """Whether calls are limited to AWS's published rates."""

    OFF = "off"
    AWS = "aws"


class Auth(StrEnum):
    """Whether signatures are verified."""

    OPEN = "open"
    VERIFY = "verify"


def make_clock(text: str) -> Clock:
    """Make a clock from ``wall``, ``simulated`` or ``paced:FACTOR``.

    Raises:
        ValueError: it is none of them.
    """
    if text == "wall":
        return WallClock()
    if text == "simulated":
        return SimulatedClock(microseconds(START))
    kind, _, factor = text.partition(":")
    try:
        number = float(factor)
    except ValueError:
        number = 0.0
    if kind != "paced" or not 0 < number < math.inf:
        raise ValueError(f"{text!r} is no clock: {CLOCKS}")
    return PacedClock(number)


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

    @property
    def auth(self) -> Auth:
        """Whether signatures are verified: with a credentials file they are."""
        return Auth.VERIFY if self.credentials else Auth.OPEN
