import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER
from support.projection_world import WatchedWorld

from orgsim.engine.errors import AccessDeniedException, AWSOrganizationsNotInUseException
from orgsim.engine.words import FeatureSet

ALL, BILLING = FeatureSet.ALL, FeatureSet.CONSOLIDATED_BILLING
SERVICE_CONTROL = [{"Type": "SERVICE_CONTROL_POLICY", "Status": "ENABLED"}]


def settled(feature_set: FeatureSet = BILLING) -> WatchedWorld:
    """An organization with a member, another with a member, and a stranger."""
    world = WatchedWorld()
    world.founded(FOUNDER, feature_set)
    world.joined(MEMBER)
    world.founded(RIVAL)
    world.joined(OTHER, RIVAL)
    return world


@pytest.mark.parametrize(("feature_set", "policy_types"), [(ALL, SERVICE_CONTROL), (BILLING, [])])
def test_describe_organization(feature_set: FeatureSet, policy_types: list[dict[str, str]]) -> None:
    """The management account and every member get the same full answer about their own organization."""
    world = settled(feature_set)
    organization = world.organization_of(FOUNDER).id
    wanted = {
        "Organization": {
            "Id": organization,
            "Arn": f"arn:aws:organizations::{FOUNDER}:organization/{organization}",
            "FeatureSet": feature_set,
            "MasterAccountArn": f"arn:aws:organizations::{FOUNDER}:account/{organization}/{FOUNDER}",
            "MasterAccountId": FOUNDER,
            "MasterAccountEmail": f"{FOUNDER}@accounts.example",
            "AvailablePolicyTypes": policy_types,
        }
    }
    assert world.ask("DescribeOrganization", FOUNDER) == wanted
    assert world.ask("DescribeOrganization", MEMBER) == wanted
    rival = world.ask("DescribeOrganization", OTHER)["Organization"]
    assert rival["MasterAccountId"] == RIVAL
    assert rival["Id"] == world.organization_of(RIVAL).id != organization


def test_describe_organization_alone() -> None:
    """A standalone account has no organization to describe."""
    settled().denies("DescribeOrganization", STRANGER, AWSOrganizationsNotInUseException)


def test_stated_address() -> None:
    """The management account's address is the one that was stated last."""
    world = settled()
    world.describe(account_id=FOUNDER, email="first@example.com")
    world.describe(account_id=FOUNDER, email="Second@example.com", name="Head")
    world.describe(account_id=FOUNDER)
    assert world.ask("DescribeOrganization", MEMBER)["Organization"]["MasterAccountEmail"] == "Second@example.com"


def test_migrated() -> None:
    """A finalized migration shows as all features, and service control policies as available."""
    world = settled()
    parent, approvals = world.migrating()
    assert world.ask("DescribeOrganization", FOUNDER)["Organization"]["FeatureSet"] == BILLING
    world.call("AcceptHandshake", MEMBER, HandshakeId=approvals[MEMBER])
    assert world.ask("DescribeOrganization", FOUNDER)["Organization"]["FeatureSet"] == BILLING
    world.call("AcceptHandshake", FOUNDER, HandshakeId=parent)
    organization = world.ask("DescribeOrganization", MEMBER)["Organization"]
    assert (organization["FeatureSet"], organization["AvailablePolicyTypes"]) == (ALL, SERVICE_CONTROL)
    assert world.ask("DescribeOrganization", RIVAL)["Organization"]["FeatureSet"] == BILLING


def test_departed() -> None:
    """Who left, was removed or moved sees the organization where it is now, or none."""
    world = settled()
    world.call("LeaveOrganization", MEMBER)
    world.denies("DescribeOrganization", MEMBER, AWSOrganizationsNotInUseException)
    world.joined(OTHER)
    assert world.ask("DescribeOrganization", OTHER)["Organization"]["MasterAccountId"] == FOUNDER
    world.call("RemoveAccountFromOrganization", FOUNDER, AccountId=OTHER)
    world.denies("DescribeOrganization", OTHER, AWSOrganizationsNotInUseException)


def test_deleted() -> None:
    """After a deletion nobody has that organization; the account may found another, with another id."""
    world = settled()
    first = world.organization_of(FOUNDER).id
    world.call("LeaveOrganization", MEMBER)
    world.call("DeleteOrganization", FOUNDER)
    for operation in ("DescribeOrganization", "ListRoots"):
        world.denies(operation, FOUNDER, AWSOrganizationsNotInUseException)
    second = world.founded(FOUNDER, ALL)
    assert second != first
    assert world.ask("DescribeOrganization", FOUNDER)["Organization"]["Id"] == second


@pytest.mark.parametrize("feature_set", [ALL, BILLING])
def test_list_roots(feature_set: FeatureSet) -> None:
    """There is exactly one root, named Root, and no policy type is enabled on it from the start."""
    world = settled(feature_set)
    organization = world.organization_of(FOUNDER)
    root = {
        "Id": organization.root,
        "Arn": f"arn:aws:organizations::{FOUNDER}:root/{organization.id}/{organization.root}",
        "Name": "Root",
        "PolicyTypes": [],
    }
    assert world.ask("ListRoots", FOUNDER) == {"Roots": [root]}
    assert world.ask("ListRoots", FOUNDER, MaxResults=1) == {"Roots": [root]}


def test_list_roots_after_migration() -> None:
    """A migration enables no policy type by itself."""
    world = settled()
    parent, approvals = world.migrating()
    world.call("AcceptHandshake", MEMBER, HandshakeId=approvals[MEMBER])
    world.call("AcceptHandshake", FOUNDER, HandshakeId=parent)
    assert world.ask("ListRoots", FOUNDER)["Roots"][0]["PolicyTypes"] == []


def test_who_may_list_roots() -> None:
    """A member is denied and a standalone account has no root."""
    world = settled()
    world.denies("ListRoots", MEMBER, AccessDeniedException)
    world.denies("ListRoots", STRANGER, AWSOrganizationsNotInUseException)
