"""Accounts that an organization has created lately: AWS does not let them leave before some days (docs/aws.md 4.5)."""

import math
from collections import defaultdict

from ....engine.settings import DAY
from ....engine.shapes.timestamps import microseconds
from ....engine.words import JoinedMethod
from ..scenario.model import Scenario
from .number import share_within

SOON = 1e-9
"""Days that make no difference."""
OLDEST = 36_500
"""Greatest age of accounts that there are when a run begins, in days."""


class Ages:
    """When accounts were created, in days after the start of the run.

    Args:
        scenario: is planned.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.minimum = scenario.settings.quotas.created_account_minimum_age_days
        """The days after which a created account may leave."""
        self._start = microseconds(scenario.start)
        self._created: defaultdict[str, dict[str, float]] = defaultdict(dict)
        """Organization and population to the day on which its last account was created, at the earliest."""
        self._first: dict[tuple[str, str], float] = {}
        """Organization and population to the day on which the first of those was created, at the earliest."""
        self._waits = 0
        """How many steps have waited so far of which nobody knows for how long."""
        self._before: dict[tuple[str, str], int] = {}
        """Organization and population to how many of those were before its last account was created.

        -1: some of its accounts may be older than the last."""
        self._standing = {name: table.age for name, table in scenario.organizations.items() if table.created}
        """Organization to the ages of the accounts that it has when the run begins."""
        self._copied = {
            name: [
                (each.joined_at - self._start) / DAY
                for each in twin.form.accounts
                if each.joined_method is JoinedMethod.CREATED and each.joined_at is not None
            ]
            for name, twin in scenario.twins.items()
        }
        """Organization to when the accounts were created that were copied."""

    def create(self, population: str, organization: str, first: float, last: float, *, all_are_new: bool) -> None:
        """Note that an organization creates accounts of a population, between two days; perhaps all that it has."""
        self._created[organization][population] = last
        self._first[organization, population] = first
        self._before[organization, population] = self._waits if all_are_new else -1

    def wait(self) -> None:
        """Note that a step waits, and nobody knows for how long."""
        self._waits += 1

    def may_be_older(self, population: str, organization: str) -> bool:
        """Tell whether accounts may be older than is known, of a population that an organization has created."""
        return self._waits > self._before.get((organization, population), 0)

    def are_surely_young(self, population: str, organization: str, day: float) -> bool:
        """Tell whether not one account of a population that an organization has created may leave by a day."""
        if self.may_be_older(population, organization):
            return False
        first = self._first.get((organization, population))
        if first is not None:
            return first + self.minimum - day > SOON
        return self.young(population, organization, day)[1] >= 1

    def young(self, population: str, organization: str, day: float) -> tuple[float, float]:
        """Of the accounts of a population that an organization has created.

        Returns:
            For how many days the last of them may not leave yet, and which share may not.
        """
        if population in self._created[organization]:
            left = self._created[organization][population] + self.minimum - day
            return (left, 1.0) if left > SOON else (0.0, 0.0)
        if organization in self._copied:
            times = self._copied[organization]
            left = [each + self.minimum - day for each in times if each + self.minimum - day > SOON]
            return max(left, default=0.0), len(left) / max(1, len(times))
        return self._young_from_before(organization, self.minimum - day)

    def _young_from_before(self, organization: str, limit: float) -> tuple[float, float]:
        # Ages are whole days, at least one.
        whole = min(math.ceil(limit - SOON) - 1, OLDEST)
        if organization not in self._standing or whole < 1:
            return 0.0, 0.0
        age = self._standing[organization]
        share = share_within(age, whole + SOON, self._start)
        first = next((each for each in range(1, whole) if share_within(age, each + SOON, self._start)), whole)
        return (limit - first, share) if share else (0.0, 0.0)
