import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World, invite
from support.tag_policies import team_policy

from orgsim.engine.errors import (
    AccessDeniedException,
    AccessDeniedForDependencyException,
    ConstraintViolationException,
    HandshakeAlreadyInStateException,
    HandshakeConstraintViolationException,
    HandshakeNotFoundException,
    InvalidHandshakeTransitionException,
    InvalidInputException,
    MasterCannotLeaveOrganizationException,
)
from orgsim.engine.events import (
    AccountDeparted,
    AccountJoined,
    FeatureSetChanged,
    HandshakeAccepted,
    HandshakeCanceled,
    HandshakeOpened,
    ResourceTagged,
    Tag,
)
from orgsim.engine.operation import read_request
from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    decline_handshake,
    delete_organization,
    remove_account_from_organization,
)
from orgsim.engine.operations.accept_handshake import Request
from orgsim.engine.rules import quotas
from orgsim.engine.settings import DAY, Quotas
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition, DepartureMethod, FeatureSet, JoinedMethod

ADDRESS = f"{MEMBER}@accounts.example"
ENDED = [HandshakeState.ACCEPTED, HandshakeState.DECLINED, HandshakeState.CANCELED, HandshakeState.EXPIRED]

# Those that hold an invitation up though the account may leave where it is, in the order in which they are checked.
JOIN_REFUSALS = [
    (
        MEMBER,
        Condition.OTHER_SELLER_OF_RECORD,
        HandshakeConstraintViolationException,
        "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD",
    ),
    (
        FOUNDER,
        Condition.EMAIL_UNVERIFIED,
        HandshakeConstraintViolationException,
        "MANAGEMENT_ACCOUNT_EMAIL_NOT_VERIFIED",
    ),
    (
        MEMBER,
        Condition.PAYMENT_INSTRUMENT_MISSING,
        HandshakeConstraintViolationException,
        "PAYMENT_INSTRUMENT_REQUIRED",
    ),
    (
        MEMBER,
        Condition.SERVICE_LINKED_ROLE_DENIED,
        AccessDeniedForDependencyException,
        "ACCESS_DENIED_DURING_CREATE_SERVICE_LINKED_ROLE",
    ),
]


def organization(**settings) -> World:
    world = World(**settings)
    world.founded()
    return world


# Refusals, in the order of the operation's head.


@pytest.mark.parametrize("handshake", ["h-00000000", "h-" + "z" * 32])
def test_unknown(handshake: str) -> None:
    """A handshake that does not exist is not found, not even by an account in no organization."""
    organization().refuses(Request(handshake), STRANGER, HandshakeNotFoundException)


@pytest.mark.parametrize("state", ENDED, ids=lambda state: state.value)
def test_purged(state: HandshakeState) -> None:
    """Thirty days after its end a handshake is not found any more; until then it is."""
    world = organization()
    handshake = world.invitation_in(state)
    world.advance(days=30, microseconds=-1)
    assert handshake in world.state.handshakes
    world.advance(microseconds=1)
    world.refuses(Request(handshake), MEMBER, HandshakeNotFoundException)


@pytest.mark.parametrize("caller", [FOUNDER, OTHER, STRANGER, RIVAL], ids=["sender", "member", "stranger", "rival"])
@pytest.mark.parametrize("state", [HandshakeState.OPEN, *ENDED], ids=lambda state: state.value)
def test_not_the_recipient(state: HandshakeState, caller: str) -> None:
    """Whoever is not the recipient is denied, whatever the state."""
    world = organization()
    world.joined(OTHER)
    world.founded(RIVAL)
    world.refuses(Request(world.invitation_in(state)), caller, AccessDeniedException)


@pytest.mark.parametrize(
    ("state", "refusal"),
    [
        (HandshakeState.ACCEPTED, HandshakeAlreadyInStateException),
        (HandshakeState.DECLINED, InvalidHandshakeTransitionException),
        (HandshakeState.CANCELED, InvalidHandshakeTransitionException),
        (HandshakeState.EXPIRED, InvalidHandshakeTransitionException),
    ],
    ids=lambda value: getattr(value, "value", None),
)
@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_ended(state: HandshakeState, refusal: type, target: str) -> None:
    """An invitation that has ended cannot be accepted; what else is wrong with the account does not matter."""
    world = organization()
    handshake = world.invitation_in(state, target)
    world.suffers(MEMBER, *Condition)
    world.refuses(Request(handshake), MEMBER, refusal)


