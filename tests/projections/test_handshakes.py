from datetime import datetime, timedelta
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER, invite
from support.projection_world import WatchedWorld

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    HandshakeConstraintViolationException,
    HandshakeNotFoundException,
    InvalidInputException,
)
from orgsim.engine.operations import accept_handshake
from orgsim.engine.shapes.base import moment
from orgsim.engine.state.handshake import HandshakeState

ADDRESS = "Owner@Example.com"


def settled(**settings: Any) -> WatchedWorld:
    """An organization with a member, another with a member, and a stranger."""
    world = WatchedWorld(**settings)
    world.founded()
    world.joined(MEMBER)
    world.founded(RIVAL)
    world.joined(OTHER, RIVAL)
    return world


def described(world: WatchedWorld, handshake: str, account: str = FOUNDER) -> dict[str, Any]:
    return world.ask("DescribeHandshake", account, HandshakeId=handshake)["Handshake"]


def received(world: WatchedWorld, account: str, **filters: str) -> list[str]:
    pages = world.pages("ListHandshakesForAccount", account, "Handshakes", Filter=filters)
    return [handshake["Id"] for page in pages for handshake in page]


def sent(world: WatchedWorld, account: str = FOUNDER, **filters: str) -> list[str]:
    pages = world.pages("ListHandshakesForOrganization", account, "Handshakes", Filter=filters)
    return [handshake["Id"] for page in pages for handshake in page]


def party(world: WatchedWorld, handshake: str) -> dict[str, str]:
    """The party that is not the organization."""
    (other,) = [party for party in described(world, handshake)["Parties"] if party["Type"] != "ORGANIZATION"]
    return other


def accepted_while_member(world: WatchedWorld, handshake: str, account: str) -> None:
    """The acceptance of an invitation to where the account is already: recorded, and yet refused."""
    request = accept_handshake.Request(handshake)
    events = world.do(request, account)
    with pytest.raises(HandshakeConstraintViolationException, match="ALREADY_IN_AN_ORGANIZATION"):
        accept_handshake.reply(request, events, world.state)


def test_invitation() -> None:
    """An invitation shows both parties, who invites to what, the notes, and its fifteen days."""
    world = settled()
    organization = world.organization_of(FOUNDER).id
    handshake = world.do(invite(STRANGER, "Do come."), FOUNDER)[0].handshake
    wanted = {
        "Id": handshake,
        "Arn": f"arn:aws:organizations::{FOUNDER}:handshake/{organization}/invite/{handshake}",
        "Parties": [{"Id": organization, "Type": "ORGANIZATION"}, {"Id": STRANGER, "Type": "ACCOUNT"}],
        "State": "OPEN",
        "RequestedTimestamp": moment(START),
        "ExpirationTimestamp": moment(START) + timedelta(days=15),
        "Action": "INVITE",
        "Resources": [
            {
                "Type": "ORGANIZATION",
                "Value": organization,
                "Resources": [
                    {"Type": "MASTER_EMAIL", "Value": f"{FOUNDER}@accounts.example"},
                    {"Type": "MASTER_NAME", "Value": f"Account {FOUNDER}"},
                    {"Type": "ORGANIZATION_FEATURE_SET", "Value": "CONSOLIDATED_BILLING"},
                ],
            },
            {"Type": "ACCOUNT", "Value": STRANGER},
            {"Type": "NOTES", "Value": "Do come."},
        ],
    }
    assert described(world, handshake) == described(world, handshake, STRANGER) == wanted
    assert world.ask("ListHandshakesForAccount", STRANGER) == {"Handshakes": [wanted]}
    assert world.ask("ListHandshakesForOrganization", FOUNDER)["Handshakes"][0] == wanted


