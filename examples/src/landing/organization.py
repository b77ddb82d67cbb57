"""What the tools share: patience with AWS Organizations, and paths of organizational units."""

import time
from collections.abc import Callable, Iterator
from typing import Any

import boto3
from botocore.config import Config

RETRIES = Config(retries={"mode": "standard", "total_max_attempts": 10})
"""AWS lets three accounts be created at once, and then one in ten seconds: more patience than botocore's default."""

WAITS = (1, 2, 4, 8, 16, 30, 60, 120)
"""Seconds between attempts of a write that AWS has no time for: four minutes in all."""


def connect(session: Any = boto3) -> Any:
    """Return a client of Organizations: of boto3's default session, or of another one."""
    return session.client("organizations", config=RETRIES)


def patiently(org: Any, write: Callable[..., Any], **parameters: Any) -> Any:
    """Make a call that changes something, and try again while AWS is at work on the same organization.

    botocore tries again what was throttled, but neither ConcurrentModificationException nor
    FinalizingOrganizationException, the answer of an organization that has just been created.
    """
    busy = (org.exceptions.ConcurrentModificationException, org.exceptions.FinalizingOrganizationException)
    for wait in WAITS:
        try:
            return write(**parameters)
        except busy:
            time.sleep(wait)
    return write(**parameters)


def pages(org: Any, operation: str, key: str, **parameters: Any) -> Iterator[Any]:
    """Return the items of all pages of a list."""
    for page in org.get_paginator(operation).paginate(**parameters):
        yield from page[key]


def root_of(org: Any) -> str:
    """Return the id of the root."""
    return next(pages(org, "list_roots", "Roots"))["Id"]


def units_below(org: Any, parent: str) -> dict[str, str]:
    """Return the ids of the OUs directly below a parent, by their names."""
    units = pages(org, "list_organizational_units_for_parent", "OrganizationalUnits", ParentId=parent)
    return {unit["Name"]: unit["Id"] for unit in units}


def ensure_unit(org: Any, path: str) -> str:
    """Return the id of the OU at a path such as ``Workloads/Prod``; what is missing on the way is created."""
    parent = root_of(org)
    for name in filter(None, path.split("/")):
        parent = units_below(org, parent).get(name) or _create_unit(org, parent, name)
    return parent


def _create_unit(org: Any, parent: str, name: str) -> str:
    try:
        made = patiently(org, org.create_organizational_unit, ParentId=parent, Name=name)
    except org.exceptions.DuplicateOrganizationalUnitException:  # somebody was faster, or an answer was lost
        return units_below(org, parent)[name]
    return made["OrganizationalUnit"]["Id"]


def ensure_place(org: Any, account: str, parent: str) -> bool:
    """Move an account below a parent, and return whether it was elsewhere."""
    here = org.list_parents(ChildId=account)["Parents"][0]["Id"]
    if here == parent:
        return False
    try:
        patiently(org, org.move_account, AccountId=account, SourceParentId=here, DestinationParentId=parent)
    except org.exceptions.AccountNotFoundException:  # it is no longer there: an earlier attempt has moved it
        if org.list_parents(ChildId=account)["Parents"][0]["Id"] != parent:
            raise
    return True
