"""What came of reading a trail: how many records were read, used and skipped, what was inferred, what is wrong."""

from collections import Counter
from collections.abc import Iterator, Sequence
from typing import Any, Literal

from msgspec import Struct, field

from ....engine.events import Event, RecordTaken
from ....engine.records.placeholders import is_placeholder
from ....engine.state import State
from ...events_json import iso_time

Kind = Literal["unreadable", "no record", "late", "in the future", "not placed"]
"""What can be wrong: with a file, with a record, or with what it says."""

MOST_NAMED = 1_000
"""How many problems are kept with their records; all are counted."""


LONGEST = 300
"""How much of a record's own words a problem repeats, in characters."""


class Problem(Struct, frozen=True):
    """Something that was not taken, and why."""

    kind: Kind
    where: str
    """The file and the line, or the eventID."""
    why: str


class Summary(Struct):
    """What came of a run."""

    files: int = 0
    read: int = 0
    """Records of any service."""
    of_others: int = 0
    """Records of other services than Organizations, which are skipped."""
    known: int = 0
    """Records that the log had already, or that came twice."""
    changed: int = 0
    """Records that said that something changed."""
    asked: int = 0
    """Records of questions."""
    refused: int = 0
    """Records of refused calls."""
    left: int = 0
    """Records that are left for a later run."""
    inferred: Counter[str] = field(default_factory=Counter[str])
    """Types of events that the trail does not say, and how many of each."""
    problems: Counter[Kind] = field(default_factory=Counter[Kind])
    named: list[Problem] = field(default_factory=list[Problem])
    """The first problems."""
    begins_at: int | None = None
    ends_at: int | None = None
    """The times of the first and of the last record that was taken."""

    def problem(self, kind: Kind, where: str, why: str) -> None:
        """Count something that is wrong."""
        self.problems[kind] += 1
        if len(self.named) < MOST_NAMED:
            self.named.append(Problem(kind, _shortened(where), _shortened(why)))

    def took(self, time: int, events: Sequence[Event]) -> None:
        """Count a record that was taken, by its events."""
        taken = events[0]
        assert isinstance(taken, RecordTaken)
        self.begins_at = time if self.begins_at is None else self.begins_at
        self.ends_at = time
        if taken.changed:
            self.changed += 1
        elif taken.code:
            self.refused += 1
        else:
            self.asked += 1
        if taken.inferred:
            self.inferred.update(type(event).__name__ for event in events[1 : 1 + taken.inferred])

    @property
    def taken(self) -> int:
        """Records that were taken."""
        return self.changed + self.asked + self.refused

    def as_dict(self, log: str, state: State | None) -> dict[str, Any]:
        """Everything as JSON, with the organizations that stand at the end."""
        return {
            "log": log,
            "files": self.files,
            "records": {
                "read": self.read,
                "taken": self.taken,
                "changed": self.changed,
                "asked": self.asked,
                "refused": self.refused,
                "of_other_services": self.of_others,
                "known_already": self.known,
                "left_for_later": self.left,
            },
            "first": iso_time(self.begins_at),
            "last": iso_time(self.ends_at),
            "inferred": dict(self.inferred),
            "gaps": list(gaps(state)) if state else [],
            "problems": {
                "counted": dict(self.problems),
                "named": [{"kind": each.kind, "where": each.where, "why": each.why} for each in self.named],
            },
            "organizations": [
                {
                    "id": each.id,
                    "management_account": each.management_account,
                    "members": len(each.members),
                    "organizational_units": max(0, len(each.units.by_id) - 1),
                    "deleted": each.deleted,
                }
                for each in (state.organizations.values() if state else ())
            ],
        }


def _shortened(text: str) -> str:
    return text if len(text) <= LONGEST else f"{text[: LONGEST // 2]} … {text[-LONGEST // 2 :]}"


def gaps(state: State) -> Iterator[str]:
    """What the trail leaves open about the organizations that stand at its end."""
    for organization in state.organizations.values():
        if organization.deleted:
            continue
        if is_placeholder(organization.id):
            yield f"{organization.id}: no record names the organization of {organization.management_account}"
        if is_placeholder(organization.root):
            yield f"{organization.id}: no record names its root; {organization.root} stands for it"
        for creation in organization.creations.values():
            yield f"{organization.id}: the account creation {creation} has no CreateAccountResult"
        for policy in organization.policies.by_id.values():
            if policy.name == policy.id:
                yield f"{organization.id}: no record tells what is in {policy.id}, nor what it is called"
        written = organization.access.resource_policy
        if written and "HiddenInCloudTrail" in written.content:
            yield f"{organization.id}: the content of {written.id} is hidden; it grants nothing here"
