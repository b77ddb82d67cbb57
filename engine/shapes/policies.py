"""Response shapes of policies."""

from ..policies.types import ManagedPolicy
from ..resources import arn_of
from ..state import OrganizationFacts
from ..state import Policy as PolicyFacts
from ..words import PolicyType
from .base import Shape
from .organizations import PolicyTypeSummary, Root, root_shape


class PolicySummary(Shape, frozen=True, kw_only=True):
    id: str
    arn: str
    name: str | None = None
    description: str | None = None
    type: PolicyType
    aws_managed: bool


class Policy(Shape, frozen=True):
    policy_summary: PolicySummary
    content: str


class PolicyReply(Shape, frozen=True):
    policy: Policy


class RootReply(Shape, frozen=True):
    root: Root


def summary_shape(policy: PolicyFacts | ManagedPolicy, organization: OrganizationFacts) -> PolicySummary:
    """Build a policy without its content, as lists show it."""
    return PolicySummary(
        id=policy.id,
        arn=arn_of(policy.id, organization),
        name=policy.name,
        description=policy.description,
        type=policy.type,
        aws_managed=isinstance(policy, ManagedPolicy),
    )


def policy_reply(policy: PolicyFacts | ManagedPolicy, organization: OrganizationFacts) -> PolicyReply:
    """Build the answer about a policy, with its content."""
    return PolicyReply(Policy(summary_shape(policy, organization), policy.content))


def root_reply(organization: OrganizationFacts) -> RootReply:
    """Build the answer about a root, with its enabled policy types in alphabetical order."""
    policy_types = [PolicyTypeSummary(policy_type, "ENABLED") for policy_type in sorted(organization.policies.enabled)]
    return RootReply(root_shape(organization, policy_types))
