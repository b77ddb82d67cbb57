"""Organizations that are there when a run begins: their past is in the log, and figures are of the run alone."""

from collections import Counter
from collections.abc import AsyncGenerator
from datetime import timedelta
from itertools import pairwise
from typing import Any

import pytest
from support.play_scenario import after, figures, play, population, recorded, step, uniform
from support.soundness import check_state

from orgsim.api import Simulation
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import parse_scenario
from orgsim.engine.events import AccountJoined, OrganizationCreated
from orgsim.engine.log import MemoryLog
from orgsim.engine.settings import DAY
from orgsim.engine.words import JoinedMethod

DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
INITECH = f"""
start = 2026-03-02T09:00:00Z
[organizations.ours]
[organizations.initech]
management_account = "200000000003"
feature_set = "ALL"
accounts = 40
created = 0.25
age = {{ distribution = "uniform", from_days = 2, to_days = 90 }}
units = [{{ name = "Workloads", share = 0.5, units = [{{ name = "Prod", accounts = 8 }}] }}, {{ name = "Sandbox" }}]
[[organizations.initech.policies]]
name = "no-s3"
content = '''{DENY}'''
targets = ["/", "Workloads/Prod"]
"""
PROD = '[populations.prod]\norigin = "member"\nof = "initech"\nunit = "Workloads/Prod"\n'
REST = '[populations.rest]\norigin = "member"\nof = "initech"\ninvitation = { decline = 0 }\n'
WAIT = step("wait_for_answers")


async def world(*parts: str) -> Simulation:
    """The world that a run has left."""
    log = MemoryLog()
    await play(*parts, log=log)
    return Simulation(log)


async def test_as_if_it_had_been_so() -> None:
    """Members have joined at their ages, are in their OUs under their policies, and AWS's reads say so."""
    async with await world(INITECH, step("wait", days=1)) as sim:
        check_state(sim.engine.state)
        manager = sim.client("200000000003")
        accounts = [each async for each in pages(manager.list_accounts, "accounts")]
        assert len(accounts) == 41
        assert Counter(str(each.joined_method) for each in accounts) == {"INVITED": 31, "CREATED": 10}
        start = sim.now - timedelta(days=1)
        ages = [(start - each.joined_timestamp) / timedelta(days=1) for each in accounts if each.id != "200000000003"]
        assert all(age == round(age) and 2 <= age <= 90 for age in ages)
        assert len(set(ages)) > 20
        organization = sim.engine.state.organizations[accounts[0].arn.split("/")[1]]
        by_name = {unit.name: unit.accounts for unit in organization.units.by_id.values()}
        assert by_name == {"Root": 0, "Workloads": 20, "Prod": 8, "Sandbox": 0}
        (policy,) = organization.policies.by_id.values()
        assert {organization.units.by_id[target].name for target in policy.targets} == {"Root", "Prod"}
        founded = next(each for each in accounts if each.id == "200000000003")
        assert all(founded.joined_timestamp < each.joined_timestamp for each in accounts if each is not founded)


async def pages(operation: Any, name: str) -> AsyncGenerator[Any]:
    """The items on all pages of a list."""
    token = None
    while True:
        page = await operation(**({"next_token": token} if token else {}))
        for each in getattr(page, name):
            yield each
        token = page.next_token
        if not token:
            return


async def test_figures_begin_with_the_run() -> None:
    """What stood before counts as members, not as joined, created, called or recorded; time never goes back."""
    outcome, envelopes = await recorded(INITECH, step("wait", days=2))
    assert outcome.metrics["members"] == 42
    assert [outcome.metrics[name] for name in ("joined", "created", "commands", "departed")] == [0, 0, 1, 0]
    assert (outcome.virtual_days, outcome.metrics["virtual_days"]) == (2, 2)
    assert outcome.events < 10 < len(envelopes)
    assert {name: set(series) for name, series in outcome.timeline.members.items()} == {"ours": {1}, "initech": {41}}
    assert outcome.handshakes == {}
    assert all(before.time <= behind.time for before, behind in pairwise(envelopes))
    begin = int(outcome.start.timestamp() * 1_000_000)
    joined = [each for each in envelopes if isinstance(each.event, AccountJoined) and each.time < begin]
    assert len(joined) == 41
    assert max(each.time for each in joined) <= begin - 2 * DAY


async def test_members_answer_and_come_over() -> None:
    """Populations of members are invited by another organization; who was created too recently has to stay."""
    outcome = await play(
        INITECH.replace("from_days = 2", "from_days = 1").replace("to_days = 90", "to_days = 3"),
        *(PROD, REST, step("invite", organization="ours", population="rest"), WAIT),
        step("invite", organization="ours", population="prod"),
        WAIT,
    )
    # The created ones are one to three days old when they are asked, and must be four.
    assert outcome.organizations["ours"].accounts + outcome.organizations["initech"].accounts == 42
    assert outcome.figure("joined") == outcome.figure("departed") == outcome.organizations["ours"].accounts - 1
    assert set(outcome.refused) <= {"ConstraintViolationException WAIT_PERIOD_ACTIVE"}


