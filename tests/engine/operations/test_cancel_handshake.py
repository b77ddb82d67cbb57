import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    HandshakeAlreadyInStateException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
)
from orgsim.engine.events import HandshakeCanceled, HandshakeOpened
from orgsim.engine.operation import read_request
from orgsim.engine.operations import accept_handshake, decline_handshake, delete_organization, leave_organization
from orgsim.engine.operations.cancel_handshake import Request
from orgsim.engine.settings import DAY
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import FeatureSet

ADDRESS = f"{MEMBER}@accounts.example"
ENDED = [HandshakeState.ACCEPTED, HandshakeState.DECLINED, HandshakeState.CANCELED, HandshakeState.EXPIRED]


def organization() -> World:
    world = World()
    world.founded()
    return world


def migration() -> tuple[World, str, dict[str, str]]:
    world = organization()
    world.joined(MEMBER)
    world.joined(OTHER)
    return world, *world.migrating()


def test_unknown() -> None:
    """A handshake that does not exist is not found."""
    organization().refuses(Request("h-00000000"), STRANGER, HandshakeNotFoundException)


@pytest.mark.parametrize("state", ENDED, ids=lambda state: state.value)
def test_purged(state: HandshakeState) -> None:
    """Thirty days after its end a handshake is not found any more."""
    world = organization()
    handshake = world.invitation_in(state)
    world.advance(days=30)
    world.refuses(Request(handshake), FOUNDER, HandshakeNotFoundException)


@pytest.mark.parametrize(
    "caller", [MEMBER, OTHER, STRANGER, RIVAL], ids=["recipient", "member", "stranger", "another management account"]
)
@pytest.mark.parametrize("state", [HandshakeState.OPEN, *ENDED], ids=lambda state: state.value)
def test_not_the_sender(state: HandshakeState, caller: str) -> None:
    """Whoever is not the sender is denied, whatever the state."""
    world = organization()
    world.joined(OTHER)
    world.founded(RIVAL)
    world.refuses(Request(world.invitation_in(state)), caller, AccessDeniedException)


def test_member_cancels_the_migration() -> None:
    """A member can cancel neither its own approval nor the whole migration."""
    world, parent, approvals = migration()
    for handshake in (parent, approvals[MEMBER]):
        world.refuses(Request(handshake), MEMBER, AccessDeniedException)


def test_organization_deleted() -> None:
    """An account that deleted the organization is no longer the sender, even if it manages another one."""
    world = organization()
    handshake = world.invited(MEMBER)
    world.do(delete_organization.Request(), FOUNDER)
    world.refuses(Request(handshake), FOUNDER, AccessDeniedException)
    world.founded()
    world.refuses(Request(handshake), FOUNDER, AccessDeniedException)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (HandshakeState.ACCEPTED, InvalidHandshakeTransitionException),
        (HandshakeState.DECLINED, InvalidHandshakeTransitionException),
        (HandshakeState.CANCELED, HandshakeAlreadyInStateException),
        (HandshakeState.EXPIRED, InvalidHandshakeTransitionException),
    ],
    ids=lambda value: getattr(value, "value", None),
)
@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_ended(state: HandshakeState, refusal: type, target: str) -> None:
    """An invitation that has ended cannot be canceled."""
    world = organization()
    world.refuses(Request(world.invitation_in(state, target)), FOUNDER, refusal)


@pytest.mark.parametrize(
    ("end", "refusal"),
    [
        (accept_handshake, InvalidHandshakeTransitionException),
        (decline_handshake, InvalidHandshakeTransitionException),
    ],
)
def test_answered_approval(end, refusal: type) -> None:
    """An approval that was given or declined cannot be canceled."""
    world, _, approvals = migration()
    world.do(end.Request(approvals[MEMBER]), MEMBER)
    world.refuses(Request(approvals[MEMBER]), FOUNDER, refusal)


def test_ended_parent() -> None:
    """A migration that was canceled, finalized or has expired cannot be canceled."""
    world = organization()
    canceled, _ = world.migrating()
    world.do(Request(canceled), FOUNDER)
    world.refuses(Request(canceled), FOUNDER, HandshakeAlreadyInStateException)
    expired, _ = world.migrating()
    world.advance(days=90)
    world.refuses(Request(expired), FOUNDER, InvalidHandshakeTransitionException)
    finalized, _ = world.migrating()
    world.do(accept_handshake.Request(finalized), FOUNDER)
    world.refuses(Request(finalized), FOUNDER, InvalidHandshakeTransitionException)


