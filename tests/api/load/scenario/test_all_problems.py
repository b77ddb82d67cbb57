"""All that is wrong with a scenario file is told at once, with the lines where it stands."""

import tomllib
from typing import Any

import pytest
from support.repository import ROOT, SCENARIOS
from support.scenario_keys import DONE, EVERYTHING

from orgsim.api.load.scenario import ScenarioError, parse_scenario
from orgsim.api.load.scenario.lines import key_places
from orgsim.api.load.scenario.problems import place_text

WRONG = """
sede = 3
latency = "slow"

[organizations.one]
management_account = "1"

[organizations.two]
management_account = "111111111111"

[organizations.three]
management_account = "111111111111"

[populations.p]
origin = "invited"
cuont = 4
[populations.p.migration]
accept = 2
delay = { distribution = "uniform", from_days = -1 }


[[steps]]
action = "invite"
population = "q"
organization = "two"

[[steps]]
action = "wait"
hours = 3

[[steps]]
action = "MoveAccount"
organization = "two"
with = { AccountID = "{acount}", SourceParentId = "$where" }
save = { root = "x" }

[[steps]]
action = "dance"

[thresholds]
member = "> 3"
joining_days.p95 = "60"
"""


def problems(text: str) -> list[str]:
    """Line and place of all that is wrong."""
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    return [f"{problem.line} {problem}" for problem in caught.value.problems]


def test_all_at_once() -> None:
    """Each mistake is told once, in the order of the file, with its line, its place and what is possible."""
    beginnings = [
        "2 unknown key `sede`, did you mean `seed`?",
        '3 latency: "slow" is not possible',
        "6 organizations.one.management_account: must be twelve digits in quotes, not",
        "12 organizations.three.management_account: 111111111111 manages another one already",
        "16 populations.p: unknown key `cuont`, did you mean `count`?",
        "18 populations.p.migration.accept: must be a number from 0 to 1, not 2",
        "19 populations.p.migration.delay: `to_days` is missing",
        "19 populations.p.migration.delay.from_days: must be a number from 0 to 36,500, not -1",
        "24 step 1, population: no population of origin invited, created or member is called 'q' (there are: p)",
        "27 step 2: `days` is missing",
        "29 step 2: unknown key `hours`",
        "34 step 3, with: MoveAccount has no member 'AccountID', did you mean `AccountId`?",
        "34 step 3, with.AccountID: nothing is called {acount} here",
        "34 step 3, with.SourceParentId: no parameter is called 'where'",
        "35 step 3, save.root: a name is of letters, digits and _",
        "38 step 4, action: there is no 'dance'",
        "41 thresholds.member: there is no figure 'member', did you mean `members`?",
        "42 thresholds.joining_days.p95: a condition is a comparison and a number",
    ]
    found = problems(WRONG)
    assert [message[: len(start)] for message, start in zip(found, beginnings, strict=True)] == beginnings


@pytest.mark.parametrize(
    ("text", "told"),
    [
        ('[[steps]]\naction = "wait"\ndayz = 3', ["3 step 1: unknown key `dayz`"]),
        ('[[step]]\naction = "wait"\ndays = 3', ["1 unknown key `step`"]),
        ("[[steps]]\n[[steps]]", ["1 step 1: `action` is missing", "2 step 2: `action` is missing"]),
        ("seed = 1\nseed =", ["2 not TOML: "]),
        (f"throttle = 3\nquotas.accounts = 50\n[organizations.o]\naccounts = 40\n{DONE}", ["1 throttle: must be "]),
        (
            "start = 1950-01-01T00:00:00Z\n"
            f"[[faults]]\nfault = 'conflict'\noperations = '*'\nuntil = '2026-01-01T00:00:00Z'\n{DONE}",
            ["1 start: must lie between"],
        ),
        (
            """
            [[tracks.one.steps]]
            action = "CreateOrganizationalUnit"
            with = { ParentId = "{root}", Name = "new" }
            save = { new = "OrganizationalUnit.Id" }
            [tracks.two]
            after = 1
            [[tracks.two.steps]]
            action = "DescribeOrganizationalUnit"
            organisation = "a"
            with = { OrganizationalUnitId = "{new}" }
            """,
            ["7 track two, after: must be", "10 track two, step 1: unknown key `organisation`"],
        ),
    ],
)
def test_what_follows_is_not_told(text: str, told: list[str]) -> None:
    """What would not be wrong but for a mistake that is told is not told besides."""
    found = problems(text)
    assert len(found) == len(told)
    assert all(message.startswith(start) for message, start in zip(found, told, strict=True))


CONTRADICTIONS = """
[organizations.us]
[populations.p]
of = "us"
leaves = 1
[populations.p.invitation]
leave = 0.6
accept = 0.6
remind_after_days = [12, 7]
reminded_accept = [0.5, 0.5, 0.5]
escalation = { action = "RemoveAcount" }
[populations.q]
origin = "invited"
count = 1
[populations.q.migration]
remind_after_days = [-1]
reminded_accept = [0.5, 0.5]
deadline_days = -3
escalation = { action = "RemoveAcount", with = 3 }
[[faults]]
fault = "throtle"
operations = ["InviteAccount"]
share = 2
since = "2 days"
[[faults]]
fault = "refuse"
code = "ServiceExeption"
operations = [3]
account = "12"
duration = "soon"
until = "1d"
since = "2d"
[[faults]]
fault = "drop"
operation = "ListAccounts"
times = 0
[[steps]]
action = "wait"
until = "joined_share >= 1.2"
[[steps]]
action = "create_accounts"
population = "q"
retry_failed = true
"""


