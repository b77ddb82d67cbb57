from datetime import UTC, datetime

import msgspec
import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World, invite
from support.tag_policies import team_policy

from orgsim.engine.errors import (
    AccessDeniedException,
    AccountOwnerNotVerifiedException,
    AWSOrganizationsNotInUseException,
    ConstraintViolationException,
    DuplicateHandshakeException,
    FinalizingOrganizationException,
    HandshakeConstraintViolationException,
    InvalidInputException,
)
from orgsim.engine.events import HandshakeRequested, Tag
from orgsim.engine.operation import read_request
from orgsim.engine.operations import accept_handshake, cancel_handshake, create_account, invite_account_to_organization
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.settings import DAY, Quotas
from orgsim.engine.state.handshake import HandshakeState
from orgsim.engine.words import Action, Condition, FeatureSet, PartyType

ADDRESS = f"{MEMBER}@accounts.example"
TOO_MANY = [(f"key{number}", "") for number in range(51)]


def request(party: str, target: str, tags: list[tuple[str, str]] | None = None) -> msgspec.Struct:
    return invite_account_to_organization.Request(
        invite_account_to_organization.Target(party, target), None, tuple(TagMember(*tag) for tag in tags or [])
    )


def organization(**settings) -> World:
    world = World(**settings)
    world.founded()
    return world


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only a management account may invite, and who is not hears of nothing else that is wrong."""
    world = organization()
    world.joined(MEMBER)
    world.refuses(request("NOBODY", "x", TOO_MANY), STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(request("NOBODY", "x", TOO_MANY), MEMBER, AccessDeniedException)


def test_order_of_malformed_input() -> None:
    """The target is checked before the tags, and the tags before anything that depends on the organization."""
    world = organization(organization_finalization_seconds=3600)
    system = [("aws:a", ""), ("aws:a", ""), *TOO_MANY]
    double = [("key1", ""), *TOO_MANY]
    for asked, refusal, reason in [
        (request("ORGANIZATION", "x", system), InvalidInputException, "INVALID_PARTY_TYPE_TARGET"),
        (request("ACCOUNT", "x", system), InvalidInputException, "INVALID_PATTERN"),
        (request("EMAIL", "x", system), InvalidInputException, "INVALID_EMAIL_ADDRESS_TARGET"),
        (request("ACCOUNT", MEMBER, system), InvalidInputException, "INVALID_SYSTEM_TAGS_PARAMETER"),
        (request("ACCOUNT", MEMBER, double), InvalidInputException, "DUPLICATE_TAG_KEY"),
        (request("ACCOUNT", MEMBER, TOO_MANY), ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED"),
        (request("ACCOUNT", MEMBER), FinalizingOrganizationException, None),
    ]:
        world.refuses(asked, FOUNDER, refusal, reason)


@pytest.mark.parametrize("target", [MEMBER, ADDRESS])
def test_tag_policy(target: str) -> None:
    """Tags that the management account's tag policy forbids for accounts refuse the invitation, before quotas do."""
    world = organization(organization_finalization_seconds=3600)
    found = world.organization_of(FOUNDER).id
    world.evolve(*team_policy(found, FOUNDER, "organizations:account"))
    many, bad, good = [[("Team", value), *TOO_MANY[:count]] for value, count in (("x", 50), ("x", 49), ("red", 49))]
    world.refuses(invite(target, tags=many), FOUNDER, ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED")
    world.refuses(invite(target, tags=bad), FOUNDER, ConstraintViolationException, "TAG_POLICY_VIOLATION")
    world.refuses(invite(target, tags=good), FOUNDER, FinalizingOrganizationException)
    world.advance(hours=1)
    assert world.do(invite(target, tags=good), FOUNDER)


def test_order_of_the_organization_s_obstacles() -> None:
    """A new organization, an unverified address, a pending migration and a target that is a member hide each other."""
    world = organization(organization_finalization_seconds=3600)
    world.advance(hours=1)
    world.joined(MEMBER)
    parent, _ = world.migrating()
    world.rules_change(organization_finalization_seconds=7200, invitations_during_migration=False)
    world.suffers(FOUNDER, Condition.EMAIL_UNVERIFIED)
    world.refuses(invite(MEMBER), FOUNDER, FinalizingOrganizationException)
    world.advance(hours=1)
    world.refuses(invite(MEMBER), FOUNDER, AccountOwnerNotVerifiedException)
    world.suffers(FOUNDER)
    disabled = "INVITE_DISABLED_DURING_ENABLE_ALL_FEATURES"
    world.refuses(invite(MEMBER), FOUNDER, HandshakeConstraintViolationException, disabled)
    world.do(cancel_handshake.Request(parent), FOUNDER)
    world.refuses(invite(MEMBER), FOUNDER, HandshakeConstraintViolationException, "ALREADY_IN_AN_ORGANIZATION")


def test_order_of_the_target_s_obstacles() -> None:
    """Membership, an open invitation, another seller and the two quotas hide each other."""
    world = organization(quotas=Quotas(accounts=2, invitations_per_day=2))
    world.invitation_in(HandshakeState.CANCELED)
    by_id = world.invited(MEMBER)
    world.suffers(MEMBER, Condition.OTHER_SELLER_OF_RECORD)
    world.refuses(invite(MEMBER), FOUNDER, DuplicateHandshakeException)
    world.do(cancel_handshake.Request(by_id), FOUNDER)
    refusal = HandshakeConstraintViolationException
    world.refuses(invite(MEMBER), FOUNDER, refusal, "ORGANIZATION_FROM_DIFFERENT_SELLER_OF_RECORD")
    world.suffers(MEMBER)
    world.refuses(invite(MEMBER), FOUNDER, refusal, "HANDSHAKE_RATE_LIMIT_EXCEEDED")
    world.advance(days=1)
    world.invited(ADDRESS)
    world.refuses(invite(MEMBER), FOUNDER, refusal, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")


def test_member_with_an_open_invitation() -> None:
    """Membership is reported before an invitation of the same account that is still open."""
    world = organization()
    world.invited(MEMBER)
    world.do(accept_handshake.Request(world.invited(ADDRESS)), MEMBER)
    world.refuses(invite(MEMBER), FOUNDER, HandshakeConstraintViolationException, "ALREADY_IN_AN_ORGANIZATION")


@pytest.mark.parametrize("target", ["", "12345", "2" * 65, MEMBER + "\n", "22222222222a", "２２２２２２２２２２２２"])
def test_malformed_account(target: str) -> None:
    """An account id is twelve digits and nothing else."""
    organization().refuses(request("ACCOUNT", target), FOUNDER, InvalidInputException, "INVALID_PATTERN")


@pytest.mark.parametrize(
    "target", ["", MEMBER, "a@b", "a b@c.de", "a@@c.de", "a@c.de\n", "@c.de", "a@c.", "a@b.c", f"{'a' * 60}@c.de"]
)
def test_malformed_address(target: str) -> None:
    """An address has one @, a dot behind it, no white space, something everywhere, and 6 to 64 characters."""
    organization().refuses(request("EMAIL", target), FOUNDER, InvalidInputException, "INVALID_EMAIL_ADDRESS_TARGET")


@pytest.mark.parametrize("party", ["", "ORGANIZATION", "account", "ROLE"])
def test_party_type(party: str) -> None:
    """Only accounts and addresses can be invited."""
    organization().refuses(request(party, MEMBER), FOUNDER, InvalidInputException, "INVALID_PARTY_TYPE_TARGET")


@pytest.mark.parametrize("key", ["aws:a", "AWS:a", "Aws:"])
def test_system_tag(key: str) -> None:
    """A tag key that begins like a system tag's fails the whole request, in any case of letters."""
    reason = "INVALID_SYSTEM_TAGS_PARAMETER"
    organization().refuses(invite(MEMBER, tags=[("a", ""), (key, "")]), FOUNDER, InvalidInputException, reason)


def test_most_tags() -> None:
    """Fifty tags are allowed, with keys that differ in nothing but case, and empty values."""
    tags = [*TOO_MANY[:49], ("KEY1", "")]
    event = organization().do(invite(MEMBER, tags=tags), FOUNDER)[0]
    assert event.tags == tuple(Tag(*tag) for tag in tags)


@pytest.mark.parametrize(
    ("tag", "reason"),
    [
        ({"Value": ""}, "INPUT_REQUIRED:TAGS_2_MEMBER_KEY"),
        ({"Key": "a"}, "INPUT_REQUIRED:TAGS_2_MEMBER_VALUE"),
        ({"Key": "", "Value": ""}, "MIN_LENGTH_EXCEEDED:TAGS_2_MEMBER_KEY"),
        ({"Key": "k" * 129, "Value": ""}, "MAX_LENGTH_EXCEEDED:TAGS_2_MEMBER_KEY"),
        ({"Key": "k", "Value": "v" * 257}, "MAX_LENGTH_EXCEEDED:TAGS_2_MEMBER_VALUE"),
        ({"Key": "a&b", "Value": ""}, "INVALID_PATTERN:TAGS_2_MEMBER_KEY"),
        ({"Key": "a", "Value": "a*"}, "INVALID_PATTERN:TAGS_2_MEMBER_VALUE"),
        ({"Key": "a\tb", "Value": ""}, "INVALID_PATTERN:TAGS_2_MEMBER_KEY"),
        ({"Key": "a", "Value": "a\n"}, "INVALID_PATTERN:TAGS_2_MEMBER_VALUE"),
    ],
)
def test_tag_constraints(tag: dict, reason: str) -> None:
    """Keys and values keep to AWS's lengths and characters, of which control characters are none."""
    members = {"Target": {"Type": "ACCOUNT", "Id": MEMBER}, "Tags": [{"Key": "k", "Value": "v"}, tag]}
    with pytest.raises(InvalidInputException) as caught:
        read_request(invite_account_to_organization.Request, members)
    assert caught.value.reason == reason


def test_longest_tag() -> None:
    """The longest key and value, in any script and with AWS's punctuation, are fine."""
    tag = {"Key": "Größe_.:/=+-@ 九" + "k" * 112, "Value": "v" * 256}
    members = {"Target": {"Type": "ACCOUNT", "Id": MEMBER}, "Tags": [tag]}
    asked = read_request(invite_account_to_organization.Request, members)
    assert organization().do(asked, FOUNDER)[0].tags == (Tag(tag["Key"], tag["Value"]),)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:TARGET"),
        ({"Target": {"Type": "ACCOUNT", "Id": MEMBER}, "Notes": "n" * 1025}, "MAX_LENGTH_EXCEEDED:NOTES"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The other members keep to AWS's constraints too."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(invite_account_to_organization.Request, members)
    assert caught.value.reason == reason


def test_missing_id() -> None:
    """A target without an id counts as malformed, not as missing."""
    asked = read_request(invite_account_to_organization.Request, {"Target": {"Type": "ACCOUNT"}})
    organization().refuses(asked, FOUNDER, InvalidInputException, "INVALID_PATTERN")


# What happens.


@pytest.mark.parametrize("feature_set", FeatureSet)
@pytest.mark.parametrize(("target", "party"), [(MEMBER, PartyType.ACCOUNT), ("who@example.com", PartyType.EMAIL)])
def test_event(target: str, party: PartyType, feature_set: FeatureSet) -> None:
    """An invitation advertises the organization's feature set and runs for fifteen days."""
    world = World()
    sender = world.founded(feature_set=feature_set)
    handshake = world.ids.handshake(world.state.position + 1)
    assert world.do(invite(target, "Welcome", [("team", "a")]), FOUNDER) == [
        HandshakeRequested(
            sender,
            handshake,
            Action.INVITE,
            world.now + 15 * DAY,
            target,
            party,
            feature_set=feature_set,
            notes="Welcome",
            tags=(Tag("team", "a"),),
        )
    ]
    assert world.state_of(handshake) is HandshakeState.OPEN
    assert world.organization_of(FOUNDER).invitations == {target: handshake}
    assert world.state.timers.next_due == world.now + 15 * DAY


@pytest.mark.parametrize(("fidelity", "prefix"), [("reference", "o-"), ("observed", "")])
@pytest.mark.parametrize(("target", "party"), [(MEMBER, "ACCOUNT"), ("who@example.com", "EMAIL")])
def test_reply(target: str, party: str, fidelity: str, prefix: str) -> None:
    """The answer is the handshake as AWS shows it; the party's id with or without o- as the settings say."""
    world = organization(fidelity=fidelity)
    sender, handshake = world.organization_of(FOUNDER).id, world.ids.handshake(4)
    assert world.reply(invite(target, "Welcome"), FOUNDER) == {
        "Handshake": {
            "Id": handshake,
            "Arn": f"arn:aws:organizations::{FOUNDER}:handshake/{sender}/invite/{handshake}",
            "Parties": [
                {"Id": prefix + sender.removeprefix("o-"), "Type": "ORGANIZATION"},
                {"Id": target, "Type": party},
            ],
            "State": "OPEN",
            "RequestedTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
            "ExpirationTimestamp": datetime(2026, 1, 16, tzinfo=UTC),
            "Action": "INVITE",
            "Resources": [
                {
                    "Type": "ORGANIZATION",
                    "Value": sender,
                    "Resources": [
                        {"Type": "MASTER_EMAIL", "Value": f"{FOUNDER}@accounts.example"},
                        {"Type": "MASTER_NAME", "Value": f"Account {FOUNDER}"},
                        {"Type": "ORGANIZATION_FEATURE_SET", "Value": "CONSOLIDATED_BILLING"},
                    ],
                },
                {"Type": party, "Value": target},
                {"Type": "NOTES", "Value": "Welcome"},
            ],
        }
    }


def test_reply_without_notes() -> None:
    """No notes, no resource for them."""
    resources = organization().reply(invite(MEMBER), FOUNDER)["Handshake"]["Resources"]
    assert [resource["Type"] for resource in resources] == ["ORGANIZATION", "ACCOUNT"]


def test_during_a_migration() -> None:
    """An invitation sent during a migration advertises all features."""
    world = organization()
    world.joined(MEMBER)
    world.migrating()
    assert world.do(invite(OTHER), FOUNDER)[0].feature_set is FeatureSet.ALL


def test_during_a_migration_of_another_organization() -> None:
    """Where the switch forbids invitations during a migration, other organizations still send theirs."""
    world = organization(invitations_during_migration=False)
    world.founded(RIVAL)
    world.migrating(RIVAL)
    assert world.do(invite(OTHER), FOUNDER)[0].feature_set is FeatureSet.CONSOLIDATED_BILLING


@pytest.mark.parametrize(
    "ended", [HandshakeState.DECLINED, HandshakeState.CANCELED, HandshakeState.EXPIRED], ids=lambda state: state.value
)
def test_again_after_the_end(ended: HandshakeState) -> None:
    """Once an invitation has ended, the same account can be invited anew."""
    world = organization()
    first = world.invitation_in(ended)
    second = world.invited(MEMBER)
    assert first != second
    assert (world.state_of(first), world.state_of(second)) == (ended, HandshakeState.OPEN)


@pytest.mark.parametrize("target", [MEMBER, ADDRESS], ids=["account", "address"])
def test_duplicate(target: str) -> None:
    """A second invitation to the same target is refused while the first is open."""
    world = organization()
    world.invited(target)
    world.refuses(invite(target), FOUNDER, DuplicateHandshakeException)
    world.advance(days=15)
    assert world.invited(target)


def test_same_account_by_id_and_by_address() -> None:
    """An account id and its owner's address are two targets, and so are the same account's two organizations."""
    world = organization()
    world.founded(RIVAL)
    assert len({world.invited(MEMBER), world.invited(ADDRESS), world.invited(MEMBER, RIVAL)}) == 3


@pytest.mark.parametrize("target", [FOUNDER, MEMBER], ids=["management", "member"])
def test_member_by_address(target: str) -> None:
    """That an address belongs to a member is not revealed: the invitation succeeds."""
    world = organization()
    world.joined(MEMBER)
    world.refuses(invite(target), FOUNDER, HandshakeConstraintViolationException, "ALREADY_IN_AN_ORGANIZATION")
    assert world.invited(f"{target}@accounts.example")


@pytest.mark.parametrize("target", [RIVAL, MEMBER], ids=["management", "member"])
def test_account_of_another_organization(target: str) -> None:
    """Accounts of other organizations can be invited, their management accounts not excepted."""
    world = organization()
    world.founded(RIVAL)
    world.joined(MEMBER, RIVAL)
    assert world.state_of(world.invited(target)) is HandshakeState.OPEN


def test_other_seller_by_address() -> None:
    """Conditions of the owner of an invited address are checked only when it accepts."""
    world = organization()
    world.suffers(MEMBER, Condition.OTHER_SELLER_OF_RECORD)
    assert world.invited(ADDRESS)


def test_finalization_boundary() -> None:
    """An invitation succeeds from the exact moment at which the finalization ends."""
    world = organization(organization_finalization_seconds=3600)
    world.advance(hours=1, microseconds=-1)
    world.refuses(invite(MEMBER), FOUNDER, FinalizingOrganizationException)
    world.advance(microseconds=1)
    assert world.invited(MEMBER)


# Quotas.


def targets(count: int) -> list[str]:
    return [f"{number:012}" for number in range(count)]


def test_account_quota() -> None:
    """Members, open invitations and creations in progress count; what ends frees its place."""
    world = organization(quotas=Quotas(accounts=4), latency="realistic")
    world.joined(MEMBER)
    invitation = world.invited(OTHER)
    world.do(create_account.Request("made@example.com", "Made"), FOUNDER)
    refusal, reason = HandshakeConstraintViolationException, "ACCOUNT_NUMBER_LIMIT_EXCEEDED"
    world.refuses(invite(STRANGER), FOUNDER, refusal, reason)
    world.advance(minutes=1)
    world.refuses(invite(STRANGER), FOUNDER, refusal, reason)
    world.do(cancel_handshake.Request(invitation), FOUNDER)
    assert world.invited(STRANGER)


@pytest.mark.parametrize(
    ("accounts", "allowed"), [(2, 20), (21, 21)], ids=["at least twenty", "as many as the account quota"]
)
def test_default_daily_quota(accounts: int, allowed: int) -> None:
    """Unless set, the daily quota is the account quota, and at least twenty; canceled attempts count."""
    world = organization(quotas=Quotas(accounts=accounts))
    for target in targets(allowed):
        world.do(cancel_handshake.Request(world.invited(target)), FOUNDER)
    reason = "HANDSHAKE_RATE_LIMIT_EXCEEDED"
    world.refuses(invite(MEMBER), FOUNDER, HandshakeConstraintViolationException, reason)


def test_daily_quota_rolls() -> None:
    """An attempt counts for exactly twenty-four hours from when it was made."""
    world = organization(quotas=Quotas(invitations_per_day=2))
    world.invited(MEMBER)
    world.advance(hours=1)
    world.invited(OTHER)
    refusal, reason = HandshakeConstraintViolationException, "HANDSHAKE_RATE_LIMIT_EXCEEDED"
    world.advance(hours=23, microseconds=-1)
    world.refuses(invite(STRANGER), FOUNDER, refusal, reason)
    world.advance(microseconds=1)
    world.invited(STRANGER)
    world.refuses(invite(RIVAL), FOUNDER, refusal, reason)
    world.advance(hours=1)
    assert world.invited(RIVAL)


def test_accepted_invitations_are_free() -> None:
    """An accepted invitation does not count against the daily quota; one that ended otherwise does."""
    world = organization(quotas=Quotas(invitations_per_day=2))
    for target in targets(4):
        world.joined(target)
    for ended in (HandshakeState.DECLINED, HandshakeState.CANCELED):
        world.invitation_in(ended)
    reason = "HANDSHAKE_RATE_LIMIT_EXCEEDED"
    world.refuses(invite(OTHER), FOUNDER, HandshakeConstraintViolationException, reason)


def test_accepted_after_the_window() -> None:
    """An invitation accepted when it no longer counted does not free a place that another one takes."""
    world = organization(quotas=Quotas(invitations_per_day=1))
    old = world.invited(MEMBER)
    world.advance(days=1)
    world.invited(OTHER)
    world.do(accept_handshake.Request(old), MEMBER)
    reason = "HANDSHAKE_RATE_LIMIT_EXCEEDED"
    world.refuses(invite(STRANGER), FOUNDER, HandshakeConstraintViolationException, reason)


def test_no_invitations_at_all() -> None:
    """A daily quota of zero forbids every invitation."""
    world = organization(quotas=Quotas(invitations_per_day=0))
    reason = "HANDSHAKE_RATE_LIMIT_EXCEEDED"
    world.refuses(invite(MEMBER), FOUNDER, HandshakeConstraintViolationException, reason)
