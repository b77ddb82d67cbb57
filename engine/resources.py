"""What stands behind an id: whether an organization has it, its ARN, and what kind of thing it is (section 1)."""

from collections.abc import Container

from .ids import (
    account_arn,
    managed_policy_arn,
    organizational_unit_arn,
    policy_arn,
    resource_policy_arn,
    root_arn,
)
from .policies.types import MANAGED_POLICIES
from .state import OrganizationFacts
from .words import PolicyType


def is_entity(resource: str, organization: OrganizationFacts, members: Container[str]) -> bool:
    """Whether it is the root, an OU or a member account of the organization: what policies can be attached to."""
    return resource in organization.units.by_id or resource in members


def policy_type_of(policy: str, organization: OrganizationFacts) -> PolicyType | None:
    """The type of a policy of the organization or of AWS; None if there is no such policy.

    Whether it is there to be found (AWS's own are, with all features) is for ``rules.policies.find`` to say.
    """
    found = organization.policies.by_id.get(policy)
    if found:
        return found.type
    managed = MANAGED_POLICIES.get(policy)
    return managed.type if managed else None


def arn_of(resource: str, organization: OrganizationFacts) -> str:
    """The ARN of a root, OU, account, policy or resource policy of the organization."""
    management, owner = organization.management_account, organization.id
    kind, hyphen, _ = resource.partition("-")
    if not hyphen:
        return account_arn(management, owner, resource)
    if kind == "r":
        return root_arn(management, owner, resource)
    if kind == "ou":
        return organizational_unit_arn(management, owner, resource)
    if kind == "rp":
        return resource_policy_arn(management, owner, resource)
    managed = MANAGED_POLICIES.get(resource)
    if managed:
        return managed_policy_arn(managed.type, resource)
    return policy_arn(management, owner, organization.policies.by_id[resource].type, resource)


def entity_type(entity: str) -> str:
    """AWS's word for a root, an OU or an account."""
    if entity.startswith("r-"):
        return "ROOT"
    return "ORGANIZATIONAL_UNIT" if entity.startswith("ou-") else "ACCOUNT"
