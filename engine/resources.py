"""What stands behind an id: whether an organization has it, its ARN, and what kind of thing it is (docs/aws.md 1)."""

from collections.abc import Callable, Container
from typing import Literal

from .ids import account_arn, managed_policy_arn, organizational_unit_arn, policy_arn, resource_policy_arn, root_arn
from .policies.types import MANAGED_POLICIES
from .state import OrganizationFacts
from .words import PolicyType

ResourceType = Literal["account", "ou", "policy", "resourcepolicy", "root", "transfer"]
"""As in ARNs, and, behind ``organizations:``, in tag policies."""

TYPES: dict[str, ResourceType] = {"ou": "ou", "p": "policy", "r": "root", "rp": "resourcepolicy", "rt": "transfer"}
"""How ids begin; those of accounts are bare numbers."""

ARNS: dict[ResourceType, Callable[[str, str, str], str]] = {
    "account": account_arn,
    "ou": organizational_unit_arn,
    "resourcepolicy": resource_policy_arn,
    "root": root_arn,
}
ENTITIES: dict[ResourceType, str] = {"account": "ACCOUNT", "ou": "ORGANIZATIONAL_UNIT", "root": "ROOT"}


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


def resource_type(resource: str) -> ResourceType:
    """What kind of thing an id is of."""
    prefix, hyphen, _ = resource.partition("-")
    return TYPES[prefix] if hyphen else "account"


def arn_of(resource: str, organization: OrganizationFacts) -> str:
    """The ARN of a root, OU, account, policy or resource policy of the organization."""
    management, owner = organization.management_account, organization.id
    kind = resource_type(resource)
    if kind != "policy":
        return ARNS[kind](management, owner, resource)
    managed = MANAGED_POLICIES.get(resource)
    if managed:
        return managed_policy_arn(managed.type, resource)
    return policy_arn(management, owner, organization.policies.by_id[resource].type, resource)


def entity_type(entity: str) -> str:
    """AWS's word for a root, an OU or an account."""
    return ENTITIES[resource_type(entity)]
