"""The scenario as a whole: a world, its organizations, populations, steps and thresholds."""

from datetime import UTC, datetime
from typing import Annotated, Literal

from msgspec import Meta, Struct

from ....engine.ids import AccountId
from ....engine.settings import Quotas, Settings
from ....engine.shapes.base import EPOCH
from ....engine.words import FeatureSet
from ...simulation import START
from .populations import Population
from .steps import Step
from .thresholds import Threshold

LATEST_START = datetime(8000, 1, 1, tzinfo=UTC)
Seed = Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)]
Parameter = bool | int | float | str


class ScenarioError(Exception):
    """A scenario cannot be read or played; the message names the file and the place, on one line."""

    def __str__(self) -> str:
        # A name of a file may hold a line break.
        return " ".join(super().__str__().splitlines())


class OrganizationTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """An organization, which is founded when the run begins."""

    management_account: AccountId = "111111111111"
    feature_set: FeatureSet = FeatureSet.CONSOLIDATED_BILLING


class Beginning(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How the world of a scenario begins, before anything is in it."""

    description: str = ""
    seed: Seed = 0
    start: Annotated[datetime, Meta(tz=True)] = START
    settings: Settings = Settings()

    def __post_init__(self) -> None:
        if not EPOCH <= self.start <= LATEST_START:
            raise ValueError(f"start: must lie between {EPOCH:%Y} and {LATEST_START:%Y}")


class Header(Beginning, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """What a scenario file says besides its tables of things with names of their own."""

    latency: Literal["instant", "realistic"] = "instant"
    throttle: Literal["off", "aws"] = "off"
    quotas: Quotas = Quotas()


SHORT = ("latency", "throttle", "quotas")
"""Settings that a file may name at its top level too."""


class Scenario(Beginning, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A scenario, with its parameters put in."""

    organizations: dict[str, OrganizationTable]
    """At least one; the first is the one that a summary is about."""
    parameters: dict[str, Parameter] = {}
    """What it was given, or its own defaults."""
    populations: dict[str, Population] = {}
    steps: tuple[Step, ...] = ()
    thresholds: tuple[Threshold, ...] = ()
