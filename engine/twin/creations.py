"""Account creations of a dump against those in progress. Those that ended before the log's time are not told apart
from those that it has, so they are left as they are."""

from collections.abc import Iterator

from ..events import AccountCreationFailed, AccountCreationRequested, AccountCreationSucceeded, AnyEvent
from ..ids import DERIVED_DOMAIN
from ..settings import SECOND
from ..state import State
from .form import CreationForm, Form

PATIENCE = 900 * SECOND
"""After so long a creation ends here that was in progress in a dump, unless a later dump says how it ended before: far
longer than any was seen to take (docs/aws.md 4.1), so that it is the later dump that says."""


def creation_changes(form: Form, state: State, now: int) -> Iterator[AnyEvent]:
    """Creations that are in progress and new, and what has become of those that were."""
    asked = set[str]()
    for creation in form.creations:
        known = creation.id in state.creations or creation.id in asked
        if creation.state == "IN_PROGRESS" and not known:
            asked.add(creation.id)
            yield _requested(creation, form.organization, now)
        elif creation.state == "SUCCEEDED" and known and creation.account:
            linked = creation.govcloud_account
            yield AccountCreationSucceeded(form.organization, creation.id, creation.account, linked)
        elif creation.state == "FAILED" and known:
            yield AccountCreationFailed(form.organization, creation.id, creation.failure or "INTERNAL_FAILURE")


def _requested(creation: CreationForm, organization: str, now: int) -> AccountCreationRequested:
    """A request without its address, which AWS does not show: that of the account, or one that is made up."""
    email = creation.email or f"{creation.id}@{DERIVED_DOMAIN}"
    # Its timer must not end it before what the dump says of its end.
    ends_at = creation.completed_at + 1 if creation.completed_at else now + PATIENCE
    govcloud = creation.govcloud_account is not None
    return AccountCreationRequested(
        organization, creation.id, email, creation.name, max(ends_at, now + 1), govcloud=govcloud
    )
