"""Scripted faults as a client in Python meets them: each kind, how calls are chosen, and what the log says."""

from collections.abc import AsyncIterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any, get_args

import anyio
import pytest

from orgsim.api import Client, ConnectionDropped, PacedClock, Settings, Simulation
from orgsim.engine import errors
from orgsim.engine.errors import (
    ConcurrentModificationException,
    FinalizingOrganizationException,
    ParentNotFoundException,
    Refused,
    ServiceException,
    TooManyRequestsException,
)
from orgsim.engine.errors.documented import DOCUMENTED
from orgsim.engine.events import FaultCleared, FaultInjected, FaultPassedOver, FaultScripted
from orgsim.engine.events.faults import FaultKind
from orgsim.engine.log import MemoryLog, snapshots
from orgsim.engine.operations.clear_faults import UnknownFault
from orgsim.engine.operations.finish_account_creation import FailureReason
from orgsim.engine.operations.script_fault import ImpossibleFault
from orgsim.engine.rules.faults import KINDS

FOUNDER, MEMBER = "111111111111", "222222222222"


@pytest.fixture
async def sim() -> AsyncIterator[Simulation]:
    async with Simulation() as sim:
        await sim.client(FOUNDER).create_organization()
        yield sim


@pytest.fixture
def org(sim: Simulation) -> Client:
    return sim.client(FOUNDER)


async def outcomes(client: Client, operation: str, calls: int, **members: Any) -> list[str]:
    """Make so many calls; for each ok or the code of the refusal."""
    found: list[str] = []
    for _ in range(calls):
        try:
            await client.call(operation, members)
            found.append("ok")
        except Refused as refusal:
            found.append(refusal.code.removesuffix("Exception"))
    return found


async def faults_in(sim: Simulation) -> list[Any]:
    """The events about faults in the log."""
    await sim.engine.flush()
    kinds = (FaultScripted, FaultCleared, FaultInjected, FaultPassedOver)
    return [envelope.event async for envelope in sim.events() if isinstance(envelope.event, kinds)]


def test_every_kind_is_described() -> None:
    """Each kind that the log knows has a description."""
    assert set(KINDS) == set(get_args(FaultKind))


async def test_throttle(sim: Simulation, org: Client) -> None:
    """A throttled call is refused with AWS's text, as often as was said; the log has the script and each hit."""
    with sim.faults.throttle("ListAccounts", times=2) as fault:
        with pytest.raises(TooManyRequestsException, match="You have sent too many requests") as caught:
            await org.list_accounts()
        assert caught.value.explanation == "fault-1 was scripted: the call is refused with TooManyRequestsException"
        assert await outcomes(org, "ListAccounts", 2) == ["TooManyRequests", "ok"]
        assert (fault.hits, fault.left) == (2, 0)
    hit = FaultInjected("fault-1", "throttle", "ListAccounts", FOUNDER)
    scripted = FaultScripted("fault-1", "throttle", ("ListAccounts",), times=2)
    assert await faults_in(sim) == [scripted, hit, hit, FaultCleared("fault-1")]


async def test_refusals(sim: Simulation, org: Client) -> None:
    """The kinds with one exception refuse with it, and a refused call changes nothing."""
    request = {"email": "new@example.com", "account_name": "New"}
    for script, exception in [
        (sim.faults.conflict, ConcurrentModificationException),
        (sim.faults.finalizing, FinalizingOrganizationException),
        (sim.faults.service_exception, ServiceException),
    ]:
        with script("CreateAccount"), pytest.raises(exception):
            await org.create_account(**request)
    assert (await org.list_accounts()).accounts[1:] == []
    await org.create_account(**request)
    assert len((await org.list_accounts()).accounts) == 2


async def test_finalizing_where_terraform_retries(sim: Simulation, org: Client) -> None:
    """Terraform's provider retries CreateOrganizationalUnit after this exception, which AWS does not list for it."""
    (root,) = (await org.list_roots()).roots
    with sim.faults.finalizing("CreateOrganizationalUnit", times=1):
        with pytest.raises(FinalizingOrganizationException):
            await org.create_organizational_unit(parent_id=root.id, name="New")
        await org.create_organizational_unit(parent_id=root.id, name="New")


