"""Why a call was refused, in our words: what stood in the way, and what would have to be true."""

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER, World, invite

from orgsim.engine.errors import ConstraintViolationException
from orgsim.engine.explaining import CONDITIONS, number, some, when
from orgsim.engine.operations import (
    accept_handshake,
    cancel_handshake,
    close_account,
    create_account,
    create_organization,
    decline_handshake,
    delete_organization,
    enable_all_features,
    enable_aws_service_access,
    leave_organization,
    register_delegated_administrator,
    remove_account_from_organization,
)
from orgsim.engine.settings import Quotas
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Condition, FeatureSet

TRANSITION = "InvalidHandshakeTransitionException"
BEGAN, ENDS = "2026-01-01T00:00:00Z", "2026-04-01T00:00:00Z"
"""The beginning of a world, and the end of a migration that begins with it."""
ACCEPT, CANCEL, DECLINE = accept_handshake.Request, cancel_handshake.Request, decline_handshake.Request
ENABLE, LEAVE, DELETE = enable_all_features.Request(), leave_organization.Request(), delete_organization.Request()
REMOVE, FOUND = remove_account_from_organization.Request, create_organization.Request()


def consolidated(*members: str, **settings) -> World:
    """A world with an organization that has consolidated billing, and members that were invited."""
    world = World(**settings)
    world.founded()
    for member in members:
        world.joined(member)
    return world


def with_all_features(**settings) -> World:
    """A world with an organization that has all features."""
    world = World(**settings)
    world.founded(feature_set=FeatureSet.ALL)
    return world


# The situations around a migration that AWS tells apart by nothing: InvalidHandshakeTransition without a reason.


def test_parent_waits() -> None:
    """Finalizing too early names how many approvals are outstanding of how many, whose is first, and until when."""
    world = consolidated(MEMBER, OTHER, STRANGER)
    parent, approvals = world.migrating()
    world.do(ACCEPT(approvals[OTHER]), OTHER)
    assert world.explains(ACCEPT(parent), FOUNDER) == (
        TRANSITION,
        f"the parent {parent} is REQUESTED: 2 of 3 approvals are outstanding; "
        f"first {MEMBER}, whose approval {approvals[MEMBER]} is OPEN until {ENDS}",
    )


def test_parent_blocked_by_a_decline() -> None:
    """A parent that waits for a member that declined says that the member must go."""
    world = consolidated(MEMBER)
    parent, approvals = world.migrating()
    world.do(DECLINE(approvals[MEMBER]), MEMBER)
    assert world.explains(ACCEPT(parent), FOUNDER) == (
        TRANSITION,
        f"the parent {parent} is REQUESTED: 1 of 1 approval is outstanding; "
        f"first {MEMBER}, whose approval {approvals[MEMBER]} is DECLINED: it must leave or be removed",
    )


def test_parent_blocked_by_a_purged_decline() -> None:
    """A decline that has disappeared still blocks the parent, and is said to be gone."""
    world = consolidated(MEMBER)
    parent, approvals = world.migrating()
    world.do(DECLINE(approvals[MEMBER]), MEMBER)
    world.advance(days=31)
    _, explanation = world.explains(ACCEPT(parent), FOUNDER)
    assert explanation is not None
    assert explanation.endswith(f"approval {approvals[MEMBER]} is gone: it must leave or be removed")


def test_parent_canceled() -> None:
    """Finalizing a canceled migration says when it was canceled, and that another one must begin."""
    world = consolidated(MEMBER)
    parent, _ = world.migrating()
    world.do(CANCEL(parent), FOUNDER)
    assert world.explains(ACCEPT(parent), FOUNDER) == (
        TRANSITION,
        f"the parent {parent} is CANCELED since {BEGAN}; another EnableAllFeatures must begin anew",
    )


def test_parent_expired() -> None:
    """Finalizing a migration after its ninety days says when it expired."""
    world = consolidated(MEMBER)
    parent, _ = world.migrating()
    world.advance(days=91)
    assert world.explains(ACCEPT(parent), FOUNDER) == (
        TRANSITION,
        f"the parent {parent} is EXPIRED since {ENDS}; another EnableAllFeatures must begin anew",
    )


