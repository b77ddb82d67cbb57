import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    HandshakeAlreadyInStateException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
)
from orgsim.engine.events import HandshakeDeclined, HandshakeOpened
from orgsim.engine.operation import read_request
from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    enable_all_features,
    remove_account_from_organization,
)
from orgsim.engine.operations.decline_handshake import Request
from orgsim.engine.settings import DAY
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition

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
    world.refuses(Request(handshake), MEMBER, HandshakeNotFoundException)


@pytest.mark.parametrize("caller", [FOUNDER, OTHER, STRANGER, RIVAL], ids=["sender", "member", "stranger", "rival"])
@pytest.mark.parametrize("state", [HandshakeState.OPEN, *ENDED], ids=lambda state: state.value)
def test_not_the_recipient(state: HandshakeState, caller: str) -> None:
    """Whoever is not the recipient is denied, whatever the state."""
    world = organization()
    world.joined(OTHER)
    world.founded(RIVAL)
    world.refuses(Request(world.invitation_in(state)), caller, AccessDeniedException)


@pytest.mark.parametrize("caller", [FOUNDER, MEMBER, STRANGER], ids=["management", "member", "stranger"])
@pytest.mark.parametrize("approved", [False, True], ids=["requested", "open"])
def test_parent(caller: str, approved: bool) -> None:
    """The parent of a migration can be declined by nobody, its sender included."""
    world, parent, approvals = migration()
    for account in approvals if approved else ():
        world.do(accept_handshake.Request(approvals[account]), account)
    world.refuses(Request(parent), caller, AccessDeniedException)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (HandshakeState.ACCEPTED, InvalidHandshakeTransitionException),
        (HandshakeState.DECLINED, HandshakeAlreadyInStateException),
        (HandshakeState.CANCELED, InvalidHandshakeTransitionException),
        (HandshakeState.EXPIRED, InvalidHandshakeTransitionException),
    ],
    ids=lambda value: getattr(value, "value", None),
)
@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_ended(state: HandshakeState, refusal: type, target: str) -> None:
    """An invitation that has ended cannot be declined."""
    world = organization()
    world.refuses(Request(world.invitation_in(state, target)), MEMBER, refusal)


@pytest.mark.parametrize(
    ("members", "reason"),
    [({}, "INPUT_REQUIRED:HANDSHAKE_ID"), ({"HandshakeId": "x"}, "INVALID_PATTERN:HANDSHAKE_ID")],
)
def test_constraints(members: dict, reason: str) -> None:
    """The handshake's id is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_invitation(target: str) -> None:
    """A declined invitation changes nothing about account and organization, and no condition hinders it."""
    world = organization()
    sender, handshake = world.organization_of(FOUNDER).id, world.invited(target)
    world.suffers(MEMBER, *Condition)
    assert world.do(Request(handshake), MEMBER) == [HandshakeDeclined(sender, handshake)]
    assert world.state.organization_of(MEMBER) is None
    assert world.organization_of(FOUNDER).invitations == {}
    found = world.state.handshakes[handshake]
    assert (found.state, found.ended_at, found.account) == (HandshakeState.DECLINED, world.now, None)
    assert world.state.timers.next_due == world.now + 30 * DAY


@pytest.mark.parametrize(("target", "party"), [(MEMBER, "ACCOUNT"), (ADDRESS, "EMAIL")])
def test_reply(target: str, party: str) -> None:
    """The answer is the declined handshake, with the party as it was invited."""
    world = organization()
    handshake = world.invited(target)
    answer = world.reply(Request(handshake), MEMBER)["Handshake"]
    assert (answer["Id"], answer["State"]) == (handshake, "DECLINED")
    assert answer["Parties"][1] == {"Id": target, "Type": party}


def test_a_declined_approval_blocks() -> None:
    """A declined approval keeps the parent from opening, though every other member approves."""
    world, parent, approvals = migration()
    sender = world.organization_of(FOUNDER).id
    assert world.do(Request(approvals[MEMBER]), MEMBER) == [HandshakeDeclined(sender, approvals[MEMBER])]
    world.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    assert world.organization_of(FOUNDER).migration.outstanding == {MEMBER: approvals[MEMBER]}
    world.refuses(accept_handshake.Request(parent), FOUNDER, InvalidHandshakeTransitionException)


@pytest.mark.parametrize("days", [0, 29, 30, 89])
def test_removal_unblocks(days: int) -> None:
    """The migration goes on once the account that declined is removed, however long ago it declined."""
    world, parent, approvals = migration()
    world.do(Request(approvals[MEMBER]), MEMBER)
    world.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    world.advance(days=days)
    events = world.do(remove_account_from_organization.Request(MEMBER), FOUNDER)
    assert events[-1] == HandshakeOpened(world.organization_of(FOUNDER).id, parent)
    world.do(accept_handshake.Request(parent), FOUNDER)


@pytest.mark.parametrize("days", [0, 29, 30, 89])
def test_restart_unblocks(days: int) -> None:
    """The migration can be canceled and started again, however long ago somebody declined, who is asked anew."""
    world, parent, approvals = migration()
    world.do(Request(approvals[MEMBER]), MEMBER)
    world.advance(days=days)
    world.do(cancel_handshake.Request(parent), FOUNDER)
    again, asked = world.migrating()
    for account, approval in asked.items():
        world.do(accept_handshake.Request(approval), account)
    assert list(asked) == [MEMBER, OTHER]
    assert world.state_of(again) is HandshakeState.OPEN


def test_a_decline_outlasts_its_handshake() -> None:
    """When the declined approval can no longer be seen, it still blocks, until the migration itself expires."""
    world, parent, approvals = migration()
    world.do(Request(approvals[MEMBER]), MEMBER)
    world.do(accept_handshake.Request(approvals[OTHER]), OTHER)
    world.advance(days=30)
    assert approvals[MEMBER] not in world.state.handshakes
    world.refuses(accept_handshake.Request(parent), FOUNDER, InvalidHandshakeTransitionException)
    world.advance(days=60)
    assert world.state_of(parent) is HandshakeState.EXPIRED
    assert world.do(enable_all_features.Request(), FOUNDER)
