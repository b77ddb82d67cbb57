"""Throttling as a client meets it: ``Settings(throttle="aws")``."""

from datetime import timedelta
from pathlib import Path
from typing import Any

import pytest

from orgsim.api import Client, Settings, Simulation
from orgsim.engine.errors import HandshakeNotFoundException, InvalidInputException, Refused, TooManyRequestsException
from orgsim.engine.operation import SIMULATION, Caller
from orgsim.engine.operations import accept_handshake, create_organization, invite_account_to_organization
from orgsim.engine.runtime.engine import EngineStopped

FOUNDER, STRANGER = "111111111111", "999999999999"
MEMBERS = [f"2{number:011}" for number in range(10)]
NOBODYS_HANDSHAKE = "h-examplehandshakeid111"
AWS = Settings(throttle="aws")


async def outcomes(calls: int, client: Client, operation: str, **members: Any) -> list[str]:
    """Make so many calls and return their outcomes: ok, or the code of the refusal."""
    found: list[str] = []
    for _ in range(calls):
        try:
            await client.call(operation, members)
            found.append("ok")
        except Refused as refusal:
            found.append(refusal.code)
    return found


async def found_organization(sim: Simulation) -> None:
    """An organization with ten members, founded without going through the door."""
    founder = Caller(FOUNDER)
    await sim.engine.submit(create_organization.Request(), founder)
    for member in MEMBERS:
        target = invite_account_to_organization.Target("ACCOUNT", member)
        invitation: Any = await sim.engine.submit(invite_account_to_organization.Request(target), founder)
        await sim.engine.submit(accept_handshake.Request(invitation.handshake.id), Caller(member))


async def test_off() -> None:
    """Unless it is asked for, nobody is throttled."""
    async with Simulation() as sim:
        assert sim.engine.throttle is None
        org = sim.client(FOUNDER)
        await org.create_organization()
        assert await outcomes(50, org, "DescribeOrganization") == ["ok"] * 50


async def test_commands() -> None:
    """Three accounts can be created at once, then one every ten seconds; a refused call leaves no trace."""
    async with Simulation(settings=AWS) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        for number in range(3):
            await org.create_account(email=f"{number}@example.com", account_name="Made")
        for wait in (timedelta(), timedelta(seconds=9, milliseconds=999)):
            await sim.advance(wait)
            position = sim.engine.state.position
            with pytest.raises(TooManyRequestsException, match="You have sent too many requests in too short a period"):
                await org.create_account(email="3@example.com", account_name="Made")
            assert sim.engine.state.position == position
        await sim.advance(timedelta(milliseconds=1))
        await org.create_account(email="3@example.com", account_name="Made")


async def test_what_is_due_waits_for_an_admitted_call() -> None:
    """A call that is refused at the door does not even let happen what is due."""
    async with Simulation(settings=AWS) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        for number in range(3):
            await org.create_account(email=f"{number}@example.com", account_name="Made")
        position = sim.engine.state.position
        assert sim.engine.state.timers.next_due <= sim.engine.now
        with pytest.raises(TooManyRequestsException):
            await org.create_account(email="3@example.com", account_name="Made")
        assert sim.engine.state.position == position
        await org.describe_organization()
        assert sim.engine.state.position > position


async def test_reads() -> None:
    """Reads take tokens too, also those that are refused for another reason or cannot be read."""
    async with Simulation(settings=AWS) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        assert await outcomes(9, org, "ListParents", ChildId=FOUNDER) == ["ok"] * 8 + ["TooManyRequestsException"]
        with pytest.raises(InvalidInputException):
            await org.call("DescribeHandshake", {"HandshakeId": "no handshake"})
        with pytest.raises(HandshakeNotFoundException):
            await org.describe_handshake(handshake_id=NOBODYS_HANDSHAKE)
        with pytest.raises(TooManyRequestsException):
            await org.call("DescribeHandshake", {"HandshakeId": "no handshake"})


