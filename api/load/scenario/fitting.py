"""How many members populations get of organizations that are there when a run begins, and which get too few.

They are given theirs in the order of the file. One with a count takes those of its OU that joined first; in which of
the OUs below those are cannot be told before a run, so there are bounds.
"""

from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ....engine.spelling import quoted
from ...plurals import counted
from ...standing import ROOT
from .organizations import UnitMembers
from .populations import MOST_ACCOUNTS, MemberTable, PopulationTable
from .problems import Problem


class Taken(Struct, frozen=True):
    """How many members a population gets."""

    there: int
    """So many are in its OU, and below it."""
    least: int
    most: int
    units: int = 0
    """The number of OUs of which it surely gets all members; 0: of some it may get a part."""

    @property
    def likely(self) -> int:
        """A number in the middle."""
        return (self.least + self.most) // 2


class _Unit(Struct, eq=False):
    """An OU with all below it, or the root, while its members are taken."""

    above: "_Unit | None"
    there: int = 0
    left: int = 0
    """Members that are there, but for those of OUs that are empty by now."""
    units: int = 0
    """The OUs that have some of those."""
    own: tuple[int, int] = (0, 0)
    """How many of those are taken by populations of this very OU, wherever they are: at least, at most."""
    taken: tuple[int, int] = (0, 0)
    """The same of those and all OUs below."""
    is_empty: bool = False

    @property
    def line(self) -> "Iterator[_Unit]":
        """The OU and those above it, up to the root."""
        unit: _Unit | None = self
        while unit:
            yield unit
            unit = unit.above

    def free(self) -> tuple[int, int]:
        """How many members nobody has taken: at least, at most."""
        if any(each.is_empty for each in self.line):
            return 0, 0
        # What was taken above may have been here, and was here as far as the others are too few.
        above = [(*each.own, each.left - self.left) for each in self.line if each is not self]
        here = max((least - others for least, _, others in above), default=0)
        at_least = self.left - self.taken[1] - sum(most for _, most, _ in above)
        return max(0, at_least), self.left - self.taken[0] - max(0, here)

    def take(self, least: int, most: int) -> None:
        """Note that so many are taken."""
        self.own = self.own[0] + least, self.own[1] + most
        for each in self.line:
            each.taken = each.taken[0] + least, each.taken[1] + most

    def take_all(self) -> None:
        """Note that all are taken: what is taken above was perhaps here, or is among the others."""
        self.is_empty, left, units, (least, most) = True, self.left, self.units, self.taken
        for each in self.line:
            each.left, each.units = each.left - left, each.units - units
            each.taken = each.taken[0] - least, each.taken[1] - most
        for each in self.line:
            if each is not self:
                each.take(-min(each.own[0], left), 0)


class Places:
    """The members of an organization by their OUs, of which populations take some one after the other.

    Args:
        units: the root first, and parents before their children.
    """

    def __init__(self, units: Iterable[UnitMembers]) -> None:
        self._units = dict[str, _Unit]()
        for each in units:
            unit = self._units[each.path] = _Unit(self._units.get(each.above))
            for place in unit.line:
                place.there += each.members
                place.left += each.members
                place.units += each.members > 0

    def take(self, path: str = ROOT, count: int = MOST_ACCOUNTS) -> Taken | None:
        """Take so many members of an OU and those below it, or as many as are left; None if there is no such OU."""
        unit = self._units.get(path)
        if unit is None:
            return None
        least, most = unit.free()
        if not most:
            return Taken(unit.there, 0, 0)
        takes_all = count >= most
        whole = takes_all and not unit.taken[1] and not any(each.own[1] for each in unit.line)
        taken = Taken(unit.there, min(count, least), min(count, most), unit.units if whole else 0)
        unit.take_all() if takes_all else unit.take(taken.least, taken.most)
        return taken


def given_members(
    populations: Mapping[str, PopulationTable | None], organizations: Iterable[str], places: Mapping[str, Places]
) -> Iterator[tuple[str, str, MemberTable, Taken]]:
    """Give populations their members: yields each, its organization, its table, and how many it gets.

    Args:
        populations: in the order of the file.
        organizations: likewise; populations that name none are of the first.
        places: organization to its members, of those of which they are known.
    """
    first = next(iter(organizations), "")
    for name, table in populations.items():
        if isinstance(table, MemberTable) and (of := table.of or first) in places:
            taken = places[of].take(table.unit or ROOT, table.count)
            if taken:
                yield name, of, table, taken


def too_many(
    populations: Mapping[str, PopulationTable | None],
    organizations: Iterable[str],
    members: Mapping[str, Iterable[UnitMembers]],
) -> Iterator[Problem]:
    """Find counts of more members than there surely are, and populations of which those before leave nobody.

    Args:
        populations: in the order of the file, in which they are given members; None is one that cannot be read.
        organizations: likewise; populations that name none are of the first.
        members: organization to its members, of those of which they are known.
    """
    if None in populations.values():
        return
    places = {name: Places(units) for name, units in members.items()}
    for name, of, table, taken in given_members(populations, organizations, places):
        path, count, free = ("populations", name), table.count, taken.most
        whose = f"OU {quoted(table.unit)} of {of}" if table.unit else of
        before = f", and populations before it take {taken.there - free:,}" if free < taken.there else ""
        if free < count < MOST_ACCOUNTS:
            message = f"must be at most {free:,}, not {count:,}: {whose} has {counted(taken.there, 'member')}{before}"
            yield Problem(message, (*path, "count"))
        elif taken.there and count and not free:
            yield Problem(f"nobody is left for it: {whose} has {counted(taken.there, 'member')}{before}", path)
