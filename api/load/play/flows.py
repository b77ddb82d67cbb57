"""The numbers of a run as a whole, and of each organization and each population by itself.

Each has a flow of its own, fed with the events that are about it. That costs as much again as the flow of the whole
run, so in large runs only those have one that a threshold or a condition asks for.
"""

from collections.abc import Callable, Container, Iterator, Mapping, Sequence
from typing import Any

from ....engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountJoined,
    AccountReinstated,
    AnyEvent,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeRequested,
)
from ....engine.events.envelope import Envelope
from ....engine.state import State
from ....engine.words import JoinedMethod
from ....projections.flow import FlowView
from ..scenario.figures import RUN
from ..scenario.model import Scenario
from ..scenario.populations import MemberTable
from ..scenario.steps import Wait
from ..scenario.thresholds import read_condition
from .names import ADDRESSES, name_stems

MOST_MEASURED = 20_000
"""With at most so many accounts everything is measured by itself, whether somebody asks for it or not."""

OF_ACCOUNT = (
    AccountJoined,
    AccountDeparted,
    AccountClosureRequested,
    AccountClosed,
    AccountReinstated,
)
ENDS = (HandshakeAccepted, HandshakeDeclined, HandshakeCanceled, HandshakeExpired)


def parts_asked_for(scenario: Scenario) -> set[str]:
    """The parts whose figures a threshold or a condition of the scenario is about."""
    conditions = [
        read_condition(step.until, scenario.figures)
        for step in scenario.all_steps
        if isinstance(step, Wait) and step.until is not None
    ]
    return {each.figure.part for each in (*conditions, *scenario.thresholds)} - {RUN}


def _measured(scenario: Scenario) -> set[str]:
    accounts = sum(each.count for each in scenario.populations.values() if not isinstance(each, MemberTable))
    accounts += sum(table.accounts or 0 for table in scenario.organizations.values())
    if accounts <= MOST_MEASURED:
        return {part for part in scenario.figures.parts if part.partition(".")[0] in ("organizations", "populations")}
    return parts_asked_for(scenario)


class Flows:
    """Feeds the flow of a run, and those of its organizations and populations.

    Args:
        scenario: which is played.
    """

    def __init__(self, scenario: Scenario) -> None:
        self.whole = FlowView()
        measured = _measured(scenario)
        self._populations = PopulationFlows(scenario, measured)
        self._has_organizations = any(part.startswith("organizations.") for part in measured)
        self._by_id: dict[str, FlowView] = {}
        """Organization to its flow."""
        self._organizations: Mapping[str, str] = {}
        self._of_members = [name for name, each in scenario.populations.items() if isinstance(each, MemberTable)]
        self.sizes = {name: each.count for name, each in scenario.populations.items()}
        """Population to the number of its accounts, those that have still to be created among them."""

    def begin(self, organizations: Mapping[str, str], accounts: Mapping[str, Sequence[str]], state: State) -> None:
        """Begin to measure: what has happened so far stands when the run begins.

        Args:
            organizations: name to id.
            accounts: population to its accounts, to which others may be added.
            state: the state now.
        """
        self._organizations = organizations
        self.sizes |= {name: len(accounts[name]) for name in self._of_members}
        self.whole.begin(state.now)
        self._populations.begin(accounts, state)

    def restart(self, now: int) -> None:
        """Measure from now on only; see ``FlowView.restart``."""
        for flow in (self.whole, *self._by_id.values(), *self._populations.flows.values()):
            flow.restart(now)

    def parts(self) -> Iterator[tuple[str, FlowView]]:
        """The parts that are measured, with their flows."""
        for name, organization in self._organizations.items():
            if organization in self._by_id:
                yield f"organizations.{name}", self._by_id[organization]
        for name, flow in self._populations.flows.items():
            yield f"populations.{name}", flow

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        self.whole.feed(envelopes)
        if self._has_organizations:
            for envelope in envelopes:
                self._take(envelope)
        if self._populations.flows:
            for envelope in envelopes:
                self._populations.take(envelope)

    def _take(self, envelope: Envelope) -> None:
        organization = envelope.organization
        if organization:
            flow = self._by_id.get(organization)
            if flow is None:
                flow = self._by_id[organization] = FlowView()
            flow.take(envelope)


