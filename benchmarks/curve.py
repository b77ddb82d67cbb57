"""Measures the scaling curve: the all-features migration by ``orgsim simulate``, for 1,000 to 1,000,000 accounts.

``python benchmarks/curve.py [--quick] [--into DIRECTORY]`` plays scenarios/enable-all-features.toml on an SQLite log
that survives power loss, each size in a process of its own, and writes ``scaling.json`` and ``scaling.svg``. Seconds
are those of the run, as the command says them; those of the whole process, with the start of Python, stand beside.
Memory is the most that the process had resident, as the operating system counts it, and bytes per account are what it
had more than a run with one invited account. Accounts are all that the scenario invites and creates. A quick run ends
at 100,000.
"""

import argparse
import os
import subprocess
import sys
from collections.abc import Sequence
from importlib import import_module
from pathlib import Path
from time import perf_counter
from typing import Any

import msgspec
from measure import scratch
from msgspec import Struct
from run import machine

SIZES = (1_000, 3_162, 10_000, 31_623, 100_000, 316_228, 1_000_000)
QUICK_SIZES = SIZES[:5]
SCENARIO = Path(__file__).parents[1] / "scenarios" / "enable-all-features.toml"
ORGSIM = Path(sys.executable).with_name("orgsim")
# Linux counts in KiB, macOS in bytes.
MAXRSS_UNIT = 1 if sys.platform == "darwin" else 1024


class Outcome(Struct):
    """The fields that are used of the JSON of ``orgsim simulate``."""

    feature_set: str
    accounts: int
    events: int
    digest: str
    wall_seconds: float
    handshakes: dict[str, dict[str, int]]
    account_creations: dict[str, int]


class Point(Struct):
    """The measurements for one number of accounts."""

    invited: int
    accounts: int
    """Invited and created."""
    members: int
    """The organization's members at the end; accounts that declined or never answered are not among them."""
    seconds: float
    process_seconds: float
    microseconds_per_account: float
    events: int
    digest: str
    peak_bytes: int
    bytes_per_account: float


class Curve(Struct):
    """The measurements for all sizes, and the machine."""

    quick: bool
    machine: dict[str, str | int | None]
    points: list[Point]


def _play(invited: int, log: Path) -> tuple[Outcome, float, int]:
    """Play the scenario; returns its outcome, the seconds of the process, and its peak of resident bytes."""
    command = [ORGSIM, "simulate", SCENARIO, "--accounts", str(invited), "--log", log, "--json"]
    begun = perf_counter()
    # A child's peak begins with the memory of the process that started it, so matplotlib is not imported before.
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        text = process.stdout.read()
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
    seconds = perf_counter() - begun
    if process.returncode:
        sys.exit(f"curve: orgsim simulate with {invited:,} accounts ended with {process.returncode}")
    return msgspec.json.decode(text, type=Outcome), seconds, usage.ru_maxrss * MAXRSS_UNIT


def _check(outcome: Outcome, invited: int) -> None:
    """Check that all features are enabled, all invited joined, and those that did not approve were removed."""
    assert outcome.feature_set == "ALL"
    created = outcome.account_creations["SUCCEEDED"]
    assert outcome.account_creations == {"SUCCEEDED": created}
    assert outcome.handshakes["INVITE"] == {"ACCEPTED": invited}
    approvals = outcome.handshakes["APPROVE_ALL_FEATURES"]
    assert sum(approvals.values()) == invited
    assert outcome.handshakes["ENABLE_ALL_FEATURES"] == {"ACCEPTED": 1}
    # The management account is a member, too.
    assert outcome.accounts == 1 + created + approvals["ACCEPTED"]
    assert outcome.accounts > 0.95 * (created + invited)


def _point(invited: int, log: Path, base: int) -> Point:
    outcome, process_seconds, peak = _play(invited, log)
    _check(outcome, invited)
    accounts = invited + outcome.account_creations["SUCCEEDED"]
    return Point(
        invited=invited,
        accounts=accounts,
        members=outcome.accounts,
        seconds=outcome.wall_seconds,
        process_seconds=round(process_seconds, 3),
        microseconds_per_account=round(outcome.wall_seconds / accounts * 1e6, 1),
        events=outcome.events,
        digest=outcome.digest,
        peak_bytes=peak,
        bytes_per_account=round((peak - base) / invited, 1),
    )


def measure(sizes: Sequence[int]) -> list[Point]:
    """Measure each size, and print a line about it on stderr."""
    points: list[Point] = []
    with scratch() as directory:
        _, _, base = _play(1, directory / "one.db")
        for invited in sizes:
            log = directory / f"{invited}.db"
            point = _point(invited, log, base)
            points.append(point)
            line = f"{point.seconds:,.2f} s, {point.microseconds_per_account:,.0f} µs per account, "
            line += f"{point.bytes_per_account:,.0f} bytes per account"
            print(f"{invited:>9,} accounts: {line}", file=sys.stderr)
            log.unlink()
    return points


def draw(points: Sequence[Point], path: Path) -> None:
    """Plot seconds and bytes per account over accounts, as an SVG; the same points give the same bytes."""
    matplotlib = import_module("matplotlib")
    # The canvas of files; ids from a salt of our own; text as text.
    matplotlib.use("svg")
    matplotlib.rcParams.update({"svg.hashsalt": "orgsim", "svg.fonttype": "none", "font.size": 9})
    plots: Any = import_module("matplotlib.pyplot")
    figure, (time, memory) = plots.subplots(1, 2, figsize=(9, 3.4), layout="constrained")
    accounts = [point.invited for point in points]
    seconds = [point.seconds for point in points]
    time.loglog(accounts, seconds, marker="o", label="measured")
    time.loglog(accounts, [seconds[-1] / accounts[-1] * each for each in accounts], "--", color="gray", label="linear")
    time.set(xlabel="invited accounts", ylabel="seconds", title="Time")
    time.legend(frameon=False)
    memory.semilogx(accounts, [point.bytes_per_account for point in points], marker="o")
    memory.set(xlabel="invited accounts", ylabel="bytes per account", title="Memory at the peak", ylim=(0, None))
    for axes in (time, memory):
        axes.grid(visible=True, alpha=0.3)
    figure.savefig(path, metadata={"Date": None, "Creator": None})


def main() -> None:
    """Measure, write, draw."""
    parser = argparse.ArgumentParser(description="Measure the scaling curve of the all-features migration.")
    parser.add_argument("--quick", action="store_true", help=f"no more than {QUICK_SIZES[-1]:,} accounts")
    parser.add_argument("--into", type=Path, default=Path("docs"), help="where JSON and SVG go (default: docs)")
    options = parser.parse_args()
    curve = Curve(options.quick, machine(), measure(QUICK_SIZES if options.quick else SIZES))
    options.into.mkdir(parents=True, exist_ok=True)
    (options.into / "scaling.json").write_bytes(msgspec.json.format(msgspec.json.encode(curve)) + b"\n")
    draw(curve.points, options.into / "scaling.svg")


if __name__ == "__main__":
    main()
