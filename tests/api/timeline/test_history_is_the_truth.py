"""The history of random worlds says at every position what the state of the engine says there."""

import re
from collections import Counter
from random import Random
from typing import Any, get_args

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.campaign import examples
from support.given import FOUNDER, RIVAL
from support.history_truth import everything, facts_at, fed, truth_of
from support.projection_world import WatchedWorld
from support.random_commands import play, random_script
from support.repository import ROOT

from orgsim.api.timeline.difference import between_moments, pairs_of_moments
from orgsim.api.timeline.entries import changes_between
from orgsim.api.timeline.groups import Groups
from orgsim.api.timeline.history import History
from orgsim.engine.events import AnyEvent
from orgsim.engine.evolve import apply
from orgsim.engine.state import State
from orgsim.engine.words import FeatureSet
from orgsim.projections.history.changes import Kind
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


VIEWS_THEN = "WHERE since_position <= :position AND (until_position > :position OR until_position IS NULL)"


def rows_then(history: History, columns: str, view: str, position: int) -> list[tuple[Any, ...]]:
    """The rows of a view that hold right after the event at a position."""
    return history.rows(f"SELECT {columns} FROM {view} {VIEWS_THEN} ORDER BY 1, 2", {"position": position})


def views_agree(history: History, state: State) -> None:
    """The SQL views have the members, OUs, policies, attachments, handshakes and organizations of the state."""
    position = state.position
    there = [organization for organization in state.organizations.values() if not organization.deleted]
    facts = "id, organization, parent, email, name, conditions"
    assert rows_then(history, facts, "accounts", position) == sorted(
        (
            account.id,
            organization.id,
            organization.units.parent_of(account.id),
            account.email,
            account.name,
            ", ".join(account.conditions) or None,
        )
        for organization in there
        for account in organization.members.values()
    )
    assert rows_then(history, "id, organization, parent, name", "organizational_units", position) == sorted(
        (unit.id, organization.id, unit.parent, unit.name)
        for organization in there
        for unit in organization.units.by_id.values()
        if unit.parent
    )
    assert rows_then(history, "id, organization, type, name, content", "policies", position) == sorted(
        (policy.id, organization.id, policy.type, policy.name, policy.content)
        for organization in there
        for policy in organization.policies.by_id.values()
    )
    assert rows_then(history, "policy, target, type", "attachments", position) == sorted(
        (policy.id, target, policy.type)
        for organization in there
        for policy in organization.policies.by_id.values()
        for target in policy.targets
    )
    assert rows_then(history, "id, action, party, state", "handshakes", position) == sorted(
        (key, found.requested.action, found.requested.party, found.state) for key, found in state.handshakes.items()
    )
    assert rows_then(history, "id, root, feature_set", "organizations", position) == sorted(
        (organization.id, organization.root, organization.feature_set) for organization in there
    )


def test_views_are_the_state() -> None:
    """After many an event of random worlds, the SQL views of then have the rows that the engine's state has."""
    for seed in range(100, 100 + examples(3)):
        world = random_world(seed, 200)
        history = fed(world, [])
        state = State()
        for envelope in world.log:
            apply(state, envelope)
            if envelope.position % 11 == 0 or envelope.position == len(world.log):
                views_agree(history, state)
        history.close()


@given(SEEDS, st.floats(0, 1), st.floats(0, 1))
def test_changes_and_differences_lead_from_one_moment_to_another(seed: int, begin: float, end: float) -> None:
    """The facts of one moment, with the changes between, or with the differences, are the facts of the other."""
    world = random_world(seed, 60)
    history = fed(world, [])
    first, last = sorted(int(share * history.position) for share in (begin, end))
    before, after = ({row[:3]: row[3] for row in facts_at(history, place, whole=True)} for place in (first, last))
    walked, leapt, back = dict(before), dict(before), dict(after)
    for change in changes_between(history, first, last):
        place = change.subject, change.attribute, change.key
        assert walked.pop(place, None) == change.before
        if change.after is not None:
            walked[place] = change.after
    assert walked == after
    for facts, places in ((leapt, (first, last)), (back, (last, first))):
        ways = Counter[tuple[str, str]]()
        for difference in between_moments(history, *places):
            ways[difference.kind, difference.mark] += 1
            for value in difference.values:
                place = difference.subject, value.attribute, value.key
                assert facts.pop(place, None) == value.before
                if value.after is not None:
                    facts[place] = value.after
        groups = Groups(5)
        groups.take(pairs_of_moments(history, *places))
        for group in groups.all():
            ways[group.kind, group.mark] -= group.count
        assert not any(ways.values())
        assert len(groups.shown()) <= 5
    assert (leapt, back) == (after, before)
    history.close()


def test_every_type_of_event_is_folded_or_has_its_reason() -> None:
    """Every type of event changes facts, or stands with its reason in the list of those that do not."""
    assert {*HANDLERS} | {*NOT_FOLDED} == {*get_args(AnyEvent)}
    assert not {*HANDLERS} & {*NOT_FOLDED}
    assert all(NOT_FOLDED.values())


def test_facts_are_the_state_at_every_position() -> None:
    """After every event of random worlds, the facts that hold are those that the engine's state has."""
    kinds: set[type] = set()
    for seed in range(examples(12)):
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


def test_every_attribute_is_described() -> None:
    """The page has a row for each kind of thing, and in it, or in those for several kinds, each of its attributes."""
    page = (ROOT / "docs" / "history.md").read_text("utf-8")
    table = re.search(r"\| Kind \| Attributes \|\n\|---\|---\|\n((?:\|.*\n)+)", page)
    assert table
    rows = [row.strip("|").partition("|") for row in table[1].splitlines()]
    described = {kind.strip().strip("`"): set(re.findall("`([^`]+)`", text)) for kind, _, text in rows}
    shared = described.pop("roots, OUs and accounts") | described.pop("what can have tags")
    assert described.keys() == set(get_args(Kind))
    for seed in range(examples(3)):
        history = fed(random_world(seed, 200), [])
        for kind, attribute in history.rows("SELECT DISTINCT kind, attribute FROM facts"):
            assert attribute in described[kind] | shared
        history.close()
