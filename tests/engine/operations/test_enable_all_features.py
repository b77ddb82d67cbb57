from datetime import UTC, datetime

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    HandshakeConstraintViolationException,
)
from orgsim.engine.events import HandshakeCanceled, HandshakeOpened, HandshakeRequested
from orgsim.engine.operations import accept_handshake, cancel_handshake
from orgsim.engine.operations.enable_all_features import Request
from orgsim.engine.settings import DAY, Quotas
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Action, Condition, FeatureSet, PartyType

ALREADY = (HandshakeConstraintViolationException, "ORGANIZATION_ALREADY_HAS_ALL_FEATURES")
PENDING = (HandshakeConstraintViolationException, "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION")
TOO_LARGE = (ConstraintViolationException, "ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED")


def organization(feature_set: FeatureSet = FeatureSet.CONSOLIDATED_BILLING, **settings) -> World:
    world = World(**settings)
    world.founded(feature_set=feature_set)
    return world


def parent_requested(world: World, position: int) -> HandshakeRequested:
    return HandshakeRequested(
        world.organization_of(FOUNDER).id,
        world.ids.handshake(position),
        Action.ENABLE_ALL_FEATURES,
        world.now + 90 * DAY,
        None,
        PartyType.ORGANIZATION,
    )


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("feature_set", FeatureSet)
def test_caller(feature_set: FeatureSet) -> None:
    """Only a management account may start a migration, whatever state the organization is in."""
    world = organization(feature_set)
    world.joined(MEMBER)
    world.refuses(Request(), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(Request(), MEMBER, AccessDeniedException)


def test_all_features_from_the_start() -> None:
    """An organization that has all features, however large, has nothing to migrate."""
    world = organization(FeatureSet.ALL, quotas=Quotas(all_features_migration_accounts=0))
    world.refuses(Request(), FOUNDER, *ALREADY)


def test_all_features_after_a_migration() -> None:
    """A finalized migration cannot be started again."""
    world = organization()
    parent, _ = world.migrating()
    world.do(accept_handshake.Request(parent), FOUNDER)
    world.refuses(Request(), FOUNDER, *ALREADY)


@pytest.mark.parametrize("asked", [False, True], ids=["open", "requested"])
def test_second_request(asked: bool) -> None:
    """While a migration is pending another cannot start, and the size is not looked at."""
    world = organization()
    if asked:
        world.joined(MEMBER)
    world.migrating()
    world.rules_change(quotas=Quotas(all_features_migration_accounts=0))
    world.refuses(Request(), FOUNDER, *PENDING)


def test_too_large() -> None:
    """The management account counts among the accounts up to which a standard migration may start."""
    world = organization(quotas=Quotas(all_features_migration_accounts=2))
    world.joined(MEMBER)
    world.created()
    world.refuses(Request(), FOUNDER, *TOO_LARGE)
    world.rules_change(quotas=Quotas(all_features_migration_accounts=3))
    assert world.do(Request(), FOUNDER)


@pytest.mark.parametrize("condition", Condition)
def test_conditions_do_not_matter(condition: Condition) -> None:
    """No condition of the management account keeps it from starting a migration."""
    world = organization()
    world.suffers(FOUNDER, condition)
    assert world.do(Request(), FOUNDER)


# What happens.


def test_nobody_to_ask() -> None:
    """Without invited members the parent is open at once and can be finalized straight away."""
    world = organization()
    sender, requested = world.organization_of(FOUNDER).id, parent_requested(world, 4)
    assert world.do(Request(), FOUNDER) == [requested, HandshakeOpened(sender, requested.handshake)]
    assert world.state_of(requested.handshake) is HandshakeState.OPEN
    assert world.do(accept_handshake.Request(requested.handshake), FOUNDER)


def test_invited_members_are_asked() -> None:
    """Every invited member is asked, in the order of joining; created members and the management account are not."""
    world = organization()
    world.joined(OTHER)
    world.created()
    world.joined(MEMBER)
    sender, first = world.organization_of(FOUNDER).id, world.state.position + 1
    parent = parent_requested(world, first)
    assert world.do(Request(), FOUNDER) == [
        parent,
        *(
            HandshakeRequested(
                sender,
                world.ids.handshake(first + number),
                Action.APPROVE_ALL_FEATURES,
                parent.expires_at,
                account,
                PartyType.ACCOUNT,
                parent.handshake,
            )
            for number, account in enumerate([OTHER, MEMBER], 1)
        ),
    ]


def test_state() -> None:
    """The parent is requested, the approvals are open and outstanding, and only the parent has a timer."""
    world = organization()
    world.joined(MEMBER)
    world.advance(days=30)
    parent, approvals = world.migrating()
    assert world.state_of(parent) is HandshakeState.REQUESTED
    assert list(approvals) == [MEMBER]
    assert world.state_of(approvals[MEMBER]) is HandshakeState.OPEN
    assert world.organization_of(FOUNDER).feature_set is FeatureSet.CONSOLIDATED_BILLING
    assert world.state.timers.next_due == world.now + 90 * DAY
    assert [handshake.requested.handshake for handshake in world.state.timers.migrations] == [parent]


def test_created_members_only() -> None:
    """The consent of created members is implied: the parent is open at once."""
    world = organization()
    world.created()
    parent, approvals = world.migrating()
    assert (world.state_of(parent), approvals) == (HandshakeState.OPEN, {})


def test_suspended_members() -> None:
    """A suspended member cannot answer and is not asked."""
    world = organization()
    world.joined(MEMBER)
    world.joined(OTHER)
    world.suffers(MEMBER, Condition.SUSPENDED)
    assert list(world.migrating()[1]) == [OTHER]


def test_open_invitations() -> None:
    """Open invitations advertised consolidated billing and are canceled before anything else."""
    world = organization()
    world.joined(MEMBER)
    invitations = [world.invited(OTHER), world.invited("who@example.com")]
    sender, first = world.organization_of(FOUNDER).id, world.state.position + 1
    events = world.do(Request(), FOUNDER)
    assert events[:3] == [
        *(HandshakeCanceled(sender, handshake) for handshake in invitations),
        parent_requested(world, first + 2),
    ]
    assert {world.state_of(handshake) for handshake in invitations} == {HandshakeState.CANCELED}
    assert world.organization_of(FOUNDER).invitations == {}


def test_only_its_own_invitations() -> None:
    """Invitations of other organizations to the same account are left alone."""
    world = organization()
    world.founded(RIVAL)
    theirs = world.invited(MEMBER, RIVAL)
    world.invited(MEMBER)
    world.migrating()
    assert world.state_of(theirs) is HandshakeState.OPEN


@pytest.mark.parametrize(("fidelity", "prefix"), [("reference", "o-"), ("observed", "")])
@pytest.mark.parametrize(("asked", "state"), [(True, "REQUESTED"), (False, "OPEN")])
def test_reply(asked: bool, state: str, fidelity: str, prefix: str) -> None:
    """The answer is the parent: the organization is its only party and its only resource."""
    world = organization(fidelity=fidelity)
    if asked:
        world.joined(MEMBER)
        world.invited(OTHER)
    sender = world.organization_of(FOUNDER).id
    answer = world.reply(Request(), FOUNDER)
    handshake = world.organization_of(FOUNDER).migration.parent
    assert answer == {
        "Handshake": {
            "Id": handshake,
            "Arn": f"arn:aws:organizations::{FOUNDER}:handshake/{sender}/enable_all_features/{handshake}",
            "Parties": [{"Id": prefix + sender.removeprefix("o-"), "Type": "ORGANIZATION"}],
            "State": state,
            "RequestedTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
            "ExpirationTimestamp": datetime(2026, 4, 1, tzinfo=UTC),
            "Action": "ENABLE_ALL_FEATURES",
            "Resources": [{"Type": "ORGANIZATION", "Value": sender}],
        }
    }


@pytest.mark.parametrize("wait", [0, 90], ids=["canceled", "expired"])
def test_restart(wait: int) -> None:
    """After its end without success a migration can start over, and asks everybody anew who has approved before."""
    world = organization()
    world.joined(MEMBER)
    parent, approvals = world.migrating()
    world.do(accept_handshake.Request(approvals[MEMBER]), MEMBER)
    if wait:
        world.advance(days=wait)
    else:
        world.do(cancel_handshake.Request(parent), FOUNDER)
    again, asked = world.migrating()
    assert again != parent
    assert list(asked) == [MEMBER]
    assert world.state_of(again) is HandshakeState.REQUESTED