@pytest.mark.parametrize("code", sorted(DOCUMENTED["EnableAllFeatures"]))
async def test_every_exception_of_an_operation(sim: Simulation, org: Client, code: str) -> None:
    """Each of the eight exceptions that AWS documents for EnableAllFeatures can be brought about."""
    exception: type[Refused] = getattr(errors, code)
    reason = next((reason for reason in exception.messages if reason), None)
    sim.faults.fail_next("EnableAllFeatures", code, reason=reason)
    with pytest.raises(exception) as caught:
        await org.enable_all_features()
    assert (caught.value.reason, caught.value.message) == (reason, exception.messages[reason])


@pytest.mark.parametrize("reason", get_args(FailureReason))
async def test_failed_creation(sim: Simulation, org: Client, reason: str) -> None:
    """A creation that is to fail is accepted, is IN_PROGRESS, and ends FAILED for its reason; the next one succeeds."""
    sim.faults.fail_next("CreateAccount", reason=reason)
    states: list[tuple[str, str | None]] = []
    for _ in range(2):
        status = (await org.create_account(email="new@example.com", account_name="New")).create_account_status
        states.append((status.state, status.failure_reason))
        status = (await org.describe_create_account_status(create_account_request_id=status.id)).create_account_status
        states.append((status.state, status.failure_reason))
    assert states == [("IN_PROGRESS", None), ("FAILED", reason), ("IN_PROGRESS", None), ("SUCCEEDED", None)]
    (hit,) = [event for event in await faults_in(sim) if isinstance(event, FaultInjected)]
    assert hit.subject.startswith("car-")


async def test_a_refused_creation_does_not_use_up_its_failure(sim: Simulation, org: Client) -> None:
    """Only a creation that is accepted can fail."""
    fault = sim.faults.fail_next("CreateAccount", reason="INTERNAL_FAILURE")
    with pytest.raises(Refused):
        await org.create_account(email="new@example.com", account_name="New", role_name="AWSServiceRoleForMe")
    assert fault.left == 1


async def test_slow_creation_and_closure(sim: Simulation, org: Client) -> None:
    """A creation and a closure take as long as was said, though they are instant otherwise."""
    sim.faults.slow_creation(duration="10m")
    sim.faults.slow_closure(duration=timedelta(hours=1), times=1)
    requested = (await org.create_account(email="new@example.com", account_name="New")).create_account_status
    states: list[str] = []
    account = ""
    for _ in range(2):
        await sim.advance(minutes=5)
        found = await org.describe_create_account_status(create_account_request_id=requested.id)
        states.append(found.create_account_status.state)
        account = found.create_account_status.account_id or account
    await org.close_account(account_id=account)
    for _ in range(2):
        await sim.advance(minutes=30)
        states.append((await org.describe_account(account_id=account)).account.state)
    assert states == ["IN_PROGRESS", "SUCCEEDED", "PENDING_CLOSURE", "CLOSED"]


async def test_empty_pages(sim: Simulation, org: Client) -> None:
    """A reader that goes on while there is a token sees every row once, whichever pages are empty."""
    for number in range(3):
        await org.create_account(email=f"{number}@example.com", account_name="New")
    whole = [each.id for each in (await org.list_accounts()).accounts]
    sim.faults.empty_page("ListAccounts", share=0.5)
    pages = [page async for page in org.paginate(org.list_accounts, max_results=1)]
    sizes = [len(page.accounts) for page in pages]
    assert 0 in sizes
    assert [each.id for page in pages for each in page.accounts] == whole
    assert all(page.next_token for page in pages[:-1])


async def test_tokens_of_empty_pages_outlive_the_fault(sim: Simulation, org: Client) -> None:
    """The token of an empty page is good after the fault was cleared too."""
    with sim.faults.empty_page("ListAccounts"):
        page = await org.list_accounts(max_results=1)
    assert page.accounts == []
    assert len((await org.list_accounts(next_token=page.next_token)).accounts) == 1


