"""Test bed of the pure core, without log and event loop: given events, when a command, then events or a refusal."""

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from orgsim.engine.errors import Refused
from orgsim.engine.events import AnyEvent, WorldCreated
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.evolve import apply
from orgsim.engine.ids import IdSource
from orgsim.engine.operation import Caller, Events, Stamp
from orgsim.engine.operations import (
    INTERNAL_OPERATIONS,
    OPERATIONS,
    accept_handshake,
    advance_time,
    cancel_handshake,
    create_account,
    create_organization,
    create_world,
    decline_handshake,
    describe_account_outside,
    due_request,
    enable_all_features,
    invite_account_to_organization,
    take_record,
)
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.settings import SECOND, Quotas, Settings
from orgsim.engine.state import Organization, State
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition, FeatureSet, Partition

START = 1_767_225_600 * SECOND
"""2026-01-01T00:00:00Z."""

FOUNDER, MEMBER, OTHER, STRANGER, RIVAL = (digit * 12 for digit in "12349")
"""A management account, two accounts to become members, one that stays outside, another management account."""

TABLES: dict[str, Any] = OPERATIONS | INTERNAL_OPERATIONS
OPERATION: dict[type, tuple[str, Any]] = {module.Request: (name, module) for name, module in TABLES.items()}


def encoded(state: State) -> bytes:
    """Encode the whole state, for comparison."""
    return msgspec.msgpack.encode(state, enc_hook=list)


WITHOUT_EXPLANATION = {
    "SerializationException": "its message is orgsim's own, and says which member is wrong and how",
    "AddressTaken": "no exception of AWS: its message says which address whose it is",
    "ImpossibleDump": "no exception of AWS: its message says what contradicts what",
    "UnknownCreation": "no exception of AWS: its message says which creation is not in progress",
}
"""Refusals that need no explanation, and why."""


def check_explained(refusal: Refused) -> None:
    """Require that a refusal says why."""
    assert refusal.explanation or refusal.code in WITHOUT_EXPLANATION, f"why {refusal}?"


def invite(target: str, notes: str | None = None, tags: Sequence[tuple[str, str]] = ()) -> msgspec.Struct:
    """Make the request of an invitation, by account id or by address."""
    party = invite_account_to_organization.Target("EMAIL" if "@" in target else "ACCOUNT", target)
    return invite_account_to_organization.Request(party, notes, tuple(TagMember(*tag) for tag in tags))


