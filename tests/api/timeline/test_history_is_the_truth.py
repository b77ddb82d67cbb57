"""The history of random worlds says at every position what the state of the engine says there."""

from random import Random
from typing import get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.campaign import examples
from support.given import FOUNDER, RIVAL
from support.history_truth import everything, facts_at, fed, truth_of
from support.projection_world import WatchedWorld
from support.random_commands import play, random_script

from orgsim.engine.events import AnyEvent
from orgsim.engine.evolve import apply
from orgsim.engine.state import State
from orgsim.engine.words import FeatureSet
from orgsim.projections.history.folding import HANDLERS, NOT_FOLDED

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

SEEDS = st.integers(0, 2**32 - 1)


def random_world(seed: int, length: int) -> WatchedWorld:
    """A world of two organizations in which random commands were done."""
    draw = Random(seed)
    world = WatchedWorld(latency=draw.choice(["instant", "realistic"]))
    world.founded(FOUNDER, draw.choice(list(FeatureSet)))
    world.founded(RIVAL)
    for _ in play(random_script(seed, length), world):
        pass
    return world


def test_every_type_of_event_is_folded_or_has_its_reason() -> None:
    """Every type of event changes facts, or stands with its reason in the list of those that do not."""
    assert {*HANDLERS} | {*NOT_FOLDED} == {*get_args(AnyEvent)}
    assert not {*HANDLERS} & {*NOT_FOLDED}
    assert all(NOT_FOLDED.values())


def test_facts_are_the_state_at_every_position() -> None:
    """After every event of random worlds, the facts that hold are those that the engine's state has."""
    kinds: set[type] = set()
    for seed in range(examples(6)):
        world = random_world(seed, 250)
        history = fed(world, [])
        state = State()
        for envelope in world.log:
            apply(state, envelope)
            kinds.add(type(envelope.event))
            assert facts_at(history, envelope.position) == truth_of(state), (seed, envelope)
        history.close()
    assert kinds >= {*HANDLERS}


@given(SEEDS, st.lists(st.integers(1, 90), max_size=6))
def test_pieces_make_the_same_rows(seed: int, sizes: list[int]) -> None:
    """However the events are cut into pieces, the rows of the history are the same."""
    world = random_world(seed, 60)
    whole, pieces = fed(world, []), fed(world, sizes)
    assert everything(whole) == everything(pieces)
    whole.close()
    pieces.close()
