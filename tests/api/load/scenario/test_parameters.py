"""Parameters: what a run may set, where it is put in, and what is answered to a value that cannot be."""

from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.scenario_keys import CREATED, DONE, EVERYTHING, INVITED, complaint

from orgsim.api.load.scenario import (
    OrganizationTable,
    PopulationTable,
    Scenario,
    ScenarioError,
    load_scenario,
    parse_scenario,
)
from orgsim.api.load.scenario.parameters import read_assignment, with_accounts

PARAMETERS = f"""
[parameters]
accept = 0.9
days = 3
who = "333333333333"
[populations.p]
origin = "invited"
count = 4
[populations.p.migration]
accept = "$accept"
delay = {{ distribution = "uniform", from_days = 0, to_days = "$days" }}
{DONE}"""


def refused(text: str, **given: bool | int | float | str) -> str:
    """The error of a scenario with impossible parameters."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text, given)
    return str(caught.value)


def test_own_values() -> None:
    """Without anything given the scenario's own values hold."""
    scenario = parse_scenario(PARAMETERS)
    assert scenario.populations["p"].migration.accept == 0.9
    assert scenario.parameters == {"accept": 0.9, "days": 3, "who": "333333333333"}


def test_given_values() -> None:
    """A given value replaces the scenario's default wherever that is used; the others stay."""
    scenario = parse_scenario(PARAMETERS, {"accept": 1, "days": 2.5})
    behaviour = scenario.populations["p"].migration
    assert (behaviour.accept, behaviour.delay.to_days) == (1, 2.5)  # type: ignore[union-attr]  # a uniform delay
    assert scenario.parameters == {"accept": 1, "days": 2.5, "who": "333333333333"}


@pytest.mark.parametrize(
    ("given", "message"),
    [
        ({"acept": 1}, "no parameter is called 'acept' (there are: accept, days, who)"),
        ({"accept": "much"}, "the parameter accept is a number, as 0.9 is, not 'much'"),
        ({"accept": True}, "the parameter accept is a number, as 0.9 is, not true"),
        ({"who": 3}, "the parameter who is a text, as '333333333333' is, not 3"),
        ({"accept": 2}, "populations.p.migration.accept: must be a number from 0 to 1, not 2; 2 % is 0.02"),
    ],
)
def test_values_that_cannot_be(given: dict[str, float | str], message: str) -> None:
    """A parameter that there is not, of another kind, or out of the range of its place is refused."""
    assert refused(PARAMETERS, **given) == message


def test_none_at_all() -> None:
    """A scenario without parameters says so."""
    assert refused(DONE, accept=1) == "no parameter is called 'accept' (the scenario has none)"


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ('description = "$x"' + DONE, "description: no parameter is called 'x' (the scenario has none)"),
        (
            PARAMETERS.replace("$accept", "$acept"),
            "populations.p.migration.accept: no parameter is called 'acept' (there are: accept, days, who)",
        ),
        (
            EVERYTHING.replace('Name = "new"', 'Name = "$new"'),
            "step 11, with.Name: no parameter is called 'new' (there are: accounts, willing, soon, who, often)",
        ),
        (
            f'{INVITED}[[steps]]\naction = "TagResource"\nwith = {{ ResourceId = "{{root}}", Tags = ["$a"] }}',
            "step 1, with.Tags[1]: no parameter is called 'a' (the scenario has none)",
        ),
    ],
)
def test_unknown_parameter_in_the_file(text: str, message: str) -> None:
    """A place that names no parameter is refused with its path."""
    assert complaint(text) == message


def test_a_text_that_only_holds_a_dollar() -> None:
    """Only a text that begins with the sign is a parameter."""
    assert parse_scenario(f'description = "for 5 $ a day"{DONE}').description == "for 5 $ a day"


CONDITIONS = f"""
[parameters]
share = 0.75
most = 1e-20
word = "many"
{INVITED}{DONE}
[[steps]]
action = "wait"
until = "joined_share >= $share"
at_most_days = 3
[thresholds]
joined_share = ">=$share"
p.joined_share = {{ condition = "> $most", severity = "warn" }}
"""


def test_in_conditions() -> None:
    """Behind the comparison of a condition a parameter stands for the number, of the file or of the run."""
    scenario = parse_scenario(CONDITIONS)
    assert [str(each) for each in scenario.thresholds] == ["joined_share >= 0.75", "p.joined_share > 1e-20"]
    assert scenario.steps[1].until == "joined_share >= 0.75"  # type: ignore[union-attr]  # a wait
    assert parse_scenario(CONDITIONS, {"share": 1}).thresholds[0].limit == 1