def test_parent_finalized() -> None:
    """Canceling a finalized migration says that there is no way back."""
    world = consolidated()
    parent, _ = world.migrating()
    world.do(ACCEPT(parent), FOUNDER)
    assert world.explains(CANCEL(parent), FOUNDER) == (
        TRANSITION,
        f"the parent {parent} is ACCEPTED since {BEGAN}; all features are enabled for good",
    )


def test_approval_declined() -> None:
    """Approving after a decline says what the migration waits for."""
    world = consolidated(MEMBER)
    parent, approvals = world.migrating()
    world.do(DECLINE(approvals[MEMBER]), MEMBER)
    assert world.explains(ACCEPT(approvals[MEMBER]), MEMBER) == (
        TRANSITION,
        f"the approval {approvals[MEMBER]} is DECLINED since {BEGAN}; the migration {parent} goes on once {MEMBER} "
        "has left or been removed, or is canceled and begun anew",
    )


def test_approval_canceled_with_its_migration() -> None:
    """Approving what was canceled along with the migration says that the migration has ended."""
    world = consolidated(MEMBER)
    parent, approvals = world.migrating()
    world.do(CANCEL(parent), FOUNDER)
    assert world.explains(ACCEPT(approvals[MEMBER]), MEMBER) == (
        TRANSITION,
        f"the approval {approvals[MEMBER]} is CANCELED since {BEGAN}; its migration {parent} has ended, "
        f"and another EnableAllFeatures must ask {MEMBER} anew",
    )


def test_approval_canceled_alone() -> None:
    """Approving what was canceled alone says that the migration still waits."""
    world = consolidated(MEMBER)
    parent, approvals = world.migrating()
    world.do(CANCEL(approvals[MEMBER]), FOUNDER)
    _, explanation = world.explains(ACCEPT(approvals[MEMBER]), MEMBER)
    assert explanation is not None
    assert f"is CANCELED since {BEGAN}; the migration {parent} goes on once {MEMBER} has left" in explanation


def test_approval_expired() -> None:
    """Approving after the ninety days says when the approval expired, though it ended with its migration."""
    world = consolidated(MEMBER)
    parent, approvals = world.migrating()
    world.advance(days=91)
    kind, explanation = world.explains(ACCEPT(approvals[MEMBER]), MEMBER)
    assert kind == TRANSITION
    assert explanation is not None
    assert f"since {ENDS}; its migration {parent} has ended" in explanation


def test_approval_given() -> None:
    """Declining after approving says that an approval cannot be taken back."""
    world = consolidated(MEMBER, OTHER)
    _, approvals = world.migrating()
    world.do(ACCEPT(approvals[MEMBER]), MEMBER)
    assert world.explains(DECLINE(approvals[MEMBER]), MEMBER) == (
        TRANSITION,
        f"the approval {approvals[MEMBER]} is ACCEPTED since {BEGAN}; an approval cannot be taken back",
    )


def test_approval_given_twice() -> None:
    """Approving twice says that nothing is left to do."""
    world = consolidated(MEMBER, OTHER)
    _, approvals = world.migrating()
    world.do(ACCEPT(approvals[MEMBER]), MEMBER)
    assert world.explains(ACCEPT(approvals[MEMBER]), MEMBER) == (
        "HandshakeAlreadyInStateException",
        f"the approval {approvals[MEMBER]} is ACCEPTED since {BEGAN}; there is nothing left to do with it",
    )


# EnableAllFeatures.


def test_all_features_already() -> None:
    """An organization with all features has nothing to enable."""
    world = with_all_features()
    owner = world.organization_of(FOUNDER).id
    assert world.explains(ENABLE, FOUNDER) == (
        "ORGANIZATION_ALREADY_HAS_ALL_FEATURES",
        f"{owner} has all features already; there is nothing left to enable",
    )


