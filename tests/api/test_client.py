from collections.abc import AsyncIterator, Awaitable, Callable
from contextlib import asynccontextmanager
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from botocore import xform_name

from orgsim.api import Client, Simulation, as_dict
from orgsim.engine.errors import (
    AccessDeniedException,
    AccountNotFoundException,
    AlreadyInOrganizationException,
    AWSOrganizationsNotInUseException,
    HandshakeNotFoundException,
    InvalidInputException,
    Refused,
    SerializationException,
)
from orgsim.engine.operations import OPERATIONS
from orgsim.engine.runtime.engine import EngineStopped
from orgsim.projections.reads import READS

FOUNDER, MEMBER, STRANGER = "111111111111", "222222222222", "444444444444"


def account(number: str) -> dict[str, str]:
    """The target of an invitation."""
    return {"Type": "ACCOUNT", "Id": number}


@asynccontextmanager
async def settled(feature_set: Any = "CONSOLIDATED_BILLING") -> AsyncIterator[tuple[Simulation, Client, Client]]:
    """A world, the management account of an organization, and its one member."""
    async with Simulation(seed=1) as sim:
        org, member = sim.client(FOUNDER), sim.client(MEMBER)
        await org.create_organization(feature_set=feature_set)
        invitation = (await org.invite_account_to_organization(target=account(MEMBER))).handshake
        await member.accept_handshake(handshake_id=invitation.id)
        yield sim, org, member


async def test_create_and_describe_organization() -> None:
    """Without a feature set an organization has all features; describing it gives what creating it gave."""
    async with Simulation() as sim:
        org = sim.client(FOUNDER)
        created = await org.create_organization()
        assert created.organization.feature_set == "ALL"
        assert await org.describe_organization() == created
        with pytest.raises(AlreadyInOrganizationException):
            await org.create_organization(feature_set="CONSOLIDATED_BILLING")


async def test_delete_organization() -> None:
    """An empty organization can be deleted; the answer is empty."""
    async with Simulation() as sim:
        org = sim.client(FOUNDER)
        await org.create_organization(feature_set="ALL")
        assert as_dict(await org.delete_organization()) == {}
        with pytest.raises(AWSOrganizationsNotInUseException):
            await org.describe_organization()


async def test_invite_and_accept() -> None:
    """An invitation with notes and tags is open for fifteen days, and accepting it makes a member."""
    async with Simulation() as sim:
        org, invited = sim.client(FOUNDER), sim.client(STRANGER)
        await org.create_organization()
        reply = await org.invite_account_to_organization(
            target=account(STRANGER), notes="Do come.", tags=[{"Key": "team", "Value": ""}]
        )
        handshake = reply.handshake
        assert (handshake.action, handshake.state) == ("INVITE", "OPEN")
        assert handshake.expiration_timestamp - handshake.requested_timestamp == timedelta(days=15)
        assert "Do come." in [resource.value for resource in handshake.resources]
        accepted = (await invited.accept_handshake(handshake_id=handshake.id)).handshake
        assert (accepted.id, accepted.state) == (handshake.id, "ACCEPTED")
        assert await invited.describe_organization() == await org.describe_organization()


@pytest.mark.parametrize(("verb", "who", "state"), [("decline", STRANGER, "DECLINED"), ("cancel", FOUNDER, "CANCELED")])
async def test_decline_and_cancel(verb: str, who: str, state: str) -> None:
    """The recipient declines, the sender cancels, and both see it."""
    async with settled() as (sim, org, _):
        handshake = (await org.invite_account_to_organization(target=account(STRANGER))).handshake
        method = getattr(sim.client(who), f"{verb}_handshake")
        ended = await method(handshake_id=handshake.id)
        assert ended.handshake.state == state
        for reader in (org, sim.client(STRANGER)):
            assert await reader.describe_handshake(handshake_id=handshake.id) == ended


