"""Partitions over HTTP: the region of a signature decides (docs/aws.md 1.3)."""

from collections.abc import Callable, Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import Served, serving

from orgsim.api import Settings

REGIONS = {
    "us-east-1": "aws",
    "eu-central-1": "aws",
    "cn-north-1": "aws-cn",
    "cn-northwest-1": "aws-cn",
    "us-gov-west-1": "aws-us-gov",
    "us-gov-east-1": "aws-us-gov",
}


@pytest.fixture
def server() -> Iterator[Served]:
    """A server with a world of its own."""
    with serving() as served:
        yield served


def refusal(call: Callable[..., Any], **members: Any) -> tuple[int, str, str]:
    """Return status, code and message of a call that is refused."""
    with pytest.raises(ClientError) as caught:
        call(**members)
    response: Any = caught.value.response
    return response["ResponseMetadata"]["HTTPStatusCode"], response["Error"]["Code"], response["Error"]["Message"]


def test_every_region(server: Served) -> None:
    """Clients of any region of a partition found and see organizations with ARNs of that partition, in STS as well."""
    for number, (region, partition) in enumerate(REGIONS.items()):
        account = f"10000000000{number}"
        org, sts = server.organizations(account, region), server.boto3("sts", account, region=region)
        founded = org.create_organization()["Organization"]
        prefix = f"arn:{partition}:organizations::{account}:"
        assert founded["Arn"] == f"{prefix}organization/{founded['Id']}"
        assert org.describe_organization()["Organization"] == founded
        (root,) = org.list_roots()["Roots"]
        assert root["Arn"] == f"{prefix}root/{founded['Id']}/{root['Id']}"
        (member,) = org.list_accounts()["Accounts"]
        assert member["Arn"] == f"{prefix}account/{founded['Id']}/{account}"
        org.enable_policy_type(RootId=root["Id"], PolicyType="SERVICE_CONTROL_POLICY")
        (policy,) = org.list_policies(Filter="SERVICE_CONTROL_POLICY")["Policies"]
        assert policy["Arn"] == f"arn:{partition}:organizations::aws:policy/service_control_policy/p-FullAWSAccess"
        unit = org.create_organizational_unit(ParentId=root["Id"], Name="Unit")["OrganizationalUnit"]
        assert unit["Arn"] == f"{prefix}ou/{founded['Id']}/{unit['Id']}"
        assert sts.get_caller_identity()["Arn"] == f"arn:{partition}:iam::{account}:user/orgsim"


def test_invitation_within_a_partition(server: Served) -> None:
    """An account that nobody knew joins where it calls from, with a handshake of that partition."""
    manager, guest = server.organizations("111111111111", "us-gov-west-1"), "222222222222"
    manager.create_organization(FeatureSet="ALL")
    invited = manager.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": guest})["Handshake"]
    assert invited["Arn"].startswith("arn:aws-us-gov:organizations::111111111111:handshake/")
    wrong = server.organizations(guest, "us-east-1")
    status, code, message = refusal(wrong.accept_handshake, HandshakeId=invited["Id"])
    assert (status, code) == (400, "HandshakeConstraintViolationException"), message
    server.organizations(guest, "us-gov-east-1").accept_handshake(HandshakeId=invited["Id"])
    assert [each["Id"] for each in manager.list_accounts()["Accounts"]] == ["111111111111", guest]


def test_keys_of_another_partition(server: Served) -> None:
    """An account that is known in a partition is not known in another, neither to Organizations nor to STS."""
    server.organizations("111111111111", "cn-north-1").create_organization()
    for region in ("us-east-1", "us-gov-west-1"):
        there = server.organizations("111111111111", region)
        assert refusal(there.list_accounts) == (
            400,
            "UnrecognizedClientException",
            "The security token included in the request is invalid.",
        )
        status, code, _ = refusal(server.boto3("sts", "111111111111", region=region).get_caller_identity)
        assert (status, code) == (403, "InvalidClientTokenId")
    assert server.organizations("111111111111", "cn-northwest-1").list_accounts()["Accounts"]


def test_accounts_of_two_partitions(server: Served) -> None:
    """Whom one partition knows, organizations of another cannot invite."""
    here, there = server.organizations("111111111111"), server.organizations("222222222222", "cn-north-1")
    here.create_organization()
    there.create_organization()
    for org, guest in ((here, "222222222222"), (there, "111111111111")):
        status, code, _ = refusal(org.invite_account_to_organization, Target={"Type": "ACCOUNT", "Id": guest})
        assert (status, code) == (400, "HandshakeConstraintViolationException")


def test_govcloud_rules(server: Served) -> None:
    """GovCloud founds no consolidated-billing organization and creates no accounts."""
    org = server.organizations("111111111111", "us-gov-west-1")
    status, code, message = refusal(org.create_organization, FeatureSet="CONSOLIDATED_BILLING")
    assert (status, code) == (400, "ConstraintViolationException"), message
    org.create_organization()
    for create in (org.create_account, org.create_gov_cloud_account):
        status, code, message = refusal(create, Email="new@example.com", AccountName="New")
        assert (code, message) == (
            "UnsupportedAPIEndpointException",
            "This action isn't available in the current AWS Region.",
        )


def test_roles(server: Served) -> None:
    """A role is assumed in the caller's partition, under ARNs of it; one of another partition is no valid ARN."""
    sts = server.boto3("sts", "111111111111", region="us-gov-east-1")
    role = "arn:aws-us-gov:iam::111111111111:role/Admin"
    assumed = sts.assume_role(RoleArn=role, RoleSessionName="me")
    arn = "arn:aws-us-gov:sts::111111111111:assumed-role/Admin/me"
    assert assumed["AssumedRoleUser"]["Arn"] == arn
    session = server.with_credentials("sts", assumed["Credentials"], "us-gov-west-1")
    assert session.get_caller_identity()["Arn"] == arn
    other = role.replace("aws-us-gov", "aws")
    assert refusal(sts.assume_role, RoleArn=other, RoleSessionName="me")[1] == "ValidationError"


def test_no_region() -> None:
    """Under a name that is no region, the setting decides; a region goes before it."""
    with serving(settings=Settings(partition="aws-cn")) as served:
        made = served.organizations("111111111111", "local").create_organization()["Organization"]
        assert made["Arn"].startswith("arn:aws-cn:organizations::")
        made = served.organizations("222222222222", "us-east-1").create_organization()["Organization"]
        assert made["Arn"].startswith("arn:aws:organizations::")
