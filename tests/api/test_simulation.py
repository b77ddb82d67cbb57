from collections.abc import Awaitable, Callable
from datetime import UTC, datetime, timedelta, timezone
from pathlib import Path
from typing import Any

import anyio
import pytest

from orgsim.api import Client, Simulation
from orgsim.api.simulation import START
from orgsim.engine.errors import (
    AccessDeniedForDependencyException,
    AccountOwnerNotVerifiedException,
    ConstraintViolationException,
    FinalizingOrganizationException,
    HandshakeConstraintViolationException,
    InvalidInputException,
    Refused,
)
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.log import MemoryLog
from orgsim.engine.operations import create_account
from orgsim.engine.operations.describe_account_outside import AddressTaken
from orgsim.engine.operations.finish_account_creation import UnknownCreation
from orgsim.engine.runtime.clock import WallClock
from orgsim.engine.settings import Quotas, Settings
from orgsim.engine.shapes.timestamps import microseconds
from orgsim.engine.words import Condition

FOUNDER, MEMBER, STRANGER, RIVAL = "111111111111", "222222222222", "444444444444", "999999999999"


def account(number: str) -> dict[str, str]:
    """The target of an invitation."""
    return {"Type": "ACCOUNT", "Id": number}


async def founded(sim: Simulation, manager: str = FOUNDER, members: int = 0) -> Client:
    """An organization with consolidated billing, and this many members who were invited."""
    org = sim.client(manager)
    await org.create_organization(feature_set="CONSOLIDATED_BILLING")
    for number in range(members):
        joining = f"{manager[0]}{number:011}"
        invitation = (await org.invite_account_to_organization(target=account(joining))).handshake
        await sim.client(joining).accept_handshake(handshake_id=invitation.id)
    return org


async def history(sim: Simulation, after: int = 0) -> list[Envelope]:
    return [envelope async for envelope in sim.events(after)]


async def busy(log: Any, seed: int) -> None:
    """A little of everything, the same every time."""
    async with Simulation(log, seed=seed, settings=Settings(latency="realistic")) as sim:
        org = await founded(sim, members=3)
        await org.create_account(email="new@example.com", account_name="New")
        await org.enable_all_features()
        await sim.advance(days=100)


async def test_migration() -> None:
    """Invited, asked, approved a day before the end and finalized: the organization has all features."""
    async with Simulation(seed=7) as sim:
        org, member = sim.client(FOUNDER), sim.client(MEMBER)
        await org.create_organization(feature_set="CONSOLIDATED_BILLING")
        invitation = await org.invite_account_to_organization(target=account(MEMBER))
        await member.accept_handshake(handshake_id=invitation.handshake.id)
        parent = (await org.enable_all_features()).handshake
        child = (await member.list_handshakes_for_account()).handshakes[0]
        await sim.advance(days=89)
        await member.accept_handshake(handshake_id=child.id)
        await org.accept_handshake(handshake_id=parent.id)
        assert (await org.describe_organization()).organization.feature_set == "ALL"


async def test_seed() -> None:
    """One seed gives one log, byte for byte; another seed gives other ids."""
    first, same, other = MemoryLog(), MemoryLog(), MemoryLog()
    for log, seed in ((first, 5), (same, 5), (other, 6)):
        await busy(log, seed)
    assert await first.read(0, 1000) == await same.read(0, 1000)
    assert first.digest == same.digest != other.digest


async def test_start() -> None:
    """A world begins at a fixed moment unless told otherwise, in any time zone."""
    async with Simulation() as sim:
        assert sim.now == START == datetime(2026, 1, 1, tzinfo=UTC)
    moved = datetime(2030, 5, 6, 7, 8, 9, 123456, tzinfo=timezone(timedelta(hours=2)))
    async with Simulation(start=moved) as sim:
        assert sim.now == moved
        org = await founded(sim)
        joined = (await org.list_accounts()).accounts[0].joined_timestamp
        assert joined == moved
        assert joined.utcoffset() == timedelta()


def test_naive_start() -> None:
    """A beginning without a time zone is no moment."""
    with pytest.raises(ValueError, match="time zone"):
        Simulation(start=datetime(2026, 1, 1))


