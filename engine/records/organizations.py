"""Records about organizations as a whole."""

from ..events import AccountDescribed, OrganizationCreated
from ..operation import Events
from ..rules import membership
from ..words import FeatureSet
from . import placeholders
from .endings import emptying_events
from .record import needed, part, text, unmasked
from .taking import Taking

FEATURE_SETS = {"ALL": FeatureSet.ALL, "FULL": FeatureSet.ALL, "CONSOLIDATED_BILLING": FeatureSet.CONSOLIDATED_BILLING}
"""Feature set by the words for it; FULL is in old documents (docs/aws.md 2.2)."""


def created(taking: Taking) -> Events:
    """The answer does not tell the root: other records do, or a placeholder stands in for it."""
    answer = part(taking.record.answer, "organization")
    organization = needed(answer, "id", "responseElements.organization")
    if organization in taking.state.organizations:
        return []
    manager = text(answer, "masterAccountId", "managementAccountId") or taking.caller
    manager = manager or needed(answer, "masterAccountId", "responseElements.organization")
    taking.require_account(manager)
    root = taking.record.elsewhere.root or placeholders.root(organization)
    feature_set = FEATURE_SETS.get(text(answer, "featureSet") or text(taking.parameters, "featureSet") or "ALL")
    event = OrganizationCreated(organization, root, manager, feature_set or FeatureSet.ALL)
    taking.infer(*taking.leave_elsewhere(manager, None))
    email = unmasked(text(answer, "masterAccountEmail"))
    return [*taking.founding_events(event), *described(taking, manager, email, None)]


def described(taking: Taking, account: str, email: str | None, name: str | None) -> Events:
    """The event that tells an account's address and name, if they are new and nobody else has the address."""
    state = taking.state
    if email and (state.owner_of(email) or email == state.email_of(account)):
        email = None
    if name == state.name_of(account):
        name = None
    return [AccountDescribed(account, email, name, state.conditions_of(account))] if email or name else []


def deleted(taking: Taking) -> Events:
    organization = taking.organization
    taking.infer(*emptying_events(organization, taking.state))
    return membership.deletion_events(organization)


RECORDS = {"CreateOrganization": created, "DeleteOrganization": deleted}
