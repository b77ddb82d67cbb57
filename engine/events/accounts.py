"""Events about accounts."""

from ..words import Condition, DepartureMethod, JoinedMethod
from .base import OrganizationEvent, Tag, WorldEvent


class AccountDescribed(WorldEvent, frozen=True, gc=False, array_like=True, tag="AccountDescribed"):
    """The simulation described an account as it is outside Organizations: address, name, conditions."""

    account: str
    email: str | None
    name: str | None
    conditions: tuple[Condition, ...]


class AccountCreationRequested(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountCreationRequested"
):
    """An account creation started; it runs asynchronously and ends at ``finishes_at`` at the latest."""

    request: str
    email: str
    name: str
    finishes_at: int
    role_name: str | None = None
    iam_user_access_to_billing: str | None = None
    tags: tuple[Tag, ...] = ()
    govcloud: bool = False
    """Whether a linked GovCloud account is created too."""


class AccountCreationSucceeded(
    OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountCreationSucceeded"
):
    """An account was created; it joins in the next event."""

    request: str
    account: str
    govcloud_account: str | None = None


class AccountCreationFailed(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountCreationFailed"):
    """An account creation failed."""

    request: str
    reason: str


class AccountJoined(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountJoined"):
    """An account became a member, directly under the root. Address and name are set for created accounts."""

    account: str
    method: JoinedMethod
    email: str | None = None
    name: str | None = None


class AccountDeparted(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountDeparted"):
    """A member became a standalone account; or, CLEANED, was closed for good and exists no more."""

    account: str
    method: DepartureMethod


class AccountMoved(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountMoved"):
    """A member was moved to another root or OU."""

    account: str
    source: str
    destination: str


class AccountClosureRequested(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountClosureRequested"):
    """The closure of a member started; the member is PENDING_CLOSURE until ``finishes_at``."""

    account: str
    finishes_at: int


class AccountClosed(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountClosed"):
    """A member was closed; ninety days later it departs for good."""

    account: str


class AccountReinstated(OrganizationEvent, frozen=True, gc=False, array_like=True, tag="AccountReinstated"):
    """A member that was closed, or about to be, is active again: AWS's support has reopened it."""

    account: str
