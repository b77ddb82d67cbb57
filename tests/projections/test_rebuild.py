from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import Any, get_args

import msgspec
import pytest
from support.forms import form_of
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER
from support.policy_commands import BACKUP, TAG, made
from support.projection_world import WatchedWorld, answers
from support.responsibility_transfers import offered, transferred
from support.trail_records import record

from orgsim.api import Simulation
from orgsim.engine.events import AnyEvent, TimeAdvanced, WorldCreated
from orgsim.engine.events.envelope import Envelope, encode_envelope
from orgsim.engine.log import READ_SIZE, LogDamaged, MemoryLog
from orgsim.engine.operations import (
    clear_faults,
    create_organization,
    finish_account_creation,
    import_organization,
    meet_faults,
    record_call,
    script_fault,
)
from orgsim.engine.records.record import Known
from orgsim.engine.settings import SECOND, Settings
from orgsim.engine.shapes.timestamps import microseconds
from orgsim.engine.words import FeatureSet
from orgsim.projections.rebuild import build_views
from orgsim.projections.views import Views

pytestmark = pytest.mark.slow

ACCOUNTS = (FOUNDER, MEMBER, OTHER, STRANGER, RIVAL)


def told_story() -> WatchedWorld:
    """A world in which everything that makes an event has happened."""
    world = WatchedWorld(latency="realistic")
    world.describe(account_id=STRANGER, email="stranger@example.com", name="Stranger")
    first = world.founded()
    world.joined(MEMBER)
    world.joined(OTHER)
    parent, approvals = world.migrating()
    world.call("AcceptHandshake", MEMBER, HandshakeId=approvals[MEMBER])
    world.call("DeclineHandshake", OTHER, HandshakeId=approvals[OTHER])
    world.founded(RIVAL, FeatureSet.ALL)
    world.invited("stranger@example.com", RIVAL)
    world.joined(STRANGER, RIVAL)
    failing = world.call("CreateAccount", RIVAL, Email="fail@example.com", AccountName="Fail")[0].request
    world.do(finish_account_creation.Request(failing, "INTERNAL_FAILURE"))
    world.created(sender=RIVAL)
    govern(world)
    delegate(world)
    go_wrong(world)
    # Nobody answers this one.
    offered(world, OTHER, RIVAL)
    world.call("CloseAccount", RIVAL, AccountId=STRANGER)
    world.call("RemoveAccountFromOrganization", FOUNDER, AccountId=OTHER)
    world.call("AcceptHandshake", FOUNDER, HandshakeId=parent)
    canceled = world.invited(OTHER)
    world.call("CancelHandshake", FOUNDER, HandshakeId=canceled)
    world.advance(days=16)
    world.advance(days=30)
    world.call("LeaveOrganization", MEMBER)
    world.call("DeleteOrganization", FOUNDER)
    assert world.state.organizations[first].deleted
    world.do(create_organization.Request(), "777777777777", partition="aws-us-gov")
    be_told(world)
    world.advance(days=60)
    return world


def govern(world: WatchedWorld) -> None:
    """RIVAL's organization has OUs, tags, and policies whose effect is seen some seconds later."""
    root = world.organization_of(RIVAL).root
    unit, empty = (
        world.call("CreateOrganizationalUnit", RIVAL, ParentId=root, Name=name)[0].unit for name in ("Unit", "Empty")
    )
    world.call("UpdateOrganizationalUnit", RIVAL, OrganizationalUnitId=unit, Name="Renamed")
    world.call("DeleteOrganizationalUnit", RIVAL, OrganizationalUnitId=empty)
    world.call("MoveAccount", RIVAL, AccountId=STRANGER, SourceParentId=root, DestinationParentId=unit)
    world.call("TagResource", RIVAL, ResourceId=unit, Tags=[{"Key": "team", "Value": "blue"}])
    world.call("UntagResource", RIVAL, ResourceId=unit, TagKeys=["team"])
    for policy_type in (TAG, BACKUP):
        world.call("EnablePolicyType", RIVAL, RootId=root, PolicyType=policy_type)
    policy = made(world, TAG, caller=RIVAL, tags=[("team", "red")])
    world.call("AttachPolicy", RIVAL, PolicyId=policy, TargetId=unit)
    world.advance(minutes=1)
    world.call("UpdatePolicy", RIVAL, PolicyId=policy, Name="Other rules")
    world.call("DisablePolicyType", RIVAL, RootId=root, PolicyType=BACKUP)
    world.call("DetachPolicy", RIVAL, PolicyId=policy, TargetId=unit)
    world.call("DeletePolicy", RIVAL, PolicyId=policy)


