"""Checks of policies and their targets: existence, authorization and limits (docs/aws.md 6.1 to 6.3 and 7.1)."""

from ..authorization.check import denied_to_members
from ..errors import (
    AccessDeniedException,
    ConstraintViolationException,
    DuplicatePolicyException,
    InvalidInputException,
    PolicyNotFoundException,
    RootNotFoundException,
    TargetNotFoundException,
    UnsupportedAPIEndpointException,
)
from ..explaining import absent, full
from ..operation import Stamp
from ..partitions import PARTITIONS
from ..policies.documents import require_valid
from ..policies.merge import AttachedPolicy
from ..policies.types import MANAGED_POLICIES, POLICY_TYPES, ManagedPolicy
from ..resources import arn_of, is_entity
from ..state import Organization, OrganizationFacts, Policy, State, name_key
from ..words import FeatureSet, PolicyType
from . import caller

AnyPolicy = Policy | ManagedPolicy
"""A policy of the organization, or an AWS managed one."""


def attached(target: str, policy_type: PolicyType, organization: OrganizationFacts) -> list[str]:
    """The ids of the policies of a type that are attached directly to a root, OU or account.

    AWS's default policy comes first, which is attached everywhere unless it was detached; then the others, in the order
    of attachment.
    """
    policies = organization.policies
    own = [policy for policy in policies.attached.get(target, ()) if policies.by_id[policy].type is policy_type]
    default = POLICY_TYPES[policy_type].default_policy
    return [default, *own] if default and is_attached(default, target, organization) else own


def levels(place: str, policy_type: PolicyType, organization: OrganizationFacts) -> list[list[AttachedPolicy]]:
    """The policies of a management type, level by level from the root down to a root, OU or account."""
    by_id = organization.policies.by_id
    return [
        [AttachedPolicy(policy, by_id[policy].content) for policy in attached(step, policy_type, organization)]
        for step in organization.units.path_to(place)
    ]


def is_attached(policy: str, target: str, organization: OrganizationFacts) -> bool:
    """Tell whether a policy is attached directly to a root, OU or account that exists."""
    policies = organization.policies
    managed = MANAGED_POLICIES.get(policy)
    if managed is None:
        return target in policies.by_id[policy].targets
    return managed.type in policies.enabled and target not in policies.without_default.get(policy, ())


def require_offered(policy_type: PolicyType, organization: OrganizationFacts) -> None:
    """Require that a policy type is there in the organization's partition.

    Raises:
        UnsupportedAPIEndpointException: it is not [inferred] (docs/aws.md 1.3).
    """
    if policy_type in PARTITIONS[organization.partition].unavailable_policy_types:
        raise UnsupportedAPIEndpointException(
            explanation=f"the partition {organization.partition} has no policies of type {policy_type}"
        )


def find(policy: str, operation: str, organization: OrganizationFacts, account: str) -> AnyPolicy:
    """Find the policy that a member's call is about, before the call is authorized.

    Args:
        policy: its id. AWS's own policies are there with all features, whichever types are enabled.
        operation: AWS's name of the call.
        organization: the caller's.
        account: the caller.

    Raises:
        PolicyNotFoundException: there is no such policy.
        AccessDeniedException: there is none, and the caller is a member that is not told so (docs/aws.md 3.7).
    """
    found: AnyPolicy | None = organization.policies.by_id.get(policy)
    if found is None and organization.feature_set is FeatureSet.ALL:
        found = MANAGED_POLICIES.get(policy)
    if found is None:
        refusal = PolicyNotFoundException(explanation=absent(policy, organization))
        raise denied_to_members(refusal, operation, organization, account)
    return found


def authorize(
    operation: str, policy: str, state: State, stamp: Stamp, target: str | None = None
) -> tuple[Organization, AnyPolicy]:
    """Authorize a call about a policy, and perhaps about a target that it is or will be attached to.

    Returns:
        The caller's organization, and the policy.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member that may not do this; or, for a member, there is no such thing.
        PolicyNotFoundException: there is no such policy.
        TargetNotFoundException: there is no such root, OU or account.
    """
    organization = caller.organization_of(state, stamp)
    found = find(policy, operation, organization, stamp.account)
    if target is not None and not is_entity(target, organization, organization.members):
        refusal = TargetNotFoundException(explanation=f"{organization.id} has no root, OU or account {target}")
        raise denied_to_members(refusal, operation, organization, stamp.account)
    resources = [arn_of(resource, organization) for resource in (policy, target) if resource is not None]
    caller.authorize(operation, state, stamp, resources, found.type)
    return organization, found


