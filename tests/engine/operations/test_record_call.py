from support.given import FOUNDER, MEMBER, World, invite

from orgsim.engine.events import CallRecorded
from orgsim.engine.operations import create_organization
from orgsim.engine.operations.record_call import Request


def test_a_refused_call() -> None:
    """Who called, what was asked, and AWS's exception with reason, message and explanation are recorded."""
    world = World()
    error = "ConstraintViolationException", "WAIT_PERIOD_ACTIVE", "Not yet.", "it was created today"
    assert world.do(Request("LeaveOrganization", {}, *error), MEMBER) == [CallRecorded("LeaveOrganization", {}, *error)]
    assert (world.log[-1].account, world.log[-1].operation) == (MEMBER, "RecordCall")


def test_an_answered_call() -> None:
    """A question is recorded with its members, and no error."""
    asked = {"MaxResults": 5}
    assert World().do(Request("ListAccounts", asked), MEMBER) == [CallRecorded("ListAccounts", asked)]


def test_ids_are_those_without_it() -> None:
    """What is created afterwards has the id that it would have in a world that records nothing."""
    ids: list[str] = []
    for calls in (0, 3):
        world = World()
        world.do(create_organization.Request(), FOUNDER)
        for _ in range(calls):
            world.do(Request("ListAccounts", {}, "AccessDeniedException"), MEMBER)
        (requested, *_) = world.do(invite(MEMBER), FOUNDER)
        ids.append(requested.handshake)
        assert (world.state.recorded_calls, world.state.changes) == (calls, world.state.position - calls)
    assert ids[0] == ids[1]
