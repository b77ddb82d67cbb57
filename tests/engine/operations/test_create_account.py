from datetime import UTC, datetime

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, STRANGER, World
from support.tag_policies import team_policy

from orgsim.engine.errors import (
    AccessDeniedException,
    AWSOrganizationsNotInUseException,
    ConcurrentModificationException,
    ConstraintViolationException,
    FinalizingOrganizationException,
    InvalidInputException,
)
from orgsim.engine.events import AccountCreationRequested, AccountCreationSucceeded, AccountJoined, Tag
from orgsim.engine.operation import read_request
from orgsim.engine.operations.create_account import Request
from orgsim.engine.rules.latency import MEASURED
from orgsim.engine.rules.tags import TagMember
from orgsim.engine.settings import Quotas
from orgsim.engine.words import Condition

REQUIRED = {"Email": "made@example.com", "AccountName": "Made"}
TOO_MANY = [f"key{number}" for number in range(51)]

SHORTEST, LONGEST = MEASURED["creation"]


def request(email: str = "made@example.com", role: str | None = None, tags: list[str] | None = None) -> Request:
    return Request(email, "Made", role, tags=tuple(TagMember(key, "") for key in tags or []))


def organization(**settings) -> World:
    world = World(**settings)
    world.founded()
    return world


# Refusals, in the order of the operation's head.


def test_caller() -> None:
    """Only a management account may create accounts; any other caller is told of no other mistake."""
    world = organization()
    world.joined(MEMBER)
    bad = request(role="AWSServiceRoleForMe", tags=TOO_MANY)
    world.refuses(bad, STRANGER, AWSOrganizationsNotInUseException)
    world.refuses(bad, MEMBER, AccessDeniedException)


def test_order_of_refusals() -> None:
    """With everything wrong at once, each refusal hides those behind it."""
    quotas = Quotas(accounts=2, concurrent_account_creations=1)
    world = organization(quotas=quotas, latency="realistic")
    world.do(request(), FOUNDER)
    world.rules_change(organization_finalization_seconds=1)
    world.suffers(FOUNDER, *Condition)
    role, constraint = "AWSServiceRoleForMe", ConstraintViolationException
    for asked, refusal, reason in [
        (request(role=role, tags=["aws:a", "aws:a", *TOO_MANY]), InvalidInputException, "INVALID_ROLE_NAME"),
        (request(tags=["aws:a", "aws:a", *TOO_MANY]), InvalidInputException, "INVALID_SYSTEM_TAGS_PARAMETER"),
        (request(tags=["key1", *TOO_MANY]), InvalidInputException, "DUPLICATE_TAG_KEY"),
        (request(tags=TOO_MANY), constraint, "MAX_TAG_LIMIT_EXCEEDED"),
        (request(), FinalizingOrganizationException, None),
    ]:
        world.refuses(asked, FOUNDER, refusal, reason)
    world.advance(seconds=1)
    world.refuses(request(), FOUNDER, constraint, "MASTER_ACCOUNT_MISSING_CONTACT_INFO")
    world.suffers(FOUNDER, *set(Condition) - {Condition.CONTACT_INFO_MISSING})
    world.refuses(request(), FOUNDER, constraint, "MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE")
    world.suffers(FOUNDER, *set(Condition) - {Condition.CONTACT_INFO_MISSING, Condition.ADDRESS_OUTSIDE_MARKETPLACE})
    world.refuses(request(), FOUNDER, ConcurrentModificationException)
    world.refuses(request("other@example.com"), FOUNDER, constraint, "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED")
    world.rules_change(quotas=Quotas(accounts=2))
    world.refuses(request("other@example.com"), FOUNDER, constraint, "ACCOUNT_NUMBER_LIMIT_EXCEEDED")


