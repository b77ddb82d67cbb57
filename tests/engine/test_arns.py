"""ARNs (docs/aws.md 1.2 and 1.3)."""

import pytest
from support.given import MEMBER

from orgsim.engine import arns
from orgsim.engine.state import OrganizationFacts
from orgsim.engine.words import FeatureSet, Partition


@pytest.mark.parametrize("partition", ["aws", "aws-cn", "aws-us-gov"])
def test_arns_of_an_organization(partition: Partition) -> None:
    """ARNs name partition, management account, organization and thing; a handshake's has its action in lower case."""
    owner = OrganizationFacts("o-1", "r-1", MEMBER, FeatureSet.ALL, 0, partition)
    prefix = f"arn:{partition}:organizations::{MEMBER}:"
    assert arns.organization_arn(owner) == f"{prefix}organization/o-1"
    assert arns.root_arn(owner, "r-1") == f"{prefix}root/o-1/r-1"
    assert arns.account_arn(owner, "1") == f"{prefix}account/o-1/1"
    assert arns.handshake_arn(owner, "ENABLE_ALL_FEATURES", "h-1") == f"{prefix}handshake/o-1/enable_all_features/h-1"
    assert arns.organizational_unit_arn(owner, "ou-1") == f"{prefix}ou/o-1/ou-1"
    assert arns.policy_arn(owner, "TAG_POLICY", "p-1") == f"{prefix}policy/o-1/tag_policy/p-1"
    assert arns.resource_policy_arn(owner, "rp-1") == f"{prefix}resourcepolicy/o-1/rp-1"
    assert arns.transfer_arn(owner, "inbound", "rt-1") == f"{prefix}transfer/o-1/billing/inbound/rt-1"


def test_arns_of_no_organization() -> None:
    """AWS's own policies have ``aws`` for an account; users, sessions and accounts are IAM's and STS's."""
    assert (
        arns.managed_policy_arn("aws-cn", "TAG_POLICY", "p-1") == "arn:aws-cn:organizations::aws:policy/tag_policy/p-1"
    )
    assert arns.root_user_arn("aws-cn", "1") == "arn:aws-cn:iam::1:root"
    assert arns.role_arn("aws-cn", "1", "Role") == "arn:aws-cn:iam::1:role/Role"
    assert arns.user_arn("aws", "1", "me") == "arn:aws:iam::1:user/me"
    assert arns.session_arn("aws-us-gov", "1", "Role", "me") == "arn:aws-us-gov:sts::1:assumed-role/Role/me"
