"""Worlds as they were: every reading operation answers as of a position or a moment."""

from collections.abc import Iterator
from contextlib import AsyncExitStack, suppress
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from random import Random
from typing import Any

import anyio
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.campaign import examples
from support.given import FOUNDER, MEMBER, OTHER, RIVAL
from support.projection_world import WatchedWorld, answers
from support.random_commands import ACCOUNTS, kinds_of_events, play

from orgsim.api import PacedClock, ReadOnly, Settings, Simulation, as_dict
from orgsim.api.client import Client
from orgsim.api.past import open_recorded
from orgsim.engine.errors import AWSOrganizationsNotInUseException, Refused
from orgsim.engine.events.envelope import encode_envelope
from orgsim.engine.evolve import EVOLVE
from orgsim.engine.log import EventLog, LogDamaged, MemoryLog, snapshots_along
from orgsim.engine.log.snapshots_along import SnapshotFiles
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operations import OPERATIONS
from orgsim.engine.runtime.engine import EngineStopped
from orgsim.engine.runtime.inline import run_inline
from orgsim.projections.as_of import MOST_PLACES, PastViews
from orgsim.projections.reads import READS


@pytest.fixture
def close_snapshots(monkeypatch: pytest.MonkeyPatch) -> None:
    """Snapshots along logs stand a few events apart."""
    monkeypatch.setattr(snapshots_along, "SPACING", 7)


class Noted:
    """A world in which random commands were played, with every answer to every question after each of them."""

    def __init__(self, seed: int, script: list[int]) -> None:
        self._draw = Random(seed)
        self.world = WatchedWorld(latency=self._draw.choice(["instant", "realistic"]))
        self.world.founded(FOUNDER)
        self.world.founded(RIVAL)
        self.answers: dict[int, Any] = {}
        self.note()
        for _ in play(script, self.world):
            self.note()

    def note(self) -> None:
        """Note the answers to all questions."""
        views = self.world.views
        if views.position not in self.answers:
            self.answers[views.position] = answers(views, ACCOUNTS)

    async def fill(self, log: EventLog) -> None:
        """Append all events to a log."""
        await log.append(0, map(encode_envelope, self.world.log))

    async def require_known(self, past: PastViews) -> None:
        """Ask all questions again, of all positions in any order, and compare the answers."""
        positions = [*self.answers]
        self._draw.shuffle(positions)
        for position in positions:
            views = await past.at(position)
            assert views.position == position
            assert answers(views, ACCOUNTS) == self.answers[position], f"as of position {position}"


@pytest.mark.usefixtures("close_snapshots")
@given(st.integers(0, 2**16), st.lists(st.integers(0, 2**32 - 1), max_size=15))
def test_answers_in_memory(seed: int, script: list[int]) -> None:
    """Whatever happened, every reading operation answers as of a position what it answered then."""
    noted, log = Noted(seed, script), MemoryLog()
    run_inline(noted.fill(log))
    run_inline(noted.require_known(PastViews(log)))


@pytest.mark.slow
@pytest.mark.campaign
@pytest.mark.usefixtures("close_snapshots")
def test_answers_on_files(tmp_path: Path) -> None:
    """So it is on a log in a file: while its snapshots are written, and again when they are there."""

    def happened(seed: int, script: list[int]) -> set[type]:
        noted = Noted(seed, script)
        path = tmp_path / f"{seed}-{len(list(tmp_path.iterdir()))}.db"

        async def asked() -> None:
            log = await SqliteLog.create(path, "off")
            try:
                await noted.fill(log)
                await noted.require_known(PastViews(log))
                along = await anyio.to_thread.run_sync(SnapshotFiles(path).along)
                assert along.keys() == set(range(7, max(noted.answers) + 1, 7))
                await noted.require_known(PastViews(log))
            finally:
                await log.close()

        anyio.run(asked)
        return {type(envelope.event) for envelope in noted.world.log}

    assert len(kinds_of_events(happened, worlds=examples(2), length=60)) > 0.5 * len(EVOLVE)


async def founded(sim: Simulation) -> Client:
    """Found an organization, and have MEMBER join it a day later, OTHER two days later."""
    founder = sim.client(FOUNDER)
    await founder.create_organization()
    for account in (MEMBER, OTHER):
        await sim.advance(days=1)
        invited = await founder.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
        await sim.client(account).accept_handshake(handshake_id=invited.handshake.id)
    await sim.advance(days=1)
    return founder


async def members(client: Client) -> list[str]:
    """The ids of all members."""
    return [account.id for account in (await client.list_accounts()).accounts]