def test_migration() -> None:
    """The parent has the organization alone as its party; an approval names its parent without the prefix."""
    world = settled()
    organization = world.organization_of(FOUNDER).id
    parent, approvals = world.migrating()
    child = approvals[MEMBER]
    dates = {
        "RequestedTimestamp": moment(START),
        "ExpirationTimestamp": moment(START) + timedelta(days=90),
    }
    arn = f"arn:aws:organizations::{FOUNDER}:handshake/{organization}"
    assert described(world, parent) == {
        "Id": parent,
        "Arn": f"{arn}/enable_all_features/{parent}",
        "Parties": [{"Id": organization, "Type": "ORGANIZATION"}],
        "State": "REQUESTED",
        "Action": "ENABLE_ALL_FEATURES",
        "Resources": [{"Type": "ORGANIZATION", "Value": organization}],
        **dates,
    }
    wanted = {
        "Id": child,
        "Arn": f"{arn}/approve_all_features/{child}",
        "Parties": [{"Id": organization, "Type": "ORGANIZATION"}, {"Id": MEMBER, "Type": "ACCOUNT"}],
        "State": "OPEN",
        "Action": "APPROVE_ALL_FEATURES",
        "Resources": [
            {"Type": "PARENT_HANDSHAKE", "Value": parent.removeprefix("h-")},
            {"Type": "ORGANIZATION", "Value": organization},
            {"Type": "ACCOUNT", "Value": MEMBER},
        ],
        **dates,
    }
    assert described(world, child) == described(world, child, MEMBER) == wanted


def test_observed_spelling() -> None:
    """With observed fidelity an organization's party id lacks its prefix, and its resource keeps it."""
    world = settled(fidelity="observed")
    organization = world.organization_of(FOUNDER).id
    handshake = described(world, world.invited(STRANGER))
    assert handshake["Parties"][0] == {"Id": organization.removeprefix("o-"), "Type": "ORGANIZATION"}
    assert handshake["Resources"][0]["Value"] == organization


def test_states() -> None:
    """A handshake is shown in the state that it has come to, to both its parties."""
    world = settled()
    ended = {"AcceptHandshake": "ACCEPTED", "DeclineHandshake": "DECLINED", "CancelHandshake": "CANCELED"}
    for number, (operation, state) in enumerate(ended.items()):
        account = f"5{number:011}"
        handshake = world.invited(account)
        world.call(operation, FOUNDER if operation == "CancelHandshake" else account, HandshakeId=handshake)
        assert described(world, handshake)["State"] == described(world, handshake, account)["State"] == state
    handshake = world.invited(STRANGER)
    world.advance(days=14, hours=23, minutes=59, seconds=59)
    assert described(world, handshake)["State"] == "OPEN"
    world.advance(seconds=1)
    assert described(world, handshake, STRANGER)["State"] == "EXPIRED"


def test_parent_opens() -> None:
    """The parent of a migration opens when the last approval has come."""
    world = settled()
    parent, approvals = world.migrating()
    world.call("AcceptHandshake", MEMBER, HandshakeId=approvals[MEMBER])
    assert described(world, parent)["State"] == "OPEN"
    world.call("AcceptHandshake", FOUNDER, HandshakeId=parent)
    assert described(world, parent)["State"] == "ACCEPTED"
    assert described(world, approvals[MEMBER], MEMBER)["State"] == "ACCEPTED"


@pytest.mark.parametrize("account", [MEMBER, OTHER, RIVAL, STRANGER])
def test_describe_as_a_third(account: str) -> None:
    """Nobody but the two parties may see a handshake: neither members of the sender nor other management accounts."""
    world = settled()
    handshake = world.invited("5" * 12)
    world.denies("DescribeHandshake", account, AccessDeniedException, HandshakeId=handshake)


def test_describe_parent_as_a_member() -> None:
    """Members are no party to the parent of their own migration."""
    world = settled()
    parent, _ = world.migrating()
    world.denies("DescribeHandshake", MEMBER, AccessDeniedException, HandshakeId=parent)
    assert received(world, MEMBER, ActionType="ENABLE_ALL_FEATURES") == []
    assert received(world, FOUNDER) == []


def test_describe_unknown() -> None:
    """A handshake that never was is not found, by anybody."""
    world = settled()
    for account in (FOUNDER, MEMBER, STRANGER):
        world.denies("DescribeHandshake", account, HandshakeNotFoundException, HandshakeId="h-" + "0" * 32)


@pytest.mark.parametrize("handshake", ["", "h-1234567", "h-ABCDEFGH", "12345678", "h-" + "1" * 33, "h-12345678\n"])
def test_malformed_handshake_id(handshake: str) -> None:
    """An id that does not look like one of a handshake is malformed."""
    reason = "INVALID_PATTERN:HANDSHAKE_ID"
    settled().denies("DescribeHandshake", FOUNDER, InvalidInputException, reason, HandshakeId=handshake)