def test_parent_too_early() -> None:
    """A migration cannot be finalized while approvals are outstanding."""
    world = organization()
    world.joined(MEMBER)
    parent, _ = world.migrating()
    world.refuses(Request(parent), FOUNDER, InvalidHandshakeTransitionException)
    world.refuses(Request(parent), MEMBER, AccessDeniedException)


def test_parent_twice() -> None:
    """A finalized migration cannot be finalized again."""
    world = organization()
    parent, _ = world.migrating()
    world.do(Request(parent), FOUNDER)
    world.refuses(Request(parent), FOUNDER, HandshakeAlreadyInStateException)


@pytest.mark.parametrize(
    ("end", "refusal"),
    [
        (accept_handshake, HandshakeAlreadyInStateException),
        (decline_handshake, InvalidHandshakeTransitionException),
    ],
)
def test_approval_twice(end, refusal: type) -> None:
    """An approval that was given or declined cannot be given."""
    world = organization()
    world.joined(MEMBER)
    _, approvals = world.migrating()
    world.do(end.Request(approvals[MEMBER]), MEMBER)
    world.refuses(Request(approvals[MEMBER]), MEMBER, refusal)


def test_approval_of_another_member() -> None:
    """Nobody can approve for another account, not even the management account that asked."""
    world = organization()
    world.joined(MEMBER)
    world.joined(OTHER)
    _, approvals = world.migrating()
    for caller in (FOUNDER, OTHER, STRANGER):
        world.refuses(Request(approvals[MEMBER]), caller, AccessDeniedException)


def test_management_account_of_another_organization() -> None:
    """A management account cannot accept before it deletes its organization, whatever else is amiss."""
    world = organization()
    world.founded(RIVAL)
    handshake = world.invited(RIVAL)
    world.suffers(RIVAL, *Condition)
    world.refuses(Request(handshake), RIVAL, MasterCannotLeaveOrganizationException)
    world.suffers(RIVAL)
    world.do(delete_organization.Request(), RIVAL)
    world.do(Request(handshake), RIVAL)
    assert RIVAL in world.organization_of(FOUNDER).members


def test_member_by_another_invitation() -> None:
    """An account that joined meanwhile is told so before anything that is amiss with it."""
    world = organization()
    by_id = world.invited(MEMBER)
    world.do(Request(world.invited(ADDRESS)), MEMBER)
    world.suffers(MEMBER, *Condition)
    world.refuses(Request(by_id), MEMBER, HandshakeConstraintViolationException, "ALREADY_IN_AN_ORGANIZATION")


def test_leaving_comes_first() -> None:
    """Obstacles to leaving the old organization are reported before obstacles to joining the new one."""
    world = organization()
    world.founded(RIVAL)
    account = world.created(sender=RIVAL)
    handshake = world.invited(account)
    world.suffers(account, *Condition)
    refusal = ConstraintViolationException
    world.refuses(Request(handshake), account, refusal, "WAIT_PERIOD_ACTIVE")
    world.advance(days=4)
    leaving = {
        Condition.PAYMENT_INSTRUMENT_MISSING: "MEMBER_ACCOUNT_PAYMENT_INSTRUMENT_REQUIRED",
        Condition.PHONE_UNVERIFIED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_PHONE_VERIFICATION",
        Condition.EULA_UNSIGNED: "ACCOUNT_CANNOT_LEAVE_WITHOUT_EULA",
        Condition.PAYMENT_INSTRUMENT_INVALID: "INVALID_PAYMENT_INSTRUMENT",
        Condition.SUSPENDED: "ACCOUNT_CANNOT_LEAVE_ORGANIZATION",
    }
    conditions = set(Condition)
    for condition, reason in leaving.items():
        world.refuses(Request(handshake), account, refusal, reason)
        conditions.remove(condition)
        world.suffers(account, *conditions)
    different = "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD"
    world.refuses(Request(handshake), account, HandshakeConstraintViolationException, different)


