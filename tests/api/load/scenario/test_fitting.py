"""Populations of members that ask for more than an organization has, or of which others leave nobody, are told."""

from itertools import islice

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.play_scenario import population, toml
from support.scenario_keys import DONE

from orgsim.api.load.scenario import ScenarioError, parse_scenario
from orgsim.api.load.scenario.fitting import Places
from orgsim.api.load.scenario.organizations import UnitMembers

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
        (
            # Ten of us are left, wherever they are.
            [members("p", 90), members("q", 11, "Web")],
            ["q.count: must be at most 10, not 11: OU 'Web' of us has 40 members, and populations before it take 30"],
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


@st.composite
def organizations(draw: st.DrawFn) -> list[UnitMembers]:
    """An organization of up to seven OUs, each below the root or one before it."""
    units = [UnitMembers("/", "/", draw(st.integers(0, 6)))]
    for number in range(draw(st.integers(0, 6))):
        above = draw(st.sampled_from(units)).path
        units.append(UnitMembers(f"{above}/{number}".lstrip("/"), above, draw(st.integers(0, 6))))
    return units


@given(organizations(), st.data())
def test_as_members_are_given_when_a_run_begins(units: list[UnitMembers], data: st.DataObject) -> None:
    """In whatever order members have joined, each population gets as many as was said, and whole OUs where it was."""
    joined = data.draw(st.permutations([each.path for each in units for _ in range(each.members)]))
    left, places = [*joined], Places(units)
    for _ in range(data.draw(st.integers(1, 6))):
        unit, count = data.draw(st.sampled_from(units)).path, data.draw(st.integers(0, 20))
        fitting = {each.path for each in units if unit == "/" or f"{each.path}/".startswith(f"{unit}/")}
        got = [*islice((index for index, at in enumerate(left) if at in fitting), count)]
        taken = places.take(unit, count)
        assert taken is not None
        assert taken.there == sum(at in fitting for at in joined)
        assert taken.least <= len(got) <= taken.most <= count
        where = [left[index] for index in got]
        left = [at for index, at in enumerate(left) if index not in got]
        if taken.units:
            assert len({*where}) == taken.units
            assert all(where.count(at) == joined.count(at) for at in where)


def test_no_such_place() -> None:
    """Of an OU that there is not nobody is taken."""
    assert Places([UnitMembers("/", "/", 3)]).take("Web", 1) is None
