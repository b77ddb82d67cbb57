"""Several mistakes in one file, of any kinds and in any places: each is told, with its line, and nothing else."""

import tomllib

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from support.campaign import examples
from support.repository import SCENARIOS
from support.scenario_keys import EVERYTHING, THERE
from support.scenario_mistakes import Mistake, all_mistakes, as_toml, with_mistakes

from orgsim.api.load.scenario import ScenarioError, parse_scenario
from orgsim.api.load.scenario.lines import key_places, nearest_place

SHIPPED = [file.read_text("utf-8") for file in sorted(SCENARIOS.glob("*.toml"))]
DOCUMENTS = [tomllib.loads(text) for text in (EVERYTHING, THERE, *SHIPPED)]
MISTAKES = [all_mistakes(document) for document in DOCUMENTS]


def assert_told(number: int, *mistakes: Mistake) -> None:
    """Each of some mistakes in a document is told with its line, and nothing else is."""
    text = as_toml(with_mistakes(DOCUMENTS[number], mistakes))
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    problems, places = caught.value.problems, key_places(text)
    told = [f"{problem.line} {problem}" for problem in problems]
    for mistake in mistakes:
        place = nearest_place(places, mistake.told)
        line = place.line if place else None
        found = [each for each in problems if each.line == line and mistake.words in str(each)]
        assert found, f"line {line}: {mistake.words}, not only {told}"
    assert len(told) == len(mistakes), told


@pytest.mark.parametrize("number", range(len(DOCUMENTS)))
def test_without_mistakes(number: int) -> None:
    """What is written of each document is the same document, and can be read."""
    text = as_toml(DOCUMENTS[number])
    assert tomllib.loads(text) == DOCUMENTS[number]
    assert parse_scenario(text)


@settings(max_examples=examples(150))
@given(
    number=st.integers(0, len(DOCUMENTS) - 1),
    chosen=st.lists(st.integers(0, 10_000), min_size=2, max_size=4, unique=True),
)
def test_many_mistakes(number: int, chosen: list[int]) -> None:
    """Two to four mistakes that have nothing to do with each other are told one by one, each with its line."""
    mistakes = list[Mistake]()
    for each in chosen:
        mistake = MISTAKES[number][each % len(MISTAKES[number])]
        if all(mistake.goes_with(other) for other in mistakes):
            mistakes.append(mistake)
    assert_told(number, *mistakes)
