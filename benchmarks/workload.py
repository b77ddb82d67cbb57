"""The workload of all benchmarks: an organization and N invited accounts migrate to all features.

The phases: the management account invites every account; every account accepts; the management account asks for all
features; every account approves; the management account finalizes. Accounts answer in a seeded order of their own.
The commands of a phase are an iterator: turned into a list first, making them is not measured; used as it is, they take
no memory. Every phase has a check of the state that it must have led to.
"""

import random
from array import array
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice
from pathlib import Path

from msgspec import Struct

from orgsim.engine.log import READ_SIZE, Chain, EventLog
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operation import Caller
from orgsim.engine.operations import (
    accept_handshake,
    create_organization,
    enable_all_features,
    invite_account_to_organization,
)
from orgsim.engine.runtime.clock import SimulatedClock
from orgsim.engine.runtime.engine import Engine, Listener
from orgsim.engine.runtime.running import running_engine
from orgsim.engine.settings import DAY, Quotas, Settings
from orgsim.engine.state import Organization
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Action, FeatureSet

SEED = 20260101
START = 20_454 * DAY
"""1 January 2026."""

MANAGEMENT = Caller("111111111111")
FIRST_ACCOUNT = 200_000_000_000
POSTS_PER_CHECKPOINT = 1_000
"""Commands posted between two turns of the log's writer."""

Command = tuple[Struct, Caller]


def account_id(number: int) -> str:
    """The id of the account with a number, from 0."""
    return str(FIRST_ACCOUNT + number)


def answering_order(accounts: int) -> Sequence[int]:
    """The numbers of all accounts, in the seeded order in which they answer."""
    order = array("q", range(accounts))
    random.Random(SEED).shuffle(order)
    return order


@asynccontextmanager
async def world(log: EventLog, accounts: int, listeners: Sequence[Listener] = ()) -> AsyncIterator[Engine]:
    """Run an engine on a log, with quotas for a number of accounts."""
    quotas = Quotas(accounts=accounts + 1, all_features_migration_accounts=accounts + 1)
    async with running_engine(
        log, clock=SimulatedClock(START), seed=SEED, settings=Settings(quotas=quotas), listeners=listeners
    ) as engine:
        yield engine


async def post_all(engine: Engine, commands: Iterable[Command]) -> None:
    """Post commands in bulk, and wait until they are durable."""
    commands = iter(commands)
    post = engine.post
    while batch := list(islice(commands, POSTS_PER_CHECKPOINT)):
        for request, caller in batch:
            post(request, caller)
        await engine.room()
    await engine.flush()


def organization_of(engine: Engine) -> Organization:
    """The organization of the workload."""
    (organization,) = engine.state.organizations.values()
    return organization


async def create(engine: Engine) -> None:
    """Create the organization, with consolidated billing."""
    engine.post(create_organization.Request(FeatureSet.CONSOLIDATED_BILLING), MANAGEMENT)
    await engine.flush()


def invitations(accounts: int) -> Iterator[Command]:
    """Invite every account."""
    for number in range(accounts):
        target = invite_account_to_organization.Target("ACCOUNT", account_id(number))
        yield invite_account_to_organization.Request(target), MANAGEMENT


def acceptances(engine: Engine, order: Iterable[int]) -> Iterator[Command]:
    """Let every account accept its invitation."""
    return _answers(organization_of(engine).invitations, order)


async def enable(engine: Engine) -> None:
    """Start the migration: one command, which asks every account for its approval."""
    engine.post(enable_all_features.Request(), MANAGEMENT)
    await engine.flush()


def approvals(engine: Engine, order: Iterable[int]) -> Iterator[Command]:
    """Let every account accept the request for its approval."""
    migration = organization_of(engine).migration
    assert migration is not None
    return _answers(migration.outstanding, order)


def _answers(handshakes: dict[str, str], order: Iterable[int]) -> Iterator[Command]:
    for number in order:
        account = account_id(number)
        yield accept_handshake.Request(handshakes[account]), Caller(account)


async def finalize(engine: Engine) -> None:
    """Let the management account finalize the migration."""
    migration = organization_of(engine).migration
    assert migration is not None
    engine.post(accept_handshake.Request(migration.parent), MANAGEMENT)
    await engine.flush()


async def invite_all(engine: Engine, accounts: int) -> None:
    """Create the organization and invite every account."""
    await create(engine)
    await post_all(engine, invitations(accounts))


async def play_all(engine: Engine, accounts: int) -> None:
    """Play all phases, from an empty log to all features."""
    order = answering_order(accounts)
    await invite_all(engine, accounts)
    await post_all(engine, acceptances(engine, order))
    await enable(engine)
    await post_all(engine, approvals(engine, order))
    await finalize(engine)


def commands_of(accounts: int) -> int:
    """The number of commands in all phases."""
    return 3 * accounts + 3


def events_of(accounts: int) -> int:
    """The number of events of all phases: five for each account and seven more, WorldCreated included."""
    return 5 * accounts + 7


def members_at(accounts: int, position: int) -> int:
    """The number of the organization's members after the event at a position, from its founding on."""
    before = accounts + 3
    # An account that joins accepts a handshake first, and then is a member.
    return 1 + min(max(position - before, 0) // 2, accounts)


async def write_log(path: Path, accounts: int) -> None:
    """Write the log of all phases into a new file."""
    log = await SqliteLog.create(path, "off")
    try:
        async with world(log, accounts) as engine:
            await play_all(engine, accounts)
            check_finished(engine, accounts)
    finally:
        await log.close()


def check_invited(engine: Engine, accounts: int) -> None:
    """Check that every account has an open invitation."""
    organization = organization_of(engine)
    assert len(organization.invitations) == accounts
    assert len(organization.members) == 1
    assert engine.durable == engine.state.position == engine.log.head == accounts + 3


def check_joined(engine: Engine, accounts: int) -> None:
    """Check that every account has accepted its invitation and is a member."""
    organization = organization_of(engine)
    assert not organization.invitations
    assert len(organization.members) == accounts + 1
    _check_accepted(engine, Action.INVITE, accounts)
    assert engine.durable == engine.state.position == engine.log.head == 3 * accounts + 3


def check_approved(engine: Engine, accounts: int) -> None:
    """Check that every account has approved, and that the migration can be finalized."""
    migration = organization_of(engine).migration
    assert migration is not None
    assert not migration.outstanding
    assert engine.state.handshakes[migration.parent].state is HandshakeState.OPEN
    _check_accepted(engine, Action.APPROVE_ALL_FEATURES, accounts)
    assert engine.durable == engine.state.position == engine.log.head == events_of(accounts) - 2


def check_finished(engine: Engine, accounts: int) -> None:
    """Check that the organization has all features and all accounts."""
    organization = organization_of(engine)
    assert organization.feature_set is FeatureSet.ALL
    assert organization.migration is None
    assert len(organization.members) == accounts + 1
    _check_accepted(engine, Action.APPROVE_ALL_FEATURES, accounts)
    assert engine.durable == engine.state.position == engine.log.head == events_of(accounts)


def _check_accepted(engine: Engine, action: Action, accounts: int) -> None:
    states = [handshake.state for handshake in engine.state.handshakes.values() if handshake.requested.action is action]
    assert len(states) == accounts
    assert set(states) == {HandshakeState.ACCEPTED}


async def checked_records(log: EventLog) -> list[bytes]:
    """Read all records of a log, and check its digest."""
    records: list[bytes] = []
    while batch := await log.read(len(records), READ_SIZE):
        records += batch
    chain = Chain()
    chain.extend(records)
    assert (chain.position, chain.digest) == (log.head, log.digest)
    return records
