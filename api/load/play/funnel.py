"""The funnel of accounts: who was asked to join an organization, who joined, who approved, and why others did not.

``FunnelView`` follows a log and remembers of each account what an organization asked it last. Accounts are counted when
a funnel is wanted, at the end of a run or in the middle of it.
"""

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from typing import Any

from ....engine.events import (
    AccountCreationFailed,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeDeclined,
    HandshakeExpired,
    HandshakeRequested,
)
from ....engine.events.envelope import Envelope
from ....engine.state import Account, Organization, State
from ....engine.words import Action, DepartureMethod, FeatureSet, JoinedMethod
from .call_counter import ENABLING, INVITING, Refusals
from .outcome import FunnelStage

INVITE, APPROVE = Action.INVITE, Action.APPROVE_ALL_FEATURES

JOINED, APPROVED = "joined", "approved"
"""What stands for an accepted handshake, in place of its id."""

ENDED_BY = {
    "AcceptHandshake": "joined another organization",
    "DeclineHandshake": "declined",
    "ExpireHandshake": "never answered",
    "CancelHandshake": "canceled",
    "EnableAllFeatures": "canceled by EnableAllFeatures",
    "LeaveOrganization": "left instead",
    "RemoveAccountFromOrganization": "removed, unanswered",
    "DeleteOrganization": "organization deleted",
}
"""The operation that ended a handshake without its acceptance, as a reason."""

DEPARTED = {
    DepartureMethod.LEFT: "left",
    DepartureMethod.REMOVED: "removed",
    DepartureMethod.CLEANED: "closed for good",
}


class AskedBy:
    """Whom one organization has asked, each account with what it was asked last."""

    __slots__ = ("approvals", "departed", "invitations")

    def __init__(self) -> None:
        self.invitations: dict[str, str] = {}
        """Account, or an address that nobody has answered from, to its invitation, or ``JOINED``."""
        self.approvals: dict[str, str] = {}
        """Account to the request for its approval, or ``APPROVED``."""
        self.departed: dict[str, str] = {}
        """Account to how it departed, of those that were asked something."""

    def keep(self, is_open: Callable[[str], bool]) -> None:
        """Forget everything but the handshakes that are open."""
        self.invitations = {each: handshake for each, handshake in self.invitations.items() if is_open(handshake)}
        self.approvals = {each: handshake for each, handshake in self.approvals.items() if is_open(handshake)}
        self.departed.clear()