@pytest.mark.parametrize(("account", "condition", "refusal", "reason"), JOIN_REFUSALS)
@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_joining(account: str, condition: Condition, refusal: type, reason: str, target: str) -> None:
    """Each condition of the account or the management account that forbids joining has its own refusal."""
    world = organization()
    handshake = world.invited(target)
    world.suffers(account, condition)
    world.refuses(Request(handshake), MEMBER, refusal, reason)


def test_order_of_joining() -> None:
    """Obstacles to joining are reported one after the other, the account quota last."""
    world = organization(membership_change_interval_seconds=3600)
    world.joined(MEMBER)
    world.do(remove_account_from_organization.Request(MEMBER), FOUNDER)
    handshake = world.invited(MEMBER)
    world.rules_change(quotas=Quotas(accounts=1))
    amiss = {(account, condition): (refusal, reason) for account, condition, refusal, reason in JOIN_REFUSALS}
    role = amiss.popitem()
    for (account, condition), (refusal, reason) in amiss.items():
        for each in (FOUNDER, MEMBER):
            world.suffers(each, *_from(condition, account, each))
        world.refuses(Request(handshake), MEMBER, refusal, reason)
    world.suffers(FOUNDER)
    world.suffers(MEMBER, role[0][1])
    too_soon = "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED"
    world.refuses(Request(handshake), MEMBER, HandshakeConstraintViolationException, too_soon)
    world.advance(hours=1)
    world.refuses(Request(handshake), MEMBER, *role[1])
    world.suffers(MEMBER)
    world.refuses(Request(handshake), MEMBER, HandshakeConstraintViolationException, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")
    world.rules_change(quotas=Quotas(accounts=2))
    assert world.do(Request(handshake), MEMBER)


def _from(condition: Condition, account: str, sufferer: str) -> list[Condition]:
    """The conditions of one account, out of those from this one on."""
    known = [(each, one) for each, one, *_ in JOIN_REFUSALS]
    return [one for each, one in known[known.index((account, condition)) :] if each == sufferer]


@pytest.mark.parametrize("condition", [Condition.PHONE_UNVERIFIED, Condition.SIGN_UP_INCOMPLETE])
def test_conditions_that_do_not_matter(condition: Condition) -> None:
    """Conditions that only forbid leaving do not keep a standalone account from joining."""
    world = organization()
    handshake = world.invited(MEMBER)
    world.suffers(MEMBER, condition)
    assert world.do(Request(handshake), MEMBER)


def test_suspended_account_cannot_join() -> None:
    """A suspended standalone account is refused before anything else that may be amiss with it."""
    world = organization()
    handshake = world.invited(MEMBER)
    world.suffers(MEMBER, Condition.SUSPENDED, Condition.OTHER_SELLER_OF_RECORD)
    world.refuses(Request(handshake), MEMBER, AccessDeniedException)


def test_membership_change_interval() -> None:
    """After a change of membership the account has to wait for exactly the time that the settings name."""
    world = organization(membership_change_interval_seconds=60)
    world.joined(MEMBER)
    world.do(remove_account_from_organization.Request(MEMBER), FOUNDER)
    handshake = world.invited(MEMBER)
    world.advance(seconds=60, microseconds=-1)
    too_soon = "ORGANIZATION_MEMBERSHIP_CHANGE_RATE_LIMIT_EXCEEDED"
    world.refuses(Request(handshake), MEMBER, HandshakeConstraintViolationException, too_soon)
    world.advance(microseconds=1)
    assert world.do(Request(handshake), MEMBER)


def test_expired_at_the_very_moment() -> None:
    """A microsecond before its expiration an invitation can be accepted, at its expiration it cannot."""
    world = organization()
    handshake = world.invited(MEMBER)
    world.advance(days=15, microseconds=-1)
    assert world.state_of(handshake) is HandshakeState.OPEN
    world.now += 1
    world.refuses(Request(handshake), MEMBER, InvalidHandshakeTransitionException)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:HANDSHAKE_ID"),
        ({"HandshakeId": "h-1"}, "INVALID_PATTERN:HANDSHAKE_ID"),
        ({"HandshakeId": "h-0123456789abcdef\n"}, "INVALID_PATTERN:HANDSHAKE_ID"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The handshake's id is required and well-formed."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# An invitation is accepted.


@pytest.mark.parametrize(("target", "account"), [(MEMBER, None), (ADDRESS, MEMBER)], ids=["account", "address"])
def test_join(target: str, account: str | None) -> None:
    """The invited account becomes a member by invitation, and an address turns out to be an account."""
    world = organization()
    sender, handshake = world.organization_of(FOUNDER).id, world.invited(target)
    world.advance(days=3)
    assert world.do(Request(handshake), MEMBER) == [
        HandshakeAccepted(sender, handshake, account),
        AccountJoined(sender, MEMBER, JoinedMethod.INVITED),
    ]
    member = world.state.accounts[MEMBER]
    assert (member.organization, member.joined_method) == (sender, JoinedMethod.INVITED)
    assert member.membership_changed_at == world.now
    assert list(world.organization_of(MEMBER).members) == [FOUNDER, MEMBER]
    assert world.organization_of(MEMBER).invitations == {}
    found = world.state.handshakes[handshake]
    assert (found.state, found.ended_at, found.account) == (HandshakeState.ACCEPTED, world.now, account)
    assert world.state.timers.next_due == world.now + 30 * DAY


@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_tags(target: str) -> None:
    """The tags of an invitation become the account's when it has joined, and stay those of the invitation."""
    world = organization()
    former = world.founded(RIVAL)
    world.joined(MEMBER, RIVAL)
    found = world.organization_of(FOUNDER)
    handshake = world.do(invite(target, tags=[("team", "a"), ("b", "")]), FOUNDER)[0].handshake
    assert found.tags == {}
    assert world.do(Request(handshake), MEMBER)[1:] == [
        AccountDeparted(former, MEMBER, DepartureMethod.LEFT),
        AccountJoined(found.id, MEMBER, JoinedMethod.INVITED),
        ResourceTagged(found.id, MEMBER, (Tag("team", "a"), Tag("b", ""))),
    ]
    assert found.tags == {MEMBER: (Tag("team", "a"), Tag("b", ""))}


def test_tags_of_a_member_s_invitation() -> None:
    """An invitation by address whose owner is a member already gives it no tags."""
    world = organization()
    world.joined(MEMBER)
    handshake = world.do(invite(ADDRESS, tags=[("team", "a")]), FOUNDER)[0].handshake
    assert len(world.do(Request(handshake), MEMBER)) == 1
    assert world.organization_of(FOUNDER).tags == {}


def test_tags_against_the_policy_by_now() -> None:
    """A tag policy that came after the invitation does not hold its tags up."""
    world = organization()
    found = world.organization_of(FOUNDER).id
    handshake = world.do(invite(MEMBER, tags=[("Team", "green")]), FOUNDER)[0].handshake
    world.evolve(FeatureSetChanged(found, FeatureSet.ALL), *team_policy(found, FOUNDER))
    world.do(Request(handshake), MEMBER)
    assert world.organization_of(FOUNDER).tags == {MEMBER: (Tag("Team", "green"),)}


@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_reply(target: str) -> None:
    """The answer names the account as the party, while the resource stays what was invited."""
    world = organization()
    handshake = world.invited(target)
    answer = world.reply(Request(handshake), MEMBER)["Handshake"]
    assert (answer["Id"], answer["State"], answer["Action"]) == (handshake, "ACCEPTED", "INVITE")
    assert answer["Parties"] == [
        {"Id": world.organization_of(FOUNDER).id, "Type": "ORGANIZATION"},
        {"Id": MEMBER, "Type": "ACCOUNT"},
    ]
    assert answer["Resources"][1] == {"Type": "ACCOUNT" if target == MEMBER else "EMAIL", "Value": target}


def test_address_in_other_letters() -> None:
    """Whoever owns an address may accept what was sent to it in any case of letters."""
    world = organization()
    handshake = world.invited(ADDRESS.upper())
    world.do(Request(handshake), MEMBER)
    assert MEMBER in world.organization_of(FOUNDER).members


def test_address_of_nobody() -> None:
    """An invitation to an address that nobody owns can be accepted by nobody, until an account states the address."""
    world = organization()
    handshake = world.invited("new@example.com")
    world.refuses(Request(handshake), MEMBER, AccessDeniedException)
    account = world.created("new@example.com")
    with pytest.raises(HandshakeConstraintViolationException):
        world.reply(Request(handshake), account)


def test_member_by_address() -> None:
    """An address of a member: AWS answers that it is in an organization already, and yet the invitation is accepted."""
    world = organization()
    sender = world.organization_of(FOUNDER).id
    world.joined(MEMBER)
    handshake = world.invited(ADDRESS)
    request = Request(handshake)
    events = world.do(request, MEMBER)
    assert events == [HandshakeAccepted(sender, handshake, MEMBER)]
    with pytest.raises(HandshakeConstraintViolationException) as caught:
        accept_handshake.reply(request, events, world.state)
    assert caught.value.reason == "ALREADY_IN_AN_ORGANIZATION"
    assert world.state_of(handshake) is HandshakeState.ACCEPTED


def test_after_the_acceptance_of_a_member() -> None:
    """After that quirk the invitation stays accepted, and the same address can be invited again."""
    world = organization()
    world.joined(MEMBER)
    handshake = world.invited(ADDRESS)
    world.do(Request(handshake), MEMBER)
    world.refuses(Request(handshake), MEMBER, HandshakeAlreadyInStateException)
    world.refuses(decline_handshake.Request(handshake), MEMBER, InvalidHandshakeTransitionException)
    world.refuses(cancel_handshake.Request(handshake), FOUNDER, InvalidHandshakeTransitionException)
    assert world.invited(ADDRESS) != handshake


def test_own_address_of_the_management_account() -> None:
    """The quirk holds for the management account too."""
    world = organization()
    handshake = world.invited(f"{FOUNDER}@accounts.example")
    with pytest.raises(HandshakeConstraintViolationException):
        world.reply(Request(handshake), FOUNDER)
    assert world.state_of(handshake) is HandshakeState.ACCEPTED


def test_member_of_another_organization() -> None:
    """A member of another organization leaves that one in the same command."""
    world = organization()
    former = world.founded(RIVAL)
    world.joined(MEMBER, RIVAL)
    sender, handshake = world.organization_of(FOUNDER).id, world.invited(MEMBER)
    assert world.do(Request(handshake), MEMBER) == [
        HandshakeAccepted(sender, handshake),
        AccountDeparted(former, MEMBER, DepartureMethod.LEFT),
        AccountJoined(sender, MEMBER, JoinedMethod.INVITED),
    ]
    assert list(world.organization_of(RIVAL).members) == [RIVAL]
    assert world.organization_of(MEMBER).id == sender


def test_the_other_organization_is_migrating() -> None:
    """The migration of the organization that is left goes on without the account, and opens if it was the last."""
    world = organization()
    former = world.founded(RIVAL)
    world.joined(MEMBER, RIVAL)
    parent, approvals = world.migrating(RIVAL)
    sender, handshake = world.organization_of(FOUNDER).id, world.invited(MEMBER)
    assert world.do(Request(handshake), MEMBER) == [
        HandshakeAccepted(sender, handshake),
        HandshakeCanceled(former, approvals[MEMBER]),
        AccountDeparted(former, MEMBER, DepartureMethod.LEFT),
        HandshakeOpened(former, parent),
        AccountJoined(sender, MEMBER, JoinedMethod.INVITED),
    ]
    assert world.organization_of(RIVAL).migration.outstanding == {}


def test_joining_during_a_migration() -> None:
    """An account that joins during a migration has consented by accepting: it gets no approval request."""
    world = organization()
    world.joined(OTHER)
    parent, approvals = world.migrating()
    handshake = world.invited(MEMBER)
    assert len(world.do(Request(handshake), MEMBER)) == 2
    assert world.organization_of(FOUNDER).migration.outstanding == approvals
    world.do(Request(approvals[OTHER]), OTHER)
    assert world.state_of(parent) is HandshakeState.OPEN


def test_the_invitation_becomes_the_membership() -> None:
    """At a full quota an open invitation can be accepted, because it counts already."""
    world = organization(quotas=Quotas(accounts=2))
    handshake = world.invited(MEMBER)
    world.do(Request(handshake), MEMBER)
    assert quotas.accounts_counted(world.organization_of(FOUNDER)) == 2


# A migration is approved and finalized.


def test_approvals() -> None:
    """Each approval is recorded; the last one opens the parent."""
    world = organization()
    members = [world.joined(account) for account in (MEMBER, OTHER)]
    sender = world.organization_of(FOUNDER).id
    parent, approvals = world.migrating()
    first, last = (approvals[account] for account in members)
    assert world.do(Request(first), MEMBER) == [HandshakeAccepted(sender, first)]
    assert world.state_of(parent) is HandshakeState.REQUESTED
    assert world.organization_of(FOUNDER).migration.outstanding == {OTHER: last}
    assert world.do(Request(last), OTHER) == [HandshakeAccepted(sender, last), HandshakeOpened(sender, parent)]
    assert world.state_of(parent) is HandshakeState.OPEN
    assert world.organization_of(FOUNDER).migration.outstanding == {}


def test_approval_reply() -> None:
    """The answer to an approval names the parent without h-, the organization and the member."""
    world = organization()
    world.joined(MEMBER)
    sender = world.organization_of(FOUNDER).id
    parent, approvals = world.migrating()
    answer = world.reply(Request(approvals[MEMBER]), MEMBER)["Handshake"]
    arn = f"arn:aws:organizations::{FOUNDER}:handshake/{sender}/approve_all_features/{approvals[MEMBER]}"
    assert (answer["Arn"], answer["State"], answer["Action"]) == (arn, "ACCEPTED", "APPROVE_ALL_FEATURES")
    assert answer["Parties"] == [{"Id": sender, "Type": "ORGANIZATION"}, {"Id": MEMBER, "Type": "ACCOUNT"}]
    assert answer["Resources"] == [
        {"Type": "PARENT_HANDSHAKE", "Value": parent.removeprefix("h-")},
        {"Type": "ORGANIZATION", "Value": sender},
        {"Type": "ACCOUNT", "Value": MEMBER},
    ]


def test_approval_a_microsecond_before_the_end() -> None:
    """An approval can be given until just before the parent expires."""
    world = organization()
    world.joined(MEMBER)
    parent, approvals = world.migrating()
    world.advance(days=90, microseconds=-1)
    world.do(Request(approvals[MEMBER]), MEMBER)
    assert world.state_of(parent) is HandshakeState.OPEN


def test_finalization() -> None:
    """The management account finalizes: the organization has all features, and the migration is over."""
    world = organization()
    sender = world.organization_of(FOUNDER).id
    parent, _ = world.migrating()
    assert world.do(Request(parent), FOUNDER) == [
        HandshakeAccepted(sender, parent),
        FeatureSetChanged(sender, FeatureSet.ALL),
    ]
    found = world.organization_of(FOUNDER)
    assert (found.feature_set, found.migration) == (FeatureSet.ALL, None)
    assert world.state_of(parent) is HandshakeState.ACCEPTED


def test_finalization_reply() -> None:
    """The answer is the accepted parent, with the organization as its only party and its only resource."""
    world = organization()
    sender = world.organization_of(FOUNDER).id
    parent, _ = world.migrating()
    answer = world.reply(Request(parent), FOUNDER)["Handshake"]
    assert (answer["Id"], answer["State"], answer["Action"]) == (parent, "ACCEPTED", "ENABLE_ALL_FEATURES")
    assert answer["Parties"] == [{"Id": sender, "Type": "ORGANIZATION"}]
    assert answer["Resources"] == [{"Type": "ORGANIZATION", "Value": sender}]


def test_invitations_outlive_the_finalization() -> None:
    """An invitation sent during the migration stays open when it is finalized, and says what is true now."""
    world = organization()
    parent, _ = world.migrating()
    handshake = world.invited(MEMBER)
    world.do(Request(parent), FOUNDER)
    assert world.state_of(handshake) is HandshakeState.OPEN
    world.do(Request(handshake), MEMBER)
    assert world.state.handshakes[handshake].requested.feature_set is FeatureSet.ALL


def test_answers_of_the_finalized_migration_stay() -> None:
    """Approvals keep their state after the end, for thirty days from when each was given."""
    world = organization()
    world.joined(MEMBER)
    parent, approvals = world.migrating()
    world.do(Request(approvals[MEMBER]), MEMBER)
    world.advance(days=10)
    world.do(Request(parent), FOUNDER)
    world.advance(days=20)
    assert approvals[MEMBER] not in world.state.handshakes
    assert world.state_of(parent) is HandshakeState.ACCEPTED
