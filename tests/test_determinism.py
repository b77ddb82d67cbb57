"""One script, one seed: the same bytes on every log and event loop, in one run or with a restart before any step.

The last part guards the guard: it plants the five mistakes that are easy to make here, one at a time, and sees that the
restarts show each of them while a run without restarts does not.
"""

import heapq
import random
from collections.abc import Awaitable, Callable
from contextlib import suppress
from datetime import UTC, datetime
from hashlib import blake2b
from itertools import pairwise
from pathlib import Path
from typing import Any, NamedTuple

import anyio
import msgspec
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st
from support.campaign import CAMPAIGN, examples
from support.compare_state import whole

from orgsim.api import Simulation
from orgsim.engine.errors import Refused
from orgsim.engine.events.envelope import decode_envelope
from orgsim.engine.ids import IdSource
from orgsim.engine.log import EventLog, MemoryLog
from orgsim.engine.log import snapshots as snapshots_module
from orgsim.engine.log.snapshots import Snapshots
from orgsim.engine.operations import advance_time, expire_handshake, purge_handshake
from orgsim.engine.runtime import engine as engine_module
from orgsim.engine.runtime.clock import SimulatedClock
from orgsim.engine.runtime.engine import Engine
from orgsim.engine.settings import Settings
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.state.timers import Timers

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

Ids = dict[str, str]
"""What a client keeps of the answers, restart or not."""

Step = Callable[[Simulation, Ids], Awaitable[None]]

MANAGER, MEMBER = "111111111111", "222222222222"
IGNORING = ["333333333333", "444444444444", "555555555555", "666666666666"]
LATE = "777777777777"
LIVE = HandshakeState.OPEN


def invite(account: str) -> Step:
    """The manager invites the account."""

    async def step(sim: Simulation, ids: Ids) -> None:
        reply = await sim.client(MANAGER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
        ids[account] = reply.handshake.id

    return step


def accept(account: str, name: str) -> Step:
    """The account accepts the handshake that was kept under the name."""

    async def step(sim: Simulation, ids: Ids) -> None:
        await sim.client(account).accept_handshake(handshake_id=ids[name])

    return step


def advance(**duration: float) -> Step:
    """Time passes."""

    async def step(sim: Simulation, ids: Ids) -> None:
        await sim.advance(**duration)

    return step


def create_account(name: str) -> Step:
    """The manager has an account made, which takes its time."""

    async def step(sim: Simulation, ids: Ids) -> None:
        reply = await sim.client(MANAGER).create_account(email=f"{name}@made.example", account_name=name)
        ids[name] = reply.create_account_status.id

    return step


def close(account: str) -> Step:
    """The manager closes the account, which takes some minutes, and ninety days later it is gone."""

    async def step(sim: Simulation, ids: Ids) -> None:
        await sim.client(MANAGER).close_account(account_id=account)

    return step


def offer_transfer(year: int, month: int) -> Step:
    """The manager offers to pay another's bills from then on; nobody answers."""

    async def step(sim: Simulation, ids: Ids) -> None:
        await sim.client(MANAGER).invite_organization_to_transfer_responsibility(
            type="BILLING",
            target={"Type": "ACCOUNT", "Id": LATE},
            start_timestamp=datetime(year, month, 1, tzinfo=UTC),
            source_name="Subsidiary",
        )

    return step


async def plant_tree(sim: Simulation, ids: Ids) -> None:
    org = sim.client(MANAGER)
    ids["root"] = (await org.list_roots()).roots[0].id
    made = await org.create_organizational_unit(parent_id=ids["root"], name="Unit", tags=[{"Key": "a", "Value": "b"}])
    ids["unit"] = made.organizational_unit.id
    await org.move_account(account_id=MEMBER, source_parent_id=ids["root"], destination_parent_id=ids["unit"])


async def attach_policy(sim: Simulation, ids: Ids) -> None:
    org = sim.client(MANAGER)
    await org.enable_policy_type(root_id=ids["root"], policy_type="TAG_POLICY")
    made = await org.create_policy(content='{"tags":{}}', description="", name="Tags", type="TAG_POLICY")
    ids["policy"] = made.policy.policy_summary.id
    await org.attach_policy(policy_id=ids["policy"], target_id=ids["unit"])


async def detach_policy(sim: Simulation, ids: Ids) -> None:
    await sim.client(MANAGER).detach_policy(policy_id=ids["policy"], target_id=ids["unit"])


async def create_organization(sim: Simulation, ids: Ids) -> None:
    await sim.client(MANAGER).create_organization(feature_set="CONSOLIDATED_BILLING")


async def enable_all_features(sim: Simulation, ids: Ids) -> None:
    ids["parent"] = (await sim.client(MANAGER).enable_all_features()).handshake.id
    received = (await sim.client(MEMBER).list_handshakes_for_account()).handshakes
    ids["child"] = next(handshake.id for handshake in received if handshake.action == "APPROVE_ALL_FEATURES")


async def be_refused(sim: Simulation, ids: Ids) -> None:
    with pytest.raises(Refused):
        await sim.client(MANAGER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})


