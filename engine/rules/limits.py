"""When a call that a limit refuses now will be allowed: for callers that know AWS's limits and wait.

``LIMITS`` has the refusals that end with time. All others last until somebody changes something.
"""

from collections.abc import Callable

from ..settings import CLOSURE_WINDOW, INVITATION_WINDOW
from ..state import Organization, State
from .quotas import closures_allowed

CLOSE = "FinishAccountClosure"


def creation_finishes(organization: Organization, state: State, now: int) -> int:
    """The moment at which the next account creation in progress ends."""
    return min((state.creations[request].finishes_at for request in organization.creations.values()), default=now)


def closure_finishes(organization: Organization, state: State, now: int) -> int:
    """The moment at which the next closure in progress ends."""
    pending = organization.closures.pending
    return min(
        (due for due, *_, operation, account in state.timers.appointments if operation == CLOSE and account in pending),
        default=now,
    )


def closure_leaves_window(organization: Organization, state: State, now: int) -> int:
    """The moment at which enough closures are thirty days old for another one to be allowed."""
    live = [asked_for for asked_for in organization.closures.recent if asked_for > now - CLOSURE_WINDOW]
    excess = len(live) - closures_allowed(organization, state.settings.quotas)
    return live[max(excess, 0)] + CLOSURE_WINDOW if live else now


def invitation_leaves_window(organization: Organization, state: State, now: int) -> int:
    """The moment at which the oldest unaccepted invitation of the last 24 hours is a day old."""
    oldest = now - INVITATION_WINDOW
    unaccepted = organization.recent_invitations
    counted = (each for each in organization.recent_moments if each > oldest and unaccepted[each])
    return next(counted, oldest) + INVITATION_WINDOW


LIMITS: dict[str, Callable[[Organization, State, int], int]] = {
    "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": creation_finishes,
    "CLOSE_ACCOUNT_REQUESTS_LIMIT_EXCEEDED": closure_finishes,
    "CLOSE_ACCOUNT_QUOTA_EXCEEDED": closure_leaves_window,
    "HANDSHAKE_RATE_LIMIT_EXCEEDED": invitation_leaves_window,
}
"""Reason of a refusal to a function (organization, state, now) that tells when the call will be allowed."""
