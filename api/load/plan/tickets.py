"""The quotas that must be raised before a scenario is carried out: the ticket for AWS support."""

import math
from collections.abc import Mapping

from msgspec import Struct

from ....engine.rules.quotas import closures_allowed_among, invitations_allowed
from ....engine.settings import ACCOUNTS_GRANTED, CLOSURE_WINDOW, DAY, Quotas

ACCOUNTS, INVITATIONS = "accounts", "invitations_per_day"
CLOSURES, MIGRATION = "account_closures_per_30_days", "all_features_migration_accounts"


class AwsQuota(Struct, frozen=True):
    """A quota as AWS has it (docs/aws.md 7.1 and 12)."""

    name: str
    granted: int | None = None
    """What everybody has; None: it depends on the organization."""
    most: int | None = None
    """Up to which it can be raised in Service Quotas; None: it cannot."""
    code: str = ""
    """In Service Quotas; empty: none is known."""
    inferred: bool = False
    """Whether nobody at AWS has said that it is not adjustable."""


STANDARD = Quotas()
AWS = {
    ACCOUNTS: AwsQuota("Default maximum number of accounts", ACCOUNTS_GRANTED, STANDARD.accounts, "L-E619E033"),
    INVITATIONS: AwsQuota("Invitation attempts in 24 hours"),
    MIGRATION: AwsQuota("Accounts in a standard migration", STANDARD.all_features_migration_accounts, inferred=True),
    "organizational_units": AwsQuota("OUs in an organization", STANDARD.organizational_units, inferred=True),
    CLOSURES: AwsQuota("Accounts closed in 30 days"),
    "inbound_transfers": AwsQuota("Inbound billing transfers", 0, STANDARD.inbound_transfers),
}
"""Quota of a scenario to that of AWS."""


class Needed(Struct):
    """What a scenario needs of a quota at one time."""

    number: int = 0
    members: int = 0
    """Of the organization then."""


class Ticket(Struct, frozen=True):
    """A quota of an organization that a scenario goes beyond; its fields are the keys of ``--json``."""

    organization: str
    quota: str
    """As in the table ``quotas`` of a scenario."""
    name: str
    """What AWS calls it."""
    code: str
    """Its code in Service Quotas; empty where none is known."""
    needed: int
    """At one time."""
    aws: int
    """What AWS grants to everybody."""
    raise_by: int
    """How much of it is missing there."""
    scenario: int
    """What it is in the scenario."""
    request: str
    """What to ask AWS for."""
    inferred: bool
    """Whether it is inferred, and not known, what AWS does about it."""


def tickets(needed: Mapping[tuple[str, str], Needed], quotas: Quotas) -> list[Ticket]:
    """The quotas that must be raised.

    Args:
        needed: organization and quota to what is needed of it.
        quotas: of the scenario.
    """
    found = list[Ticket]()
    for (organization, quota), need in needed.items():
        accounts = needed.get((organization, ACCOUNTS), Needed()).number
        aws, granted, there = AWS[quota], _granted(quota, need, accounts), _in_scenario(quota, need, quotas)
        if need.number > min(granted, there):
            missing, request = max(0, need.number - granted), _request(quota, need.number, granted)
            found.append(
                Ticket(
                    organization, quota, aws.name, aws.code, need.number, granted, missing, there, request, aws.inferred
                )
            )
    return found


def _granted(quota: str, need: Needed, accounts: int) -> int:
    """What an organization has that AWS has granted so many accounts."""
    granted = AWS[quota].granted
    if granted is not None:
        return granted
    if quota == CLOSURES:
        return closures_allowed_among(need.members, STANDARD)
    return invitations_allowed(Quotas(accounts=max(accounts, ACCOUNTS_GRANTED)))


def _in_scenario(quota: str, need: Needed, quotas: Quotas) -> int:
    if quota == CLOSURES:
        return closures_allowed_among(need.members, quotas)
    return invitations_allowed(quotas) if quota == INVITATIONS else getattr(quotas, quota)


def _request(quota: str, number: int, granted: int) -> str:
    most = AWS[quota].most
    if number <= granted:
        return f"nothing of AWS: only the scenario has less than {number:,}"
    match quota:
        case "invitations_per_day":
            return f"as many accounts, {number:,}, or fewer invitations a day"
        case "all_features_migration_accounts":
            return f"AWS support: a migration of {number:,} accounts, perhaps an assisted one"
        case "account_closures_per_30_days":
            days = (math.ceil(number / granted) - 1) * CLOSURE_WINDOW // DAY
            return f"AWS does not raise it: the last ones wait {days} days"
        case _ if most is None:
            return f"AWS does not raise it: fewer than {number:,}"
        case _ if number > most:
            return f"AWS support: {number:,}, more than the {most:,} up to which it is adjustable"
        case _:
            return f"Service Quotas: {number:,}"