@pytest.fixture(params=["in memory", "log"])
def where(request: pytest.FixtureRequest, tmp_path: Path) -> Path | None:
    """Where a world is kept."""
    return None if request.param == "in memory" else tmp_path / "w.db"


async def test_moments(where: Path | None) -> None:
    """A moment, as a text or a datetime, counts what happened up to it, whatever happens afterwards."""
    async with Simulation(where) as sim:
        await founded(sim)
        first, second = "2026-01-02T00:00:00Z", datetime(2026, 1, 3, 2, tzinfo=timezone(timedelta(hours=2)))
        assert await members(sim.at("2026-01-01T23:59:59Z").client(FOUNDER)) == [FOUNDER]
        assert await members(sim.at(first).client(FOUNDER)) == [FOUNDER, MEMBER]
        assert await members(sim.at(second).client(FOUNDER)) == [FOUNDER, MEMBER, OTHER]
        before = sim.at(sim.now)
        await sim.client(OTHER).leave_organization()
        after = sim.at(sim.now)
        assert await members(before.client(FOUNDER)) == [FOUNDER, MEMBER, OTHER], "the same moment, but before"
        assert await members(after.client(FOUNDER)) == [FOUNDER, MEMBER]
        assert await before.position() < await after.position() == sim.engine.durable


async def test_dates(where: Path | None) -> None:
    """A date means its end, or how far the world has come on that day; a text without a time zone is UTC."""
    async with Simulation(where) as sim:
        await founded(sim)
        assert await members(sim.at("2026-01-01").client(FOUNDER)) == [FOUNDER]
        assert await members(sim.at("2026-01-02").client(FOUNDER)) == [FOUNDER, MEMBER]
        assert await members(sim.at("2026-01-03T00:00:00").client(FOUNDER)) == [FOUNDER, MEMBER, OTHER]
        today = sim.at("2026-01-04")
        assert str(today.place) == "2026-01-04T00:00:00Z"
        assert await today.position() == sim.engine.durable


async def test_a_moment_is_looked_up_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Asked about a moment again, as by an endpoint's URL, the log is not searched again; few are remembered."""
    monkeypatch.setattr("orgsim.api.past.MOST_MOMENTS", 3)
    async with Simulation() as sim:
        await founded(sim)
        log, reads = sim.engine.log, list[int]()

        async def read(after: int, limit: int, inner: Any = log.read) -> list[bytes]:
            reads.append(after)
            return await inner(after, limit)

        monkeypatch.setattr(log, "read", read)
        moments = [f"2026-01-01T{hour:02}:00:00Z" for hour in range(8)]
        for _ in range(2):
            positions = [await sim.at(moment).position() for moment in moments for _ in range(2)]
            assert positions == [3] * 16
        searched, _ = len(reads), await sim.at(moments[-1]).position()
        assert len(reads) == searched > 16


async def test_what_is_due_has_happened(where: Path | None) -> None:
    """A moment that has just been reached includes what was due by then, though nobody has asked since."""
    async with Simulation(where, settings=Settings(latency="realistic"), clock=PacedClock(0.000_001)) as sim:
        founder = sim.client(FOUNDER)
        await founder.create_organization()
        await founder.create_account(email="a@example.com", account_name="A")
        await sim.advance(hours=1)
        assert len(await members(sim.at(sim.now).client(FOUNDER))) == 2


async def test_all_operations(where: Path | None) -> None:
    """The 29 reading operations are answered or refused as AWS refuses them; all others raise ReadOnly, and say so."""
    async with Simulation(where) as sim:
        await founded(sim)
        past, before = sim.at(1), sim.engine.durable
        assert len(READS) == 29
        for operation in READS:
            with suppress(Refused):
                await past.client(FOUNDER).call(operation, {})
        for operation in OPERATIONS:
            with pytest.raises(ReadOnly, match=rf"{operation} .* as it was at position 1, .*sim\.fork\(at=…\)"):
                await past.client(FOUNDER).call(operation, {})
        with pytest.raises(LookupError, match="orgsim does not answer 'Fly'"):
            await past.client(FOUNDER).call("Fly", {})
        with pytest.raises(ReadOnly, match="LeaveOrganization would change the world"):
            await sim.at(sim.now).client(MEMBER).leave_organization()
        assert sim.engine.durable == before


