import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.events import HandshakeCanceled, HandshakeExpired, HandshakePurged
from orgsim.engine.operations import accept_handshake, decline_handshake
from orgsim.engine.settings import DAY
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import FeatureSet


def organization() -> World:
    world = World()
    world.founded()
    return world


@pytest.mark.parametrize("target", [MEMBER, "who@example.com"], ids=["account", "address"])
def test_invitation(target: str) -> None:
    """An invitation expires exactly fifteen days after it was sent, in nobody's name, and no longer counts."""
    world = organization()
    found = world.organization_of(FOUNDER)
    handshake, sent = world.invited(target), world.now
    assert world.advance(days=15, microseconds=-1) == []
    assert world.advance(microseconds=1) == [HandshakeExpired(found.id, handshake)]
    envelope = world.log[-1]
    assert (envelope.time, envelope.operation, envelope.account) == (sent + 15 * DAY, "ExpireHandshake", None)
    assert world.state.handshakes[handshake].ended_at == sent + 15 * DAY
    assert (world.state_of(handshake), found.invitations) == (HandshakeState.EXPIRED, {})


def test_at_its_own_moment() -> None:
    """However far the clock leaps, a handshake expires at its own moment and is purged thirty days later."""
    world = organization()
    found, handshake, sent = world.organization_of(FOUNDER), world.invited(MEMBER), world.now
    assert world.advance(days=1000) == [HandshakeExpired(found.id, handshake), HandshakePurged(found.id, handshake)]
    times = {type(envelope.event): envelope.time for envelope in world.log}
    assert times[HandshakeExpired] == sent + 15 * DAY
    assert times[HandshakePurged] == sent + 45 * DAY


@pytest.mark.parametrize(
    "state", [HandshakeState.ACCEPTED, HandshakeState.DECLINED, HandshakeState.CANCELED], ids=lambda state: state.value
)
def test_ended_before(state: HandshakeState) -> None:
    """A handshake that has ended does not expire."""
    world = organization()
    handshake = world.invitation_in(state)
    assert world.advance(days=20) == []
    assert world.state_of(handshake) is state


def test_migration_that_nobody_finalized() -> None:
    """A parent that is OPEN expires exactly ninety days after its request, and the feature set stays."""
    world = organization()
    found = world.organization_of(FOUNDER)
    parent, _ = world.migrating()
    assert world.advance(days=90, microseconds=-1) == []
    assert world.advance(microseconds=1) == [HandshakeExpired(found.id, parent)]
    assert (found.migration, found.feature_set) == (None, FeatureSet.CONSOLIDATED_BILLING)


def test_migration_with_everything_open() -> None:
    """With the parent end the approvals nobody answered and the invitations sent meanwhile, the parent last."""
    world = organization()
    found = world.organization_of(FOUNDER)
    for account in (MEMBER, OTHER):
        world.joined(account)
    parent, approvals = world.migrating()
    world.advance(days=80)
    invitation = world.invited(STRANGER)
    assert world.advance(days=10) == [
        HandshakeCanceled(found.id, approvals[MEMBER]),
        HandshakeCanceled(found.id, approvals[OTHER]),
        HandshakeCanceled(found.id, invitation),
        HandshakeExpired(found.id, parent),
    ]
    assert found.migration is None
    assert found.invitations == {}
    assert list(found.members) == [FOUNDER, MEMBER, OTHER]


def test_answered_approvals() -> None:
    """Approvals that were given or declined keep their state when the parent expires."""
    world = organization()
    found = world.organization_of(FOUNDER)
    for account in (MEMBER, OTHER):
        world.joined(account)
    parent, approvals = world.migrating()
    world.advance(days=80)
    world.do(accept_handshake.Request(approvals[MEMBER]), MEMBER)
    world.do(decline_handshake.Request(approvals[OTHER]), OTHER)
    assert world.advance(days=10) == [HandshakeExpired(found.id, parent)]
    assert world.state_of(approvals[MEMBER]) is HandshakeState.ACCEPTED
    assert world.state_of(approvals[OTHER]) is HandshakeState.DECLINED


def test_invitation_of_the_same_moment() -> None:
    """An invitation due at the very moment of the parent is canceled with it and does not expire as well."""
    world = organization()
    found = world.organization_of(FOUNDER)
    parent, _ = world.migrating()
    world.advance(days=75)
    invitation = world.invited(MEMBER)
    fired = world.advance(days=15)
    assert fired == [HandshakeCanceled(found.id, invitation), HandshakeExpired(found.id, parent)]


def test_other_organizations() -> None:
    """Handshakes of other organizations do not expire."""
    world = organization()
    world.founded(RIVAL)
    world.migrating()
    world.advance(days=80)
    theirs, _ = world.migrating(RIVAL)
    invitation = world.invited(MEMBER, RIVAL)
    world.advance(days=10)
    assert {world.state_of(theirs), world.state_of(invitation)} == {HandshakeState.OPEN}
