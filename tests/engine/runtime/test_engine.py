"""The one writer: posting, group commit, durability before answers, back-pressure, and stopping for good."""

from collections.abc import Sequence
from typing import Any

import anyio
import anyio.lowlevel
import msgspec
import pytest
from support.watched_log import WatchedLog

from orgsim.api import Simulation
from orgsim.engine.errors import DuplicateHandshakeException, Refused
from orgsim.engine.events import AccountDescribed, AccountJoined, HandshakeRequested
from orgsim.engine.events.envelope import Envelope, decode_envelope
from orgsim.engine.log import EventLog, LogError, MemoryLog
from orgsim.engine.log.resumed import ResumedLog
from orgsim.engine.operation import SIMULATION, Caller
from orgsim.engine.operations import advance_time, create_account, create_organization, describe_account_outside
from orgsim.engine.operations import invite_account_to_organization as invite
from orgsim.engine.runtime import engine as engine_module
from orgsim.engine.runtime.clock import SimulatedClock
from orgsim.engine.runtime.driver import advance_by
from orgsim.engine.runtime.engine import BufferFull, Engine, EngineStopped
from orgsim.engine.runtime.running import running_engine
from orgsim.engine.settings import Settings
from orgsim.engine.words import FeatureSet

MANAGER = Caller("111111111111")
ORGANIZATION = create_organization.Request(FeatureSet.CONSOLIDATED_BILLING)


def description(number: int) -> describe_account_outside.Request:
    """A request that is never refused and gives one event."""
    return describe_account_outside.Request(f"{number:012}", name=f"account {number}")


def invitation(number: int) -> invite.Request:
    """The manager invites an account."""
    return invite.Request(invite.Target("ACCOUNT", f"{number:012}"))


def encoded(engine: Engine) -> bytes:
    """The state as bytes."""
    return msgspec.msgpack.encode(engine.state, enc_hook=list)


async def events_in(log: EventLog) -> list[Envelope]:
    """All that is in the log."""
    return [decode_envelope(record) for record in await log.read(0, 1_000_000)]


async def turns(number: int = 20) -> None:
    """Let other tasks have their turns."""
    for _ in range(number):
        await anyio.lowlevel.checkpoint()


def world(log: EventLog, *listeners: Any, **arguments: Any) -> Any:
    """An engine on the log."""
    return running_engine(log, clock=SimulatedClock(1_000_000), listeners=listeners, **arguments)


# Posting and submitting.


async def test_post_decides_at_once_and_writes_later() -> None:
    """When post returns, the state has changed and the log has not; after flush it has."""
    log = MemoryLog()
    async with world(log) as engine:
        events = engine.post(description(7), SIMULATION)
        assert isinstance(events[0], AccountDescribed)
        assert engine.state.accounts["000000000007"].name == "account 7"
        assert (log.head, engine.durable, engine.state.position) == (1, 1, 2)
        await engine.flush()
        assert (log.head, engine.durable, engine.state.position) == (2, 2, 2)


async def test_submit_answers_when_it_is_durable() -> None:
    """The answer of submit is AWS's, and its events are in the log by then."""
    log = MemoryLog()
    async with world(log) as engine:
        reply: Any = await engine.submit(ORGANIZATION, MANAGER)
        assert reply.organization.master_account_id == MANAGER.account
        assert log.head == engine.durable == 3


async def test_what_was_posted_is_written_on_leaving() -> None:
    """Leaving the world without a flush loses nothing."""
    log = MemoryLog()
    async with world(log) as engine:
        for number in range(100):
            engine.post(description(number), SIMULATION)
    assert log.head == 101


async def test_envelopes_name_the_call_behind_them() -> None:
    """Every event of a command carries its operation, its caller, and the position of the command's first event."""
    log = MemoryLog()
    async with world(log) as engine:
        await engine.submit(ORGANIZATION, Caller("111111111111", "user/alice"))
    first, second = (await events_in(log))[1:]
    for envelope in (first, second):
        cause = (envelope.operation, envelope.account, envelope.principal, envelope.command)
        assert cause == ("CreateOrganization", "111111111111", "user/alice", 2)
    assert (first.position, second.position) == (2, 3)


