"""The steps of a scenario: what the management accounts do, one after the other, while members answer."""

from typing import Annotated, Any, Literal

from msgspec import Meta, Struct, field

from .delays import Days
from .pace import Pace
from .populations import Share


class Retry(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How a caller without patience goes on when it is refused for a while: as AWS's SDKs do, again and again.

    The n-th repetition comes after a random time up to ``first_seconds`` doubled n - 1 times, at most ``most_seconds``.
    """

    attempts: Annotated[int, Meta(ge=1, le=1_000)] = 3
    first_seconds: Annotated[float, Meta(gt=0, le=86_400)] = 1.0
    most_seconds: Annotated[float, Meta(gt=0, le=864_000)] = 20.0


class StepBase(Struct, frozen=True, tag_field="action", forbid_unknown_fields=True, kw_only=True):
    """What every step can say."""

    at_day: Days | None = None
    """Begin not before this day of the run, counted from its start."""


class OrganizationStep(StepBase, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step of one organization; may leave out which, if there is only one."""

    organization: str = ""


class Sending(OrganizationStep, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A step of many calls."""

    population: str
    pace: Pace | None = None
    """Not faster than this; without it as fast as AWS allows."""
    retry: Retry | None = None
    """Without it a caller that knows AWS's limits: it waits until the next call can succeed."""


class CreateAccounts(Sending, frozen=True, tag="create_accounts", forbid_unknown_fields=True, kw_only=True):
    """The management account creates a population; the step ends when the last creation has."""


class Invite(Sending, frozen=True, tag="invite", forbid_unknown_fields=True, kw_only=True):
    """The management account invites a population: all who are no members and have no open invitation.

    They answer while time passes in later steps. A second such step invites again who declined or let it expire.
    """


class CloseAccounts(Sending, frozen=True, tag="close_accounts", forbid_unknown_fields=True, kw_only=True):
    """The management account closes the members of a population; the step ends when the last is closed."""

    share: Share = 1.0
    """Of the population, the first in it."""


class EnableAllFeatures(OrganizationStep, frozen=True, tag="enable_all_features", forbid_unknown_fields=True):
    """The management account starts the migration; from now on the invited members answer while time passes."""


class Wait(StepBase, frozen=True, tag="wait", forbid_unknown_fields=True, kw_only=True):
    """Time passes."""

    days: Days


class Remind(StepBase, frozen=True, tag="remind", forbid_unknown_fields=True, kw_only=True):
    """Everybody who waits for a reminder gets one; a share of them will accept after all."""

    population: str = ""
    """One population only."""
    accept: Share = 1.0


class WaitForAnswers(StepBase, frozen=True, tag="wait_for_answers", forbid_unknown_fields=True):
    """Time passes until everybody has answered who is going to."""


class RemoveDeclined(OrganizationStep, frozen=True, tag="remove_declined", forbid_unknown_fields=True, kw_only=True):
    """The management account removes the accounts that declined the migration: one refusal would block it."""

    silent: bool = False
    """Those that have not answered too."""


class Finalize(OrganizationStep, frozen=True, tag="finalize", forbid_unknown_fields=True):
    """The management account finalizes the migration."""


class Call(OrganizationStep, frozen=True, tag="call", forbid_unknown_fields=True, kw_only=True):
    """Any operation of AWS, once, or once for each account of a population. In a file its action is AWS's name.

    Texts in ``with`` may name what is known: ``{root}``, ``{organization}``, ``{management_account}``, what earlier
    steps have saved, and for each account ``{account}``, ``{parent}`` (where it stands) and ``{index}`` (from 1).
    """

    operation: str
    members: dict[str, Any] = field(default_factory=dict[str, Any], name="with")
    """The request, under AWS's names; ``with`` in a file."""
    save: dict[str, str] = {}
    """Name to a place in the answer, such as ``OrganizationalUnit.Id``."""
    for_each: str = ""
    """A population."""
    share: Share = 1.0
    """Of that population, the first in it; with ``skip`` the first behind those."""
    skip: Share = 0.0
    caller: Literal["management", "account"] = "management"
    """Who calls; ``account`` only with ``for_each``."""
    pace: Pace | None = None
    retry: Retry | None = None


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
