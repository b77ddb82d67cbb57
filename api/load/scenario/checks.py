"""Checks names across a scenario: every organization, population and saved text that a step names exists."""

import re
from collections.abc import Collection, Iterator, Mapping, Sequence
from itertools import chain
from typing import Any, cast

from msgspec import Struct, structs

from ....engine.operation import wrong_members
from ....engine.operations import OPERATIONS
from ....engine.settings import Settings
from ....engine.spelling import quoted
from ....engine.words import FeatureSet
from ....projections.reads import READS
from ...choices import choose, meant
from .answers import answer_of, wrong_way
from .figures import Figures
from .model import OrganizationTable
from .order import ReadTrack, SavedNames, TrackOrder, predecessors_of, wrong_order
from .organizations import behaviours, path_of
from .populations import AccountCall, PopulationTable
from .problems import KeyPath, Problem, Problems, ScenarioError
from .steps import (
    Call,
    CreateAccounts,
    Invite,
    OrganizationStep,
    Sending,
    Step,
    Track,
    Wait,
)
from .thresholds import read_condition

AWS_OPERATIONS: dict[str, type[Struct]] = {name: operation.Request for name, operation in OPERATIONS.items()} | {
    name: read.request for name, read in READS.items()
}
ALWAYS_KNOWN = ("organization", "root", "management_account")
KNOWN_FOR_EACH = ("account", "parent", "index")
UNIT = r"/[^{}\"]+"
PLACE = re.compile(rf"\{{(\w+|{UNIT}|[^{{}}\"]+\.(?:{'|'.join(ALWAYS_KNOWN)}|{UNIT}))\}}")
"""A placeholder: a name in braces, ``{root}``, the path of an OU, ``{/Workloads/Prod}``, or one of these with another
organization in front of it, ``{initech.root}``.

Other braces are left alone, as policy documents are full of them.
"""
OPEN = re.compile(rf"{PLACE.pattern}|\A\$")
"""Texts whose value is not known: with a placeholder, or in place of a parameter that there is not."""


def unit_of(name: str) -> tuple[str, str] | None:
    """The organization, if there is one in front, and the path of the OU that a name in braces names; None: no OU."""
    of, dot, path = name.partition("./")
    if name.startswith("/"):
        return "", name.removeprefix("/")
    return (of, path) if dot else None


def checked(
    organizations: Mapping[str, OrganizationTable | None],
    populations: Mapping[str, PopulationTable | None],
    tracks: Sequence[ReadTrack],
    figures: Figures,
    problems: Problems,
) -> tuple[Track, ...]:
    """Check all names, and return the tracks, whose steps have their organizations filled in.

    Args:
        organizations: None is one that cannot be read; its name is known all the same.
        populations: likewise.
        tracks: in the order of the file.
        figures: those that conditions can be about.
        problems: names that are unknown or name something of another kind, and tracks that wait for each other.
    """
    problems += [*_twice(organizations), *wrong_order(tracks)]
    elsewhere = [f"{name}.{word}" for name in organizations for word in ALWAYS_KNOWN] if len(organizations) > 1 else []
    order, savers = TrackOrder(predecessors_of(tracks)), _savers(tracks)
    saved_ever, elsewhere = dict.fromkeys(sorted(savers)), dict.fromkeys(elsewhere)
    problems += _wrong_escalations(populations, organizations, Names(saved_ever, elsewhere))
    filled = list[Track]()
    for track in tracks:
        saved = SavedNames(track.name, savers, order)
        # Before a track that cannot be read, any other may have ended.
        names = Names(saved if track.table else saved_ever, elsewhere)
        steps = list[Step]()
        for index, step in enumerate(track.steps):
            path = (*track.path, index)
            if step is not None:
                with problems.gathered():
                    steps.append(_with_organization(step, organizations, path))
                problems += _wrong_population(step, populations, path)
                problems += _wrong_step(step, names, path, figures)
            saved.own |= set(track.saves[index])
        if track.table is not None:
            filled.append(Track(track.name, track.table, tuple(steps)))
    return tuple(filled)


