"""Events about policies, their attachments, and the publication of effective policies."""

from ..words import PolicyType
from .base import OrganizationEvent


class PolicyTypeEnabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyTypeEnabled"):
    """A policy type was enabled: its policies have effect and can be attached."""

    policy_type: PolicyType


class PolicyTypeDisabled(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyTypeDisabled"):
    """A policy type was disabled: its policies have no effect and are detached everywhere."""

    policy_type: PolicyType


class PolicyCreated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyCreated"):
    """A policy was created."""

    policy: str
    policy_type: PolicyType
    name: str
    description: str
    content: str


class PolicyUpdated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyUpdated"):
    """A policy was updated; what is None stays as it was."""

    policy: str
    name: str | None
    description: str | None
    content: str | None


class PolicyDeleted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyDeleted"):
    """A policy was deleted."""

    policy: str


class PolicyAttached(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyAttached"):
    """A policy was attached to a root, OU or account, behind those attached there before."""

    policy: str
    target: str


class PolicyDetached(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="PolicyDetached"):
    """A policy was detached from a root, OU or account."""

    policy: str
    target: str


class EffectivePoliciesOutdated(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="EffectivePoliciesOutdated"
):
    """The effective policies of a type are out of date until they are published at ``published_at``."""

    policy_type: PolicyType
    published_at: int


class EffectivePoliciesPublished(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="EffectivePoliciesPublished"
):
    """The effective policies of a type were brought up to date: accounts see the present policies."""

    policy_type: PolicyType
