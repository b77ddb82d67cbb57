"""The timeline of a thing, or of everything: which calls changed it, when, by whom, and what they changed."""

import json
from collections.abc import Collection, Iterator
from difflib import get_close_matches
from itertools import islice

import msgspec
from msgspec import Struct

from ...projections.history.changes import ATTACHED, WITHOUT_DEFAULT, Kind, kind_of
from .entries import (
    CALL,
    EVERYTHING,
    Call,
    Change,
    Entry,
    Selection,
    call_at,
    changes_between,
    end_of_call,
    entries_of,
    entry_of,
)
from .history import History

NEAREST = 3
"""How many ids an error about an unknown one names."""

LONGEST = 140
"""The characters of an unknown id that are compared, and named; ids of AWS are shorter."""

SEARCHED = 2_000
"""Among how many ids before and behind it, in the order of the alphabet, the nearest are looked for."""


CALLS = f"""{CALL} WHERE position BETWEEN :first AND :last
    AND (:caller IS NULL OR account = :caller OR principal = :caller OR account || '/' || principal = :caller)
    AND (:operations IS NULL OR operation IN (SELECT value FROM json_each(:operations))) ORDER BY position"""


PARENT = "parent"
PARENTS: tuple[Kind, ...] = ("root", "organizational unit")
"""The kinds of things that are parents."""

PARENT_OF = f"""SELECT value FROM fact
    WHERE thing = (SELECT id FROM thing WHERE name = ?) AND attribute = '{PARENT}' AND {{edge}} = ?"""


HAVE_NAMES = """FROM thing JOIN fact ON fact.thing = thing.id
    WHERE thing.kind IN ('organizational unit', 'policy') AND attribute = 'name'"""
NAMED = f"SELECT DISTINCT thing.name {HAVE_NAMES} AND value = ? ORDER BY thing.id"
"""SQL for the ids of what has or had a name."""
VALUES = "SELECT DISTINCT value FROM fact WHERE thing = (SELECT id FROM thing WHERE name = ?) AND attribute = ?"
NAMES = f"SELECT DISTINCT value {HAVE_NAMES} LIMIT ?"
"""SQL for those names."""


class UnknownThing(LookupError):
    """There never was a thing with an id; the message names the nearest that there are."""


class Wanted(Struct, frozen=True):
    """What of a timeline is wanted; by default everything."""

    thing: str | None = None
    """Only what concerns it: an account, OU, root, policy, handshake, transfer or organization; by its id, the name of
    an OU or policy, or the path of an OU: ``Workloads/Prod``."""
    kinds: Collection[Kind] = ()
    """Only changes of these kinds of things, attachments counted as changes of the policy too."""
    operations: Collection[str] = ()
    """Only calls of these operations."""
    caller: str | None = None
    """Only calls by this account, by this principal, or by ``account/principal``."""
    most: int | None = None
    """At most so many changes of each call, all by default: one call may ask a million accounts for their approval."""


def timeline(history: History, after: int, last: int, wanted: Wanted) -> Iterator[Entry]:
    """The calls behind one position and up to another that changed something, in order, with what they changed.

    Raises:
        UnknownThing: there never was the thing that is wanted, or several are called so.
    """
    if wanted.thing is None and (wanted.operations or wanted.caller is not None):
        return _entries_of_calls(history, after, last, wanted)
    selection = EVERYTHING
    if wanted.thing is not None:
        wanted = msgspec.structs.replace(wanted, thing=find_thing(wanted.thing, history))
        selection = _about(wanted.thing or "")
    changes = changes_between(history, after, last, selection)
    if wanted.thing is not None and kind_of(wanted.thing) in PARENTS:
        changes = _with_other_parents(history, changes, wanted.thing)
    entries = entries_of(history, _of_kinds(changes, wanted), wanted.most)
    return (entry for entry in entries if _is_wanted(entry.call, wanted))


def _entries_of_calls(history: History, after: int, last: int, wanted: Wanted) -> Iterator[Entry]:
    """Look for the calls first, and then for what they changed: of a long log most calls are not wanted."""
    sought = {
        "first": call_at(history, after + 1).position if after < history.position else last + 1,
        "last": last,
        "caller": wanted.caller,
        "operations": json.dumps([*wanted.operations]) if wanted.operations else None,
    }
    for row in history.stream(CALLS, sought):
        call = Call(*row)
        end = min(end_of_call(history, call.position), last)
        changes = _of_kinds(changes_between(history, max(after, call.position - 1), end), wanted)
        entry = entry_of(call, changes, wanted.most)
        if entry:
            yield entry


