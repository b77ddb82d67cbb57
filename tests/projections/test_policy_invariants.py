"""Whatever is asked about policies, in whatever order, some things stay true; and the lists show what is true."""

from collections.abc import Callable
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.given import FOUNDER, MEMBER, OTHER, World
from support.policy_commands import (
    FULL_ACCESS,
    RCP,
    RCP_FULL_ACCESS,
    SCP,
    TAG,
    UNKNOWN_UNIT,
    document,
    governed,
    made,
    made_unit,
)
from support.projection_world import WatchedWorld

from orgsim.engine.errors import Refused
from orgsim.engine.operations import (
    attach_policy,
    create_organizational_unit,
    create_policy,
    delete_organizational_unit,
    delete_policy,
    detach_policy,
    disable_policy_type,
    enable_policy_type,
    move_account,
    remove_account_from_organization,
    update_policy,
)
from orgsim.engine.policies.types import POLICY_TYPES
from orgsim.engine.rules.policies import attached, is_attached
from orgsim.engine.state import Organization

pytestmark = pytest.mark.slow

TYPES = (SCP, RCP, TAG)
ACCOUNTS = (FOUNDER, MEMBER, OTHER)
NAMES = st.sampled_from(["Rules", "More", "Less"])


def a_type(world: World) -> st.SearchStrategy[Any]:
    return st.sampled_from(TYPES)


def a_policy(world: World) -> st.SearchStrategy[str]:
    policies = world.organization_of(FOUNDER).policies.by_id
    return st.sampled_from([FULL_ACCESS, RCP_FULL_ACCESS, *policies])


def a_unit(world: World) -> st.SearchStrategy[str]:
    return st.sampled_from([*world.organization_of(FOUNDER).units.by_id])


def a_target(world: World) -> st.SearchStrategy[str]:
    # Few targets, so that some fill up.
    return st.one_of(st.just(FOUNDER), a_unit(world), st.sampled_from(ACCOUNTS))


def attaching(world: World, draw: Callable[..., Any]) -> Any:
    return attach_policy.Request(draw(a_policy(world)), draw(a_target(world)))


def detaching(world: World, draw: Callable[..., Any]) -> Any:
    return detach_policy.Request(draw(a_policy(world)), draw(a_target(world)))


def creating(world: World, draw: Callable[..., Any]) -> Any:
    policy_type = draw(a_type(world))
    return create_policy.Request(document(policy_type), "", draw(NAMES), policy_type)


def updating(world: World, draw: Callable[..., Any]) -> Any:
    return update_policy.Request(draw(a_policy(world)), draw(st.none() | NAMES))


def deleting(world: World, draw: Callable[..., Any]) -> Any:
    return delete_policy.Request(draw(a_policy(world)))


def enabling(world: World, draw: Callable[..., Any]) -> Any:
    return enable_policy_type.Request(world.organization_of(FOUNDER).root, draw(a_type(world)))


def disabling(world: World, draw: Callable[..., Any]) -> Any:
    return disable_policy_type.Request(world.organization_of(FOUNDER).root, draw(a_type(world)))


def making_a_unit(world: World, draw: Callable[..., Any]) -> Any:
    return create_organizational_unit.Request(draw(a_unit(world)), draw(NAMES))


def deleting_a_unit(world: World, draw: Callable[..., Any]) -> Any:
    organization = world.organization_of(FOUNDER)
    units = organization.units.by_id.keys() - {organization.root}
    return delete_organizational_unit.Request(draw(st.sampled_from([UNKNOWN_UNIT, *sorted(units)])))


def moving(world: World, draw: Callable[..., Any]) -> Any:
    return move_account.Request(draw(st.sampled_from(ACCOUNTS)), draw(a_unit(world)), draw(a_unit(world)))


def removing(world: World, draw: Callable[..., Any]) -> Any:
    return remove_account_from_organization.Request(draw(st.sampled_from(ACCOUNTS)))


COMMANDS = [
    *[attaching] * 6,
    *[detaching] * 3,
    creating,
    updating,
    deleting,
    enabling,
    enabling,
    disabling,
    making_a_unit,
    deleting_a_unit,
    moving,
    removing,
]


@settings(deadline=None)
@given(st.data())
def test_policies(data: st.DataObject) -> None:
    """Attachments are known from both ends and keep to their limits; names are unique; the lists tell just that."""
    world = WatchedWorld()
    organization = governed(world)
    for account in (MEMBER, OTHER):
        world.joined(account)
    made_unit(world)
    for number in range(11):
        made(world, SCP, f"Rules {number}")
    for _ in range(data.draw(st.integers(5, 40), "commands")):
        command = data.draw(st.sampled_from(COMMANDS), "command")
        try:
            world.do(command(world, data.draw), FOUNDER)
        except Refused:
            continue
        _check_facts(organization)
    _check_lists(world, organization)


def _entities(organization: Organization) -> list[str]:
    return [*organization.units.by_id, *organization.members]


def _check_facts(organization: Organization) -> None:
    policies, entities = organization.policies, _entities(organization)
    from_policies = {(policy.id, target) for policy in policies.by_id.values() for target in policy.targets}
    from_targets = {(policy, target) for target, there in policies.attached.items() for policy in there}
    assert from_policies == from_targets
    assert {target for _, target in from_targets} <= set(entities)
    assert all(policies.attached.values())
    for policy_type in TYPES:
        facts = POLICY_TYPES[policy_type]
        counts = {len(attached(target, policy_type, organization)) for target in entities}
        if policy_type in policies.enabled:
            assert facts.min_attached <= min(counts)
            assert max(counts) <= facts.max_attached
        else:
            assert counts == {0}
    assert policies.names == {f"{policy.type} {policy.name}": policy.id for policy in policies.by_id.values()}


def _check_lists(world: WatchedWorld, organization: Organization) -> None:
    entities = _entities(organization)
    listed: list[str] = []
    for policy_type in TYPES:
        pages = world.pages("ListPolicies", FOUNDER, "Policies", Filter=policy_type, MaxResults=3)
        listed += [policy["Id"] for page in pages for policy in page]
        for target in entities:
            pages = world.pages(
                "ListPoliciesForTarget", FOUNDER, "Policies", TargetId=target, Filter=policy_type, MaxResults=3
            )
            shown = [policy["Id"] for page in pages for policy in page]
            assert shown == attached(target, policy_type, organization)
    assert sorted(listed) == sorted([FULL_ACCESS, RCP_FULL_ACCESS, *organization.policies.by_id])
    for policy in listed:
        pages = world.pages("ListTargetsForPolicy", FOUNDER, "Targets", PolicyId=policy, MaxResults=3)
        shown = [target["TargetId"] for page in pages for target in page]
        assert sorted(shown) == sorted(target for target in entities if is_attached(policy, target, organization))
