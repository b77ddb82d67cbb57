"""Resources by id: whether an organization has one, its type and its ARN (docs/aws.md 1)."""

from collections.abc import Callable, Container
from typing import Literal

from .arns import (
    Owner,
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

ResourceType = Literal["account", "ou", "policy", "resourcepolicy", "root", "transfer"]
"""The type in ARNs, and, behind ``organizations:``, in tag policies."""

TYPES: dict[str, ResourceType] = {"ou": "ou", "p": "policy", "r": "root", "rp": "resourcepolicy", "rt": "transfer"}
"""Prefix of an id to its type; ids of accounts are numbers without one."""

ARNS: dict[ResourceType, Callable[[Owner, str], str]] = {
    "account": account_arn,
    "ou": organizational_unit_arn,
    "resourcepolicy": resource_policy_arn,
    "root": root_arn,
}
ENTITIES: dict[ResourceType, str] = {"account": "ACCOUNT", "ou": "ORGANIZATIONAL_UNIT", "root": "ROOT"}


def is_entity(resource: str, organization: OrganizationFacts, members: Container[str]) -> bool:
    """Tell whether a resource is the organization's root, an OU or a member of it: a possible target of policies."""
    return resource in organization.units.by_id or resource in members


def policy_type_of(policy: str, organization: OrganizationFacts) -> PolicyType | None:
    """The type of a policy of the organization or of AWS; None if there is no such policy.

    AWS's own policies are found here with any feature set; ``rules.policies.find`` finds them with all features only.
    """
    found = organization.policies.by_id.get(policy)
    if found:
        return found.type
    managed = MANAGED_POLICIES.get(policy)
    return managed.type if managed else None


def resource_type(resource: str) -> ResourceType:
    """The type of resource that an id belongs to."""
    prefix, hyphen, _ = resource.partition("-")
    return TYPES[prefix] if hyphen else "account"


def arn_of(resource: str, organization: OrganizationFacts) -> str:
    """The ARN of a root, OU, account, policy or resource policy of the organization."""
    kind = resource_type(resource)
    if kind != "policy":
        return ARNS[kind](organization, resource)
    managed = MANAGED_POLICIES.get(resource)
    if managed:
        return managed_policy_arn(organization.partition, managed.type, resource)
    return policy_arn(organization, organization.policies.by_id[resource].type, resource)


def entity_type(entity: str) -> str:
    """AWS's word for the type of a root, OU or account."""
    return ENTITIES[resource_type(entity)]
