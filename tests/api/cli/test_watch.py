"""Runs that are watched or slowed down: what stands on the screen, and that the run is the same."""

import json
import os
import re
import subprocess
import sys
from pathlib import Path
from time import perf_counter
from types import SimpleNamespace
from typing import Any, cast

import pytest
from support.terminal import Terminal, screen, terminal
from typer.testing import CliRunner, Result

from orgsim.api.cli import watch
from orgsim.api.cli.app import app
from orgsim.api.load.play.so_far import RunSoFar
from orgsim.engine.settings import HOUR

pytestmark = pytest.mark.slow

ORGSIM = Path(sys.executable).with_name("orgsim")
ENVIRONMENT = {
    name: value
    for name, value in os.environ.items()
    if name not in ("COLUMNS", "LINES", "FORCE_COLOR", "NO_COLOR", "TTY_COMPATIBLE", "TTY_INTERACTIVE")
} | {"TERM": "xterm-256color", "PYTHONIOENCODING": "utf-8"}

SCENARIO = """
description = "Does everybody join?"
seed = 11

[populations.partners]
origin = "invited"
count = 200
invitation = { accept = 0.9, delay = { distribution = "uniform", from_days = 0.5, to_days = 5 } }

[[steps]]
action = "invite"
population = "partners"
pace = { over_days = 4 }

[[steps]]
action = "wait_for_answers"

[[steps]]
action = "wait"
days = 20

[thresholds]
joined_share = ">= 0.85"
virtual_days = "< 90"
"""

TRACKS = """
[populations.web]
origin = "invited"
count = 20

[populations.data]
origin = "invited"
count = 20
invitation = {{ accept = 0.5 }}

[tracks.web]
steps = [{{ action = "invite", population = "web"{pace} }}]

[tracks.data]
from_day = {from_day}
steps = [{{ action = "invite", population = "data" }}, {{ action = "wait", {wait} }}]

[tracks.afterwards]
after = ["web", "data"]
steps = [{{ action = "wait", days = 10 }}]
"""

SLOWLY = ("--watch", "--rate", "1h")
"""A run that stands where it is for minutes, so that it is seen there however seldom a picture is drawn."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with the scenario."""
    (tmp_path / "s.toml").write_text(SCENARIO)
    return tmp_path


def simulate(folder: Path, *options: str) -> Result:
    """Play the scenario in this process, without a terminal."""
    return CliRunner().invoke(app, ["simulate", str(folder / "s.toml"), *options])


def outcome(printed: str) -> dict[str, Any]:
    """The outcome of a run, without what differs from run to run."""
    found = json.loads(printed)
    return {name: value for name, value in found.items() if name not in ("scenario", "log", "wall_seconds")}


@pytest.mark.parametrize("options", [("--watch",), ("--rate", "1000d"), ("--watch", "--rate", "2000d")])
def test_the_run_is_the_same(options: tuple[str, ...], folder: Path) -> None:
    """Whether somebody watches a run, and however slow it is, changes nothing of its log and its outcome."""
    plain, watched = folder / "plain.db", folder / "watched.db"
    expected = simulate(folder, "--json", "--log", str(plain))
    found = simulate(folder, "--json", "--log", str(watched), *options)
    assert (found.exit_code, expected.exit_code) == (0, 0)
    assert outcome(found.stdout) == outcome(expected.stdout)
    show = [CliRunner().invoke(app, ["show", str(log), "events", "--json"]).stdout for log in (plain, watched)]
    assert show[0] == show[1] != ""


def test_without_a_terminal(folder: Path) -> None:
    """Where there is no terminal, a line tells how the run stands at its beginning and at its end."""
    found = simulate(folder, "--watch", "--json")
    first, *_, last = found.stderr.splitlines()
    assert first == "orgsim: 2026-01-01 00:00 UTC, day 0.0"
    assert last.startswith("orgsim: 2026-01-")
    assert ", day 28." in last
    assert re.search(r"; organization: 200 asked to join, \d+ joined, \d+ members$", last)
    assert "\x1b" not in found.stderr


@pytest.mark.parametrize("rate", ["0", "0d", "-1d", "fast", "1e10", "nan", "9999999w", "1e-300", "0.5"])
def test_impossible_rates(rate: str, folder: Path) -> None:
    """A rate that is none is refused in plain words, before anything is read or written."""
    found = simulate(folder, "--rate", rate, "--log", str(folder / "w.db"))
    assert found.exit_code == 2
    said = " ".join(found.stderr.replace("│", " ").split())
    assert f"'{rate}' is no rate" in said
    assert "from 1, which is real time, to a billion" in said
    assert not (folder / "w.db").exists()


