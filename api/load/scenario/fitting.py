"""Populations of members that ask for more than there can be, in organizations that are there when a run begins."""

from collections.abc import Iterator, Mapping

from .organizations import OrganizationTable, accounts_by_unit
from .populations import MOST_ACCOUNTS, MemberTable, PopulationTable
from .problems import KeyPath, Problem


def too_many(
    populations: Mapping[str, PopulationTable | None], organizations: Mapping[str, OrganizationTable | None]
) -> Iterator[Problem]:
    """Find counts of more members than there surely are, and populations of which those before leave nobody.

    Args:
        populations: in the order of the file, in which they are given members; None is one that cannot be read.
        organizations: likewise. What is in a log, or copied, is not known here.
    """
    for name, table in organizations.items():
        if table is not None and table.stands and None not in populations.values():
            places = _Places(name, table)
            for population, each in populations.items():
                if isinstance(each, MemberTable) and (each.of or next(iter(organizations))) == name:
                    yield from places.give(each, ("populations", population))


class _Places:
    """The members of an organization by their OUs, of which populations take some one after the other."""

    def __init__(self, name: str, table: OrganizationTable) -> None:
        self._name = name
        units = accounts_by_unit(table)
        self._all = {"": max(0, (table.accounts or 0) - sum(units.values())), **units}
        self._left = dict(self._all)
        self._taken: list[tuple[set[str], int]] = []
        """OUs, and how many of their members are taken: of which of them is not known, as the oldest go first."""

    def give(self, population: MemberTable, path: KeyPath) -> Iterator[Problem]:
        """Give a population its members, and tell if there are surely too few."""
        unit, count = population.unit, population.count
        fitting = {each for each in self._all if not unit or each == unit or each.startswith(f"{unit}/")}
        there = sum(self._all[each] for each in fitting)
        free = sum(self._left[each] for each in fitting) - sum(taken for at, taken in self._taken if at <= fitting)
        whose = f"OU {unit!r} of {self._name}" if unit else self._name
        before = f", and populations before it take {there - free:,}" if free < there else ""
        if fitting and free < count < MOST_ACCOUNTS:
            message = f"must be at most {free:,}, not {count:,}: {whose} has {there:,} members{before}"
            yield Problem(message, (*path, "count"))
        elif there and count and not free:
            yield Problem(f"nobody is left for it: {whose} has {there:,} members{before}", path)
        if count >= free:
            self._left |= dict.fromkeys(fitting, 0)
            self._taken = [each for each in self._taken if each[0].isdisjoint(fitting)]
        elif all(at <= fitting or at.isdisjoint(fitting) for at, _ in self._taken):
            self._taken.append((fitting, count))
