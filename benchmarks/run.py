"""Runs all benchmarks, prints the figures beside their budgets, and writes them as JSON.

``python benchmarks/run.py [--quick] [--json FILE] [NAME ...]``. A missed budget is reported, not an error: how fast a
machine is, is no property of the code. A wrong result is an error, and so is a peer that is not installed.
"""

import argparse
import platform
import sqlite3
import sys
from collections.abc import Callable, Iterable
from importlib import import_module
from os import cpu_count
from pathlib import Path
from time import perf_counter

import msgspec
from measure import Result
from rich.console import Console
from rich.table import Table

BENCHES = (
    "post",
    "submit",
    "rebuild",
    "replay",
    "history",
    "as_of",
    "scaling",
    "memory",
    "timers",
    "processes",
    "pages",
    "http",
    "client",
    "embedding",
    "operations",
    "fork",
    "eventsourcing",
    "plugin",
)
DEFAULT_JSON = Path("build") / "bench.json"


def written(value: float | None) -> str:
    """Format a figure for a table."""
    if value is None:
        return ""
    return f"{value:,.2f}" if value < 100 else f"{value:,.0f}"


def verdict(result: Result) -> str:
    """Tell whether the budget is met, if there is one."""
    if result.met is None:
        return ""
    return "met" if result.met else "missed"


def _table(results: list[Result]) -> Table:
    table = Table(box=None, pad_edge=False)
    table.add_column("what")
    for column in ("ours", "reference"):
        table.add_column(column, justify="right", no_wrap=True)
    table.add_column("unit", no_wrap=True)
    table.add_column("ratio", justify="right", no_wrap=True)
    table.add_column("budget", no_wrap=True)
    table.add_column("", no_wrap=True)
    table.add_column("", style="dim")
    for result in results:
        budget = f"{result.limit} {result.budget}" if result.limit else ""
        row = (
            result.name,
            written(result.ours),
            written(result.reference),
            result.unit,
            written(result.ratio),
            budget,
            f"[{'green' if result.met else 'red'}]{verdict(result)}[/]",
            result.note,
        )
        table.add_row(*row, style=None if result.limit else "dim")
    return table


def machine() -> dict[str, str | int | None]:
    """The machine and the versions on which figures depend."""
    return {
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "msgspec": msgspec.__version__,
        "system": f"{platform.system()} {platform.machine()}",
        "cpus": cpu_count(),
    }


def _imported(names: Iterable[str]) -> dict[str, Callable[[bool], list[Result]]]:
    """Name of each benchmark to its function; all are imported first, so that a missing package shows at once."""
    try:
        return {name: import_module(f"bench_{name}").run for name in names}
    except ImportError as error:
        sys.exit(f"benchmarks: {error}; 'make .venv/installed-bench' installs the peers")


def main() -> None:
    """Run the named benchmarks, or all."""
    parser = argparse.ArgumentParser(description="Measure the budgets.")
    parser.add_argument("names", nargs="*", metavar="NAME", help=f"some of {', '.join(BENCHES)}; all by default")
    parser.add_argument("--quick", action="store_true", help="small worlds and few rounds: about two minutes")
    parser.add_argument(
        "--json", type=Path, default=DEFAULT_JSON, help=f"where the JSON goes (default: {DEFAULT_JSON})"
    )
    options = parser.parse_args()
    unknown = set(options.names) - set(BENCHES)
    if unknown:
        parser.error(f"no such benchmark: {', '.join(sorted(unknown))}")
    benches = _imported(options.names or BENCHES)
    console = Console(width=None if sys.stdout.isatty() else 200)
    progress = Console(stderr=True)
    results: list[Result] = []
    seconds: dict[str, float] = {}
    for name, run in benches.items():
        begun = perf_counter()
        with progress.status(f"bench_{name}"):
            results += run(options.quick)
        seconds[name] = round(perf_counter() - begun, 1)
    console.print(_table(results))
    took = ", ".join(f"{name} {taken:.0f}" for name, taken in seconds.items())
    console.print(f"seconds: {took}; in all {sum(seconds.values()):.0f}", style="dim")
    options.json.parent.mkdir(parents=True, exist_ok=True)
    report = {"quick": options.quick, "machine": machine(), "seconds": seconds, "results": results}
    options.json.write_bytes(msgspec.json.format(msgspec.json.encode(report)) + b"\n")


if __name__ == "__main__":
    main()
