"""Several organizations in one world: each does its steps, accounts move between them, some are left behind."""

from collections import Counter

from support.play_scenario import after, days, play, population, recorded, step

from orgsim.engine.events import AccountCreationRequested, AccountDeparted, AccountJoined

TWO = """
[organizations.old]
management_account = "111111111111"
feature_set = "ALL"
[organizations.new]
management_account = "222222222222"
"""
JOIN = {"delay": after(1)}
OLD, NEW = {"organization": "old"}, {"organization": "new"}
WAIT = step("wait_for_answers")


async def test_members_of_another_organization() -> None:
    """Members of one organization that are invited into another leave the one by joining the other."""
    outcome, envelopes = await recorded(
        *(TWO, population("p", "invited", 6, invitation=JOIN), step("invite", population="p", **OLD), WAIT),
        *(step("invite", population="p", **NEW), WAIT),
    )
    assert {name: each.accounts for name, each in outcome.organizations.items()} == {"old": 1, "new": 7}
    assert Counter(days(envelopes, AccountDeparted)) == {2: 6}
    joined = [each.event.organization for each in envelopes if isinstance(each.event, AccountJoined)]
    old, new = (outcome.organizations[name].id for name in ("old", "new"))
    assert Counter(joined) == {old: 7, new: 7}
    assert outcome.figure("members") == 8
    assert (outcome.figure("joined"), outcome.figure("departed")) == (12, 6)


async def test_who_is_left_behind() -> None:
    """Who declines, ignores or is asked too young stays where they are."""
    outcome = await play(
        *(TWO, population("made", "created", 4)),
        population("no", "invited", 3, invitation={"decline": 0}),
        *(step("create_accounts", population="made", **OLD), step("invite", population="no", **OLD), WAIT),
        *(step("invite", population="made", **NEW), WAIT),
    )
    # Created accounts may not leave before they are four days old: each answer is refused, and the invitation stays.
    assert outcome.refused == {"ConstraintViolationException WAIT_PERIOD_ACTIVE": 4}
    assert outcome.organizations["old"].accounts == 1 + 4 + 3
    assert outcome.organizations["new"].accounts == 1
    assert outcome.handshakes["INVITE"] == {"ACCEPTED": 3, "OPEN": 4}


async def test_old_enough_to_leave() -> None:
    """Four days after their creation accounts may move."""
    outcome = await play(
        *(TWO, population("made", "created", 4), step("create_accounts", population="made", **OLD)),
        *(step("invite", population="made", at_day=4, **NEW), WAIT),
    )
    assert (outcome.refused, outcome.organizations["new"].accounts) == ({}, 5)


async def test_each_migrates_by_itself() -> None:
    """Two migrations at the same time do not know of each other: one is finalized, one is not."""
    outcome = await play(
        '[organizations.a]\n[organizations.b]\nmanagement_account = "222222222222"',
        population("yes", "invited", 3, migration={"delay": after(3)}),
        population("no", "invited", 2, migration={"decline": 1, "delay": after(3)}),
        *(step("invite", population="yes", organization="a"), step("invite", population="no", organization="b"), WAIT),
        *(step("enable_all_features", organization=name) for name in "ab"),
        WAIT,
        step("remove_declined", organization="a"),
        *(step("finalize", organization=name) for name in "ab"),
    )
    assert [each.feature_set for each in outcome.organizations.values()] == ["ALL", "CONSOLIDATED_BILLING"]
    assert [each.migration_hours for each in outcome.organizations.values()] == [72, None]
    assert [each.accounts for each in outcome.organizations.values()] == [4, 3]
    assert outcome.figure("all_features_share") == 0.5
    assert outcome.refused == {"InvalidHandshakeTransitionException": 1}


async def test_two_organizations_create_one_population() -> None:
    """The accounts of a population that one organization did not create are created by the next."""
    quota = "[quotas]\naccounts = 4\n"
    outcome = await play(
        *(TWO, quota, population("made", "created", 5)),
        *(step("create_accounts", population="made", **which) for which in (OLD, NEW)),
    )
    assert {name: each.accounts for name, each in outcome.organizations.items()} == {"old": 4, "new": 3}
    assert outcome.refused == {"ConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED": 2}


async def test_an_organization_that_is_deleted() -> None:
    """A step may delete an organization: the outcome says so, and what is asked of it later is refused."""
    outcome = await play(
        *(TWO, population("p", "invited", 1), step("DeleteOrganization", **OLD), step("invite", population="p", **OLD)),
    )
    old = outcome.organizations["old"]
    assert (old.feature_set, old.accounts, outcome.feature_set) == ("DELETED", 0, "DELETED")
    assert outcome.refused == {"AWSOrganizationsNotInUseException": 1}
    assert outcome.figure("all_features_share") == 0
    assert outcome.figure("members") == 1


async def test_management_account_among_the_numbers() -> None:
    """The management account is not invited into its own organization, whatever its number."""
    outcome = await play(
        '[organizations.o]\nmanagement_account = "200000000003"',
        *(population("p", "invited", 10), step("invite", population="p"), WAIT),
    )
    assert (outcome.accounts, outcome.refused) == (11, {})


async def test_names_that_are_no_addresses() -> None:
    """A population's name may be anything, and differ from another in nothing but signs: all accounts are created."""
    names = ["Zürich (Büro)", "zurich", "Zurich", "ZURICH!", "???", "é" * 90, "a-1", "a", "zurich-2"]
    outcome, envelopes = await recorded(
        *(f'[populations."{name}"]\norigin = "created"\ncount = 2\n' for name in names),
        *(step("create_accounts", population=name) for name in names),
    )
    assert outcome.account_creations == {"SUCCEEDED": 18}
    requested = [each.event for each in envelopes if isinstance(each.event, AccountCreationRequested)]
    assert all(len(each.email) <= 64 and len(each.name) <= 50 for each in requested)
