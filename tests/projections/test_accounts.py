import json
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from support.given import FOUNDER, MEMBER, OTHER, RIVAL, START, STRANGER
from support.projection_world import WatchedWorld

from orgsim.engine.errors import (
    AccessDeniedException,
    AccountNotFoundException,
    AWSOrganizationsNotInUseException,
    InvalidInputException,
)
from orgsim.engine.events import (
    AccountClosed,
    AccountClosureRequested,
    AccountDeparted,
    DelegatedAdministratorRegistered,
    ResourcePolicyPut,
)
from orgsim.engine.shapes.base import moment
from orgsim.engine.words import Condition, DepartureMethod


def settled() -> WatchedWorld:
    """An organization with a member, another with a member, and a stranger."""
    world = WatchedWorld()
    world.founded()
    world.joined(MEMBER)
    world.founded(RIVAL)
    world.joined(OTHER, RIVAL)
    return world


def listed(world: WatchedWorld, manager: str = FOUNDER, **members: Any) -> list[str]:
    return [account["Id"] for page in world.pages("ListAccounts", manager, "Accounts", **members) for account in page]


def test_describe_invited_account() -> None:
    """An invited member stands under the root, with the moment at which it joined."""
    world = settled()
    world.advance(days=1, seconds=5)
    world.joined(STRANGER)
    organization = world.organization_of(FOUNDER)
    assert world.ask("DescribeAccount", FOUNDER, AccountId=STRANGER) == {
        "Account": {
            "Id": STRANGER,
            "Arn": f"arn:aws:organizations::{FOUNDER}:account/{organization.id}/{STRANGER}",
            "Email": f"{STRANGER}@accounts.example",
            "Name": f"Account {STRANGER}",
            "Status": "ACTIVE",
            "State": "ACTIVE",
            "Paths": [f"{organization.id}/{organization.root}/{STRANGER}/"],
            "JoinedMethod": "INVITED",
            "JoinedTimestamp": datetime(2026, 1, 2, 0, 0, 5, tzinfo=UTC),
        }
    }


def test_describe_management_account() -> None:
    """A management account is a member of its organization, counts as invited, and joined when it was founded."""
    account = settled().ask("DescribeAccount", FOUNDER, AccountId=FOUNDER)["Account"]
    assert account["JoinedMethod"] == "INVITED"
    assert account["JoinedTimestamp"] == moment(START)
    assert account["Arn"].endswith(f"/{FOUNDER}")
    assert account["Arn"].split(":")[4] == FOUNDER


def test_describe_created_account() -> None:
    """A created member has the address and the name that it was created with."""
    world = settled()
    account = world.ask("DescribeAccount", FOUNDER, AccountId=world.created("New@Example.com"))["Account"]
    assert (account["Email"], account["Name"], account["JoinedMethod"]) == ("New@Example.com", "Made", "CREATED")


def test_stated_address_and_name() -> None:
    """Address and name are the last ones stated, each for itself, whether before or after joining."""
    world = settled()
    world.describe(account_id=STRANGER, email="before@example.com")
    world.joined(STRANGER)
    account = world.ask("DescribeAccount", FOUNDER, AccountId=STRANGER)["Account"]
    assert (account["Email"], account["Name"]) == ("before@example.com", f"Account {STRANGER}")
    created = world.created()
    world.describe(account_id=created, name="Renamed")
    account = world.ask("DescribeAccount", FOUNDER, AccountId=created)["Account"]
    assert (account["Email"], account["Name"]) == ("made@example.com", "Renamed")


@pytest.mark.parametrize("account", [OTHER, RIVAL, STRANGER, "000000000000"])
def test_describe_account_elsewhere(account: str) -> None:
    """An account that is no member here is not found, wherever it is."""
    settled().denies("DescribeAccount", FOUNDER, AccountNotFoundException, AccountId=account)


def test_sign_up_not_finished() -> None:
    """An account whose sign-up is not finished is PENDING_ACTIVATION, until it is."""
    world = settled()
    world.describe(account_id=MEMBER, conditions=["SIGN_UP_INCOMPLETE"])
    account = world.ask("DescribeAccount", FOUNDER, AccountId=MEMBER)["Account"]
    assert (account["State"], account["Status"]) == ("PENDING_ACTIVATION", "ACTIVE")
    world.describe(account_id=MEMBER)
    assert world.ask("DescribeAccount", FOUNDER, AccountId=MEMBER)["Account"]["State"] == "ACTIVE"


