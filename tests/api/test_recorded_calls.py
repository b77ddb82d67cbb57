"""Calls that changed nothing, as the log of a world has them: which, with what, and that they change nothing else."""

from collections.abc import AsyncGenerator, Sequence
from contextlib import asynccontextmanager
from pathlib import Path
from typing import Any

import anyio
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from msgspec.structs import replace as replaced
from support.compare_state import whole

from orgsim.api import Client, ConnectionDropped, PacedClock, Refused, Settings, Simulation
from orgsim.engine.errors import TooManyRequestsException
from orgsim.engine.events import CallRecorded, WorldCreated
from orgsim.engine.events.envelope import encode_envelope
from orgsim.engine.log import MemoryLog
from orgsim.engine.runtime.driver import jump_to
from orgsim.engine.settings import HOUR, Record

FOUNDER, MEMBER = "111111111111", "222222222222"


async def recorded(sim: Simulation) -> list[Any]:
    """The recorded calls in the log of a world."""
    await sim.engine.flush()
    return [envelope async for envelope in sim.events() if isinstance(envelope.event, CallRecorded)]


async def some_calls(org: Client) -> None:
    """Two writes, one of which is refused, and two questions, one of which is refused."""
    await org.create_organization()
    with pytest.raises(Refused):
        await org.leave_organization()
    await org.list_accounts(max_results=5)
    with pytest.raises(Refused):
        await org.describe_account(account_id="999999999999")


@pytest.mark.parametrize(
    ("record", "operations"),
    [
        ("changes", []),
        ("writes", ["LeaveOrganization"]),
        ("all", ["LeaveOrganization", "ListAccounts", "DescribeAccount"]),
    ],
)
@pytest.mark.parametrize("in_file", [False, True])
async def test_which_calls_are_recorded(record: Record, operations: list[str], in_file: bool, tmp_path: Path) -> None:
    """``changes`` records no call, ``writes`` refused writes, ``all`` what was asked too; in memory and in a file."""
    async with Simulation(tmp_path / "world.db" if in_file else None, settings=Settings(record=record)) as sim:
        await some_calls(sim.client(FOUNDER, "Admin"))
        calls = await recorded(sim)
        assert [call.event.operation for call in calls] == operations
        assert {(call.account, call.principal, call.operation) for call in calls} <= {(FOUNDER, "Admin", "RecordCall")}
        if record == "all":
            left, listed, described = (call.event for call in calls)
            assert (left.code, left.reason) == ("MasterCannotLeaveOrganizationException", None)
            assert left.message
            assert FOUNDER in left.explanation
            assert (listed.members, listed.code) == ({"MaxResults": 5}, None)
            assert described.code == "AccountNotFoundException"


async def test_a_refused_write_is_durable_when_it_is_refused(tmp_path: Path) -> None:
    """When the exception arrives, the record is in the file, and the exception says where."""
    async with Simulation(tmp_path / "world.db", settings=Settings(record="writes")) as sim:
        with pytest.raises(Refused) as caught:
            await sim.client(MEMBER).leave_organization()
        assert caught.value.recorded_at == sim.engine.log.head == sim.engine.durable == 2


async def test_questions_do_not_wait_for_their_record(tmp_path: Path) -> None:
    """What has read is answered before the record is durable, and the next question does not wait for it either."""
    async with Simulation(tmp_path / "world.db", settings=Settings(record="all")) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        before = sim.engine.durable
        for _ in range(3):
            await org.list_accounts()
        assert (sim.engine.durable, sim.engine.state.position) == (before, before + 3)
        await sim.engine.flush()
        assert sim.engine.log.head == before + 3


async def test_a_write_that_changes_nothing_is_recorded_with_all() -> None:
    """A write that is answered though nothing was to be done leaves no event of its own; ``all`` has it."""
    async with Simulation(settings=Settings(record="all")) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        for _ in range(2):
            await org.enable_aws_service_access(service_principal="config.amazonaws.com")
        (call,) = await recorded(sim)
        assert call.event == CallRecorded("EnableAWSServiceAccess", {"ServicePrincipal": "config.amazonaws.com"})