async def test_a_migration_of_what_is_there() -> None:
    """Members that joined by invitation are asked for all features, created ones are not."""
    outcome = await play(
        "[organizations.o]\naccounts = 30\ncreated = 0.2",
        '[populations.all]\norigin = "member"\nmigration = { delay = { distribution = "fixed", days = 2 } }',
        *(step("enable_all_features"), WAIT, step("finalize")),
    )
    assert outcome.handshakes["APPROVE_ALL_FEATURES"] == {"ACCEPTED": 24}
    assert (outcome.feature_set, outcome.metrics["finalize_days"]) == ("ALL", 2)


async def test_new_accounts_beside_those_that_are_there() -> None:
    """Accounts that are invited or created in the run have other numbers and names than those that are there."""
    outcome, envelopes = await recorded(
        "[organizations.apps]\naccounts = 12\ncreated = 0.5",
        *(population("apps", "created", 3), population("new", "invited", 4)),
        *(step("create_accounts", population="apps"), step("invite", population="new"), WAIT),
    )
    assert (outcome.accounts, outcome.refused) == (20, {})
    joined = [each.event for each in envelopes if isinstance(each.event, AccountJoined)]
    assert len({each.account for each in joined}) == 20
    assert Counter(each.method for each in joined) == {JoinedMethod.CREATED: 9, JoinedMethod.INVITED: 11}


async def test_the_same_again() -> None:
    """The same scenario and seed give the same bytes, another seed other ages."""
    parts = INITECH + PROD + step("invite", organization="ours", population="prod") + WAIT
    first, second = [await play_scenario(parse_scenario(parts), MemoryLog()) for _ in "12"]
    assert figures(first) == figures(second)
    other = await play_scenario(parse_scenario(f"seed = 2\n{parts}"), MemoryLog())
    assert other.digest != first.digest


async def test_an_empty_organization_that_is_there() -> None:
    """An organization may have no members; it was founded at its age, and a day."""
    _, envelopes = await recorded("[organizations.o]\naccounts = 0\nage = { distribution = 'fixed', days = 9.2 }", WAIT)
    (founded,) = [each.time for each in envelopes if isinstance(each.event, OrganizationCreated)]
    assert envelopes[-1].time - founded == 11 * DAY


@pytest.mark.parametrize("share", [0.0, 0.1, 0.3, 1.0])
async def test_shares_are_exact(share: float) -> None:
    """A share of created accounts is that share of the whole, and of each OU as near as can be."""
    units = '[{ name = "a", accounts = 50 }, { name = "b", share = 0.3 }]'
    text = f"[organizations.o]\naccounts = 100\ncreated = {share}\nunits = {units}\n"
    async with await world(text, step("wait", days=1)) as sim:
        (organization,) = sim.engine.state.organizations.values()
        methods = {each.id: each.joined_method for each in organization.members.values()}
        names = {key: unit.name for key, unit in organization.units.by_id.items()}
        created = [account for account, method in methods.items() if method is JoinedMethod.CREATED]
        assert len(created) == round(share * 100)
        by_unit = Counter(names[organization.units.parent_of(account)] for account in created)
        assert abs(by_unit["a"] - share * 50) <= 1
        assert abs(by_unit["b"] - share * 30) <= 1


async def test_all_ages() -> None:
    """Ages have a fixed, uniform or lognormal distribution."""
    for age in (
        after(40),
        uniform(3, 5),
        {"distribution": "lognormal", "median_days": 9, "sigma": 1, "at_most_days": 99},
    ):
        text = "{ " + ", ".join(f"{key} = {value!r}" for key, value in age.items()) + " }"
        _, envelopes = await recorded(f"[organizations.o]\naccounts = 9\nage = {text}\n", step("wait", days=1))
        joined = [each.time for each in envelopes if isinstance(each.event, AccountJoined)]
        assert (envelopes[-1].time - joined[1]) / DAY <= 100


@pytest.mark.parametrize("cut", [1, 2, 30, 60, 100, 140])
async def test_an_interrupted_run(cut: int) -> None:
    """A run that was cut off, in its past or behind it, ends after its resumption as one that was not."""
    scenario = parse_scenario(INITECH + PROD + step("invite", organization="ours", population="prod") + WAIT)
    whole = MemoryLog()
    outcome = await play_scenario(scenario, whole)
    log = MemoryLog()
    await log.append(0, await whole.read(0, min(cut, whole.head - 1)))
    resumed = await play_scenario(scenario, log, resume=True)
    assert (resumed.digest, log.head) == (outcome.digest, whole.head)
    assert figures(resumed) == figures(outcome)
