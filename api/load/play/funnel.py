"""The funnel of accounts: who was asked to join an organization, who joined, who approved, and why others did not.

The flow of a run remembers of each account what it was asked last; here the accounts are counted, at the end of a run
or in the middle of it.
"""

from collections import Counter
from collections.abc import Iterable, Mapping

from ....engine.state import Account, Organization, State
from ....engine.words import DepartureMethod, FeatureSet, JoinedMethod
from ....projections.asked import Asked
from ....projections.flow import FlowView
from .call_counter import ENABLING, INVITING, Refusals
from .outcome import FunnelStage

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
    None: ENDED_BY["AcceptHandshake"],
    DepartureMethod.LEFT: "left",
    DepartureMethod.REMOVED: "removed",
    DepartureMethod.CLEANED: "closed for good",
}
"""How an account departed, as a reason."""


def funnels(
    flow: FlowView, state: State, organizations: Mapping[str, str], refusals: Refusals
) -> dict[str, tuple[FunnelStage, ...]]:
    """Count the accounts of each organization that has invited, or asked for all features.

    It may be asked at any moment of a run; ``await engine.settle()`` before, so that the events of the state have
    been fed. Half a second for a million accounts.

    Args:
        flow: of the whole run.
        state: of the engine whose events were fed.
        organizations: name to id.
        refusals: ``CallCounter.refusals``.

    Returns:
        Name of an organization to the stages of its funnel.
    """
    found = {
        name: Counting(flow.asked[each], flow.ended_by, state, each, refusals).stages()
        for name, each in organizations.items()
    }
    return {name: stages for name, stages in found.items() if stages}


class Counting:
    """Counts the accounts of one organization.

    Args:
        asked: whom it has asked.
        ended_by: handshake that was not accepted to the operation that ended it.
        state: the state now.
        organization: its id.
        refusals: see ``Refusals``.
    """

    def __init__(
        self, asked: Asked, ended_by: Mapping[str, str], state: State, organization: str, refusals: Refusals
    ) -> None:
        self._asked = asked
        self._ended_by = ended_by
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
        waiting = self._asked.waiting(invitations)
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
        unasked = _missing(invitations, approvals)
        lost, both = unasked - waiting.keys(), len(invitations) - len(unasked)
        others = len(approvals) - both + len(waiting.keys() & approvals.keys())
        return FunnelStage(
            "joined", number, _sorted(Counter(map(self._why_unasked, lost))), _named("members already", others)
        )

    def _approvals(self) -> Iterable[FunnelStage]:
        approvals = self._asked.approvals
        waiting = self._asked.waiting(approvals)
        lost = Counter(self._unanswered(account, handshake) for account, handshake in waiting.items())
        yield FunnelStage("asked to approve", len(approvals), _sorted(lost))
        number = len(approvals) - len(waiting)
        yield FunnelStage("approved", number, self._why_gone(approvals, waiting), self._others(approvals, waiting))

    def _unanswered(self, party: str, handshake: str) -> str:
        """Why a handshake was not accepted."""
        operation = self._ended_by.get(handshake)
        ended = ENDED_BY.get(operation, f"ended by {operation}") if operation else "still open"
        refused = self._refusals.get(("AcceptHandshake", "", handshake))
        return f"refused: {refused}" if refused and ended != ENDED_BY["DeclineHandshake"] else ended

    def _why_unasked(self, account: str) -> str:
        """Why an account that joined was not asked to approve."""
        if account not in self._organization.members:
            return self._how_departed(account)
        if self._unasked:
            return f"not asked: {self._unasked}"
        return "joined too late to be asked"

    def _why_gone(self, asked: Mapping[str, str], waiting: Mapping[str, str]) -> dict[str, int]:
        """Those who said yes and are no members any more, by how they departed."""
        gone = _missing(asked, self._organization.members) - waiting.keys()
        return _sorted(Counter(map(self._how_departed, gone)))

    def _how_departed(self, account: str) -> str:
        return DEPARTED[self._asked.departed.get(account, DepartureMethod.LEFT)]

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
        asked, invitation = self._asked, self._asked.invitations.get(account.id)
        known = account.id in asked.approvals or (invitation is not None and asked.was_accepted(invitation))
        return "have not approved" if known else "members already"


def _missing(accounts: Mapping[str, object], among: Mapping[str, object]) -> set[str]:
    """The accounts that are not among others; mostly all are, and finding that out takes no set of them."""
    return set() if accounts.keys() <= among.keys() else accounts.keys() - among.keys()


def _sorted(numbers: Counter[str]) -> dict[str, int]:
    """The largest first; of equal ones by name, so that the same world is told the same way."""
    return dict(sorted(numbers.items(), key=lambda item: (-item[1], item[0])))


def _named(name: str, number: int) -> dict[str, int]:
    return {name: number} if number else {}
