"""What is particular about each policy type (section 6.1)."""

from msgspec import Struct

from ..words import PolicyType


class PolicyTypeFacts(Struct, frozen=True):
    """One row of section 6.1."""

    default_policy: str | None
    effective: bool


class ManagedPolicy(Struct, frozen=True):
    """A policy of AWS's own."""

    id: str
    type: PolicyType


MANAGED_POLICIES = {
    "p-FullAWSAccess": ManagedPolicy("p-FullAWSAccess", PolicyType.SERVICE_CONTROL_POLICY),
    "p-RCPFullAWSAccess": ManagedPolicy("p-RCPFullAWSAccess", PolicyType.RESOURCE_CONTROL_POLICY),
}
DEFAULTS = {policy.type: policy.id for policy in MANAGED_POLICIES.values()}
POLICY_TYPES = {kind: PolicyTypeFacts(DEFAULTS.get(kind), kind not in DEFAULTS) for kind in PolicyType}
