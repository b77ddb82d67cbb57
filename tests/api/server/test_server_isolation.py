"""Over the wire: whose key it is decides what is seen and changed, and nobody's key is good for anybody else."""

import json
from collections.abc import Iterator
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import Served, serving, signed
from support.three_organizations import SETTINGS, STANDALONE, Neighbour, Neighbours, requests

from orgsim.api.server.credentials import AccessKey, Credentials
from orgsim.api.server.identity import account_of, unique_id

ROLE = "OrganizationAccountAccessRole"

ABOUT_OTHERS = {
    "CancelHandshake": "AccessDeniedException",
    "CloseAccount": "AccountNotFoundException",
    "DeletePolicy": "PolicyNotFoundException",
    "DescribeAccount": "AccountNotFoundException",
    "DescribeHandshake": "AccessDeniedException",
    "DescribeOrganizationalUnit": "OrganizationalUnitNotFoundException",
    "DescribePolicy": "PolicyNotFoundException",
    "ListAccountsForParent": "ParentNotFoundException",
    "ListTagsForResource": "TargetNotFoundException",
    "MoveAccount": "AccountNotFoundException",
    "RemoveAccountFromOrganization": "AccountNotFoundException",
    "TagResource": "TargetNotFoundException",
    "UpdateOrganizationalUnit": "OrganizationalUnitNotFoundException",
}
"""What a management account hears about what belongs to another organization."""


@pytest.fixture(scope="module")
def server() -> Iterator[Served]:
    """A server around a world that the tests below leave as it is."""
    with serving(settings=SETTINGS) as served:
        yield served


@pytest.fixture(scope="module")
def world(server: Served) -> Neighbours:
    """What is in that world."""
    neighbours = Neighbours(server.sim)
    server.portal.call(neighbours.build)
    return neighbours


def call(client: Any, operation: str, members: dict[str, Any]) -> Any:
    """An operation, by AWS's name."""
    methods = {name: method for method, name in client.meta.method_to_api_mapping.items()}
    return getattr(client, methods[operation])(**members)


def refusal(client: Any, operation: str, members: dict[str, Any]) -> tuple[str, str]:
    """The code of a refusal, and all that it says."""
    with pytest.raises(ClientError) as error:
        call(client, operation, members)
    return error.value.response["Error"]["Code"], json.dumps(error.value.response, default=str)


def assume(server: Served, account: str, key_id: str) -> dict[str, str]:
    """Temporary keys of an account's role."""
    arn = f"arn:aws:iam::{account}:role/{ROLE}"
    return server.boto3("sts", key_id).assume_role(RoleArn=arn, RoleSessionName="me")["Credentials"]


def organization_of(client: Any) -> str:
    """The id of the organization in which the caller is."""
    return client.describe_organization()["Organization"]["Id"]


def is_silent_about(neighbour: Neighbour, text: str) -> bool:
    """Nothing that belongs to an organization stands in a text."""
    return not any(trace in text.lower() for trace in neighbour.traces())


def test_two_clients_of_two_organizations(server: Served, world: Neighbours) -> None:
    """Each sees its own organization, whole; what belongs to the other is refused, without a word of it, and stays."""
    for own, other in ((world.alpha, world.bravo), (world.bravo, world.alpha)):
        client, before = server.organizations(own.management), world.state_of(other)
        accounts = client.list_accounts()["Accounts"]
        assert {account["Id"] for account in accounts} == {*own.accounts}
        assert is_silent_about(other, json.dumps(accounts, default=str))
        for operation, expected in ABOUT_OTHERS.items():
            code, text = refusal(client, operation, requests(other)[operation])
            assert (operation, code) == (operation, expected)
            assert is_silent_about(other, text)
        assert world.state_of(other) == before


def test_clients_without_rights(server: Served, world: Neighbours) -> None:
    """A member is denied its own organization's affairs and the other's alike; a standalone account has none."""
    for own in (world.alpha, world.bravo):
        for operation in ABOUT_OTHERS.keys() - {"CancelHandshake", "DescribeHandshake"}:
            for account, expected in (
                (world.alpha.plain, "AccessDeniedException"),
                (STANDALONE, "AWSOrganizationsNotInUseException"),
            ):
                code, text = refusal(server.organizations(account), operation, requests(own)[operation])
                assert (operation, code) == (operation, expected)
                assert is_silent_about(own, text)


def test_tokens_over_the_wire(server: Served, world: Neighbours) -> None:
    """The token of one organization's list is invalid in the other's."""
    token = server.organizations(world.bravo.management).list_accounts(MaxResults=1)["NextToken"]
    client = server.organizations(world.alpha.management)

    with pytest.raises(client.exceptions.InvalidInputException) as error:
        client.list_accounts(NextToken=token)

    assert error.value.response["Reason"] == "INVALID_NEXT_TOKEN"