def _with_other_parents(history: History, changes: Iterator[Change], thing: str) -> Iterator[Change]:
    """Say of what was moved into or out of a root or OU also where it came from, or where it went."""
    for change in changes:
        if change.attribute != PARENT or change.subject == thing:
            yield change
            continue
        place = (change.subject, change.position)
        before, after = (history.rows(PARENT_OF.format(edge=edge), place) for edge in ("until", "since"))
        yield msgspec.structs.replace(
            change, before=before[0][0] if before else None, after=after[0][0] if after else None
        )


def _of_kinds(changes: Iterator[Change], wanted: Wanted) -> Iterator[Change]:
    return (change for change in changes if _is_of(change, wanted.kinds)) if wanted.kinds else changes


def _is_of(change: Change, kinds: Collection[Kind]) -> bool:
    return change.kind in kinds or (change.attribute in (ATTACHED, WITHOUT_DEFAULT) and "policy" in kinds)


def _is_wanted(call: Call, wanted: Wanted) -> bool:
    if wanted.operations and call.operation not in wanted.operations:
        return False
    return wanted.caller is None or wanted.caller in (call.account, call.principal, call.caller)


def _about(thing: str) -> Selection:
    """What concerns a thing: its facts, where it is attached, what was offered to it, and what was in it."""
    values = {"thing": thing}
    if kind_of(thing) == "organization":
        member = "SELECT 1 FROM fact AS mine WHERE mine.thing = thing.id AND attribute = 'organization'"
        mine = f"(thing.organization = :thing OR EXISTS ({member} AND value = :thing))"
        return Selection(condition=mine, values=values)
    concerned = (
        "SELECT thing, id FROM fact WHERE thing = (SELECT id FROM thing WHERE name = :thing)",
        "SELECT thing, id FROM fact WHERE key = :thing AND key <> ''",
        "SELECT thing, fact.id FROM fact JOIN thing ON thing.id = fact.thing WHERE party = :thing",
        f"SELECT thing, id FROM fact WHERE attribute = '{PARENT}' AND value = :thing",
    )
    # CROSS lets SQLite begin with these few, not with all positions in their order.
    facts = f"({' UNION '.join(concerned)}) AS mine CROSS JOIN fact ON fact.thing = mine.thing AND fact.id = mine.id"
    return Selection(facts, values=values)


def find_thing(thing: str, history: History) -> str:
    """Find the id of a thing that there is or was, by that id, the name of an OU or policy, or the path of an OU.

    Raises:
        UnknownThing: there never was, or several have or had that name or path.
    """
    if history.rows("SELECT 1 FROM thing WHERE name = ?", (thing,)):
        return thing
    named = [name for (name,) in history.rows(NAMED, (thing,))] or list(_at_path(thing, history))
    if len(named) == 1:
        return named[0]
    if named:
        raise UnknownThing(f"{thing[:LONGEST]!r} is the name of {' and '.join(named)}: say which")
    around = (
        "SELECT name FROM thing WHERE name > ? ORDER BY name LIMIT ?",
        "SELECT name FROM thing WHERE name < ? ORDER BY name DESC LIMIT ?",
    )
    names = [name for statement in around for (name,) in history.rows(statement, (thing, SEARCHED))]
    names += [name for (name,) in history.rows(NAMES, (SEARCHED,))]
    nearest = get_close_matches(thing[:LONGEST], names, NEAREST, cutoff=0.4) or names[:NEAREST]
    choices = f"; the nearest are {', '.join(nearest)}" if nearest else ""
    raise UnknownThing(f"there never was {thing[:LONGEST]!r} in this log{choices}")


def _at_path(path: str, history: History) -> Iterator[str]:
    """The ids of the OUs that a path of names leads or led to, from a root on: ``Workloads/Prod``."""
    *above, last = [name for name in path.split("/") if name] or [""]
    for (unit,) in history.rows(NAMED, (last,)):
        if _is_below(unit, above, history):
            yield unit


def _is_below(unit: str, names: list[str], history: History) -> bool:
    """Whether the OUs above one have or had these names, and a root is above them."""
    for (parent,) in history.rows(VALUES, (unit, PARENT)):
        if not names:
            return kind_of(parent) == "root"
        if (names[-1],) in history.rows(VALUES, (parent, "name")):
            return _is_below(parent, names[:-1], history)
    return False


def first(entries: Iterator[Entry], limit: int | None) -> tuple[list[Entry], bool]:
    """The first entries, and whether there are more."""
    found = list(islice(entries, limit))
    return found, next(entries, None) is not None
