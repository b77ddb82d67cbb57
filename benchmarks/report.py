"""Puts the figures that the benchmarks wrote into docs/performance.md.

``python benchmarks/report.py`` replaces what stands between ``<!-- figures: NAME -->`` and ``<!-- end -->``: ``bench``
from build/bench.json, ``curve`` from docs/scaling.json, ``profile`` from build/profile.json. A file that is not there
leaves its figures as they are, with a line that says so. If build/bench.json is of some benchmarks only, their rows are
replaced or added, and a line names them; the others stay as they were measured.
"""

import re
import sys
from collections.abc import Callable, Iterable, Sequence
from pathlib import Path

import msgspec
from curve import Curve
from hot_spots import Profile, Share
from measure import Result
from msgspec import Struct
from run import BENCHES, verdict, written

ROOT = Path(__file__).parents[1]
PLACES = ("in process", "server")
"""The two ways in which ``bench_operations.py`` calls moto."""

PAGE = ROOT / "docs" / "performance.md"


class Bench(Struct):
    """The JSON that ``benchmarks/run.py`` writes."""

    quick: bool
    machine: dict[str, str | int | None]
    seconds: dict[str, float]
    results: list[Result]


def _rows(head: Sequence[str], right: Iterable[int], rows: Iterable[Sequence[str]]) -> list[str]:
    """A table in Markdown; ``right`` are the columns of numbers."""
    numbers = set(right)
    rule = ["---:" if column in numbers else "---" for column in range(len(head))]
    return [f"| {' | '.join(cells)} |" for cells in (head, rule, *rows)]


def _machine(machine: dict[str, str | int | None], quick: bool) -> str:
    facts = f"{machine['system']}, {machine['cpus']} cores; Python {machine['python']}, SQLite {machine['sqlite']}, "
    return facts + f"msgspec {machine['msgspec']}" + ("; a quick run, to be read with caution." if quick else ".")


def _bench(content: bytes, before: Sequence[str]) -> list[str]:
    bench = msgspec.json.decode(content, type=Bench)
    by_operation = [result for result in bench.results if _operation(result)]
    rows = [
        (
            result.name,
            written(result.ours),
            written(result.reference),
            result.unit,
            written(result.ratio),
            f"{result.limit} {result.budget}, {verdict(result)}" if result.limit else "",
            result.note,
        )
        for result in bench.results
        if result not in by_operation
    ]
    head = ("what", "ours", "reference", "unit", "ratio", "budget", "note")
    table = _rows(head, (1, 2, 4), rows)
    if not {*BENCHES} <= {*bench.seconds}:
        return _some(
            before, table, f"Measured apart: {', '.join(bench.seconds)}; {_machine(bench.machine, bench.quick)}"
        )
    return [_machine(bench.machine, bench.quick), "", *table, "", *_operations(by_operation)]


def _some(before: Sequence[str], table: Sequence[str], about: str) -> list[str]:
    """The block as it was, with the rows of a table put in place of those with the same names, or behind the others."""
    head, rule, *rows = table
    new = {row.split(" | ")[0]: row for row in rows}
    begin = before.index(head)
    end = before.index("", begin)
    old = [new.pop(row.split(" | ")[0], row) for row in before[begin + 2 : end]]
    first, *_ = before
    return [first, "", about, "", head, rule, *old, *new.values(), "", *before[end + 1 :]]


def _operation(result: Result) -> str:
    """The operation that a result of the comparison with moto is about; empty for other results."""
    name, _, place = result.name.rpartition(", ")
    return name if place in PLACES and " " not in name else ""


def _operations(results: Sequence[Result]) -> list[str]:
    """One line for each operation: in process and from server to server beside one another."""
    cells: dict[str, list[str]] = {}
    for result in results:
        figures = (result.ours, result.reference, result.ratio)
        cells.setdefault(_operation(result), []).extend(map(written, figures))
    columns = [f"{column}, {place}" for place in PLACES for column in ("ours", "moto's", "ratio")]
    return _rows(("calls per second", *columns), range(1, 7), [(name, *figures) for name, figures in cells.items()])


def _curve(content: bytes, before: Sequence[str]) -> list[str]:
    curve = msgspec.json.decode(content, type=Curve)
    rows = [
        (
            f"{point.invited:,}",
            f"{point.events:,}",
            f"{point.seconds:,.2f}",
            f"{point.process_seconds:,.2f}",
            f"{point.microseconds_per_account:,.1f}",
            f"{point.peak_bytes / 2**20:,.0f}",
            f"{point.bytes_per_account:,.0f}",
            f"`{point.digest[:12]}`",
        )
        for point in curve.points
    ]
    head = (
        "invited",
        "events",
        "seconds",
        "of the process",
        "µs per account",
        "peak MiB",
        "bytes per account",
        "digest",
    )
    return [_machine(curve.machine, curve.quick), "", *_rows(head, range(len(head) - 1), rows)]


def _profile(content: bytes, before: Sequence[str]) -> list[str]:
    profile = msgspec.json.decode(content, type=Profile)

    def table(shares: Sequence[Share], head: str) -> list[str]:
        rows = [(f"{share.share:.1%}", share.part, f"`{share.name}`") for share in shares]
        return _rows(("share", "part", head)[: 2 + bool(head)], (0,), [row[: 2 + bool(head)] for row in rows])

    about = f"{profile.accounts:,} invited accounts, {profile.seconds:,.1f} s with the profiler looking on; the "
    about += f"interpreter lock was held for {profile.locked:.0%} of them. {_machine(profile.machine, quick=False)}"
    return [about, "", *table(profile.parts, ""), "", *table(profile.functions, "function, own time")]


BLOCKS: dict[str, tuple[Path, Callable[[bytes, Sequence[str]], list[str]]]] = {
    "bench": (ROOT / "build" / "bench.json", _bench),
    "curve": (ROOT / "docs" / "scaling.json", _curve),
    "profile": (ROOT / "build" / "profile.json", _profile),
}


def main() -> None:
    """Replace every block for which there is a file."""
    page = PAGE.read_text("utf-8")
    for name, (source, lines) in BLOCKS.items():
        begin, end = f"<!-- figures: {name} -->", "<!-- end -->"
        block = re.compile(f"{re.escape(begin)}\n.*?{re.escape(end)}", re.DOTALL)
        found = block.search(page)
        if not found:
            sys.exit(f"report: {PAGE} has no block '{begin}' … '{end}'")
        if not source.exists():
            print(f"report: no {source}; the figures '{name}' stay as they are", file=sys.stderr)
            continue
        before = found[0].splitlines()[2:-2]
        text = "\n".join([begin, "", *lines(source.read_bytes(), before), "", end])
        page = block.sub(lambda _, text=text: text, page)
    PAGE.write_text(page, "utf-8")


if __name__ == "__main__":
    main()