async def test_order_of_decisions_is_the_order_of_calls() -> None:
    """Concurrent submits stand in the log in the order in which they were called."""
    log, called = WatchedLog(), []
    async with world(log) as engine:
        await engine.submit(ORGANIZATION, MANAGER)

        async def call(number: int) -> None:
            called.append(f"{number:012}")
            await engine.submit(invitation(number), MANAGER)

        async with anyio.create_task_group() as tasks:
            for number in range(500):
                tasks.start_soon(call, number)
    events = [envelope.event for envelope in await events_in(log)]
    invited = [event.party for event in events if isinstance(event, HandshakeRequested)]
    assert invited == called


async def test_refusal_appends_nothing() -> None:
    """A refused command leaves log and state as they were, and the next command gets the ids it would have had."""
    log, other = MemoryLog(), MemoryLog()
    async with world(log) as engine:
        await engine.submit(ORGANIZATION, MANAGER)
        await engine.submit(invitation(1), MANAGER)
        before = encoded(engine)
        with pytest.raises(DuplicateHandshakeException):
            await engine.submit(invitation(1), MANAGER)
        with pytest.raises(Refused):
            engine.post(invitation(1), MANAGER)
        await engine.flush()
        assert encoded(engine) == before
        assert log.head == 4
        await engine.submit(invitation(2), MANAGER)
    async with world(other) as engine:
        for request in (ORGANIZATION, invitation(1), invitation(2)):
            await engine.submit(request, MANAGER)
    assert log.digest == other.digest


async def test_old_world_keeps_its_seed_and_settings() -> None:
    """Seed and settings given for a world that exists already are not heeded."""
    log = MemoryLog()
    settings = Settings(latency="realistic")
    async with running_engine(log, clock=SimulatedClock(), seed=7, settings=settings):
        pass
    async with running_engine(log, clock=SimulatedClock(), seed=8, settings=Settings()) as engine:
        assert engine.state.seed == 7
        assert engine.state.settings == settings
        assert log.head == 1


# Group commit.


async def test_concurrent_submits_share_transactions() -> None:
    """A thousand commands at once are a handful of appends, and every one is in the log."""
    log = WatchedLog()
    async with world(log) as engine:
        await engine.submit(ORGANIZATION, MANAGER)
        log.batches.clear()
        async with anyio.create_task_group() as tasks:
            for number in range(1_000):
                tasks.start_soon(engine.submit, invitation(number), MANAGER)
        assert sum(log.batches) == 1_000
        assert len(log.batches) <= 10


async def test_decisions_go_on_while_a_batch_is_written() -> None:
    """What is posted during an append is decided at once, and goes into the next append together."""
    log = WatchedLog()
    async with world(log) as engine:
        log.shut()
        log.batches.clear()
        engine.post(description(0), SIMULATION)
        await turns()
        for number in range(1, 300):
            engine.post(description(number), SIMULATION)
            await anyio.lowlevel.checkpoint()
        assert engine.state.position == 301
        assert engine.durable == 1
        log.gate.set()
        await engine.flush()
        assert log.batches == [1, 299]


# Durability before answers.


async def test_answer_waits_for_its_events() -> None:
    """While the log is writing no answer leaves; when it has written, the answer does."""
    log, answered = WatchedLog(), []
    async with world(log) as engine:
        log.shut()

        async def ask() -> None:
            answered.append(await engine.submit(ORGANIZATION, MANAGER))

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask)
            await turns()
            assert engine.state.organizations
            assert answered == []
            log.gate.set()
        assert len(answered) == 1


async def test_views_see_only_what_is_durable() -> None:
    """During an append the views show the world before it; a read waits for it and shows the world after it."""
    log, answers = WatchedLog(), []
    async with Simulation(log) as sim:
        org = sim.client("111111111111")
        await org.create_organization()

        async def ask() -> None:
            answers.append(await org.list_handshakes_for_organization())

        log.shut()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(sim.engine.submit, invitation(7), MANAGER)
            await turns()
            tasks.start_soon(ask)
            await turns()
            assert sim.engine.state.handshakes
            assert sim.views.position == 3
            assert answers == []
            assert [envelope.type async for envelope in sim.events(after=3)] == []
            log.gate.set()
        assert [len(answer.handshakes) for answer in answers] == [1]
        assert sim.views.position == 4
        assert [envelope.type async for envelope in sim.events(after=3)] == ["HandshakeRequested"]