class FunnelView:
    """What every account was asked last, and what became of it. A listener of an engine: ``feed`` takes its events.

    While a run goes on it only remembers, which a run hardly notices; ``funnels`` counts.
    """

    def __init__(self) -> None:
        self._by_organization: dict[str, AskedBy] = {}
        self._ended: dict[str, str] = {}
        """Handshake to why it ended, of those that were not accepted."""
        self._addresses: dict[str, str] = {}
        """Open invitations to addresses, with these."""
        self.failures: dict[str, str] = {}
        """Address to why the creation of its account failed."""
        self._creating: dict[str, str] = {}
        """Creation in progress to its address."""
        self._handlers: dict[type[Any], Callable[[Envelope, Any], None]] = {
            HandshakeRequested: self._requested,
            HandshakeAccepted: self._accepted,
            HandshakeDeclined: self._end,
            HandshakeCanceled: self._end,
            HandshakeExpired: self._end,
            AccountDeparted: self._departed,
            AccountCreationRequested: self._creation_requested,
            AccountCreationSucceeded: self._created,
            AccountCreationFailed: self._creation_failed,
        }

    def feed(self, envelopes: Sequence[Envelope]) -> None:
        """Take in the next events of the log."""
        handlers = self._handlers
        for envelope in envelopes:
            handle = handlers.get(type(envelope.event))
            if handle:
                handle(envelope, envelope.event)

    def _requested(self, envelope: Envelope, event: HandshakeRequested) -> None:
        action, party = event.action, event.party
        if party is None or not (action is APPROVE or action is INVITE):
            return
        asked = self._by_organization.get(event.organization)
        if asked is None:
            asked = self._by_organization[event.organization] = AskedBy()
        if action is APPROVE:
            asked.approvals[party] = event.handshake
            return
        if "@" in party:
            party = self._addresses[event.handshake] = party.lower()
        asked.invitations[party] = event.handshake
        if asked.approvals:
            # Of an account that has left and is invited again, the new invitation counts.
            asked.approvals.pop(party, None)

    def _accepted(self, envelope: Envelope, event: HandshakeAccepted) -> None:
        asked = self._by_organization.get(event.organization)
        if asked is None:
            return
        account, handshake = event.account or envelope.account or "", event.handshake
        if asked.approvals.get(account) == handshake:
            asked.approvals[account] = APPROVED
        elif asked.invitations.get(account) == handshake:
            asked.invitations[account] = JOINED
        elif address := self._addresses.pop(handshake, None):
            del asked.invitations[address]
            asked.invitations[account] = JOINED

    def _end(self, envelope: Envelope, event: HandshakeDeclined | HandshakeCanceled | HandshakeExpired) -> None:
        operation = envelope.operation
        self._ended[event.handshake] = ENDED_BY.get(operation, f"ended by {operation}")
        self._addresses.pop(event.handshake, None)

    def _departed(self, envelope: Envelope, event: AccountDeparted) -> None:
        asked, account = self._by_organization.get(event.organization), event.account
        if asked and (account in asked.invitations or account in asked.approvals):
            moved = envelope.operation == "AcceptHandshake"
            asked.departed[account] = ENDED_BY["AcceptHandshake"] if moved else DEPARTED[event.method]

    def _creation_requested(self, envelope: Envelope, event: AccountCreationRequested) -> None:
        self._creating[event.request] = event.email

    def _created(self, envelope: Envelope, event: AccountCreationSucceeded) -> None:
        self._creating.pop(event.request, None)

    def _creation_failed(self, envelope: Envelope, event: AccountCreationFailed) -> None:
        if email := self._creating.pop(event.request, None):
            self.failures[email] = event.reason

    def restart(self, state: State) -> None:
        """Count from now on only: what is open stays, what has ended is forgotten."""

        def is_open(handshake: str) -> bool:
            known = state.handshakes.get(handshake)
            return known is not None and known.ended_at < 0

        self._ended.clear()
        for asked in self._by_organization.values():
            asked.keep(is_open)

    def funnels(
        self, state: State, organizations: Mapping[str, str], refusals: Refusals
    ) -> dict[str, tuple[FunnelStage, ...]]:
        """Count the accounts of each organization that has invited, or asked for all features.

        It may be asked at any moment of a run; ``await engine.settle()`` before, so that the events of the state have
        been fed. Half a second for a million accounts.

        Args:
            state: of the engine whose events were fed.
            organizations: name to id.
            refusals: ``CallCounter.refusals``.

        Returns:
            Name of an organization to the stages of its funnel.
        """
        found = {
            name: Counting(self._by_organization.get(each, AskedBy()), self._ended, state, each, refusals).stages()
            for name, each in organizations.items()
        }
        return {name: stages for name, stages in found.items() if stages}


