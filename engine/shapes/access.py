"""Response shapes of the resource policy."""

from ..arns import resource_policy_arn
from ..state import OrganizationFacts
from .base import Shape


class ResourcePolicySummary(Shape, frozen=True):
    id: str
    arn: str


class ResourcePolicy(Shape, frozen=True):
    resource_policy_summary: ResourcePolicySummary
    content: str


class ResourcePolicyReply(Shape, frozen=True):
    resource_policy: ResourcePolicy


def resource_policy_reply(organization: OrganizationFacts) -> ResourcePolicyReply:
    """Build the answer about an organization's resource policy; there must be one."""
    found = organization.access.resource_policy
    assert found is not None, "the caller has checked that there is one"
    arn = resource_policy_arn(organization, found.id)
    return ResourcePolicyReply(ResourcePolicy(ResourcePolicySummary(found.id, arn), found.content))
