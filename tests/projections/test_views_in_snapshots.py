from random import Random

import msgspec
import pytest
from msgspec.structs import replace
from support.campaign import examples
from support.compare_state import whole
from support.given import FOUNDER, MEMBER, RIVAL, encoded
from support.projection_world import WatchedWorld, answers
from support.random_commands import ACCOUNTS, kinds_of_events, play
from test_rebuild import told_story

from orgsim.engine.evolve import EVOLVE, apply
from orgsim.engine.log.snapshots import fingerprint
from orgsim.engine.state import State
from orgsim.engine.state.image import dump_state, load_state
from orgsim.engine.words import FeatureSet
from orgsim.projections.handshakes import HandshakesView
from orgsim.projections.views import Views

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

LENGTH = 80
"""Commands of a script."""


def reloaded(state: State, views: Views) -> tuple[State, Views]:
    """Dump a state and its views, and load both."""
    again, seen = load_state(dump_state(state)), Views()
    seen.load(views.dump(), again)
    return again, seen


def agree(state: State, views: Views, again: State, seen: Views) -> None:
    """Nothing tells the ones from the others: not what is in them, nor its order, nor what is one object."""
    assert encoded(again) == encoded(state)
    assert whole(again, seen) == whole(state, views)
    assert dump_state(again) == dump_state(state)
    assert seen.dump() == views.dump()


def happened(seed: int, script: list[int]) -> set[type]:
    """Play a script, load a snapshot from the midst of it, compare both at the end; return the types of events."""
    draw = Random(seed)
    world = WatchedWorld(latency=draw.choice(["instant", "realistic"]))
    world.founded(FOUNDER, draw.choice(list(FeatureSet)))
    world.founded(RIVAL)
    point = min(draw.randrange(LENGTH), len(script) - 1)
    again, seen = State(), Views()
    for number, _ in enumerate(play(script, world)):
        if number == point:
            again, seen = reloaded(world.state, world.views)
            agree(world.state, world.views, again, seen)
            assert answers(seen, ACCOUNTS) == answers(world.views, ACCOUNTS)
    later = world.log[again.position :]
    for envelope in later:
        apply(again, envelope)
    seen.feed(later)
    agree(world.state, world.views, again, seen)
    assert answers(seen, ACCOUNTS) == answers(world.views, ACCOUNTS)
    return {type(envelope.event) for envelope in world.log}


def test_random_worlds_come_back() -> None:
    """Whatever happened before a snapshot and happens after it, state and views are as without it."""
    assert kinds_of_events(happened, worlds=examples(70), length=LENGTH) == set(EVOLVE), (
        "the commands reach every kind of event"
    )


def test_every_moment_of_a_story_comes_back() -> None:
    """After each event of a story in which everything happens, a snapshot gives back the state and the views."""
    state, views = State(), Views()
    for envelope in told_story().log:
        apply(state, envelope)
        views.feed([envelope])
        agree(state, views, *reloaded(state, views))


class MoreViews(Views):
    """The views of a version that has one more."""

    def __init__(self) -> None:
        super().__init__()
        self.more = self.add(HandshakesView())


def test_snapshots_of_other_views_are_told_apart() -> None:
    """A version with one more view does not use the snapshots of this one, and could not take them for its own."""
    world = told_story()
    assert fingerprint(MoreViews()) != fingerprint(Views())
    with pytest.raises(msgspec.ValidationError, match="length"):
        msgspec.msgpack.decode(world.views.dump(), type=MoreViews().shape)


def test_copies_would_be_noticed() -> None:
    """A handshake in a queue, or a member in the list of the root, that is a copy of itself tells two worlds apart."""
    world = WatchedWorld()
    world.founded()
    world.invited(MEMBER)
    state, _ = reloaded(world.state, world.views)
    state.timers.invitations[0] = replace(state.timers.invitations[0])
    assert encoded(state) == encoded(world.state)
    assert whole(state) != whole(world.state)
    _, views = reloaded(world.state, world.views)
    assert whole(views.all) == whole(world.views.all)
    members = views.accounts.members
    members[FOUNDER] = replace(members[FOUNDER])
    assert whole(views.all) != whole(world.views.all)


def test_views_that_cannot_be_loaded_stay_as_they_were() -> None:
    """Views that fail to load in the middle have not changed."""
    world = told_story()
    views = Views()
    before = whole(views)
    state = load_state(dump_state(world.state))
    state.transfers.by_id.clear()
    with pytest.raises(ValueError, match="zip"):
        views.load(world.views.dump(), state)
    assert whole(views) == before
