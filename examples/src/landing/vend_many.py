"""Vend many accounts at once, with aiobotocore: as many at a time as AWS lets an organization create.

async with get_session().create_client("organizations", config=RETRIES) as org:
    vended = await vend_all(org, [Wanted("Payments", "payments@example.com"), ...], parent)
"""

import asyncio
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import dataclass
from typing import Any

from botocore.exceptions import ClientError

from landing.patience import WAITS, busy

AT_ONCE = 5
"""AWS refuses a sixth creation while five are in progress."""


@dataclass(frozen=True)
class Wanted:
    """An account to be created."""

    name: str
    email: str


@dataclass(frozen=True)
class Vended:
    """What became of it: the id of an account, or AWS's reason why there is none; both if it could not be moved."""

    account: str | None = None
    failure: str | None = None


async def vend_all(org: Any, accounts: Iterable[Wanted], parent: str, poll_seconds: float = 10) -> dict[str, Vended]:
    """Create accounts and move them below a parent.

    Args:
        org: aiobotocore's client of Organizations, as the management account.
        accounts: each with an address of its own.
        parent: id of an OU.
        poll_seconds: between two questions whether an account exists.

    Returns:
        What became of each, by its name; one that fails or is refused does not keep the others.
    """
    places, turn = asyncio.Semaphore(AT_ONCE), asyncio.Lock()
    root = (await org.list_roots())["Roots"][0]["Id"]

    async def one(wanted: Wanted) -> Vended:
        async with places:
            try:
                status = await _created(org, wanted, turn, poll_seconds)
            except ClientError as refusal:
                return Vended(failure=_reason_of(refusal))
        if status["State"] == "FAILED":
            return Vended(failure=status["FailureReason"])
        account = status["AccountId"]
        try:
            await _patiently(org, org.move_account, AccountId=account, SourceParentId=root, DestinationParentId=parent)
        except ClientError as refusal:
            return Vended(account, _reason_of(refusal))
        return Vended(account)

    async with asyncio.TaskGroup() as group:
        tasks = {wanted.name: group.create_task(one(wanted)) for wanted in accounts}
    return {name: task.result() for name, task in tasks.items()}


async def _created(org: Any, wanted: Wanted, turn: asyncio.Lock, poll_seconds: float) -> Any:
    # At AWS's rate of one in ten seconds, five that try again at once take all chances from each other.
    async with turn:
        answer = await _patiently(org, org.create_account, Email=wanted.email, AccountName=wanted.name)
    status = answer["CreateAccountStatus"]
    while status["State"] == "IN_PROGRESS":
        await asyncio.sleep(poll_seconds)
        answer = await org.describe_create_account_status(CreateAccountRequestId=status["Id"])
        status = answer["CreateAccountStatus"]
    return status


async def _patiently(org: Any, write: Callable[..., Awaitable[Any]], **parameters: Any) -> Any:
    for wait in WAITS:
        try:
            return await write(**parameters)
        except busy(org):
            await asyncio.sleep(wait)
    return await write(**parameters)


def _reason_of(refusal: ClientError) -> str:
    return refusal.response.get("Reason") or refusal.response["Error"]["Code"]