def test_migration_waits_for_approvals() -> None:
    """A second EnableAllFeatures says for which approvals the first one waits."""
    world = consolidated(MEMBER, OTHER)
    parent, _ = world.migrating()
    kind, explanation = world.explains(ENABLE, FOUNDER)
    assert kind == "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    assert explanation == world.explains(ACCEPT(parent), FOUNDER)[1]


def test_migration_waits_to_be_finalized() -> None:
    """A second EnableAllFeatures says that the first one only needs to be finalized, and until when."""
    world = consolidated()
    parent, _ = world.migrating()
    assert world.explains(ENABLE, FOUNDER)[1] == (
        f"the parent {parent} is OPEN until {ENDS}: {FOUNDER} can accept it, which enables all features, or cancel it"
    )


def test_too_many_members_to_migrate() -> None:
    """A migration that is too large says how many members there are and may be."""
    world = consolidated(MEMBER, OTHER, quotas=Quotas(all_features_migration_accounts=2))
    owner = world.organization_of(FOUNDER).id
    assert world.explains(ENABLE, FOUNDER)[1] == f"{owner} has 3 members, and the quota is 2; some must go first"


def test_member_may_not_enable() -> None:
    """A member that calls for the management account is told whose call it is."""
    world = consolidated(MEMBER)
    assert world.explains(ENABLE, MEMBER) == (
        "AccessDeniedException",
        f"{MEMBER} is a member, and EnableAllFeatures is for the management account {FOUNDER}",
    )


def test_standalone_account() -> None:
    """An account in no organization is told how to get into one."""
    assert consolidated().explains(ENABLE, STRANGER)[1] == (
        f"{STRANGER} is in no organization; it must create one, or accept an invitation to one"
    )


def test_parent_cannot_be_declined() -> None:
    """A parent is canceled rather than declined, and the explanation says so."""
    world = consolidated()
    parent, _ = world.migrating()
    assert world.explains(DECLINE(parent), FOUNDER) == (
        "AccessDeniedException",
        f"the parent {parent} cannot be declined; CancelHandshake ends the migration",
    )


# Invitations.


def test_member_invited_again() -> None:
    """Inviting a member says since when it is one."""
    world = consolidated(MEMBER)
    owner = world.organization_of(FOUNDER).id
    assert world.explains(invite(MEMBER), FOUNDER) == (
        "ALREADY_IN_AN_ORGANIZATION",
        f"{MEMBER} is a member of {owner} since {BEGAN}; it must be outside",
    )


def test_address_of_a_member() -> None:
    """A member that accepts an invitation by its address is told the same."""
    world = consolidated(MEMBER)
    owner = world.organization_of(FOUNDER).id
    invitation = world.invited(world.state.email_of(MEMBER))
    assert world.explains(ACCEPT(invitation), MEMBER) == (
        "ALREADY_IN_AN_ORGANIZATION",
        f"{MEMBER} is a member of {owner} since {BEGAN}; it must be outside",
    )


def test_duplicate_invitation() -> None:
    """A second invitation names the first, and until when it is open."""
    world = consolidated()
    invitation = world.invited(MEMBER)
    assert world.explains(invite(MEMBER), FOUNDER)[1] == (
        f"the invitation {invitation} to {MEMBER} is OPEN until 2026-01-16T00:00:00Z; "
        "it must be declined or canceled, or expire, before another is sent"
    )


def test_invitation_during_migration() -> None:
    """An invitation that the settings rule out during a migration names the migration."""
    world = consolidated(MEMBER, invitations_during_migration=False)
    parent, _ = world.migrating()
    kind, explanation = world.explains(invite(OTHER), FOUNDER)
    assert kind == "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"
    assert explanation is not None
    assert explanation.startswith(f"the parent {parent} is REQUESTED: 1 of 1 approval is outstanding")


