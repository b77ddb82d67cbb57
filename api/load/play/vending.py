"""The funnel of accounts that steps create: how many were asked for, created, got ready, and are members in the end."""

from collections import Counter, defaultdict
from collections.abc import Iterator, Mapping

from msgspec import Struct, field

from ....engine.state import State
from .names import NewNames
from .outcome import FunnelStage


class Vended(Struct):
    """The accounts of one population."""

    asked: int = 0
    """How many steps have asked for, each counted once however often its creation was tried."""
    emails: list[str] = field(default_factory=list[str])
    """The addresses for which CreateAccount was accepted."""
    ready: set[str] | None = None
    """The accounts that got ready; None if no step says what follows their creation."""


class Vending:
    """What became of accounts that steps have asked for, by population."""

    def __init__(self) -> None:
        self._by_population: defaultdict[str, Vended] = defaultdict(Vended)
        self._before: set[str] = set()
        """Populations of which some were asked for before the figures began to count: they have no funnel."""

    def ask(self, population: str, number: int, names: NewNames) -> None:
        """Count accounts that are asked for.

        Args:
            population: of which they are.
            number: how many.
            names: gives their addresses, and has those for which CreateAccount was accepted.
        """
        vended = self._by_population[population]
        vended.asked += number
        vended.emails = names.emails

    def got_ready(self, population: str, account: str) -> None:
        """Remember an account that has gone through all calls that follow its creation."""
        self.expect_ready(population).add(account)

    def expect_ready(self, population: str) -> set[str]:
        """The accounts of a population that got ready: from now on it counts which do."""
        vended = self._by_population[population]
        if vended.ready is None:
            vended.ready = set()
        return vended.ready

    def restart(self) -> None:
        """Count from now on only."""
        self._before.update(self._by_population)

    def funnels(self, state: State, failures: Mapping[str, str]) -> dict[str, tuple[FunnelStage, ...]]:
        """Count the accounts of each population.

        Args:
            state: the state now.
            failures: address to why the creation of its account failed.
        """
        return {
            population: tuple(_stages(vended, state, failures))
            for population, vended in self._by_population.items()
            if vended.asked and population not in self._before
        }


def _stages(vended: Vended, state: State, failures: Mapping[str, str]) -> Iterator[FunnelStage]:
    owners = [state.emails.get(email.lower()) for email in vended.emails]
    accounts = {owner for owner in owners if owner}
    members = {account for account in accounts if state.organization_of(account)}
    yield FunnelStage("to be created", vended.asked, _why_not_created(vended, vended.asked - len(accounts), failures))
    if vended.ready is None:
        yield FunnelStage("created", len(accounts), _some("no members any more", len(accounts - members)))
    else:
        yield FunnelStage("created", len(accounts), _some("not ready", len(accounts - vended.ready)))
        yield FunnelStage(
            "ready",
            len(vended.ready),
            _some("no members any more", len(vended.ready - members)),
            _some("members, though not ready", len(members - vended.ready)),
        )
    yield FunnelStage("members", len(members))


def _why_not_created(vended: Vended, missing: int, failures: Mapping[str, str]) -> dict[str, int]:
    """Why accounts were not created; of those that a pipeline tried again it is only known that it gave them up."""
    failed = Counter(f"failed: {failures[email]}" for email in vended.emails if email in failures)
    if failed.total() > missing:
        return _some("given up", missing)
    return dict(sorted(failed.items())) | _some(
        "refused, or not asked for yet" if vended.ready is None else "given up", missing - failed.total()
    )


def _some(what: str, number: int) -> dict[str, int]:
    return {what: number} if number else {}
