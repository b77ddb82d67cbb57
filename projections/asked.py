"""Whom an organization has asked to join or to approve all features, and what became of each account.

``FlowView`` feeds it; the funnel of a load run counts it.
"""

from collections.abc import Container

from ..engine.words import DepartureMethod

ACCEPTED = "accepted"
"""Stands for a handshake that was accepted, in place of its id."""


class Asked:
    """The accounts that one organization has asked, each with what it was asked last."""

    __slots__ = ("_addresses", "_owners", "_returning", "approvals", "departed", "invitations", "joined")

    def __init__(self) -> None:
        self.invitations: dict[str, str] = {}
        """Account, or an address that nobody has answered from, to its last invitation, or ``ACCEPTED``."""
        self.approvals: dict[str, str] = {}
        """Account to the last request for its approval, or ``ACCEPTED``."""
        self.departed: dict[str, DepartureMethod | None] = {}
        """Account to how it departed, of those that were asked; None: to another organization that invited it."""
        self.joined = 0
        """How many of ``invitations`` have ever been accepted; an account that is invited again counts once."""
        self._returning: set[str] = set()
        """Accounts that were invited again after they had accepted."""
        self._addresses: dict[str, str] = {}
        """Invitation to its address, of those that were not accepted."""
        self._owners: dict[str, str] = {}
        """Address to the account that has accepted from it."""

    def invite(self, party: str, invitation: str) -> None:
        """An account is invited, by its id or its address."""
        if "@" in party:
            address = party.lower()
            party = self._owners.get(address, address)
            if party is address:
                self._addresses[invitation] = address
        invitations = self.invitations
        if invitations.get(party) is ACCEPTED:
            self._returning.add(party)
        invitations[party] = invitation
        if self.approvals:
            # Of an account that has left and is invited again, the new invitation counts.
            self.approvals.pop(party, None)

    def join(self, account: str, invitation: str) -> None:
        """An account accepts an invitation to its id or its address."""
        invitations = self.invitations
        known = invitations.get(account)
        if known != invitation:
            address = self._addresses.pop(invitation, None)
            if address is None:
                return
            del invitations[address]
            self._owners[address] = account
        if known is not ACCEPTED:
            invitations[account] = ACCEPTED
            if account not in self._returning:
                self.joined += 1

    def approve(self, account: str, approval: str) -> None:
        """An account approves all features."""
        if self.approvals.get(account) == approval:
            self.approvals[account] = ACCEPTED

    def depart(self, account: str, method: DepartureMethod | None) -> None:
        """An account departs; None: by accepting the invitation of another organization."""
        if account in self.invitations or account in self.approvals:
            self.departed[account] = method

    @property
    def accepted(self) -> set[str]:
        """The accounts that have ever accepted an invitation; ``joined`` is their number."""
        return {account for account, each in self.invitations.items() if each is ACCEPTED} | self._returning

    def keep(self, opened: Container[str]) -> None:
        """Forget everything but the handshakes that are open."""
        self.invitations = {each: handshake for each, handshake in self.invitations.items() if handshake in opened}
        self.approvals = {each: handshake for each, handshake in self.approvals.items() if handshake in opened}
        self.joined = 0
        self._returning.clear()
        self.departed.clear()
