"""Tracks that go on at the same time: which populations and organizations more than one of them is about.

Who comes first is only known when they are played, so what a plan says of such populations is not certain.
"""

from bisect import bisect_left
from collections import defaultdict
from collections.abc import Iterable
from itertools import pairwise

from msgspec import Struct

from ..scenario.model import Scenario
from ..scenario.order import TrackOrder
from ..scenario.steps import Call, OrganizationStep, Step

ALL = ""
"""All populations, among them."""


class Shared(Struct, frozen=True):
    """What tracks that go on at the same time have in common."""

    populations: frozenset[str]
    organizations: frozenset[str]


def shared_by_tracks(scenario: Scenario) -> Shared:
    """Find the populations and organizations that several tracks are about at the same time."""
    tracks = scenario.all_tracks
    order = TrackOrder({track.name: track.table.predecessors for track in tracks})
    by_place = sorted(tracks, key=lambda track: order.places[track.name])
    populations, organizations = defaultdict[str, list[str]](list), defaultdict[str, list[str]](list)
    for track in by_place:
        about_populations, about_organizations = _about(track.steps)
        for found, about in ((populations, about_populations), (organizations, about_organizations)):
            for each in about:
                found[each].append(track.name)
    about_all = populations.pop(ALL, [])
    if not _follow(about_all, order):
        shared = {*scenario.populations}
    else:
        shared = {
            each for each in scenario.populations if not _follow(_merged(populations[each], about_all, order), order)
        }
    return Shared(
        frozenset(shared), frozenset(each for each, about in organizations.items() if not _follow(about, order))
    )


def _follow(tracks: list[str], order: TrackOrder) -> bool:
    """Whether each of some tracks begins after the one before it has ended, where they are in the order of all."""
    return all(order.has_ended(one, other) for one, other in pairwise(tracks))


def _merged(tracks: list[str], others: list[str], order: TrackOrder) -> list[str]:
    """Tracks in the order of all, with those of others that are next to them."""
    places = [order.places[each] for each in others]
    found = dict[str, None]()
    for track in tracks:
        place = bisect_left(places, order.places[track])
        found |= dict.fromkeys([*others[max(0, place - 1) : place], track, *others[place : place + 2]])
    return sorted(found, key=order.places.__getitem__)


def _about(steps: Iterable[Step]) -> tuple[set[str], set[str]]:
    """The populations and the organizations that steps are about."""
    populations, organizations = set[str](), set[str]()
    for step in steps:
        named: str = getattr(step, "for_each" if isinstance(step, Call) else "population", "")
        if isinstance(step, OrganizationStep):
            organizations.add(step.organization)
            # One that names no population is about all members, if it is about accounts at all.
            populations.add(named or ALL)
    return populations, organizations
