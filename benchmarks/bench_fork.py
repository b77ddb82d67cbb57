"""Forking a world in memory of 10,000 accounts, against building it again by the same calls; and forking a long log.

In memory: ``sim.sync.fork()`` of a world with invited and created accounts, OUs that hold them, tags and policies.
Reference: building it through the synchronous client. Each fork is compared with its original. The best of several
rounds counts. In files, for information: what ``orgsim fork`` does with a log of a million events, at its middle and at
its end, verified and durable; against rebuilding the state that it leads to, and against copying the file, unverified.
"""

import os
from pathlib import Path
from shutil import copyfile

import anyio
from measure import Result, at_most, information, scratch, timed, timing
from workload import check_finished, events_of, members_at, organization_of, world, write_log

from orgsim.api import Quotas, Simulation
from orgsim.api.simulation import forked
from orgsim.engine.log import chain_at
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.state.image import dump_state

BUDGET = 1 / 50
MILLISECONDS = 30.0
"""What a fork of 10,000 accounts is to take; for information, because it depends on the machine."""
MANAGEMENT = "111111111111"
UNITS, POLICIES, ROUNDS = 50, 20, 9
DENY = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'


def build(sim: Simulation, accounts: int) -> None:
    """Make an organization: every second account is invited and the others created, all are put into OUs."""
    org = sim.sync.client(MANAGEMENT)
    org.create_organization()
    root = org.list_roots().roots[0].id
    units = [
        org.create_organizational_unit(parent_id=root, name=f"Unit {number}").organizational_unit.id
        for number in range(UNITS)
    ]
    org.enable_policy_type(root_id=root, policy_type="SERVICE_CONTROL_POLICY")
    for number in range(POLICIES):
        made = org.create_policy(
            name=f"Policy {number}", type="SERVICE_CONTROL_POLICY", description="", content=DENY
        ).policy
        org.attach_policy(policy_id=made.policy_summary.id, target_id=units[number])
    for number in range(accounts):
        if number % 2:
            account = f"2{number:011}"
            invited = org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": account})
            sim.sync.client(account).accept_handshake(handshake_id=invited.handshake.id)
        else:
            made_account = org.create_account(email=f"{number}@example.com", account_name=f"Account {number}")
            request = made_account.create_account_status.id
            status = org.describe_create_account_status(create_account_request_id=request).create_account_status
            account = status.account_id
            org.tag_resource(resource_id=account, tags=[{"Key": "team", "Value": "blue"}])
        org.move_account(account_id=account, source_parent_id=root, destination_parent_id=units[number % UNITS])


async def _fork_file(path: Path, position: int, new: Path) -> float:
    """Fork a log at a position into a new file; returns the seconds."""
    log = await SqliteLog.open_for_reading(path)
    try:
        with timing() as watch:
            await forked(log, position, new)
        expected = await chain_at(log, position)
    finally:
        await log.close()
    made = await SqliteLog.open_for_reading(new)
    try:
        assert expected is not None
        assert (made.head, made.digest) == (position, expected.digest)
    finally:
        await made.close()
    return watch.seconds


async def _rebuild(path: Path, accounts: int, members: int) -> float:
    """Rebuild the state from a log; returns the seconds."""
    log = await SqliteLog.open(path, "off")
    try:
        with timing() as watch:
            opened = world(log, accounts)
            engine = await opened.__aenter__()
        assert len(organization_of(engine).members) == members
        if engine.state.position == events_of(accounts):
            check_finished(engine, accounts)
        await opened.__aexit__(None, None, None)
    finally:
        await log.close()
    return watch.seconds


def _copy(path: Path, new: Path) -> None:
    copyfile(path, new)
    with new.open("rb+") as file:
        os.fsync(file.fileno())


async def _files(accounts: int) -> list[Result]:
    results: list[Result] = []
    with scratch() as directory:
        path = directory / "log.db"
        await write_log(path, accounts)
        end = events_of(accounts)
        # Behind an acceptance, which is two events: three quarters of the accounts have joined.
        middle = accounts + 3 + accounts // 4 * 6
        for name, position in {"middle": middle, "end": end}.items():
            new = directory / f"{name}.db"
            ours = await _fork_file(path, position, new)
            reference = await _rebuild(new, accounts, members_at(accounts, position))
            note = f"{position:,} of {end:,} events; reference: rebuilding its state"
            results.append(information(f"fork a log at its {name} into a file", ours, reference, "s", note))
        copied = await anyio.to_thread.run_sync(lambda: timed(lambda: _copy(path, directory / "copy.db")))
        note = "reference: copying the file"
        return [*results, information("fork a log at its end into a file, beside a copy", ours, copied, "s", note)]


def run(quick: bool) -> list[Result]:
    """Measure forks of a template of 10,000 accounts, and of a long log."""
    return [*_in_memory(quick), *anyio.run(_files, 20_000 if quick else 200_000)]


def _in_memory(quick: bool) -> list[Result]:
    accounts = 10_000
    with Simulation(quotas=Quotas(accounts=accounts + 1, invitations_per_day=None)) as template:
        reference = timed(lambda: build(template, accounts))
        image, views = dump_state(template.engine.state), template.views.dump()
        assert len(template.engine.state.accounts) == accounts + 1
        ours: list[float] = []
        for _ in range(ROUNDS if not quick else 5):
            with timing() as watch:
                fork = template.sync.fork()
            ours.append(watch.seconds)
            with fork:
                assert fork.engine.log.digest == template.engine.log.digest
                assert dump_state(fork.engine.state) == image
                assert fork.views.dump() == views
                fork.sync.client(MANAGEMENT).list_accounts()
            del fork  # whose end is not to be measured with the next one
        assert dump_state(template.engine.state) == image
    note = f"{accounts:,} accounts, {UNITS} OUs, {POLICIES} policies"
    return [
        at_most(BUDGET, "fork a world in memory", min(ours) * 1e3, reference * 1e3, "ms", note),
        information("the same, the first fork of it", ours[0] * 1e3, reference * 1e3, "ms"),
        information("the same, of the budget for it", min(ours) * 1e3, MILLISECONDS, "ms"),
    ]