async def test_start_of_a_world_that_has_begun(tmp_path: Path) -> None:
    """A beginning for a log that has begun is refused, and the log stays as it is."""
    for log in (tmp_path / "world.db", MemoryLog()):
        async with Simulation(log) as sim:
            digest = sim.engine.log.digest
        with pytest.raises(ValueError, match="has begun and goes on where it stood; leave start= out"):
            async with Simulation(log, start="2027-01-01T00:00:00Z"):
                pass
        async with Simulation(log) as sim:
            assert sim.engine.log.digest == digest


@pytest.mark.parametrize(
    ("mistake", "error", "message"),
    [
        ({"log": 5}, TypeError, "the log is a path, an EventLog such as .*, or None for one in memory, not 5"),
        ({"log": [b"record"]}, TypeError, "the log is a path"),
        ({"durability": "offf"}, ValueError, "durability is one of full, normal, off, not 'offf'"),
        ({"durability": None}, ValueError, "durability is one of full, normal, off, not None"),
    ],
)
def test_impossible_arguments(mistake: dict[str, Any], error: type[Exception], message: str) -> None:
    """A log or a durability that there is not is refused at once, in memory too, and names the choices."""
    with pytest.raises(error, match=message):
        Simulation(**mistake)


async def test_quotas() -> None:
    """Quotas of a new world are the given ones, and are in force."""
    async with Simulation(quotas=Quotas(accounts=2)) as sim:
        org = await founded(sim, members=1)
        with pytest.raises(HandshakeConstraintViolationException, match="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
            await org.invite_account_to_organization(target=account(STRANGER))
        with pytest.raises(ConstraintViolationException, match="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
            await org.create_account(email="new@example.com", account_name="New")


async def test_quotas_beside_settings() -> None:
    """Quotas given by themselves replace those in the settings, and nothing else in them."""
    settings = Settings(quotas=Quotas(accounts=1, invitations_per_day=7), fidelity="observed")
    async with Simulation(settings=settings, quotas=Quotas(all_features_migration_accounts=1)) as sim:
        org = await founded(sim, members=1)
        with pytest.raises(ConstraintViolationException, match="ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE"):
            await org.enable_all_features()
        handshake = (await org.invite_account_to_organization(target=account(STRANGER))).handshake
        assert not handshake.parties[0].id.startswith("o-")
    async with Simulation(settings=settings) as sim:
        org = await founded(sim)
        with pytest.raises(HandshakeConstraintViolationException, match="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
            await org.invite_account_to_organization(target=account(STRANGER))


async def test_settings() -> None:
    """The switches of the settings are in force."""
    async with Simulation(settings=Settings(consolidated_billing_supported=False)) as sim:
        with pytest.raises(ConstraintViolationException, match="UNSUPPORTED_REGION"):
            await founded(sim)
    async with Simulation(settings=Settings(organization_finalization_seconds=3600)) as sim:
        org = await founded(sim)
        with pytest.raises(FinalizingOrganizationException):
            await org.invite_account_to_organization(target=account(MEMBER))
        await sim.advance(hours=1)
        await org.invite_account_to_organization(target=account(MEMBER))
    async with Simulation(settings=Settings(invitations_during_migration=False)) as sim:
        org = await founded(sim)
        await org.enable_all_features()
        with pytest.raises(HandshakeConstraintViolationException, match="INVITE_DISABLED"):
            await org.invite_account_to_organization(target=account(MEMBER))
    async with Simulation(settings=Settings(latency="realistic")) as sim:
        org = await founded(sim)
        await org.create_account(email="new@example.com", account_name="New")
        assert (await org.list_create_account_status(states=["IN_PROGRESS"])).create_account_statuses
        await sim.advance(timedelta(seconds=48))
        assert (await org.list_create_account_status(states=["SUCCEEDED"])).create_account_statuses


async def _create_organization(sim: Simulation, troubled: Client) -> None:
    await troubled.create_organization()


async def _invite(sim: Simulation, troubled: Client) -> None:
    await troubled.invite_account_to_organization(target=account(STRANGER))


async def _accept(sim: Simulation, troubled: Client) -> None:
    (received,) = (await troubled.list_handshakes_for_account(filter={"ActionType": "INVITE"})).handshakes
    await troubled.accept_handshake(handshake_id=received.id)


async def _leave(sim: Simulation, troubled: Client) -> None:
    await troubled.leave_organization()


async def _create_account(sim: Simulation, troubled: Client) -> None:
    await troubled.create_account(email="new@example.com", account_name="New")


HINDRANCES: list[tuple[Callable[..., Awaitable[None]], str, Condition, type[Refused], str | None]] = [
    (
        _create_organization,
        STRANGER,
        Condition.SIGN_UP_INCOMPLETE,
        ConstraintViolationException,
        "CREATION_NOT",
    ),
    (_create_organization, STRANGER, Condition.BUSINESS_LICENSE_MISSING, ConstraintViolationException, "LICENSE"),
    (_invite, FOUNDER, Condition.EMAIL_UNVERIFIED, AccountOwnerNotVerifiedException, None),
    (_accept, MEMBER, Condition.PAYMENT_INSTRUMENT_MISSING, HandshakeConstraintViolationException, "PAYMENT_INSTR"),
    (_accept, MEMBER, Condition.OTHER_SELLER_OF_RECORD, HandshakeConstraintViolationException, "DIFFERENT_SELLER"),
    (_accept, MEMBER, Condition.SERVICE_LINKED_ROLE_DENIED, AccessDeniedForDependencyException, "ACCESS_DENIED_DURING"),
    (_leave, "100000000000", Condition.PHONE_UNVERIFIED, ConstraintViolationException, "WITHOUT_PHONE_VERIFICATION"),
    (_leave, "100000000000", Condition.EULA_UNSIGNED, ConstraintViolationException, "WITHOUT_EULA"),
    (_leave, "100000000000", Condition.SUSPENDED, ConstraintViolationException, "ACCOUNT_CANNOT_LEAVE_ORGANIZATION"),
    (_create_account, FOUNDER, Condition.CONTACT_INFO_MISSING, ConstraintViolationException, "MISSING_CONTACT_INFO"),
]


@pytest.mark.parametrize(
    ("attempt", "who", "condition", "refusal", "reason"),
    HINDRANCES,
    ids=[f"{attempt.__name__}-{condition}" for attempt, _, condition, *_ in HINDRANCES],
)
async def test_conditions(
    attempt: Callable[..., Awaitable[None]], who: str, condition: Condition, refusal: type[Refused], reason: str | None
) -> None:
    """A stated condition has its refusal, and when it is taken back the same call succeeds."""
    async with Simulation() as sim:
        org = await founded(sim, members=1)
        await org.invite_account_to_organization(target=account(MEMBER))
        troubled = sim.client(who)
        await sim.describe_account(who, conditions=[condition.value])
        with pytest.raises(refusal, match=reason):
            await attempt(sim, troubled)
        await sim.describe_account(who, name="Well again")
        await attempt(sim, troubled)


async def test_described_address_and_name() -> None:
    """An account can be invited by its stated address, and shows what was stated."""
    async with Simulation() as sim:
        org = await founded(sim)
        await sim.describe_account(MEMBER, email="Member@Example.com", name="Member")
        target = {"Type": "EMAIL", "Id": "member@example.com"}
        invitation = (await org.invite_account_to_organization(target=target)).handshake
        await sim.client(MEMBER).accept_handshake(handshake_id=invitation.id)
        found = (await org.describe_account(account_id=MEMBER)).account
        assert (found.email, found.name) == ("Member@Example.com", "Member")


async def test_address_taken() -> None:
    """An address belongs to one account, in any case of letters; its owner may state it again."""
    async with Simulation() as sim:
        await sim.describe_account(MEMBER, email="owner@example.com")
        await sim.describe_account(MEMBER, email="Owner@example.com")
        for taken in ("OWNER@example.com", f"{RIVAL}@accounts.example"):
            with pytest.raises(AddressTaken):
                await sim.describe_account(STRANGER, email=taken)
        await sim.describe_account(MEMBER, email="moved@example.com")
        await sim.describe_account(STRANGER, email="owner@example.com")


@pytest.mark.parametrize(
    "members", [{"conditions": ["TIRED"]}, {"email": "nobody"}, {"name": ""}, {"email": "a" * 60 + "@b.cd"}]
)
async def test_malformed_description(members: dict[str, Any]) -> None:
    """Invalid facts about an account are refused."""
    async with Simulation() as sim:
        with pytest.raises(InvalidInputException):
            await sim.describe_account(MEMBER, **members)
        with pytest.raises(Refused):
            await sim.describe_account("12345")


async def test_fail_account_creation() -> None:
    """A creation in progress can be made to fail, once, for a reason of AWS's list."""
    async with Simulation(settings=Settings(latency="realistic")) as sim:
        org = await founded(sim)
        request = (await org.create_account(email="new@example.com", account_name="New")).create_account_status.id
        with pytest.raises(Refused):
            await sim.fail_account_creation(request, "NO_PARTICULAR_REASON")
        await sim.fail_account_creation(request, "FAILED_BUSINESS_VALIDATION")
        for unknown in (request, "car-00000000"):
            with pytest.raises(UnknownCreation):
                await sim.fail_account_creation(unknown, "INTERNAL_FAILURE")
        await sim.advance(days=1)
        (status,) = (await org.list_create_account_status()).create_account_statuses
        assert (status.state, status.failure_reason) == ("FAILED", "FAILED_BUSINESS_VALIDATION")
        assert len((await org.list_accounts()).accounts) == 1


async def test_events() -> None:
    """The events are all there are behind a position, in order, each with the call that caused it."""
    async with Simulation(seed=9) as sim:
        await founded(sim)
        named = sim.client(FOUNDER, principal="user/alice")
        await named.invite_account_to_organization(target=account(STRANGER))
        await sim.advance(days=15)
        events = await history(sim)
        assert [envelope.position for envelope in events] == list(range(1, sim.engine.log.head + 1))
        assert [envelope.type for envelope in events] == [
            "WorldCreated",
            "OrganizationCreated",
            "AccountJoined",
            "HandshakeRequested",
            "HandshakeExpired",
        ]
        assert [envelope.operation for envelope in events[1:]] == [
            "CreateOrganization",
            "CreateOrganization",
            "InviteAccountToOrganization",
            "ExpireHandshake",
        ]
        assert [(envelope.account, envelope.principal) for envelope in events[2:]] == [
            (FOUNDER, None),
            (FOUNDER, "user/alice"),
            (None, None),
        ]
        assert [envelope.command for envelope in events] == [1, 2, 2, 4, 5]
        assert await history(sim, after=3) == events[3:]
        assert await history(sim, after=5) == []


async def test_advance() -> None:
    """Time is advanced by a duration, by units or a text, by all of them together, or to a moment."""
    async with Simulation() as sim:
        await sim.advance(timedelta(minutes=1))
        await sim.advance(days=1)
        await sim.advance(hours=0.5)
        await sim.advance(timedelta(seconds=5), days=2, hours=3)
        assert sim.now - START == timedelta(days=3, hours=3, minutes=31, seconds=5)
        await sim.advance_to(START + timedelta(days=10))
        await sim.advance_to(datetime(2026, 1, 11, 2, tzinfo=timezone(timedelta(hours=1))))
        assert sim.now == START + timedelta(days=10, hours=1)
        await sim.advance(days=0)
        await sim.advance_to(sim.now)
        assert sim.now == START + timedelta(days=10, hours=1)
        await sim.advance("1d12h", minutes=2, seconds=0.5)
        assert sim.now == START + timedelta(days=11, hours=13, minutes=2, seconds=0.5)


@pytest.mark.parametrize("arguments", [(), (15,), (1.5,), (None,)])
async def test_advance_by_what(arguments: tuple[Any, ...]) -> None:
    """Nothing, and a number without a unit, are refused with what to write instead."""
    async with Simulation() as sim:
        with pytest.raises(TypeError, match=r'days=.*a text such as "15d", or a timedelta'):
            await sim.advance(*arguments)
        assert sim.now == START


async def test_advance_lets_things_happen() -> None:
    """Everything due on the way happens at its moment, not at the end of the way."""
    async with Simulation() as sim:
        org = await founded(sim)
        await org.invite_account_to_organization(target=account(STRANGER))
        await sim.advance(days=44)
        expired = next(envelope for envelope in await history(sim) if envelope.type == "HandshakeExpired")
        assert expired.time == microseconds(START + timedelta(days=15))
        assert len((await org.list_handshakes_for_organization()).handshakes) == 1
        await sim.advance(days=1)
        assert (await org.list_handshakes_for_organization()).handshakes == []


async def test_time_never_goes_back() -> None:
    """A negative duration, a moment that has passed and a moment without a time zone are refused and change nothing."""
    async with Simulation() as sim:
        await sim.advance(days=1)
        before, head = sim.now, sim.engine.log.head
        for wrong in (
            sim.advance(timedelta(microseconds=-1)),
            sim.advance(days=-1),
            sim.advance(timedelta(hours=1), days=-1),
            sim.advance_to(START),
        ):
            with pytest.raises(ValueError, match="back"):
                await wrong
        with pytest.raises(ValueError, match="time zone"):
            await sim.advance_to(datetime(2027, 1, 1))
        assert (sim.now, sim.engine.log.head) == (before, head)


async def test_only_a_simulated_clock_can_be_moved() -> None:
    """The real time cannot be advanced."""
    async with Simulation(clock=WallClock()) as sim:
        for wrong in (sim.advance(days=1), sim.advance_to(sim.now + timedelta(days=1)), sim.run_until_idle()):
            with pytest.raises(TypeError, match="WallClock"):
                await wrong


async def test_run_until_idle() -> None:
    """Everything that is due ever happens, and the clock stands at the last of it."""
    async with Simulation() as sim:
        org = await founded(sim, members=1)
        await org.enable_all_features()
        await sim.run_until_idle()
        assert sim.now == START + timedelta(days=120)
        assert sim.engine.state.handshakes == {}
        await sim.run_until_idle()
        assert sim.now == START + timedelta(days=120)


async def test_sleep() -> None:
    """A task that sleeps in the time of the world wakes at its moment, while the clock is advanced over it."""
    woken: list[tuple[int, datetime]] = []
    async with Simulation() as sim:

        async def sleeper(days: int) -> None:
            await sim.sleep(days=days)
            woken.append((days, sim.now))

        async with anyio.create_task_group() as tasks:
            for days in (3, 1, 2):
                tasks.start_soon(sleeper, days)
            await anyio.wait_all_tasks_blocked()
            await sim.advance(days=2, hours=1)
            assert [days for days, _ in woken] == [1, 2]
            await sim.advance(timedelta(days=1))
        assert woken == [(days, START + timedelta(days=days)) for days in (1, 2, 3)]


async def test_two_organizations() -> None:
    """Two organizations of one world know nothing of each other, until an account moves between them."""
    async with Simulation() as sim:
        org, rival = await founded(sim, FOUNDER, 2), await founded(sim, RIVAL, 1)
        (moving,) = [found.id for found in (await rival.list_accounts()).accounts if found.id != RIVAL]
        parent = (await rival.enable_all_features()).handshake
        invitation = (await org.invite_account_to_organization(target=account(moving))).handshake
        assert (await rival.describe_handshake(handshake_id=parent.id)).handshake.state == "REQUESTED"
        await sim.client(moving).accept_handshake(handshake_id=invitation.id)
        assert [found.id for found in (await rival.list_accounts()).accounts] == [RIVAL]
        assert (await org.list_accounts()).accounts[-1].id == moving
        assert (await rival.describe_handshake(handshake_id=parent.id)).handshake.state == "OPEN"
        await rival.accept_handshake(handshake_id=parent.id)
        assert (await rival.describe_organization()).organization.feature_set == "ALL"
        assert (await org.describe_organization()).organization.feature_set == "CONSOLIDATED_BILLING"


class OwnError(Exception):
    """Raised by the body of a test."""


@pytest.mark.parametrize("error", [OwnError("mine"), ValueError("bad"), KeyError("x"), ConstraintViolationException()])
async def test_exception_of_the_body(error: Exception, tmp_path: Path) -> None:
    """An exception of the body arrives as it was raised, not in a group, and what happened before is in the log."""

    async def fail(log: Path | None) -> None:
        async with Simulation(log) as sim:
            await founded(sim)
            raise error

    for log in (None, tmp_path / "world.db"):
        with pytest.raises(type(error)) as caught:
            await fail(log)
        assert caught.value is error
    async with Simulation(tmp_path / "world.db") as sim:
        assert (await sim.client(FOUNDER).describe_organization()).organization.master_account_id == FOUNDER


@pytest.mark.parametrize("stored", ["file", "path as text", "memory"])
async def test_continue(stored: str, tmp_path: Path) -> None:
    """A simulation on an existing log goes on where it stood: time, rules, seed and ids, as if never interrupted."""
    whole: Any = MemoryLog()
    path = tmp_path / "world.db"
    log: Any = {"file": path, "path as text": str(path), "memory": MemoryLog()}[stored]
    rules = Settings(quotas=Quotas(accounts=3), latency="realistic")

    async def begin(sim: Simulation) -> None:
        org = await founded(sim, members=1)
        await org.create_account(email="new@example.com", account_name="New")
        await sim.advance(hours=7)

    async def go_on(sim: Simulation) -> list[bytes]:
        org = sim.client(FOUNDER)
        assert len((await org.list_accounts()).accounts) == 3
        with pytest.raises(HandshakeConstraintViolationException, match="ACCOUNT_NUMBER_LIMIT_EXCEEDED"):
            await org.invite_account_to_organization(target=account(STRANGER))
        await org.enable_all_features()
        await sim.advance(days=91)
        return await sim.engine.log.read(0, 1000)

    async with Simulation(whole, seed=4, settings=rules) as sim:
        await begin(sim)
        uninterrupted = await go_on(sim)
    async with Simulation(log, seed=4, settings=rules) as sim:
        await begin(sim)
    async with Simulation(log) as sim:
        assert sim.now == START + timedelta(hours=7)
        assert await go_on(sim) == uninterrupted


@pytest.mark.parametrize("stored", ["file", "memory"])
async def test_another_world(tmp_path: Path, stored: str) -> None:
    """A seed, settings or quotas that are not those of the log are refused with both values, and nothing happens."""
    log: Any = tmp_path / "world.db" if stored == "file" else MemoryLog()
    rules = Settings(latency="realistic", quotas=Quotas(accounts=3))
    async with Simulation(log, seed=4, settings=rules):
        pass
    for wish, message in (
        ({"seed": 5}, "this world began with seed 4, it cannot go on with 5"),
        (
            {"settings": Settings(quotas=Quotas(accounts=3))},
            "began with latency realistic, it cannot go on with instant",
        ),
        ({"quotas": Quotas()}, "began with quotas.accounts 3, it cannot go on with 50000"),
        ({"quotas": Quotas(accounts=3, invitations_per_day=5)}, "invitations_per_day as AWS has it, .* with 5"),
        ({"settings": Settings(latency="realistic")}, "quotas.accounts 3, it cannot go on with 50000"),
        ({"settings": Settings(), "quotas": Quotas(accounts=3)}, "latency realistic, it cannot go on with instant"),
    ):
        with pytest.raises(ValueError, match=message):
            async with Simulation(log, **wish):
                pass
    for wish in ({}, {"seed": 4}, {"settings": rules}, {"quotas": rules.quotas, "seed": 4}):
        async with Simulation(log, **wish) as sim:
            assert (sim.engine.durable, sim.engine.state.seed, sim.engine.state.settings) == (1, 4, rules)


async def test_views_see_what_is_durable() -> None:
    """The views of a simulation see what is durable and nothing else."""
    async with Simulation() as sim:
        org = await founded(sim)
        sim.engine.post(create_account.Request("new@example.com", "New"), org._caller)
        assert sim.views.position < sim.engine.state.position
        await sim.engine.flush()
        assert sim.views.position == sim.engine.state.position == sim.engine.log.head


@pytest.mark.parametrize("number", ["", "12345678901", "1234567890123", "12345678901x", " 11111111111", "١" * 12])
async def test_bad_account_id(number: str) -> None:
    """A client is that of an account, and an account is twelve digits."""
    async with Simulation() as sim:
        with pytest.raises(ValueError, match="twelve digits"):
            sim.client(number)


async def test_account_id_that_is_no_text() -> None:
    """An account id is text, because a number has lost its leading zeros."""
    async with Simulation() as sim:
        number: Any = 123456789012
        with pytest.raises(ValueError, match="twelve digits"):
            sim.client(number)
        assert (await sim.client("000000000001").list_handshakes_for_account()).handshakes == []
