"""Vend an account: create it, wait until it exists, move it into its OU, and attach its guardrails.

    vend-account Payments payments@example.com --ou Workloads/Prod --tag team=payments --scp DenyLeaving

A second run with the same address finishes what the first has left undone, and creates nothing.
"""

import argparse
import sys
import time
from collections.abc import Mapping, Sequence
from contextlib import suppress
from typing import Any

from landing.organization import connect, ensure_place, ensure_unit, pages
from landing.patience import patiently


class VendingFailed(Exception):
    """AWS did not create the account; the message is AWS's reason."""


def vend(
    org: Any,
    name: str,
    email: str,
    *,
    unit: str,
    tags: Mapping[str, str] | None = None,
    guardrails: Sequence[str] = (),
    poll_seconds: float = 10,
    patience_seconds: float = 1800,
) -> str:
    """Vend an account.

    Args:
        org: boto3's client of Organizations, as the management account.
        name: of the account.
        email: its address, which no other AWS account has.
        unit: path of its OU; OUs that are missing are created.
        tags: of the account.
        guardrails: names of service control policies to attach to it.
        poll_seconds: between two questions whether the account exists.
        patience_seconds: after which a creation that is not finished counts as failed.

    Returns:
        The id of the account.

    Raises:
        VendingFailed: AWS could not create the account, or took too long.
    """
    account = account_with(org, email) or create(org, name, email, tags or {}, poll_seconds, patience_seconds)
    ensure_place(org, account, ensure_unit(org, unit))
    for guardrail in guardrails:
        attach(org, guardrail, account)
    return account


def account_with(org: Any, email: str) -> str | None:
    """Return the member account with an address, if there is one."""
    accounts = pages(org, "list_accounts", "Accounts")
    return next((account["Id"] for account in accounts if account["Email"].lower() == email.lower()), None)


def create(org: Any, name: str, email: str, tags: Mapping[str, str], poll_seconds: float, patience: float) -> str:
    """Create an account, and wait until AWS has finished."""
    listed = [{"Key": key, "Value": value} for key, value in tags.items()]
    try:
        status = patiently(org, org.create_account, Email=email, AccountName=name, Tags=listed)["CreateAccountStatus"]
    except org.exceptions.ConstraintViolationException as error:
        raise VendingFailed(error.response.get("Reason", str(error))) from error
    waited = 0.0
    while status["State"] == "IN_PROGRESS":
        if waited >= patience:
            raise VendingFailed(f"not finished after {patience:.0f} seconds: {status['Id']}")
        time.sleep(poll_seconds)
        waited += poll_seconds
        described = org.describe_create_account_status(CreateAccountRequestId=status["Id"])
        status = described["CreateAccountStatus"]
    if status["State"] == "SUCCEEDED":
        return status["AccountId"]
    # When the answer to CreateAccount is lost, botocore asks again, and AWS finds our own account in the way.
    ours = account_with(org, email) if status["FailureReason"] == "EMAIL_ALREADY_EXISTS" else None
    if ours is None:
        raise VendingFailed(status["FailureReason"])
    return ours


def attach(org: Any, guardrail: str, account: str) -> None:
    """Attach a service control policy, by its name."""
    policies = pages(org, "list_policies", "Policies", Filter="SERVICE_CONTROL_POLICY")
    policy = next((policy["Id"] for policy in policies if policy["Name"] == guardrail), None)
    if policy is None:
        raise VendingFailed(f"no service control policy is called {guardrail}")
    with suppress(org.exceptions.DuplicatePolicyAttachmentException):
        patiently(org, org.attach_policy, PolicyId=policy, TargetId=account)


def main(arguments: Sequence[str] | None = None) -> int:
    """Read the command line, vend the account, and print its id."""
    parser = argparse.ArgumentParser(description="Vend an account.")
    parser.add_argument("name")
    parser.add_argument("email")
    parser.add_argument("--ou", required=True, metavar="PATH", help="such as Workloads/Prod")
    parser.add_argument("--tag", action="append", default=[], metavar="KEY=VALUE")
    parser.add_argument("--scp", action="append", default=[], metavar="NAME", help="of a service control policy")
    parser.add_argument("--poll-seconds", type=float, default=10)
    given = parser.parse_args(arguments)
    tags = dict(tag.split("=", 1) for tag in given.tag)
    try:
        account = vend(
            connect(),
            given.name,
            given.email,
            unit=given.ou,
            tags=tags,
            guardrails=given.scp,
            poll_seconds=given.poll_seconds,
        )
    except VendingFailed as failure:
        print(f"{given.name}: {failure}", file=sys.stderr)
        return 1
    print(account)
    return 0


if __name__ == "__main__":
    sys.exit(main())
