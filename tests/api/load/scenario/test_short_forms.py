"""What a scenario need not say: origins of members, management accounts, a delay twice, what another population has."""

import pytest
from support.scenario_keys import DONE, complaint

from orgsim.api.delays import Fixed
from orgsim.api.load.scenario import OrganizationTable, parse_scenario
from orgsim.api.load.scenario.populations import MemberTable

THERE = "[organizations.o]\naccounts = 9\nunits = [{ name = 'Web', accounts = 7 }]\n"
ONE, TWO = ("distribution = 'fixed', days = 1", "distribution = 'fixed', days = 2")


@pytest.mark.parametrize("key", ["of = 'o'", "unit = 'Web'"])
def test_members_need_no_origin(key: str) -> None:
    """A population of an organization or an OU has members."""
    (table,) = parse_scenario(f"{THERE}[populations.p]\n{key}\n{DONE}").populations.values()
    assert isinstance(table, MemberTable)
    assert table.origin == "member"


def test_others_need_an_origin() -> None:
    """Without origin, organization and OU nobody knows what kind of accounts these are."""
    assert complaint(f"[populations.p]\ncount = 3\n{DONE}").startswith("populations.p: `origin` is missing")


def test_management_accounts() -> None:
    """Organizations that say none get the first of 111111111111, 222222222222, ... that no other has."""
    text = "[organizations.a]\n[organizations.b]\nmanagement_account = '222222222222'\n[organizations.c]\n"
    found = parse_scenario(text + DONE).organizations
    assert [table.founder for table in found.values()] == ["111111111111", "222222222222", "333333333333"]
    assert found["a"] == OrganizationTable()


def test_many_organizations() -> None:
    """However many organizations say none, each has an account of its own; one that is taken is left out."""
    text = "".join(f"[organizations.o{number}]\n" for number in range(40))
    found = parse_scenario(f"{text}[organizations.x]\nmanagement_account = '100000000011'\n{DONE}").organizations
    accounts = [table.founder for table in found.values()]
    assert accounts[8:11] == ["999999999999", "100000000010", "100000000012"]
    assert len({*accounts}) == 41


def test_a_delay_for_all_answers() -> None:
    """The population's delay is that of each behaviour that has none; of reminders too."""
    (table,) = parse_scenario(
        f"[populations.p]\norigin = 'invited'\ncount = 1\ndelay = {{ {ONE} }}\n"
        f"migration = {{ delay = {{ {TWO} }}, decline = 0.5 }}\n{DONE}"
    ).populations.values()
    assert table.behaviour("invitation").answer_delay == table.behaviour("invitation").follow_delay == Fixed(1)
    assert table.behaviour("migration").answer_delay == Fixed(2)
    assert table.behaviour("migration").decline == 0.5


def test_at_once() -> None:
    """Without any delay everybody answers at once."""
    (table,) = parse_scenario(f"[populations.p]\norigin = 'invited'\ncount = 1\n{DONE}").populations.values()
    assert table.behaviour("invitation").answer_delay == Fixed(0)


def test_like_another() -> None:
    """A population has all that it does not say from the one that it is like, also from one that is like a third."""
    found = parse_scenario(
        f"{THERE}[populations.a]\nunit = 'Web'\ncount = 1\ninvitation = {{ decline = 0.5, delay = {{ {ONE} }} }}\n"
        f"[populations.b]\nlike = 'a'\ncount = 2\ninvitation.delay = {{ {TWO} }}\n"
        f"[populations.c]\nlike = 'b'\ninvitation.decline = 0.25\n{DONE}"
    ).populations
    b, c = found["b"], found["c"]
    assert isinstance(c, MemberTable)
    assert (b.count, c.count, c.unit) == (2, 2, "Web")
    assert [each.invitation.decline for each in found.values()] == [0.5, 0.5, 0.25]
    assert [each.invitation.delay for each in found.values()] == [Fixed(1), Fixed(2), Fixed(2)]


@pytest.mark.parametrize(
    ("text", "message"),
    [
        ("[populations.p]\nlike = 'q'\n", "populations.p.like: no population is called 'q' (there is none)"),
        ("[populations.p]\nlike = 'p'\n", "populations.p.like: a population cannot be like itself"),
        (
            "[populations.p]\nlike = 'q'\n[populations.q]\nlike = 'p'\n",
            "populations.p.like: a population cannot be like itself",
        ),
        ("[populations.p]\nlike = 3\norigin = 'invited'\ncount = 1\n", "populations.p.like: must be a text, not 3"),
    ],
)
def test_like_nothing(text: str, message: str) -> None:
    """A population that is like none that there is, or like itself, is refused."""
    assert complaint(text + DONE) == message
