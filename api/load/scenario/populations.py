"""Populations of a scenario: groups of accounts that answer invitations and migrations alike."""

import math
from collections.abc import Iterator
from itertools import pairwise
from typing import Annotated, Any, Literal, cast, get_args

from msgspec import Meta, Struct, field, structs

from ....engine.settings import DAY, INVITATION_LIFETIME, MIGRATION_LIFETIME
from ....engine.spelling import close_to
from ...delays import Delay, Fixed
from ...plurals import counted
from .contradictions import Contradiction, Table

MOST_ACCOUNTS = 100_000_000
Count = Annotated[int, Meta(ge=0, le=MOST_ACCOUNTS)]
Share = Annotated[float, Meta(ge=0, le=1)]
Day = Annotated[float, Meta(gt=0, le=36_500)]
AT_ONCE = Fixed(0)
RequestKind = Literal["invitation", "migration", "transfer"]
"""What is asked: the key of the behaviour with which it is answered; ``transfer`` is one of organizations."""


def portion_of(number: float, share: float) -> int:
    """A share of a number of accounts, as a whole number; the same for a run and for its plan."""
    # Rounded twice: 0.1 + 0.2 is a little more than 0.3, and must not be another number of accounts.
    return round(round(share * number, 6))


Origin = Literal["invited", "created", "standalone", "member"]
Answer = str
"""How an account answers: the operation it calls. A string, because members of an Enum are slower a million times."""

ANSWERS = ACCEPT, DECLINE, LEAVE = ("AcceptHandshake", "DeclineHandshake", "LeaveOrganization")


