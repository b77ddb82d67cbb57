import re

import pytest

from orgsim.engine.authorization.services import REQUIRED_BY, SERVICES
from orgsim.engine.words import PolicyType


def test_principals_look_like_principals() -> None:
    """Every service is named by its full principal."""
    assert [name for name in SERVICES if not re.fullmatch(r"[a-z0-9-]+(\.[a-z0-9-]+)*\.amazonaws\.com", name)] == []


@pytest.mark.parametrize(
    ("service", "delegable"),
    [
        ("securityhub.amazonaws.com", True),
        ("member.org.stacksets.cloudformation.amazonaws.com", True),
        ("controltower.amazonaws.com", False),
        ("ram.amazonaws.com", False),
        ("reachabilityanalyzer.networkinsights.amazonaws.com", True),
        ("opsdatasync.ssm.amazonaws.com", False),
        ("agentless.inspector2.amazonaws.com", True),
        ("thirdparty.inspector2.amazonaws.com", True),
        ("ssm-quicksetup.amazonaws.com", True),
    ],
)
def test_some_services_have_delegated_administrators(service: str, delegable: bool) -> None:
    """The table tells services with a delegated administrator from those without."""
    assert SERVICES[service] is delegable


def test_stack_sets_have_another_principal() -> None:
    """The name without ``member.org`` is not recognized (pepperize/cdk-organizations#1718)."""
    assert "stacksets.cloudformation.amazonaws.com" not in SERVICES


def test_services_without_trusted_access_are_unknown() -> None:
    """EventBridge works with organizations, but needs no trusted access, and so cannot be given any."""
    assert "events.amazonaws.com" not in SERVICES


def test_policy_types_depend_on_known_services() -> None:
    """Policies about security services need them, and what a policy type needs can be given access.

    The acceptance test of hashicorp/terraform-provider-aws#45274 gives the first two their service before they are
    enabled; the types below it are enabled there without any.
    """
    assert REQUIRED_BY[PolicyType.SECURITYHUB_POLICY] == "securityhub.amazonaws.com"
    assert REQUIRED_BY[PolicyType.INSPECTOR_POLICY] == "inspector2.amazonaws.com"
    without = (PolicyType.UPGRADE_ROLLOUT_POLICY, PolicyType.S3_POLICY, PolicyType.BEDROCK_POLICY)
    assert not {*without, PolicyType.DECLARATIVE_POLICY_EC2, PolicyType.TAG_POLICY} & REQUIRED_BY.keys()
    assert set(REQUIRED_BY.values()) <= set(SERVICES)