def test_describe_departed_account() -> None:
    """A member that left is not found any more, and found again after it has come back, as of then."""
    world = settled()
    world.call("LeaveOrganization", MEMBER)
    world.denies("DescribeAccount", FOUNDER, AccountNotFoundException, AccountId=MEMBER)
    world.advance(days=3)
    world.joined(MEMBER)
    account = world.ask("DescribeAccount", FOUNDER, AccountId=MEMBER)["Account"]
    assert account["JoinedTimestamp"] == moment(START) + timedelta(days=3)


@pytest.mark.parametrize("account", ["", "12345678901", "1234567890123", "12345678901a", "١" * 12, "111111111111\n"])
def test_malformed_account_id(account: str) -> None:
    """An account id that is not twelve digits is malformed, whoever asks."""
    world = settled()
    for caller in (FOUNDER, STRANGER):
        reason = "INVALID_PATTERN:ACCOUNT_ID"
        world.denies("DescribeAccount", caller, InvalidInputException, reason, AccountId=account)


@pytest.mark.parametrize(("operation", "members"), [("DescribeAccount", {"AccountId": MEMBER}), ("ListAccounts", {})])
def test_who_may_ask(operation: str, members: dict[str, Any]) -> None:
    """A member is denied, even about itself, and a standalone account is in no organization."""
    world = settled()
    world.denies(operation, MEMBER, AccessDeniedException, **members)
    world.denies(operation, STRANGER, AWSOrganizationsNotInUseException, **members)


@pytest.mark.parametrize(("operation", "members"), [("DescribeAccount", {"AccountId": FOUNDER}), ("ListAccounts", {})])
def test_delegated_administrator(operation: str, members: dict[str, Any]) -> None:
    """A member that administers any service hears what the management account hears, of its organization only."""
    world = settled()
    organization = world.organization_of(FOUNDER).id
    world.evolve(DelegatedAdministratorRegistered(organization, MEMBER, "config.amazonaws.com"))
    assert world.ask(operation, MEMBER, **members) == world.ask(operation, FOUNDER, **members)
    world.denies("DescribeAccount", MEMBER, AccountNotFoundException, AccountId=OTHER)


def test_granted() -> None:
    """A member may describe the account that the resource policy grants it to ask about, and no other; to list all of
    them takes a grant about everything."""
    world = settled()
    world.joined(STRANGER)
    organization = world.organization_of(FOUNDER).id
    statement = {
        "Effect": "Allow",
        "Principal": {"AWS": f"arn:aws:iam::{MEMBER}:root"},
        "Action": ["organizations:DescribeAccount", "organizations:ListAccounts"],
        "Resource": f"arn:aws:organizations::{FOUNDER}:account/{organization}/{STRANGER}",
    }
    content = json.dumps({"Version": "2012-10-17", "Statement": statement})
    world.evolve(ResourcePolicyPut(organization, "rp-00000000", content))
    assert world.ask("DescribeAccount", MEMBER, AccountId=STRANGER)["Account"]["Id"] == STRANGER
    for account in (MEMBER, FOUNDER, OTHER, "000000000000"):
        world.denies("DescribeAccount", MEMBER, AccessDeniedException, AccountId=account)
    world.denies("ListAccounts", MEMBER, AccessDeniedException)


def test_path() -> None:
    """An account's one path leads from the organization through root and OUs to the account."""
    world = settled()
    organization, root = world.organization_of(FOUNDER).id, world.organization_of(FOUNDER).root
    outer = world.call("CreateOrganizationalUnit", FOUNDER, ParentId=root, Name="Outer")[0].unit
    inner = world.call("CreateOrganizationalUnit", FOUNDER, ParentId=outer, Name="Inner")[0].unit
    parents = {"SourceParentId": root, "DestinationParentId": inner}
    world.call("MoveAccount", FOUNDER, AccountId=MEMBER, **parents)
    paths = {account["Id"]: account["Paths"] for account in world.ask("ListAccounts", FOUNDER)["Accounts"]}
    assert paths == {
        FOUNDER: [f"{organization}/{root}/{FOUNDER}/"],
        MEMBER: [f"{organization}/{root}/{outer}/{inner}/{MEMBER}/"],
    }