async def test_listeners_get_each_event_once_in_order() -> None:
    """Listeners get the old events first, then each batch when it is durable; nothing twice, nothing left out."""
    log, seen = WatchedLog(), []

    def listen(envelopes: Sequence[Envelope]) -> None:
        seen.extend((envelope.position, log.head >= envelope.position) for envelope in envelopes)

    for _ in range(2):
        seen.clear()
        async with world(log, listen) as engine:
            for number in range(1_000):
                engine.post(description(number), SIMULATION)
                if number % 100 == 0:
                    await anyio.lowlevel.checkpoint()
        assert seen == [(position, True) for position in range(1, log.head + 1)]
    assert log.head == 2_001


async def test_what_fell_due_is_seen_by_the_next_read() -> None:
    """A refusal leaves, and a read is answered, after what had fallen due before the command is durable."""
    log = WatchedLog()
    async with Simulation(log) as sim:
        org = sim.client("111111111111")
        await org.create_organization()
        request = create_account.Request("first@made.example", "first")
        created: Any = await sim.engine.submit(request, MANAGER)
        log.shut()
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(open_later, log)
            with pytest.raises(Refused):
                await org.create_organization()
            assert log.gate.is_set()
            assert not sim.engine.state.creations
            status = await org.describe_create_account_status(
                create_account_request_id=created.create_account_status.id
            )
        assert status.create_account_status.state == "SUCCEEDED"


async def open_later(log: WatchedLog) -> None:
    """Open the gate when everybody else has had turns enough to run into it."""
    await turns()
    log.gate.set()


# Back-pressure.


async def test_buffer_has_a_limit() -> None:
    """Posting without ever waiting ends in BufferFull, which appends nothing; after room it goes on."""
    log = MemoryLog()
    async with world(log, buffer_limit=10) as engine:
        for number in range(10):
            engine.post(description(number), SIMULATION)
        before = encoded(engine)
        with pytest.raises(BufferFull, match="room"):
            engine.post(description(10), SIMULATION)
        assert encoded(engine) == before
        await engine.room()
        engine.post(description(10), SIMULATION)
    assert log.head == 12


async def test_room_waits_while_the_buffer_is_crowded() -> None:
    """With half the buffer waiting behind a slow append, room returns only when the log has taken it."""
    log, had_room = WatchedLog(), anyio.Event()
    async with world(log, buffer_limit=10) as engine:
        log.shut()
        engine.post(description(0), SIMULATION)
        await turns()
        for number in range(1, 6):
            engine.post(description(number), SIMULATION)

        async def wait() -> None:
            await engine.room()
            had_room.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(wait)
            await turns()
            assert not had_room.is_set()
            log.gate.set()
        assert engine.durable >= 2


async def test_submit_and_perform_wait_for_room() -> None:
    """Whoever awaits never meets BufferFull: neither commands nor the simulation's own requests."""
    log = MemoryLog()
    async with world(log, buffer_limit=10) as engine:
        await engine.submit(ORGANIZATION, MANAGER)
        for count in range(2):
            for number in range(10):
                engine.post(description(number), SIMULATION)
            if count == 0:
                await engine.submit(invitation(1), MANAGER)
            else:
                await engine.perform(description(99))
        async with anyio.create_task_group() as tasks:
            for number in range(100, 200):
                tasks.start_soon(engine.submit, invitation(number), MANAGER)
    assert log.head == 3 + 10 + 1 + 10 + 1 + 100


async def test_advance_waits_for_room() -> None:
    """The clock can be advanced whatever was posted before."""
    async with world(MemoryLog(), buffer_limit=10) as engine:
        for number in range(10):
            engine.post(description(number), SIMULATION)
        await advance_by(engine, 1)
        assert engine.durable == 12


# Stopping for good.


