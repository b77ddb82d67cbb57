"""The figures that a scenario has: of the run as a whole, and of each organization, population, track and step.

The figures of a part are named ``PART.FIGURE``. A part is ``organizations.NAME``, ``populations.NAME``,
``tracks.NAME``, ``steps.NUMBER`` or ``tracks.NAME.NUMBER``; its NAME alone is enough where nothing else that is called
so has the figure.
"""

import re
from collections.abc import Iterable, Iterator, Mapping

from msgspec import Struct

from ....engine.spelling import MOST_NAMED, quoted
from ...choices import choose
from .metrics import DISTRIBUTIONS, NUMBERS, OF_ORGANIZATIONS, OF_POPULATIONS, OF_STEPS, OF_TRACKS, STATISTICS
from .steps import PLAIN

PERCENTILE = re.compile(r"p(?:100|[1-9]?[0-9])\Z")
PART_KINDS = ("organizations", "populations", "tracks", "steps")
RUN = ""
"""The run as a whole, among the parts."""


class Figure(Struct, frozen=True):
    """A figure by its place in an outcome."""

    part: str
    """Such as ``organizations.ours``; ``RUN`` for the run."""
    name: str
    """With its statistic, if it has many values: ``joining_days.p95``."""


class Figures:
    """The figures of a scenario.

    Args:
        organizations: their names.
        populations: their names.
        tracks: name of each track to the number of its steps.
        plain: the number of steps of the plain list.
    """

    def __init__(
        self,
        organizations: Iterable[str] = (),
        populations: Iterable[str] = (),
        tracks: Mapping[str, int] | None = None,
        plain: int = 0,
    ) -> None:
        tracks = tracks or {}
        self.parts: dict[str, Mapping[str, str]] = {RUN: NUMBERS | DISTRIBUTIONS}
        """Part to its figures and their meanings."""
        self.parts |= {f"organizations.{name}": OF_ORGANIZATIONS for name in organizations}
        self.parts |= {f"populations.{name}": OF_POPULATIONS for name in populations}
        self.parts |= {f"steps.{number}": OF_STEPS for number in range(1, plain + 1)}
        for name, steps in tracks.items():
            self.parts[f"tracks.{name}"] = OF_TRACKS
            self.parts |= {f"tracks.{name}.{number}": OF_STEPS for number in range(1, steps + 1)}
        self._short: dict[str, list[str]] = {}
        """Name without its kind to the parts that are called so."""
        for part in self.parts:
            kind, _, name = part.partition(".")
            if name and kind != "steps" and name not in (*PART_KINDS, *self.parts[RUN]):
                self._short.setdefault(name, []).append(part)

    def find(self, name: str) -> Figure:
        """Find a figure by its name.

        Raises:
            ValueError: there is none, its part could be one of several, or it does not say which statistic.
        """
        metric = name.partition(".")[0]
        if metric in self.parts[RUN]:
            return self._figure(RUN, name, name)
        # The names of parts may have dots in them: the longest of those that it begins with.
        ends = (end for end in range(len(name) - 1, 0, -1) if name[end] == ".")
        prefix = next((name[:end] for end in ends if name[:end] in self._short or name[:end] in self.parts), "")
        if not prefix:
            raise ValueError(self._unknown(name))
        parts, figure = self._short.get(prefix, [prefix]), name[len(prefix) + 1 :]
        having = [part for part in parts if figure.partition(".")[0] in self.parts[part]]
        if len(having) > 1:
            raise ValueError(f"{name} could be several: write {' or '.join(f'{part}.{figure}' for part in having)}")
        return self._figure((having or parts)[0], name, figure)

    def _figure(self, part: str, name: str, figure: str) -> Figure:
        metric, dot, statistic = figure.partition(".")
        known = self.parts[part]
        if metric not in known:
            raise ValueError(f"{part} has no figure {quoted(metric)}{choose(metric, sorted(known))}")
        if metric not in DISTRIBUTIONS:
            if dot:
                whole = " for the run" if part == RUN else ""
                raise ValueError(
                    f"{name.removesuffix(f'.{statistic}')} is one number{whole}; it has no {quoted(statistic)}"
                )
        elif statistic not in STATISTICS and not PERCENTILE.match(statistic):
            wanted = f"one of {', '.join(STATISTICS)} or p0 to p100, such as {metric}.p95"
            given = f", not {quoted(statistic)}" if statistic else ""
            raise ValueError(f"{metric} has many values; say which with {wanted}{given}")
        return Figure(part, figure)

    def _unknown(self, name: str) -> str:
        """Why no figure has a name: its part is unknown, or else the figure; with the closest, and what there is."""
        part, dot, figure = name.partition(".")
        if dot and part in PART_KINDS:
            number, _, figure = figure.partition(".")
            part = f"{part}.{number}"
        short = self._short_names()
        parts = [*dict.fromkeys(short.get(each, each) for named in self._short.values() for each in named)]
        parts += [each for each in self.parts if each.startswith("steps.")]
        if any(metric_of(figure) in figures for figures in self.parts.values()):
            return f"no organization, population, track or step is called {quoted(part)}{choose(part, parts)}"
        of = f", and those of {', '.join(parts[:MOST_NAMED])}" if parts else ""
        known = [*sorted(self.parts[RUN]), *self._short]
        return f"there is no figure {quoted(name)}{choose(part, known, f'`orgsim figures FILE` lists all{of}')}"

    def listed(self) -> Iterator[tuple[str, str, str]]:
        """All figures: the part, the name as a threshold has it, and its meaning."""
        short = self._short_names()
        for part, figures in self.parts.items():
            for name, meaning in figures.items():
                yield part, f"{short.get(part, part)}.{name}".lstrip("."), meaning

    def _short_names(self) -> dict[str, str]:
        """The parts whose name alone is enough, to that name: no other that is called so has one of their figures."""
        return {
            part: name
            for name, parts in self._short.items()
            for part in parts
            if all(self.parts[part].keys().isdisjoint(self.parts[each]) for each in parts if each != part)
        }


def figures_of(organizations: Iterable[str], populations: Iterable[str], tracks: Mapping[str, int]) -> Figures:
    """The figures of a scenario.

    Args:
        organizations: their names.
        populations: their names.
        tracks: name of each track, the plain list of steps among them, to the number of its steps.
    """
    named = {name: steps for name, steps in tracks.items() if name != PLAIN}
    return Figures(organizations, populations, named, tracks.get(PLAIN, 0))


def metric_of(name: str) -> str:
    """The figure itself in a name of a figure: ``joining_days`` in ``partners.joining_days.p95``."""
    rest, _, last = name.rpartition(".")
    return rest.rpartition(".")[2] if last in STATISTICS or PERCENTILE.match(last) else last
