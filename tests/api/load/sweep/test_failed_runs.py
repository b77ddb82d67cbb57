"""The runs of a sweep that failed: each is told with the command that does it again, and its log is kept on demand."""

import json
import shlex
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from pyarrow import parquet
from support.made_up_sweep import combination, definition, summary
from support.small_sweep import SCENARIO, Watching, carry_out_here, runs_here, sweep
from typer.testing import CliRunner

from orgsim.api.cli.app import app
from orgsim.api.cli.sweep_progress import MOST_COMMANDS, print_summary
from orgsim.api.load.answer import found
from orgsim.api.load.play.outcome import ThresholdOutcome
from orgsim.api.load.sweep import carry_out as carrying
from orgsim.api.load.sweep.page import render_sweep
from orgsim.api.load.sweep.plan import SweepPlan
from orgsim.api.load.sweep.run import play
from orgsim.api.load.sweep.summary import FailedRun, Summary
from orgsim.engine.log.sqlite import SqliteLog

pytestmark = pytest.mark.slow


@pytest.fixture
def done(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> tuple[Summary, list[dict[str, Any]]]:
    """The summary and the rows of a sweep that keeps logs, in the folder ``o`` beside its scenario."""
    monkeypatch.setattr(carrying, "do_runs", runs_here)
    monkeypatch.chdir(tmp_path)
    Path("s.toml").write_text(SCENARIO)
    told = carry_out_here(SweepPlan(sweep(), str(tmp_path / "o" / "logs")), Path("o"), Watching())
    return told, parquet.read_table("o/runs.parquet").to_pylist()


async def digest_of(path: Path) -> str:
    log = await SqliteLog.open_for_reading(path)
    try:
        return log.digest.hex()
    finally:
        await log.close()


def test_the_same_run_again(done: tuple[Summary, list[dict[str, Any]]]) -> None:
    """The command of each run that failed plays that run: with the same digest, figures and thresholds that fail."""
    told, rows = done
    failed = [run for each in told.combinations for run in each.failed_runs]
    assert [run.run for run in failed] == [row["run"] for row in rows if not row["finished"]]
    for run in failed:
        row = rows[run.run]
        again = CliRunner().invoke(app, [*shlex.split(run.command)[1:], "--json"])
        outcome = json.loads(again.stdout)
        assert again.exit_code == 1
        assert (outcome["digest"], outcome["events"], outcome["seed"]) == (run.digest, row["events"], run.seed)
        assert outcome["metrics"] == {name: row[name] for name in outcome["metrics"]}
        missed = [msgspec.convert(each, ThresholdOutcome) for each in outcome["thresholds"] if not each["ok"]]
        assert run.why == "; ".join(f"{each.threshold}: {found(each)}" for each in missed)


def test_logs(done: tuple[Summary, list[dict[str, Any]]]) -> None:
    """The logs of the runs that failed are kept, and of no others, each with the digest of its row."""
    _, rows = done
    kept = {path.name: anyio.run(digest_of, path) for path in Path("o/logs").iterdir()}
    assert kept == {f"run-{row['run']}.db": row["digest"] for row in rows if not row["finished"]}
    assert len(kept) > 1


def test_done_again(done: tuple[Summary, list[dict[str, Any]]]) -> None:
    """A run whose log a worker has left that died before it told of the run is done again, and the log is whole."""
    _, rows = done
    row = next(each for each in rows if not each["finished"])
    path = Path("o/logs").absolute() / f"run-{row['run']}.db"
    plan = SweepPlan(sweep(), str(path.parent))
    assert play(plan.run(row["run"]))["digest"] == row["digest"] == anyio.run(digest_of, path)
    path.unlink()
    play(plan.run(row["run"]))
    assert anyio.run(digest_of, path) == row["digest"]
    assert plan.run(0).key == SweepPlan(sweep()).run(0).key


def test_the_page() -> None:
    """The page has a table of the runs that failed, which is left out if none did; what quotes commands is escaped."""
    run = FailedRun(run=3, seed=10, why="virtual_days < 60", digest="0" * 64, command="orgsim simulate '<a>.toml'")
    told = summary(combination({"ignore": 0.5}, 99, failed_runs=[run]), combination({"ignore": 0.7}, 100))
    page = render_sweep(definition({"ignore": (0.5, 0.7)}), told, lambda name: [])
    assert "Runs that failed" in page
    assert "orgsim simulate &#x27;&lt;a&gt;.toml&#x27;" in page or "orgsim simulate '&lt;a&gt;.toml'" in page
    none = summary(combination({"ignore": 0.5}, 100))
    assert "Runs that failed" not in render_sweep(definition({"ignore": (0.5,)}), none, lambda name: [])


def test_the_terminal(capsys: pytest.CaptureFixture[str]) -> None:
    """The first run that failed is told for some combinations, each command on a line of its own, however long."""
    command = f"orgsim simulate {'long/' * 60}s.toml --seed 10"
    run = FailedRun(run=3, seed=10, why="virtual_days < 60", digest="0" * 64, command=command)
    combinations = [combination({"ignore": index}, 98, failed_runs=[run, run]) for index in range(9)]
    print_summary(summary(*combinations))
    assert capsys.readouterr().out.splitlines().count(command) == MOST_COMMANDS


def test_with_a_scheduler(tmp_path: Path) -> None:
    """Workers of a scheduler may be elsewhere, where there is no such folder: refused before anything is done."""
    (tmp_path / "s.toml").write_text(SCENARIO)
    options = ["--out", str(tmp_path / "o"), "--keep-logs", "--scheduler", "tcp://127.0.0.1:9"]
    refused = CliRunner().invoke(app, ["sweep", str(tmp_path / "s.toml"), *options])
    assert refused.exit_code == 2
    assert "workers elsewhere" in refused.stderr
    assert not (tmp_path / "o").exists()
