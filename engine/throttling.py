"""Rate limits: AWS's published token buckets (docs/aws.md 7.2), in whole numbers.

A bucket holds ``burst`` tokens at most and gains them at an even rate. Here it is stored not as a number of tokens but
as the moment at which it will be full again (the generic cell rate algorithm): every call moves that moment on by the
time that one token takes, and a call is admitted if the moment is then at most ``burst`` tokens ahead. That is exact,
needs no refilling, and a bucket that is full again need not be stored at all.

Nothing here is in the log: see docs/decisions/0015-throttling-is-at-the-door.md.
"""

from collections import OrderedDict
from collections.abc import Iterator

from msgspec import Struct

from .errors import TooManyRequestsException
from .explaining import when
from .settings import SECOND, Settings

TICKS = 63
"""Ticks per microsecond. A second has 63,000,000: divisible by all rates of the table, sevens and nines among them."""


class Rate(Struct, frozen=True):
    """A rate limit: ``calls`` per ``seconds`` on average, and at most ``burst`` at once."""

    calls: int
    burst: int
    seconds: int = 1

    @property
    def interval(self) -> int:
        """Ticks until the next token."""
        return self.seconds * SECOND * TICKS // self.calls


class Rates(Struct, frozen=True):
    """The limits of one account, and of all accounts of one organization together (None: not limited)."""

    account: Rate
    organization: Rate | None = None


RATES = {
    "AcceptHandshake": Rates(Rate(1, 2), Rate(5, 5)),
    "AttachPolicy": Rates(Rate(2, 3)),
    "CancelHandshake": Rates(Rate(2, 3)),
    "CloseAccount": Rates(Rate(1, 1, seconds=20)),
    "CreateAccount": Rates(Rate(1, 3, seconds=10)),
    "CreateGovCloudAccount": Rates(Rate(1, 3, seconds=10)),
    "CreateOrganization": Rates(Rate(1, 1)),
    "CreateOrganizationalUnit": Rates(Rate(1, 2)),
    "CreatePolicy": Rates(Rate(2, 3)),
    "DeclineHandshake": Rates(Rate(1, 1), Rate(5, 5)),
    "DeleteOrganization": Rates(Rate(1, 1)),
    "DeleteOrganizationalUnit": Rates(Rate(2, 3)),
    "DeletePolicy": Rates(Rate(2, 3)),
    "DeregisterDelegatedAdministrator": Rates(Rate(1, 2)),
    "DescribeAccount": Rates(Rate(20, 30), Rate(24, 36)),
    "DescribeCreateAccountStatus": Rates(Rate(2, 2), Rate(2, 3)),
    "DescribeHandshake": Rates(Rate(1, 2), Rate(6, 10)),
    "DescribeOrganization": Rates(Rate(1, 2)),
    "DescribeOrganizationalUnit": Rates(Rate(2, 2), Rate(2, 3)),
    "DescribePolicy": Rates(Rate(2, 2), Rate(2, 3)),
    "DetachPolicy": Rates(Rate(2, 3)),
    "DisableAWSServiceAccess": Rates(Rate(1, 2)),
    "DisablePolicyType": Rates(Rate(1, 1)),
    "EnableAWSServiceAccess": Rates(Rate(1, 2)),
    "EnableAllFeatures": Rates(Rate(1, 1)),
    "EnablePolicyType": Rates(Rate(1, 1)),
    "InviteAccountToOrganization": Rates(Rate(3, 5)),
    "LeaveOrganization": Rates(Rate(1, 1), Rate(5, 5)),
    "ListAWSServiceAccessForOrganization": Rates(Rate(1, 3), Rate(1, 4)),
    "ListAccounts": Rates(Rate(8, 12), Rate(9, 15)),
    "ListAccountsForParent": Rates(Rate(5, 8), Rate(6, 10)),
    "ListChildren": Rates(Rate(6, 10), Rate(7, 12)),
    "ListCreateAccountStatus": Rates(Rate(5, 8), Rate(6, 10)),
    "ListDelegatedAdministrators": Rates(Rate(5, 8), Rate(6, 10)),
    "ListDelegatedServicesForAccount": Rates(Rate(1, 3), Rate(1, 4)),
    "ListHandshakesForAccount": Rates(Rate(5, 8), Rate(6, 10)),
    "ListHandshakesForOrganization": Rates(Rate(5, 8), Rate(6, 10)),
    "ListOrganizationalUnitsForParent": Rates(Rate(5, 8), Rate(6, 10)),
    "ListParents": Rates(Rate(5, 8), Rate(6, 10)),
    "ListPolicies": Rates(Rate(5, 8), Rate(6, 10)),
    "ListPoliciesForTarget": Rates(Rate(5, 8), Rate(6, 10)),
    "ListRoots": Rates(Rate(1, 2), Rate(1, 3)),
    "ListTagsForResource": Rates(Rate(10, 15), Rate(12, 18)),
    "ListTargetsForPolicy": Rates(Rate(5, 8), Rate(6, 10)),
    "MoveAccount": Rates(Rate(2, 3)),
    "RegisterDelegatedAdministrator": Rates(Rate(1, 2)),
    "RemoveAccountFromOrganization": Rates(Rate(2, 2)),
    "TagResource": Rates(Rate(4, 6)),
    "UntagResource": Rates(Rate(4, 6)),
    "UpdateOrganizationalUnit": Rates(Rate(2, 3)),
    "UpdatePolicy": Rates(Rate(2, 3)),
}
"""AWS's table, an operation a line; what it does not list is not limited. AWS calls EnableAllFeatures by its old name
there, EnableFullControl; for LeaveOrganization it gives the organization's rate in the API reference, without a burst
(here the same number, as for the other two that accounts answer by themselves)."""

