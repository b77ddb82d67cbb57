"""Partitions: which regions they have, and what is different in each (docs/aws.md 1.3)."""

import json
from typing import Any

import pytest
from botocore.session import Session
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, World, encoded, invite

from orgsim.engine.errors import (
    ConstraintViolationException,
    HandshakeConstraintViolationException,
    InvalidInputException,
    UnsupportedAPIEndpointException,
)
from orgsim.engine.events import OrganizationCreated, PartitionAssigned
from orgsim.engine.evolve import apply
from orgsim.engine.operations import (
    accept_handshake,
    create_account,
    create_gov_cloud_account,
    create_organization,
    create_policy,
    enable_policy_type,
    put_resource_policy,
)
from orgsim.engine.partitions import PARTITIONS, partition_of_region
from orgsim.engine.state import State
from orgsim.engine.state.image import dump_state, load_state
from orgsim.engine.words import FeatureSet, Partition, PolicyType

ALL = create_organization.Request()
BILLING = create_organization.Request(FeatureSet.CONSOLIDATED_BILLING)
OTHER_PARTITION = "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD"


def test_regions_are_those_of_botocore() -> None:
    """Every region that botocore knows of the three partitions is in its partition."""
    session = Session()
    for partition in PARTITIONS:
        regions = session.get_available_regions("ec2", partition)
        assert regions, partition
        assert {partition_of_region(region) for region in regions} == {partition}
    assert partition_of_region("cn-north-1") == "aws-cn"
    assert partition_of_region("us-gov-east-1") == "aws-us-gov"


@pytest.mark.parametrize("name", ["", "mars", "us-iso-east-1", "cn-north-1-", "xcn-north-1", "US-EAST-1"])
def test_no_region(name: str) -> None:
    """Other names are regions of none of the three."""
    assert partition_of_region(name) is None


@pytest.mark.parametrize("partition", PARTITIONS)
def test_founded_by_default(partition: Partition) -> None:
    """The setting tells in which partition an organization is founded by a caller without a region."""
    world = World(partition=partition)
    organization = world.reply(ALL, FOUNDER)["Organization"]
    prefix = f"arn:{partition}:organizations::{FOUNDER}:"
    assert organization["Arn"] == f"{prefix}organization/{organization['Id']}"
    assert organization["MasterAccountArn"] == f"{prefix}account/{organization['Id']}/{FOUNDER}"
    kinds = {type(envelope.event) for envelope in world.log}
    assert (PartitionAssigned in kinds) == (partition != "aws")
    assert world.state.partition_of(FOUNDER) == partition


def test_region_decides_over_the_setting() -> None:
    """A caller's region tells where an account is that was in no organization; from then on it is there."""
    world = World(partition="aws-cn")
    world.do(ALL, FOUNDER, partition="aws-us-gov")
    assert world.state.partition_of(FOUNDER) == "aws-us-gov"
    assert next(iter(world.state.organizations.values())).partition == "aws-us-gov"


def test_consolidated_billing() -> None:
    """GovCloud founds no organization with consolidated billing only; China does."""
    World(partition="aws-us-gov").refuses(
        BILLING, FOUNDER, ConstraintViolationException, "CREATE_ORGANIZATION_IN_BILLING_MODE_UNSUPPORTED_REGION"
    )
    assert World(partition="aws-cn").do(BILLING, FOUNDER)


@pytest.mark.parametrize(("partition", "shown"), [("aws", 1), ("aws-cn", 0), ("aws-us-gov", 1)])
def test_available_policy_types(partition: Partition, shown: int) -> None:
    """DescribeOrganization names no policy type in China, and service control policies elsewhere."""
    organization = World(partition=partition).reply(ALL, FOUNDER)["Organization"]
    assert len(organization["AvailablePolicyTypes"]) == shown


def test_account_creation() -> None:
    """GovCloud creates no accounts; only the partition aws creates pairs of accounts."""
    create = {"email": "new@example.com", "account_name": "New"}
    for partition in PARTITIONS:
        world = World(partition=partition)
        world.do(ALL, FOUNDER)
        for request in (create_account.Request(**create), create_gov_cloud_account.Request(**create)):
            pair = isinstance(request, create_gov_cloud_account.Request)
            if partition == "aws-us-gov" or (pair and partition == "aws-cn"):
                world.refuses(request, FOUNDER, UnsupportedAPIEndpointException)
            elif partition == "aws-cn" or pair:
                assert world.do(request, FOUNDER)


