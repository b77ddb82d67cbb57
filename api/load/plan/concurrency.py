"""Tracks that go on at the same time: which populations and organizations more than one of them is about.

Who comes first is only known when they are played, so what a plan says of such populations is not certain.
"""

from collections.abc import Iterable
from itertools import combinations

from msgspec import Struct

from ..scenario.model import Scenario
from ..scenario.order import ended_before
from ..scenario.steps import Call, OrganizationStep, Step


class Shared(Struct, frozen=True):
    """What tracks that go on at the same time have in common."""

    populations: frozenset[str]
    organizations: frozenset[str]


def shared_by_tracks(scenario: Scenario) -> Shared:
    """Find the populations and organizations that several tracks are about at the same time."""
    tracks = scenario.all_tracks
    waiting = {track.name: track.table.predecessors for track in tracks}
    before = {name: ended_before(name, waiting) for name in waiting}
    about = {track.name: _about(track.steps, scenario) for track in tracks}
    populations, organizations = set[str](), set[str]()
    for one, other in combinations(about, 2):
        if one not in before[other] and other not in before[one]:
            populations |= about[one][0] & about[other][0]
            organizations |= about[one][1] & about[other][1]
    return Shared(frozenset(populations), frozenset(organizations))


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
