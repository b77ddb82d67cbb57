"""Trail out, then trail in: the twin of a random world is equal to it at every moment, ids and times included.

What CloudTrail cannot carry is taken out of the comparison here, each with its reason, and listed in docs/trails.md.
"""

import json
from bisect import bisect_right
from collections.abc import Iterator
from pathlib import Path
from random import Random
from typing import Any

import pytest
from anyio.to_thread import run_sync
from support.campaign import examples
from support.given import FOUNDER, MEMBER, RIVAL, World
from support.random_commands import DECIDED, importing, play, random_script
from support.responsibility_transfers import transferred
from support.trails import records

from orgsim.api.timeline.trail_in.files import files_of
from orgsim.api.timeline.trail_in.replaying import replay
from orgsim.api.timeline.trail_out.folder import TrailFolder
from orgsim.api.timeline.trail_out.reading import Reader, Wanted
from orgsim.engine.events import CallRecorded, OrganizationCreated, PolicyAttached, ResourceTagged
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.evolve import apply
from orgsim.engine.log import read_envelopes
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.operations import (
    create_organizational_unit,
    move_account,
    terminate_responsibility_transfer,
    update_responsibility_transfer,
)
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.settings import LATEST, SECOND
from orgsim.engine.state import Organization, State
from orgsim.engine.words import Action, FeatureSet
from orgsim.scenarios.company_year import write

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

COMMANDS = [command for command in DECIDED if command is not importing]
Facts = dict[str, Any]


def random_world(seed: int) -> World:
    """A world of organizations in which nothing happens in the same second as the next thing."""
    world = World(latency=Random(seed).choice(["instant", "realistic"]))
    world.founded(FOUNDER, Random(seed).choice(list(FeatureSet)))
    world.advance(seconds=1)
    world.founded(RIVAL)
    for _ in play(random_script(seed, 120), world, COMMANDS):
        world.advance(seconds=1)
    return world


def second(time: int | None) -> int | None:
    """A time as records have it, without parts of a second."""
    return None if time is None else time // SECOND


def facts_of(state: State, named: set[str], unsaid: set[str]) -> Facts:
    """What both worlds must agree on.

    Args:
        state: of either.
        named: roots that a record names; another one nobody outside can know.
        unsaid: handshakes whose acceptance the trail does not tell, because it was answered with an error.
    """
    facts: Facts = {
        organization.id: facts_of_organization(organization, named)
        for organization in state.organizations.values()
        if not organization.deleted
    }
    for key, found in state.handshakes.items():
        asked = found.requested
        # EnableAllFeatures answers with the parent alone: the ids of the approvals are told by who answers them.
        if asked.action is not Action.APPROVE_ALL_FEATURES and key not in unsaid:
            times = second(found.requested_at), second(asked.expires_at)
            facts[key] = str(found.state), asked.action, asked.party, asked.notes, asked.tags, found.account, times
    for transfer in state.transfers.by_id.values():
        times = second(transfer.starts_at), second(transfer.ends_at)
        facts[transfer.id] = str(transfer.status), transfer.name, transfer.party, transfer.source_account, times
    return facts


def facts_of_organization(organization: Organization, named: set[str]) -> Facts:
    root = organization.root

    def known(place: str | None) -> str | None:
        return "the root" if place == root and root not in named else place

    units, policies, access = organization.units, organization.policies, organization.access
    return {
        "organization": (organization.management_account, organization.feature_set, second(organization.created_at)),
        "members": {
            account: (known(units.parent_of(account)), member.joined_method, second(member.membership_changed_at))
            for account, member in organization.members.items()
        },
        "units": {known(unit.id): (unit.name, known(unit.parent)) for unit in units.by_id.values()},
        "policies": {
            policy.id: (policy.type, policy.name, policy.description, policy.content, [*policy.targets])
            for policy in policies.by_id.values()
        },
        "types": {kind: second(since) for kind, since in policies.enabled.items()},
        "defaults": {policy: {*places} for policy, places in policies.without_default.items() if places},
        "tags": dict(organization.tags),
        "services": {service: second(since) for service, since in access.services.items()},
        "administrators": {
            account: {service: second(since) for service, since in services.items()}
            for account, services in access.administrators.items()
        },
        "resource policy": access.resource_policy,
        "closing": {account: second(since) for account, since in organization.closures.pending.items()},
        "closed": {account: second(since) for account, since in organization.closures.closed.items()},
        "creations": dict(organization.creations),
        "migration": organization.migration and (organization.migration.parent, {*organization.migration.outstanding}),
    }


def states_at(log: list[Envelope], moments: list[int]) -> Iterator[State]:
    """The state at each of the moments, which must be in order; always the same object, changed meanwhile."""
    state, times = State(), [envelope.time for envelope in log]
    done = 0
    for moment in moments:
        last = bisect_right(times, moment + SECOND - 1)
        for envelope in log[done:last]:
            apply(state, envelope)
        done = last
        yield state