def test_assumed_role_is_that_account_and_no_other(server: Served, world: Neighbours) -> None:
    """Keys of an assumed role have the rights of their account: neither those of who assumed it, nor another's."""
    alpha, bravo = world.alpha, world.bravo
    keys = assume(server, alpha.created[0], alpha.management)
    client = server.with_credentials("organizations", keys)

    assert account_of(keys["AccessKeyId"]) == alpha.created[0]
    assert organization_of(client) == alpha.organization
    # It is a delegated administrator: it reads its organization, writes nothing, and has no part in the other.
    assert client.list_accounts()["Accounts"]
    for each, operation, expected in (
        (alpha, "CloseAccount", "AccessDeniedException"),
        (bravo, "CloseAccount", "AccessDeniedException"),
        (bravo, "DescribeAccount", "AccountNotFoundException"),
    ):
        code, text = refusal(client, operation, requests(each)[operation])
        assert code == expected
        assert is_silent_about(bravo, text)


def test_keys_and_session_belong_together(server: Served, world: Neighbours) -> None:
    """A session token goes with its own key id only: with another's, it makes nobody that other account."""
    alpha, bravo = world.alpha, world.bravo
    mine, other = (assume(server, each.created[0], each.management) for each in (alpha, bravo))
    forged = unique_id("ASIA", bravo.management, b"forged")
    for key_id in (bravo.management, other["AccessKeyId"], forged, "AKIAIOSFODNN7EXAMPLE"):
        client = server.with_credentials("organizations", mine | {"AccessKeyId": key_id})
        code, text = refusal(client, "DescribeOrganization", {})
        assert code == "UnrecognizedClientException"
        assert is_silent_about(bravo, text)


@pytest.mark.parametrize("place", [0, 10, 42, 60, -2])
def test_changed_session_tokens(server: Served, world: Neighbours, place: int) -> None:
    """A session token with one character changed, wherever, is nobody's."""
    keys = assume(server, world.alpha.created[0], world.alpha.management)
    prefix, body = keys["SessionToken"].split(".", 1)
    changed = list(body)
    changed[place] = "A" if changed[place] != "A" else "B"
    client = server.with_credentials("organizations", keys | {"SessionToken": f"{prefix}.{''.join(changed)}"})

    assert refusal(client, "DescribeOrganization", {})[0] == "UnrecognizedClientException"


def test_caller_is_not_what_the_body_says(server: Served, world: Neighbours) -> None:
    """Who is calling is told by the key alone: members and headers that name another account make no difference."""
    alpha, bravo = world.alpha, world.bravo
    body = {"AccountId": bravo.management, "Caller": bravo.management, "account": bravo.management}
    headers = signed("DescribeOrganization", alpha.plain) | {"X-Amz-Account-Id": bravo.management}
    answer = server.request(headers=headers, body=json.dumps(body).encode())

    assert answer.json["Organization"]["Id"] == alpha.organization
    assert is_silent_about(bravo, answer.body.decode())


def test_verified_keys() -> None:
    """Where signatures are verified, a key for one account can neither be another nor assume a role of a stranger's."""
    alpha, bravo = Neighbour("ALPHAMARK", "1"), Neighbour("BRAVOMARK", "2")
    keys = [
        AccessKey(f"AKIAEXAMPLEKEY0000{each.digit}", f"secret {each.digit}", each.management) for each in (alpha, bravo)
    ]
    with serving(credentials=Credentials(keys)) as server:
        first, second = (server.boto3("organizations", key.access_key_id, key.secret_access_key) for key in keys)
        found = [client.create_organization()["Organization"]["Id"] for client in (first, second)]
        created = second.create_account(Email="made@mail.example", AccountName="Made")["CreateAccountStatus"]["Id"]
        second.list_accounts()
        status = second.describe_create_account_status(CreateAccountRequestId=created)["CreateAccountStatus"]

        assert [organization_of(client) for client in (first, second)] == found
        assert refusal(first, "DescribeAccount", {"AccountId": status["AccountId"]})[0] == "AccountNotFoundException"
        mixed = server.boto3("organizations", keys[1].access_key_id, keys[0].secret_access_key)
        assert refusal(mixed, "DescribeOrganization", {})[0] == "InvalidSignatureException"
        numbered = server.boto3("organizations", bravo.management, keys[0].secret_access_key)
        assert refusal(numbered, "DescribeOrganization", {})[0] == "UnrecognizedClientException"
        sts = [server.boto3("sts", key.access_key_id, key.secret_access_key) for key in keys]
        for account in (status["AccountId"], bravo.management):
            role = {"RoleArn": f"arn:aws:iam::{account}:role/{ROLE}", "RoleSessionName": "me"}
            assert refusal(sts[0], "AssumeRole", role)[0] == "AccessDenied"
        role = {"RoleArn": f"arn:aws:iam::{status['AccountId']}:role/{ROLE}", "RoleSessionName": "me"}
        assumed = server.with_credentials("organizations", sts[1].assume_role(**role)["Credentials"])
        assert organization_of(assumed) == found[1]
        assert refusal(assumed, "ListAccounts", {})[0] == "AccessDeniedException"