def _savers(tracks: Sequence[ReadTrack]) -> dict[str, dict[str, None]]:
    """Name to the tracks that save something under it."""
    found = dict[str, dict[str, None]]()
    for track in tracks:
        for name in (name for saves in track.saves for name in saves):
            found.setdefault(name, {})[track.name] = None
    return found


class Names(Collection[str]):
    """The names in braces that are known at a place, in the order in which a message tells them.

    Args:
        parts: collections of them, which are looked at only when somebody asks.
    """

    def __init__(self, *parts: Collection[str]) -> None:
        self._parts = parts

    def __contains__(self, name: object) -> bool:
        return any(name in each for each in self._parts)

    def __iter__(self) -> Iterator[str]:
        return chain.from_iterable(self._parts)

    def __len__(self) -> int:
        return sum(map(len, self._parts))


def _wrong_step(step: Step, names: Names, path: KeyPath, figures: Figures) -> Iterator[Problem]:
    if isinstance(step, Call):
        yield from _wrong_call(step, names, path)
    if isinstance(step, CreateAccounts):
        for index, following in enumerate(step.then or ()):
            yield from _wrong_account_call(following, names, (*path, "then", index), "MoveAccount")
    if isinstance(step, Wait) and step.until is not None:
        try:
            read_condition(step.until, figures)
        except ValueError as error:
            yield Problem(str(error), (*path, "until"))


def impossible_feature_sets(
    organizations: Mapping[str, OrganizationTable | None], settings: Settings
) -> Iterator[Problem]:
    """Find organizations that are founded with a feature set that the world does not have."""
    if settings.consolidated_billing_supported:
        return
    for name, organization in organizations.items():
        if organization and organization.is_founded and organization.founded_with is not FeatureSet.ALL:
            message = 'must be "ALL": settings.consolidated_billing_supported is false'
            yield Problem(message, ("organizations", name, "feature_set"))


def impossible_record(settings: Settings) -> Iterator[Problem]:
    """Find out whether a world of a run's own is to record more than a run does."""
    if settings.record != "changes":
        message = 'must be "changes": the log of a run has what has changed; refused calls are counted in its verdict'
        yield Problem(message, ("settings", "record"))


def _twice(organizations: Mapping[str, OrganizationTable | None]) -> Iterator[Problem]:
    seen: set[str] = set()
    for name, organization in organizations.items():
        if organization is None or organization.source:
            continue
        key, its, does = (
            ("id", organization.id, "is")
            if organization.id
            else ("management_account", organization.founder, "manages")
        )
        if its in seen:
            yield Problem(f"{its} {does} another one already", ("organizations", name, key))
        seen.add(its)


def _with_organization(step: Step, names: Collection[str], path: KeyPath) -> Step:
    if not isinstance(step, OrganizationStep):
        return step
    path = (*path, "organization")
    if not step.organization:
        if len(names) > 1:
            raise ScenarioError(Problem(f"say which (there are: {', '.join(names)})", path))
        return structs.replace(step, organization=next(iter(names)))
    if step.organization not in names:
        there_are = choose(step.organization, names)
        raise ScenarioError(Problem(f"no organization is called {quoted(step.organization)}{there_are}", path))
    return step


ORIGINS: Mapping[type[Any], tuple[str, ...]] = {CreateAccounts: ("created",), Invite: ("invited", "created", "member")}
"""Step to the origins that its population may have; other steps take any."""


def _wrong_population(
    step: Step, populations: Mapping[str, PopulationTable | None], path: KeyPath
) -> Iterator[Problem]:
    key = "for_each" if isinstance(step, Call) else "population"
    name = getattr(step, key, "")
    if not name and not isinstance(step, Sending):
        return
    origins = ORIGINS.get(type(step))

    def is_possible(table: PopulationTable | None) -> bool:
        return not origins or table is None or table.origin in origins

    if name not in populations or not is_possible(populations[name]):
        names = [each for each, table in populations.items() if is_possible(table)]
        kind = f" of origin {_either(origins)}" if origins else ""
        yield Problem(f"no population{kind} is called {quoted(name)}" + choose(name, names), (*path, key))


