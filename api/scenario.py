"""The scenario file: what it may say, and how it is read.

TOML, decoded into the structs below. Unknown keys and impossible values are refused with the file and the path in it.
Durations are numbers of days. ``play.py`` plays a scenario; ``scenarios/`` holds examples.
"""

import math
from datetime import UTC, datetime
from random import Random
from typing import Annotated, Literal

from msgspec import Meta, Struct, structs

from ..engine.ids import AccountId
from ..engine.settings import INVITATION_LIFETIME, Quotas, Settings
from ..engine.shapes.base import EPOCH
from ..engine.words import FeatureSet
from .simulation import START

LATEST_START = datetime(8000, 1, 1, tzinfo=UTC)
DAY = 24 * 3600 * 1_000_000
MOST_ACCOUNTS = 100_000_000
Days = Annotated[float, Meta(ge=0, le=36_500)]
Share = Annotated[float, Meta(ge=0, le=1)]


class ScenarioError(Exception):
    """A scenario cannot be read or played; the message names the file and the place."""


class Fixed(Struct, frozen=True, tag="fixed", tag_field="distribution", forbid_unknown_fields=True):
    """Everybody after the same time."""

    days: Days

    @property
    def longest(self) -> float:
        """The longest delay that can come, in days."""
        return self.days

    def draw(self, random: Random) -> int:
        """A delay in microseconds."""
        return round(self.days * DAY)


class Uniform(Struct, frozen=True, tag="uniform", tag_field="distribution", forbid_unknown_fields=True):
    """Any time between two bounds, all equally likely."""

    from_days: Days
    to_days: Days

    def __post_init__(self) -> None:
        if not self.from_days <= self.to_days:
            raise ValueError(f"from_days = {self.from_days} is later than to_days = {self.to_days}")

    @property
    def longest(self) -> float:
        """The longest delay that can come, in days."""
        return self.to_days

    def draw(self, random: Random) -> int:
        """A delay in microseconds."""
        return round(random.uniform(self.from_days, self.to_days) * DAY)


class Lognormal(Struct, frozen=True, tag="lognormal", tag_field="distribution", forbid_unknown_fields=True):
    """Most soon, some late: half of them within the median; ``sigma`` says how far the rest spreads."""

    median_days: Annotated[float, Meta(gt=0, le=36_500)]
    sigma: Annotated[float, Meta(ge=0, le=10)]
    at_most_days: Days

    @property
    def longest(self) -> float:
        """The longest delay that can come, in days."""
        return self.at_most_days

    def draw(self, random: Random) -> int:
        """A delay in microseconds."""
        days = random.lognormvariate(math.log(self.median_days), self.sigma)
        return round(min(days, self.at_most_days) * DAY)


Delay = Fixed | Uniform | Lognormal


class Invited(Struct, frozen=True, tag="invited", tag_field="origin", forbid_unknown_fields=True, kw_only=True):
    """Accounts that exist and are invited. All of them join; then they accept the migration, decline it, or say nothing
    until they are reminded."""

    count: Annotated[int, Meta(ge=0, le=MOST_ACCOUNTS)]
    joining: Delay = Fixed(0)
    """From the invitation to its acceptance."""
    accept: Share = 1.0
    decline: Share = 0.0
    silent: Share = 0.0
    answer: Delay = Fixed(0)
    """From the request, or for the silent from the reminder, to the answer."""

    def __post_init__(self) -> None:
        shares = self.accept + self.decline + self.silent
        if not math.isclose(shares, 1, abs_tol=1e-9):
            raise ValueError(f"accept, decline and silent are shares of the whole and must add up to 1, not {shares:g}")
        if round(self.joining.longest * DAY) >= INVITATION_LIFETIME:
            raise ValueError("joining takes up to 15 days or more, but an invitation expires after 15")


class Created(Struct, frozen=True, tag="created", tag_field="origin", forbid_unknown_fields=True, kw_only=True):
    """Accounts that the organization creates; a migration does not ask them."""

    count: Annotated[int, Meta(ge=0, le=MOST_ACCOUNTS)]


Population = Invited | Created


class CreateAccounts(Struct, frozen=True, tag="create_accounts", tag_field="action", forbid_unknown_fields=True):
    """The management account creates a population, as many at a time as the quota allows."""

    population: str


class Invite(Struct, frozen=True, tag="invite", tag_field="action", forbid_unknown_fields=True):
    """The management account invites a population, and time passes until all have joined."""

    population: str


class EnableAllFeatures(Struct, frozen=True, tag="enable_all_features", tag_field="action", forbid_unknown_fields=True):
    """The management account starts the migration; from now on the invited members answer as time passes."""


class Wait(Struct, frozen=True, tag="wait", tag_field="action", forbid_unknown_fields=True):
    """Time passes."""

    days: Days


class Remind(Struct, frozen=True, tag="remind", tag_field="action", forbid_unknown_fields=True):
    """The management account reminds the silent; a share of them will accept after all."""

    accept: Share = 1.0


class WaitForAnswers(Struct, frozen=True, tag="wait_for_answers", tag_field="action", forbid_unknown_fields=True):
    """Time passes until everybody has answered who is going to."""


class RemoveDeclined(Struct, frozen=True, tag="remove_declined", tag_field="action", forbid_unknown_fields=True):
    """The management account removes the accounts that declined."""


class Finalize(Struct, frozen=True, tag="finalize", tag_field="action", forbid_unknown_fields=True):
    """The management account finalizes the migration."""


Step = CreateAccounts | Invite | EnableAllFeatures | Wait | Remind | WaitForAnswers | RemoveDeclined | Finalize


class OrganizationTable(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """The organization that everything is about."""

    management_account: AccountId = "111111111111"
    feature_set: FeatureSet = FeatureSet.CONSOLIDATED_BILLING


class Scenario(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A scenario file."""

    description: str = ""
    seed: Annotated[int, Meta(ge=-(2**63), le=2**63 - 1)] = 0
    start: Annotated[datetime, Meta(tz=True)] = START
    latency: Literal["instant", "realistic"] = "instant"
    organization: OrganizationTable = OrganizationTable()
    quotas: Quotas = Quotas()
    populations: dict[str, Population] = {}
    steps: tuple[Step, ...] = ()

    def __post_init__(self) -> None:
        if not EPOCH <= self.start <= LATEST_START:
            raise ValueError(f"start: must lie between {EPOCH:%Y} and {LATEST_START:%Y}")

    @property
    def settings(self) -> Settings:
        """The settings of the world."""
        return Settings(quotas=self.quotas, latency=self.latency)

    @property
    def invited(self) -> dict[str, Invited]:
        """The invited populations."""
        return {name: population for name, population in self.populations.items() if isinstance(population, Invited)}

    def with_accounts(self, accounts: int) -> "Scenario":
        """The same with another number of invited accounts in all; several populations keep their proportions.

        Raises:
            ScenarioError: the scenario invites nobody.
        """
        if not 0 <= accounts <= MOST_ACCOUNTS:
            raise ScenarioError(f"--accounts must lie between 0 and {MOST_ACCOUNTS:,}, not {accounts:,}")
        total = sum(population.count for population in self.invited.values())
        if not total:
            raise ScenarioError("--accounts sets the number of invited accounts, but the scenario has none")
        populations = dict(self.populations)
        seen = given = 0
        for name, population in self.invited.items():
            # Rounding the running sum, not each part: the parts add up exactly.
            seen += population.count
            share = accounts * seen // total - given
            given += share
            populations[name] = structs.replace(population, count=share)
        return structs.replace(self, populations=populations)