async def test_pages_of_the_past() -> None:
    """A list of the past is paged like any other, and its tokens hold as long as the place does."""
    async with Simulation() as sim:
        await founded(sim)
        past = sim.at("2026-01-03T00:00:00Z").client(FOUNDER)
        pages = [page async for page in past.paginate(past.list_accounts, max_results=1)]
        assert [account.id for page in pages for account in page.accounts] == [FOUNDER, MEMBER, OTHER]


@pytest.mark.parametrize(
    ("place", "error", "message"),
    [
        (0, ValueError, r"there is no position 0; the log has the positions 1 to \d+, and the moments 2026-01-01T00:"),
        (-3, ValueError, "there is no position -3"),
        (10_000, ValueError, "there is no position 10,000"),
        ("9" * 10_000, ValueError, "there is no position 99,999"),
        ("2025-12-31T23:59:59Z", ValueError, "2025-12-31T23:59:59Z is before the beginning of the world; the log has"),
        ("2026-01-04T00:00:01Z", ValueError, "is beyond the world's time; .* to 2026-01-04T00:00:00Z"),
        (datetime(2026, 1, 2), ValueError, "has no time zone"),
        ("2026-01-05", ValueError, "2026-01-05T00:00:00Z is beyond the world's time"),
        ("2025-12-31", ValueError, "2025-12-31T00:00:00Z is before the beginning of the world"),
        ("2026-02-30", ValueError, "'2026-02-30' is no moment; say a position"),
        ("yesterday", ValueError, "'yesterday' is no moment; say a position such as 120, a time such as 2026-03-01T09"),
        ("", ValueError, "'' is no moment"),
        ("٣", ValueError, "is no moment"),
        (True, TypeError, "a place is a position such as 120, a time such as 2026-03-01T09:00:00Z, or a .*, not True"),
        (1.5, TypeError, "not 1.5"),
        (None, TypeError, "not None"),
    ],
)
async def test_no_such_place(place: Any, error: type[Exception], message: str) -> None:
    """A place that there is not is refused at once, with what the log covers."""
    async with Simulation() as sim:
        await founded(sim)
        with pytest.raises(error, match=message):
            sim.at(place)


async def test_what_does_not_apply(where: Path | None) -> None:
    """Reads of the past do not lag, are not throttled or hit by faults, are not recorded, and end nothing."""
    settings = Settings(read_lag_seconds=90, throttle="aws", latency="stepwise", write_conflict_seconds=30)
    async with Simulation(where, settings=settings) as sim:
        founder = sim.client(FOUNDER)
        await founder.create_organization()
        await sim.advance(minutes=5)
        created = await founder.create_account(email="a@example.com", account_name="A")
        request = created.create_account_status.id
        here = sim.at(sim.now)
        with sim.faults.throttle("DescribeCreateAccountStatus"):
            sim.calls.clear()
            calls = len(sim.calls)
            for _ in range(50):
                status = await here.client(FOUNDER).describe_create_account_status(create_account_request_id=request)
                assert status.create_account_status.state == "IN_PROGRESS"
            assert len(sim.calls) == calls
        with pytest.raises(AWSOrganizationsNotInUseException):
            await here.client(MEMBER).describe_organization()


async def test_without_await(where: Path | None) -> None:
    """``sim.sync.at`` has the clients of code without ``await``, in memory and with a log."""

    def ask() -> None:
        with Simulation(where) as sim:
            sim.sync.client(FOUNDER).create_organization()
            sim.sync.advance(days=1)
            sim.sync.client(FOUNDER).invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
            past = sim.sync.at("2026-01-01T12:00:00Z")
            assert not past.client(FOUNDER).list_handshakes_for_organization().handshakes
            assert past.client(FOUNDER, "reader").describe_organization().organization.master_account_id == FOUNDER
            assert (past.position(), str(past.place)) == (3, "2026-01-01T12:00:00Z")
            with pytest.raises(ReadOnly):
                past.client(FOUNDER).delete_organization()
            with pytest.raises(ValueError, match="there is no position 99"):
                sim.sync.at(99)

    await anyio.to_thread.run_sync(ask)


async def test_fork_has_the_past() -> None:
    """A fork is seen as it was before it was forked, and the world that it left behind is not seen in it."""
    async with Simulation() as sim:
        await founded(sim)
        async with await sim.fork() as fork:
            await sim.client(OTHER).leave_organization()
            assert await members(fork.at("2026-01-02T00:00:00Z").client(FOUNDER)) == [FOUNDER, MEMBER]
            assert await members(fork.at(fork.now).client(FOUNDER)) == [FOUNDER, MEMBER, OTHER]
            with pytest.raises(ValueError, match="is before the beginning of the world"):
                fork.at("2025-01-02T00:00:00Z")


