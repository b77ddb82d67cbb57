"""Files with thousands of mistakes: what is done to tell them grows as they do, not with their pairs."""

from collections.abc import Callable
from functools import partial

import pytest
from support.function_calls import calls_of
from support.play_scenario import population, step

from orgsim.api.load.scenario import ScenarioError, parse_scenario

WORLD = "[organizations.ours]\n[organizations.theirs]\naccounts = 100\n"


def misspelt(number: int) -> str:
    """So many populations, each of which a step misspells; others for each number, as answers are remembered."""
    return "".join(
        population(f"people{index:04d}of{number}", "invited", 1)
        + step("invite", organization="ours", population=f"poeple{index:04d}of{number}")
        for index in range(number)
    )


def in_a_circle(number: int) -> str:
    """So many populations of which each is like the next one, and the last one like the first."""
    return "".join(f"[populations.p{index}]\nlike = 'p{(index + 1) % number}'\n" for index in range(number))


def in_a_line(number: int) -> str:
    """So many populations of which each is like the one before it; one key of the first one is misspelt."""
    first = "[populations.p0]\norigin = 'invited'\ncuont = 1\n"
    return first + "".join(f"[populations.p{index}]\nlike = 'p{index - 1}'\n" for index in range(1, number))


def told(make: Callable[[int], str], number: int) -> list[str]:
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(WORLD + make(number))
    return [str(each) for each in caught.value.problems]


@pytest.mark.parametrize("make", [misspelt, in_a_circle, in_a_line])
def test_of_twice_as_many(make: Callable[[int], str]) -> None:
    """Twice as many mistakes take about twice as many calls of functions to be told."""
    told(make, 140)
    few, many = (calls_of(partial(told, make, number)) for number in (150, 300))
    assert few < many < 2.2 * few


def test_each_is_told_with_what_was_meant() -> None:
    """Among hundreds of names each misspelt one is told with the right one."""
    lines = told(misspelt, 300)
    assert [f"did you mean `people{index:04d}of300`?" in line for index, line in enumerate(lines)] == [True] * 300


def test_a_circle_is_told_of_each() -> None:
    """Each population of a circle is told, and one that is like one of them only for what is its own mistake."""
    beside = "[populations.beside]\nlike = 'p1'\ncount = -1\n"
    lines = told(lambda number: in_a_circle(number) + beside, 3)
    circle = [f"populations.p{index}.like: a population cannot be like itself" for index in range(3)]
    assert lines[:3] == circle
    assert [line.partition(":")[0] for line in lines[3:] if line.startswith("populations")] == [
        "populations.beside.count"
    ]
