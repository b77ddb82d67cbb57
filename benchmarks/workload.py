"""The one workload of all benchmarks: an organization, N invited accounts, and their way to all features.

The phases: the management account invites every account; every account accepts; the management account asks for all
features; every account approves; the management account finalizes. Accounts answer in a seeded order of their own.
What a phase posts is an iterator of commands: made a list of, its making is not measured; used as it is, it takes no
memory. Every phase has a check of what it must have led to.
"""

import random
from array import array
from collections.abc import AsyncIterator, Iterable, Iterator, Sequence
from contextlib import asynccontextmanager
from itertools import islice

from msgspec import Struct

from orgsim.engine.log import READ_SIZE, Chain, EventLog
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
POSTS_PER_TURN = 1_000
"""Commands between two turns for the writer."""

Command = tuple[Struct, Caller]


def account_id(number: int) -> str:
    """The account with this number, counted from 0."""
    return str(FIRST_ACCOUNT + number)


def answering_order(accounts: int) -> Sequence[int]:
    """The numbers of all accounts, in the seeded order in which they answer."""
    order = array("q", range(accounts))
    random.Random(SEED).shuffle(order)
    return order


@asynccontextmanager
async def world(log: EventLog, accounts: int, listeners: Sequence[Listener] = ()) -> AsyncIterator[Engine]:
    """A running world on a log, with quotas for so many accounts."""
    quotas = Quotas(accounts=accounts + 1, all_features_migration_accounts=accounts + 1)
    async with running_engine(
        log, clock=SimulatedClock(START), seed=SEED, settings=Settings(quotas=quotas), listeners=listeners
    ) as engine:
        yield engine


async def post_all(engine: Engine, commands: Iterable[Command]) -> None:
    """Post the commands in bulk, and wait until they are durable."""
    commands = iter(commands)
    post = engine.post
    while turn := list(islice(commands, POSTS_PER_TURN)):
        for request, caller in turn:
            post(request, caller)
        await engine.room()
    await engine.flush()


def organization_of(engine: Engine) -> Organization:
    """The organization of the workload."""
    (organization,) = engine.state.organizations.values()
    return organization


async def found(engine: Engine) -> None:
    """The organization comes to be, for consolidated billing."""
    engine.post(create_organization.Request(FeatureSet.CONSOLIDATED_BILLING), MANAGEMENT)
    await engine.flush()


def invitations(accounts: int) -> Iterator[Command]:
    """An invitation of every account."""
    for number in range(accounts):
        target = invite_account_to_organization.Target("ACCOUNT", account_id(number))
        yield invite_account_to_organization.Request(target), MANAGEMENT


def acceptances(engine: Engine, order: Iterable[int]) -> Iterator[Command]:
    """Every account's AcceptHandshake of its invitation."""
    return _answers(organization_of(engine).invitations, order)


async def enable(engine: Engine) -> None:
    """The migration begins: one command, and an approval to be given by every account."""
    engine.post(enable_all_features.Request(), MANAGEMENT)
    await engine.flush()


def approvals(engine: Engine, order: Iterable[int]) -> Iterator[Command]:
    """Every account's AcceptHandshake of its approval."""
    migration = organization_of(engine).migration
    assert migration is not None
    return _answers(migration.outstanding, order)


def _answers(handshakes: dict[str, str], order: Iterable[int]) -> Iterator[Command]:
    for number in order:
        account = account_id(number)
        yield accept_handshake.Request(handshakes[account]), Caller(account)


async def finalize(engine: Engine) -> None:
    """The management account accepts the parent: all features."""
    migration = organization_of(engine).migration
    assert migration is not None
    engine.post(accept_handshake.Request(migration.parent), MANAGEMENT)
    await engine.flush()


async def invite_all(engine: Engine, accounts: int) -> None:
    """The organization with an open invitation for every account."""
    await found(engine)
    await post_all(engine, invitations(accounts))


async def play_all(engine: Engine, accounts: int) -> None:
    """All phases, from nothing to all features."""
    order = answering_order(accounts)
    await invite_all(engine, accounts)
    await post_all(engine, acceptances(engine, order))
    await enable(engine)
    await post_all(engine, approvals(engine, order))
    await finalize(engine)


def commands_of(accounts: int) -> int:
    """How many commands all phases have."""
    return 3 * accounts + 3


def events_of(accounts: int) -> int:
    """How many events all phases make: five for each account, and seven around them, WorldCreated the first."""
    return 5 * accounts + 7


def check_invited(engine: Engine, accounts: int) -> None:
    """Every account has an open invitation."""
    organization = organization_of(engine)
    assert len(organization.invitations) == accounts
    assert len(organization.members) == 1
    assert engine.durable == engine.state.position == engine.log.head == accounts + 3


def check_joined(engine: Engine, accounts: int) -> None:
    """Every account has accepted its invitation and is a member."""
    organization = organization_of(engine)
    assert not organization.invitations
    assert len(organization.members) == accounts + 1
    _check_accepted(engine, Action.INVITE, accounts)
    assert engine.durable == engine.state.position == engine.log.head == 3 * accounts + 3


def check_approved(engine: Engine, accounts: int) -> None:
    """Every account has approved, and the parent can be finalized."""
    migration = organization_of(engine).migration
    assert migration is not None
    assert not migration.outstanding
    assert engine.state.handshakes[migration.parent].state is HandshakeState.OPEN
    _check_accepted(engine, Action.APPROVE_ALL_FEATURES, accounts)
    assert engine.durable == engine.state.position == engine.log.head == events_of(accounts) - 2


def check_finished(engine: Engine, accounts: int) -> None:
    """The organization has all features, and so many accounts."""
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
    """All records of a log, whose digest must be the one that the log states."""
    records: list[bytes] = []
    while part := await log.read(len(records), READ_SIZE):
        records += part
    chain = Chain()
    chain.extend(records)
    assert (chain.position, chain.digest) == (log.head, log.digest)
    return records
