"""Account quota, daily invitation quota and closure quota (docs/aws.md 4.4 and 7.1)."""

from itertools import takewhile

from ..explaining import full, number
from ..settings import CLOSURE_WINDOW, INVITATION_WINDOW, Quotas
from ..state import Organization


def accounts_counted(organization: Organization) -> int:
    """Accounts that the quota counts: members, those closed for good, open invitations, running creations."""
    members = len(organization.members) + organization.cleaned
    return members + len(organization.invitations) + len(organization.creations)


def why_no_account(organization: Organization, limits: Quotas) -> str:
    """Explain that the account quota is full, and of what."""
    counted = ", ".join(
        number(count, things)
        for count, things in (
            (len(organization.members), "members"),
            (organization.cleaned, "closed accounts"),
            (len(organization.invitations), "open invitations"),
            (len(organization.creations), "running creations"),
        )
        if count
    )
    return full(f"{organization.id} counts {counted}", limits.accounts, "one of them must go")


def invitations_counted(organization: Organization, now: int) -> int:
    """Unaccepted invitations of the last 24 hours. The stored window may have older ones until the next invitation."""
    oldest, moments = now - INVITATION_WINDOW, organization.recent_moments
    if not moments or moments[0] > oldest:
        return organization.recent_unaccepted
    stale = takewhile(lambda moment: moment <= oldest, moments)
    return organization.recent_unaccepted - sum(map(organization.recent_invitations.__getitem__, stale))


def invitations_allowed(quotas: Quotas) -> int:
    """Unaccepted invitations allowed per 24 hours: as set, or the larger of 20 and the account quota."""
    return max(20, quotas.accounts) if quotas.invitations_per_day is None else quotas.invitations_per_day


def closures_counted(organization: Organization, now: int) -> int:
    """Closures requested in the last thirty days. The stored window may have older ones until the next request."""
    recent = organization.closures.recent
    return len(recent) - sum(1 for _ in takewhile(lambda asked_for: asked_for <= now - CLOSURE_WINDOW, recent))


def closures_allowed(organization: Organization, quotas: Quotas) -> int:
    """Closures allowed per thirty days: as set, or a fifth of the accounts, at least 250 and at most 1,000."""
    return closures_allowed_among(len(organization.members), quotas)


def closures_allowed_among(members: int, quotas: Quotas) -> int:
    """The same for an organization of so many members."""
    if quotas.account_closures_per_30_days is not None:
        return quotas.account_closures_per_30_days
    return min(1_000, max(250, members // 5))