async def script_faults(sim: Simulation, ids: Ids) -> None:
    """What happens from here on to which calls is drawn from seed and count; reads lag, and creations fail."""
    sim.faults.throttle("ListAccounts", share=0.5, after_calls=1, times=3)
    sim.faults.lag("ListRoots", duration="1h")
    sim.faults.fail_creation("INTERNAL_FAILURE", times=1)


async def go_wrong(sim: Simulation, ids: Ids) -> None:
    """A call that a fault may meet, and one that is answered from before."""
    with suppress(Refused):
        await sim.client(MANAGER).list_accounts()
    await sim.client(MANAGER).list_roots()


async def read(sim: Simulation, ids: Ids) -> None:
    await sim.client(MANAGER).list_accounts()


SCRIPT: list[Step] = [
    create_organization,
    invite(MEMBER),
    advance(hours=1),
    accept(MEMBER, MEMBER),
    enable_all_features,
    be_refused,
    advance(days=2),
    accept(MEMBER, "child"),
    accept(MANAGER, "parent"),
    plant_tree,
    attach_policy,
    advance(hours=1 / 3600),
    # The publication, which was a few seconds away, is put off.
    detach_policy,
    close(MEMBER),
    # It happens, and the closure is still pending.
    advance(hours=40 / 3600),
    *(invite(account) for account in IGNORING),
    be_refused,
    # A quiet stretch: nothing is due.
    advance(days=3),
    create_account("first"),
    create_account("second"),
    read,
    # Both creations finish on the way.
    advance(hours=1),
    be_refused,
    create_account("third"),
    offer_transfer(2026, 2),
    # Four invitations expire at one moment.
    advance(days=14),
    read,
    advance(hours=0.5),
    # The old handshakes disappear.
    advance(days=40),
    be_refused,
    # The account that was closed is gone.
    advance(days=40),
    script_faults,
    *[go_wrong] * 6,
    create_account("failed"),
    advance(hours=1),
    invite(LATE),
    create_account("last"),
    advance(hours=0.0001),
]
"""It ends with an invitation that is open and an account creation that is in progress."""


class Outcome(NamedTuple):
    """All that has to be the same."""

    records: list[bytes]
    state: bytes
    views: Any
    now: Any


async def play(log: str | EventLog, restarts: set[int], seed: int = 7) -> Outcome:
    """Play the script; the simulation is closed and opened again before each step whose index is in ``restarts``."""
    ids: Ids = {}
    edges = [0, *sorted(restarts), len(SCRIPT)]
    for first, last in pairwise(edges):
        async with Simulation(log, seed=seed, settings=Settings(latency="realistic"), durability="off") as sim:
            for step in SCRIPT[first:last]:
                await step(sim, ids)
            records = await sim.engine.log.read(0, sim.engine.log.head)
            state = msgspec.msgpack.encode(sim.engine.state, enc_hook=list)
            outcome = Outcome(records, state, whole(sim.views), sim.now)
    return outcome