def test_contradictions_hide_nothing() -> None:
    """Keys of a table that contradict each other are all told, beside other mistakes there, but not what follows."""
    beginnings = [
        "4 populations.p.of: us is founded when the run begins",
        "5 populations.p: unknown key `leaves`",
        "6 populations.p.invitation: accept, decline, leave and after_reminder add up to 1.2",
        "7 populations.p.invitation.leave: nobody leaves",
        "9 populations.p.invitation.remind_after_days: must rise",
        "10 populations.p.invitation.reminded_accept: has 3 shares for 2 reminders",
        "11 populations.p.invitation.escalation: needs deadline_days",
        "11 populations.p.invitation.escalation.action: AWS has no operation 'RemoveAcount'",
        "16 populations.q.migration.remind_after_days[1]: must be a number above 0",
        "17 populations.q.migration.reminded_accept: needs after_reminder",
        "18 populations.q.migration.deadline_days: must be a number above 0",
        "19 populations.q.migration.escalation.action: AWS has no operation 'RemoveAcount'",
        "19 populations.q.migration.escalation.with: must be a table",
        "21 faults[1].fault: a run does not play 'throtle', did you mean",
        "22 faults[1].operations: There is no operation 'InviteAccount'",
        "23 faults[1].share: A share is above 0 and at most 1, not 2.0",
        "24 faults[1].since: since is a moment",
        "27 faults[2].code: There is no code 'ServiceExeption'",
        "28 faults[2].operations[1]: must be a text",
        "29 faults[2].account: An account is twelve digits",
        "30 faults[2].duration: The duration makes no sense",
        "31 faults[2].until: The fault would end at 2026-01-02T00:00:00Z, not after it begins",
        "34 faults[3].fault: a run does not play 'drop'",
        "35 faults[3]: unknown key `operation`",
        "36 faults[3].times: times is a number of calls from 1 on, not 0",
        "37 step 1: `at_most_days` is missing",
        "39 step 1, until: it is a share, from 0 to 1, and so never >= 1.2",
        "42 step 2, population: no population of origin created is called 'q'",
        "43 step 2, retry_failed: needs retry",
    ]
    found = problems(CONTRADICTIONS)
    assert [message[: len(start)] for message, start in zip(found, beginnings, strict=True)] == beginnings


def test_names_of_what_cannot_be_read_are_known() -> None:
    """A step may name a population, an organization or a saved text whose own table has a mistake."""
    text = """
[organizations.one]
feature_set = 1
[populations.p]
[[steps]]
action = "CreateOrganizationalUnit"
organization = "one"
with = { ParentId = "{root}", Name = "new" }
save = { unit = "OrganizationalUnit.Id" }
sahre = 1
[[steps]]
action = "MoveAccount"
for_each = "p"
with = { AccountId = "{account}", SourceParentId = "{parent}", DestinationParentId = "{unit}" }
"""
    assert [message.partition(":")[0] for message in problems(text)] == [
        "3 organizations.one.feature_set",
        "4 populations.p",
        "4 populations.p",
        "10 step 1",
    ]


def paths(value: Any, path: tuple[str | int, ...] = ()) -> set[tuple[str | int, ...]]:
    """The paths of all tables, keys and elements in a document."""
    items = value.items() if isinstance(value, dict) else enumerate(value) if isinstance(value, list) else ()
    return {place for key, part in items for place in ((*path, key), *paths(part, (*path, key)))}


@pytest.mark.parametrize(
    "text",
    [
        EVERYTHING,
        WRONG,
        *(file.read_text("utf-8") for file in sorted(SCENARIOS.glob("*.toml"))),
        (ROOT / "pyproject.toml").read_text("utf-8"),
        'a = """\n[b]\n\\"""c = 1""""\nd = \'\'\'\n"""\'\'\'\ne = "\\"#"# f = 1\n',
        'a.b . "c d" = 1\r\n[ x . "y]" ]\r\nz = [1.5, [ 2, # ]\n {u = 1, v.w = "]"} ],\n "}", ]\n',
        "[[a]]\n[a.b]\nc = 1\n[[a]]\n[[a.b]]\n[[a.b]]\nd = 2026-01-01 00:00:00\n[a.e.f]\n",
        "",
    ],
)
def test_places_of_keys(text: str) -> None:
    """Every table, key and element has a line and a column, and there its key stands."""
    places = key_places(text)
    assert set(places) == paths(tomllib.loads(text))
    source = ["", *text.split("\n")]
    for path, (line, column) in places.items():
        if isinstance(path[-1], str):
            assert source[line][column - 1 :].lstrip("\"'").startswith(path[-1]), path


@pytest.mark.parametrize(
    ("path", "text"),
    [
        ((), ""),
        (("steps",), "steps"),
        (("steps", 0), "step 1"),
        (("steps", 1, "pace", "stages", 2, "days"), "step 2, pace.stages[3].days"),
        (("populations", "a.b", "migration"), "populations.a.b.migration"),
    ],
)
def test_places(path: tuple[str | int, ...], text: str) -> None:
    """Places are counted from 1, and steps are called so."""
    assert place_text(path) == text
