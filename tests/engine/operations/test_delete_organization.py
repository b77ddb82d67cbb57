import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    InvalidHandshakeTransitionException,
    OrganizationNotEmptyException,
)
from orgsim.engine.events import AccountDeparted, HandshakeCanceled, OrganizationDeleted
from orgsim.engine.operations import accept_handshake, create_account, leave_organization
from orgsim.engine.operations.delete_organization import Request
from orgsim.engine.operations.finish_account_creation import Request as Finish
from orgsim.engine.settings import DAY
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition, DepartureMethod


def organization(**settings) -> World:
    world = World(**settings)
    world.founded()
    return world


def test_refusals() -> None:
    """A standalone account has nothing to delete, a member must not, and members are in the way."""
    world = organization()
    world.joined(MEMBER)
    world.refuses(Request(), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(), MEMBER, AccessDeniedException)
    world.refuses(Request(), FOUNDER, OrganizationNotEmptyException)
    world.do(leave_organization.Request(), MEMBER)
    assert world.do(Request(), FOUNDER)


def test_creation_in_progress() -> None:
    """An organization with an account creation in progress is not empty, until the creation has failed."""
    world = organization(latency="realistic")
    request = world.do(create_account.Request("made@example.com", "Made"), FOUNDER)[0].request
    world.refuses(Request(), FOUNDER, OrganizationNotEmptyException)
    world.do(Finish(request, "INTERNAL_FAILURE"))
    assert world.do(Request(), FOUNDER)


def test_nothing_open() -> None:
    """The management account departs, and the organization is gone; its conditions do not matter."""
    world = organization()
    found = world.organization_of(FOUNDER)
    world.suffers(FOUNDER, *Condition)
    assert world.do(Request(), FOUNDER) == [
        AccountDeparted(found.id, FOUNDER, DepartureMethod.LEFT),
        OrganizationDeleted(found.id),
    ]
    assert (found.deleted, found.members) == (True, {})
    assert world.state.organization_of(FOUNDER) is None
    assert world.state.accounts[FOUNDER].joined_method is None
    world.refuses(Request(), FOUNDER, AWSOrganizationsNotInUseException)


def test_reply() -> None:
    """The answer is empty."""
    assert organization().reply(Request(), FOUNDER) == {}


@pytest.mark.parametrize("migrating", [False, True], ids=["invitations", "invitations and a migration"])
def test_open_handshakes(migrating: bool) -> None:
    """Everything that is open is canceled first, the parent of a migration last."""
    world = organization()
    found = world.organization_of(FOUNDER)
    parent = [world.migrating()[0]] if migrating else []
    handshakes = [world.invited(MEMBER), world.invited("who@example.com"), *parent]
    events = world.do(Request(), FOUNDER)
    assert events[:-2] == [HandshakeCanceled(found.id, handshake) for handshake in handshakes]
    assert {world.state_of(handshake) for handshake in handshakes} == {HandshakeState.CANCELED}
    assert (found.invitations, found.migration) == ({}, None)
    assert world.state.timers.next_due == world.now + 30 * DAY


def test_pending_migration_of_members_who_left() -> None:
    """A migration that waited for members who have all left is canceled with the organization."""
    world = organization()
    world.joined(MEMBER)
    parent, approvals = world.migrating()
    world.do(leave_organization.Request(), MEMBER)
    assert world.do(Request(), FOUNDER)[0].handshake == parent
    assert world.state_of(approvals[MEMBER]) is HandshakeState.CANCELED


def test_old_handshakes_can_be_seen() -> None:
    """For thirty days what the organization had sent can be seen; then it is purged, and nothing is due any more."""
    world = organization()
    handshake = world.invited(MEMBER)
    world.do(Request(), FOUNDER)
    world.refuses(accept_handshake.Request(handshake), MEMBER, InvalidHandshakeTransitionException)
    assert len(world.advance(days=30)) == 1
    assert handshake not in world.state.handshakes
    assert world.advance(days=365) == []


def test_other_organizations() -> None:
    """Another organization goes on, and may invite the account that stands alone again."""
    world = organization()
    world.founded(RIVAL)
    handshake = world.invited(OTHER, RIVAL)
    world.do(Request(), FOUNDER)
    assert world.state_of(handshake) is HandshakeState.OPEN
    assert world.joined(FOUNDER, RIVAL) in world.organization_of(RIVAL).members