class AccountCall(Struct, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A call that an organization makes for one account.

    Texts in ``with`` may hold the names in braces that a step with ``for_each`` knows; in an escalation also
    ``{handshake}``.
    """

    action: str
    """AWS's name of the operation."""
    members: dict[str, Any] = field(default_factory=dict[str, Any], name="with")
    """The members of the request, under AWS's names; in a file the key is ``with``."""


class Behaviour(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """How accounts answer a request: the share of the population that gives each answer, and the delay.

    Without ``accept`` all accounts in no other share accept; with it, accounts in no share never answer.
    """

    accept: Share | None = None
    decline: Share = 0.0
    leave: Share = 0.0
    """The share that answers by leaving the organization."""
    after_reminder: Share = 0.0
    """The share that does not answer until it is reminded."""
    delay: Delay | None = None
    """The time from the request, or from the reminder, to the answer; the population's by default."""
    remind_after_days: tuple[Day, ...] = ()
    """Each account that has not answered is reminded so many days after its own request."""
    reminded_accept: Share | tuple[Share, ...] = 1.0
    """Of those that wait for a reminder the share that follows one that it gets: of each, or for each its own."""
    reminded_delay: Delay | None = None
    """The time from such a reminder to the answer; like ``delay`` by default."""
    deadline_days: Day | None = None
    """So many days after its request an account has missed the deadline, unless it has answered."""
    escalation: AccountCall | None = None
    """What the organization does about an account that has missed the deadline."""

    def contradictions(self) -> Iterator[Contradiction]:
        total = (self.accept or 0.0) + self.decline + self.leave + self.after_reminder
        if total > 1 and not math.isclose(total, 1, abs_tol=1e-9):
            yield Contradiction(f"accept, decline, leave and after_reminder add up to {total:g}, which is more than 1")
        days, shares = self.remind_after_days, self.reminded_accept
        if any(later <= earlier for earlier, later in pairwise(days)):
            message = f"must rise from one to the next, not {', '.join(f'{each:g}' for each in days)}"
            yield Contradiction(message, ("remind_after_days",))
        if isinstance(shares, tuple) and len(shares) != len(days):
            message = f"has {counted(len(shares), 'share')} for {counted(len(days), 'reminder')}"
            yield Contradiction(message, ("reminded_accept",), lacking=("remind_after_days",))
        if self.escalation and self.deadline_days is None:
            message = "needs deadline_days: when it happens"
            yield Contradiction(message, ("escalation",), lacking=("deadline_days",))

    def too_late(self, request: RequestKind) -> Iterator[Contradiction]:
        """Reminders and a deadline that come when a request has expired, and so reach nobody."""
        days = (MIGRATION_LIFETIME if request == "migration" else INVITATION_LIFETIME) / DAY
        message = f"its request expires on day {days:g}, so day {{:g}} reaches nobody"
        for index, day in enumerate(self.remind_after_days):
            if day >= days:
                yield Contradiction(message.format(day), (request, "remind_after_days", index))
        if self.deadline_days is not None and self.deadline_days >= days:
            yield Contradiction(message.format(self.deadline_days), (request, "deadline_days"))

    @property
    def answer_delay(self) -> Delay:
        """The time from the request to the answer, or from a reminder that a step sends."""
        return self.delay or AT_ONCE

    @property
    def follow_delay(self) -> Delay:
        """The time from a reminder of ``remind_after_days`` to the answer of an account that follows it."""
        return self.reminded_delay or self.answer_delay

    @property
    def reminders(self) -> tuple[tuple[int, float], ...]:
        """The time of each reminder after the request, in microseconds, and the share that follows it."""
        days, shares = self.remind_after_days, self.reminded_accept
        each = shares if isinstance(shares, tuple) else (shares,) * len(days)
        return tuple((round(day * DAY), share) for day, share in zip(days, each, strict=True))

    @property
    def is_deaf(self) -> bool:
        """Whether some say nothing, and no reminder makes any of them answer."""
        return not self.after_reminder and round(self.accepting + self.decline + self.leave, 9) < 1

    @property
    def accepting(self) -> float:
        """The share that accepts without a reminder."""
        if self.accept is not None:
            return self.accept
        return max(0.0, 1.0 - self.decline - self.leave - self.after_reminder)


class PopulationTable(Table, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """A group of accounts that behave alike."""

    origin: Origin
    """``invited``: exist, can be invited; ``created``: an organization creates them; ``standalone``: belong to none;
    ``member``: see ``MemberTable``."""
    count: Count
    like: str = ""
    """Another population, from which it has all that its own table does not say."""
    delay: Delay | None = None
    """The time to an answer, where a behaviour says no other; at once by default."""
    invitation: Behaviour = Behaviour()
    """How they answer an invitation."""
    migration: Behaviour = Behaviour()
    """How they answer the request to approve all features; accounts that the organization created are not asked."""

    def contradictions(self) -> Iterator[Contradiction]:
        if self.invitation.leave:
            message = "nobody leaves an organization by answering an invitation; use decline"
            yield Contradiction(message, ("invitation", "leave"))
        yield from self.invitation.too_late("invitation")
        yield from self.migration.too_late("migration")

    def behaviour(self, request: RequestKind) -> Behaviour:
        """How they answer a request."""
        own = self.migration if request == "migration" else self.invitation
        return structs.replace(own, delay=own.delay or self.delay)


class MemberTable(PopulationTable, frozen=True, forbid_unknown_fields=True, kw_only=True):
    """Members of an organization that is there when the run begins, its management account apart.

    An account belongs to the first population of the file that it fits.
    """

    origin: Origin = "member"
    count: Count = MOST_ACCOUNTS
    """At most so many, those first that joined first."""
    of: str = ""
    """The organization, by its name in the scenario; may be left out if there is only one."""
    unit: str = ""
    """An OU, as names from the root on, ``Workloads/Prod``: members in it and below it. Empty: in the whole tree."""


def table_of(table: Any) -> type[PopulationTable]:
    """The struct for a population as it stands in a file: one that is ``of`` something has members."""
    if not isinstance(table, dict):
        return PopulationTable
    keys = cast("dict[str, Any]", table)
    if keys.get("origin") in get_args(Origin):
        return MemberTable if keys["origin"] == "member" else PopulationTable
    # Keys may be misspelt.
    meant = {name for key in keys for name in close_to(key, MemberTable.__struct_encode_fields__, 1)}
    return PopulationTable if meant.isdisjoint(("of", "unit")) else MemberTable