Key = tuple[str, str]
"""An operation, and the account or organization to which the bucket belongs; their ids never look alike."""


class Throttle:
    """The buckets of all accounts and organizations, full at first. Time must not go back from call to call."""

    def __init__(self) -> None:
        self._full_at: OrderedDict[Key, int] = OrderedDict()
        """When each bucket will be full, in ticks; those used longest ago first."""

    def __len__(self) -> int:
        """Number of buckets stored."""
        return len(self._full_at)

    def take(self, operation: str, account: str, organization: str | None, now: int) -> None:
        """Take one token from every bucket that a call concerns.

        Args:
            operation: AWS's name.
            account: the caller's.
            organization: of which that account is a member; None for a standalone account.
            now: microseconds since the epoch.

        Raises:
            TooManyRequestsException: one of them is empty; no token was taken.
        """
        ready = self.ready_at(operation, account, organization, now)
        if ready > now:
            raise TooManyRequestsException(explanation=why_throttled(operation, account, ready))
        self.reserve(operation, account, organization, now)

    def reserve(self, operation: str, account: str, organization: str | None, now: int) -> int:
        """Take the next available tokens, now or ahead of time, for a caller that waits until its call is admitted.

        Returns:
            The moment, in microseconds, at which the call is admitted. Nobody else gets the tokens.
        """
        ready = self.ready_at(operation, account, organization, now)
        self._forget_full(now)
        for key, rate in _buckets(operation, account, organization):
            self._full_at[key] = max(self._full_at.get(key, 0), ready * TICKS) + rate.interval
            self._full_at.move_to_end(key)
        return ready

    def ready_at(self, operation: str, account: str, organization: str | None, now: int) -> int:
        """The first microsecond, now or later, at which ``take`` would succeed; takes nothing."""
        ready = now
        for key, rate in _buckets(operation, account, organization):
            first = self._full_at.get(key, 0) - (rate.burst - 1) * rate.interval
            ready = max(ready, -(-first // TICKS))
        return ready

    def _forget_full(self, now: int) -> None:
        # Unless tokens were reserved, a bucket is full thirty seconds after its last use: none stays behind for long.
        full_at, ticks = self._full_at, now * TICKS
        while full_at and full_at[next(iter(full_at))] <= ticks:
            full_at.popitem(last=False)


def why_throttled(operation: str, account: str, ready: int) -> str:
    """Explain that an account, or its organization, calls an operation too often, and when it is admitted again."""
    return f"AWS's rate of {operation} is used up for {account}; the next call is admitted from {when(ready)}"


def throttle_of(settings: Settings) -> Throttle | None:
    """Full buckets; None if the settings turn throttling off."""
    return Throttle() if settings.throttle == "aws" else None


def _buckets(operation: str, account: str, organization: str | None) -> Iterator[tuple[Key, Rate]]:
    rates = RATES.get(operation)
    if rates is None:
        return
    yield (operation, account), rates.account
    if organization is not None and rates.organization is not None:
        yield (operation, organization), rates.organization
