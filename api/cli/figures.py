"""The command ``orgsim figures``: the figures that thresholds of a scenario can be about, with their meanings."""

from collections.abc import Iterator
from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from msgspec import Struct

from ..load.scenario import load_scenario
from ..load.scenario.figures import RUN, Figures
from ..load.scenario.metrics import DISTRIBUTIONS, STATISTICS
from .of_scenarios import run_scenario
from .terminal import AsJson, print_json, print_line

HEADS = {
    "organizations": "Of each organization",
    "populations": "Of each population",
    "tracks": "Of each track",
    "steps": "Of each step",
}


class Listed(Struct, frozen=True):
    """A figure; its fields are the keys of ``--json``."""

    name: str
    """As a threshold has it, without its statistic."""
    part: str
    """``organizations.NAME``, ``populations.NAME``, ``tracks.NAME``, ``steps.NUMBER``; empty: the run as a whole."""
    meaning: str
    many_values: bool
    """Whether a threshold names a statistic too, such as ``p95``."""


def figures(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (TOML).")],
    as_json: AsJson = False,
) -> None:
    """List the figures that thresholds can be about."""
    known = run_scenario(partial(load_scenario, scenario)).figures
    if as_json:
        print_json({"figures": [*_listed(known)], "statistics": [*STATISTICS, "p0 to p100"]})
        return
    groups: dict[str, list[Listed]] = {}
    for each in _listed(known):
        groups.setdefault(each.part, []).append(each)
    _print_group("Of the run", "", groups.pop(RUN))
    for head, parts in _alike(groups).items():
        names = [groups[part][0].name.rpartition(".")[0] for part in parts]
        _print_group(f"{head}: {', '.join(names)}", f"{names[0]}.", groups[parts[0]])
    _print("")
    _print(f"STATISTIC is one of {', '.join(STATISTICS)}, or p0 to p100.")


def _listed(known: Figures) -> Iterator[Listed]:
    for part, name, meaning in known.listed():
        yield Listed(name, part, meaning, name.rpartition(".")[2] in DISTRIBUTIONS)


def _alike(groups: dict[str, list[Listed]]) -> dict[str, list[str]]:
    """Head to the parts of a kind, which have the same figures."""
    found: dict[str, list[str]] = {}
    for part in groups:
        kind = part.partition(".")[0]
        track, _, number = part.rpartition(".")
        of_step = kind == "tracks" and number.isdigit() and track in groups
        found.setdefault(HEADS["steps" if of_step else kind], []).append(part)
    return found


def _print_group(head: str, prefix: str, group: list[Listed]) -> None:
    _print("")
    _print(head)
    names = [f"{prefix}{each.name.rpartition('.')[2]}{'.STATISTIC' if each.many_values else ''}" for each in group]
    width = max(map(len, names))
    for name, each in zip(names, group, strict=True):
        _print(f"  {name:{width}}  {each.meaning}")


def _print(line: str) -> None:
    print_line(line)