class Counting:
    """Counts the accounts of one organization.

    Args:
        asked: whom it has asked.
        ended: handshake to why it ended.
        state: the state now.
        organization: its id.
        refusals: see ``Refusals``.
    """

    def __init__(
        self, asked: AskedBy, ended: Mapping[str, str], state: State, organization: str, refusals: Refusals
    ) -> None:
        self._asked = asked
        self._ended = ended
        self._organization: Organization = state.organizations[organization]
        self._refusals = refusals
        self._uninvited = {
            party: why
            for (operation, by, party), why in refusals.items()
            if operation == INVITING and by == organization and party not in asked.invitations
        }
        self._unasked = refusals.get((ENABLING, organization, "")) if not asked.approvals else None
        """Why nobody could be asked for all features; None if somebody was, or nobody was to be."""

    def stages(self) -> tuple[FunnelStage, ...]:
        """The stages; none if it has neither invited nor asked anybody, and was not refused to."""
        migrates = bool(self._asked.approvals) or (
            self._unasked is not None and self._organization.feature_set is not FeatureSet.ALL
        )
        invites = bool(self._asked.invitations or self._uninvited)
        if not (invites or migrates):
            return ()
        return (
            *(self._invitations(migrates=migrates) if invites else ()),
            *(self._approvals() if migrates else ()),
            FunnelStage("members", len(self._organization.members)),
        )

    def _invitations(self, *, migrates: bool) -> Iterable[FunnelStage]:
        invitations = self._asked.invitations
        waiting = _others_than(JOINED, invitations)
        if self._uninvited:
            never = Counter(f"not asked: {why}" for why in self._uninvited.values())
            yield FunnelStage("to be asked", len(self._uninvited) + len(invitations), _sorted(never))
        lost = Counter(self._unanswered(party, handshake) for party, handshake in waiting.items())
        yield FunnelStage("asked to join", len(invitations), _sorted(lost))
        yield self._joined(waiting, migrates=migrates)

    def _joined(self, waiting: Mapping[str, str], *, migrates: bool) -> FunnelStage:
        """Those that joined: who of them was not asked to approve, or else is no member any more."""
        invitations, approvals = self._asked.invitations, self._asked.approvals
        number = len(invitations) - len(waiting)
        if not migrates:
            return FunnelStage(
                "joined", number, self._why_gone(invitations, waiting), self._others(invitations, waiting)
            )
        lost = _missing(invitations, approvals) - waiting.keys()
        others = len(_missing(approvals, invitations)) + len(waiting.keys() & approvals.keys())
        return FunnelStage(
            "joined", number, _sorted(Counter(map(self._why_unasked, lost))), _named("members already", others)
        )

    def _approvals(self) -> Iterable[FunnelStage]:
        approvals = self._asked.approvals
        waiting = _others_than(APPROVED, approvals)
        lost = Counter(self._unanswered(account, handshake) for account, handshake in waiting.items())
        yield FunnelStage("asked to approve", len(approvals), _sorted(lost))
        number = len(approvals) - len(waiting)
        yield FunnelStage("approved", number, self._why_gone(approvals, waiting), self._others(approvals, waiting))

    def _unanswered(self, party: str, handshake: str) -> str:
        """Why a handshake was not accepted."""
        ended = self._ended.get(handshake, "still open")
        refused = self._refusals.get(("AcceptHandshake", "", handshake))
        return f"refused: {refused}" if refused and ended != ENDED_BY["DeclineHandshake"] else ended

    def _why_unasked(self, account: str) -> str:
        """Why an account that joined was not asked to approve."""
        if account not in self._organization.members:
            return self._asked.departed.get(account, DEPARTED[DepartureMethod.LEFT])
        if self._unasked:
            return f"not asked: {self._unasked}"
        return "joined too late to be asked"

    def _why_gone(self, asked: Mapping[str, str], waiting: Mapping[str, str]) -> dict[str, int]:
        """Those who said yes and are no members any more, by how they departed."""
        gone = _missing(asked, self._organization.members) - waiting.keys()
        left = DEPARTED[DepartureMethod.LEFT]
        return _sorted(Counter(self._asked.departed.get(account, left) for account in gone))

    def _others(self, asked: Mapping[str, str], waiting: Mapping[str, str]) -> dict[str, int]:
        """The members that are not among those who said yes, by where they are from."""
        members = self._organization.members
        others = _missing(members, asked) | (waiting.keys() & members.keys())
        return _sorted(Counter(self._origin(members[account]) for account in others))

    def _origin(self, account: Account) -> str:
        if account.id == self._organization.management_account:
            return "the management account"
        if account.joined_method is JoinedMethod.CREATED:
            return "created by the organization"
        known = account.id in self._asked.approvals or self._asked.invitations.get(account.id) is JOINED
        return "have not approved" if known else "members already"


def _others_than(status: str, asked: Mapping[str, str]) -> dict[str, str]:
    """Those of the accounts that have another status: whose handshake was not accepted."""
    if list(asked.values()).count(status) == len(asked):
        return {}
    return {account: each for account, each in asked.items() if each is not status}


def _missing(accounts: Mapping[str, object], among: Mapping[str, object]) -> set[str]:
    """The accounts that are not among others; mostly all are, and finding that out takes no set of them."""
    return set() if accounts.keys() <= among.keys() else accounts.keys() - among.keys()


def _sorted(numbers: Counter[str]) -> dict[str, int]:
    """The largest first; of equal ones by name, so that the same world is told the same way."""
    return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


def _named(name: str, number: int) -> dict[str, int]:
    return {name: number} if number else {}
