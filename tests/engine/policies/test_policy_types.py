"""The table of policy types and AWS's own policies (docs/aws.md 6.1, 6.3 and 7.1)."""

import json

import pytest

from orgsim.engine.policies.documents import require_valid
from orgsim.engine.policies.types import MANAGED_POLICIES, POLICY_TYPES
from orgsim.engine.words import PolicyType

# Size, attachments per entity at most and at least, policies per organization.
LIMITS = {
    PolicyType.SERVICE_CONTROL_POLICY: (10_240, 10, 1, 10_000),
    PolicyType.RESOURCE_CONTROL_POLICY: (5_120, 5, 1, 2_000),
    PolicyType.AISERVICES_OPT_OUT_POLICY: (2_500, 5, 0, 1_000),
    PolicyType.CHATBOT_POLICY: (10_000, 5, 0, 1_000),
    PolicyType.UPGRADE_ROLLOUT_POLICY: (5_120, 10, 0, 1_000),
}


@pytest.mark.parametrize("policy_type", PolicyType)
def test_limits(policy_type: PolicyType) -> None:
    """Every type has its limits, most of them the usual ones."""
    facts = POLICY_TYPES[policy_type]

    assert (facts.max_size, facts.max_attached, facts.min_attached, facts.max_policies) == LIMITS.get(
        policy_type, (10_000, 10, 0, 1_000)
    )


def test_kinds() -> None:
    """The two IAM kinds have a policy of AWS's on every entity and no effective policy; the others are the opposite."""
    iam = {PolicyType.SERVICE_CONTROL_POLICY, PolicyType.RESOURCE_CONTROL_POLICY}

    assert {kind for kind, facts in POLICY_TYPES.items() if facts.default_policy is not None} == iam
    assert {kind for kind, facts in POLICY_TYPES.items() if not facts.effective} == iam
    assert [kind for kind, facts in POLICY_TYPES.items() if not facts.default_detachable] == [
        PolicyType.RESOURCE_CONTROL_POLICY
    ]


def test_managed_policies() -> None:
    """AWS's own policies are the defaults of their types, and allow everything."""
    assert {policy.type: key for key, policy in MANAGED_POLICIES.items()} == {
        kind: facts.default_policy for kind, facts in POLICY_TYPES.items() if facts.default_policy
    }
    assert [(policy.id, policy.name) for policy in MANAGED_POLICIES.values()] == [
        ("p-FullAWSAccess", "FullAWSAccess"),
        ("p-RCPFullAWSAccess", "RCPFullAWSAccess"),
    ]
    for policy in MANAGED_POLICIES.values():
        document = json.loads(policy.content)
        assert [statement["Effect"] for statement in document["Statement"]] == ["Allow"]
        assert json.dumps(document, indent=2) == policy.content


def test_full_aws_access_is_a_service_control_policy() -> None:
    """FullAWSAccess is a document that a customer could have written too."""
    require_valid(PolicyType.SERVICE_CONTROL_POLICY, MANAGED_POLICIES["p-FullAWSAccess"].content)
