"""The view that load simulations are measured by: numbers by state over time, and durations.

It answers no read of AWS's, and costs a fraction of the views that do. Made of the Handshake, AccountCreation and
AccountClosure events, of AccountJoined and AccountDeparted, and of the events about organizations and feature sets.
"""

from array import array
from collections import Counter, defaultdict
from collections.abc import Collection, Mapping, Sequence
from functools import partial
from typing import Any

from ..engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountJoined,
    AccountMoved,
    AccountReinstated,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeOpened,
    HandshakeRequested,
    OrganizationCreated,
    OrganizationDeleted,
)
from ..engine.events.envelope import Envelope
from ..engine.settings import SECOND
from ..engine.state.handshake import HandshakeState
from ..engine.words import Action, DepartureMethod, FeatureSet, JoinedMethod
from .asked import Asked
from .projection import Handler

MINUTE = 60 * SECOND
EXPIRE = "ExpireHandshake"
# Bound here because looking up a member of an enumeration would take longer than all the rest of a handler.
REQUESTED, OPEN, ACCEPTED = HandshakeState.REQUESTED, HandshakeState.OPEN, HandshakeState.ACCEPTED
DECLINED, CANCELED, EXPIRED = HandshakeState.DECLINED, HandshakeState.CANCELED, HandshakeState.EXPIRED
ENABLE, APPROVE, INVITE = Action.ENABLE_ALL_FEATURES, Action.APPROVE_ALL_FEATURES, Action.INVITE


class Durations:
    """Durations in microseconds, each with its account; two columns, to save memory."""

    __slots__ = ("accounts", "lengths")

    def __init__(self) -> None:
        self.lengths = array("q")
        self.accounts: list[str] = []

    def add(self, length: int, account: str) -> None:
        """Append a duration."""
        self.lengths.append(length)
        self.accounts.append(account)

    def clear(self) -> None:
        """Forget all durations, for whoever holds this object too."""
        del self.lengths[:]
        self.accounts.clear()


Changes = defaultdict[int, int]
"""Minute since the epoch to the change of a number in that minute."""


class Began:
    """What all handshakes of one action share that an organization requests at one moment, and what counts them."""

    __slots__ = ("action", "asked", "durations", "minute", "organization", "states", "time", "waiting")

    def __init__(
        self,
        time: int,
        action: Action,
        organization: str,
        states: dict[HandshakeState, Changes],
        durations: Durations,
        asked: Asked,
    ) -> None:
        self.time = time
        self.minute = time // MINUTE
        self.action = action
        self.organization = organization
        self.states = states
        self.waiting = states[REQUESTED if action is ENABLE else OPEN]
        """The changes of the state in which they are at first."""
        self.durations = durations
        self.asked = asked


