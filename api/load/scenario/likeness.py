"""Reads the populations of a scenario file, of which one may be like another."""

from collections.abc import Collection, Iterable, Iterator, Mapping
from functools import reduce
from typing import Any, cast

from ....engine.spelling import quoted
from ...choices import choose
from .conversion import salvage
from .populations import PopulationTable, table_of
from .problems import KeyPath, Problem, Problems

BEHAVIOURS = ("invitation", "migration")
"""Tables of which a population may say some keys, and have the others from the one that it is like."""


def read_populations(tables: Mapping[str, Any], problems: Problems) -> dict[str, PopulationTable | None]:
    """Read the populations of a file.

    Args:
        tables: name to table, as ``tomllib`` returns them.
        problems: what is wrong is added to it; ``without_inherited`` removes what is told several times.

    Returns:
        Name to population; None for one that cannot be read.
    """
    order, circles = _bases_first(tables)
    whole, lost, found = dict[str, Any](), dict[str, set[KeyPath]](), dict[str, PopulationTable | None]()
    for name in order:
        base = _base(name, tables)
        whole[name] = _merged(whole[base] if base in whole else circles.get(name, {}), tables[name])
        wrong = Problems(_wrong_likeness(name, tables, circles))
        inherited = (
            {place for place in lost.get(base, ()) if not _says(tables[name], place)} if base else set[KeyPath]()
        )
        wrong.lost = {("populations", name, *place) for place in inherited}
        found[name] = _read(name, whole[name], wrong)
        lost[name] = {place[2:] for place in wrong.lost}
        problems += wrong
        problems.lost |= wrong.lost
    return {name: found[name] for name in tables}


def _read(name: str, table: Any, found: Problems) -> PopulationTable | None:
    """Read a population with all that it has from others; what is found wrong is added."""
    path = ("populations", name)
    if found:
        found.lost.add((*path, "like"))
    population: PopulationTable | None = salvage(table, table_of(table), path, found, needed=("like", "origin"))
    if (*path, "like") in found.lost:
        # What is missing may be in the one that is meant.
        found[:] = [each for each in found if each.path != path or each.key in ("", *table)]
    found += followers_of_nothing(table, path, found.lost, BEHAVIOURS)
    return population


def followers_of_nothing(
    table: Any, path: KeyPath, lost: Collection[KeyPath], behaviours: Iterable[str]
) -> Iterator[Problem]:
    """Behaviours that say how reminders are followed, and not who waits for one: nobody would follow them.

    Args:
        table: of a population or an organization, as it stands in the file.
        path: of the table.
        lost: paths of keys that cannot be read.
        behaviours: its keys that may have one.
    """
    for key in behaviours:
        behaviour = cast("dict[str, Any]", table).get(key) if isinstance(table, dict) else None
        keys = cast("dict[str, Any]", behaviour) if isinstance(behaviour, dict) else {}
        said = next((each for each in ("reminded_accept", "reminded_delay") if each in keys), "")
        if said and "after_reminder" not in keys and (*path, key, "after_reminder") not in lost:
            yield Problem("needs after_reminder: the share that waits for a reminder", (*path, key, said))


def _like(name: str, tables: Mapping[str, Any]) -> Any:
    return cast("dict[str, Any]", tables[name]).get("like") if isinstance(tables[name], dict) else None


def _base(name: str, tables: Mapping[str, Any]) -> str | None:
    """The population that a population is like; None if there is none."""
    like = _like(name, tables)
    return like if isinstance(like, str) and isinstance(tables.get(like), dict) else None


def _bases_first(tables: Mapping[str, Any]) -> tuple[list[str], dict[str, Any]]:
    """All populations, each behind the one that it is like, so that every table is merged once.

    Returns:
        Their names; and of those that are like themselves, by way of others or not, what all of their circle say.
    """
    order, circles = dict[str, None](), dict[str, Any]()
    for name in tables:
        line, each = dict[str, None](), name
        while each is not None and each not in order and each not in line:
            line[each] = None
            each = _base(each, tables)
        if each in line:
            circle = [*line][[*line].index(each) :]
            circles |= dict.fromkeys(circle, reduce(_merged, (tables[member] for member in reversed(circle))))
        order |= dict.fromkeys(reversed(line))
    return [*order], circles


def _wrong_likeness(name: str, tables: Mapping[str, Any], circles: Collection[str]) -> Iterator[Problem]:
    path, like = ("populations", name, "like"), _like(name, tables)
    if not isinstance(like, str):
        return
    if like not in tables:
        others = [each for each in tables if each != name]
        yield Problem(f"no population is called {quoted(like)}{choose(like, others)}", path)
    elif name in circles:
        yield Problem("a population cannot be like itself", path)


def _merged(base: dict[str, Any], own: Any) -> Any:
    if not isinstance(own, dict):
        return own
    own = cast("dict[str, Any]", own)
    merged = {**base, **own}
    for key in BEHAVIOURS:
        if isinstance(base.get(key), dict) and isinstance(own.get(key), dict):
            merged[key] = {**base[key], **own[key]}
    return merged


def without_inherited(problems: Iterable[Problem], tables: Mapping[str, Any]) -> list[Problem]:
    """What is wrong, but for what is told of a population only because it is like another, of which it is told too."""
    problems = [*problems]
    told = {(each.path[1], _place(each)) for each in problems if _is_of_population(each)}

    def inherited(problem: Problem) -> bool:
        name, place = str(problem.path[1]), _place(problem)
        merged = place == () or place in [(each,) for each in BEHAVIOURS]
        base = _base(name, tables)
        return base != name and (base, place) in told and (merged or not _says(tables[name], place))

    return [each for each in problems if not (_is_of_population(each) and inherited(each))]


def _is_of_population(problem: Problem) -> bool:
    return problem.path[:1] == ("populations",) and len(problem.path) > 1


def _place(problem: Problem) -> KeyPath:
    """The place of a mistake in the table of its population."""
    return (*problem.path[2:], *([problem.key] if problem.key else []))


def _says(own: Any, place: KeyPath) -> bool:
    """Whether a population has a key itself."""
    first, *rest = place
    if first in BEHAVIOURS and rest and isinstance(own.get(first), dict):
        return rest[0] in own[first]
    return first in own