async def test_enable_all_features() -> None:
    """The migration's parent waits for the member's approval, and accepting it brings all features."""
    async with settled() as (_, org, member):
        parent = (await org.enable_all_features()).handshake
        assert (parent.action, parent.state) == ("ENABLE_ALL_FEATURES", "REQUESTED")
        filtered = {"ActionType": "APPROVE_ALL_FEATURES"}
        (child,) = (await member.list_handshakes_for_account(filter=filtered)).handshakes
        by_parent = await org.list_handshakes_for_organization(filter={"ParentHandshakeId": parent.id})
        assert by_parent.handshakes == [child]
        await member.accept_handshake(handshake_id=child.id)
        assert (await org.accept_handshake(handshake_id=parent.id)).handshake.state == "ACCEPTED"
        assert (await member.describe_organization()).organization.feature_set == "ALL"


async def test_create_account() -> None:
    """A creation is in progress in its own answer, and done for whoever asks next."""
    async with settled() as (_, org, _member):
        started = await org.create_account(
            email="new@example.com",
            account_name="New",
            role_name="Admin",
            iam_user_access_to_billing="DENY",
            tags=[{"Key": "team", "Value": "red"}],
        )
        assert started.create_account_status.state == "IN_PROGRESS"
        request = started.create_account_status.id
        status = (await org.describe_create_account_status(create_account_request_id=request)).create_account_status
        assert status.state == "SUCCEEDED"
        assert status.account_id is not None
        for states in (None, ["SUCCEEDED"], ["FAILED", "SUCCEEDED"]):
            assert (await org.list_create_account_status(states=states)).create_account_statuses == [status]
        assert (await org.list_create_account_status(states=["FAILED"])).create_account_statuses == []
        created = (await org.describe_account(account_id=status.account_id)).account
        assert (created.email, created.name, created.joined_method) == ("new@example.com", "New", "CREATED")


async def test_leave_and_remove() -> None:
    """A member may go or be sent away; both answers are empty."""
    async with settled() as (_, org, member):
        assert as_dict(await member.leave_organization()) == {}
        with pytest.raises(AccountNotFoundException):
            await org.remove_account_from_organization(account_id=MEMBER)
        again = (await org.invite_account_to_organization(target=account(MEMBER))).handshake
        await member.accept_handshake(handshake_id=again.id)
        assert as_dict(await org.remove_account_from_organization(account_id=MEMBER)) == {}
        assert [found.id for found in (await org.list_accounts()).accounts] == [FOUNDER]


async def test_list_accounts_and_roots() -> None:
    """The lists of accounts and roots give what is there, with or without a size."""
    async with settled("ALL") as (_, org, _member):
        for size in (None, 2, 20):
            accounts = await org.list_accounts(max_results=size)
            assert [found.id for found in accounts.accounts] == [FOUNDER, MEMBER]
            assert accounts.next_token is None
            (root,) = (await org.list_roots(max_results=size)).roots
            assert (root.name, root.policy_types) == ("Root", [])


async def test_call_by_name() -> None:
    """An operation can be called by AWS's name; explicit nulls, and unknown members on the wire, are ignored."""
    async with settled() as (_, org, _member):
        reply, _ = await org.call_at("ListAccounts", {"MaxResults": None, "Colour": "red"})
        assert reply == await org.list_accounts()
        reply = await org.call("InviteAccountToOrganization", {"Target": account(STRANGER), "Notes": None})
        assert "NOTES" not in str(as_dict(reply))
        with pytest.raises(LookupError, match="MakeCoffee"):
            await org.call("MakeCoffee", {})


def test_every_operation_has_a_method() -> None:
    """The client has a method for each operation, named as in boto3."""
    names = {xform_name(name) for name in [*OPERATIONS, *READS]}
    assert names <= set(dir(Client))
    public = {name for name in dir(Client) if not name.startswith("_")}
    assert public - names == {"call", "call_at", "paginate"}


@pytest.mark.parametrize("operation", sorted([*OPERATIONS, *READS]))
async def test_keywords_in_boto3s_spelling(operation: str) -> None:
    """A keyword in AWS's spelling is refused with the parameter that is meant."""
    request = OPERATIONS[operation].Request if operation in OPERATIONS else READS[operation].request
    async with Simulation() as sim:
        method = getattr(sim.client(FOUNDER), xform_name(operation))
        for member in request.__struct_encode_fields__:
            with pytest.raises(
                TypeError, match=rf"{xform_name(operation)}\(\) .*{member!r}; write {xform_name(member)}$"
            ):
                await method(**{member: "x"})
        with pytest.raises(TypeError, match="no parameter 'colour'; there are: "):
            await method(colour="red")


