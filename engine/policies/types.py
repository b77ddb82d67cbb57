"""The policy types with their limits and syntax, and the AWS managed policies (docs/aws.md 6.1, 6.3 and 7.1)."""

from msgspec import Struct

from ..words import PolicyType
from . import syntax
from .schema import Syntax


class PolicyTypeFacts(Struct, frozen=True, kw_only=True):
    """One row of docs/aws.md 6.1. Defaults stand for what is unknown there [inferred]."""

    syntax: Syntax | None = None
    """The schema of its documents; None for the two types that are written in IAM's language."""
    max_size: int = 10_000
    """Characters, counted as sent."""
    max_attached: int = 10
    """Policies attached directly to one entity."""
    min_attached: int = 0
    max_policies: int = 1_000
    """Policies of the type per organization."""
    default_policy: str | None = None
    """The id of the AWS managed policy that is attached to every entity while the type is enabled."""
    default_detachable: bool = True

    @property
    def effective(self) -> bool:
        """Whether accounts have an effective policy of the type: those not written in IAM's language are merged."""
        return self.syntax is not None


class ManagedPolicy(Struct, frozen=True, kw_only=True):
    """An AWS managed policy; it cannot be changed or deleted."""

    id: str
    type: PolicyType
    name: str
    description: str
    content: str


POLICY_TYPES: dict[PolicyType, PolicyTypeFacts] = {
    PolicyType.SERVICE_CONTROL_POLICY: PolicyTypeFacts(
        max_size=10_240, min_attached=1, max_policies=10_000, default_policy="p-FullAWSAccess"
    ),
    PolicyType.RESOURCE_CONTROL_POLICY: PolicyTypeFacts(
        max_size=5_120,
        max_attached=5,
        min_attached=1,
        max_policies=2_000,
        default_policy="p-RCPFullAWSAccess",
        default_detachable=False,
    ),
    PolicyType.TAG_POLICY: PolicyTypeFacts(syntax=syntax.TAGS),
    PolicyType.BACKUP_POLICY: PolicyTypeFacts(syntax=syntax.PLANS),
    PolicyType.AISERVICES_OPT_OUT_POLICY: PolicyTypeFacts(syntax=syntax.AI_OPT_OUTS, max_size=2_500, max_attached=5),
    PolicyType.CHATBOT_POLICY: PolicyTypeFacts(syntax=syntax.CHATBOT, max_attached=5),
    PolicyType.DECLARATIVE_POLICY_EC2: PolicyTypeFacts(syntax=syntax.EC2_ATTRIBUTES),
    PolicyType.SECURITYHUB_POLICY: PolicyTypeFacts(syntax=syntax.SECURITY_HUB),
    PolicyType.INSPECTOR_POLICY: PolicyTypeFacts(syntax=syntax.INSPECTOR),
    PolicyType.UPGRADE_ROLLOUT_POLICY: PolicyTypeFacts(syntax=syntax.UPGRADE_ROLLOUT, max_size=5_120),
    PolicyType.BEDROCK_POLICY: PolicyTypeFacts(syntax=syntax.BEDROCK),
    PolicyType.S3_POLICY: PolicyTypeFacts(syntax=syntax.S3_ATTRIBUTES),
    PolicyType.NETWORK_SECURITY_DIRECTOR_POLICY: PolicyTypeFacts(syntax=syntax.NETWORK_SECURITY_DIRECTOR),
    PolicyType.SECURITYHUB_CSPM_POLICY: PolicyTypeFacts(syntax=syntax.SECURITY_HUB_CSPM),
    PolicyType.GUARDDUTY_POLICY: PolicyTypeFacts(syntax=syntax.GUARDDUTY),
}

# Pretty-printed, as DescribePolicy sends it.
FULL_AWS_ACCESS = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"""

# Its white space is not known [inferred].
RCP_FULL_AWS_ACCESS = """{
  "Version": "2012-10-17",
  "Statement": [
    {
      "Effect": "Allow",
      "Principal": "*",
      "Action": "*",
      "Resource": "*"
    }
  ]
}"""

MANAGED_POLICIES: dict[str, ManagedPolicy] = {
    policy.id: policy
    for policy in (
        ManagedPolicy(
            id="p-FullAWSAccess",
            type=PolicyType.SERVICE_CONTROL_POLICY,
            name="FullAWSAccess",
            description="Allows access to every operation",
            content=FULL_AWS_ACCESS,
        ),
        ManagedPolicy(
            id="p-RCPFullAWSAccess",
            type=PolicyType.RESOURCE_CONTROL_POLICY,
            name="RCPFullAWSAccess",
            description="Allows access to every resource",
            content=RCP_FULL_AWS_ACCESS,
        ),
    )
}