@pytest.mark.parametrize("policy_type", sorted(PARTITIONS["aws-cn"].unavailable_policy_types))
def test_policy_types_of_china(policy_type: PolicyType) -> None:
    """In China five policy types can be neither enabled nor written."""
    world = World(partition="aws-cn")
    world.do(ALL, FOUNDER)
    root = next(iter(world.state.organizations.values())).root
    world.refuses(enable_policy_type.Request(root, policy_type), FOUNDER, UnsupportedAPIEndpointException)
    write = create_policy.Request("{}", "", "Mine", policy_type)
    world.refuses(write, FOUNDER, UnsupportedAPIEndpointException)
    assert world.do(enable_policy_type.Request(root, PolicyType.TAG_POLICY), FOUNDER)


def two_partitions() -> World:
    """A world with an organization in aws and one in GovCloud, each with one member."""
    world = World()
    world.do(ALL, FOUNDER)
    world.do(ALL, RIVAL, partition="aws-us-gov")
    for founder, member in ((FOUNDER, MEMBER), (RIVAL, OTHER)):
        partition = world.state.partition_of(founder)
        handshake = world.reply(invite(member), founder)["Handshake"]["Id"]
        world.do(accept_handshake.Request(handshake), member, partition=partition)
    return world


def test_account_of_another_partition_is_not_invited() -> None:
    """An account that is known in another partition cannot be invited, by either side."""
    world = two_partitions()
    assert world.state.partition_of(OTHER) == "aws-us-gov"
    world.refuses(invite(OTHER), FOUNDER, HandshakeConstraintViolationException, OTHER_PARTITION)
    world.refuses(invite(MEMBER), RIVAL, HandshakeConstraintViolationException, OTHER_PARTITION)


def test_invitation_is_not_accepted_from_another_partition() -> None:
    """An invitation by address, whose owner is not revealed, cannot be accepted in another partition."""
    world = two_partitions()
    handshake = world.reply(invite(f"{OTHER}@accounts.example"), FOUNDER)["Handshake"]["Id"]
    accept = accept_handshake.Request(handshake)
    world.refuses(accept, OTHER, HandshakeConstraintViolationException, OTHER_PARTITION)


def test_govcloud_account() -> None:
    """The GovCloud account of a pair founds organizations in GovCloud, and is invited only there."""
    world = World()
    world.do(ALL, FOUNDER)
    world.do(create_gov_cloud_account.Request("new@example.com", "New"), FOUNDER)
    world.advance(days=1)
    (account,) = world.state.partitions
    world.refuses(invite(account), FOUNDER, HandshakeConstraintViolationException, OTHER_PARTITION)
    founded = world.reply(ALL, account)["Organization"]
    assert founded["Arn"].startswith(f"arn:aws-us-gov:organizations::{account}:")


def test_resource_policy() -> None:
    """A resource policy names accounts by ARNs of its organization's partition, and of no other."""
    world = two_partitions()
    for partition in PARTITIONS:
        request = put_resource_policy.Request(_policy(f"arn:{partition}:iam::{OTHER}:root"))
        if partition == "aws-us-gov":
            world.do(request, RIVAL)
        else:
            world.refuses(request, RIVAL, InvalidInputException, "INVALID_RESOURCE_POLICY_JSON")
    stored = world.reply(put_resource_policy.Request(_policy(OTHER)), RIVAL)["ResourcePolicy"]
    assert stored["ResourcePolicySummary"]["Arn"].startswith("arn:aws-us-gov:")
    principal = json.loads(stored["Content"])["Statement"]["Principal"]
    assert principal == {"AWS": f"arn:aws-us-gov:iam::{OTHER}:root"}


def _policy(account: str) -> str:
    statement: dict[str, Any] = {"Effect": "Allow", "Principal": {"AWS": account}, "Resource": "*"}
    return json.dumps({"Version": "2012-10-17", "Statement": statement | {"Action": "organizations:ListRoots"}})


def test_replay_and_snapshot() -> None:
    """The state with its partitions is the same when it is replayed, and when it is loaded from a snapshot."""
    world = two_partitions()
    replayed = State()
    for envelope in world.log:
        apply(replayed, envelope)
    assert encoded(replayed) == encoded(load_state(dump_state(world.state))) == world.encoded()


def test_organization_of_an_old_log() -> None:
    """An organization without a word of its partition, as in logs from before there were others, is in aws."""
    world = World(partition="aws-cn")
    world.evolve(OrganizationCreated("o-exampleorgid", "r-0123", FOUNDER, FeatureSet.ALL))
    assert world.state.organizations["o-exampleorgid"].partition == "aws"
