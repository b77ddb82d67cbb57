import pytest
from support.given import FOUNDER, MEMBER, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ResourcePolicyNotFoundException,
)
from orgsim.engine.events import ResourcePolicyDeleted, Tag
from orgsim.engine.operations import put_resource_policy
from orgsim.engine.operations.delete_resource_policy import Request
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.words import FeatureSet

POLICY = (
    '{"Statement": {"Effect": "Allow", "Principal": "*", "Action": "organizations:DescribeAccount", "Resource": "*"}}'
)


def organization() -> World:
    """An organization with a member and a tagged resource policy."""
    world = World()
    world.founded(feature_set=FeatureSet.ALL)
    world.joined(MEMBER)
    world.do(put_resource_policy.Request(POLICY, (TagMember("a", ""),)), FOUNDER)
    return world


def test_caller() -> None:
    """Only a management account may delete the policy."""
    world = organization()
    world.refuses(Request(), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(), MEMBER, AccessDeniedException)


@pytest.mark.parametrize("feature_set", FeatureSet)
def test_none(feature_set: FeatureSet) -> None:
    """There is nothing to delete where nothing was put, or after it has been deleted; members are denied still."""
    world = World()
    world.founded(feature_set=feature_set)
    world.joined(MEMBER)
    world.refuses(Request(), FOUNDER, ResourcePolicyNotFoundException)
    world.refuses(Request(), MEMBER, AccessDeniedException)
    world = organization()
    world.do(Request(), FOUNDER)
    world.refuses(Request(), FOUNDER, ResourcePolicyNotFoundException)


def test_deleted() -> None:
    """Policy and tags are gone."""
    world = organization()
    found = world.organization_of(FOUNDER)
    former = found.access.resource_policy.id
    assert found.tags == {former: (Tag("a", ""),)}
    assert world.do(Request(), FOUNDER) == [ResourcePolicyDeleted(found.id, former)]
    assert (found.access.resource_policy, found.tags) == (None, {})


def test_reply() -> None:
    """The answer is empty."""
    assert organization().reply(Request(), FOUNDER) == {}