async def test_lagging_reads(sim: Simulation, org: Client) -> None:
    """Reads are as of so long ago, but never from before the fault, and up to date once it is cleared."""
    root = (await org.list_roots()).roots[0].id
    await org.create_account(email="old@example.com", account_name="Old")

    async def seen() -> int:
        return len((await org.list_accounts()).accounts)

    with sim.faults.lag("ListAccounts", duration="30s"):
        assert await seen() == 2
        await org.create_account(email="new@example.com", account_name="New")
        assert await seen() == 2
        assert len((await org.list_accounts_for_parent(parent_id=root)).accounts) == 3
        await sim.advance(seconds=29)
        assert await seen() == 2
        await sim.advance(seconds=1)
        assert await seen() == 3
    with sim.faults.lag("ListAccounts"):
        await org.create_account(email="late@example.com", account_name="Late")
        await sim.advance(days=400)
        assert await seen() == 3
    assert await seen() == 4


async def test_delay(sim: Simulation, org: Client) -> None:
    """An answer that is late moves a simulated clock; refusals are late too."""
    with sim.faults.delay("*", duration="3s"):
        await org.list_roots()
        with pytest.raises(ParentNotFoundException):
            await org.list_children(parent_id="r-none", child_type="ACCOUNT")
    assert sim.now == datetime(2026, 1, 1, 0, 0, 6, tzinfo=UTC)


async def test_delay_on_a_running_clock() -> None:
    """On a paced clock an answer comes when so much of the world's time has passed."""
    async with Simulation(clock=PacedClock(1_000_000)) as sim:
        await sim.client(FOUNDER).create_organization()
        sim.faults.delay("ListRoots", duration="30s")
        before = sim.now
        await sim.client(FOUNDER).list_roots()
        assert sim.now - before >= timedelta(seconds=30)


async def test_delay_of_a_process(sim: Simulation, org: Client) -> None:
    """A process whose answer is late sleeps meanwhile, and others go on."""
    woke: list[str] = []

    async def partner(me: Any) -> None:
        await me.list_handshakes_for_account()
        woke.append(f"{sim.now:%S}")

    sim.faults.delay("ListHandshakesForAccount", duration="10s", times=1)
    async with sim.population(2, partner, every=timedelta(seconds=1)):
        pass
    assert woke == ["01", "10"]


async def test_dropped_connection(sim: Simulation, org: Client) -> None:
    """A dropped connection leaves nothing done, and is no refusal."""
    root = (await org.list_roots()).roots[0].id
    with sim.faults.drop("CreateOrganizationalUnit", times=1):
        with pytest.raises(ConnectionDropped, match="before anything happened") as caught:
            await org.create_organizational_unit(parent_id=root, name="Unit")
        assert (caught.value.operation, caught.value.after_change) == ("CreateOrganizationalUnit", False)
        await org.create_organizational_unit(parent_id=root, name="Unit")


async def test_lost_answer(sim: Simulation, org: Client) -> None:
    """A call whose answer is lost was carried out: to try again is refused as a duplicate."""
    root = (await org.list_roots()).roots[0].id
    sim.faults.lose_answer("CreateOrganizationalUnit", times=1)
    with pytest.raises(ConnectionDropped, match="after the call was carried out") as caught:
        await org.create_organizational_unit(parent_id=root, name="Unit")
    assert caught.value.after_change
    assert await outcomes(org, "CreateOrganizationalUnit", 1, ParentId=root, Name="Unit") == [
        "DuplicateOrganizationalUnit"
    ]


async def test_a_lost_refusal(sim: Simulation, org: Client) -> None:
    """A refusal can be lost too; then nothing was changed."""
    sim.faults.lose_answer("*")
    with pytest.raises(ConnectionDropped) as caught:
        await org.list_children(parent_id="r-none", child_type="ACCOUNT")
    assert not caught.value.after_change


async def test_choosing_calls(sim: Simulation, org: Client) -> None:
    """Calls are chosen by operation, account, number, share and time."""
    faults = sim.faults
    refused, passed = "TooManyRequests", "ok"
    with faults.throttle("ListAccounts", "ListRoots", account=[MEMBER, FOUNDER], after_calls=1, times=2):
        assert await outcomes(org, "ListRoots", 1) == [passed]
        assert await outcomes(org, "ListAccounts", 3) == [refused, refused, passed]
    with faults.throttle("*", account=MEMBER):
        assert await outcomes(org, "ListRoots", 1) == [passed]
    with faults.throttle("*", since="10m", until=datetime(2026, 1, 1, 0, 20, tzinfo=UTC)):
        found: list[str] = []
        for _ in range(3):
            found += await outcomes(org, "ListRoots", 1)
            await sim.advance(minutes=10)
    assert found == [passed, refused, passed]
    with faults.throttle("*", share=0.5):
        assert {passed, refused} == set(await outcomes(org, "ListRoots", 20))


