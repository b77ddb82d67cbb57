"""All views of one world, fed together, and what more than one of them is needed for."""

from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec import Struct

from ..engine.errors import AWSOrganizationsNotInUseException
from ..engine.events.envelope import Envelope
from ..engine.evolve import SUBSTATES
from ..engine.shapes.organizations import Initiator
from ..engine.state import OrganizationFacts, State
from .account_creation import AccountCreationsView, CreationRow
from .accounts import AccountsImage, AccountsView
from .effective_policy import DocumentsImage, EffectivePoliciesView
from .handshakes import HandshakesImage, HandshakesView
from .organization import OrganizationsView, SubstateView
from .policy_lists import PolicyListsImage, PolicyListsView
from .projection import Handler, View
from .transfers import TransfersImage, TransfersView


class ViewsImage(Struct, frozen=True, array_like=True):
    """What a snapshot stores of the views: only what the state, which it stores too, does not say."""

    accounts: AccountsImage
    handshakes: HandshakesImage
    account_creations: list[CreationRow]
    effective_policies: list[DocumentsImage]
    policy_lists: list[PolicyListsImage]
    transfers: TransfersImage


_decode = msgspec.msgpack.Decoder(ViewsImage).decode


class Views:
    """The views, brought up to ``position``; ``now`` is the time of the last event fed."""

    shape = ViewsImage

    def __init__(self) -> None:
        self.position = 0
        self.now = 0
        self.organizations = OrganizationsView()
        self.accounts = AccountsView()
        self.handshakes = HandshakesView()
        self.account_creations = AccountCreationsView()
        self.effective_policies = EffectivePoliciesView(self.organizations)
        self.policy_lists = PolicyListsView()
        self.transfers = TransfersView()
        self.substates = [SubstateView(name, self.organizations, *substate) for name, substate in SUBSTATES.items()]
        self._handlers: dict[type[Any], tuple[Handler, ...]] = {}
        for view in self.all:
            for event_type, handler in view.handlers.items():
                self._handlers[event_type] = (*self._handlers.get(event_type, ()), handler)

    @property
    def all(self) -> tuple[View, ...]:
        """Every view, in the order in which they are fed."""
        return (
            self.organizations,
            *self.substates,
            self.accounts,
            self.handshakes,
            self.account_creations,
            self.effective_policies,
            self.policy_lists,
            self.transfers,
        )

    def dump(self) -> bytes:
        """What a snapshot stores, beside the state at the same position."""
        image = ViewsImage(
            self.accounts.dump(),
            self.handshakes.dump(),
            self.account_creations.dump(),
            self.effective_policies.dump(),
            self.policy_lists.dump(),
            self.transfers.dump(),
        )
        return msgspec.msgpack.encode(image)

    def load(self, data: bytes, state: State) -> None:
        """Become what was dumped beside that state, or raise anything and stay as they were."""
        image, loaded = _decode(data), Views()
        loaded.position, loaded.now = state.position, state.now
        loaded.organizations.load(state)
        loaded.accounts.load(image.accounts, state)
        loaded.handshakes.load(image.handshakes, state)
        loaded.account_creations.load(image.account_creations)
        loaded.effective_policies.load(image.effective_policies)
        loaded.policy_lists.load(image.policy_lists, state)
        loaded.transfers.load(image.transfers, state)
        vars(self).update(vars(loaded))

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Bring the views up to date with the next events of the log."""
        handlers = self._handlers
        for envelope in envelopes:
            event = envelope.event
            for handle in handlers.get(type(event), ()):
                handle(envelope, event)
        if envelopes:
            self.position = envelopes[-1].position
            self.now = envelopes[-1].time

    def member(self, account: str) -> OrganizationFacts:
        """The caller's organization.

        Raises:
            AWSOrganizationsNotInUseException: the caller is a standalone account.
        """
        organization = self.accounts.organization_of(account)
        if organization is None:
            raise AWSOrganizationsNotInUseException
        return self.organizations.rows[organization]

    def initiator(self, row: OrganizationFacts) -> Initiator:
        """An organization as its handshakes show it."""
        account = row.management_account
        return Initiator(row.id, account, self.accounts.email_of(account), self.accounts.name_of(account))