def finished(folder: Path, *options: str, rows: int = 40, columns: int = 100, **variables: str) -> Terminal:
    """The terminal after a run that is watched."""
    command = [ORGSIM, "simulate", "--watch", "--json", *options]
    with terminal(command, folder, ENVIRONMENT | variables, rows=rows, columns=columns) as shown:
        shown.read_to_end()
    assert shown.process.returncode == 0
    return shown


def test_the_last_picture(folder: Path) -> None:
    """At its end a run is shown with its clock, all steps done, the accounts, and the thresholds with their values."""
    lines = finished(folder, "s.toml").screen
    assert lines[0] == "Does everybody join?"
    assert re.fullmatch(r"2026-01-29 \d\d:\d\d UTC, day 28\.\d, .* per second", lines[1])
    assert lines[2:7] == ["", "Steps", "  ✓  1 invite partners", "  ✓  2 wait_for_answers", "  ✓  3 wait 20 days"]
    assert lines[7:9] == ["", "Accounts of organization"]
    joined = int(lines[10].split()[1])
    assert 160 < joined < 200
    assert lines[9] == f"  asked to join          200  {'█' * 20}  {200 - joined} never answered"
    assert re.fullmatch(rf"  joined                 {joined}  █{{16,20}} +\+ 1 the management account", lines[10])
    assert lines[11].split()[:2] == ["members", str(joined + 1)]
    assert lines[12:14] == ["", "Thresholds now"]
    assert re.fullmatch(r"  holds    joined_share >= 0\.85: (8|9)\d(\.\d)? %", lines[14])
    assert re.fullmatch(r"  holds    virtual_days < 90: 28\.\d days", lines[15])


def test_a_slow_run_on_the_screen(folder: Path) -> None:
    """While a slowed run goes on, the screen shows its clock, the step it is at, and how many calls are made."""
    began = perf_counter()
    with terminal([ORGSIM, "simulate", "s.toml", *SLOWLY], folder, ENVIRONMENT) as shown:
        lines = shown.read_until(lambda lines: any(re.search("1 invite partners, [1-9]", line) for line in lines))
    seconds = perf_counter() - began
    clock = re.fullmatch(r"2026-01-01 (\d\d):(\d\d) UTC, day 0\.\d, [\d.,]+ (s|min|h|days) per second", lines[1])
    assert clock, lines[1]
    # However slow the machine is, the run is never ahead of its rate of an hour a second.
    assert int(clock[1]) * 60 + int(clock[2]) <= seconds * 60
    (present,) = [line for line in lines if "▶" in line]
    assert re.fullmatch(r"  ▶  1 invite partners, \d+ of 200 calls", present)
    assert "     2 wait_for_answers" in lines


def test_the_speed(monkeypatch: pytest.MonkeyPatch) -> None:
    """The speed of a run is that since it was shown for the first of the last ten times."""
    seconds, run, speeds = [1_000.0], SimpleNamespace(now=0), list[float]()
    monkeypatch.setattr(watch, "perf_counter", lambda: seconds[0])
    display = watch.Display(lambda run, speed: speeds.append(speed), every=2)
    display.begins(cast("RunSoFar", run))
    for hours in (3, 7, *[10] * 9):
        seconds[0] += 2
        assert display.wants_to_look()
        run.now += hours * HOUR
        display.look()
        assert not display.wants_to_look()
    assert speeds == pytest.approx([0, 1.5, 2.5, 20 / 6, 30 / 8, 4, 50 / 12, 60 / 14, 70 / 16, 80 / 18, 87 / 18, 5])


@pytest.mark.parametrize(
    ("keys", "appears", "rows"),
    [
        (
            {"pace": ", pace = { over_days = 9 }", "from_day": 5, "wait": "days = 1"},
            "1 invite web, ",
            [
                r"Tracks",
                r"  ▶ web +1 invite web, \d+ of 20 calls, goes on 2026-01-\d\d \d\d:\d\d",
                r"    data +begins 2026-01-06 00:00",
                r"    afterwards  waits for web, data",
            ],
        ),
        (
            {"pace": "", "from_day": 0, "wait": 'until = "joined >= 40", at_most_days = 3'},
            "until joined",
            [
                r"  ✓ web +has ended",
                r"  ▶ data +2 wait until joined >= 40, at the latest on 2026-01-04 00:00",
                r"    afterwards  waits for data",
            ],
        ),
        (
            {"pace": "", "from_day": 0, "wait": "days = 0.001"},
            "afterwards   1 wait",
            [
                r"  ✓ web +has ended",
                r"  ✓ data +has ended",
                r"  ▶ afterwards   1 wait 10 days, goes on 2026-01-11 00:\d\d",
            ],
        ),
    ],
    ids=["sending", "waiting", "afterwards"],
)
def test_tracks_on_the_screen(keys: dict[str, Any], appears: str, rows: list[str], folder: Path) -> None:
    """Of a scenario with tracks a line for each says what it does, or what it waits for."""
    (folder / "tracks.toml").write_text(TRACKS.format(**keys))
    with terminal([ORGSIM, "simulate", "tracks.toml", *SLOWLY], folder, ENVIRONMENT) as shown:
        lines = shown.read_until(lambda lines: any(appears in line for line in lines))
    assert [row for row in rows if not any(re.fullmatch(row, line) for line in lines)] == [], lines