def delegate(world: WatchedWorld) -> None:
    """STRANGER administers a service for a while, and may read a little; FOUNDER's bills are paid."""
    delegated = {"AccountId": STRANGER, "ServicePrincipal": "config.amazonaws.com"}
    world.call("EnableAWSServiceAccess", RIVAL, ServicePrincipal="config.amazonaws.com")
    world.call("RegisterDelegatedAdministrator", RIVAL, **delegated)
    world.call("DeregisterDelegatedAdministrator", RIVAL, **delegated)
    world.call("DisableAWSServiceAccess", RIVAL, ServicePrincipal="config.amazonaws.com")
    statement = f'{{"Effect":"Allow","Principal":{{"AWS":"{STRANGER}"}},"Action":"organizations:List*","Resource":"*"}}'
    world.call("PutResourcePolicy", RIVAL, Content=f'{{"Statement":[{statement}]}}')
    transfer = transferred(world, source=FOUNDER, payer=RIVAL)
    world.call("UpdateResponsibilityTransfer", RIVAL, Id=transfer, Name="Renamed")
    world.call("TerminateResponsibilityTransfer", RIVAL, Id=transfer)
    world.call("DeleteResourcePolicy", RIVAL)


def go_wrong(world: WatchedWorld) -> None:
    """A fault is scripted, lets one call pass, meets the next, and is cleared."""
    world.do(script_fault.Request(fault="throttle", operations=("ListAccounts",), after_calls=1))
    for _ in range(2):
        world.do(meet_faults.Request("ListAccounts", RIVAL))
    world.do(clear_faults.Request())
    world.do(record_call.Request("ListAccounts", {}, "TooManyRequestsException"), RIVAL)
    _told_from_outside(world)


def _told_from_outside(world: WatchedWorld) -> None:
    """A dump shows that a member that had been closed is active again."""
    closed = world.joined(MEMBER, RIVAL)
    world.call("CloseAccount", RIVAL, AccountId=closed)
    world.advance(seconds=0)
    form = form_of(world.organization_of(RIVAL), world.state)
    active = tuple(msgspec.structs.replace(each, state="ACTIVE") for each in form.accounts)
    form = msgspec.structs.replace(form, accounts=active)
    world.do(import_organization.Request(form=form, source="a dump", taken_at=world.now))


def be_told(world: WatchedWorld) -> None:
    """A trail tells of an organization that it does not name, and then of the root that MEMBER is moved in."""
    manager, root, unit = "888888888888", "r-ab12", "ou-ab12-11111111"
    world.do(record("EnableAWSServiceAccess", {"servicePrincipal": "config.amazonaws.com"}), manager)
    move = {"accountId": "888888888887", "sourceParentId": root, "destinationParentId": unit}
    world.do(record("MoveAccount", move, said=Known(root=root)), manager)


async def stored(envelopes: Sequence[Envelope]) -> MemoryLog:
    log = MemoryLog()
    await log.append(0, [encode_envelope(envelope) for envelope in envelopes])
    return log


async def test_at_every_position() -> None:
    """Views built up to a position answer what inline views answered when they had come there, event by event."""
    world = told_story()
    assert {envelope.type for envelope in world.log} == {event.__name__ for event in get_args(AnyEvent)}
    log = await stored(world.log)
    inline = Views()
    for envelope in world.log:
        inline.feed([envelope])
        built = await build_views(log, position=envelope.position)
        assert (built.position, built.now) == (inline.position, inline.now) == (envelope.position, envelope.time)
        assert answers(built, ACCOUNTS) == answers(inline, ACCOUNTS)