class World:
    """A state, its clock, and a list of the events that would have been logged."""

    def __init__(self, seed: int = 7, start: int = START, quotas: Quotas | None = None, **settings: Any) -> None:
        self.state, self.ids, self.now = State(), IdSource(seed), start
        # Of envelopes; any, so that tests read the members of an event without saying which kind it is.
        self.log: list[Any] = []
        self.do(create_world.Request(seed, Settings(quotas=quotas or Quotas(), **settings)))

    def encoded(self) -> bytes:
        """Encode the state."""
        return encoded(self.state)

    def do(self, request: Any, caller: str | None = None, partition: Partition | None = None) -> Sequence[Any]:
        """Fire what is due, then decide and apply a command; asserts that deciding alone changes nothing."""
        self._fire_due()
        return self._execute(request, caller, self.now, partition)

    def refuses(self, request: Any, caller: str | None, refusal: type[Refused], reason: str | None = None) -> None:
        """Assert that a command is refused in this way, and changes nothing."""
        self._fire_due()
        before = self.encoded()
        with pytest.raises(Refused) as caught:
            self._execute(request, caller, self.now)
        assert (type(caught.value), caught.value.reason) == (refusal, reason)
        assert self.encoded() == before

    def explains(self, request: Any, caller: str) -> tuple[str, str | None]:
        """Make a call that is refused; returns the exception's name or its reason, and the explanation."""
        self._fire_due()
        with pytest.raises(Refused) as caught:
            events = self._execute(request, caller, self.now)
            OPERATION[type(request)][1].reply(request, events, self.state)
        return caught.value.reason or caught.value.code, caught.value.explanation

    def reply(self, request: Any, caller: str) -> dict[str, Any]:
        """Do a command, and return AWS's answer as boto3 would."""
        events = self.do(request, caller)
        answer = OPERATION[type(request)][1].reply(request, events, self.state)
        return msgspec.to_builtins(answer, builtin_types=(datetime,))

    def advance(self, **duration: float) -> list[Any]:
        """Move the clock, firing timers on the way, each at its moment; returns their events."""
        before = len(self.log)
        self.now += timedelta(**duration) // timedelta(microseconds=1)
        self._fire_due()
        fired = [envelope.event for envelope in self.log[before:]]
        self._execute(advance_time.Request(), None, self.now)
        return fired

    def evolve(self, *events: AnyEvent) -> None:
        """Apply events directly, without a command."""
        self._record(events, "Given", None, self.now)

    def _fire_due(self) -> None:
        while (due := self.state.timers.next_due) <= self.now:
            self._execute(due_request(self.state.timers), None, max(due, self.state.now))

    def _execute(self, request: Any, caller: str | None, now: int, partition: Partition | None = None) -> Sequence[Any]:
        name, operation = OPERATION[type(request)]
        before = self.encoded()
        stamp = Stamp(now, Caller(caller, partition=partition), self.state.changes + 1, self.ids)
        events = operation.decide(request, self.state, stamp)
        assert self.encoded() == before, "decide changed the state"
        self._record(events, request.event_name if isinstance(request, take_record.Request) else name, caller, now)
        return events

    def _record(self, events: Events, operation: str, caller: str | None, now: int) -> None:
        first = self.state.position + 1
        for position, event in enumerate(events, first):
            self.log.append(Envelope(position, now, event, operation, caller, None, first))
            apply(self.state, self.log[-1])

    # What most tests begin with. Each is made by commands alone.

    def founded(self, account: str = FOUNDER, feature_set: FeatureSet = FeatureSet.CONSOLIDATED_BILLING) -> str:
        """Create an organization that has only its management account; returns its id."""
        return self.do(create_organization.Request(feature_set), account)[0].organization

    def invited(self, target: str, sender: str = FOUNDER) -> str:
        """Invite an account; returns the id of the open invitation."""
        return self.do(invite(target), sender)[0].handshake

    def joined(self, account: str, sender: str = FOUNDER) -> str:
        """Invite an account and accept for it; returns the account."""
        self.do(accept_handshake.Request(self.invited(account, sender)), account)
        return account

    def created(self, email: str = "made@example.com", sender: str = FOUNDER) -> str:
        """Create an account; returns its id."""
        request = self.do(create_account.Request(email, "Made"), sender)[0].request
        self.advance(microseconds=self.state.creations[request].finishes_at - self.now)
        return self.state.emails[email.lower()]

    def migrating(self, sender: str = FOUNDER) -> tuple[str, dict[str, str]]:
        """Start a migration; returns the ids of its parent handshake and, by account, of the approvals."""
        self.do(enable_all_features.Request(), sender)
        migration = self.state.organization_of(sender).migration
        return migration.parent, dict(migration.outstanding)

    def suffers(self, account: str, *conditions: Condition) -> None:
        """Set the conditions of an account, replacing any others."""
        self.do(describe_account_outside.Request(account, conditions=conditions))

    def invitation_in(self, state: HandshakeState, target: str = MEMBER) -> str:
        """Bring an invitation into a state; returns its id."""
        handshake = self.invited(target)
        if state is HandshakeState.ACCEPTED:
            self.do(accept_handshake.Request(handshake), MEMBER)
        elif state is HandshakeState.DECLINED:
            self.do(decline_handshake.Request(handshake), MEMBER)
        elif state is HandshakeState.CANCELED:
            self.do(cancel_handshake.Request(handshake), FOUNDER)
        elif state is HandshakeState.EXPIRED:
            self.advance(days=15)
        return handshake

    def rules_change(self, **settings: Any) -> None:
        """Change the settings, which no command can do."""
        changed = msgspec.structs.replace(self.state.settings, **settings)
        self.evolve(WorldCreated(self.state.seed, changed))

    def state_of(self, handshake: str) -> HandshakeState:
        """Return the state of a handshake."""
        return self.state.handshakes[handshake].state

    def organization_of(self, account: str) -> Organization:
        """Return the organization of a member."""
        organization = self.state.organization_of(account)
        assert organization is not None
        return organization
