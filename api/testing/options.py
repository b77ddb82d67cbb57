"""With what the world of a test begins: the options of ``@pytest.mark.orgsim(...)`` and of ``world_fixture(...)``."""

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from typing import Any

import msgspec
from msgspec import Struct

from ...engine.errors import Refused
from ...engine.settings import LATEST, Settings
from ..choices import choose
from ..durations import as_microseconds
from ..load.scenario import ScenarioError
from ..load.scenario.conversion import convert
from ..simulation import Simulation
from .founding import found_organization

MOST_ACCOUNTS = 100_000
"""So many accounts may be founded with a world, which takes a few seconds."""


class WrongOption(Exception):
    """There is no such option, or it cannot have this value; the message says what is possible."""


class WorldOptions(Struct, frozen=True, kw_only=True):
    """With what a world begins."""

    seed: int = 0
    """All ids and latencies derive from it."""
    start: datetime | str | None = None
    """Where the clock begins; by default 2026-01-01."""
    accounts: int | None = None
    """How many member accounts the organization of 111111111111 has already; None: there is no organization."""
    settings: Settings = Settings()

    def make(self) -> Simulation:
        """Make the simulation; it has yet to be opened, and then to be given what ``found`` gives it."""
        return Simulation(seed=self.seed, start=self.start, settings=self.settings)

    def found(self, sim: Simulation) -> None:
        """Found the organization that an open simulation is to begin with, if any.

        Raises:
            WrongOption: the settings do not allow for so many accounts.
        """
        if self.accounts is None:
            return
        try:
            found_organization(sim, self.accounts)
        except Refused as refusal:
            raise WrongOption(f"accounts={self.accounts:,} is refused: {refusal.explanation or refusal}") from None


def read_options(given: Mapping[str, Any]) -> WorldOptions:
    """Check options by name.

    Args:
        given: ``seed``, ``start``, ``accounts``, ``settings`` (a ``Settings``, or a table with its names), and, of the
            settings, ``throttle`` and ``latency`` by themselves.

    Raises:
        WrongOption: there is no such option, or it cannot have this value.
    """
    for name in given:
        if name not in READERS:
            of_settings = f'; it is one of the settings: settings={{"{name}": …}}' if name in SETTINGS else ""
            raise WrongOption(f"no option {name!r}{of_settings or choose(name, list(READERS))}")
    read = {name: READERS[name](value) for name, value in given.items()}
    settings: dict[str, Any] = {"record": "writes"} | read.pop("settings", {})
    settings |= {name: read.pop(name) for name in SINGLE_SETTINGS if name in read}
    return WorldOptions(**read, settings=_convert("settings", settings, Settings))


def _seed(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and -(2**63) <= value < 2**63:
        return value
    raise WrongOption(f"seed is a whole number of 64 bits, not {value!r}")


def _start(value: Any) -> datetime | str:
    try:
        moment = as_microseconds(value)
    except (ValueError, TypeError) as error:
        raise WrongOption(f"start: {error}") from None
    if isinstance(value, timedelta) or not 0 <= moment <= LATEST:
        raise WrongOption(f"start is a moment between 1970 and 8995, not {value!r}")
    return value


def _accounts(value: Any) -> int:
    if isinstance(value, int) and not isinstance(value, bool) and 0 <= value <= MOST_ACCOUNTS:
        return value
    raise WrongOption(f"accounts is a number from 0 to {MOST_ACCOUNTS:,}, not {value!r}")


def _settings(value: Any) -> dict[str, Any]:
    if isinstance(value, Settings):
        # A whole one says what is recorded, too, though it is left out where it is the default.
        return {"record": value.record} | msgspec.to_builtins(value)
    if not isinstance(value, Mapping):
        raise WrongOption(f"settings is a Settings or a dict with its names, not {value!r}")
    table = msgspec.to_builtins(dict(value))  # pyright: ignore[reportUnknownArgumentType]
    _convert("settings", table, Settings)
    return table


def _single(name: str) -> Callable[[Any], Any]:
    def read(value: Any) -> Any:
        plain = msgspec.to_builtins(value)
        _convert("", {name: plain}, Settings)
        return plain

    return read


def _convert(path: str, value: Any, kind: Any) -> Any:
    try:
        return convert(value, kind, (path,) if path else ())
    except ScenarioError as error:
        raise WrongOption(str(error)) from None


SINGLE_SETTINGS = ("throttle", "latency")
"""Settings that are options by themselves."""

SETTINGS = Settings.__struct_fields__
"""All settings."""

READERS: dict[str, Callable[[Any], Any]] = {
    "seed": _seed,
    "start": _start,
    "accounts": _accounts,
    "throttle": _single("throttle"),
    "latency": _single("latency"),
    "settings": _settings,
}
"""Option to the function that checks its value."""
