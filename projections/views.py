"""All views of one world, fed together, and what more than one of them is needed for."""

from collections.abc import Sequence
from typing import Any

from ..engine.errors import AccessDeniedException, AWSOrganizationsNotInUseException
from ..engine.events import Envelope
from ..engine.shapes import Initiator
from .account_creation import AccountCreationsView
from .accounts import AccountsView
from .handshakes import HandshakesView
from .organization import OrganizationRow, OrganizationsView
from .projection import Handler, View


class Views:
    """The views, brought up to ``position``; ``now`` is the time of the last event fed."""

    def __init__(self) -> None:
        self.position = 0
        self.now = 0
        self.organizations = OrganizationsView()
        self.accounts = AccountsView()
        self.handshakes = HandshakesView()
        self.account_creations = AccountCreationsView()
        self._handlers: dict[type[Any], tuple[Handler, ...]] = {}
        for view in self.all:
            for event_type, handler in view.handlers.items():
                self._handlers[event_type] = (*self._handlers.get(event_type, ()), handler)

    @property
    def all(self) -> tuple[View, ...]:
        """Every view, in the order in which they are fed."""
        return (self.organizations, self.accounts, self.handshakes, self.account_creations)

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

    def member(self, account: str) -> OrganizationRow:
        """The caller's organization.

        Raises:
            AWSOrganizationsNotInUseException: the caller is a standalone account.
        """
        organization = self.accounts.organization_of(account)
        if organization is None:
            raise AWSOrganizationsNotInUseException
        return self.organizations.rows[organization]

    def managed(self, account: str) -> OrganizationRow:
        """The organization that the caller manages.

        Raises:
            AWSOrganizationsNotInUseException: the caller is a standalone account.
            AccessDeniedException: the caller is a member, but not the management account.
        """
        row = self.member(account)
        if row.management_account != account:
            raise AccessDeniedException
        return row

    def initiator(self, row: OrganizationRow) -> Initiator:
        """An organization as its handshakes show it."""
        account = row.management_account
        return Initiator(row.id, account, self.accounts.email_of(account), self.accounts.name_of(account))
