"""Files that are nearly right: whatever is changed, there is a scenario or one line that says what is wrong."""

import re
import tomllib
from contextlib import suppress
from copy import deepcopy
from datetime import date, datetime, time
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.campaign import examples
from support.scenario_keys import EVERYTHING

from orgsim.api.load.foresee import plan_scenario
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import Scenario, ScenarioError, parse_scenario
from orgsim.engine.log import MemoryLog

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

VALUES = st.one_of(
    st.none(),
    st.booleans(),
    st.integers(-(2**70), 2**70),
    st.floats(),
    st.text(max_size=5),
    st.sampled_from(["$willing", "$nothing", "{root}", "{x}", "< 5", "created", "uniform", "invite", "p95", "a\nb"]),
    st.just([]),
    st.just({}),
    st.just([{}]),
    st.dictionaries(st.text(max_size=3), st.integers(), max_size=2),
    st.sampled_from([date(2026, 1, 1), time(12), datetime(2026, 1, 1)]),
)


def places(value: Any, path: tuple[str | int, ...] = ()) -> list[tuple[str | int, ...]]:
    """The paths of everything in a document but the document itself."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return [place for key, part in items for place in [(*path, key), *places(part, (*path, key))]]


DOCUMENT = tomllib.loads(EVERYTHING)
PLACES = places(DOCUMENT)


def changed(changes: list[tuple[int, str, Any]]) -> dict[str, Any]:
    """The document with some of its parts replaced, removed, doubled under another name, or given another key."""
    document = deepcopy(DOCUMENT)
    for number, how, value in changes:
        *path, last = PLACES[number]
        part: Any = document
        try:
            for key in path:
                part = part[key]
            found = part[last]
            if how == "remove" or value is None:
                del part[last]
            elif how == "replace":
                part[last] = value
            elif isinstance(part, dict):
                part[f"{last}{value}" if how == "rename" else str(value)] = found
            elif isinstance(part, list):
                part.append(found)
        except (KeyError, IndexError, TypeError):
            # An earlier change has taken it away.
            continue
    return document


@settings(max_examples=examples(100), deadline=None)
@given(
    changes=st.lists(
        st.tuples(
            st.integers(0, len(PLACES) - 1),
            st.sampled_from(["replace", "replace", "remove", "rename", "double"]),
            VALUES,
        ),
        min_size=1,
        max_size=3,
    )
)
def test_any_change(changes: list[tuple[int, str, Any]]) -> None:
    """Any change of a file that has every key gives another scenario, or one line; never anything else."""
    document = changed(changes)
    with pytest.MonkeyPatch.context() as patch:
        # As if it stood in a file: TOML has more spellings than it has values.
        patch.setattr(tomllib, "loads", lambda text: document)
        assert_scenario_or_one_line("")


JARGON = (
    "Expected `",
    "`int`",
    "`float`",
    "`str`",
    "`object",
    "`array",
    "null",
    "got `",
    "Invalid enum",
    "unknown field",
)


def assert_scenario_or_one_line(text: str) -> Scenario | None:
    try:
        return parse_scenario(text)
    except ScenarioError as error:
        complaint = str(error)
        messages = error.messages
    assert len(complaint.splitlines()) == 1
    # Words of the machine, which people who write TOML need not know; what they have written is quoted.
    said = [re.sub(r'"[^"]*"|unknown key `[^`]*`|, (?:in|after) `.*`$', "", each) for each in messages]
    assert not [each for each in said if any(word in each and word not in text for word in JARGON)]
    return None


PLAYED = ["$willing", "{root}", "made", "asked", "acme", "other", "created", "standalone", "CloseAccount", "aws", "off"]


@settings(max_examples=examples(100), deadline=None)
@given(
    change=st.tuples(
        st.integers(0, len(PLACES) - 1),
        st.sampled_from(["replace", "remove"]),
        st.one_of(st.none(), st.booleans(), st.integers(0, 20), st.floats(0, 1), st.sampled_from(PLAYED), st.just({})),
    )
)
def test_any_change_that_can_be_played(change: tuple[int, str, Any]) -> None:
    """Whatever can still be read can be planned and played, or one line says at which step the run ended."""
    document = changed([change])
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(tomllib, "loads", lambda text: document)
        scenario = assert_scenario_or_one_line("")
    if scenario is None:
        return
    with suppress(ScenarioError):
        plan_scenario(scenario)
    try:
        outcome = anyio.run(play_scenario, scenario, MemoryLog(), backend="trio")
    except ScenarioError as error:
        complaint = str(error)
    else:
        played = [(track.table.times or 1) * len(track.steps) for track in scenario.all_tracks]
        assert len(outcome.steps) == sum(played)
        return
    assert re.match(r"steps\[\d+\]", complaint)
    assert len(complaint.splitlines()) == 1


@settings(max_examples=examples(100), deadline=None)
@given(place=st.integers(0, len(EVERYTHING) - 1), length=st.integers(0, 9), text=st.text(max_size=4))
def test_any_slip_of_the_pen(place: int, length: int, text: str) -> None:
    """Any letters of the file replaced by any others give another scenario, or one line; never anything else."""
    assert_scenario_or_one_line(EVERYTHING[:place] + text + EVERYTHING[place + length :])
