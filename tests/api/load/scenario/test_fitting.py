"""Populations of members that ask for more than an organization has, or of which others leave nobody, are told."""

import pytest
from support.play_scenario import population, toml
from support.scenario_keys import DONE

from orgsim.api.load.scenario import ScenarioError, parse_scenario

UNITS = [{"name": "Web", "accounts": 30, "units": [{"name": "Shop", "accounts": 10}]}, {"name": "Data", "accounts": 5}]
WORLD = f"[organizations.us]\naccounts = 100\nunits = {toml(UNITS)}\n[organizations.them]\naccounts = 40\n"


def members(name: str, count: int | None = None, unit: str = "", of: str = "us") -> str:
    """A population of members."""
    lines = {"of": of, "unit": unit, "count": count}
    given = [f"{key} = {toml(value)}" for key, value in lines.items() if value not in (None, "")]
    return "\n".join([f"[populations.{name}]", *given, ""])


def problems(*parts: str) -> list[str]:
    """All that is wrong with a scenario."""
    try:
        parse_scenario("".join([WORLD, *parts, DONE]))
    except ScenarioError as error:
        return [str(each) for each in error.problems]
    return []


@pytest.mark.parametrize(
    ("parts", "told"),
    [
        ([members("p", 300, of="them")], ["p.count: must be at most 40, not 300: them has 40 members"]),
        ([members("p", 41, "Web")], ["p.count: must be at most 40, not 41: OU 'Web' of us has 40 members"]),
        (
            [members("p", 39, of="them"), members("q", 2, of="them")],
            ["q.count: must be at most 1, not 2: them has 40 members, and populations before it take 39"],
        ),
        (
            [members("p"), members("q", unit="Web")],
            ["q: nobody is left for it: OU 'Web' of us has 40 members, and populations before it take 40"],
        ),
        (
            [members("p", 8, "Web/Shop"), members("q", unit="Data"), members("r", 88)],
            ["r.count: must be at most 87, not 88: us has 100 members, and populations before it take 13"],
        ),
    ],
)
def test_too_many(parts: list[str], told: list[str]) -> None:
    """The message has the greatest possible count, what there is, and what others take before."""
    assert problems(*parts) == [f"populations.{each}" for each in told]


@pytest.mark.parametrize(
    "parts",
    [
        [members("p", 40, of="them"), members("q", 100)],
        [members("p", 40, of="them"), members("q", 0, of="them")],
        # Which of the members of all are the oldest is not known.
        [members("p", 90), members("q", 10, "Web")],
        [members("p"), population("q", "invited", 300)],
    ],
)
def test_as_many_as_there_are(parts: list[str]) -> None:
    """What is possible, or may be, is not refused."""
    assert problems(*parts) == []


def test_no_such_ou() -> None:
    """Of an OU that there is not, only that is told."""
    (problem,) = problems(members("p", 5, "Wbe"))
    assert problem.startswith("populations.p.unit: there is no OU 'Wbe'")