class PopulationFlows:
    """The flows of populations: each event goes to that of the population of the account that it is about.

    Args:
        scenario: which is played.
        measured: the parts that are measured.
    """

    def __init__(self, scenario: Scenario, measured: Container[str]) -> None:
        self.flows = {name: FlowView() for name in scenario.populations if f"populations.{name}" in measured}
        """By name."""
        self._stems = {stem: name for name, stem in name_stems(scenario.populations).items()}
        self._accounts: Mapping[str, Sequence[str]] = {}
        self._by_account: dict[str, FlowView | None] = {}
        self._known = 0
        """How many accounts of ``_accounts`` are in ``_by_account``."""
        self._by_handshake: dict[str, FlowView] = {}
        """Handshakes that have not ended."""
        self._by_request: dict[str, FlowView] = {}
        """Account creations in progress."""
        self._finders: dict[type[Any], Callable[[Any], FlowView | None]] = {
            **dict.fromkeys(OF_ACCOUNT, lambda event: self._flow_of(event.account)),
            **dict.fromkeys(ENDS, lambda event: self._by_handshake.pop(event.handshake, None)),
            HandshakeRequested: self._asked,
            AccountCreationRequested: self._creation_requested,
            AccountCreationSucceeded: self._created,
            AccountCreationFailed: lambda event: self._by_request.pop(event.request, None),
        }
        """Type of an event to what finds the flow of the population that it is about."""

    def begin(self, accounts: Mapping[str, Sequence[str]], state: State) -> None:
        """Begin to measure; see ``Flows.begin``. What stands of the accounts is counted as of now."""
        self._accounts = accounts
        for event, time in _standing(state, [each for some in accounts.values() for each in some]):
            self.take(Envelope(0, time, event, "", None, None, 0))
        for flow in self.flows.values():
            flow.restart(state.now)

    def take(self, envelope: Envelope) -> None:
        """Take in the next event."""
        find = self._finders.get(type(envelope.event))
        flow = find(envelope.event) if find else None
        if flow:
            flow.take(envelope)

    def _flow_of(self, account: str) -> FlowView | None:
        """The flow of the population of an account; accounts that were chosen since are looked up first."""
        if account not in self._by_account:
            known = sum(map(len, self._accounts.values()))
            if known != self._known:
                self._known = known
                for name, accounts in self._accounts.items():
                    self._by_account.update(dict.fromkeys(accounts, self.flows.get(name)))
        return self._by_account.get(account)

    def _asked(self, event: HandshakeRequested) -> FlowView | None:
        flow = self._flow_of(event.party or "")
        if flow:
            self._by_handshake[event.handshake] = flow
        return flow

    def _creation_requested(self, event: AccountCreationRequested) -> FlowView | None:
        stem = event.email.removesuffix(ADDRESSES).rpartition("-")[0]
        flow = self.flows.get(self._stems.get(stem, "")) if event.email.endswith(ADDRESSES) else None
        if flow:
            self._by_request[event.request] = flow
        return flow

    def _created(self, event: AccountCreationSucceeded) -> FlowView | None:
        flow = self._by_request.pop(event.request, None)
        if flow:
            self._by_account[event.account] = flow
        return flow


def _standing(state: State, accounts: Sequence[str]) -> Iterator[tuple[AnyEvent, int]]:
    """The events, with their times, that have led to what stands of some accounts."""
    for account in accounts:
        organization = state.organization_of(account)
        if organization is None:
            continue
        member, closures = organization.members[account], organization.closures
        joined_at = member.membership_changed_at or 0
        yield AccountJoined(organization.id, account, member.joined_method or JoinedMethod.INVITED), joined_at
        asked_at = closures.pending.get(account, closures.closed.get(account))
        if asked_at is not None:
            yield AccountClosureRequested(organization.id, account, asked_at), asked_at
        if account in closures.closed:
            yield AccountClosed(organization.id, account), closures.closed[account]
    if accounts:
        for handshake in state.handshakes.values():
            if handshake.ended_at < 0:
                yield handshake.requested, handshake.requested_at
