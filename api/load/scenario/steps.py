"""The steps of a scenario, in tracks: what management accounts do while members answer."""

from collections.abc import Iterable, Iterator
from typing import Annotated, Any, ClassVar, Literal

from msgspec import Meta, Struct, field

from ...delays import Days
from ...retries import Retry
from .contradictions import Contradiction, Table
from .pace import Pace
from .populations import AccountCall, Share


class StepBase(Table, frozen=True, tag_field="action", forbid_unknown_fields=True, kw_only=True):
    """The fields of every step; beside them each kind has ``operation``.

    That is AWS's name of the operation that the step itself calls, empty if it calls none.
    """

    at_day: Days | None = None
    """The step begins not before this many days after the start of the run."""

    @property
    def action(self) -> str:
        """What the step is called, as in a file."""
        return str(self.__struct_config__.tag)

    @property
    def subject(self) -> str:
        """The name of the population that the step is about, or else of its organization; empty if it concerns all."""
        names: Iterable[str] = (getattr(self, name, "") for name in ("population", "for_each", "organization"))
        return next((name for name in names if name), "")


class OrganizationStep(StepBase, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step of one organization."""

    organization: str = ""
    """Its name in the scenario; may be left out if there is only one."""


class Sending(OrganizationStep, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step that sends a call for each account of a population."""

    population: str
    pace: Pace | None = None
    """When each call is sent; without it as fast as AWS allows."""
    retry: Retry | None = None
    """How to retry refused calls; without it the caller knows AWS's limits, and waits until a call can succeed."""


class CreateAccounts(Sending, frozen=True, tag="create_accounts", forbid_unknown_fields=True, kw_only=True):
    """The management account creates a population; the step ends when the last creation has ended.

    With ``then`` further calls are made for each account as soon as it is created; the step ends with the last of them.
    """

    operation: ClassVar[str] = "CreateAccount"
    then: tuple[AccountCall, ...] | None = None
    """What follows for each account: calls of the management account, in order."""
    retry_failed: bool = False
    """Whether a creation that has failed is asked for again, under another address, as an attempt of ``retry``."""

    def contradictions(self) -> Iterator[Contradiction]:
        if self.retry_failed and self.retry is None:
            message = "needs retry: how often, and after which pauses"
            yield Contradiction(message, ("retry_failed",), lacking=("retry",))

    @property
    def is_pipeline(self) -> bool:
        """Whether each account has a way of its own through the step."""
        return self.then is not None or self.retry_failed


class Invite(Sending, frozen=True, tag="invite", forbid_unknown_fields=True, kw_only=True):
    """The management account invites the accounts of a population that are no members and have no open invitation.

    They answer while time passes in later steps. Another such step invites those again that declined or did not answer.
    """

    operation: ClassVar[str] = "InviteAccountToOrganization"


class CloseAccounts(Sending, frozen=True, tag="close_accounts", forbid_unknown_fields=True, kw_only=True):
    """The management account closes the members of a population; the step ends when the last is closed."""

    operation: ClassVar[str] = "CloseAccount"
    share: Share = 1.0
    """The share of the population that is closed, its first accounts."""


class EnableAllFeatures(OrganizationStep, frozen=True, tag="enable_all_features", forbid_unknown_fields=True):
    """The management account starts the migration to all features; invited members answer while time passes."""

    operation: ClassVar[str] = "EnableAllFeatures"


class Wait(StepBase, frozen=True, tag="wait", forbid_unknown_fields=True, kw_only=True):
    """Time passes, for some days or until a condition holds; accounts answer what they were asked."""

    operation: ClassVar[str] = ""
    days: Days | None = None
    until: str | None = None
    """A figure, a comparison and a number, as in thresholds: ``joined_share >= 0.95``; looked at every full hour."""
    at_most_days: Days | None = None
    """How long to wait for the condition; then the run goes on with a warning."""

    @property
    def subject(self) -> str:
        """For what it waits, for tables of steps."""
        return f"until {self.until}" if self.until else f"{self.days:g} day{'' if self.days == 1 else 's'}"

    def contradictions(self) -> Iterator[Contradiction]:
        if self.days is None and self.until is None:
            yield Contradiction("`days` is missing, or `until` with `at_most_days`", lacking=("days", "until"))
        elif self.days is not None and (self.until is not None or self.at_most_days is not None):
            yield Contradiction("a wait has either days, or until with at_most_days", ("days",))
        elif self.until is not None and self.at_most_days is None:
            message = "`at_most_days` is missing: for how long to wait for the condition"
            yield Contradiction(message, lacking=("at_most_days",))


class Remind(StepBase, frozen=True, tag="remind", forbid_unknown_fields=True, kw_only=True):
    """Accounts that wait for a reminder get one; a share of them accepts after another delay."""

    operation: ClassVar[str] = ""
    population: str = ""
    """Remind this population only."""
    accept: Share = 1.0


class WaitForAnswers(StepBase, frozen=True, tag="wait_for_answers", forbid_unknown_fields=True, kw_only=True):
    """Time passes until all accounts that are going to answer have answered."""

    operation: ClassVar[str] = ""
    population: str = ""
    """Wait for this population only."""


class RemoveDeclined(OrganizationStep, frozen=True, tag="remove_declined", forbid_unknown_fields=True, kw_only=True):
    """The management account removes the members that declined the migration: a single one would block it."""

    operation: ClassVar[str] = "RemoveAccountFromOrganization"
    silent: bool = False
    """Remove the members that have not answered too."""


class Finalize(OrganizationStep, frozen=True, tag="finalize", forbid_unknown_fields=True):
    """The management account finalizes the migration."""

    operation: ClassVar[str] = "AcceptHandshake"


class Call(OrganizationStep, frozen=True, tag="call", forbid_unknown_fields=True, kw_only=True):
    """A call of any AWS operation, once, or once for each account of a population.

    In a file its action is AWS's name of the operation. Texts in ``with`` may contain names in braces: ``{root}``,
    ``{organization}``, ``{management_account}``, OUs that are there when the run begins (``{/Workloads/Prod}``), the
    names that earlier steps have saved, and with ``for_each`` also ``{account}``, ``{parent}`` (the root or OU that
    holds it) and ``{index}`` (from 1).
    """

    operation: str
    """AWS's name; in a file it is the action."""
    members: dict[str, Any] = field(default_factory=dict[str, Any], name="with")
    """The members of the request, under AWS's names; in a file the key is ``with``."""
    save: dict[str, str] = field(default_factory=dict[str, str])
    """Name to the path in the answer whose value is saved under it, such as ``OrganizationalUnit.Id``."""
    for_each: str = ""
    """A population: call once for each of its accounts."""
    share: Share = 1.0
    """The share of that population to call for, from its first account, or from the first that is not skipped."""
    skip: Share = 0.0
    """The share of that population to skip, from its first account."""
    only_members: bool = False
    """Of these accounts call only for those that are members of the organization by then."""
    caller: Literal["management", "account"] = "management"
    """The caller of the operation; ``account`` only with ``for_each``."""
    pace: Pace | None = None
    retry: Retry | None = None

    def contradictions(self) -> Iterator[Contradiction]:
        if self.caller == "account" and not self.for_each:
            message = '"account" needs for_each, which says whose accounts call'
            yield Contradiction(message, ("caller",), lacking=("for_each",))
        if self.only_members and not self.for_each:
            message = "needs for_each, which says of whose accounts"
            yield Contradiction(message, ("only_members",), lacking=("for_each",))
        if (total := self.share + self.skip) > 1 + 1e-9:
            message = f"share and skip add up to {total:g}, which is more than 1"
            yield Contradiction(message, ("share",), lacking=("share",))

    @property
    def action(self) -> str:
        """What the step is called, as in a file."""
        return self.operation


Step = (
    CreateAccounts
    | Invite
    | CloseAccounts
    | EnableAllFeatures
    | Wait
    | Remind
    | WaitForAnswers
    | RemoveDeclined
    | Finalize
    | Call
)


class TrackTable(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A list of steps that are played one after the other, beside those of other tracks."""

    after: str | tuple[str, ...] = ()
    """The track, or the tracks, that must have ended before it begins."""
    from_day: Days = 0.0
    """It begins not before this many days after the start of the run."""
    every_days: Annotated[float, Meta(gt=0, le=36_500)] | None = None
    """Its steps are played again and again, each time so many days after they began the last time."""
    times: Annotated[int, Meta(ge=1, le=10_000)] | None = None
    """How often they are played: once by default."""

    def contradictions(self) -> Iterator[Contradiction]:
        if (self.every_days is None) != (self.times is None):
            message = "every_days and times go together: the days from one time to the next, and how many times"
            yield Contradiction(message, lacking=("every_days", "times"))

    @property
    def predecessors(self) -> tuple[str, ...]:
        """The names of the tracks that it waits for."""
        return (self.after,) if isinstance(self.after, str) else self.after


class Track(Struct, frozen=True):
    """A track with its steps."""

    name: str
    """``steps`` for the plain list."""
    table: TrackTable
    steps: tuple[Step, ...]

    @property
    def label(self) -> str:
        """Its name in what is told of a run or a plan: that of the plain list is empty."""
        return "" if self.name == PLAIN else self.name

    @property
    def path(self) -> tuple[str, ...]:
        """The path of its list of steps in the file."""
        return ("steps",) if self.name == PLAIN else ("tracks", self.name, "steps")


PLAIN = "steps"
"""The name of the track that the plain list of steps is."""