@pytest.mark.parametrize("suspended", [False, True])
def test_status_and_state(suspended: bool) -> None:
    """Status and state tell what became of an account; a closure shows even of a suspended one."""
    world = settled()
    organization = world.organization_of(FOUNDER).id
    if suspended:
        world.suffers(MEMBER, Condition.SUSPENDED)

    def shown() -> tuple[str, str]:
        account = world.ask("DescribeAccount", FOUNDER, AccountId=MEMBER)["Account"]
        assert world.ask("ListAccounts", FOUNDER)["Accounts"][1] == account
        return account["Status"], account["State"]

    assert shown() == (("SUSPENDED", "SUSPENDED") if suspended else ("ACTIVE", "ACTIVE"))
    world.evolve(AccountClosureRequested(organization, MEMBER, world.now))
    assert shown() == ("PENDING_CLOSURE", "PENDING_CLOSURE")
    world.evolve(AccountClosed(organization, MEMBER))
    assert shown() == ("SUSPENDED", "CLOSED")


def test_cleaned() -> None:
    """An account that was closed for good is found and listed no more; its address and name stay known."""
    world = settled()
    account, organization = world.created(), world.organization_of(FOUNDER).id
    world.evolve(AccountClosureRequested(organization, account, world.now), AccountClosed(organization, account))
    assert listed(world) == [FOUNDER, MEMBER, account]
    world.evolve(AccountDeparted(organization, account, DepartureMethod.CLEANED))
    world.denies("DescribeAccount", FOUNDER, AccountNotFoundException, AccountId=account)
    assert listed(world) == [FOUNDER, MEMBER]
    accounts = world.views.accounts
    assert (accounts.email_of(account), accounts.name_of(account)) == ("made@example.com", "Made")


def test_list_in_order_of_joining() -> None:
    """Members are listed in the order of joining, the management account first, each as DescribeAccount shows it."""
    world = settled()
    created = world.created()
    late = world.joined("000000000007")
    assert listed(world) == [FOUNDER, MEMBER, created, late]
    assert listed(world, RIVAL) == [RIVAL, OTHER]
    for account in world.ask("ListAccounts", FOUNDER)["Accounts"]:
        assert world.ask("DescribeAccount", FOUNDER, AccountId=account["Id"])["Account"] == account


def test_list_after_departures() -> None:
    """Who left is not listed, who came back is listed last, and who moved is listed where it is."""
    world = settled()
    world.joined(STRANGER)
    world.call("LeaveOrganization", MEMBER)
    assert listed(world) == [FOUNDER, STRANGER]
    world.joined(OTHER)
    world.joined(MEMBER)
    assert listed(world) == [FOUNDER, STRANGER, OTHER, MEMBER]
    assert listed(world, RIVAL) == [RIVAL]


def test_refounded() -> None:
    """A second organization of the same account begins with that account alone."""
    world = settled()
    world.call("LeaveOrganization", MEMBER)
    world.call("DeleteOrganization", FOUNDER)
    world.founded()
    assert listed(world) == [FOUNDER]


def test_pages() -> None:
    """Pages are as long as wanted, twenty at most and by default, and together they are the list."""
    world = settled()
    for number in range(43):
        world.joined(f"5{number:011}")
    sizes = {None: [20, 20, 5], 20: [20, 20, 5], 15: [15, 15, 15], 9: [9, 9, 9, 9, 9], 1: [1] * 45}
    whole = listed(world)
    assert len(whole) == 45
    for size, lengths in sizes.items():
        pages = world.pages("ListAccounts", FOUNDER, "Accounts", MaxResults=size)
        assert [len(page) for page in pages] == lengths
        assert [account["Id"] for page in pages for account in page] == whole


@pytest.mark.parametrize(
    ("size", "reason"), [(0, "MIN_VALUE_EXCEEDED:MAX_RESULTS"), (21, "MAX_VALUE_EXCEEDED:MAX_RESULTS")]
)
@pytest.mark.parametrize("operation", ["ListAccounts", "ListRoots", "ListHandshakesForAccount"])
def test_size_of_page(operation: str, size: int, reason: str) -> None:
    """A page has one to twenty rows."""
    settled().denies(operation, FOUNDER, InvalidInputException, reason, MaxResults=size)
