"""Profiles the all-features migration by sampling, by component and by function.

``python benchmarks/hot_spots.py [--accounts N] [--json FILE]`` has py-spy sample a hundred times a second ``orgsim
simulate`` of scenarios/enable-all-features.toml on an SQLite log, and counts who holds the interpreter lock: whatever
waits, or works in SQLite with the lock released, is not in it; nor is the start of Python. A sample belongs to the
first component that any function of its stack is in. What msgspec and hashlib do in C counts for the function that
calls them.
"""

import argparse
import re
import subprocess
import sys
from collections import Counter
from pathlib import Path

import msgspec
from curve import ORGSIM, SCENARIO, Outcome
from measure import scratch
from msgspec import Struct
from rich.console import Console
from rich.table import Table
from run import machine

RATE = 100
"""Samples per second."""
FUNCTIONS = 20
"""The number of functions in the result."""
RUNNING = ("run_until_complete", "aiosqlite/")
"""Marks of stacks that belong to the run, in the event loop or SQLite's thread; others start and end Python."""

DEFAULT_JSON = Path("build") / "profile.json"

PARTS = {
    "views": ("projections/",),
    "encode": ("engine/log/__init__.py",),
    "SQLite": ("engine/log/sqlite.py", "engine/log/sqlite_rows.py", "aiosqlite/"),
    "evolve": ("engine/evolve/", "engine/state/timers.py"),
    "decide": ("engine/operations/", "engine/rules/", "engine/policies/"),
    "engine": ("engine/runtime/",),
    "player": ("api/load/",),
    "rest": ("",),
}
"""Component to paths in its stack frames. The first that matches counts: views call functions of evolve, for one."""


class Share(Struct):
    """A component or a function, and its share of the samples."""

    name: str
    part: str
    share: float


class Profile(Struct):
    """A profiled run."""

    accounts: int
    seconds: float
    """The time of the run, which the profiler slows down a little."""
    locked: float
    """The share of the time in which a thread held the interpreter lock."""
    machine: dict[str, str | int | None]
    parts: list[Share]
    functions: list[Share]
    """The functions with the largest own time, without the functions that they call."""


def _part_of(stack: str) -> str:
    return next(part for part, marks in PARTS.items() if any(mark in stack for mark in marks))


def _samples(text: str) -> Counter[str]:
    """Parse py-spy's output into stacks (outermost frame first) with their samples; only those of the run count."""
    counts: Counter[str] = Counter()
    for line in text.splitlines():
        stack, _, count = line.rpartition(" ")
        if any(mark in stack for mark in RUNNING):
            counts[stack] += int(count)
    return counts


def _shares(samples: Counter[str]) -> tuple[list[Share], list[Share]]:
    total = samples.total()
    parts: Counter[str] = Counter()
    functions: Counter[tuple[str, str]] = Counter()
    for stack, count in samples.items():
        part = _part_of(stack)
        parts[part] += count
        # Samples are summed by function, so the line number is removed.
        function = re.sub(r":\d+\)$", ")", stack.rpartition(";")[2])
        functions[function, part] += count
    return (
        [Share(part, part, round(count / total, 4)) for part, count in parts.most_common()],
        [Share(name, part, round(count / total, 4)) for (name, part), count in functions.most_common(FUNCTIONS)],
    )


def measure(accounts: int) -> Profile:
    """Play the scenario with a number of invited accounts under py-spy."""
    with scratch() as directory:
        stacks = directory / "stacks.txt"
        py_spy = Path(sys.executable).with_name("py-spy")
        if not py_spy.exists():
            sys.exit("hot_spots: py-spy is not installed; 'make .venv/installed-bench' installs it")
        profiler = [py_spy, "record", "--format", "raw", "--gil", "--rate", str(RATE), "--output", stacks, "--"]
        command = [ORGSIM, "simulate", SCENARIO, "--accounts", str(accounts), "--log", directory / "log.db", "--json"]
        done = subprocess.run([*profiler, *command], capture_output=True, text=True, check=False)
        # py-spy prints on stdout too, and exits with 0 even if the run failed.
        answer = next((line for line in done.stdout.splitlines() if line.startswith("{")), None)
        if answer is None:
            last = [line for line in done.stderr.splitlines() if line.strip()][-1:]
            sys.exit(f"hot_spots: the run under py-spy came to nothing: {''.join(last)}")
        outcome = msgspec.json.decode(answer, type=Outcome)
        assert outcome.feature_set == "ALL"
        samples = _samples(stacks.read_text())
    parts, functions = _shares(samples)
    locked = round(samples.total() / RATE / outcome.wall_seconds, 3)
    return Profile(accounts, outcome.wall_seconds, locked, machine(), parts, functions)


def _table(title: str, shares: list[Share]) -> Table:
    table = Table(title=title, title_justify="left", box=None, pad_edge=False)
    table.add_column("share", justify="right")
    table.add_column("part")
    table.add_column("function")
    for share in shares:
        table.add_row(f"{share.share:.1%}", share.part, share.name if share.name != share.part else "")
    return table


def main() -> None:
    """Measure, print, write."""
    parser = argparse.ArgumentParser(description="Profile the all-features migration.")
    parser.add_argument("--accounts", type=int, default=300_000, help="invited accounts (default: 300,000)")
    parser.add_argument("--json", type=Path, default=DEFAULT_JSON, help=f"(default: {DEFAULT_JSON})")
    options = parser.parse_args()
    profile = measure(options.accounts)
    console = Console(width=None if sys.stdout.isatty() else 160)
    console.print(
        f"{profile.accounts:,} invited accounts, {profile.seconds:,.1f} s; the interpreter lock was held for "
        f"{profile.locked:.0%} of them"
    )
    console.print(_table("by part", profile.parts), _table("by function, own time", profile.functions))
    options.json.parent.mkdir(parents=True, exist_ok=True)
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(profile)) + b"\n")


if __name__ == "__main__":
    main()
