"""What the tools share: the client, pages of lists, and paths of organizational units."""

from collections.abc import Iterator
from typing import Any

import boto3

from landing.patience import RETRIES, patiently


def connect(session: Any = boto3) -> Any:
    """Return a client of Organizations: of boto3's default session, or of another one."""
    return session.client("organizations", config=RETRIES)


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
