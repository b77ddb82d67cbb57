"""A scenario as a whole: settings, organizations, populations, steps and thresholds."""

from collections.abc import Iterator
from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, field

from ....engine.settings import Latencies, Latency, Quotas, Settings
from ....engine.shapes.base import EPOCH
from ...delays import Days
from ...faults import FaultTable
from ...simulation import START
from .contradictions import Contradiction, Table
from .figures import Figures, figures_of
from .organizations import OrganizationTable, Twin, behaviours
from .populations import Behaviour, PopulationTable, RequestKind
from .steps import PLAIN, Step, Track, TrackTable
from .thresholds import Threshold

LATEST_START = datetime(8000, 1, 1, tzinfo=UTC)
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Parameter = bool | int | float | str
"""The value of a parameter."""


class Beginning(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The keys of a scenario file that say with what its world begins."""

    description: str = ""
    seed: Seed = 0
    start: Annotated[datetime, Meta(tz=True)] = START
    settings: Settings = Settings()
    measure_from: Days = 0.0
    """The day of the run from which on figures count."""

    def contradictions(self) -> Iterator[Contradiction]:
        if not EPOCH <= self.start <= LATEST_START:
            yield Contradiction(f"must lie between {EPOCH:%Y} and {LATEST_START:%Y}", ("start",))


class Header(Beginning, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The keys of a scenario file, apart from its collections (organizations, populations, steps, ...)."""

    latency: Latency | Latencies = "instant"
    throttle: Literal["off", "aws"] = "off"
    quotas: Quotas = Quotas()


TOP_LEVEL_SETTINGS = ("latency", "throttle", "quotas")
"""Settings that a file may have at its top level too, instead of in the table ``settings``."""


class Scenario(Beginning, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A scenario whose parameters have been replaced by their values."""

    organizations: dict[str, OrganizationTable]
    """Name to organization; at least one. Summaries are about the first."""
    log: str = ""
    """The name of the log with which the run begins; empty: it begins with an empty world."""
    at: str = ""
    """The place in that log."""
    dated: bool = False
    """Whether somebody says when it starts: the file, or the log or the copy with which it begins."""
    twins: dict[str, Twin] = field(default_factory=dict[str, Twin])
    """Name to organization that was copied from elsewhere."""
    parameters: dict[str, Parameter] = field(default_factory=dict[str, Parameter])
    """Name to value: as given for this run, or else the scenario's default."""
    populations: dict[str, PopulationTable] = field(default_factory=dict[str, PopulationTable])
    faults: tuple[FaultTable, ...] = ()
    """What goes wrong during the run; scripted when it begins."""
    steps: tuple[Step, ...] = ()
    """The plain list of steps, which is a track too."""
    tracks: tuple[Track, ...] = ()
    """The tracks that have names."""
    thresholds: tuple[Threshold, ...] = ()

    @property
    def figures(self) -> Figures:
        """The figures of a run of it."""
        return figures_of(
            self.organizations, self.populations, {track.name: len(track.steps) for track in self.all_tracks}
        )

    @property
    def all_tracks(self) -> tuple[Track, ...]:
        """All tracks in their order, which decides who goes first at the same moment: the plain list of steps first."""
        plain = (Track(PLAIN, TrackTable(), self.steps),) if self.steps else ()
        return (*plain, *self.tracks)

    @property
    def all_steps(self) -> tuple[Step, ...]:
        """The steps of all tracks."""
        return tuple(step for track in self.all_tracks for step in track.steps)

    def behaviours(self) -> Iterator[tuple[str, RequestKind, Behaviour]]:
        """All behaviours in the order of the file, those of populations first: of whom, to what, and which."""
        return behaviours(self.populations, self.organizations)
