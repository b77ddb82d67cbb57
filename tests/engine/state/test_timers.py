import subprocess
import sys
from collections import deque
from itertools import permutations
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER, World

from orgsim.engine.events import (
    AccountCreationRequested,
    AccountCreationSucceeded,
    HandshakeExpired,
    HandshakePurged,
    HandshakeRequested,
)
from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    decline_handshake,
    enable_all_features,
    invite_account_to_organization,
)
from orgsim.engine.settings import DAY, SECOND
from orgsim.engine.state import timers as timers_module
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.state.timers import NEVER
from orgsim.engine.words import Action, FeatureSet, PartyType

MANY = 2_000


def invitation(organization: str, number: int, sent: int) -> HandshakeRequested:
    target = f"{number:012}"
    return HandshakeRequested(
        organization,
        f"h-{target}",
        Action.INVITE,
        sent + 15 * DAY,
        target,
        PartyType.ACCOUNT,
        feature_set=FeatureSet.ALL,
    )


def crowded() -> World:
    """Very many invitations with one deadline."""
    world = World()
    organization = world.founded()
    world.evolve(*(invitation(organization, number, world.now) for number in range(MANY)))
    return world


def creation(organization: str, request: str, due: int) -> AccountCreationRequested:
    return AccountCreationRequested(organization, request, f"{request}@example.com", "Made", due)


def test_nothing_is_due() -> None:
    """A new world, and an organization in which nothing is under way, have nothing due."""
    world = World()
    assert world.state.timers.next_due == NEVER
    world.founded()
    assert world.state.timers.next_due == NEVER
    assert world.advance(days=10_000) == []


FIRED: Any = HandshakeExpired | HandshakePurged | AccountCreationSucceeded


def fired_at_once(world: World, due: int) -> list[str]:
    """The timers that fired at a moment, by the names of their handshakes and account creations, in order."""
    return [
        getattr(envelope.event, "handshake", None) or envelope.event.request
        for envelope in world.log
        if envelope.time == due and isinstance(envelope.event, FIRED)
    ]


def set_two(world: World, kind: str) -> list[str]:
    """Two timers of a kind: the names of their handshakes, as they were set."""
    if kind == "migrations":
        return [world.migrating(manager)[0] for manager in (RIVAL, FOUNDER)]
    # Of an organization without a migration, which would end open invitations.
    accounts = (OTHER, MEMBER) if kind == "invitations" else ("666666666666", "555555555555")
    handshakes = [world.invited(account, STRANGER) for account in accounts]
    if kind == "retention":
        for handshake in handshakes:
            world.do(cancel_handshake.Request(handshake), STRANGER)
    return handshakes


def live_with(monkeypatch: pytest.MonkeyPatch, invitations: int, migrations: int, retention: int) -> None:
    """Lifetimes in days, other than AWS's."""
    monkeypatch.setattr(invite_account_to_organization, "INVITATION_LIFETIME", invitations * DAY)
    monkeypatch.setattr(enable_all_features, "MIGRATION_LIFETIME", migrations * DAY)
    monkeypatch.setattr(timers_module, "HANDSHAKE_RETENTION", retention * DAY)


