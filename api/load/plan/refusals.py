"""Calls that AWS surely refuses, whatever quotas are raised, as far as is known before a run.

Nothing is said of populations and organizations that several tracks are about at the same time, nor in scenarios with
calls whose effects are not foreseen.
"""

from collections.abc import Iterator
from typing import Any, cast

from ....engine.authorization.callers import CALLERS, Callers
from ....engine.settings import DAY, MIGRATION_LIFETIME
from ....engine.words import FeatureSet
from ..scenario.steps import Call
from .foresight import Foresight
from .number import NOTHING, Number, among

LEAVE, INVITE, CLOSE = "LeaveOrganization", "InviteAccountToOrganization", "CloseAccount"
REMOVE, ENABLE = "RemoveAccountFromOrganization", "EnableAllFeatures"
NO_MEMBER, MASTER = "AccountNotFoundException", "MasterCannotLeaveOrganizationException"
NO_FEATURES = "ORGANIZATION_NOT_IN_ALL_FEATURES_MODE"
OF_MANAGEMENT = {CLOSE: "CANNOT_CLOSE_MANAGEMENT_ACCOUNT", INVITE: "ALREADY_IN_AN_ORGANIZATION", REMOVE: MASTER}
"""Operation to why it is refused for a management account."""
ACCOUNT = "{account}"
VARYING = (ACCOUNT, "{index}", "{parent}")
"""Names in braces that stand for something else for each account."""


def calls_of(step: Call, foresight: Foresight) -> Number:
    """How many calls a step makes."""
    if not step.for_each:
        return Number.exactly(1)
    whole = foresight.accounts(step.for_each)
    number = whole.portion(step.share, step.skip)
    if not step.only_members:
        return number
    found = among(number, foresight.members.of(step.for_each, step.organization), whole)
    return found.chance(1.0, certain=not foresight.is_doubtful(step.organization, step.for_each))


def accepted(step: Call, number: Number, foresight: Foresight) -> Number:
    """Count how many of so many calls of a step are accepted, and note those that are refused for sure."""
    if foresight.is_doubtful(step.organization):
        return number.chance(1.0, certain=False)
    found, why = _accepted(step, number, foresight)
    foresight.refuse(number.least - found.most, why)
    return found


def leaving(step: Call, number: Number, foresight: Foresight) -> Iterator[tuple[str, Number]]:
    """Yield each organization, and how many of so many accounts of a population leave it or are removed from it."""
    members, population = foresight.members, step.for_each
    whole, by_itself = foresight.accounts(population), step.caller == "account"
    young = {organization: each.expected for organization, _, each in foresight.young(population)}
    for organization in members.others if by_itself else [step.organization]:
        there = members.of(population, organization) - members.closed[population, organization]
        can = among(number, there, whole)
        if organization in young:
            can = Number(0.0, max(0.0, can.expected - young[organization]), can.most)
        certain = not (step.retry or foresight.is_doubtful(organization, population))
        yield organization, can.chance(1.0, certain=certain)


def lacks_features(organization: str, foresight: Foresight) -> bool:
    """Tell whether an organization surely has consolidated billing only."""
    perhaps = organization in foresight.finalized or foresight.is_doubtful(organization)
    return foresight.features[organization] is not FeatureSet.ALL and not perhaps


def beginning(organization: str, number: Number, foresight: Foresight) -> tuple[Number, str]:
    """How many of so many calls begin a migration to all features, at most one, and why the others do not."""
    if foresight.features[organization] is FeatureSet.ALL:
        return NOTHING, "ORGANIZATION_ALREADY_HAS_ALL_FEATURES"
    under_way = "ORGANIZATION_IS_ALREADY_PENDING_ALL_FEATURES_MIGRATION"
    began = foresight.began_migrations.get(organization)
    if began is not None and foresight.day - began < MIGRATION_LIFETIME / DAY:
        return NOTHING, under_way
    return number.at_most(Number.exactly(1)), under_way


def _accepted(step: Call, number: Number, foresight: Foresight) -> tuple[Number, str]:
    """How many calls are accepted, and why the others are not."""
    operation, by_itself, target = step.operation, step.caller == "account", _target(step)
    if by_itself and CALLERS[operation] == Callers.MANAGEMENT:
        return NOTHING, "only a management account may call it"
    if operation == LEAVE and not by_itself:
        return NOTHING, MASTER
    if operation in OF_MANAGEMENT and target in foresight.managers(step.organization):
        return NOTHING, OF_MANAGEMENT[operation]
    if operation == ENABLE:
        return beginning(step.organization, number, foresight)
    if operation == CLOSE and lacks_features(step.organization, foresight):
        return NOTHING, NO_FEATURES
    if operation == "CreateOrganizationalUnit" and not any(each in str(step.members) for each in VARYING):
        return number.at_most(Number.exactly(1)), "DuplicateOrganizationalUnitException"
    if foresight.is_doubtful(step.organization, step.for_each):
        return number.chance(1.0, certain=False), ""
    return _of_accounts(step, number, foresight) if step.for_each and target == ACCOUNT else (number, "")


def _of_accounts(step: Call, number: Number, foresight: Foresight) -> tuple[Number, str]:
    """The same, of calls that are each about an account of the step's population."""
    population, organization, members = step.for_each, step.organization, foresight.members
    there, closed, whole = (
        members.of(population, organization),
        members.closed[population, organization],
        foresight.accounts(population),
    )
    if step.operation == INVITE:
        free = whole - there - members.open(population, organization)
        return among(number, free, whole), "ALREADY_IN_AN_ORGANIZATION or DuplicateHandshakeException"
    if step.operation == CLOSE:
        return among(number, there - closed, whole), f"{NO_MEMBER} or AccountAlreadyClosedException"
    if step.operation not in (LEAVE, REMOVE):
        return among(number, there, whole), NO_MEMBER
    found = NOTHING
    for _, each in leaving(step, number, foresight):
        found += each
    who = "AWSOrganizationsNotInUseException" if step.operation == LEAVE else NO_MEMBER
    return found, f"{who} or ACCOUNT_CANNOT_LEAVE_ORGANIZATION"


def _target(step: Call) -> str:
    """The account that a call is about, as the step has it; empty if it is about none, or by its address."""
    if step.operation == LEAVE:
        return ACCOUNT
    target = step.members.get("Target" if step.operation == INVITE else "AccountId")
    if isinstance(target, dict):
        # The address of a member can be invited all the same.
        members = cast("dict[str, Any]", target)
        target = members.get("Id") if members.get("Type") == "ACCOUNT" else ""
    return target if isinstance(target, str) else ""
