"""``sim.organization``: an organization with members is there, without a call for each of them."""

import re
from collections import Counter
from pathlib import Path
from typing import Any

import pytest
from support.soundness import check_state

from orgsim.api import Quotas, Settings, Simulation
from orgsim.engine.errors import AlreadyInOrganizationException, ConstraintViolationException


async def test_it_is_there() -> None:
    """Members, methods and OUs are as asked for, as AWS's reads tell; the state is sound."""
    async with Simulation() as sim:
        acme = await sim.organization(accounts=50, created=0.4, units={"Workloads/Prod": 7, "Sandbox": 3})
        check_state(sim.engine.state)
        org = sim.client(acme.management_account)
        assert (await org.describe_organization()).organization.id == acme.id
        members = sim.engine.state.organizations[acme.id].members
        assert list(members) == ["111111111111", *acme.accounts]
        assert Counter(str(each.joined_method) for each in members.values()) == {"INVITED": 31, "CREATED": 20}
        assert set(acme.units) == {"Workloads", "Workloads/Prod", "Sandbox"}
        prod = await org.list_accounts_for_parent(parent_id=acme.units["Workloads/Prod"])
        assert [each.id for each in prod.accounts] == list(acme.accounts[:7])
        assert not (await org.list_accounts_for_parent(parent_id=acme.units["Workloads"])).accounts


async def test_members_go_on_as_any() -> None:
    """Created members may leave when they are old enough; invited ones are asked for all features."""
    async with Simulation() as sim:
        acme = await sim.organization(accounts=4, created=0.5, feature_set="CONSOLIDATED_BILLING")
        created = [key for key, each in sim.engine.state.accounts.items() if str(each.joined_method) == "CREATED"]
        with pytest.raises(ConstraintViolationException):
            await sim.client(created[0]).leave_organization()
        await sim.advance(days=5)
        await sim.client(created[0]).leave_organization()
        await sim.client(acme.management_account).enable_all_features()
        asked = sim.engine.state.organizations[acme.id].migration
        assert asked
        assert set(asked.outstanding) == {*acme.accounts} - {*created}


async def test_populations_take_others_or_these() -> None:
    """Unused numbers are taken once: two organizations and a population share none."""
    async with Simulation() as sim:
        one = await sim.organization(accounts=3)
        two = await sim.organization(accounts=3, management_account="222222222222")

        async def nothing(me: Any) -> None:
            pass

        async with sim.population(3, nothing) as others:
            assert len({*one.accounts, *two.accounts, *others.accounts}) == 9
        three = await sim.organization(["333333333333"], management_account="444444444444")
        assert three.accounts == ("333333333333",)


async def test_same_bytes_in_a_file(tmp_path: Path) -> None:
    """In memory, in a file, and without await the log is the same, and it opens again."""
    digests = set[bytes]()
    for log in (None, tmp_path / "w.db"):
        async with Simulation(log, seed=3) as sim:
            await sim.organization(accounts=300, created=0.1, units={"a": 10, "a/b": 20})
            digests.add(sim.engine.log.digest)
    async with Simulation(tmp_path / "w.db") as sim:
        check_state(sim.engine.state)
        digests.add(sim.engine.log.digest)
    with Simulation(seed=3) as sim:
        made = sim.sync.organization(accounts=300, created=0.1, units={"a": 10, "a/b": 20})
        digests.add(sim.engine.log.digest)
    assert len(digests) == 1
    assert len(made.accounts) == 300


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        ({"accounts": -1}, "the number of accounts cannot be -1"),
        ({"accounts": 3, "units": {"a": 4}}, "the OUs have 4 accounts, and the organization has 3"),
        ({"accounts": 3, "units": {"a": -1}}, "the OUs have -1 accounts"),
        ({"accounts": 3, "units": {"a//b": 1}}, "the name of an OU has 1 to 128 characters, unlike one in 'a//b'"),
        ({"accounts": 3, "units": {"a/b/c": 1}}, "'a/b/c' is more than 2 levels below the root"),
        ({"accounts": 3, "units": {"a": 1, "b": 1, "c/d": 1}}, "4 OUs, and the quota is 3"),
        ({"accounts": 10}, "with the management account 11 accounts, and the quota is 10"),
        ({"accounts": 3, "created": 1.5}, "created is a share from 0 to 1, not 1.5"),
        ({"accounts": 3, "management_account": "1"}, "an account id is twelve digits, not '1'"),
        (
            {"accounts": ["222222222222", "111111111111"]},
            "111111111111 cannot be one of the members: it is the",
        ),
        ({"accounts": ["999999999999"]}, "999999999999 cannot be one of the members: it is in o-"),
        (
            {"accounts": ["222222222222"] * 2},
            "222222222222 is there twice",
        ),
        ({"accounts": 3, "feature_set": "SOME"}, "feature_set is one of ALL, CONSOLIDATED_BILLING, not 'SOME'"),
    ],
)
async def test_mistakes(arguments: dict[str, Any], message: str) -> None:
    """What cannot be is one clear error, and nothing is made."""
    quotas = Quotas(accounts=10, organizational_units=3, organizational_unit_depth=2)
    async with Simulation(settings=Settings(quotas=quotas)) as sim:
        await sim.client("999999999999").create_organization()
        position = sim.engine.state.position
        with pytest.raises(ValueError, match=re.escape(message)):
            await sim.organization(**arguments)
        assert sim.engine.state.position == position
        with pytest.raises(TypeError, match="units are the paths of OUs"):
            await sim.organization(1, units=3)  # pyright: ignore[reportArgumentType]
        for accounts in ("3200", True, 3.5, None):
            with pytest.raises(TypeError, match=r"accounts is how many members there are, .* not "):
                await sim.organization(accounts)  # pyright: ignore[reportArgumentType]
        with pytest.raises(AlreadyInOrganizationException) as refused:
            await sim.organization(1, management_account="999999999999")
        assert any("say another management_account" in note for note in refused.value.__notes__)
        assert sim.engine.state.position == position