@pytest.mark.parametrize(("invitations", "migrations", "retention"), list(permutations((30, 60, 90))))
def test_set_earlier_fires_earlier(
    invitations: int, migrations: int, retention: int, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whatever the lifetimes, what is due at one moment fires in the order of setting, appointments in their place."""
    live_with(monkeypatch, invitations, migrations, retention)
    kinds = {invitations: "invitations", migrations: "migrations", retention: "retention"}
    world, due = World(), START + 90 * DAY
    organization, *_ = [world.founded(manager) for manager in (STRANGER, FOUNDER, RIVAL)]
    names: list[str] = []
    for lifetime in (90, 60, 30):
        names += set_two(world, kinds[lifetime])
        world.advance(days=15)
        names += [f"car-{lifetime}-b", f"car-{lifetime}-a"]
        world.evolve(*(creation(organization, name, due) for name in names[-2:]))
        world.advance(days=15)
    assert fired_at_once(world, due) == names


@pytest.mark.parametrize("kind", ["invitations", "migrations", "retention"])
def test_set_at_one_moment_for_one_moment(kind: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """Of timers set at the same moment for the same moment, appointments fire last, even if set first."""
    live_with(monkeypatch, 90, 90, 90)
    world, due = World(), START + 90 * DAY
    organization, *_ = [world.founded(manager) for manager in (STRANGER, FOUNDER, RIVAL)]
    world.evolve(creation(organization, "car-1", due))
    names = set_two(world, kind)
    world.advance(days=90)
    assert fired_at_once(world, due) == [*names, "car-1"]


@pytest.mark.parametrize("lifetime", ["settings.HANDSHAKE_RETENTION", "0", "-settings.DAY"])
def test_delays_that_cannot_be_ordered(lifetime: str) -> None:
    """Two kinds with one delay, and a delay that is none, are refused before anything runs."""
    set_lifetime = f"from orgsim.engine import settings; settings.INVITATION_LIFETIME = {lifetime}"
    code = f"{set_lifetime}; import orgsim.engine.state.timers"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "AssertionError: " in done.stderr


def test_equal_moments_of_every_kind() -> None:
    """Timers of one moment fire in the order in which they were set, whatever their kinds."""
    world = World()
    world.founded()
    rival = world.founded(RIVAL)
    parent, _ = world.migrating()
    world.advance(days=60)
    ended = [world.invited(MEMBER, RIVAL), world.invited(OTHER, RIVAL)]
    for handshake in reversed(ended):
        world.do(cancel_handshake.Request(handshake), RIVAL)
    world.advance(days=15)
    sent = [world.invited(MEMBER, RIVAL), world.invited(OTHER, RIVAL)]
    world.advance(days=15, seconds=-10)
    due = START + 90 * DAY
    world.evolve(creation(rival, "car-b", due), creation(rival, "car-a", due), creation(rival, "car-0", due - SECOND))
    before = len(world.log)
    world.advance(seconds=10)
    named = [
        (envelope.time - due, getattr(envelope.event, "handshake", None) or envelope.event.request)
        for envelope in world.log[before:]
        if isinstance(envelope.event, FIRED)
    ]
    assert named[0] == (-SECOND, "car-0")
    assert named[1:] == [(0, name) for name in [parent, *reversed(ended), *sent, "car-b", "car-a"]]


@pytest.mark.parametrize("order", [(0, 1, 2, 3), (3, 1, 0, 2), (2, 3, 1, 0)])
def test_creations_of_different_lengths(order: tuple[int, ...]) -> None:
    """Creations finish by their times, each at its own, in whatever order they were requested."""
    world = World()
    organization = world.founded()
    world.evolve(*(creation(organization, f"car-{number}", world.now + number * SECOND) for number in order))
    fired = world.advance(seconds=3)
    finished = [event.request for event in fired if isinstance(event, AccountCreationSucceeded)]
    assert finished == ["car-0", "car-1", "car-2", "car-3"]
    times = [envelope.time for envelope in world.log if isinstance(envelope.event, AccountCreationSucceeded)]
    assert times == [START + number * SECOND for number in range(4)]


def test_many_handshakes_are_a_queue() -> None:
    """Invitations of one deadline stand in a queue, the very objects of the state, and the heap stays empty."""
    state = crowded().state
    timers = state.timers
    assert isinstance(timers.invitations, deque)
    assert len(timers.invitations) == MANY
    assert all(found is state.handshakes[found.requested.handshake] for found in timers.invitations)
    assert (timers.appointments, len(timers.migrations), len(timers.purges)) == ([], 0, 0)
    assert timers.next_due == START + 15 * DAY


def test_ends_behind_the_head() -> None:
    """A handshake that ends behind the head stays in the queue until the head is gone."""
    world = crowded()
    timers = world.state.timers
    for number in range(MANY - 1, 0, -400):
        world.do(decline_handshake.Request(f"h-{number:012}"), f"{number:012}")
    assert len(timers.invitations) == MANY
    assert timers.next_due == START + 15 * DAY


def test_the_head_is_live() -> None:
    """When the head ends, it goes, and with it those behind it that have ended before."""
    world = crowded()
    timers = world.state.timers
    for number in (1, 2, 4, 0):
        world.do(decline_handshake.Request(f"h-{number:012}"), f"{number:012}")
    assert timers.invitations[0].requested.handshake == f"h-{3:012}"
    assert len(timers.invitations) == MANY - 3


def test_emptied_queue() -> None:
    """When the last invitation ends, the queue is empty and only the purge is due."""
    world = World()
    world.founded()
    world.invitation_in(HandshakeState.DECLINED)
    timers = world.state.timers
    assert (len(timers.invitations), len(timers.purges)) == (0, 1)
    assert timers.next_due == timers.next_purge == world.now + 30 * DAY


def test_next_due_moves_on() -> None:
    """The next moment is always the earliest of what is live: expiries, purges and creations."""
    world = World()
    organization = world.founded()
    timers = world.state.timers
    first = world.invited(MEMBER)
    world.advance(days=1)
    second = world.invited(OTHER)
    world.do(accept_handshake.Request(first), MEMBER)
    assert timers.next_due == START + 16 * DAY
    world.evolve(creation(organization, "car-1", world.now + SECOND))
    assert timers.next_due == world.now + SECOND
    world.advance(seconds=1)
    assert timers.next_due == START + 16 * DAY
    world.do(cancel_handshake.Request(second), FOUNDER)
    assert timers.next_due == timers.next_purge == START + 31 * DAY


def test_only_the_parent_of_a_migration_has_a_timer() -> None:
    """Approvals have no timers of their own; they end with their parent."""
    world = World()
    world.founded()
    for account in (MEMBER, OTHER):
        world.joined(account)
    parent, _ = world.migrating()
    assert [found.requested.handshake for found in world.state.timers.migrations] == [parent]
    assert len(world.state.timers.invitations) == 0


def test_a_world_that_begins_at_the_epoch() -> None:
    """Moment zero is a moment like any other: what ends then has ended, and is purged thirty days later."""
    world = World(start=0)
    world.founded()
    handshake = world.invitation_in(HandshakeState.ACCEPTED)
    assert len(world.state.timers.invitations) == 0
    assert [type(event) for event in world.advance(days=30)] == [HandshakePurged]
    assert handshake not in world.state.handshakes


def test_purges_change_nothing() -> None:
    """The next change is the next timer that is not a purge: an expiry of an invitation or a migration, a creation."""
    world = World()
    organization = world.founded()
    timers = world.state.timers
    assert timers.next_change == NEVER
    world.joined(MEMBER)
    assert (timers.next_due, timers.next_change) == (timers.next_purge, NEVER)
    enabled = world.now
    world.migrating()
    assert timers.next_change == enabled + 90 * DAY
    world.advance(days=20)
    world.evolve(invitation(organization, 1, world.now))
    assert timers.next_change == world.now + 15 * DAY
    assert timers.next_due == timers.next_purge
    world.evolve(creation(organization, "car-1", world.now + SECOND))
    assert timers.next_change == timers.next_due == world.now + SECOND
