"""What a history says at a position, and what the state of the engine says there, in the same form."""

from pathlib import Path
from typing import Any

from orgsim.api.timeline.history import History
from orgsim.engine.log import Chain
from orgsim.engine.policies.types import MANAGED_POLICIES
from orgsim.engine.state import Organization, State

Facts = set[tuple[str, str, str, str]]
"""Subject, attribute, key and value of each fact that holds."""

HOLDING = """SELECT thing.name, attribute, key, value FROM fact JOIN thing ON thing.id = fact.thing
    WHERE since <= :position AND (until IS NULL OR until > :position)"""

EVERYTHING = (
    "SELECT * FROM thing ORDER BY id",
    "SELECT * FROM fact ORDER BY id",
    "SELECT * FROM call ORDER BY position",
)

NOT_IN_STATE = {"joined method", "failure reason", "GovCloud account", "root"}
"""Attributes of things that the state forgets, or keeps elsewhere."""


def fed(world: Any, sizes: list[int], path: Path | None = None) -> History:
    """A history that was fed with a world's events in pieces of certain sizes, and at last with all the rest."""
    history = History.open(path)
    left = list(world.log)
    for size in [*sizes, len(left)]:
        piece, left = left[:size], left[size:]
        if piece:
            history.take(piece, Chain().digest)
    return history


def everything(history: History) -> list[list[tuple[Any, ...]]]:
    """All rows of a history."""
    return [history.rows(statement) for statement in EVERYTHING]


def facts_at(history: History, position: int, *, whole: bool = False) -> Facts:
    """The facts that hold right after the event at a position: all, or those that the state has too."""
    rows = history.rows(HOLDING, {"position": position})
    if whole:
        return {*rows}
    return {row for row in rows if row[1] not in NOT_IN_STATE and not row[0].startswith("car-")}


def truth_of(state: State) -> Facts:
    """The facts that the state of the engine has."""
    facts: Facts = set()
    for account in state.accounts.values():
        known = {"email": account.email, "name": account.name, "conditions": ", ".join(account.conditions)}
        facts |= {(account.id, attribute, "", value) for attribute, value in known.items() if value}
    for found in state.handshakes.values():
        facts.add((found.requested.handshake, "state", "", found.state))
        if found.account:
            facts.add((found.requested.handshake, "account", "", found.account))
    for transfer in state.transfers.by_id.values():
        known = {
            "state": transfer.status,
            "name": transfer.name,
            "source organization": transfer.source_organization,
            "source account": transfer.source_account,
            "ends at": str(transfer.ends_at) if transfer.ends_at is not None else None,
        }
        facts |= {(transfer.id, attribute, "", value) for attribute, value in known.items() if value}
    for organization in state.organizations.values():
        if not organization.deleted:
            facts |= _truth_of_organization(organization)
    return facts


def _truth_of_organization(organization: Organization) -> Facts:
    key, units, access = organization.id, organization.units, organization.access
    facts: Facts = {
        (key, "feature set", "", organization.feature_set),
        (key, "management account", "", organization.management_account),
    }
    if organization.partition != "aws":
        facts.add((key, "partition", "", organization.partition))
    for account in organization.members:
        facts.add((account, "organization", "", key))
        facts.add((account, "parent", "", units.parent_of(account)))
        pending, closed = account in organization.closures.pending, account in organization.closures.closed
        facts.add((account, "state", "", "CLOSED" if closed else "PENDING_CLOSURE" if pending else "ACTIVE"))
    for unit in units.by_id.values():
        facts.add((unit.id, "name", "", unit.name))
        if unit.parent:
            facts.add((unit.id, "parent", "", unit.parent))
    facts |= {(key, "policy type", kind, "ENABLED") for kind in organization.policies.enabled}
    facts |= {(key, "trusted service", service, "ENABLED") for service in access.services}
    facts |= {
        (account, "delegated service", service, key)
        for account, services in access.administrators.items()
        for service in services
    }
    if access.resource_policy:
        facts.add((access.resource_policy.id, "content", "", access.resource_policy.content))
    facts |= {(resource, "tag", tag.key, tag.value) for resource, tags in organization.tags.items() for tag in tags}
    return facts | _truth_of_policies(organization)


def _truth_of_policies(organization: Organization) -> Facts:
    facts: Facts = set()
    for policy in organization.policies.by_id.values():
        facts |= {
            (policy.id, "name", "", policy.name),
            (policy.id, "description", "", policy.description),
            (policy.id, "content", "", policy.content),
        }
        facts |= {(target, "policy", policy.id, organization.id) for target in policy.targets}
    for default, places in organization.policies.without_default.items():
        assert default in MANAGED_POLICIES
        facts |= {(place, "without default policy", default, organization.id) for place in places}
    return facts
