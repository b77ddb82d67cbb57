"""What is said of organizations that are there when a run begins, and that AWS would not allow."""

import pytest
from support.scenario_keys import DONE, THERE, complaint

from orgsim.api.load.scenario import ScenarioError, parse_scenario

THERE_ALREADY = "[organizations.o]\naccounts = 9\n"
POLICY = '[[organizations.o.policies]]\nname = "p"\n'


def deep(levels: int) -> str:
    """So many OUs, each in the one before."""
    unit = '{ name = "n" }'
    for _ in range(levels - 1):
        unit = f'{{ name = "n", units = [{unit}] }}'
    return f"units = [{unit}]\n"


def test_everything_that_there_can_be() -> None:
    """All keys together are a scenario; whether the log has the id shows with the log."""
    assert [table.stands for table in parse_scenario(THERE).organizations.values()] == [False, True, False]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        (
            "[organizations.o]\ncreated = 0.5\n",
            "organizations.o: created, age, units and policies are of an organization that is there: say its accounts",
        ),
        (
            '[organizations.o]\nid = "o-a1b2c3d4e5"\naccounts = 4\n',
            "organizations.o.id: names an organization that has everything",
        ),
        ('[organizations.o]\nid = "initech"\n', "organizations.o.id: must be an id such as o-a1b2c3d4e5, not"),
        (
            "[organizations.o]\naccounts = -1\n",
            "organizations.o.accounts: must be a whole number from 0 to 100,000,000, not -1",
        ),
        (f"{THERE_ALREADY}created = 2.0\n", "organizations.o.created: must be a number from 0 to 1, not 2.0"),
        (
            f'{THERE_ALREADY}age = {{ distribution = "office_hours" }}\n',
            'organizations.o.age.distribution: "office_hours" is not possible (there are: fixed, lognormal, uniform)',
        ),
        (
            f'{THERE_ALREADY}age = {{ distribution = "uniform", from_days = 1, to_days = 36500 }}\n',
            "organizations.o.age: its members would have joined before 1970",
        ),
        (
            f"{THERE_ALREADY}[quotas]\naccounts = 9\n",
            "organizations.o.accounts: with the management account 10 accounts",
        ),
        (
            f"{THERE_ALREADY}{deep(6)}",
            "organizations.o.units[1].units[1].units[1].units[1].units[1].units[1]: AWS would ",
        ),
        (
            f"{THERE_ALREADY}{deep(3)}[quotas]\norganizational_units = 2\n",
            "organizations.o.units[1].units[1].units[1]: ",
        ),
        (
            f'{THERE_ALREADY}units = [{{ name = "a" }}, {{ name = "a" }}]\n',
            "organizations.o.units[2]: AWS would refuse it: a in / has the name 'a'; another name or another parent",
        ),
        (
            f'{THERE_ALREADY}units = [{{ name = "a", accounts = 1, share = 0.5 }}]\n',
            "organizations.o.units[1].share: an OU has a number of accounts or a share of them, not both",
        ),
        (
            f'{THERE_ALREADY}units = [{{ name = "a", accounts = 7 }}, {{ name = "b", share = 0.5 }}]\n',
            "organizations.o.units: its OUs have 11 accounts, and it has 9",
        ),
        (
            f'{THERE_ALREADY}units = [{{ name = "" }}]\n',
            "organizations.o.units[1].name: must be a text of 1 to 128",
        ),
        (f"{THERE_ALREADY}{POLICY}", "organizations.o.policies[1]: `content` is missing"),
        (
            f"{THERE_ALREADY}{POLICY}content = '{{}}'\n",
            "organizations.o.policies: AWS would refuse it: the organization has consolidated billing only; ",
        ),
        (
            f"{THERE_ALREADY}feature_set = 'ALL'\n{POLICY}content = 'no'\n",
            "organizations.o.policies[1].content: AWS would refuse it: ",
        ),
        (
            f"{THERE_ALREADY}feature_set = 'ALL'\n{POLICY}content = '{{}}'\ntype = 'TAGS'\n",
            'organizations.o.policies[1].type: "TAGS" is not possible',
        ),
        (
            f"{THERE_ALREADY}feature_set = 'ALL'\n{POLICY}type = 'TAG_POLICY'\ncontent = '{{\"tags\":{{}}}}'\n"
            "targets = ['Prod']\n",
            "organizations.o.policies[1].targets[1]: there is no OU 'Prod'; / is the root",
        ),
        (
            f"{THERE_ALREADY}{deep(2)}[populations.p]\norigin = 'member'\nunit = 'n/m'\n",
            "populations.p.unit: there is no OU 'n/m', did you mean `n/n`? (there are: n, n/n)",
        ),
        (
            "[organizations.o]\n[populations.p]\norigin = 'member'\n",
            "populations.p.of: o is founded when the run begins",
        ),
        (
            f"{THERE_ALREADY}management_account = '111111111111'\n"
            "[organizations.p]\nmanagement_account = '111111111111'\naccounts = 1\n",
            "organizations.p.management_account: 111111111111 manages another one already",
        ),
    ],
)
def test_what_cannot_be_there(text: str, message: str) -> None:
    """Each is refused in one line before the run, with the place and the reason."""
    found = complaint(text + DONE)
    assert found.startswith(message), found


def test_all_at_once() -> None:
    """Quota, depth, places and names that are wrong are told together, each with its line."""
    text = f"{THERE_ALREADY}{deep(6)}[quotas]\naccounts = 5\n[organizations.r]\nid = 'o-a1b2c3d4e5'\n{DONE}"
    text += "[populations.p]\norigin = 'member'\nof = 'q'\n"
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    lines = [f"{each.line} {each.place}" for each in caught.value.problems]
    assert lines == [
        "2 organizations.o.accounts",
        f"3 organizations.o.{'.'.join(['units[1]'] * 6)}",
        "13 populations.p.of",
    ]


def test_policies_that_are_not_possible_are_told_once() -> None:
    """That an organization can have no policies is told of the list, not of each of them again."""
    policy = '{ name = "P", content = "{}" }'
    text = f"organizations.us = {{ accounts = 3, policies = [{policy}, {policy}] }}\n{DONE}"
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert [each.place for each in caught.value.problems] == ["organizations.us.policies"]


@pytest.mark.parametrize("content", ["no", "x" * 20_000])
def test_content_has_its_line(content: str) -> None:
    """What AWS would refuse of a policy's content is told at its line."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(f"{THERE_ALREADY}feature_set = 'ALL'\n{POLICY}\n\ncontent = '{content}'\n")
    (problem,) = [each for each in caught.value.problems if "policies" in each.path]
    text = f"{THERE_ALREADY}feature_set = 'ALL'\n{POLICY}\n\ncontent".count("\n") + 1
    assert (problem.path[-1], problem.line) == ("content", text)
