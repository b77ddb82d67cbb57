"""Files with many tracks: what is done to read and to plan them grows as they do, not with the pairs of tracks."""

from collections.abc import Callable
from functools import partial

import pytest
from support.function_calls import calls_of
from support.play_scenario import population, step, toml, track

from orgsim.api.load.foresee import plan_scenario
from orgsim.api.load.scenario import Scenario, parse_scenario

WORLD = "[organizations.ours]\n[organizations.theirs]\naccounts = 100\n"


def beside(number: int) -> str:
    """Tracks beside each other, each with a population of its own, which is invited and waited for."""
    return "".join(
        population(f"p{index}", "invited", 5)
        + track(
            f"t{index}",
            step("invite", organization="ours", population=f"p{index}", pace={"over_days": 2}),
            step("wait", until=f"p{index}.joined >= 3", at_most_days=3),
            from_day=index % 7,
        )
        for index in range(number)
    )


def one_by_one(number: int) -> str:
    """Tracks after each other, each of which uses what the one before it has saved, and all invite the same."""
    members = {"ParentId": "{root}", "Name": "Web"}
    return population("p", "invited", 5) + "".join(
        track(
            f"t{index}",
            step(
                "CreateOrganizationalUnit",
                organization="ours",
                with_=members | ({"ParentId": f"{{u{index - 1}}}"} if index else {}),
                save={f"u{index}": "OrganizationalUnit.Id"},
            ),
            step("invite", organization="ours", population="p"),
            step("wait", days=1),
            **({"after": f"t{index - 1}"} if index else {}),
        )
        for index in range(number)
    )


def of_ous(number: int) -> str:
    """Tracks that each move the members of an OU into the next one."""
    units = [{"name": f"u{index}", "accounts": 1} for index in range(number + 1)]
    return f"[organizations.mine]\naccounts = {2 * number}\nunits = {toml(units)}\n" + "".join(
        f"[populations.p{index}]\nof = 'mine'\nunit = 'u{index}'\n"
        + track(
            f"t{index}",
            step(
                "MoveAccount",
                organization="mine",
                for_each=f"p{index}",
                with_={
                    "AccountId": "{account}",
                    "SourceParentId": f"{{/u{index}}}",
                    "DestinationParentId": f"{{mine./u{index + 1}}}",
                },
            ),
        )
        for index in range(number)
    )


def scenario(make: Callable[[int], str], number: int) -> Scenario:
    return parse_scenario(WORLD + make(number))


@pytest.mark.parametrize("make", [beside, one_by_one, of_ous])
def test_reading(make: Callable[[int], str]) -> None:
    """Twice as many tracks take about twice as many calls of functions to be read and checked."""
    scenario(make, 20)
    few, many = (calls_of(partial(scenario, make, number)) for number in (60, 120))
    assert few < many < 2.1 * few


@pytest.mark.parametrize("make", [beside, one_by_one, of_ous])
def test_planning(make: Callable[[int], str]) -> None:
    """So it is with a plan."""
    plan_scenario(scenario(make, 20))
    few, many = (calls_of(partial(plan_scenario, scenario(make, number))) for number in (60, 120))
    assert few < many < 2.2 * few