def test_purged() -> None:
    """Thirty days after its end a handshake is in no list and not found, by either party; until then it is."""
    world = settled()
    handshake = world.invited(STRANGER)
    world.call("DeclineHandshake", STRANGER, HandshakeId=handshake)
    world.advance(days=29, hours=23, minutes=59)
    assert received(world, STRANGER) == [handshake]
    assert sent(world)[0] == handshake
    world.advance(minutes=1)
    for account in (FOUNDER, STRANGER, RIVAL):
        world.denies("DescribeHandshake", account, HandshakeNotFoundException, HandshakeId=handshake)
    assert received(world, STRANGER) == []
    assert sent(world) == sent(world, ActionType="INVITE") == []


def test_purged_out_of_the_middle() -> None:
    """Whichever of several handshakes of one recipient is purged first, the others stay in order."""
    for order in ([0, 1, 2], [2, 1, 0], [1, 2, 0], [1, 0, 2]):
        world = settled()
        world.founded("7" * 12)
        handshakes = [world.invited(STRANGER, sender) for sender in (FOUNDER, RIVAL, "7" * 12)]
        left = handshakes[::-1]
        for index in order:
            world.call("DeclineHandshake", STRANGER, HandshakeId=handshakes[index])
            world.advance(hours=1)
        world.advance(days=29, hours=20)
        for index in order:
            assert received(world, STRANGER) == left
            world.advance(hours=1)
            left.remove(handshakes[index])
        assert received(world, STRANGER) == left == []


def test_received_newest_first() -> None:
    """An account sees what it received, by its id and by its address, newest first, from whomever."""
    world = settled()
    address = f"{STRANGER}@accounts.example"
    handshakes = [
        world.invited(STRANGER),
        world.invited(address, RIVAL),
        world.invited(address),
        world.invited(STRANGER, RIVAL),
    ]
    assert received(world, STRANGER) == handshakes[::-1]
    world.call("AcceptHandshake", STRANGER, HandshakeId=handshakes[2])
    assert received(world, STRANGER) == handshakes[::-1]
    assert received(world, STRANGER, ActionType="INVITE") == handshakes[::-1]
    assert received(world, STRANGER, ActionType="APPROVE_ALL_FEATURES") == []


def test_received_by_a_member() -> None:
    """A member sees the approvals it is asked for, by action or by parent, and invitations of others."""
    world = settled()
    first = received(world, MEMBER)
    parent, approvals = world.migrating()
    invitation = world.invited(MEMBER, RIVAL)
    assert received(world, MEMBER) == [invitation, approvals[MEMBER], *first]
    assert received(world, MEMBER, ActionType="APPROVE_ALL_FEATURES") == [approvals[MEMBER]]
    assert received(world, MEMBER, ParentHandshakeId=parent) == [approvals[MEMBER]]
    assert received(world, OTHER, ParentHandshakeId=parent) == []
    assert received(world, MEMBER, ParentHandshakeId="h-00000000") == []


def test_received_by_nobody() -> None:
    """An account that was never invited has an empty list, whether standalone, member or management account."""
    world = settled()
    world.created()
    for account in (STRANGER, world.created("other@example.com"), FOUNDER):
        assert world.ask("ListHandshakesForAccount", account) == {"Handshakes": []}


def test_management_account_sees_no_invitations_of_others() -> None:
    """A management account sees invitations of others only while it manages no organization."""
    world = settled()
    by_id = world.invited(RIVAL)
    by_address = world.invited(f"{RIVAL}@accounts.example")
    assert received(world, RIVAL) == []
    world.call("LeaveOrganization", OTHER)
    world.call("DeleteOrganization", RIVAL)
    assert received(world, RIVAL) == [by_address, by_id]
    world.founded(RIVAL)
    assert received(world, RIVAL) == []
    own = world.invited(f"{RIVAL}@accounts.example", RIVAL)
    assert received(world, RIVAL) == [own]


def test_sent_newest_first() -> None:
    """A management account sees what its organization sent, newest first, all or by action or by parent."""
    world = settled()
    joining = sent(world)
    assert len(joining) == 1
    world.joined("5" * 12)
    parent, approvals = world.migrating()
    children = list(approvals.values())
    invitation = world.invited(STRANGER)
    everything = sent(world)
    assert everything[0] == invitation
    assert everything[1:4] == [*children[::-1], parent]
    assert everything[-1:] == joining
    assert sent(world, ActionType="INVITE") == [invitation, everything[4], *joining]
    assert sent(world, ActionType="ENABLE_ALL_FEATURES") == [parent]
    assert sent(world, ActionType="APPROVE_ALL_FEATURES") == children[::-1]
    assert sent(world, ActionType="TRANSFER_RESPONSIBILITY") == []
    assert sent(world, ParentHandshakeId=parent) == children[::-1]
    assert len(sent(world, RIVAL)) == 1