@pytest.mark.parametrize(
    ("right", "wrong", "message"),
    [
        ('">=$share"', '">= $shares"', "thresholds.joined_share: no parameter is called 'shares' (there are: share, "),
        ('until = "joined_share >= $share', 'until = "joined_share >= $', "step 2, until: no parameter is called ''"),
        ('">=$share"', '">= $word"', "thresholds.joined_share: a condition is a comparison and a number, such as"),
        ('">=$share"', '"$share"', "thresholds.joined_share: a condition is a comparison and a number, such as"),
        ('">=$share"', '"about $share"', "thresholds.joined_share: a condition is a comparison and a number, such as"),
    ],
)
def test_impossible_in_conditions(right: str, wrong: str, message: str) -> None:
    """What is no parameter, or no number, is told in one line."""
    assert right in CONDITIONS
    found = complaint(CONDITIONS.replace(right, wrong))
    assert found.startswith(message), found


@pytest.mark.parametrize(
    ("text", "name", "value"),
    [
        ("accept=0.95", "accept", 0.95),
        ("accounts = 10_000", "accounts", 10_000),
        ("on=true", "on", True),
        ("who=acme", "who", "acme"),
        ('who="0123"', "who", "0123"),
        ("when=2026-01-01", "when", "2026-01-01"),
        ("list=[1]", "list", "[1]"),
        ("a=b=c", "a", "b=c"),
        ("a=3 # three", "a", "3 # three"),
        ("a=3\nb = 4", "a", "3\nb = 4"),
        ("a=3\n[c]", "a", "3\n[c]"),
        ("a=3, b = 4", "a", "3, b = 4"),
        ("a=3 }\nb = { c = 4", "a", "3 }\nb = { c = 4"),
    ],
)
def test_assignments(text: str, name: str, value: object) -> None:
    """NAME=VALUE gives a number, a truth value, or else a text."""
    assert read_assignment(text) == (name, value)
    assert type(read_assignment(text)[1]) is type(value)


@pytest.mark.parametrize("text", ["", "=", "accept", "accept=", "=3"])
def test_no_assignment(text: str) -> None:
    """An assignment without a name or a value is refused with an example."""
    with pytest.raises(ScenarioError, match=r"NAME=VALUE, such as accept=0\.95"):
        read_assignment(text)


@given(counts=st.lists(st.integers(0, 10**6), min_size=1, max_size=8), accounts=st.integers(0, 10**8))
def test_accounts_are_shared_out_exactly(counts: list[int], accounts: int) -> None:
    """Another number of accounts is shared out exactly, each population within one of its proportion."""
    populations = {f"p{index}": PopulationTable(origin="invited", count=count) for index, count in enumerate(counts)}
    made = PopulationTable(origin="created", count=3)
    scenario = Scenario(organizations={"o": OrganizationTable()}, populations={**populations, "made": made})
    total = sum(counts)
    if not total:
        with pytest.raises(ScenarioError, match="the scenario has none"):
            with_accounts(scenario, accounts)
        return
    shared = with_accounts(scenario, accounts).populations
    parts = [population.count for population in shared.values() if population.origin == "invited"]
    assert sum(parts) == accounts
    assert all(abs(part * total - count * accounts) <= total for part, count in zip(parts, counts, strict=True))
    assert shared["made"] == made
    assert list(shared) == list(scenario.populations)


def test_accounts_of_any_scenario() -> None:
    """The number of accounts can be set for a scenario that has no such parameter; one that has it decides itself."""
    assert parse_scenario(INVITED + DONE, {"accounts": 9}).populations["p"].count == 9
    changed = parse_scenario(EVERYTHING, {"accounts": 9}).populations
    assert (changed["asked"].count, changed["prompt"].count) == (9, 5)


@pytest.mark.parametrize("accounts", [-1, 100_000_001, 1.5, True, "many"])
def test_impossible_number_of_accounts(accounts: float | str) -> None:
    """The number of accounts has the bounds that a population's count has in the file."""
    message = refused(INVITED + DONE, accounts=accounts)
    assert message == f"accounts must be a whole number from 0 to 100,000,000, not {accounts!r}"


def test_accounts_that_a_file_names_without_having_them() -> None:
    """A file that puts in a number of accounts which it does not have is refused, whether one is given or not."""
    text = INVITED.replace("count = 4", 'count = "$accounts"') + DONE
    message = "populations.p.count: no parameter is called 'accounts' (the scenario has none)"
    assert complaint(text) == refused(text, accounts=9) == message


def test_accounts_of_nobody() -> None:
    """A scenario that invites nobody cannot be given a number of invited accounts."""
    message = "accounts sets the number of invited accounts, but the scenario has none"
    assert refused(CREATED + DONE, accounts=10) == message


async def test_parameters_of_a_file(tmp_path: Path) -> None:
    """Parameters reach a scenario that is read from a file, and what is wrong with them names it."""
    file = tmp_path / "s.toml"
    file.write_text(PARAMETERS)
    assert (await load_scenario(file, {"days": 1})).parameters["days"] == 1
    with pytest.raises(ScenarioError, match=f"^{file}: no parameter is called 'day'"):
        await load_scenario(file, {"day": 1})