def test_too_many_invitations_today() -> None:
    """The daily quota tells when the next invitation may follow."""
    world = consolidated(quotas=Quotas(invitations_per_day=1))
    owner = world.organization_of(FOUNDER).id
    world.invited(MEMBER)
    assert world.explains(invite(OTHER), FOUNDER) == (
        "HANDSHAKE_RATE_LIMIT_EXCEEDED",
        f"{owner} sent 1 invitation within 24 hours that nobody accepted, and the quota is 1; "
        "there is room from 2026-01-02T00:00:00Z",
    )


def test_no_invitations_at_all() -> None:
    """A daily quota of nothing never has room."""
    world = consolidated(quotas=Quotas(invitations_per_day=0))
    _, explanation = world.explains(invite(OTHER), FOUNDER)
    assert explanation is not None
    assert explanation.endswith("and the quota is 0; none is allowed")


def test_account_quota() -> None:
    """The account quota tells what fills it."""
    world = consolidated(MEMBER, quotas=Quotas(accounts=3))
    owner = world.organization_of(FOUNDER).id
    world.invited(OTHER)
    assert world.explains(invite(STRANGER), FOUNDER) == (
        "ACCOUNT_NUMBER_LIMIT_EXCEEDED",
        f"{owner} counts 2 members, 1 open invitation, and the quota is 3; one of them must go",
    )


def test_unverified_address() -> None:
    """A management account whose address is not verified is told so."""
    world = consolidated()
    world.suffers(FOUNDER, Condition.EMAIL_UNVERIFIED)
    assert world.explains(invite(MEMBER), FOUNDER)[1] == (
        f"{FOUNDER} has an email address that is not verified; it must be verified first"
    )


def test_young_organization() -> None:
    """An organization that is too young to grow is told from when it may."""
    world = consolidated(organization_finalization_seconds=3600)
    owner = world.organization_of(FOUNDER).id
    assert world.explains(invite(MEMBER), FOUNDER)[1] == (
        f"{owner} was created on {BEGAN}; it may grow from 2026-01-01T01:00:00Z"
    )


@pytest.mark.parametrize(
    ("target", "explanation"),
    [
        ("12345", "the target '12345' is no account id, which has twelve digits"),
        ("a@b", "the target 'a@b' is no email address of 6 to 64 characters"),
    ],
)
def test_malformed_target(target: str, explanation: str) -> None:
    """A target that is neither an account nor an address is quoted."""
    assert consolidated().explains(invite(target), FOUNDER)[1] == explanation


@pytest.mark.parametrize(
    ("state", "way_on"),
    [
        (HandshakeState.DECLINED, "another one must be sent"),
        (HandshakeState.CANCELED, "another one must be sent"),
        (HandshakeState.EXPIRED, "another one must be sent"),
    ],
)
def test_ended_invitation(state: HandshakeState, way_on: str) -> None:
    """Accepting an invitation that has ended says how and when it ended."""
    world = consolidated()
    invitation = world.invitation_in(state)
    ended = "2026-01-16T00:00:00Z" if state is HandshakeState.EXPIRED else BEGAN
    assert world.explains(ACCEPT(invitation), MEMBER) == (
        TRANSITION,
        f"the invitation {invitation} is {state} since {ended}; {way_on}",
    )


def test_accepted_invitation() -> None:
    """Canceling an accepted invitation says what else can be done."""
    world = consolidated()
    invitation = world.invitation_in(HandshakeState.ACCEPTED)
    assert world.explains(CANCEL(invitation), FOUNDER)[1] == (
        f"the invitation {invitation} is ACCEPTED since {BEGAN}; its account is a member, and can leave or be removed"
    )


def test_not_the_recipient() -> None:
    """Whoever answers what is addressed to another is told to whom."""
    world = consolidated()
    invitation = world.invited(MEMBER)
    assert world.explains(ACCEPT(invitation), OTHER) == (
        "AccessDeniedException",
        f"only {MEMBER} can answer the invitation {invitation}; the caller is {OTHER}",
    )


