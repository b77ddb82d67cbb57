"""Tracks that go on at the same time: which populations and organizations more than one of them is about.

Who comes first is only known when they are played, so what a plan says of such populations is not certain.
"""

from collections.abc import Iterable
from itertools import combinations

from msgspec import Struct

from ..scenario.model import Scenario
from ..scenario.steps import Call, OrganizationStep, Step, Track


class Shared(Struct, frozen=True):
    """What tracks that go on at the same time have in common."""

    populations: frozenset[str]
    organizations: frozenset[str]


def shared_by_tracks(scenario: Scenario) -> Shared:
    """Find the populations and organizations that several tracks are about at the same time."""
    tracks = scenario.all_tracks
    before = {track.name: _predecessors(track, tracks) for track in tracks}
    populations, organizations = set[str](), set[str]()
    for one, other in combinations(tracks, 2):
        if one.name not in before[other.name] and other.name not in before[one.name]:
            both = [_about(track.steps, scenario) for track in (one, other)]
            populations |= both[0][0] & both[1][0]
            organizations |= both[0][1] & both[1][1]
    return Shared(frozenset(populations), frozenset(organizations))


def _predecessors(track: Track, tracks: Iterable[Track]) -> set[str]:
    """The tracks that have ended before it begins."""
    found = set(track.table.predecessors)
    for each in tracks:
        if each.name in track.table.predecessors:
            found |= _predecessors(each, tracks)
    return found


def _about(steps: Iterable[Step], scenario: Scenario) -> tuple[set[str], set[str]]:
    """The populations and the organizations that steps are about."""
    populations, organizations = set[str](), set[str]()
    for step in steps:
        named: str = getattr(step, "for_each" if isinstance(step, Call) else "population", "")
        if isinstance(step, OrganizationStep):
            organizations.add(step.organization)
            # One that names no population is about all members, if it is about accounts at all.
            populations |= {named} if named else set(scenario.populations)
    return populations, organizations