async def test_limits_come_before_faults() -> None:
    """A call that AWS's limits refuse is not looked at."""
    async with Simulation(settings=Settings(throttle="aws")) as sim:
        org = sim.client(FOUNDER)
        await org.create_organization()
        fault = sim.faults.throttle("ListRoots", after_calls=100)
        codes = await outcomes(org, "ListRoots", 5)
        assert codes.count("ok") == 2
        assert sim.engine.state.faults.scripts[fault.id].calls == 2


async def test_list_and_clear(sim: Simulation, org: Client) -> None:
    """All faults are listed with what is left of them until they are cleared; active are those that can still hit."""
    faults = sim.faults
    spent, over, open_ = (
        faults.throttle("ListRoots", times=1),
        faults.throttle("ListAccounts", until="1s"),
        faults.throttle("*", account=MEMBER),
    )
    await outcomes(org, "ListRoots", 2)
    await sim.advance(seconds=1)
    assert [each.id for each in faults.list()] == [spent.id, over.id, open_.id]
    assert [each.id for each in faults.active] == [open_.id]
    assert repr(spent) == "<fault-1: throttle ListRoots, 1 hits, 0 left>"
    faults.clear(over.id)
    with pytest.raises(UnknownFault, match="there are: fault-1, fault-3"):
        faults.clear(over.id)
    faults.clear()
    assert faults.list() == faults.active == []
    assert (spent.hits, spent.left) == (1, 0)
    spent.clear()


@pytest.mark.parametrize(
    ("script", "complaint"),
    [
        (lambda faults: faults.throttle(), "Name the operations"),
        (
            lambda faults: faults.throttle("ListAcounts"),
            "'ListAcounts'; did you mean ListAccounts .* there are: List",
        ),
        (lambda faults: faults.throttle("list_accounts"), "no operation 'list_accounts'; write ListAccounts"),
        (
            lambda faults: faults.fail_next("CreateAccount", reason="EMAIL_EXISTS"),
            "no reason 'EMAIL_EXISTS'; did you mean EMAIL_ALREADY_EXISTS.* there are: ACC",
        ),
        (lambda faults: faults.fail_next("CreateAccount", reason="BAD_LUCK"), "no reason 'BAD_LUCK'; there are: ACC"),
        (lambda faults: faults.fail_next("ListRoots"), "Say with which code the call is refused"),
        (lambda faults: faults.throttle("*", share=1.5), "A share is above 0 and at most 1, not 1.5"),
        (lambda faults: faults.throttle("*", times=0), "times is a number of calls from 1 on, not 0"),
        (lambda faults: faults.throttle("*", times="3"), "Expected `int | null`, got `str` - at `\\$.times`"),
        (lambda faults: faults.throttle("*", until="soon"), "until is a moment such as .* or a duration such as"),
        (lambda faults: faults.throttle("*", since=datetime(2026, 1, 1)), "since has no time zone"),
        (lambda faults: faults.delay("*", duration=3), "The duration makes no sense: 3 has no unit"),
        (lambda faults: faults.delay("*", duration="3 days"), "The duration makes no sense: '3 days' is not"),
    ],
)
async def test_impossible_faults(sim: Simulation, script: Any, complaint: str) -> None:
    """A fault that makes no sense is a ValueError, which says what is wrong; nothing is scripted."""
    with pytest.raises(ImpossibleFault, match=complaint) as caught:
        script(sim.faults)
    assert isinstance(caught.value, ValueError)
    assert sim.faults.list() == []


async def test_unknown_parameters(sim: Simulation) -> None:
    """A parameter that does not exist is named, with those that do."""
    with pytest.raises(TypeError, match="throttle\\(\\) has no parameter 'time'; what chooses calls is: account"):
        sim.faults.throttle("*", time=3)  # pyright: ignore[reportCallIssue]