async def test_failed_append_stops_the_engine() -> None:
    """Everybody who waits gets the error with its cause, nobody is served after, and the log holds what it had."""
    log, errors = WatchedLog(), []
    async with world(log) as engine:
        await engine.submit(ORGANIZATION, MANAGER)

        async def ask(number: int) -> None:
            with pytest.raises(EngineStopped, match="the disk is on fire") as stop:
                await engine.submit(invitation(number), MANAGER)
            errors.append(str(stop.value))

        log.shut()
        log.failure = LogError("the disk is on fire")
        async with anyio.create_task_group() as tasks:
            tasks.start_soon(ask, 1)
            await turns()
            # These gather behind the append that is under way.
            for number in range(2, 50):
                tasks.start_soon(ask, number)
            await turns()
            log.gate.set()
        assert len(errors) == 49
        assert all("position 3" in error for error in errors)
        for call in (engine.flush, engine.settle):
            with pytest.raises(EngineStopped, match="on fire"):
                await call()
        with pytest.raises(EngineStopped, match="on fire"):
            engine.post(invitation(99), MANAGER)
        with pytest.raises(EngineStopped, match="on fire"):
            await engine.perform(advance_time.Request())
        with pytest.raises(EngineStopped, match="on fire"):
            await advance_by(engine, 1)
        await engine.room()
        assert (engine.durable, log.head) == (3, 3)
    async with world(log.inner) as engine:
        assert engine.state.position == 3
        assert not engine.state.handshakes
        await engine.submit(invitation(1), MANAGER)
        assert log.head == 4


async def test_stopped_engine_does_not_recover_with_its_log() -> None:
    """A log that could be written again does not revive an engine whose state is ahead of it."""
    log = WatchedLog()
    async with world(log) as engine:
        log.failure = LogError("gone")
        with pytest.raises(EngineStopped):
            await engine.perform(description(1))
        log.failure = None
        with pytest.raises(EngineStopped, match="gone"):
            await engine.perform(description(2))
    assert log.head == 1


async def test_stop_while_a_run_is_resumed_names_the_end_of_the_log() -> None:
    """A resumed run that cannot write names the last position in the log, not the one up to which it has replayed."""
    log = WatchedLog()

    async def run() -> None:
        async with world(ResumedLog(log)) as engine:
            for number in range(10):
                await engine.perform(description(number))

    async with world(log) as engine:
        for number in range(5):
            await engine.perform(description(number))
    log.failure = LogError("the disk is full")
    with pytest.raises(EngineStopped, match="stopped at position 6, nothing after it is in the log: the disk is full"):
        await run()
    assert log.head == 6


async def test_stop_within_a_half_replayed_batch_names_the_end_of_the_log() -> None:
    """If a batch of a resumed run reaches beyond the end of the log, the position is the log's end."""
    log = WatchedLog()
    async with world(log) as engine:
        for number in range(5):
            await engine.perform(description(number))
    log.failure = LogError("the disk is full")
    async with world(ResumedLog(log)) as engine:
        for number in range(10):
            engine.post(description(number), SIMULATION)
        with pytest.raises(EngineStopped, match="stopped at position 6, nothing after it"):
            await engine.flush()


async def test_world_that_cannot_begin_says_why() -> None:
    """A log that takes not even the first event is an error on entering."""
    log = WatchedLog()
    log.failure = LogError("read-only")
    with pytest.raises(EngineStopped, match="read-only"):
        async with world(log):
            pytest.fail("the world began")


async def test_lost_posts_are_reported_on_leaving() -> None:
    """If what was posted cannot be written when the world is left, leaving it raises."""
    log = WatchedLog()

    async def live() -> None:
        async with world(log) as engine:
            log.failure = LogError("gone")
            engine.post(description(1), SIMULATION)

    with pytest.raises(EngineStopped, match="gone"):
        await live()
    assert log.head == 1


async def test_closed_engine_accepts_nothing() -> None:
    """After leaving, every call says that the simulation has been closed."""
    async with Simulation() as sim:
        pass
    with pytest.raises(EngineStopped, match="closed"):
        await sim.client("111111111111").create_organization()
    with pytest.raises(EngineStopped, match="closed"):
        await sim.client("111111111111").list_accounts()
    with pytest.raises(EngineStopped, match="closed"):
        await sim.advance(days=1)


