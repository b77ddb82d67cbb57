"""Write conflicts: while a write is under way, another of its kind in the same organization is refused.

AWS answers such a write with ConcurrentModificationException (docs/aws.md 13). In a world with
``Settings(write_conflict_seconds=...)`` each accepted write keeps its operation busy, for its organization, for a time
between 0 and that setting, which is drawn from the seed. So what is refused is a function of log, seed and time.
"""

from .errors import ConcurrentModificationException
from .events.envelope import Envelope
from .explaining import when
from .ids import IdSource
from .settings import SECOND, Settings
from .state import State

OPERATIONS = frozenset(
    {
        "AcceptHandshake",
        "AttachPolicy",
        "CancelHandshake",
        "CloseAccount",
        "CreateAccount",
        "CreateGovCloudAccount",
        "CreateOrganization",
        "CreateOrganizationalUnit",
        "CreatePolicy",
        "DeclineHandshake",
        "DeleteOrganization",
        "DeleteOrganizationalUnit",
        "DeletePolicy",
        "DeleteResourcePolicy",
        "DeregisterDelegatedAdministrator",
        "DetachPolicy",
        "DisableAWSServiceAccess",
        "DisablePolicyType",
        "EnableAWSServiceAccess",
        "EnableAllFeatures",
        "EnablePolicyType",
        "InviteAccountToOrganization",
        "InviteOrganizationToTransferResponsibility",
        "LeaveOrganization",
        "MoveAccount",
        "PutResourcePolicy",
        "RegisterDelegatedAdministrator",
        "RemoveAccountFromOrganization",
        "TagResource",
        "TerminateResponsibilityTransfer",
        "UntagResource",
        "UpdateOrganizationalUnit",
        "UpdatePolicy",
    }
)
"""The writing operations that have the exception in AWS's model."""

Key = tuple[str, str]
"""An operation, and the organization in which it writes; for a standalone account its own id."""


class WriteConflicts:
    """Which writes are under way, and until when.

    Args:
        seconds: the longest time that a write takes.
        ids: of the world; its seed decides how long each write takes.
    """

    def __init__(self, seconds: int, ids: IdSource) -> None:
        self._longest = seconds * SECOND
        self._ids = ids
        self._busy_until: dict[Key, int] = {}
        """In microseconds since the epoch; those begun longest ago first."""

    @property
    def remembered(self) -> int:
        """Number of writes that are remembered."""
        return len(self._busy_until)

    def begin(self, operation: str, account: str | None, position: int, now: int, state: State) -> None:
        """Remember an accepted write.

        Args:
            operation: its name; those of other operations are not remembered.
            account: the caller's; None where nobody called.
            position: of its first event.
            now: when it was accepted, in microseconds since the epoch.
            state: before the write changed it.
        """
        if account is None or operation not in OPERATIONS:
            return
        busy_until = self._busy_until
        while busy_until and busy_until[oldest := next(iter(busy_until))] <= now:
            del busy_until[oldest]
        key = _key(operation, account, state)
        busy_until.pop(key, None)
        busy_until[key] = now + int(self._longest * self._ids.fraction(position, b"write"))

    def remember(self, envelope: Envelope, state: State) -> None:
        """Remember the write of which a recorded event is the first; ``state`` is from before the event."""
        if envelope.position == envelope.command:
            number = envelope.position - state.recorded_calls
            self.begin(envelope.operation, envelope.account, number, envelope.time, state)

    def free_at(self, operation: str, account: str, now: int, state: State) -> int:
        """The moment, now or later, from which on a write is accepted, in microseconds since the epoch."""
        return max(now, self._busy_until.get(_key(operation, account, state), now))

    def check(self, operation: str, account: str, now: int, state: State) -> None:
        """Check that no write of the same kind is under way.

        Raises:
            ConcurrentModificationException: one is.
        """
        free_at = self.free_at(operation, account, now, state)
        if free_at > now:
            owner = _key(operation, account, state)[1]
            raise ConcurrentModificationException(
                explanation=f"another {operation} in {owner} is under way until {when(free_at)}"
            )


def write_conflicts_of(settings: Settings, ids: IdSource) -> WriteConflicts | None:
    """A memory of no writes; None if the settings turn write conflicts off."""
    seconds = settings.write_conflict_seconds
    return WriteConflicts(seconds, ids) if seconds else None


def _key(operation: str, account: str, state: State) -> Key:
    organization = state.organization_of(account)
    return operation, organization.id if organization else account