@pytest.mark.parametrize("what", ["unknown", "invitation", "child", "parent of another"])
def test_sent_with_an_unknown_parent(what: str) -> None:
    """An id that is not that of a parent of one's own is no error: nothing was sent under it."""
    world = settled()
    _, approvals = world.migrating()
    foreign, _ = world.migrating(RIVAL)
    wanted = {
        "unknown": "h-" + "f" * 32,
        "invitation": world.invited(STRANGER),
        "child": approvals[MEMBER],
        "parent of another": foreign,
    }
    request = {"Filter": {"ParentHandshakeId": wanted[what]}}
    assert world.ask("ListHandshakesForOrganization", FOUNDER, **request) == {"Handshakes": []}


@pytest.mark.parametrize("operation", ["ListHandshakesForAccount", "ListHandshakesForOrganization"])
def test_filters(operation: str) -> None:
    """One filter is allowed, an empty one is none, two are too many, and malformed ones are named."""
    world = settled()
    asked = {"ActionType": "INVITE", "ParentHandshakeId": "h-12345678"}
    world.denies(operation, FOUNDER, InvalidInputException, "MAX_LIMIT_EXCEEDED_FILTER", Filter=asked)
    reason = "INVALID_ENUM:FILTER_ACTION_TYPE"
    world.denies(operation, FOUNDER, InvalidInputException, reason, Filter={"ActionType": "VISIT"})
    reason = "INVALID_PATTERN:FILTER_PARENT_HANDSHAKE_ID"
    world.denies(operation, FOUNDER, InvalidInputException, reason, Filter={"ParentHandshakeId": "12345678"})
    assert world.ask(operation, FOUNDER, Filter={}) == world.ask(operation, FOUNDER)
    nulls = {"ActionType": None, "ParentHandshakeId": None}
    assert world.ask(operation, FOUNDER, Filter=nulls) == world.ask(operation, FOUNDER)


def test_who_may_list_for_organization() -> None:
    """A member is denied, and a standalone account is in no organization."""
    world = settled()
    world.denies("ListHandshakesForOrganization", MEMBER, AccessDeniedException)
    world.denies("ListHandshakesForOrganization", STRANGER, AWSOrganizationsNotInUseException)


def test_invitation_by_address() -> None:
    """An invitation by address is seen by the owner, in any case of letters, and shows the address until accepted."""
    world = settled()
    world.describe(account_id=STRANGER, email=ADDRESS)
    handshake = world.invited("OWNER@example.COM")
    assert party(world, handshake) == {"Id": "OWNER@example.COM", "Type": "EMAIL"}
    assert received(world, STRANGER) == [handshake]
    assert described(world, handshake, STRANGER) == described(world, handshake)
    assert received(world, "5" * 12) == []
    world.call("AcceptHandshake", STRANGER, HandshakeId=handshake)
    assert party(world, handshake) == {"Id": STRANGER, "Type": "ACCOUNT"}
    shown = described(world, handshake)["Resources"]
    assert {"Type": "EMAIL", "Value": "OWNER@example.COM"} in shown
    assert not [resource for resource in shown if resource["Type"] == "ACCOUNT"]
    assert described(world, handshake, STRANGER) == described(world, handshake)


@pytest.mark.parametrize(
    ("operation", "caller"), [("DeclineHandshake", STRANGER), ("CancelHandshake", FOUNDER), (None, None)]
)
def test_invitation_by_address_not_accepted(operation: str | None, caller: str | None) -> None:
    """An invitation by address that ended otherwise keeps its EMAIL party."""
    world = settled()
    world.describe(account_id=STRANGER, email=ADDRESS)
    handshake = world.invited(ADDRESS)
    if operation and caller:
        world.call(operation, caller, HandshakeId=handshake)
    world.advance(days=15)
    assert described(world, handshake)["State"] in {"DECLINED", "CANCELED", "EXPIRED"}
    assert party(world, handshake) == {"Id": ADDRESS, "Type": "EMAIL"}


def test_member_invited_by_address() -> None:
    """The owner of the address is a member already: ACCEPTED with the account as party, though the call is refused."""
    world = settled()
    handshake = world.invited(f"{MEMBER}@accounts.example")
    assert party(world, handshake)["Type"] == "EMAIL"
    accepted_while_member(world, handshake, MEMBER)
    assert described(world, handshake, MEMBER)["State"] == "ACCEPTED"
    assert party(world, handshake) == {"Id": MEMBER, "Type": "ACCOUNT"}
    again = world.invited(f"{MEMBER}@accounts.example")
    assert party(world, again)["Type"] == "EMAIL"