async def test_missing_arguments() -> None:
    """A required parameter that is missing is named, and so it is in a call through a population's actor or a page."""
    async with Simulation() as sim:
        org = sim.client(FOUNDER)
        with pytest.raises(TypeError, match="handshake_id"):
            await org.describe_handshake()  # pyright: ignore[reportCallIssue]
        with pytest.raises(TypeError, match="write max_results"):
            _ = [page async for page in org.paginate(org.list_accounts, MaxResults=2)]


async def test_paginate() -> None:
    """All pages follow each other to the last, with the same parameters, for each of the lists."""
    async with settled() as (_, org, _member):
        for number in range(43):
            await org.invite_account_to_organization(target=account(f"5{number:011}"))
        for number in range(3):
            await org.create_account(email=f"{number}@example.com", account_name="New")
        sizes: list[int] = []
        listed: list[str] = []
        pages = org.paginate(org.list_handshakes_for_organization, filter={"ActionType": "INVITE"}, max_results=10)
        async for page in pages:
            sizes.append(len(page.handshakes))
            listed += [handshake.id for handshake in page.handshakes]
        assert sizes == [10, 10, 10, 10, 4]
        assert len(set(listed)) == 44
        accounts = [page.accounts async for page in org.paginate(org.list_accounts, max_results=2)]
        assert [len(page) for page in accounts] == [2, 2, 1]
        creations = org.paginate(org.list_create_account_status, states=["SUCCEEDED"], max_results=2)
        assert [len(page.create_account_statuses) async for page in creations] == [2, 1]
        assert [len(page.roots) async for page in org.paginate(org.list_roots)] == [1]
        invited = org.paginate(org.list_handshakes_for_account)
        assert [page.handshakes async for page in invited] == [[]]


async def test_paginate_refused() -> None:
    """A list that is refused is refused at its first page."""
    async with settled() as (_, _org, member):
        with pytest.raises(AccessDeniedException):
            await anext(member.paginate(member.list_accounts))


Call = Callable[[Client], Awaitable[Any]]

