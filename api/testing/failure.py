"""What the report of a failed test says about its worlds: the seed, the last calls, the organizations, the log."""

import os
import shlex
from collections.abc import Iterator
from pathlib import Path

import pytest

from ...engine.shapes.base import moment_text
from ..simulation import Simulation
from .dump import DumpFailed, dump_log, file_name
from .fixtures import worlds_of
from .tree import organization_lines

CALLS = 10
"""How many calls are shown, the last."""

TREE_LINES = 40
"""How many lines at most show the organizations."""


def add_sections(item: pytest.Item, report: pytest.TestReport, dump: Path | None) -> None:
    """Add a section to the report of a failed test for each world that it may have used.

    Args:
        item: the test.
        report: its report.
        dump: the folder that is to keep the logs of failed tests.
    """
    worlds = worlds_of(item)
    for number, sim in enumerate(worlds, 1):
        title = "orgsim" if len(worlds) == 1 else f"orgsim, world {number} of {len(worlds)}"
        report.sections.append((title, _text(item, sim, dump, number)))


def _text(item: pytest.Item, sim: Simulation, dump: Path | None, number: int) -> str:
    lines: list[str] = []
    try:
        lines.extend(_lines(item, sim, dump, number))
    except Exception as error:  # whatever it is: the report of the test matters more
        lines.append(f"no more can be said of this world: {error!r}")
    return "\n".join(lines)


def _test_by_path(item: pytest.Item) -> str:
    """Name the test as the command line does, from where pytest was started."""
    _, colons, rest = item.nodeid.partition("::")
    return f"{os.path.relpath(item.path, item.config.invocation_params.dir)}{colons}{rest}"


def _lines(item: pytest.Item, sim: Simulation, dump: Path | None, number: int) -> Iterator[str]:
    state = sim.engine.state
    yield f"seed {state.seed}, clock at {moment_text(sim.engine.now, '%Y-%m-%dT%H:%M:%SZ')}, {state.position:,} events"
    yield f"again: python -m pytest {shlex.quote(_test_by_path(item))}"
    yield from _calls(sim)
    yield from organization_lines(sim.views, TREE_LINES)
    if dump:
        yield _dumped(sim, dump / file_name(item.nodeid, number))


def _calls(sim: Simulation) -> Iterator[str]:
    if sim.calls.missed:
        yield "its calls were not recorded: sim.calls was not looked at before the first"
        return
    last = sim.calls.last(CALLS)
    total = len(sim.calls)
    if not last:
        yield "no call was recorded"
    elif total > len(last):
        yield f"the last {len(last)} of {total:,} calls:"
    else:
        yield "calls:"
    yield from (f"  {call}" for call in last)


def _dumped(sim: Simulation, path: Path) -> str:
    try:
        dump_log(sim, path)
    except DumpFailed as error:
        return f"the log was not kept: {error}"
    return f"log: orgsim show {shlex.quote(str(path))} events"