def test_not_the_owner_of_the_address() -> None:
    """An invitation by address names the address's owner, or says that there is none."""
    world = consolidated()
    known, unknown = world.invited(world.state.email_of(MEMBER)), world.invited("nobody@example.com")
    assert world.explains(ACCEPT(known), OTHER)[1] == (
        f"the invitation {known} is addressed to {MEMBER}@accounts.example, whose owner is {MEMBER}; "
        f"the caller is {OTHER}"
    )
    assert world.explains(ACCEPT(unknown), OTHER)[1] == (
        f"the invitation {unknown} is addressed to nobody@example.com, whose owner is not known: no account has it; "
        f"the caller is {OTHER}"
    )


def test_not_the_sender() -> None:
    """Whoever cancels another's handshake is told who sent it; the sender's deletion is told too."""
    world = consolidated()
    owner, invitation = world.organization_of(FOUNDER).id, world.invited(MEMBER)
    assert world.explains(CANCEL(invitation), MEMBER)[1] == (
        f"the invitation {invitation} was sent by {owner}; only its management account {FOUNDER} can cancel it, "
        f"and the caller is {MEMBER}"
    )
    world.do(DELETE, FOUNDER)
    assert world.explains(CANCEL(invitation), FOUNDER)[1] == (
        f"{owner}, which sent the invitation {invitation}, was deleted, and its handshakes ended with it"
    )


def test_unknown_handshake() -> None:
    """A handshake that does not exist may have disappeared."""
    assert consolidated().explains(ACCEPT("h-abcd1234"), MEMBER) == (
        "HandshakeNotFoundException",
        "there is no handshake h-abcd1234; one that has ended disappears 30 days later",
    )


def test_management_account_invited() -> None:
    """The management account of another organization can only delete that one."""
    world = consolidated()
    rival = world.founded(RIVAL)
    invitation = world.invited(RIVAL)
    assert world.explains(ACCEPT(invitation), RIVAL) == (
        "MasterCannotLeaveOrganizationException",
        f"{RIVAL} is the management account of {rival}, and can only delete it, once it is the last member",
    )


@pytest.mark.parametrize(
    "condition",
    [
        Condition.SUSPENDED,
        Condition.OTHER_SELLER_OF_RECORD,
        Condition.PAYMENT_INSTRUMENT_MISSING,
        Condition.SERVICE_LINKED_ROLE_DENIED,
    ],
)
def test_conditions_of_joining(condition: Condition) -> None:
    """Each condition that keeps an account from joining has its own explanation."""
    world = consolidated()
    invitation = world.invited(MEMBER)
    world.suffers(MEMBER, condition)
    assert world.explains(ACCEPT(invitation), MEMBER)[1] == f"{MEMBER} {CONDITIONS[condition]}"


def test_membership_changed_too_recently() -> None:
    """An account that changed its membership too recently is told from when it may join."""
    world = consolidated(membership_change_interval_seconds=60)
    invitation = world.invited(MEMBER)
    world.do(ACCEPT(invitation), MEMBER)
    world.do(LEAVE, MEMBER)
    again = world.invited(MEMBER)
    assert world.explains(ACCEPT(again), MEMBER)[1] == (
        f"{MEMBER} joined or departed on {BEGAN}; it may join again from 2026-01-01T00:01:00Z"
    )


# Leaving, being removed, and the end of an organization.


def test_created_account_waits() -> None:
    """A created account that is too young to leave is told from when it may, to the microsecond."""
    world = consolidated()
    account = world.created()
    created = world.state.accounts[account].membership_changed_at
    assert created is not None
    expected = f"{account} was created on {when(created)}; it may leave from {when(created + 4 * 86_400_000_000)}"
    assert world.explains(LEAVE, account) == ("WAIT_PERIOD_ACTIVE", expected)
    assert world.explains(REMOVE(account), FOUNDER) == ("WAIT_PERIOD_ACTIVE", expected)