async def test_failing_listener_stops_the_engine() -> None:
    """A view that cannot take an event stops the world; the event itself is in the log."""
    log = MemoryLog()

    def listen(envelopes: Sequence[Envelope]) -> None:
        if any(isinstance(envelope.event, AccountDescribed) for envelope in envelopes):
            raise RuntimeError("the view fell over")

    async with world(log, listen) as engine:
        engine.post(description(1), SIMULATION)
        await turns()
        assert log.head == 2
        for call in (engine.settle, engine.flush):
            with pytest.raises(EngineStopped, match="the view fell over"):
                await call()
        with pytest.raises(EngineStopped, match="the view fell over"):
            engine.post(description(2), SIMULATION)
    assert log.head == 2


async def test_event_that_cannot_be_applied_stops_the_engine(monkeypatch: pytest.MonkeyPatch) -> None:
    """A mistake in evolve leaves nothing of its command in the log, and the half-changed state is used no more."""
    log = MemoryLog()

    def fall_over(state: Any, event: Any) -> None:
        raise KeyError("no such member")

    async with world(log) as engine:
        await engine.perform(description(1))
        monkeypatch.setitem(engine_module.EVOLVE, AccountJoined, fall_over)
        with pytest.raises(KeyError, match="no such member"):
            await engine.submit(ORGANIZATION, MANAGER)
        with pytest.raises(EngineStopped, match=r"CreateOrganization.*no such member"):
            engine.post(description(2), SIMULATION)
    monkeypatch.undo()
    async with world(log) as engine:
        assert log.head == 2
        await engine.submit(ORGANIZATION, MANAGER)


async def test_cancelled_submit_loses_nothing() -> None:
    """Who stops waiting for an answer does not take the command back, and the engine goes on."""
    log = WatchedLog()
    async with world(log) as engine:
        await engine.submit(ORGANIZATION, MANAGER)
        log.shut()
        async with anyio.create_task_group() as tasks:
            for number in range(10):
                tasks.start_soon(engine.submit, invitation(number), MANAGER)
            await turns()
            tasks.cancel_scope.cancel()
        assert len(engine.state.handshakes) == 10
        log.gate.set()
        await engine.flush()
        assert log.head == engine.durable == 13
        await engine.submit(invitation(99), MANAGER)
    assert log.head == 14


# Leaving by an exception.


@pytest.mark.parametrize("error", [ValueError("mine"), ExceptionGroup("mine", [KeyError("x")]), KeyboardInterrupt()])
async def test_exception_of_the_body_arrives_as_it_is(error: BaseException) -> None:
    """What the body of a simulation raises comes out as the same object, in no group, after all was written."""
    log = MemoryLog()

    async def live() -> None:
        async with Simulation(log) as sim:
            sim.engine.post(description(1), SIMULATION)
            raise error

    with pytest.raises(type(error)) as raised:
        await live()
    assert raised.value is error
    assert log.head == 2


async def test_cancellation_of_the_body_arrives_as_it_is() -> None:
    """A simulation that is cancelled from outside writes what was posted and ends as cancelled."""
    log = MemoryLog()
    with anyio.move_on_after(3600) as scope:
        async with Simulation(log) as sim:
            sim.engine.post(description(1), SIMULATION)
            scope.cancel()
            await anyio.sleep_forever()
    assert scope.cancelled_caught
    assert log.head == 2


async def test_deadline_around_a_simulation_is_a_timeout() -> None:
    """``fail_after`` around a simulation raises TimeoutError."""

    async def live() -> None:
        with anyio.fail_after(0.001):
            async with Simulation():
                await anyio.sleep_forever()

    with pytest.raises(TimeoutError):
        await live()


async def test_task_group_in_the_body_gets_its_own_errors() -> None:
    """A task that fails inside the body arrives in the group of the body's own task group, and in no other."""

    async def fail() -> None:
        raise ValueError("mine")

    async def live() -> None:
        async with Simulation(), anyio.create_task_group() as tasks:
            tasks.start_soon(fail)
            await anyio.sleep_forever()

    with pytest.raises(ExceptionGroup) as raised:
        await live()
    assert [type(error) for error in raised.value.exceptions] == [ValueError]