async def test_throttled_and_faulty_calls() -> None:
    """Writes that AWS's rates or a scripted fault refuse are recorded as others; one without an answer is not."""
    async with Simulation(settings=Settings(record="writes")) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        sim.faults.throttle("LeaveOrganization", times=1)
        sim.faults.drop("LeaveOrganization", times=1)
        with pytest.raises(TooManyRequestsException):
            await org.leave_organization()
        with pytest.raises(ConnectionDropped):
            await org.leave_organization()
        (call,) = await recorded(sim)
        assert call.event.code == "TooManyRequestsException"
    async with Simulation(settings=Settings(record="writes", throttle="aws")) as sim:
        org, refused = sim.client(FOUNDER), 0
        for _ in range(10):
            try:
                await org.leave_organization()
            except Refused:
                refused += 1
        assert len(await recorded(sim)) == refused == 10


async def test_malformed_members_are_recorded_as_they_were() -> None:
    """A write whose members cannot be read is refused and recorded with them, whatever they are."""
    async with Simulation(settings=Settings(record="writes")) as sim:
        members: dict[str, Any] = {"AccountId": b"1", "Name": "\ud800", "More": [object()] * 2}
        for operation in ("CloseAccount", "TagResource"):
            with pytest.raises(Refused):
                await sim.client(FOUNDER).call_at(operation, members)
        first, second = await recorded(sim)
        kept = {"AccountId": "<bytes>", "Name": "\\ud800", "More": ["<object>", "<object>"]}
        assert first.event.members == second.event.members == kept


async def test_threads_record_into_one_log() -> None:
    """Threads that are refused at once in a world in memory leave one record each."""
    with Simulation(settings=Settings(record="writes")) as sim:

        def leave() -> None:
            for _ in range(20):
                with pytest.raises(Refused):
                    sim.sync.client(MEMBER).leave_organization()

        async with anyio.create_task_group() as tasks:
            for _ in range(4):
                tasks.start_soon(anyio.to_thread.run_sync, leave)
        assert len(await recorded(sim)) == 80


async def test_a_reopened_world_and_a_fork_go_on_recording(tmp_path: Path) -> None:
    """The setting is in the log: who opens it again, or forks it, records likewise; a snapshot keeps the count."""
    path = tmp_path / "world.db"
    async with Simulation(path, settings=Settings(record="writes")) as sim:
        with pytest.raises(Refused):
            await sim.client(MEMBER).leave_organization()
    async with Simulation(path) as sim, await sim.fork() as fork:
        assert sim.engine.state.recorded_calls == 1
        for world in (sim, fork):
            with pytest.raises(Refused):
                await world.client(MEMBER).leave_organization()
            assert len(await recorded(world)) == 2


async def refused_at_a_moment_of_its_own(record: Record) -> tuple[list[str], str]:
    """The events of a world in which time passes before a refused call and then stands still, and a later id."""
    async with Simulation(seed=7, settings=Settings(record=record)) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        # As in the fork of a world whose clock runs: the clock is ahead of the last event.
        await jump_to(sim.engine, sim.engine.now + HOUR)
        with pytest.raises(Refused):
            await sim.client(MEMBER).leave_organization()
        await sim.advance_to(sim.now)
        invited = await org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
        await sim.engine.flush()
        stripped = await without_recorded(sim)
        async with Simulation(stripped) as again:
            assert (again.now, again.engine.state.changed_at) == (sim.now, sim.engine.state.changed_at)
            return [envelope.type async for envelope in again.events()], invited.handshake.id


async def test_time_that_a_recorded_call_has_seen_passes_as_any_other() -> None:
    """TimeAdvanced stands in the log though a recorded call has its time, so that ids are those without recording."""
    silent, recorded = [await refused_at_a_moment_of_its_own(record) for record in ("changes", "writes")]
    assert "TimeAdvanced" in silent[0]
    assert recorded == silent