class FlowView:
    """The numbers over time, durations and totals of one run."""

    name = "flow"
    began_at = 0
    """The position after which it measures."""

    def __init__(self) -> None:
        self.position = 0
        self.handshakes: dict[Action, dict[HandshakeState, Changes]] = {}
        """Changes by action and state. Handshakes stay counted after they are purged."""
        self.members: defaultdict[str, Changes] = defaultdict(_changes)
        """Changes of the number of member accounts, by organization."""
        self.creations: defaultdict[str, Changes] = defaultdict(_changes)
        """Changes by state: IN_PROGRESS, SUCCEEDED, or FAILED and the reason."""
        self.closures: defaultdict[str, Changes] = defaultdict(_changes)
        """Changes by state: PENDING_CLOSURE, or CLOSED, which ends when the account is deleted."""
        self.expired: Counter[Action] = Counter()
        """Expired handshakes, including those that were canceled because their migration expired."""
        self.stood = 0
        """How many members were there when it began to measure, management accounts apart."""
        self.came: Counter[JoinedMethod] = Counter()
        self.departed: Counter[DepartureMethod] = Counter()
        self.moved_on = 0
        """Accounts that left an organization by accepting the invitation of another."""
        self.moved: Counter[str] = Counter()
        """Root or OU to how many times an account was moved there."""
        self.accepted: dict[Action, Durations] = {action: Durations() for action in Action}
        """Durations from the request to the acceptance."""
        self.failures: dict[str, str] = {}
        """Address to why the creation of its account failed."""
        self.created, self.closed = Durations(), Durations()
        self.migrated: dict[str, int] = {}
        """Organization to the duration of its last migration, from EnableAllFeatures to all features."""
        self.founded: list[str] = []
        """Every organization ever created; its management account is counted as having joined by founding it."""
        self.feature_sets: dict[str, FeatureSet] = {}
        """Organization to feature set; deleted organizations are not in here."""
        # Kept by action so that a million handshakes requested at one moment share one object.
        self._latest: dict[Action, Began] = {}
        self._open: dict[str, Began] = {}
        """Handshakes that have not ended."""
        self.ended_by: dict[str, str] = {}
        """Handshake that ended without being accepted to the operation that ended it."""
        self.asked: defaultdict[str, Asked] = defaultdict(partial(Asked, self._open, self.ended_by))
        """Organization to whom it has asked, account by account."""
        self._creating: dict[str, tuple[int, str]] = {}
        """Account creation in progress to its start and the address."""
        self._closing: dict[str, int] = {}
        """Account whose closure is pending to the start of that."""
        self._opened_parents: set[str] = set()

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        handler_of = self.handlers.get
        for envelope in envelopes:
            event = envelope.event
            handle = handler_of(type(event))
            if handle:
                handle(self, envelope, event)
        if envelopes:
            self.position = envelopes[-1].position

    def take(self, envelope: Envelope) -> None:
        """Take in one event, if it is measured; for flows that are not fed with all events."""
        handle = self.handlers.get(type(envelope.event))
        if handle:
            handle(self, envelope, envelope.event)

    def _founded(self, envelope: Envelope, event: OrganizationCreated) -> None:
        self.founded.append(event.organization)
        self.feature_sets[event.organization] = event.feature_set

    def _dissolved(self, envelope: Envelope, event: OrganizationDeleted) -> None:
        del self.feature_sets[event.organization]
        # Its management account has left with it, which counts as little as that it came.
        self.departed[DepartureMethod.LEFT] -= 1

    def _changed(self, envelope: Envelope, event: FeatureSetChanged) -> None:
        self.feature_sets[event.organization] = event.feature_set

    def _requested(self, envelope: Envelope, event: HandshakeRequested) -> None:
        action, time = event.action, envelope.time
        began = self._latest.get(action)
        if began is None or began.time != time or began.organization != event.organization:
            began = self._begin_requests(time, action, event.organization)
        began.waiting[began.minute] += 1
        self._open[event.handshake] = began
        if action is INVITE:
            began.asked.invite(event.party or "", event.handshake)
        elif action is APPROVE:
            began.asked.approvals[event.party or ""] = event.handshake

    def _begin_requests(self, time: int, action: Action, organization: str) -> Began:
        states = self.handshakes.setdefault(action, {state: _changes() for state in HandshakeState})
        began = Began(time, action, organization, states, self.accepted[action], self.asked[organization])
        self._latest[action] = began
        return began

    def _opened(self, envelope: Envelope, event: HandshakeOpened) -> None:
        states = self.handshakes[ENABLE]
        minute = envelope.time // MINUTE
        states[REQUESTED][minute] -= 1
        states[OPEN][minute] += 1
        self._opened_parents.add(event.handshake)

    def _accepted(self, envelope: Envelope, event: HandshakeAccepted) -> None:
        began = self._end(envelope, event.handshake, ACCEPTED)
        length, account = envelope.time - began.time, envelope.account or ""
        began.durations.lengths.append(length)
        began.durations.accounts.append(account)
        if began.action is INVITE:
            began.asked.join(event.account or account, event.handshake)
        elif began.action is ENABLE:
            self.migrated[event.organization] = length

    def _declined(self, envelope: Envelope, event: HandshakeDeclined) -> None:
        self._end_unaccepted(envelope, event.handshake, DECLINED)

    def _canceled(self, envelope: Envelope, event: HandshakeCanceled) -> None:
        self._end_unaccepted(envelope, event.handshake, CANCELED)

    def _expired(self, envelope: Envelope, event: HandshakeExpired) -> None:
        self._end_unaccepted(envelope, event.handshake, EXPIRED)

    def _end_unaccepted(self, envelope: Envelope, handshake: str, final: HandshakeState) -> None:
        began = self._end(envelope, handshake, final)
        self.ended_by[handshake] = envelope.operation
        if envelope.operation == EXPIRE:
            self.expired[began.action] += 1

    def _end(self, envelope: Envelope, handshake: str, final: HandshakeState) -> Began:
        began = self._open.pop(handshake)
        states, waiting, minute = began.states, began.waiting, envelope.time // MINUTE
        if began.action is ENABLE and handshake in self._opened_parents:
            self._opened_parents.discard(handshake)
            waiting = states[OPEN]
        waiting[minute] -= 1
        states[final][minute] += 1
        return began

    def _joined(self, envelope: Envelope, event: AccountJoined) -> None:
        self.members[event.organization][envelope.time // MINUTE] += 1
        self.came[event.method] += 1

    def _departed(self, envelope: Envelope, event: AccountDeparted) -> None:
        minute = envelope.time // MINUTE
        self.members[event.organization][minute] -= 1
        self.departed[event.method] += 1
        moved = envelope.operation == "AcceptHandshake"
        self.moved_on += moved
        self.asked[event.organization].depart(event.account, None if moved else event.method)
        if event.method is DepartureMethod.CLEANED:
            self.closures["CLOSED"][minute] -= 1

    def _moved(self, envelope: Envelope, event: AccountMoved) -> None:
        self.moved[event.destination] += 1

    def _creation_requested(self, envelope: Envelope, event: AccountCreationRequested) -> None:
        self._creating[event.request] = envelope.time, event.email
        self.creations["IN_PROGRESS"][envelope.time // MINUTE] += 1

    def _creation_succeeded(self, envelope: Envelope, event: AccountCreationSucceeded) -> None:
        began, _ = self._end_creation(envelope, event.request, "SUCCEEDED")
        self.created.add(envelope.time - began, event.account)

    def _creation_failed(self, envelope: Envelope, event: AccountCreationFailed) -> None:
        _, address = self._end_creation(envelope, event.request, f"FAILED {event.reason}")
        self.failures[address] = event.reason

    def _end_creation(self, envelope: Envelope, request: str, end: str) -> tuple[int, str]:
        minute = envelope.time // MINUTE
        self.creations["IN_PROGRESS"][minute] -= 1
        self.creations[end][minute] += 1
        return self._creating.pop(request)

    def _closure_requested(self, envelope: Envelope, event: AccountClosureRequested) -> None:
        self._closing[event.account] = envelope.time
        self.closures["PENDING_CLOSURE"][envelope.time // MINUTE] += 1

    def _closed(self, envelope: Envelope, event: AccountClosed) -> None:
        minute = envelope.time // MINUTE
        self.closures["PENDING_CLOSURE"][minute] -= 1
        self.closures["CLOSED"][minute] += 1
        self.closed.add(envelope.time - self._closing.pop(event.account), event.account)

    def _reinstated(self, envelope: Envelope, event: AccountReinstated) -> None:
        pending = self._closing.pop(event.account, None) is not None
        self.closures["PENDING_CLOSURE" if pending else "CLOSED"][envelope.time // MINUTE] -= 1

    handlers: Mapping[type[Any], Handler] = {
        OrganizationCreated: _founded,
        OrganizationDeleted: _dissolved,
        FeatureSetChanged: _changed,
        HandshakeRequested: _requested,
        HandshakeOpened: _opened,
        HandshakeAccepted: _accepted,
        HandshakeDeclined: _declined,
        HandshakeCanceled: _canceled,
        HandshakeExpired: _expired,
        AccountJoined: _joined,
        AccountDeparted: _departed,
        AccountMoved: _moved,
        AccountCreationRequested: _creation_requested,
        AccountCreationSucceeded: _creation_succeeded,
        AccountCreationFailed: _creation_failed,
        AccountClosureRequested: _closure_requested,
        AccountClosed: _closed,
        AccountReinstated: _reinstated,
    }

    def begin(self, now: int) -> None:
        """Count all that has happened as of the minute before this one, apart from what happens from now on.

        Args:
            now: microseconds since the epoch.
        """
        for states in (*self.handshakes.values(), self.members, self.creations, self.closures):
            _keep_standing(states, states.keys(), now // MINUTE - 1)

    def restart(self, now: int) -> None:
        """Measure from now on only: what stands is counted as of the minute before, what has ended is forgotten.

        Args:
            now: microseconds since the epoch.
        """
        self.began_at = self.position
        minute = now // MINUTE - 1
        for states in self.handshakes.values():
            _keep_standing(states, (REQUESTED, OPEN), minute)
        _keep_standing(self.members, self.members.keys(), minute)
        self.stood = sum(sum(each.values()) for each in self.members.values()) - len(self.feature_sets)
        _keep_standing(self.creations, ("IN_PROGRESS",), minute)
        _keep_standing(self.closures, ("PENDING_CLOSURE", "CLOSED"), minute)
        for counter in (self.expired, self.came, self.departed, self.moved, self.migrated, self.founded):
            counter.clear()
        self.moved_on = 0
        self.ended_by.clear()
        for asked in self.asked.values():
            asked.keep_open()
        for durations in (*self.accepted.values(), self.created, self.closed):
            durations.clear()

    @property
    def joined(self) -> int:
        """How many accounts have accepted an invitation, each counted once, whoever has invited it."""
        inviting = self._inviting
        if len(inviting) == 1:
            return inviting[0].joined
        return len(set[str]().union(*(asked.accepted for asked in inviting)))

    @property
    def joined_share(self) -> float | None:
        """The accounts that have accepted an invitation, of all that were invited; None if none was."""
        inviting = self._inviting
        if len(inviting) == 1:
            return inviting[0].joined / len(inviting[0].invitations)
        invited = set[str]().union(*(asked.invitations for asked in inviting))
        return self.joined / len(invited) if invited else None

    @property
    def _inviting(self) -> list[Asked]:
        """Of the organizations that have invited somebody. Mostly it is one; then no sets of accounts are made."""
        return [asked for asked in self.asked.values() if asked.invitations]

    def totals(self) -> dict[str, dict[str, int]]:
        """Count all handshakes ever requested, by action and state."""
        counted = {
            action: {state: number for state in sorted(states) if (number := sum(states[state].values()))}
            for action, states in sorted(self.handshakes.items())
        }
        return {
            str(action): {str(state): number for state, number in states.items()}
            for action, states in counted.items()
            if states
        }


def _keep_standing(states: Mapping[Any, Changes], standing: Collection[Any], minute: int) -> None:
    """Count what stands in each state from a minute on; nothing in the states that are not named."""
    for state, changes in states.items():
        number = sum(changes.values()) if state in standing else 0
        changes.clear()
        if number:
            changes[minute] = number


def _changes() -> Changes:
    return defaultdict(int)