async def test_organization() -> None:
    """Ten of eleven accounts of one organization get an answer; the eleventh waits a sixth of a second."""
    async with Simulation(settings=AWS) as sim:
        await found_organization(sim)
        for account in MEMBERS:
            with pytest.raises(HandshakeNotFoundException):
                await sim.client(account).describe_handshake(handshake_id=NOBODYS_HANDSHAKE)
        founder = sim.client(FOUNDER)
        for microseconds in (0, 166_666):
            await sim.advance(timedelta(microseconds=microseconds))
            with pytest.raises(TooManyRequestsException):
                await founder.describe_handshake(handshake_id=NOBODYS_HANDSHAKE)
        await sim.advance(timedelta(microseconds=1))
        with pytest.raises(HandshakeNotFoundException):
            await founder.describe_handshake(handshake_id=NOBODYS_HANDSHAKE)


async def test_standalone_accounts() -> None:
    """Accounts without an organization share no bucket, and one that has left does not use its old one."""
    async with Simulation(settings=AWS) as sim:
        await found_organization(sim)
        for account in MEMBERS:
            assert await outcomes(1, sim.client(account), "DescribeHandshake", HandshakeId=NOBODYS_HANDSHAKE) == (
                ["HandshakeNotFoundException"]
            )
        leaver = sim.client(MEMBERS[0])
        assert await outcomes(1, leaver, "DescribeHandshake", HandshakeId=NOBODYS_HANDSHAKE) == (
            ["TooManyRequestsException"]
        )
        await leaver.leave_organization()
        for client in (leaver, *(sim.client(f"9{number:011}") for number in range(12))):
            assert await outcomes(1, client, "DescribeHandshake", HandshakeId=NOBODYS_HANDSHAKE) == (
                ["HandshakeNotFoundException"]
            )


async def test_leaving() -> None:
    """Five accounts can leave an organization at once; the next follows a fifth of a second later."""
    async with Simulation(settings=AWS) as sim:
        await found_organization(sim)
        for account in MEMBERS[:5]:
            await sim.client(account).leave_organization()
        with pytest.raises(TooManyRequestsException):
            await sim.client(MEMBERS[5]).leave_organization()
        await sim.advance(timedelta(milliseconds=200))
        await sim.client(MEMBERS[5]).leave_organization()


async def test_unlisted_operations() -> None:
    """Operations that AWS's table does not list are not limited."""
    async with Simulation(settings=AWS) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        refusal = "ResourcePolicyNotFoundException"
        assert await outcomes(50, org, "DescribeResourcePolicy") == [refusal] * 50


async def test_the_simulation_itself_is_not_throttled() -> None:
    """The door is for accounts: what the simulation does, and what is posted to the engine, passes."""
    async with Simulation(settings=AWS) as sim:
        await found_organization(sim)
        for _ in range(50):
            sim.engine.admit("CreateOrganization", SIMULATION)


async def test_a_reopened_world(tmp_path: Path) -> None:
    """The log keeps that calls are throttled, but no buckets: a world that is opened again begins with full ones."""
    for _ in range(2):
        async with Simulation(tmp_path / "world.db", settings=AWS) as sim:
            assert await outcomes(3, sim.client(STRANGER), "ListRoots") == (
                ["AWSOrganizationsNotInUseException"] * 2 + ["TooManyRequestsException"]
            )
    async with Simulation(tmp_path / "world.db") as sim:
        assert sim.engine.throttle is not None


async def test_a_closed_simulation() -> None:
    """A simulation that is closed says so, rather than that one should try again later."""
    async with Simulation(settings=AWS) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        with pytest.raises(TooManyRequestsException):
            await org.create_organization()
    with pytest.raises(EngineStopped):
        await org.create_organization()


def test_choices() -> None:
    """A throttle that does not exist is answered with the choices."""
    wrong: Any = "sometimes"
    with pytest.raises(
        ValueError, match=r"impossible settings: throttle: \"sometimes\" is not possible \(there are: off, aws\)"
    ):
        Simulation(settings=Settings(throttle=wrong))