def test_address_of_nobody() -> None:
    """An invitation to an address that nobody owns is seen by its sender alone, until somebody owns it."""
    world = settled()
    handshake = world.invited(ADDRESS)
    world.denies("DescribeHandshake", STRANGER, AccessDeniedException, HandshakeId=handshake)
    assert received(world, STRANGER) == []
    world.describe(account_id=STRANGER, email=ADDRESS)
    assert received(world, STRANGER) == [handshake]


def test_address_changes_hands() -> None:
    """An open invitation belongs to whoever owns the address now; an accepted one to the account that accepted it."""
    world = settled()
    world.describe(account_id=STRANGER, email=ADDRESS)
    opened, accepted = world.invited(ADDRESS, RIVAL), world.invited(ADDRESS)
    world.call("AcceptHandshake", STRANGER, HandshakeId=accepted)
    world.describe(account_id=STRANGER, email="new@example.com")
    heir = "5" * 12
    world.describe(account_id=heir, email=ADDRESS)
    assert received(world, heir) == [opened]
    world.denies("DescribeHandshake", heir, AccessDeniedException, HandshakeId=accepted)
    assert described(world, accepted, STRANGER)["State"] == "ACCEPTED"
    world.denies("DescribeHandshake", STRANGER, AccessDeniedException, HandshakeId=opened)
    # What the account may describe as its recipient is also what it received.
    assert received(world, STRANGER) == [accepted]


def test_sender_deleted() -> None:
    """After a deletion the recipient still sees the canceled invitation, and the former sender does not."""
    world = settled()
    world.call("LeaveOrganization", MEMBER)
    handshake = world.invited(STRANGER)
    world.call("DeleteOrganization", FOUNDER)
    assert described(world, handshake, STRANGER)["State"] == "CANCELED"
    assert received(world, STRANGER) == [handshake]
    world.denies("DescribeHandshake", FOUNDER, AccessDeniedException, HandshakeId=handshake)
    world.denies("ListHandshakesForOrganization", FOUNDER, AWSOrganizationsNotInUseException)
    world.founded()
    assert sent(world) == []


def test_totals() -> None:
    """The summary counts every handshake that ever was by action and present state, purged ones included."""
    world = settled()
    parent, approvals = world.migrating()
    world.invited(STRANGER)
    assert world.views.handshakes.summary() == {
        "APPROVE_ALL_FEATURES": {"OPEN": 1},
        "ENABLE_ALL_FEATURES": {"REQUESTED": 1},
        "INVITE": {"ACCEPTED": 2, "OPEN": 1},
    }
    world.call("AcceptHandshake", MEMBER, HandshakeId=approvals[MEMBER])
    world.advance(days=365)
    assert world.views.handshakes.rows == {}
    assert world.views.handshakes.summary() == {
        "APPROVE_ALL_FEATURES": {"ACCEPTED": 1},
        "ENABLE_ALL_FEATURES": {"EXPIRED": 1},
        "INVITE": {"ACCEPTED": 2, "EXPIRED": 1},
    }
    world.denies("DescribeHandshake", FOUNDER, HandshakeNotFoundException, HandshakeId=parent)


def test_views_and_state_agree_on_replies() -> None:
    """A writing operation answers with exactly what DescribeHandshake shows right after it."""
    world = settled()
    handshake = world.invited(f"{STRANGER}@accounts.example")
    replied = world.reply(accept_handshake.Request(handshake), STRANGER)
    assert replied == world.ask("DescribeHandshake", FOUNDER, HandshakeId=handshake)
    assert isinstance(replied["Handshake"]["RequestedTimestamp"], datetime)


def test_approvals_are_counted_while_the_migration_is_there() -> None:
    """How many approvals a migration has in each state is known also when they have been purged, until it is purged."""
    world = settled()
    parent, approvals = world.migrating()
    world.call("DeclineHandshake", MEMBER, HandshakeId=approvals[MEMBER])
    world.advance(days=31)
    assert approvals[MEMBER] not in world.views.handshakes.rows
    assert world.views.handshakes.approvals == {parent: {HandshakeState.DECLINED: 1, HandshakeState.OPEN: 0}}
    world.advance(days=365)
    assert world.views.handshakes.approvals == {}