async def twin_of(trail: Path, log: Path) -> list[Envelope]:
    """Replay a trail, of which everything can be placed; returns the events of the twin."""
    files = await run_sync(files_of, [str(trail)])
    replayed = await replay(files, log, LATEST, lambda *_: None)
    assert not replayed.summary.problems, replayed.summary.named
    found = await SqliteLog.open_for_reading(log)
    try:
        return [envelope async for envelopes in read_envelopes(found, 0) for envelope in envelopes]
    finally:
        await found.close()


def unsaid_in(trail: list[dict[str, Any]]) -> set[str]:
    """Handshakes that were accepted, and yet answered with an error: AWS records an error, which changes nothing."""
    failed = [each for each in trail if each["eventName"] == "AcceptHandshake" and "errorCode" in each]
    return {each["requestParameters"]["handshakeId"] for each in failed if each["requestParameters"]}


def require_equal(world: list[Envelope], twin: list[Envelope], trail: list[dict[str, Any]], seed: object) -> None:
    """Compare a world and its twin at moments all along the trail."""
    text = json.dumps(trail)
    roots = {envelope.event.root for envelope in world if isinstance(envelope.event, OrganizationCreated)}
    named = {root for root in roots if f'"{root}"' in text}
    unsaid = unsaid_in(trail)
    # Each second in which something is told; what timers do by themselves later shows at the next of them.
    moments = sorted({envelope.time // SECOND * SECOND for envelope in world if envelope.account})
    moments = [*moments[:: max(1, len(moments) // 12)], moments[-1]]
    for moment, one, other in zip(moments, states_at(world, moments), states_at(twin, moments), strict=True):
        assert facts_of(one, named, unsaid) == facts_of(other, named, unsaid), (seed, moment)


async def test_lines_read_again_are_the_same_world(tmp_path: Path) -> None:
    """A random world's plain records, as lines, lead to the same organizations at every moment."""
    for seed in range(examples(6)):
        world = random_world(seed)
        trail = records(world.log)
        lines = tmp_path / f"{seed}.jsonl"
        lines.write_text("".join(json.dumps(record) + "\n" for record in trail))
        twin = await twin_of(lines, tmp_path / f"{seed}.db")
        require_equal(world.log, twin, trail, seed)


async def require_same_by_folder(world: World, folder: Path, seed: object) -> None:
    def write() -> None:
        written = TrailFolder(folder)
        written.add(Reader(Wanted(plain=True)).take(world.log, complete=True))
        written.publish()

    await run_sync(write)
    twin = await twin_of(folder, folder.with_suffix(".db"))
    require_equal(world.log, twin, records(world.log), seed)


async def test_a_folder_read_again_is_the_same_world(tmp_path: Path) -> None:
    """The files that CloudTrail would deliver, each account's apart, lead to the same organizations too."""
    for seed in range(1_000, 1_000 + examples(4)):
        await require_same_by_folder(random_world(seed), tmp_path / f"{seed}", seed)


async def test_what_happens_within_a_second(tmp_path: Path) -> None:
    """OUs within new OUs, and transfers that are offered, accepted and ended at once, are put in their order."""
    world = World()
    world.founded(FOUNDER, FeatureSet.ALL)
    world.founded(RIVAL, FeatureSet.ALL)
    parent = world.organization_of(FOUNDER).root
    for _ in range(4):
        made = create_organizational_unit.Request(parent, "Unit", (TagMember("team", "blue"),))
        parent = world.do(made, FOUNDER)[0].unit
    transfer = transferred(world)
    world.do(update_responsibility_transfer.Request(transfer, "Other"), FOUNDER)
    world.do(terminate_responsibility_transfer.Request(transfer), RIVAL)
    world.joined(MEMBER)
    world.do(move_account.Request(MEMBER, world.organization_of(FOUNDER).root, parent), FOUNDER)
    await require_same_by_folder(world, tmp_path / "trail", "a second")


async def test_the_year_of_a_company_read_again(tmp_path: Path) -> None:
    """The shipped year, with its recorded questions and refusals, leads to the same organizations at every moment."""
    await write(tmp_path / "trail", teams=6, plain=True)
    log = await SqliteLog.open_for_reading(tmp_path / "trail.db")
    world = [envelope async for envelopes in read_envelopes(log, 0) for envelope in envelopes]
    await log.close()
    twin = await twin_of(tmp_path / "trail", tmp_path / "twin.db")
    require_equal(world, twin, records(world), "year")
    asked = [envelope.event for envelope in twin if isinstance(envelope.event, CallRecorded)]
    assert len(asked) == sum(isinstance(envelope.event, CallRecorded) for envelope in world)


def test_what_is_compared_differs_where_worlds_differ() -> None:
    """A world is not equal to itself with one event left out, be it the last that a record tells of."""
    world = random_world(3)
    trail = records(world.log)
    require_equal(world.log, world.log, trail, "itself")
    told = [envelope for envelope in world.log if isinstance(envelope.event, ResourceTagged | PolicyAttached)]
    for left_out in told[:1] + told[-1:]:
        less = [envelope for envelope in world.log if envelope is not left_out]
        with pytest.raises((AssertionError, KeyError)):
            require_equal(world.log, less, trail, "less")
