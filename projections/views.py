"""``Views``: all views of one world, fed with the same events, and stored in snapshots together.

A view is added by one line in the constructor of ``Views``.
"""

from collections.abc import Callable, Mapping, Sequence
from copy import copy, deepcopy
from types import GenericAlias, MethodType
from typing import Any, Protocol, TypeVar

import msgspec

from ..engine.errors import AWSOrganizationsNotInUseException
from ..engine.events import FaultCleared, FaultScripted
from ..engine.events.envelope import Envelope
from ..engine.evolve import SUBSTATES
from ..engine.explaining import outside
from ..engine.shapes.organizations import Initiator
from ..engine.state import OrganizationFacts, State
from .account_creation import AccountCreationsView
from .accounts import AccountsView
from .effective_policy import EffectivePoliciesView
from .handshakes import HandshakesView
from .organization import OrganizationsView, SubstateView
from .policy_lists import PolicyListsView
from .projection import Handler, View
from .stale import StaleViews
from .transfers import TransfersView

V = TypeVar("V", bound=View)

Listener = Callable[[Envelope, Any], None]
"""Is told an envelope and the event in it."""


class Late(Protocol):
    """What reads see of a world whose changes are seen late."""

    def seen_by(self, operation: str, now: int) -> "Views":
        """The views that answer a reading operation at a moment, in microseconds since the epoch."""
        ...

    def all_seen_at(self) -> int | None:
        """The moment from which on all that has happened is seen, in microseconds since the epoch; None: never."""
        ...


class Views:
    """All views, up to the event at ``position``; ``now`` is that event's time, in microseconds since the epoch."""

    def __init__(self) -> None:
        self.position = 0
        self.now = 0
        self.principal: str | None = None
        """The user or role that asks, in the account that does; None for the account's root."""
        self.all: list[View] = []
        """Every view, in the order in which they are fed, dumped and loaded."""
        self.late: Late | None = None
        """Chooses the views that answer a question, where reads lag (``lagging``); None: these."""
        self._listeners: dict[type[Any], tuple[Listener, ...]] = {}
        """What events of a type are told to; found when the first such event comes, since most never do."""
        self.stale: dict[str, StaleViews[Views]] = {}
        """Scripted fault to the views that lag behind these for it (``stale``)."""
        self.organizations = self.add(OrganizationsView())
        for name, substate in SUBSTATES.items():
            self.add(SubstateView(name, self.organizations, *substate))
        self.accounts = self.add(AccountsView())
        self.handshakes = self.add(HandshakesView())
        self.account_creations = self.add(AccountCreationsView())
        self.effective_policies = self.add(EffectivePoliciesView(self.organizations))
        self.policy_lists = self.add(PolicyListsView())
        self.transfers = self.add(TransfersView())

    def asked_by(self, principal: str | None) -> "Views":
        """The same views as they answer a user, or a role and its session (``role/session``), of an account."""
        if principal is None:
            return self
        asked = copy(self)
        asked.principal = principal
        return asked

    def add(self, view: V) -> V:
        """Register a view, to be fed after those that were added before it."""
        self.all.append(view)
        return view

    @property
    def shape(self) -> GenericAlias:
        """The type of a dump: a tuple with the image of each view. Snapshots of another shape are not used."""
        return GenericAlias(tuple, tuple(view.image for view in self.all))

    def dump(self) -> bytes:
        """Encode the images of all views for a snapshot, which also has the state at the same position."""
        return msgspec.msgpack.encode([view.dump() for view in self.all])

    def load(self, data: bytes, state: State) -> None:
        """Restore from a dump and the state of the same snapshot. If anything is raised, nothing has changed."""
        images: tuple[Any, ...] = msgspec.msgpack.decode(data, type=self.shape)
        loaded = Views()
        loaded.position, loaded.now = state.position, state.now
        for view, image in zip(loaded.all, images, strict=True):
            view.load(image, state)
        vars(self).update(vars(loaded))

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        listeners = self._listeners
        for envelope in envelopes:
            event = envelope.event
            told = listeners.get(type(event))
            for tell in self._find_listeners(type(event)) if told is None else told:
                tell(envelope, event)
        if envelopes:
            self.position = envelopes[-1].position
            self.now = envelopes[-1].time
        for stale in self.stale.values():
            stale.feed(envelopes)

    def _find_listeners(self, kind: type[Any]) -> tuple[Listener, ...]:
        told = [view for view in (self, *self.all) if kind in view.handlers]
        found = self._listeners[kind] = tuple(MethodType(view.handlers[kind], view) for view in told)
        return found

    def behind(self, script: str) -> "Views":
        """The views as they are shown to a question that a scripted fault lets lag, if it still does."""
        stale = self.stale.get(script)
        if stale is None:
            return self
        shown = copy(self)
        shown.late = stale
        return shown

    def _on_fault_scripted(self, envelope: Envelope, event: FaultScripted) -> None:
        if event.fault == "lag":
            self.stale[event.script] = StaleViews(self._copied(), envelope.position, event.duration)

    def _on_fault_cleared(self, envelope: Envelope, event: FaultCleared) -> None:
        self.stale.pop(event.script, None)

    handlers: Mapping[type[Any], Handler] = {FaultScripted: _on_fault_scripted, FaultCleared: _on_fault_cleared}

    def _copied(self) -> "Views":
        """A copy that shares nothing that can change, and knows nothing of faults."""
        late, stale, self.late, self.stale = self.late, self.stale, None, {}
        try:
            copied = deepcopy(self)
        finally:
            self.late, self.stale = late, stale
        copied.handlers, copied._listeners = {}, {}
        return copied

    def member(self, account: str) -> OrganizationFacts:
        """Return the organization of which an account is a member.

        Raises:
            AWSOrganizationsNotInUseException: the account is standalone.
        """
        organization = self.accounts.organization_of(account)
        if organization is None:
            raise AWSOrganizationsNotInUseException(explanation=outside(account))
        return self.organizations.rows[organization]

    def initiator(self, row: OrganizationFacts) -> Initiator:
        """Describe an organization as the initiator of its handshakes."""
        account = row.management_account
        return Initiator(
            row.id, account, row.partition, self.accounts.email_of(account), self.accounts.name_of(account)
        )