def test_tag_policy() -> None:
    """Tags that the management account's tag policy forbids for accounts make no account."""
    world = organization(organization_finalization_seconds=3600)
    found = world.organization_of(FOUNDER).id
    world.evolve(*team_policy(found, FOUNDER, "organizations:account"))
    many, bad = request(tags=["team", *TOO_MANY[:50]]), request(tags=["team"])
    world.refuses(many, FOUNDER, ConstraintViolationException, "MAX_TAG_LIMIT_EXCEEDED")
    world.refuses(bad, FOUNDER, ConstraintViolationException, "TAG_POLICY_VIOLATION")
    world.refuses(request(tags=["other"]), FOUNDER, FinalizingOrganizationException)
    world.advance(hours=1)
    assert world.do(request(tags=["other"]), FOUNDER)


@pytest.mark.parametrize(
    ("condition", "reason"),
    [
        (Condition.CONTACT_INFO_MISSING, "MASTER_ACCOUNT_MISSING_CONTACT_INFO"),
        (Condition.ADDRESS_OUTSIDE_MARKETPLACE, "MASTER_ACCOUNT_ADDRESS_DOES_NOT_MATCH_MARKETPLACE"),
    ],
)
def test_conditions(condition: Condition, reason: str) -> None:
    """Each condition of the management account that stands in the way has its own refusal."""
    world = organization()
    world.suffers(FOUNDER, condition)
    world.refuses(request(), FOUNDER, ConstraintViolationException, reason)


@pytest.mark.parametrize(
    "condition", sorted(set(Condition) - {Condition.CONTACT_INFO_MISSING, Condition.ADDRESS_OUTSIDE_MARKETPLACE})
)
def test_conditions_that_do_not_matter(condition: Condition) -> None:
    """With any other condition the creation starts; some of them make it fail later."""
    world = organization()
    world.suffers(FOUNDER, condition)
    assert world.do(request(), FOUNDER)


@pytest.mark.parametrize("email", ["made@example.com", "MADE@Example.com"], ids=["same", "case"])
def test_same_address_in_progress(email: str) -> None:
    """A second request for an address is refused while the first is in progress, in any case of letters."""
    world = organization(latency="realistic")
    world.do(request(), FOUNDER)
    world.refuses(request(email), FOUNDER, ConcurrentModificationException)
    world.advance(seconds=48)
    assert world.do(request(email), FOUNDER)


def test_five_at_a_time() -> None:
    """Five creations may be in progress at one time; each that finishes makes room for another."""
    world = organization(latency="realistic")
    for number in range(5):
        world.do(request(f"number{number}@example.com"), FOUNDER)
    reason = "ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED"
    world.refuses(request(), FOUNDER, ConstraintViolationException, reason)
    while len(world.state.creations) == 5:
        world.advance(seconds=1)
    assert world.do(request(), FOUNDER)


def test_another_organization_s_creations() -> None:
    """Creations of another organization do not count."""
    world = organization(latency="realistic", quotas=Quotas(concurrent_account_creations=1))
    world.founded(RIVAL)
    world.do(request(), RIVAL)
    assert world.do(request(), FOUNDER)


def test_account_quota() -> None:
    """Members, open invitations and creations in progress count against the account quota."""
    world = organization(quotas=Quotas(accounts=4), latency="realistic")
    world.joined(MEMBER)
    world.invited(OTHER)
    world.do(request(), FOUNDER)
    reason = "ACCOUNT_NUMBER_LIMIT_EXCEEDED"
    world.refuses(request("other@example.com"), FOUNDER, ConstraintViolationException, reason)
    world.advance(days=15)
    assert world.do(request("other@example.com"), FOUNDER)


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({"AccountName": "Made"}, "INPUT_REQUIRED:EMAIL"),
        ({"Email": "made@example.com"}, "INPUT_REQUIRED:ACCOUNT_NAME"),
        (REQUIRED | {"Email": "a@b.c"}, "MIN_LENGTH_EXCEEDED:EMAIL"),
        (REQUIRED | {"Email": "a" * 59 + "@b.com"}, "MAX_LENGTH_EXCEEDED:EMAIL"),
        (REQUIRED | {"Email": "made@example"}, "INVALID_PATTERN:EMAIL"),
        (REQUIRED | {"Email": "made@example.com\n"}, "INVALID_PATTERN:EMAIL"),
        (REQUIRED | {"AccountName": ""}, "MIN_LENGTH_EXCEEDED:ACCOUNT_NAME"),
        (REQUIRED | {"AccountName": "n" * 51}, "MAX_LENGTH_EXCEEDED:ACCOUNT_NAME"),
        (REQUIRED | {"AccountName": "Größe"}, "INVALID_PATTERN:ACCOUNT_NAME"),
        (REQUIRED | {"RoleName": "r" * 65}, "MAX_LENGTH_EXCEEDED:ROLE_NAME"),
        (REQUIRED | {"RoleName": "a role"}, "INVALID_PATTERN:ROLE_NAME"),
        (REQUIRED | {"IamUserAccessToBilling": "MAYBE"}, "INVALID_ENUM:IAM_USER_ACCESS_TO_BILLING"),
        (REQUIRED | {"Tags": [{"Key": ""}]}, "MIN_LENGTH_EXCEEDED:TAGS_1_MEMBER_KEY"),
    ],
)
def test_constraints(members: dict, reason: str) -> None:
    """The members keep to AWS's constraints."""
    with pytest.raises(InvalidInputException) as caught:
        read_request(Request, members)
    assert caught.value.reason == reason