MALFORMED: dict[str, tuple[Call, str]] = {
    "handshake id": (lambda org: org.accept_handshake(handshake_id="h-1"), "INVALID_PATTERN:HANDSHAKE_ID"),
    "id to cancel": (lambda org: org.cancel_handshake(handshake_id=""), "INVALID_PATTERN:HANDSHAKE_ID"),
    "id to decline": (lambda org: org.decline_handshake(handshake_id="H-12345678"), "INVALID_PATTERN:HANDSHAKE_ID"),
    "id to describe": (lambda org: org.describe_handshake(handshake_id="12345678"), "INVALID_PATTERN:HANDSHAKE_ID"),
    "no handshake id": (lambda org: org.call("AcceptHandshake", {}), "INPUT_REQUIRED:HANDSHAKE_ID"),
    "null handshake id": (
        lambda org: org.call("DescribeHandshake", {"HandshakeId": None}),
        "INPUT_REQUIRED:HANDSHAKE_ID",
    ),
    "account id": (lambda org: org.describe_account(account_id="1"), "INVALID_PATTERN:ACCOUNT_ID"),
    "no account id": (lambda org: org.call("DescribeAccount", {}), "INPUT_REQUIRED:ACCOUNT_ID"),
    "account to remove": (
        lambda org: org.remove_account_from_organization(account_id="x" * 12),
        "INVALID_PATTERN:ACCOUNT_ID",
    ),
    "feature set": (lambda org: org.create_organization(feature_set="SOME"), "INVALID_ENUM:FEATURE_SET"),
    "size 0": (lambda org: org.list_accounts(max_results=0), "MIN_VALUE_EXCEEDED:MAX_RESULTS"),
    "size 21": (lambda org: org.list_roots(max_results=21), "MAX_VALUE_EXCEEDED:MAX_RESULTS"),
    "token": (lambda org: org.list_accounts(next_token="garbage"), "INVALID_NEXT_TOKEN"),
    "empty token": (lambda org: org.list_handshakes_for_account(next_token=""), "INVALID_NEXT_TOKEN"),
    "long token": (lambda org: org.list_accounts(next_token="x" * 100_001), "MAX_LENGTH_EXCEEDED:NEXT_TOKEN"),
    "action": (
        lambda org: org.list_handshakes_for_account(filter={"ActionType": "?"}),
        "INVALID_ENUM:FILTER_ACTION_TYPE",
    ),
    "two filters": (
        lambda org: org.list_handshakes_for_organization(
            filter={"ActionType": "INVITE", "ParentHandshakeId": "h-12345678"}
        ),
        "MAX_LIMIT_EXCEEDED_FILTER",
    ),
    "notes": (
        lambda org: org.invite_account_to_organization(target=account(STRANGER), notes="x" * 1025),
        "MAX_LENGTH_EXCEEDED:NOTES",
    ),
    "party type": (
        lambda org: org.invite_account_to_organization(target={"Type": "ORGANIZATION", "Id": "o-1234567890"}),
        "INVALID_PARTY_TYPE_TARGET",
    ),
    "party id": (lambda org: org.invite_account_to_organization(target=account("12")), "INVALID_PATTERN"),
    "no party id": (lambda org: org.invite_account_to_organization(target={"Type": "ACCOUNT"}), "INVALID_PATTERN"),
    "null party id": (
        lambda org: org.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": None}),
        "INVALID_PATTERN",
    ),
    "address": (
        lambda org: org.invite_account_to_organization(target={"Type": "EMAIL", "Id": "nobody"}),
        "INVALID_EMAIL_ADDRESS_TARGET",
    ),
    "no target": (lambda org: org.call("InviteAccountToOrganization", {}), "INPUT_REQUIRED:TARGET"),
    "tag twice": (
        lambda org: org.invite_account_to_organization(
            target=account(STRANGER), tags=[{"Key": "a", "Value": "1"}, {"Key": "a", "Value": "2"}]
        ),
        "DUPLICATE_TAG_KEY",
    ),
    "system tag": (
        lambda org: org.create_account(email="a@example.com", account_name="A", tags=[{"Key": "aws:x", "Value": ""}]),
        "INVALID_SYSTEM_TAGS_PARAMETER",
    ),
    "short address": (
        lambda org: org.create_account(email="a@b.c", account_name="A"),
        "MIN_LENGTH_EXCEEDED:EMAIL",
    ),
    "long address": (
        lambda org: org.create_account(email="a" * 60 + "@b.cd", account_name="A"),
        "MAX_LENGTH_EXCEEDED:EMAIL",
    ),
    "address to create": (
        lambda org: org.create_account(email="nobody here", account_name="A"),
        "INVALID_PATTERN:EMAIL",
    ),
    "no name": (
        lambda org: org.create_account(email="a@example.com", account_name=""),
        "MIN_LENGTH_EXCEEDED:ACCOUNT_NAME",
    ),
    "long name": (
        lambda org: org.create_account(email="a@example.com", account_name="x" * 51),
        "MAX_LENGTH_EXCEEDED:ACCOUNT_NAME",
    ),
    "name in umlauts": (
        lambda org: org.create_account(email="a@example.com", account_name="Bücher"),
        "INVALID_PATTERN:ACCOUNT_NAME",
    ),
    "role name": (
        lambda org: org.create_account(email="a@example.com", account_name="A", role_name="AWSServiceRoleForX"),
        "INVALID_ROLE_NAME",
    ),
    "access to billing": (
        lambda org: org.create_account(email="a@example.com", account_name="A", iam_user_access_to_billing="MAYBE"),
        "INVALID_ENUM:IAM_USER_ACCESS_TO_BILLING",
    ),
    "states": (lambda org: org.list_create_account_status(states=["DONE"]), "INVALID_ENUM:STATES_1_MEMBER"),
    "request id": (
        lambda org: org.describe_create_account_status(create_account_request_id="car-1"),
        "INVALID_PATTERN:CREATE_ACCOUNT_REQUEST_ID",
    ),
}