def test_narrow_and_low(folder: Path) -> None:
    """On a small terminal no line is wider than it, and while the run goes on the picture is not higher."""
    output = finished(folder, "s.toml", rows=9, columns=34).output
    assert all(len(line) <= 34 for line in screen(output))
    assert "  asked to join          200  ███…" in screen(output)
    # To draw it anew the cursor goes up line by line.
    rises = [each.count("\x1b[1A") for each in re.findall(r"(?:\r|\x1b\[2K|\x1b\[1A)+", output)]
    assert 0 < max(rises) < 9


def test_no_color(folder: Path) -> None:
    """With NO_COLOR the picture has no colours; without it it has."""
    colored = re.compile(r"\x1b\[[0-9;]*3[0-9]")
    assert colored.search(finished(folder, "s.toml").output)
    assert not colored.search(finished(folder, "s.toml", NO_COLOR="1").output)


def test_ascii(folder: Path) -> None:
    """Where a terminal has no other signs than ASCII, the picture has none, not even where a line is cut."""
    lines = finished(folder, "s.toml", columns=40, PYTHONIOENCODING="ascii").screen
    assert "  +  1 invite partners" in lines
    assert "  asked to join          200  ##########" in lines


def test_dumb_terminal(folder: Path) -> None:
    """A terminal that cannot go back to earlier lines gets lines, as a file does."""
    assert "\x1b" not in finished(folder, "s.toml", TERM="dumb").output


def test_interrupted(folder: Path) -> None:
    """Ctrl-C in the middle of a slowed run ends it at once with the usual code, and it can be resumed, at any rate."""
    command = [ORGSIM, "simulate", "s.toml", *SLOWLY, "--log", "w.db"]
    with terminal(command, folder, ENVIRONMENT) as shown:
        shown.read_until(lambda lines: any(re.search("1 invite partners, [1-9]", line) for line in lines))
        shown.press(b"\x03")
        lines = shown.read_to_end()
    assert shown.process.returncode == 130
    assert lines[-2] == "orgsim: interrupted; what was acknowledged is in w.db, --resume goes on with it"
    assert shown.output.count("\x1b[?25l") == shown.output.count("\x1b[?25h") == 1, "the cursor is shown again"
    verified = CliRunner().invoke(app, ["verify", str(folder / "w.db"), "--json"])
    assert verified.exit_code == 0
    assert json.loads(verified.stdout)["events"] > 3
    resumed = simulate(folder, "--log", str(folder / "w.db"), "--resume", "--json", "--rate", "1000d", "--watch")
    assert outcome(resumed.stdout) == outcome(simulate(folder, "--json").stdout)


def test_with_the_summary(folder: Path) -> None:
    """The summary follows on standard output, where nothing of the picture is."""
    runs = [["simulate", "s.toml", *options] for options in ([], ["--watch"])]
    plain, watched = (
        subprocess.run([ORGSIM, *run], cwd=folder, env=ENVIRONMENT, capture_output=True, text=True, check=True).stdout
        for run in runs
    )
    without_time = re.compile(r"in [\d.,]+ s \([\d,]+ per second\)")
    assert without_time.sub("", watched) == without_time.sub("", plain)
    assert len(plain.splitlines()) > 10


def test_nobody_reads_any_more(folder: Path) -> None:
    """When whoever reads the lines goes away, the run goes on to its end and prints its result."""
    command = [ORGSIM, "simulate", "s.toml", "--watch", "--json", "--rate", "30d"]
    with subprocess.Popen(
        command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    ) as process:
        assert process.stdout is not None
        assert process.stderr is not None
        assert process.stderr.readline().startswith(b"orgsim: 2026-01-01")
        process.stderr.close()
        printed = process.stdout.read()
    assert process.returncode == 0
    assert outcome(printed.decode()) == outcome(simulate(folder, "--json").stdout)
