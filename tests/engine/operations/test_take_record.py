"""TakeRecord: records of CloudTrail are taken as facts, refused and reading ones as calls that changed nothing."""

import pytest
from support.given import FOUNDER, MEMBER, OTHER, World
from support.trail_records import record

from orgsim.engine.events import AccountJoined, AccountMoved, CallRecorded, OrganizationalUnitCreated, RecordTaken
from orgsim.engine.operations import create_organizational_unit
from orgsim.engine.records.record import Unplaced
from orgsim.engine.words import JoinedMethod

UNIT = "ou-ab12-11111111"


def test_a_record_is_what_the_operation_does() -> None:
    """The record of a call gives the events of the call itself, with AWS's ids, after one that names the record."""
    world = World()
    home = world.founded()
    root = world.organization_of(FOUNDER).root
    answer = {"organizationalUnit": {"id": UNIT, "name": "Sandbox"}}
    taken = record(
        "CreateOrganizationalUnit", {"parentId": root, "name": "Sandbox"}, answer, source_ip_address="192.0.2.1"
    )
    events = world.do(taken, FOUNDER)
    assert events == [
        RecordTaken(
            "CreateOrganizationalUnit-1",
            "CreateOrganizationalUnit",
            "CreateOrganizationalUnit-request",
            source_ip_address="192.0.2.1",
        ),
        OrganizationalUnitCreated(home, UNIT, root, "Sandbox"),
    ]
    assert {envelope.operation for envelope in world.log[-2:]} == {"CreateOrganizationalUnit"}


def test_what_must_have_been_comes_first_and_is_counted() -> None:
    """A member and an OU first seen when the member moves are inferred before the move, and counted."""
    world = World()
    home = world.founded()
    root = world.organization_of(FOUNDER).root
    moved = {"accountId": MEMBER, "sourceParentId": root, "destinationParentId": UNIT}
    taken, *events = world.do(record("MoveAccount", moved), FOUNDER)
    assert taken.inferred == 2
    assert events == [
        AccountJoined(home, MEMBER, JoinedMethod.INVITED),
        OrganizationalUnitCreated(home, UNIT, root, UNIT),
        AccountMoved(home, MEMBER, root, UNIT),
    ]


@pytest.mark.parametrize("more", [{"code": "AccessDenied", "message": "no"}, {"reads": True}])
def test_what_changed_nothing_is_recorded_as_a_call(more: dict[str, object]) -> None:
    """A refused call and a question are in the log as they were, and change nothing."""
    world = World()
    world.founded()
    before = world.state.changes
    taken, call = world.do(record("LeaveOrganization", **more), FOUNDER)
    assert taken == RecordTaken(
        "LeaveOrganization-1", "LeaveOrganization", "LeaveOrganization-request", 0, False, more.get("code")
    )
    assert call == CallRecorded("LeaveOrganization", {}, more.get("code"), message=more.get("message"))
    assert world.state.changes == before + 1


def test_what_nobody_knows_is_not_placed() -> None:
    """An operation that is not known is refused with its name, and so is a record that lacks what it must say."""
    world = World()
    world.founded()
    world.refuses(record("FoldOrganization"), FOUNDER, Unplaced)
    with pytest.raises(Unplaced, match=r"requestParameters\.accountId is missing"):
        world.do(record("MoveAccount"), FOUNDER)
    with pytest.raises(Unplaced, match="nothing in the trail says which organization"):
        world.do(record("LeaveOrganization"), OTHER)


def test_the_engine_goes_on_deciding() -> None:
    """After records the operations themselves decide on what the records said."""
    world = World()
    answer = {"organization": {"id": "o-aa111bb222", "masterAccountId": FOUNDER, "featureSet": "ALL"}}
    world.do(record("CreateOrganization", {}, answer), FOUNDER)
    root = world.organization_of(FOUNDER).root
    (created,) = world.do(create_organizational_unit.Request(root, "Sandbox"), FOUNDER)
    assert created.organization == "o-aa111bb222"