@pytest.mark.parametrize(("call", "reason"), MALFORMED.values(), ids=MALFORMED.keys())
async def test_malformed(call: Call, reason: str) -> None:
    """A value that breaks a constraint is refused with the reason that AWS sends, and nothing is recorded."""
    async with settled() as (sim, org, _):
        before = sim.engine.log.head
        with pytest.raises(InvalidInputException) as caught:
            await call(org)
        assert caught.value.reason == reason
        assert caught.value.message
        assert sim.engine.log.head == before


WRONG: dict[str, Call] = {
    "number for an id": lambda org: org.call("DescribeAccount", {"AccountId": 111111111111}),
    "text for a number": lambda org: org.call("ListAccounts", {"MaxResults": "5"}),
    "text for a structure": lambda org: org.call("ListHandshakesForAccount", {"Filter": "INVITE"}),
    "structure for a list": lambda org: org.call("ListCreateAccountStatus", {"States": {}}),
    "text for tags": lambda org: org.call("InviteAccountToOrganization", {"Target": account(STRANGER), "Tags": "a"}),
    "fraction": lambda org: org.call("ListRoots", {"MaxResults": 1.5}),
    "flag for a number": lambda org: org.call("ListRoots", {"MaxResults": True}),
}


@pytest.mark.parametrize("call", WRONG.values(), ids=WRONG.keys())
async def test_wrong_type(call: Call) -> None:
    """A member of the wrong type is refused as AWS's framework refuses it, not as the service does."""
    async with settled() as (_, org, _member):
        with pytest.raises(SerializationException) as caught:
            await call(org)
        assert caught.value.reason is None


async def test_checked_before_membership() -> None:
    """A malformed request is malformed for everybody, whoever may not call at all included."""
    async with settled() as (sim, _, member):
        for client in (member, sim.client(STRANGER)):
            with pytest.raises(InvalidInputException, match="MAX_RESULTS"):
                await client.list_accounts(max_results=0)
            with pytest.raises(InvalidInputException, match="ACCOUNT_ID"):
                await client.remove_account_from_organization(account_id="7")


async def test_refusal_tells_what_boto3_tells() -> None:
    """A refusal has AWS's code, message and reason; a refused question changes nothing."""
    async with settled() as (_, org, member):
        with pytest.raises(Refused) as caught:
            await org.describe_handshake(handshake_id="h-00000000")
        assert isinstance(caught.value, HandshakeNotFoundException)
        assert caught.value.code == "HandshakeNotFoundException"
        assert caught.value.message == "You specified a handshake that doesn't exist."
        with pytest.raises(Refused, match="You don't have permissions to access this resource"):
            await member.list_roots()


async def test_as_dict() -> None:
    """A reply is boto3's dictionary: AWS's names, timestamps as datetime, absent members left out."""
    async with settled() as (_, org, _member):
        reply = as_dict(await org.list_accounts(max_results=1))
        assert set(reply) == {"Accounts", "NextToken"}
        assert reply["Accounts"][0]["JoinedTimestamp"] == datetime(2026, 1, 1, tzinfo=UTC)
        assert set(as_dict(await org.list_accounts())) == {"Accounts"}


async def test_two_clients_of_one_account() -> None:
    """Clients are views of one world: what one does, every other one of the account sees."""
    async with settled() as (sim, org, _):
        await org.invite_account_to_organization(target=account(STRANGER))
        (received,) = (await sim.client(STRANGER).list_handshakes_for_account()).handshakes
        assert (await sim.client(FOUNDER).describe_handshake(handshake_id=received.id)).handshake == received


async def test_question_after_a_refusal() -> None:
    """Due timers have fired for the next read, even if a refused command came in between."""
    async with settled() as (_, org, member):
        started = await org.create_account(email="new@example.com", account_name="New")
        request = started.create_account_status.id
        with pytest.raises(AccessDeniedException):
            await member.enable_all_features()
        reply = await org.describe_create_account_status(create_account_request_id=request)
        assert reply.create_account_status.state == "SUCCEEDED"
        assert len((await org.list_accounts()).accounts) == 3


async def test_after_the_end() -> None:
    """A client of a simulation that was closed answers nothing any more."""
    async with settled() as (_, org, _member):
        pass
    for call in (org.list_accounts, org.enable_all_features):
        with pytest.raises(EngineStopped):
            await call()
