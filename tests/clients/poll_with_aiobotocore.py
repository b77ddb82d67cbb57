"""A script that polls the creation and the closure of an account with aiobotocore: it takes the server's URL and the
founder, and prints the states that it saw. See ``test_clients.py``.

It runs in the environment of the clients, and uses nothing of orgsim.
"""

import asyncio
import json
import sys

from aiobotocore.session import get_session  # pyright: ignore[reportMissingImports]


async def main(url: str, founder: str) -> None:
    """Create an account and close it, asking each time until that has ended."""
    keys = {"aws_access_key_id": founder, "aws_secret_access_key": "any"}
    async with get_session().create_client("organizations", endpoint_url=url, **keys) as organizations:
        await organizations.create_organization()
        made = (await organizations.create_account(Email="made@example.com", AccountName="Made"))["CreateAccountStatus"]
        seen = [made["State"]]
        while made["State"] == "IN_PROGRESS":
            status = await organizations.describe_create_account_status(CreateAccountRequestId=made["Id"])
            made = status["CreateAccountStatus"]
            seen.append(made["State"])
        await organizations.close_account(AccountId=made["AccountId"])
        while seen[-1] != "CLOSED":
            described = await organizations.describe_account(AccountId=made["AccountId"])
            seen.append(described["Account"]["State"])
    print(json.dumps(seen))


if __name__ == "__main__":
    asyncio.run(main(*sys.argv[1:]))