@pytest.mark.parametrize(
    "condition",
    [
        Condition.PAYMENT_INSTRUMENT_MISSING,
        Condition.PHONE_UNVERIFIED,
        Condition.EULA_UNSIGNED,
        Condition.PAYMENT_INSTRUMENT_INVALID,
        Condition.SUSPENDED,
    ],
)
def test_conditions_of_leaving(condition: Condition) -> None:
    """Each missing prerequisite of a standalone account is named, though AWS has one text for several."""
    world = consolidated(MEMBER)
    world.suffers(MEMBER, condition)
    assert world.explains(LEAVE, MEMBER)[1] == f"{MEMBER} {CONDITIONS[condition]}"


def test_delegated_administrator_stays() -> None:
    """A delegated administrator is told for which services it must be deregistered."""
    world = with_all_features()
    world.joined(MEMBER)
    world.do(enable_aws_service_access.Request("config.amazonaws.com"), FOUNDER)
    world.do(register_delegated_administrator.Request(MEMBER, "config.amazonaws.com"), FOUNDER)
    assert world.explains(REMOVE(MEMBER), FOUNDER)[1] == (
        f"{MEMBER} is delegated administrator for config.amazonaws.com; it must be deregistered first"
    )


def test_closed_account_stays() -> None:
    """A closed account is told when it was closed."""
    world = with_all_features()
    world.joined(MEMBER)
    world.do(close_account.Request(MEMBER), FOUNDER)
    world.advance(hours=1)
    kind, explanation = world.explains(REMOVE(MEMBER), FOUNDER)
    assert kind == "ACCOUNT_CANNOT_LEAVE_ORGANIZATION"
    assert explanation is not None
    assert explanation.startswith(f"{MEMBER} was closed on 2026-01-01T00:")


def test_management_account_stays() -> None:
    """A management account can only delete its organization."""
    world = consolidated()
    owner = world.organization_of(FOUNDER).id
    assert world.explains(LEAVE, FOUNDER)[1] == (
        f"{FOUNDER} is the management account of {owner}, and can only delete it, once it is the last member"
    )


def test_stranger_removed() -> None:
    """Removing an account that is no member says of which organization it is none."""
    world = consolidated()
    owner = world.organization_of(FOUNDER).id
    assert world.explains(REMOVE(STRANGER), FOUNDER)[1] == f"{STRANGER} is no member of {owner}; it must be one"


def test_organization_not_empty() -> None:
    """Deleting an organization names the first members that are still there, and counts what else there is."""
    world = consolidated(MEMBER, OTHER, STRANGER, RIVAL, latency="realistic")
    owner = world.organization_of(FOUNDER).id
    world.do(create_account.Request("made@example.com", "Made"), FOUNDER)
    assert world.explains(DELETE, FOUNDER) == (
        "OrganizationNotEmptyException",
        f"{owner} has 4 other members ({MEMBER}, {OTHER}, {STRANGER} and 1 more) and 1 running creation; "
        "it must have none",
    )


def test_already_in_an_organization() -> None:
    """Founding an organization as a member says of which one, and since when."""
    world = consolidated()
    owner = world.organization_of(FOUNDER).id
    assert world.explains(FOUND, FOUNDER)[1] == f"{FOUNDER} is a member of {owner} since {BEGAN}; it must be outside"


# The form.


def test_aws_text_stays() -> None:
    """An explanation is no part of the message, the reason or the text of a refusal."""
    plain = ConstraintViolationException("WAIT_PERIOD_ACTIVE")
    explained = ConstraintViolationException("WAIT_PERIOD_ACTIVE", explanation="it is too young")
    assert (str(explained), explained.message, explained.reason) == (str(plain), plain.message, plain.reason)
    assert (plain.explanation, explained.explanation) == (None, "it is too young")


def test_words() -> None:
    """Moments are ISO 8601 in UTC, things are counted, long lists are cut, and every condition has its words."""
    assert (when(START), when(START + 1)) == (BEGAN, "2026-01-01T00:00:00.000001Z")
    assert when(10**20) == "a moment beyond the calendar"
    assert (number(1, "approvals"), number(1_200, "members")) == ("1 approval", "1,200 members")
    assert some(["a", "b", "c"]) == "a, b, c"
    assert set(CONDITIONS) == set(Condition)