async def test_a_running_clocks_fork_records_time_that_passed() -> None:
    """In a fork, which stands at the time of its world's clock, a refused call does not hide that time has passed."""
    async with Simulation(clock=PacedClock(1_000_000), settings=Settings(record="writes")) as sim:
        await sim.client(FOUNDER).create_organization()
        await sim.sleep(seconds=1)
        async with await sim.fork() as fork:
            with pytest.raises(Refused):
                await fork.client(MEMBER).leave_organization()
            await fork.advance(seconds=0)
            assert [envelope.type async for envelope in fork.events()][-2:] == ["CallRecorded", "TimeAdvanced"]


CALLS: list[tuple[str, dict[str, Any]]] = [
    ("CreateOrganization", {}),
    ("CreateAccount", {"Email": "a@example.com", "AccountName": "A"}),
    ("InviteAccountToOrganization", {"Target": {"Type": "ACCOUNT", "Id": MEMBER}}),
    ("EnableAllFeatures", {}),
    ("LeaveOrganization", {}),
    ("ListAccounts", {"MaxResults": 1}),
    ("ListCreateAccountStatus", {}),
    ("DescribeOrganization", {}),
    ("CreatePolicy", {"Name": "P", "Type": "SERVICE_CONTROL_POLICY", "Description": "", "Content": "{"}),
]
ACTIONS = st.one_of(
    st.tuples(st.sampled_from([FOUNDER, MEMBER]), st.sampled_from(CALLS)),
    st.sampled_from([1.0, 40.0, 86_400.0 * 5, 86_400.0 * 16]),
)


@asynccontextmanager
async def played(actions: Sequence[Any], world: Settings) -> AsyncGenerator[tuple[Simulation, list[str]]]:
    """A world in which actions were done: calls, and moves of the clock; with what was answered, tokens aside."""
    async with Simulation(seed=7, settings=world) as sim:
        answers: list[str] = []
        for action in actions:
            if isinstance(action, float):
                await sim.advance(seconds=action)
                continue
            account, (operation, members) = action
            try:
                reply: Any = await sim.client(account).call(operation, members)
            except Refused as refusal:
                answers.append(str(refusal))
            else:
                answers.append(repr(reply).replace(repr(getattr(reply, "next_token", None)), ""))
        await sim.engine.flush()
        yield sim, answers


async def without_recorded(sim: Simulation) -> MemoryLog:
    """The log of a world as it would be without its recorded calls: renumbered, and with another setting."""
    numbers, log = dict[int, int](), MemoryLog()
    async for envelope in sim.events():
        if isinstance(envelope.event, CallRecorded):
            continue
        numbers[envelope.position] = number = len(numbers) + 1
        event: Any = envelope.event
        if isinstance(event, WorldCreated):
            event = WorldCreated(event.seed, replaced(event.settings, record="changes"))
        renumbered = replaced(envelope, position=number, event=event, command=numbers[envelope.command])
        await log.append(log.head, [encode_envelope(renumbered)])
    return log


WORLDS = [
    Settings(),
    Settings(latency="realistic", throttle="aws"),
    Settings(latency="stepwise", read_lag_seconds=90, write_conflict_seconds=30),
]


@given(st.sampled_from(WORLDS), st.sampled_from(["writes", "all"]), st.lists(ACTIONS, max_size=25))
@settings(max_examples=60, deadline=None)
def test_recording_changes_nothing_else(world: Settings, record: Record, actions: list[Any]) -> None:
    """A log without its recorded calls is, byte for byte, the log of a world that records none; so are the answers."""

    async def compare() -> None:
        async with (
            played(actions, world) as (silent, said),
            played(actions, replaced(world, record=record)) as (recording, said_too),
        ):
            stripped = await without_recorded(recording)
            assert said == said_too
            assert stripped.digest == silent.engine.log.digest
            async with Simulation(stripped) as again:
                assert whole(again.engine.state) == whole(silent.engine.state)
                assert whole(again.views.all) == whole(silent.views.all)

    anyio.run(compare)