def _either(words: Sequence[str]) -> str:
    *others, last = words
    return f"{', '.join(others)} or {last}" if others else last


def _wrong_call(step: Call, names: Names, path: KeyPath) -> Iterator[Problem]:
    known = Names(ALWAYS_KNOWN, KNOWN_FOR_EACH if step.for_each else (), names)
    yield from _wrong_members(step.operation, step.members, known, (*path, "with"))
    answer = answer_of(step.operation)
    for name, way in step.save.items():
        if name in (*ALWAYS_KNOWN, *KNOWN_FOR_EACH) or not re.fullmatch(r"\w+", name):
            taken = ", ".join((*ALWAYS_KNOWN, *KNOWN_FOR_EACH))
            yield Problem(f"a name is of letters, digits and _, and none of {taken}", (*path, "save", name))
        elif answer and (wrong := wrong_way(answer, way)):
            yield Problem(wrong, (*path, "save", name))


def _wrong_members(operation: str, given: Mapping[str, Any], known: Names, path: KeyPath) -> Iterator[Problem]:
    """Check the members of a request, and the names in braces in them."""
    fields = {field.encode_name: field for field in structs.fields(AWS_OPERATIONS[operation])}
    lacking = [name for name, field in fields.items() if field.required and name not in given]
    # A name that is unknown may be meant for one that is lacking.
    if lacking and fields.keys() >= given.keys():
        yield Problem(f"{operation} would be refused: it lacks {', '.join(lacking)}", path)
    for name in given:
        if name not in fields:
            yield Problem(f"{operation} has no member {quoted(name)}{choose(name, [*fields])}", path, name)
    # OUs are looked for when it is known which there are: ``unit_names``.
    for place, name in places_in(given, path):
        if name in KNOWN_FOR_EACH and name not in known:
            yield Problem(f"{{{name}}} needs for_each: the population for whose accounts it is called", place)
        elif name not in known and not unit_of(name):
            yield Problem(f"nothing is called {{{name}}} here{choose(name, known)}", place)
    sure = {name: value for name, value in given.items() if name in fields and not any(places_in(value, path, OPEN))}
    for name, wrong in wrong_members(AWS_OPERATIONS[operation], sure):
        yield Problem(f"{operation} would be refused: {wrong}", path, name)


def _wrong_escalations(
    populations: Mapping[str, PopulationTable | None],
    organizations: Mapping[str, OrganizationTable | None],
    names: Names,
) -> Iterator[Problem]:
    for name, request, behaviour in behaviours(populations, organizations):
        if behaviour.escalation is not None:
            names_there, place = Names(("handshake",), names), (*path_of(name, request), "escalation")
            yield from _wrong_account_call(behaviour.escalation, names_there, place, "CancelHandshake")


def _wrong_account_call(each: AccountCall, names: Names, path: KeyPath, example: str) -> Iterator[Problem]:
    """Check a call for an account, which knows some names beside those of every such call."""
    if each.action in OPERATIONS:
        known = Names(ALWAYS_KNOWN, KNOWN_FOR_EACH, names)
        yield from _wrong_members(each.action, each.members, known, (*path, "with"))
        return
    guess = meant(each.action, OPERATIONS) or f", such as `{example}`"
    message = f"AWS has no operation {quoted(each.action)} that changes anything{guess}"
    yield Problem(message, (*path, "action"))


def places_in(value: Any, path: KeyPath, wanted: re.Pattern[str] = PLACE) -> Iterator[tuple[KeyPath, str]]:
    """Find the names in braces, or what else is wanted, in all texts of a value, each with its path."""
    if isinstance(value, str):
        yield from ((path, name) for name in wanted.findall(value))
    elif isinstance(value, Mapping):
        for key, part in cast("Mapping[str, Any]", value).items():
            yield from places_in(part, (*path, key), wanted)
    elif isinstance(value, list):
        for index, part in enumerate(cast("list[Any]", value)):
            yield from places_in(part, (*path, index), wanted)