@pytest.fixture(params=["memory", "sqlite", "snapshots"])
def new_log(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Callable[[], str | EventLog]:
    """Something that gives another empty log each time; with ``snapshots`` each restart begins from one."""
    if request.param == "snapshots":
        monkeypatch.setattr(snapshots_module, "MIN_GROWTH", 1)
    paths = (str(tmp_path / f"{number}.db") for number in range(1_000))
    return MemoryLog if request.param == "memory" else lambda: next(paths)


async def test_script_passes_what_it_has_to_pass() -> None:
    """The script crosses quiet time and fired timers of every kind, and ends with timers open."""
    log = MemoryLog()
    outcome = await play(log, set())
    happened = {type(decode_envelope(record).event).__name__ for record in outcome.records}
    assert {
        "TimeAdvanced",
        "HandshakeExpired",
        "HandshakePurged",
        "AccountCreationSucceeded",
        "AccountCreationFailed",
        "AccountClosed",
        "AccountDeparted",
        "EffectivePoliciesPublished",
        "ResponsibilityTransferEnded",
        "ResponsibilityTransferPurged",
        "FaultInjected",
        "FaultPassedOver",
    } <= happened
    async with Simulation(log) as sim:
        assert len(sim.engine.state.timers.invitations) == 1
        assert len(sim.engine.state.timers.appointments) == 1


async def test_restart_before_any_one_step_changes_nothing(
    new_log: Callable[[], str | EventLog], anyio_backend: str
) -> None:
    """Log, state and clock are the same to the byte, whichever step the world was restarted before."""
    uninterrupted = await play(new_log(), set())
    # Restarts are the same code on both event loops and for every log: every third step of most will do.
    every = CAMPAIGN or (anyio_backend == "asyncio" and new_log is MemoryLog)
    for step in range(0, len(SCRIPT) + 1, 1 if every else 3):
        restarted = await play(new_log(), {step})
        assert restarted.records == uninterrupted.records, step
        assert restarted.state == uninterrupted.state, step
        assert restarted.views == uninterrupted.views, step
        assert restarted.now == uninterrupted.now, step


@settings(
    derandomize=True,
    deadline=None,
    max_examples=examples(4),
    suppress_health_check=[HealthCheck.function_scoped_fixture],
)
@given(restarts=st.sets(st.integers(1, len(SCRIPT) - 1), min_size=2))
async def test_several_restarts_change_nothing(new_log: Callable[[], str | EventLog], restarts: set[int]) -> None:
    """A world that is restarted any number of times ends as one that was never restarted."""
    assert await play(new_log(), restarts) == await play(new_log(), set())


async def test_restart_before_every_step_changes_nothing(new_log: Callable[[], str | EventLog]) -> None:
    """A world that is restarted before each of the steps ends as one that was never restarted."""
    assert await play(new_log(), set(range(1, len(SCRIPT)))) == await play(new_log(), set())


def test_event_loop_and_log_change_nothing(tmp_path: Path) -> None:
    """One seed gives one digest on asyncio and trio, in memory and in SQLite."""

    async def digest(log: str | EventLog) -> bytes:
        await play(log, set())
        async with Simulation(log) as sim:
            return sim.engine.log.digest

    digests = {
        anyio.run(digest, log, backend=backend)
        for backend in ("asyncio", "trio")
        for log in (MemoryLog(), str(tmp_path / f"{backend}.db"))
    }
    assert len(digests) == 1


async def test_another_seed_gives_another_log() -> None:
    """The seed is in the digest, and in every id."""
    one, other = MemoryLog(), MemoryLog()
    first, second = await play(one, set(), seed=7), await play(other, set(), seed=8)
    assert one.digest != other.digest
    assert first.state != second.state


async def test_reopened_world_keeps_its_seed() -> None:
    """A log that is opened again without a seed goes on with the seed that it began with."""
    log, same = MemoryLog(), MemoryLog()
    async with Simulation(log, seed=7) as sim:
        await sim.client(f"{0:012}").create_organization()
    async with Simulation(log) as sim:
        await sim.client(f"{1:012}").create_organization()
    async with Simulation(same, seed=7) as sim:
        for number in range(2):
            await sim.client(f"{number:012}").create_organization()
    assert log.digest == same.digest


# The five mistakes, each planted in a form in which somebody might make it.

Plant = Callable[[pytest.MonkeyPatch], None]


def firing_loop_pops(queue_name: str, request_type: type[Any]) -> Plant:
    """(a) The loop that fires timers takes the one at the head out of its queue; evolve, which replays, does not."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        due_request, trim_ended = engine_module.due_request, Timers.trim_ended

        def popping(timers: Timers) -> msgspec.Struct:
            due, request = timers.next_due, due_request(timers)
            queue = getattr(timers, queue_name)
            at = timers.next_purge if queue_name == "purges" else queue and queue[0].requested.expires_at
            if isinstance(request, request_type) and at == due:
                queue.popleft()
            timers._update_next_due()
            return request

        def trim_answered(timers: Timers, queue: Any) -> None:
            if not (queue and queue[0].state is HandshakeState.EXPIRED):
                trim_ended(timers, queue)

        monkeypatch.setattr(engine_module, "due_request", popping)
        if queue_name == "purges":
            monkeypatch.setattr(Timers, "clear_purge", lambda timers: None)
        else:
            monkeypatch.setattr(Timers, "trim_ended", trim_answered)

    return plant


def appointment_pops(operation: str) -> Plant:
    """(a), for appointments: the loop takes this kind out of the heap, and evolve does not."""

    def plant(monkeypatch: pytest.MonkeyPatch) -> None:
        due_request, clear_appointment = engine_module.due_request, Timers.clear_appointment

        def popping(timers: Timers) -> msgspec.Struct:
            request = due_request(timers)
            subject = next(iter(msgspec.structs.asdict(request).values()))
            if timers.appointments and timers.appointments[0][3:] == (operation, subject):
                heapq.heappop(timers.appointments)
                timers._update_next_due()
            return request

        def clear_others(timers: Timers, cleared: str, subject: str) -> None:
            if cleared != operation:
                clear_appointment(timers, cleared, subject)

        monkeypatch.setattr(engine_module, "due_request", popping)
        monkeypatch.setattr(Timers, "clear_appointment", clear_others)

    return plant


def restarting_generator(monkeypatch: pytest.MonkeyPatch) -> None:
    """(b) Ids come from a generator that is seeded when the process starts."""

    class DrawnIds(IdSource):
        def __init__(self, seed: int) -> None:
            super().__init__(seed)
            self._random = random.Random(seed)

        def _number(self, kind: bytes, position: int) -> int:
            return self._random.getrandbits(128)

        def handshake(self, position: int) -> str:
            return f"h-{self._random.getrandbits(128):032x}"

    monkeypatch.setattr(engine_module, "IdSource", DrawnIds)


def forgotten_clock_reading(monkeypatch: pytest.MonkeyPatch) -> None:
    """(c) The time is the clock's alone, and nobody sets the clock when a world is taken up again."""
    monkeypatch.setattr(Engine, "now", property(lambda engine: engine.clock.now()))
    monkeypatch.setattr(SimulatedClock, "begin", lambda clock, moment: None)


def forgotten_quiet_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """(d) That time passed is not recorded when nothing else happened."""
    decisions: Any = engine_module.DECIDE
    monkeypatch.setitem(decisions, advance_time.Request, ("AdvanceTime", lambda request, state, stamp: []))


def ties_by_address(monkeypatch: pytest.MonkeyPatch) -> None:
    """(e) Of invitations that expire at one moment, the one at the lowest address goes first.

    Real addresses would make this test a gamble. These stand in for them: any order within a process, another after
    each restart.
    """
    process = 0
    due_request, rebuild = engine_module.due_request, Engine.rebuild

    async def counting(engine: Engine, snapshots: Snapshots | None = None) -> None:
        nonlocal process
        process = process + 1 if engine.log.head else 0
        await rebuild(engine, snapshots)

    def address(handshake: Any) -> bytes:
        return blake2b(f"{process} {handshake.requested.handshake}".encode()).digest()

    def lowest_first(timers: Timers) -> msgspec.Struct:
        request, due = due_request(timers), timers.next_due
        tied = [each for each in timers.invitations if each.requested.expires_at == due and each.state is LIVE]
        if isinstance(request, expire_handshake.Request) and tied:
            return expire_handshake.Request(min(tied, key=address).requested.handshake)
        return request

    monkeypatch.setattr(Engine, "rebuild", counting)
    monkeypatch.setattr(engine_module, "due_request", lowest_first)


MISTAKES = {
    "expiry popped outside evolve": firing_loop_pops("invitations", expire_handshake.Request),
    "purge popped outside evolve": firing_loop_pops("purges", purge_handshake.Request),
    "creation popped outside evolve": appointment_pops("FinishAccountCreation"),
    "closure popped outside evolve": appointment_pops("FinishAccountClosure"),
    "cleaning popped outside evolve": appointment_pops("CleanClosedAccount"),
    "transfer's expiry popped outside evolve": appointment_pops("ExpireHandshake"),
    "generator restarts": restarting_generator,
    "clock reading lost": forgotten_clock_reading,
    "quiet time lost": forgotten_quiet_time,
    "ties by address": ties_by_address,
}


async def found_by_restart(uninterrupted: Outcome, step: int) -> bool:
    """Whether a restart before the step ends differently, or not at all."""
    try:
        return await play(MemoryLog(), {step}) != uninterrupted
    except Exception:
        return True


@pytest.mark.parametrize("mistake", MISTAKES)
async def test_planted_mistake_is_found(mistake: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """The mistake passes in a run without restarts, and shows in a run with one."""
    MISTAKES[mistake](monkeypatch)
    uninterrupted = await play(MemoryLog(), set())
    assert await play(MemoryLog(), set()) == uninterrupted

    for step in range(1, len(SCRIPT)):
        if await found_by_restart(uninterrupted, step):
            return
    pytest.fail("no restart has shown the mistake")
