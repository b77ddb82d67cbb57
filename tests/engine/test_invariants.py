"""Random commands in several organizations; the invariants of the state are checked after every command and timer."""

from collections.abc import Sequence
from random import Random
from typing import Any

import pytest
from support.campaign import examples
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, World, encoded
from support.policy_commands import TAG, enable, governed
from support.random_commands import COMMANDS, kinds_of_events, play
from support.soundness import check_state

from orgsim.engine.events import HandshakeAccepted, HandshakeRequested
from orgsim.engine.evolve import EVOLVE, apply
from orgsim.engine.operations import OPERATIONS, delete_organization
from orgsim.engine.rules import quotas
from orgsim.engine.settings import DAY, Quotas
from orgsim.engine.state import Organization, State
from orgsim.engine.words import Action, FeatureSet

pytestmark = [pytest.mark.slow, pytest.mark.campaign]


class CheckedWorld(World):
    """A world that checks the invariants after every command, internal ones included."""

    def _record(self, events: Sequence[Any], operation: str, caller: str | None, now: int) -> None:
        before = self.state.now
        super()._record(events, operation, caller, now)
        assert before <= self.state.now <= self.now
        check_state(self.state)
        for organization in self.state.organizations.values():
            self.check_daily_quota(organization)

    def check_daily_quota(self, organization: Organization) -> None:
        """The invitations that count are those of the last day that were not accepted, as the log tells."""
        accepted = {envelope.event.handshake for envelope in self.log if isinstance(envelope.event, HandshakeAccepted)}
        counted = [
            envelope
            for envelope in self.log
            if isinstance(envelope.event, HandshakeRequested)
            and (envelope.event.organization, envelope.event.action) == (organization.id, Action.INVITE)
            and envelope.time > self.state.now - DAY
            and envelope.event.handshake not in accepted
        ]
        expected = 0 if organization.deleted else len(counted)
        assert quotas.invitations_counted(organization, self.state.now) == expected


SMALL = Quotas(
    accounts=4,
    invitations_per_day=3,
    organizational_units=3,
    organizational_unit_depth=2,
    account_closures_per_30_days=1,
    concurrent_account_closures=1,
    inbound_transfers=1,
)


def random_world(draw: Random) -> CheckedWorld:
    """Two organizations, two members, and other rules each time."""
    world = CheckedWorld(
        quotas=draw.choice([Quotas(), SMALL]),
        latency=draw.choice(["instant", "realistic"]),
        invitations_during_migration=draw.choice([True, True, False]),
        membership_change_interval_seconds=draw.choice([0, 3600]),
    )
    world.founded(FOUNDER, draw.choice([*FeatureSet, FeatureSet.ALL]))
    world.founded(RIVAL, draw.choice(list(FeatureSet)))
    for account in (MEMBER, OTHER):
        world.joined(account)
    return world


def happened(seed: int, script: list[int]) -> set[type]:
    """The types of events that a script causes; a replay of the log must give the same state."""
    world = random_world(Random(seed))
    for _ in play(script, world):
        pass
    rebuilt = State()
    for envelope in world.log:
        apply(rebuilt, envelope)
    assert encoded(rebuilt) == world.encoded()
    return {type(envelope.event) for envelope in world.log}


def test_invariants() -> None:
    """The invariants hold after any commands in any order, and every type of event is reached."""
    assert kinds_of_events(happened, worlds=examples(120), length=60) == set(EVOLVE), (
        "the commands reach every kind of event"
    )


def test_every_operation_is_drawn() -> None:
    """The random commands ask for every writing operation."""
    world = random_world(Random(0))
    draws = [Random(seed) for seed in range(3_000)]
    asked = {type(draw.choice(COMMANDS)(draw, world)[0]) for draw in draws}

    assert {name for name, module in OPERATIONS.items() if module.Request not in asked} == set()


def test_deleted_organization_leaves_nothing_to_come() -> None:
    """A pending publication is gone when its organization is deleted, which random commands rarely do."""
    world = CheckedWorld(latency="realistic")
    organization = governed(world)
    enable(world, TAG)
    assert organization.publication_at is not None
    world.do(delete_organization.Request(), FOUNDER)
    assert world.state.timers.appointments == []