@pytest.mark.parametrize(
    ("members", "reason"),
    [({}, "INPUT_REQUIRED:HANDSHAKE_ID"), ({"HandshakeId": "x"}, "INVALID_PATTERN:HANDSHAKE_ID")],
)
def test_constraints(members: dict, reason: str) -> None:
    """The handshake's id is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


@pytest.mark.parametrize("target", [MEMBER, ADDRESS, "nobody@example.com"], ids=["account", "address", "nobody"])
def test_invitation(target: str) -> None:
    """The sender withdraws an invitation, and nothing else changes."""
    world = organization()
    sender, handshake = world.organization_of(FOUNDER).id, world.invited(target)
    assert world.do(Request(handshake), FOUNDER) == [HandshakeCanceled(sender, handshake)]
    assert world.organization_of(FOUNDER).invitations == {}
    found = world.state.handshakes[handshake]
    assert (found.state, found.ended_at) == (HandshakeState.CANCELED, world.now)
    assert world.state.timers.next_due == world.now + 30 * DAY


def test_reply() -> None:
    """The answer is the canceled handshake."""
    world = organization()
    handshake = world.invited(MEMBER)
    answer = world.reply(Request(handshake), FOUNDER)["Handshake"]
    assert (answer["Id"], answer["State"], answer["Action"]) == (handshake, "CANCELED", "INVITE")


def test_pending_migration() -> None:
    """With the parent end the approvals nobody answered and the invitations sent meanwhile, the parent last."""
    world, parent, approvals = migration()
    sender, invitation = world.organization_of(FOUNDER).id, world.invited(STRANGER)
    ended = [*approvals.values(), invitation, parent]
    assert world.do(Request(parent), FOUNDER) == [HandshakeCanceled(sender, handshake) for handshake in ended]
    assert {world.state_of(handshake) for handshake in ended} == {HandshakeState.CANCELED}
    found = world.organization_of(FOUNDER)
    assert (found.migration, found.invitations) == (None, {})
    assert found.feature_set is FeatureSet.CONSOLIDATED_BILLING
    assert list(found.members) == [FOUNDER, MEMBER, OTHER]


def test_answers_stay() -> None:
    """Approvals that were given or declined keep their state when the parent is canceled."""
    world, parent, approvals = migration()
    world.do(accept_handshake.Request(approvals[MEMBER]), MEMBER)
    world.do(decline_handshake.Request(approvals[OTHER]), OTHER)
    sender = world.organization_of(FOUNDER).id
    assert world.do(Request(parent), FOUNDER) == [HandshakeCanceled(sender, parent)]
    assert world.state_of(approvals[MEMBER]) is HandshakeState.ACCEPTED
    assert world.state_of(approvals[OTHER]) is HandshakeState.DECLINED


def test_migration_that_could_be_finalized() -> None:
    """A parent that is OPEN can be canceled too, and its answer says so."""
    world = organization()
    parent, _ = world.migrating()
    invitation = world.invited(MEMBER)
    answer = world.reply(Request(parent), FOUNDER)["Handshake"]
    assert (answer["Id"], answer["State"], answer["Action"]) == (parent, "CANCELED", "ENABLE_ALL_FEATURES")
    assert world.state_of(invitation) is HandshakeState.CANCELED


def test_members_who_joined_meanwhile_stay() -> None:
    """An account that accepted an invitation during the migration stays a member, and is asked when it starts again."""
    world = organization()
    parent, _ = world.migrating()
    world.joined(MEMBER)
    world.do(Request(parent), FOUNDER)
    assert list(world.migrating()[1]) == [MEMBER]


def test_the_children_s_expiry_is_gone() -> None:
    """Handshakes of a canceled migration do not expire later; they are purged thirty days after its end."""
    world, parent, approvals = migration()
    world.advance(days=1)
    world.do(Request(parent), FOUNDER)
    world.advance(days=30)
    assert not {parent, *approvals.values()} & set(world.state.handshakes)
    assert world.advance(days=100) == []


def test_single_approval() -> None:
    """A single canceled approval blocks the migration, as a decline does, until the member has gone."""
    world, parent, approvals = migration()
    sender = world.organization_of(FOUNDER).id
    assert world.do(Request(approvals[MEMBER]), FOUNDER) == [HandshakeCanceled(sender, approvals[MEMBER])]
    world.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    assert world.state_of(parent) is HandshakeState.REQUESTED
    world.advance(days=40)
    assert world.do(leave_organization.Request(), MEMBER)[-1] == HandshakeOpened(sender, parent)
