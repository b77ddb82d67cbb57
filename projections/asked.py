"""Whom an organization has asked to join or to approve all features, and what became of each account.

``FlowView`` feeds it; the funnel of a load run counts it.
"""

from collections.abc import Collection, Mapping

from ..engine.words import DepartureMethod


class Asked:
    """The accounts that one organization has asked, each with what it was asked last.

    Nothing is written when a handshake is accepted, as a million are: it is one that is neither open nor has ended
    otherwise.

    Args:
        opened: the handshakes that are open; others change it.
        ended_by: those that have ended without being accepted; others change it.
    """

    __slots__ = (
        *("_addresses", "_ended_by", "_opened", "_owners", "_returning"),
        *("approvals", "departed", "invitations", "joined"),
    )

    def __init__(self, opened: Collection[str], ended_by: Collection[str]) -> None:
        self._opened = opened
        self._ended_by = ended_by
        self.invitations: dict[str, str] = {}
        """Account, or an address that nobody has answered from, to its last invitation."""
        self.approvals: dict[str, str] = {}
        """Account to the last request for its approval."""
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
        previous = self.invitations.get(party)
        if previous is not None and self.was_accepted(previous):
            self._returning.add(party)
        self.invitations[party] = invitation
        if self.approvals:
            # Of an account that has left and is invited again, the new invitation counts.
            self.approvals.pop(party, None)

    def join(self, account: str, invitation: str) -> None:
        """An account accepts an invitation to its id or its address."""
        if (self._addresses or self._returning) and self._has_joined_before(account, invitation):
            return
        self.joined += 1

    def _has_joined_before(self, account: str, invitation: str) -> bool:
        """Whether an account that joins has joined before; it takes the place of the address that it answers from."""
        address = self._addresses.pop(invitation, None)
        if address is not None:
            del self.invitations[address]
            self._owners[address] = account
            known = self.invitations.get(account)
            if known is not None and self.was_accepted(known):
                return True
            self.invitations[account] = invitation
        return account in self._returning

    def was_accepted(self, handshake: str) -> bool:
        """Tell whether a handshake of ``invitations`` or ``approvals`` was accepted."""
        return handshake not in self._opened and handshake not in self._ended_by

    def waiting(self, asked: Mapping[str, str]) -> dict[str, str]:
        """Those of ``invitations`` or ``approvals`` whose handshake was not accepted."""
        unaccepted = {*self._opened, *self._ended_by}
        return {account: each for account, each in asked.items() if each in unaccepted}

    def depart(self, account: str, method: DepartureMethod | None) -> None:
        """An account departs; None: by accepting the invitation of another organization."""
        if account in self.invitations or account in self.approvals:
            self.departed[account] = method

    @property
    def accepted(self) -> set[str]:
        """The accounts that have ever accepted an invitation; ``joined`` is their number."""
        return (self.invitations.keys() - self.waiting(self.invitations).keys()) | self._returning

    def keep_open(self) -> None:
        """Forget everything but the handshakes that are open."""
        opened = self._opened
        self.invitations = {each: handshake for each, handshake in self.invitations.items() if handshake in opened}
        self.approvals = {each: handshake for each, handshake in self.approvals.items() if handshake in opened}
        self.joined = 0
        self._returning.clear()
        self.departed.clear()
