"""Facts about policies, where they are attached, and what accounts see of them."""

from ..words import PolicyType
from .base import OrganizationEvent


class PolicyTypeEnabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyTypeEnabled"):
    """Policies of a type have effect, and can be attached."""

    policy_type: PolicyType


class PolicyTypeDisabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyTypeDisabled"):
    """Policies of a type have no effect, and are attached nowhere."""

    policy_type: PolicyType


class PolicyCreated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyCreated"):
    """A policy came to be."""

    policy: str
    policy_type: PolicyType
    name: str
    description: str
    content: str


class PolicyUpdated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyUpdated"):
    """A policy changed; None leaves a part as it was."""

    policy: str
    name: str | None
    description: str | None
    content: str | None


class PolicyDeleted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyDeleted"):
    """A policy is gone."""

    policy: str


class PolicyAttached(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyAttached"):
    """A policy is attached to a root, an OU or an account, behind those that are."""

    policy: str
    target: str


class PolicyDetached(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyDetached"):
    """A policy is no longer attached there."""

    policy: str
    target: str


class EffectivePoliciesOutdated(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="EffectivePoliciesOutdated"
):
    """What accounts see of a policy type is no longer what the policies say; it will be at ``published_at``."""

    policy_type: PolicyType
    published_at: int


class EffectivePoliciesPublished(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="EffectivePoliciesPublished"
):
    """What accounts see of a policy type is what the policies say now."""

    policy_type: PolicyType
