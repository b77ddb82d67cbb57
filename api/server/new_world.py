"""Make the worlds that a server begins: what a request says of one, and the server's options for the rest."""

from collections.abc import Mapping
from typing import Any

import msgspec
from msgspec import Struct

from ...engine.settings import Settings
from ..settings_file import require_settings
from ..simulation import Simulation
from .options import make_clock


class NewWorld(Struct, frozen=True):
    """What is wanted of a new world; None where the server's options hold."""

    seed: int | None = None
    start: str | None = None
    """Where its clock begins: a moment in ISO 8601, or ``now``."""
    clock: str | None = None
    settings: dict[str, Any] = {}
    """Some of the settings; the others are as the server's options say."""


class WorldMaker:
    """Makes simulations in memory that have not begun.

    Args:
        seed: of all worlds for which no other is wanted.
        clock: ``wall``, ``simulated`` or ``paced:FACTOR``.
        start: where a simulated or paced clock begins: a moment in ISO 8601, or ``now``; by default 2026-01-01 for a
            simulated clock, the present for a paced one.
        settings: some of the settings, as a table.
    """

    def __init__(
        self,
        *,
        seed: int | None = None,
        clock: str = "simulated",
        start: str | None = None,
        settings: Mapping[str, Any] | None = None,
    ) -> None:
        self._seed = seed
        self._clock = clock
        self._start = start
        self.settings = dict(settings or {})
        """Those that are set, as a table."""

    @property
    def table(self) -> dict[str, Any]:
        """The settings of a new world, as a table: refused writes are recorded unless another choice was made."""
        return {"record": "writes"} | self.settings

    def __call__(self, wanted: NewWorld | None = None) -> Simulation:
        """Make the simulation of a new world.

        Raises:
            ValueError: a clock, a moment or a seed that is none, or a start for the wall clock.
            SettingsError: settings that there are not, or impossible ones.
        """
        wanted = wanted or NewWorld()
        table = self.table | wanted.settings
        require_settings(table)
        clock = wanted.clock or self._clock
        # The start of the options is meant for their clock; another kind of clock may have none.
        start = wanted.start or (self._start if wanted.clock is None else None)
        return Simulation(
            seed=self._seed if wanted.seed is None else wanted.seed,
            clock=make_clock(clock, start),
            settings=msgspec.convert(table, Settings),
        )
