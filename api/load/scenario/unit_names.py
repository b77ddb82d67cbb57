"""Names of OUs in braces: ``{/Workloads/Prod}`` in a text of a step stands for the id of an OU that is there before."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from typing import Any

from ....engine.spelling import quoted
from ...choices import choose
from .checks import places_in, unit_of
from .model import Scenario
from .organizations import OrganizationTable, behaviours, path_of
from .populations import PopulationTable
from .problems import KeyPath, Problem
from .steps import Call, CreateAccounts, Track

Texts = tuple[str, Mapping[str, Any], KeyPath]
"""The organization that calls, empty if it is not known; the members of the request; and their path."""


def unit_names(scenario: Scenario) -> set[str]:
    """The names of OUs in braces that a scenario has."""
    texts = _texts(scenario.all_tracks, scenario.populations, scenario.organizations)
    return {name for _, members, path in texts for _, name in places_in(members, path) if unit_of(name)}


def wrong_unit_names(
    tracks: Sequence[Track],
    populations: Mapping[str, PopulationTable | None],
    organizations: Mapping[str, OrganizationTable | None],
    units: Mapping[str, Collection[str]],
) -> Iterator[Problem]:
    """Find names in braces of OUs that there are not.

    Args:
        tracks: whose steps have their organizations filled in.
        populations: None is one that cannot be read.
        organizations: likewise.
        units: organization to the paths of its OUs, of those of which they are known.
    """
    for caller, members, path in _texts(tracks, populations, organizations):
        for place, name in places_in(members, path):
            if found := unit_of(name):
                yield from _wrong(found[0] or caller, found[1], place, organizations, units)


def _wrong(
    of: str, unit: str, place: KeyPath, organizations: Collection[str], units: Mapping[str, Collection[str]]
) -> Iterator[Problem]:
    if of and of not in organizations:
        yield Problem(f"no organization is called {quoted(of)}{choose(of, [*organizations])}", place)
        return
    # Which organization asks, and so escalates, is not known: any may have it.
    asked = [of] if of else [*organizations]
    if all(each in units and unit not in units[each] for each in asked):
        there = sorted({path for each in asked for path in units[each]})
        message = f"{of or 'no organization'} has {'no' if of else 'an'} OU {quoted(unit)} when the run begins"
        yield Problem(f"{message}{choose(unit, there)}; what a step creates has a name by its save", place)


def _texts(
    tracks: Sequence[Track],
    populations: Mapping[str, PopulationTable | None],
    organizations: Mapping[str, OrganizationTable | None],
) -> Iterator[Texts]:
    for track in tracks:
        for index, step in enumerate(track.steps):
            if isinstance(step, Call):
                yield step.organization, step.members, (*track.path, index, "with")
            if isinstance(step, CreateAccounts):
                for number, following in enumerate(step.then or ()):
                    yield step.organization, following.members, (*track.path, index, "then", number, "with")
    for name, request, behaviour in behaviours(populations, organizations):
        if behaviour.escalation:
            yield "", behaviour.escalation.members, (*path_of(name, request), "escalation", "with")
