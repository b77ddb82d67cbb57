"""``orgsim sweep`` as its users run it: what it prints where, its exit codes, Ctrl-C and going on."""

import json
import os
import shlex
import signal
import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import pytest
from pyarrow import parquet
from support.made_up_sweep import combination, summary
from support.patience import PATIENCE
from support.small_sweep import SCENARIO, comparable, in_process, sweep
from typer.testing import CliRunner

from orgsim.api.cli import sweep as command
from orgsim.api.cli.app import app
from orgsim.api.cli.sweep_progress import MOST_ROWS, print_summary, watching
from orgsim.api.load.sweep import cluster
from orgsim.api.load.sweep.plan import SweepPlan

pytestmark = pytest.mark.slow

ORGSIM = Path(sys.executable).with_name("orgsim")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}
VARY = ("--vary", "accounts=6,10", "--vary", "accept=0.9:1:0.1")

Call = Callable[..., Any]


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Call:
    """Runs ``orgsim sweep s.toml`` in this process, in a folder with nothing but the scenario."""
    (tmp_path / "s.toml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str) -> Any:
        done = CliRunner().invoke(app, ["sweep", "s.toml", *arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return done

    return call


def test_help(call: Call) -> None:
    """The help says what --runs counts, how values are written, and what the folder holds."""
    words = " ".join(call("--help").stdout.split())

    for taught in ("So many seeds for EACH combination", "from:to:step", "runs.parquet", "--resume", "[default: 100;"):
        assert taught in words


def test_without_the_extra(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without Dask, one line says what to install, before anything is read or written."""
    monkeypatch.setattr(command, "find_spec", lambda name: None if name == "distributed" else find_spec(name))
    done = call("--out", "o", "--vary", "nonsense")

    assert (done.exit_code, done.stdout) == (2, "")
    assert done.stderr == "orgsim: a sweep needs distributed: pip install '.[sweep]' in a clone\n"


@pytest.mark.parametrize(
    ("arguments", "complaint"),
    [
        (("--vary", "m=1"), "s.toml: no parameter is called 'm' (there are: accept, accounts) (with m=1)"),
        (("--vary", "accept=1:0:1"), "--vary accept: with a step of 1 no range leads from 1 to 0"),
        (
            ("--vary", "accept=0.9,1.5"),
            "s.toml:16:1: populations.partners.migration.accept: must be a number from 0 to 1, not 1.5 "
            "(with accept=1.5)",
        ),
        (("--resume",), "o: there is no sweep to resume (sweep.json: No such file or directory)"),
    ],
)
def test_bad_input(call: Call, arguments: tuple[str, ...], complaint: str) -> None:
    """Bad input is one line on stderr and exit code 2, and leaves no folder."""
    done = call("--out", "o", *arguments)

    assert (done.exit_code, done.stdout, done.stderr) == (2, "", f"orgsim: {complaint}\n")
    assert not Path("o").exists()


def test_no_scheduler(call: Call, monkeypatch: pytest.MonkeyPatch) -> None:
    """A scheduler that does not answer is an error with its address and exit code 2, and leaves no folder."""
    monkeypatch.setattr(cluster, "CONNECT_SECONDS", 0.5)
    done = call("--out", "o", "--runs", "3", "--scheduler", "tcp://127.0.0.1:9")

    assert (done.exit_code, done.stdout) == (2, "")
    said = done.stderr.splitlines()
    assert said[0] == "orgsim: 1 combination x 3 seeds = 3 runs"
    assert said[1].startswith("orgsim: no Dask scheduler answers at tcp://127.0.0.1:9")
    assert not Path("o").exists()


SWEEP = (*VARY, "--runs", "30", "--out", "o")
PLANNED = "orgsim: 4 combinations x 30 seeds = 120 runs"

HELD = """
import signal, sys
from distributed import LocalCluster
from orgsim.__main__ import main
from orgsim.api.load.sweep import cluster

play = cluster.play

def begin(**options):
    workers = LocalCluster(**options)
    sys.stdin.read()
    return workers

def play_some(run):
    while run.number >= 20:
        signal.pause()
    return play(run)

cluster.LocalCluster, cluster.play = begin, play_some
main()
"""
"""The command, whose workers begin when its standard input ends, and do twenty runs: the others never end."""


@pytest.fixture
def started(tmp_path: Path) -> Iterator[subprocess.Popen[str]]:
    """A sweep that has said what it is going to do, and waits for the end of its input before it begins.

    It is in a group of its own, as a terminal has it.
    """
    (tmp_path / "s.toml").write_text(SCENARIO)
    pipe = subprocess.PIPE
    process = subprocess.Popen(
        [sys.executable, "-c", HELD, "sweep", "s.toml", *SWEEP, "--workers", "2"],
        cwd=tmp_path,
        env=ENVIRONMENT,
        text=True,
        stdin=pipe,
        stdout=pipe,
        stderr=pipe,
        start_new_session=True,
    )
    with process:
        assert process.stderr is not None
        assert process.stderr.readline() == f"{PLANNED}\n"
        yield process
        if process.poll() is None:
            os.killpg(process.pid, signal.SIGKILL)


@pytest.fixture(scope="module")
def undisturbed() -> Any:
    """The table of the same sweep when nothing happens to it."""
    return in_process(SweepPlan(sweep(runs=30)))


def interrupt(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    """Ctrl-C, as the terminal does it: to all processes. Exit code, and what stands on stdout and stderr."""
    os.killpg(process.pid, signal.SIGINT)
    out, err = process.communicate(timeout=PATIENCE)
    return process.returncode, out, err


def begin(process: subprocess.Popen[str], folder: Path) -> None:
    """Let the workers of a sweep begin, and wait until a run is done."""
    assert process.stdin is not None
    process.stdin.close()
    process.stdin = None
    journal = folder / "runs.jsonl"
    while process.poll() is None and not (journal.exists() and journal.stat().st_size):
        with suppress(subprocess.TimeoutExpired):
            process.wait(0.01)


def test_interrupted_at_the_start(started: subprocess.Popen[str], tmp_path: Path) -> None:
    """Ctrl-C while the workers start ends with 130 and one line."""
    assert interrupt(started) == (130, "", "orgsim: interrupted\n")
    assert not (tmp_path / "o").exists()


def test_interrupted_and_resumed(started: subprocess.Popen[str], tmp_path: Path, call: Call, undisturbed: Any) -> None:
    """Ctrl-C ends with 130 and says how to go on; --resume ends with the table of an undisturbed sweep."""
    begin(started, tmp_path / "o")
    assert interrupt(started) == (
        130,
        "",
        "orgsim: interrupted; finished runs are in o, --resume goes on with them\n",
    )

    done = call(*SWEEP, "--workers", "1", "--resume", "--json")
    assert done.exit_code == 0
    assert "of 120 runs are done already" in done.stderr
    assert json.loads(done.stdout) == json.loads((tmp_path / "o" / "summary.json").read_text())
    assert [each["runs"] for each in json.loads(done.stdout)["combinations"]] == [30] * 4
    table = parquet.read_table(tmp_path / "o" / "runs.parquet")
    assert comparable(table).equals(undisturbed)


def test_killed_and_resumed(started: subprocess.Popen[str], tmp_path: Path, call: Call, undisturbed: Any) -> None:
    """What a sweep has done that was killed with all its workers is kept; --resume ends with the same table."""
    begin(started, tmp_path / "o")
    os.killpg(started.pid, signal.SIGKILL)
    started.communicate(timeout=PATIENCE)
    assert {path.name for path in (tmp_path / "o").iterdir()} == {"sweep.json", "runs.jsonl"}

    done = call(*SWEEP, "--workers", "1", "--resume")
    assert done.exit_code == 0
    assert "of 120 runs are done already" in done.stderr
    assert comparable(parquet.read_table(tmp_path / "o" / "runs.parquet")).equals(undisturbed)


def test_summary_for_people(call: Call) -> None:
    """What is printed begins with the verdict, and has what failed and a row with the interval for each combination."""
    done = call("--out", "o", "--runs", "2", "--workers", "1", "--vary", "accounts=6,10", "--set", "accept=0")
    lines = [" ".join(line.split()) for line in done.stdout.splitlines()]

    assert done.exit_code == 0
    assert lines[:4] == [
        "s.toml",
        "",
        "The plan passes in no run of any of the 2 combinations: with 95 % confidence the chance is below 65.8 %.",
        "What fails, of 4 runs in all: all_features_share == 1 in 4, migration_days.p90 < 8 in 4.",
    ]
    assert lines[4].startswith(
        "Not everything went as planned in 4 runs; in the first of them: step 5: AcceptHandshake "
    )
    assert (
        "2 runs for a combination are few: a chance may be off by 66 percentage points; with --runs 100 by 10." in lines
    )
    failed = "0 of 2 0 % 0 % to 65.8 % 2 all_features_share == 1 in 2, migration_days.p90 < 8 in 2"
    assert {f"6 {failed}", f"10 {failed}", "6 0 % -", "10 0 % -"} <= set(lines)
    assert lines[-1] == "A run passes if all thresholds held. The page for others: o/chance.html; all of it: o"


def test_very_many_combinations(capsys: pytest.CaptureFixture[str]) -> None:
    """Of very many combinations the first are printed, and how many there are besides."""
    print_summary(summary(*(combination({"n": n}, 50) for n in range(MOST_ROWS + 1))))
    lines = [line.split() for line in capsys.readouterr().out.splitlines()]

    assert [line[0] for line in lines if line[1:4] == ["50", "of", "100"]] == [f"{n}" for n in range(MOST_ROWS)]
    assert ["1", "more", "combination", "in", "summary.json"] in lines


def test_texts_from_outside(capsys: pytest.CaptureFixture[str]) -> None:
    """Markup and control characters in names, values, warnings and descriptions are printed as texts, on one line."""
    odd = "[red]\x1b[31m[/]"
    found = [combination({odd: value, "m": 1}, 50, warned=1, first_warning=odd) for value in (odd, "b")]
    print_summary(summary(*found, description=f"{odd}\nand more"))
    printed = capsys.readouterr().out

    assert printed.splitlines()[0] == "[red]�[31m[/] and more"
    assert printed.count("[red]�[31m[/]") >= 5
    assert "\x1b" not in printed


def test_a_row_played_again(call: Call) -> None:
    """The command in a row plays this run alone, and ends with the digest of the row."""
    assert call("--out", "o", "--runs", "2", "--workers", "1", *VARY).exit_code == 0
    row = parquet.read_table("o/runs.parquet").to_pylist()[5]
    done = CliRunner().invoke(app, [*shlex.split(row["command"])[1:], "--json"])
    outcome = json.loads(done.stdout)

    assert (outcome["digest"], outcome["passed"], done.exit_code) == (row["digest"], row["passed"], not row["passed"])
    held = {each["threshold"]: each["ok"] for each in outcome["thresholds"]}
    assert row["failed"] == "; ".join(threshold for threshold, ok in held.items() if not ok)


def test_scheduler_without_a_name(tmp_path: Path) -> None:
    """An address that is empty, as of a variable that is not set, is refused and not taken for none."""
    done = CliRunner().invoke(app, ["sweep", "s.toml", "--out", str(tmp_path / "out"), "--scheduler", ""])
    assert done.exit_code == 2
    assert "--scheduler" in done.stderr
    assert not (tmp_path / "out").exists()


def test_one_of_each(capsys: pytest.CaptureFixture[str]) -> None:
    """One combination with one seed is one run."""
    with watching(SweepPlan(sweep(vary=(), runs=1))):
        pass
    assert capsys.readouterr().err == "orgsim: 1 combination x 1 seed = 1 run\n"
