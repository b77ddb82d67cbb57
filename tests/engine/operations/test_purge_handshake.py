import pytest
from support.given import FOUNDER, MEMBER, OTHER, World

from orgsim.engine.events import HandshakePurged
from orgsim.engine.operations import accept_handshake, decline_handshake, remove_account_from_organization
from orgsim.engine.settings import DAY
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.state.timers import NEVER


def organization() -> World:
    world = World()
    world.founded()
    return world


@pytest.mark.parametrize(
    "state",
    [HandshakeState.ACCEPTED, HandshakeState.DECLINED, HandshakeState.CANCELED, HandshakeState.EXPIRED],
    ids=lambda state: state.value,
)
def test_thirty_days(state: HandshakeState) -> None:
    """A handshake is purged exactly thirty days after it ended, not after it was sent, in nobody's name."""
    world = organization()
    sender = world.organization_of(FOUNDER).id
    handshake = world.invitation_in(state)
    ended = world.state.handshakes[handshake].ended_at
    assert ended == world.now
    assert world.advance(days=30, microseconds=-1) == []
    assert world.advance(microseconds=1) == [HandshakePurged(sender, handshake)]
    envelope = world.log[-1]
    assert (envelope.time, envelope.operation, envelope.account) == (ended + 30 * DAY, "PurgeHandshake", None)
    assert handshake not in world.state.handshakes
    assert world.state.timers.next_due == NEVER


def test_in_the_order_of_the_ends() -> None:
    """Handshakes are purged in the order in which they ended, not in which they were sent."""
    world = organization()
    first, second = world.invited(MEMBER), world.invited(OTHER)
    world.do(decline_handshake.Request(second), OTHER)
    world.advance(days=1)
    world.do(accept_handshake.Request(first), MEMBER)
    assert [event.handshake for event in world.advance(days=30)] == [second, first]


def test_of_the_same_moment() -> None:
    """Handshakes that ended in one command are purged in the order in which they ended."""
    world = organization()
    invitations = [world.invited(MEMBER), world.invited(OTHER)]
    world.migrating()
    assert [event.handshake for event in world.advance(days=30)] == invitations


def test_membership_stays() -> None:
    """The purge of the invitation leaves the membership that came of it."""
    world = organization()
    world.joined(MEMBER)
    world.advance(days=30)
    assert MEMBER in world.organization_of(FOUNDER).members
    assert world.state.handshakes == {}


@pytest.mark.parametrize("days", [30, 60])
def test_approval_purged_before_the_end_of_the_migration(days: int) -> None:
    """A purged approval counts as given, and a purged decline still blocks; the account can be removed."""
    world = organization()
    for account in (MEMBER, OTHER):
        world.joined(account)
    parent, approvals = world.migrating()
    world.do(accept_handshake.Request(approvals[MEMBER]), MEMBER)
    world.do(decline_handshake.Request(approvals[OTHER]), OTHER)
    world.advance(days=days)
    assert not set(approvals.values()) & set(world.state.handshakes)
    assert world.state_of(parent) is HandshakeState.REQUESTED
    world.do(remove_account_from_organization.Request(OTHER), FOUNDER)
    assert world.state_of(parent) is HandshakeState.OPEN