async def test_log_opened_again(tmp_path: Path) -> None:
    """A world that is opened again has its past, and one whose simulation is closed answers nothing any more."""
    path = tmp_path / "w.db"
    async with Simulation(path) as sim:
        await founded(sim)
        old = sim.at(3)
    with pytest.raises(EngineStopped):
        await old.client(FOUNDER).list_roots()
    async with Simulation(path) as sim:
        assert await members(sim.at("2026-01-02T00:00:00Z").client(FOUNDER)) == [FOUNDER, MEMBER]
        with pytest.raises(ValueError, match=r"moments 2026-01-01T00:00:00Z to 2026-01-04T00:00:00Z"):
            sim.at("2025-12-01T00:00:00Z")


async def test_closed_log(tmp_path: Path) -> None:
    """A log is looked at while it is written and afterwards; nothing of it changes."""
    path = tmp_path / "w.db"
    async with AsyncExitStack() as stack:
        sim = await stack.enter_async_context(Simulation(path))
        await founded(sim)
        async with open_recorded(path) as recorded:
            await sim.client(OTHER).leave_organization()
            past = recorded.at("2026-01-04T00:00:00Z")
            assert await members(past.client(FOUNDER)) == [FOUNDER, MEMBER, OTHER], "as it was when it was opened"
    content = path.read_bytes()
    async with open_recorded(path) as recorded:
        past = recorded.at(await past.position())
        assert await members(past.client(FOUNDER)) == [FOUNDER, MEMBER, OTHER]
        reply = await recorded.at("2026-01-02T00:00:00Z").client(FOUNDER).list_parents(child_id=MEMBER)
        assert as_dict(reply)["Parents"][0]["Type"] == "ROOT"
        with pytest.raises(ValueError, match=r"there is no position 99; the log has the positions 1 to \d\d,"):
            recorded.at(99)
    assert path.read_bytes() == content
    assert [each.name async for each in anyio.Path(tmp_path).iterdir()] == ["w.db"]


async def test_asked_at_once(tmp_path: Path) -> None:
    """Many tasks ask about many places while the world goes on; all get the right answers."""
    async with Simulation(tmp_path / "w.db") as sim:
        await founded(sim)
        found: dict[int, list[str]] = {}

        async def ask(day: int) -> None:
            found[day] = await members(sim.at(f"2026-01-0{day}T00:00:00Z").client(FOUNDER))

        async with anyio.create_task_group() as tasks:
            for day in (1, 2, 3, 4):
                tasks.start_soon(ask, day)
            tasks.start_soon(sim.client(OTHER).leave_organization)
        assert {day: len(ids) for day, ids in found.items() if day < 4} == {1: 1, 2: 2, 3: 3}


def places(past: PastViews) -> Iterator[int]:
    """Of which places the views are kept."""
    yield from past._kept  # pyright: ignore[reportPrivateUsage]


def test_kept_places() -> None:
    """The views of the last few places are kept, and the same ones answer again."""
    noted, log = Noted(1, [*range(30)]), MemoryLog()
    run_inline(noted.fill(log))
    past = PastViews(log)
    for position in range(1, 2 * MOST_PLACES + 1):
        views = run_inline(past.at(position))
        assert run_inline(past.at(position)) is views
    assert [*places(past)] == [*range(MOST_PLACES + 1, 2 * MOST_PLACES + 1)]


async def test_damaged_record(tmp_path: Path) -> None:
    """A question whose answer needs a damaged record gets an error that names its position."""
    path = tmp_path / "w.db"
    async with Simulation(path) as sim:
        await founded(sim)
    content = bytearray(path.read_bytes())
    place = content.index(b"AcceptHandshake")
    content[place : place + 6] = b"Except"
    path.write_bytes(content)
    with pytest.raises(LogDamaged, match=r"damaged at position \d+: the record is not the one that was stored"):
        async with open_recorded(path) as recorded:
            await recorded.at(12).client(FOUNDER).list_accounts()


def test_fractions() -> None:
    """Moments in messages are in UTC, with a fraction where there is one."""
    began = "moments 2026-05-01T00:00:00.000250Z to 2026-05-01T00:00:00.000250Z"
    with (
        Simulation(start=datetime(2026, 5, 1, 0, 0, 0, 250, tzinfo=UTC)) as sim,
        pytest.raises(ValueError, match=began),
    ):
        sim.at("2026-05-01T00:00:00Z")
