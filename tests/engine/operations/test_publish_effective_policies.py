from itertools import pairwise

import pytest
from support.given import FOUNDER, RIVAL, World

from orgsim.engine.events import AnyEvent, EffectivePoliciesOutdated, EffectivePoliciesPublished, PolicyTypeEnabled
from orgsim.engine.operations import (
    attach_policy,
    create_policy,
    delete_organization,
    disable_policy_type,
    enable_policy_type,
)
from orgsim.engine.rules.latency import MEASURED
from orgsim.engine.settings import SECOND
from orgsim.engine.state.timers import NEVER
from orgsim.engine.words import FeatureSet, PolicyType

TAG, AI, SCP = PolicyType.TAG_POLICY, PolicyType.AISERVICES_OPT_OUT_POLICY, PolicyType.SERVICE_CONTROL_POLICY

SHORTEST, LONGEST = MEASURED["policies"]


def realistic(seed: int = 7) -> World:
    """An organization with all features, in which publications take their time."""
    world = World(seed, latency="realistic")
    world.founded(FOUNDER, FeatureSet.ALL)
    return world


def enable(world: World, policy_type: PolicyType, account: str = FOUNDER) -> list[AnyEvent]:
    root = world.organization_of(account).root
    return [*world.do(enable_policy_type.Request(root, policy_type), account)]


def attach(world: World, policy_type: PolicyType, content: str, name: str = "one") -> list[AnyEvent]:
    """Have a new policy attached to the root."""
    created = world.do(create_policy.Request(content, "", name, policy_type), FOUNDER)[0]
    root = world.organization_of(FOUNDER).root
    return [*world.do(attach_policy.Request(created.policy, root), FOUNDER)]


def due(events: list[AnyEvent]) -> int:
    """The moment for which a change sets the publication."""
    (outdated,) = [event for event in events if isinstance(event, EffectivePoliciesOutdated)]
    return outdated.published_at


def published(world: World) -> list[tuple[int, PolicyType]]:
    """All publications so far: when, and of what."""
    return [
        (envelope.time, envelope.event.policy_type)
        for envelope in world.log
        if isinstance(envelope.event, EffectivePoliciesPublished)
    ]


def test_at_once() -> None:
    """With instant latency the command of the change publishes, and no timer is set."""
    world = World()
    organization = world.founded(FOUNDER, FeatureSet.ALL)
    assert enable(world, TAG) == [
        PolicyTypeEnabled(organization, TAG),
        EffectivePoliciesPublished(organization, TAG),
    ]
    assert world.state.timers.appointments == []


def test_realistic_lag() -> None:
    """With realistic latency a timer publishes, 1.8 to 8 seconds after the change, in nobody's name, and only once."""
    lags = []
    for seed in range(30):
        world = realistic(seed)
        organization = world.organization_of(FOUNDER).id
        changed = world.now
        when = due(enable(world, TAG))
        assert world.advance(microseconds=when - changed - 1) == []
        assert world.advance(microseconds=1) == [EffectivePoliciesPublished(organization, TAG)]
        envelope = next(found for found in world.log if isinstance(found.event, EffectivePoliciesPublished))
        assert (envelope.time, envelope.operation, envelope.account) == (when, "PublishEffectivePolicies", None)
        assert world.advance(days=1) == []
        lags.append(when - changed)
    assert SHORTEST <= min(lags) < 3 * SECOND < 6 * SECOND < max(lags) <= LONGEST


def test_policies_without_effective_view() -> None:
    """Service control policies are never published."""
    world = realistic()
    assert [type(event).__name__ for event in enable(world, SCP)] == ["PolicyTypeEnabled"]


@pytest.mark.parametrize("seed", range(8))
def test_changes_coalesce(seed: int) -> None:
    """Changes before the publication put it off, never bring it forward, and all are published together."""
    world = realistic(seed)
    dues = [due(enable(world, TAG))]
    for number in range(4):
        world.advance(seconds=1)
        if published(world):
            break
        dues.append(due(attach(world, TAG, '{"tags":{}}', name=f"policy {number}")))
    world.advance(seconds=60)
    assert all(earlier <= later for earlier, later in pairwise(dues))
    assert published(world) == [(dues[-1], TAG)]


def test_types_are_published_one_by_one() -> None:
    """Each type has its own moment; a change of one does not put off the other."""
    world = realistic()
    tag = due(enable(world, TAG))
    world.advance(seconds=1)
    services = due(enable(world, AI))
    assert tag != services
    world.advance(seconds=60)
    assert published(world) == sorted([(tag, TAG), (services, AI)])


def test_types_that_are_due_together() -> None:
    """Types that are due at one moment are published by one firing."""
    world = realistic()
    organization = world.organization_of(FOUNDER).id
    when = world.now + 2 * SECOND
    enable(world, TAG)
    enable(world, AI)
    world.evolve(
        EffectivePoliciesOutdated(organization, TAG, when),
        EffectivePoliciesOutdated(organization, AI, when),
    )
    assert world.advance(seconds=2) == [
        EffectivePoliciesPublished(organization, TAG),
        EffectivePoliciesPublished(organization, AI),
    ]
    assert world.state.timers.next_due == NEVER


def test_disabled_meanwhile() -> None:
    """A type that is disabled is not published; another that waits still is."""
    world = realistic()
    enable(world, TAG)
    services = due(enable(world, AI))
    world.do(disable_policy_type.Request(world.organization_of(FOUNDER).root, TAG), FOUNDER)
    world.advance(seconds=60)
    assert published(world) == [(services, AI)]


def test_organization_deleted_meanwhile() -> None:
    """No publication is due in a deleted organization."""
    world = realistic()
    enable(world, TAG)
    world.do(delete_organization.Request(), FOUNDER)
    assert world.state.timers.appointments == []
    assert world.advance(days=1) == []


def test_organizations_apart() -> None:
    """Each organization has its own publications."""
    world = realistic()
    world.founded(RIVAL, FeatureSet.ALL)
    first = due(enable(world, TAG))
    second = due(enable(world, TAG, RIVAL))
    fired = world.advance(seconds=10)
    wanted = sorted([(first, world.organization_of(FOUNDER).id), (second, world.organization_of(RIVAL).id)])
    assert [event.organization for event in fired] == [organization for _, organization in wanted]
    assert published(world) == [(when, TAG) for when, _ in wanted]