def test_without_an_event_loop() -> None:
    """Faults are scripted and met in a world that is used without await."""
    with Simulation() as sim:
        org = sim.sync.client(FOUNDER)
        org.create_organization()
        with sim.faults.throttle("ListRoots", times=1), pytest.raises(TooManyRequestsException):
            org.list_roots()
        with sim.faults.delay("ListRoots", duration="3s"):
            org.list_roots()
        assert sim.now == datetime(2026, 1, 1, 0, 0, 3, tzinfo=UTC)


async def test_reopened_in_the_middle() -> None:
    """A world that is opened again goes on with what is left of its faults, as if it had not been closed."""

    async def play(*restarts: int) -> tuple[bytes, list[str]]:
        log, codes = MemoryLog(), list[str]()
        steps = range(30)
        for first, last in zip((0, *restarts), (*restarts, len(steps)), strict=True):
            async with Simulation(log) as sim:
                org = sim.client(FOUNDER)
                for step in steps[first:last]:
                    if step == 0:
                        await org.create_organization()
                        sim.faults.throttle("ListRoots", share=0.3, after_calls=3, times=6)
                        sim.faults.lag("ListAccounts", duration="10s")
                        sim.faults.fail_creation("INTERNAL_FAILURE", share=0.5)
                    codes += await outcomes(org, "ListRoots", 1)
                    await org.create_account(email=f"{step}@example.com", account_name="New")
                    await sim.advance(seconds=1)
                    codes.append(str(len((await org.list_accounts()).accounts)))
                await sim.engine.flush()
                digest = sim.engine.log.digest
        return digest, codes

    uninterrupted = await play()
    assert "TooManyRequests" in uninterrupted[1]
    assert await play(5, 11, 12, 20) == uninterrupted
    assert await play(*range(1, 30)) == uninterrupted


def test_two_runs_are_the_same() -> None:
    """The same faults in the same world give the same log on both event loops and on every run."""

    async def play(seed: int) -> bytes:
        async with Simulation(seed=seed) as sim:
            org = sim.client(FOUNDER)
            await org.create_organization()
            sim.faults.throttle("*", share=0.4)
            sim.faults.delay("*", share=0.5, duration="1.5s")
            await outcomes(org, "ListRoots", 50)
            await outcomes(org, "CreateAccount", 5, Email="new@example.com", AccountName="New")
            await sim.engine.flush()
            return sim.engine.log.digest

    digests = {anyio.run(play, 7, backend=backend) for backend in ("asyncio", "trio") for _ in range(2)}
    assert len(digests) == 1
    assert anyio.run(play, 8) not in digests


async def test_a_snapshot_while_reads_lag(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What reads still show is in no snapshot: such a world is opened from its whole log, and shows the same."""
    monkeypatch.setattr(snapshots, "MIN_GROWTH", 1)
    for last in (False, True):
        async with Simulation(tmp_path / "world.db") as sim:
            org = sim.client(FOUNDER)
            if not last:
                await org.create_organization()
                sim.faults.lag("ListAccounts", duration="1h")
                await org.create_account(email="new@example.com", account_name="New")
                await org.list_roots()
            assert len((await org.list_accounts()).accounts) == 1
            assert (
                len((await org.list_accounts_for_parent(parent_id=(await org.list_roots()).roots[0].id)).accounts) == 2
            )
    assert (tmp_path / "world.db-snapshot").exists()


async def test_an_old_world(sim: Simulation, org: Client) -> None:
    """Where no fault was ever scripted nothing of faults is stored: not in the log, not in the state."""
    await outcomes(org, "ListRoots", 3)
    assert await faults_in(sim) == []
    assert sim.engine.state.faults is None


async def test_a_fork_goes_on_with_the_faults(sim: Simulation, org: Client) -> None:
    """A world and its fork meet the same faults from there on, and what each lets lag is its own."""
    sim.faults.throttle("ListRoots", share=0.5, times=5)
    sim.faults.lag("ListAccounts", duration="1h")
    await outcomes(org, "ListRoots", 3)
    await org.create_account(email="new@example.com", account_name="New")
    async with await sim.fork() as fork:
        await fork.client(FOUNDER).create_account(email="more@example.com", account_name="More")
        await fork.advance(hours=1)
        assert len((await fork.client(FOUNDER).list_accounts()).accounts) == 3
        assert len((await org.list_accounts()).accounts) == 1
        assert await outcomes(fork.client(FOUNDER), "ListRoots", 10) == await outcomes(org, "ListRoots", 10)