async def test_at_every_moment() -> None:
    """Views built up to a moment have taken in everything of that moment, and nothing later."""
    world = told_story()
    log = await stored(world.log)
    for moment in sorted({envelope.time for envelope in world.log}):
        for asked in (moment - 1, moment, moment + 1):
            known = [envelope for envelope in world.log if envelope.time <= asked]
            inline = Views()
            inline.feed(known)
            built = await build_views(log, moment=asked)
            assert (built.position, built.now) == (len(known), known[-1].time if known else 0)
            assert answers(built, ACCOUNTS) == answers(inline, ACCOUNTS)


async def test_position_and_moment() -> None:
    """If both a position and a moment are given, the earlier one counts."""
    world = told_story()
    log = await stored(world.log)
    half = len(world.log) // 2
    moment = world.log[half - 1].time
    at_moment = sum(envelope.time <= moment for envelope in world.log)
    assert (await build_views(log, position=half, moment=moment)).position == half
    assert (await build_views(log, position=len(world.log), moment=moment)).position == at_moment
    assert (await build_views(log, position=0)).position == 0
    assert (await build_views(log, position=len(world.log) + 5)).position == len(world.log)
    assert (await build_views(log)).position == len(world.log)


async def test_empty_log() -> None:
    """Views of an empty log know nothing."""
    views = await build_views(MemoryLog())
    assert (views.position, views.now) == (0, 0)
    assert set(map(str, answers(views, [FOUNDER]).values())) >= {"('AWSOrganizationsNotInUseException', None)"}


@pytest.mark.parametrize("position", [READ_SIZE - 1, READ_SIZE, READ_SIZE + 1, READ_SIZE + 100])
async def test_log_longer_than_a_read(position: int) -> None:
    """A position or moment beyond the first read, or at its end, is met exactly."""
    begun = Envelope(1, START, WorldCreated(0, Settings()), "CreateWorld", None, None, 1)
    quiet = [
        Envelope(place, START + place * SECOND, TimeAdvanced(), "AdvanceTime", None, None, place)
        for place in range(2, READ_SIZE + 101)
    ]
    log = await stored([begun, *quiet])
    assert (await build_views(log, position=position)).position == position
    views = await build_views(log, moment=START + position * SECOND + 1)
    assert (views.position, views.now) == (position, START + position * SECOND)


async def test_listener() -> None:
    """A listener is told of every event up to the position, and of none behind it."""
    heard: list[int] = []
    log = await stored(told_story().log)
    await build_views(log, position=5, listener=lambda batch: heard.extend(each.position for each in batch))
    assert heard == [1, 2, 3, 4, 5]


async def test_damaged_log() -> None:
    """Nothing is built from a log that was tampered with."""
    log = await stored(told_story().log)
    log._records[3], log._records[4] = log._records[4], log._records[3]
    with pytest.raises(LogDamaged):
        await build_views(log)


async def test_during_a_simulation() -> None:
    """Views rebuilt for a moment answer as the simulation's own views did at that moment."""
    async with Simulation(seed=3) as sim:
        org, member = sim.client(FOUNDER), sim.client(MEMBER)
        await org.create_organization(feature_set="CONSOLIDATED_BILLING")
        remembered: list[tuple[int, datetime, dict[Any, Any]]] = []

        async def remember() -> None:
            await sim.advance(hours=1)
            remembered.append((sim.views.position, sim.now, answers(sim.views, ACCOUNTS)))

        target = {"Type": "ACCOUNT", "Id": MEMBER}
        invitation = (await org.invite_account_to_organization(target=target)).handshake
        await remember()
        await member.accept_handshake(handshake_id=invitation.id)
        await remember()
        await org.enable_all_features()
        await org.create_account(email="made@example.com", account_name="Made")
        await remember()
        await sim.advance(days=91)
        await remember()
        for position, moment, answered in remembered:
            assert answers(await build_views(sim.engine.log, position=position), ACCOUNTS) == answered
            earlier = microseconds(moment - timedelta(minutes=59))
            assert answers(await build_views(sim.engine.log, moment=earlier), ACCOUNTS) == answered