def require_all_features(state: State, stamp: Stamp) -> None:
    """Require all features, which changes of policies, policy types and attachments need.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member; nobody can be granted anything without all features.
        ConstraintViolationException: ``ORGANIZATION_NOT_IN_ALL_FEATURES_MODE``.
    """
    organization = caller.organization_of(state, stamp)
    if organization.feature_set is not FeatureSet.ALL:
        if stamp.account != organization.management_account:
            raise AccessDeniedException(
                explanation=f"{stamp.account} is a member, and {why_billing_only(organization)}"
            )
        raise ConstraintViolationException(
            "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE", explanation=why_billing_only(organization)
        )


def why_billing_only(organization: OrganizationFacts) -> str:
    """Explain that an organization has consolidated billing only."""
    return f"{organization.id} has consolidated billing only; it needs all features, which EnableAllFeatures begins"


def why_not_enabled(policy_type: PolicyType, organization: OrganizationFacts) -> str:
    """Explain that a policy type is not enabled."""
    return f"{policy_type} is not enabled on {organization.root}; EnablePolicyType enables it"


def authorize_on_root(operation: str, root: str, policy_type: PolicyType, state: State, stamp: Stamp) -> Organization:
    """Authorize a call about a policy type on the root of the caller's organization.

    Returns:
        The caller's organization.

    Raises:
        AWSOrganizationsNotInUseException: the caller is a standalone account.
        AccessDeniedException: it is a member that may not do this; or, for a member, there is no such root.
        RootNotFoundException: there is no such root.
    """
    organization = caller.organization_of(state, stamp)
    if root != organization.root:
        refusal = RootNotFoundException(explanation=absent(root, organization))
        raise denied_to_members(refusal, operation, organization, stamp.account)
    return caller.authorize(operation, state, stamp, [arn_of(root, organization)], policy_type)


def require_own(policy: AnyPolicy) -> Policy:
    """Require that a policy is the organization's own, and return it as such.

    Raises:
        InvalidInputException: ``IMMUTABLE_POLICY`` for an AWS managed one.
    """
    if isinstance(policy, ManagedPolicy):
        raise InvalidInputException("IMMUTABLE_POLICY", explanation=f"{policy.id} is AWS's; only own ones can change")
    return policy


def require_content(policy_type: PolicyType, content: str) -> str:
    """Require a valid document of the type, not too long as it was sent, white space included.

    Returns:
        The text that is stored.

    Raises:
        ConstraintViolationException: ``POLICY_CONTENT_LIMIT_EXCEEDED``.
        MalformedPolicyDocumentException: it is no valid document of the type.
    """
    if len(content) > POLICY_TYPES[policy_type].max_size:
        raise ConstraintViolationException(
            "POLICY_CONTENT_LIMIT_EXCEEDED",
            explanation=full(
                f"the document has {len(content):,} characters", POLICY_TYPES[policy_type].max_size, "make it shorter"
            ),
        )
    return require_valid(policy_type, content)


def require_free_name(policy_type: PolicyType, name: str, organization: Organization) -> None:
    """Require that no policy of the type has the name, AWS managed ones included [inferred].

    Raises:
        DuplicatePolicyException: one has.
    """
    taken = organization.policies.names.get(name_key(policy_type, name))
    if taken:
        raise DuplicatePolicyException(explanation=f"{taken} of type {policy_type} has the name {name!r}")
    if any(managed.type is policy_type and managed.name == name for managed in MANAGED_POLICIES.values()):
        raise DuplicatePolicyException(explanation=f"AWS's own {policy_type} has the name {name!r}")


def require_room(policy_type: PolicyType, organization: Organization) -> None:
    """Require that the organization may have one more policy of the type.

    Raises:
        ConstraintViolationException: ``POLICY_NUMBER_LIMIT_EXCEEDED``.
    """
    policies, limit = organization.policies.by_id, POLICY_TYPES[policy_type].max_policies
    # Counting takes time in proportion to the policies, so it is done only where there could be too many.
    if len(policies) >= limit and sum(policy.type is policy_type for policy in policies.values()) >= limit:
        raise ConstraintViolationException(
            "POLICY_NUMBER_LIMIT_EXCEEDED",
            explanation=full(f"{organization.id} has {limit:,} of type {policy_type}", limit, "delete one first"),
        )