# What happens.


def test_event() -> None:
    """Everything that was asked for is recorded."""
    world = organization()
    asked = Request("Made@example.com", "Made", "Boss", "DENY", (TagMember("team", "a"), TagMember("cost", "")))
    assert world.do(asked, FOUNDER) == [
        AccountCreationRequested(
            world.organization_of(FOUNDER).id,
            world.ids.create_account_request(4),
            "Made@example.com",
            "Made",
            world.now,
            "Boss",
            "DENY",
            (Tag("team", "a"), Tag("cost", "")),
        )
    ]


def test_in_progress() -> None:
    """Until it finishes, the creation is in progress: its address is taken, and nobody has joined."""
    world = organization(latency="realistic")
    event = world.do(request("Made@example.com"), FOUNDER)[0]
    found = world.organization_of(FOUNDER)
    assert found.creations == {"made@example.com": event.request}
    assert list(found.members) == [FOUNDER]
    assert world.state.timers.next_due == event.finishes_at


def test_reply() -> None:
    """The immediate answer names request, account name, state and time, and nothing more."""
    world = organization()
    assert world.reply(request(), FOUNDER) == {
        "CreateAccountStatus": {
            "Id": world.ids.create_account_request(4),
            "AccountName": "Made",
            "State": "IN_PROGRESS",
            "RequestedTimestamp": datetime(2026, 1, 1, tzinfo=UTC),
        }
    }


def test_instant() -> None:
    """With instant latency the account exists before the next request is handled, without the clock moving."""
    world = organization()
    world.do(request(), FOUNDER)
    assert len(world.organization_of(FOUNDER).members) == 1
    world.invited(OTHER)
    types = [type(envelope.event) for envelope in world.log[4:6]]
    assert types == [AccountCreationSucceeded, AccountJoined]
    assert world.log[4].time == world.now
    assert len(world.organization_of(FOUNDER).members) == 2


def test_realistic_latency() -> None:
    """Realistic latencies are spread from two to forty-eight seconds, the same in every world of the same seed."""
    spreads = []
    for _ in range(2):
        world = organization(latency="realistic", quotas=Quotas(concurrent_account_creations=200))
        requests = [request(f"number{number}@example.com") for number in range(200)]
        spreads.append([world.do(each, FOUNDER)[0].finishes_at - world.now for each in requests])
    latencies = spreads[0]
    assert latencies == spreads[1]
    assert all(SHORTEST <= latency < LONGEST for latency in latencies)
    assert min(latencies) < 2 * SHORTEST
    assert max(latencies) > LONGEST - SHORTEST


def test_during_a_migration() -> None:
    """Accounts can be created during a migration, and nobody waits for their consent."""
    world = organization()
    parent, _ = world.migrating()
    account = world.created()
    assert account in world.organization_of(FOUNDER).members
    assert world.organization_of(FOUNDER).migration.outstanding == {}
    assert world.state_of(parent) == "OPEN"
