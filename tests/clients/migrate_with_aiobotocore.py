"""The migration to all features with aiobotocore, as a script: it takes the server's URL, the founder and the members,
and prints what came out. See ``test_clients.py``.

It runs in the environment of the clients, and uses nothing of orgsim.
"""

import asyncio
import json
import sys
from contextlib import AsyncExitStack
from typing import Any

from aiobotocore.session import get_session  # pyright: ignore[reportMissingImports]
from botocore.exceptions import ClientError


class Accounts:
    """Clients of accounts, closed together."""

    def __init__(self, url: str, stack: AsyncExitStack) -> None:
        self.url = url
        self.stack = stack
        self.session = get_session()

    async def client(self, service: str, account: str = "", **credentials: str) -> Any:
        """A client of an account, or with the credentials of a role."""
        credentials = credentials or {"aws_access_key_id": account, "aws_secret_access_key": "any"}
        made = self.session.create_client(service, endpoint_url=self.url, **credentials)
        return await self.stack.enter_async_context(made)


async def migrate(accounts: Accounts, founder: str, members: list[str]) -> dict[str, Any]:
    """Invite, accept, create, enable, approve, finalize; then act as the created member."""
    organization = await accounts.client("organizations", founder)
    clients = [await accounts.client("organizations", member) for member in members]
    await organization.create_organization(FeatureSet="CONSOLIDATED_BILLING")
    for member, client in zip(members, clients, strict=True):
        invitation = await organization.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": member})
        await client.accept_handshake(HandshakeId=invitation["Handshake"]["Id"])
    made = (await organization.create_account(Email="made@example.com", AccountName="Made"))["CreateAccountStatus"]
    status = await organization.describe_create_account_status(CreateAccountRequestId=made["Id"])
    created = status["CreateAccountStatus"]["AccountId"]

    parent = (await organization.enable_all_features())["Handshake"]
    pages = organization.get_paginator("list_handshakes_for_organization").paginate(
        Filter={"ActionType": "APPROVE_ALL_FEATURES"}, PaginationConfig={"PageSize": 1}
    )
    asked = [[approval["Parties"][1]["Id"] for approval in page["Handshakes"]] async for page in pages]
    await asyncio.gather(*map(approve, clients))
    approved = (await organization.describe_handshake(HandshakeId=parent["Id"]))["Handshake"]
    finalized = (await organization.accept_handshake(HandshakeId=parent["Id"]))["Handshake"]
    listed = organization.get_paginator("list_accounts").paginate(PaginationConfig={"PageSize": 3})
    return {
        "asked": asked,
        "parent": [parent["State"], approved["State"], finalized["State"]],
        "accounts": [[account["Id"] for account in page["Accounts"]] async for page in listed],
        "created": created,
        **await act_as_member(accounts, founder, created),
    }


async def approve(client: Any) -> None:
    """Agree to whatever migration a member is asked about."""
    received = client.get_paginator("list_handshakes_for_account")
    async for page in received.paginate(
        Filter={"ActionType": "APPROVE_ALL_FEATURES"}, PaginationConfig={"PageSize": 1}
    ):
        for approval in page["Handshakes"]:
            await client.accept_handshake(HandshakeId=approval["Id"])


async def act_as_member(accounts: Accounts, founder: str, member: str) -> dict[str, Any]:
    """What a created member finds out about itself and its organization, by the role that it was created with."""
    sts = await accounts.client("sts", founder)
    role = f"arn:aws:iam::{member}:role/OrganizationAccountAccessRole"
    keys = (await sts.assume_role(RoleArn=role, RoleSessionName="visit"))["Credentials"]
    credentials = {
        "aws_access_key_id": keys["AccessKeyId"],
        "aws_secret_access_key": keys["SecretAccessKey"],
        "aws_session_token": keys["SessionToken"],
    }
    organization = await accounts.client("organizations", **credentials)
    refusal = None
    try:
        await organization.list_accounts()
    except ClientError as error:
        refusal = error.response["Error"]["Code"]
    identity = await (await accounts.client("sts", **credentials)).get_caller_identity()
    described = await organization.describe_organization()
    return {
        "identity": identity["Arn"],
        "feature_set": described["Organization"]["FeatureSet"],
        "refusal": refusal,
    }


async def main(url: str, founder: str, *members: str) -> None:
    """Migrate and say what came out."""
    async with AsyncExitStack() as stack:
        print(json.dumps(await migrate(Accounts(url, stack), founder, list(members))))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
