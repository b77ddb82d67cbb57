"""What ``orgsim serve`` can be told, and the clock that it means."""

import math
from enum import StrEnum
from pathlib import Path

from msgspec import Struct

from ...engine.runtime.clock import Clock, PacedClock, SimulatedClock, WallClock
from ..simulation import START, microseconds

CLOCKS = "the choices are wall, simulated and paced:FACTOR with a number above 0, such as paced:3600"


class Latency(StrEnum):
    """How long what AWS does later takes."""

    INSTANT = "instant"
    REALISTIC = "realistic"


class Throttling(StrEnum):
    """How often accounts may call."""

    OFF = "off"
    AWS = "aws"


class Auth(StrEnum):
    """What a signature is worth."""

    OPEN = "open"
    VERIFY = "verify"


def make_clock(text: str) -> Clock:
    """A clock from ``wall``, ``simulated`` or ``paced:FACTOR``.

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
    """The options of the command, as they were given; None where nothing was."""

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

    @property
    def auth(self) -> Auth:
        """What a signature is worth: it is verified by a credentials file."""
        return Auth.VERIFY if self.credentials else Auth.OPEN
