"""AWS's answers as a dump has them, and how they are read: with the file and the place in complaints."""

import re
from datetime import UTC, datetime
from typing import Any, TypeVar

import msgspec
from msgspec import Struct

from ....engine.ids import (
    AccountId,
    CreateAccountRequestId,
    HandshakeId,
    OrganizationalUnitId,
    PolicyId,
    PolicyTargetId,
    RootId,
)
from ....engine.settings import LATEST
from ....engine.shapes.timestamps import microseconds
from ....engine.state.handshake import HandshakeState
from ....engine.twin.form import AccountState, CreationState
from ....engine.words import Action, FeatureSet, JoinedMethod, PolicyType
from .errors import DumpError

T = TypeVar("T")

Time = Any
"""A moment as ``time_of`` reads it: the AWS CLI writes ISO 8601, or seconds since the epoch if it is told so."""


class Told(Struct, frozen=True, rename="pascal"):
    """Base of AWS's structures, as far as a twin needs them."""


class OrganizationTold(Told, frozen=True):
    id: str
    arn: str
    feature_set: FeatureSet
    master_account_id: AccountId


class PolicyTypeTold(Told, frozen=True):
    type: str
    status: str = "ENABLED"


class RootTold(Told, frozen=True):
    id: RootId
    policy_types: list[PolicyTypeTold] = []


class UnitTold(Told, frozen=True):
    id: OrganizationalUnitId
    name: str


class AccountTold(Told, frozen=True):
    id: AccountId
    email: str | None = None
    name: str | None = None
    status: str | None = None
    state: AccountState | None = None
    joined_method: JoinedMethod | None = None
    joined_timestamp: Time = None
    paths: list[str] = []


def state_of(account: AccountTold) -> AccountState | None:
    """The state of an account; AWS's old Status has one word for closed and suspended, mostly it means closed."""
    if account.state is None and account.status in OLD_STATUS:
        return OLD_STATUS[account.status]
    return account.state


OLD_STATUS: dict[str, AccountState] = {"ACTIVE": "ACTIVE", "PENDING_CLOSURE": "PENDING_CLOSURE", "SUSPENDED": "CLOSED"}


class PolicySummaryTold(Told, frozen=True):
    id: PolicyId
    type: PolicyType
    name: str = ""
    description: str = ""
    aws_managed: bool = False


class PolicyTold(Told, frozen=True):
    policy_summary: PolicySummaryTold
    content: str


class TargetTold(Told, frozen=True):
    target_id: PolicyTargetId


class TagTold(Told, frozen=True):
    key: str
    value: str


class ServiceTold(Told, frozen=True):
    service_principal: str
    date_enabled: Time = None
    delegation_enabled_date: Time = None


class AdministratorTold(Told, frozen=True):
    id: AccountId
    delegation_enabled_date: Time = None


class ResourcePolicySummaryTold(Told, frozen=True):
    id: str


class ResourcePolicyTold(Told, frozen=True):
    resource_policy_summary: ResourcePolicySummaryTold
    content: str


class PartyTold(Told, frozen=True):
    id: str
    type: str


class ResourceTold(Told, frozen=True):
    type: str = ""
    value: str = ""
    resources: list["ResourceTold"] = []


class HandshakeTold(Told, frozen=True):
    id: HandshakeId
    state: HandshakeState
    action: Action
    requested_timestamp: Time
    expiration_timestamp: Time
    parties: list[PartyTold] = []
    resources: list[ResourceTold] = []


class CreationTold(Told, frozen=True):
    id: CreateAccountRequestId
    state: CreationState
    account_name: str = ""
    requested_timestamp: Time = None
    completed_timestamp: Time = None
    account_id: AccountId | None = None
    gov_cloud_account_id: AccountId | None = None
    failure_reason: str | None = None


class ParentTold(Told, frozen=True):
    id: str


def told(value: Any, kind: type[T], where: str) -> T:
    """Read an answer.

    Args:
        value: as it stands in the dump.
        kind: of what it is.
        where: it stands, for the complaint.

    Raises:
        DumpError: it is something else.
    """
    try:
        return msgspec.convert(value, kind)
    except msgspec.ValidationError as error:
        raise DumpError(f"{where}: {_complaint(value, str(error))}") from None


LONGEST = 300
"""How much of what is wrong a message repeats, in characters."""


def _complaint(value: Any, message: str) -> str:
    """Say in plain words what is wrong, and what stands there."""
    what, _, place = message.partition(" - at ")
    path = place.strip("`")
    found = value
    for name, index in re.findall(r"\.(\w+)|\[(\d+)\]", path):
        try:
            found = found[name] if name else found[int(index)]
        except (KeyError, IndexError, TypeError):
            break
    shown = path.removeprefix("$").lstrip(".") or "what it lists or describes"
    if isinstance(found, str) and "matching regex" in what:
        name = shown.rpartition(".")[2]
        return f"{shown} is {found[:60]!r}, which is no {name}; a dump has real ids, not placeholders"
    return f"{shown}: {what}" if len(what) < LONGEST else f"{shown}: {what[:LONGEST]} …"


def time_of(value: Time, where: str) -> int | None:
    """Read a moment, in microseconds since the epoch; raises DumpError if it is none."""
    if value is None or value == "":
        return None
    try:
        moment = microseconds(_read_time(value))
    except (ValueError, OverflowError):
        raise DumpError(f"{where}: {str(value)[:60]!r} is no moment") from None
    if not 0 <= moment <= LATEST:
        raise DumpError(f"{where}: {value} is no moment that a clock can show")
    return moment


def _read_time(value: Any) -> datetime | float:
    if isinstance(value, int | float) and not isinstance(value, bool):
        return float(value)
    when = value if isinstance(value, datetime) else datetime.fromisoformat(value if isinstance(value, str) else "")
    return when if when.tzinfo else when.replace(tzinfo=UTC)
