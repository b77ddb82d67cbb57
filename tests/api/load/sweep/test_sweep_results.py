"""The folder of a sweep: crashes, full disks, resuming, and what the files say."""

import errno
import json
import os
import re
from collections.abc import Callable
from pathlib import Path
from typing import Any

import msgspec
import pytest
from pyarrow import parquet
from support.small_sweep import SCENARIO, Watching, carry_out_here, comparable, in_process, no_cluster, runs_here, sweep

from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import parse_scenario
from orgsim.api.load.sweep import carry_out as carrying
from orgsim.api.load.sweep.journal import ResultsError, ResultsUnwritable
from orgsim.api.load.sweep.plan import Run, SweepPlan
from orgsim.api.load.sweep.results import Results
from orgsim.api.load.sweep.run import OtherVersion, play
from orgsim.api.load.sweep.summary import wilson
from orgsim.engine.log import MemoryLog

pytestmark = pytest.mark.slow

FILES = {"sweep.json", "runs.jsonl", "runs.parquet", "summary.json", "chance.html"}


@pytest.fixture(autouse=True)
def without_cluster(monkeypatch: pytest.MonkeyPatch) -> None:
    """Runs are done in this process."""
    monkeypatch.setattr(carrying, "do_runs", runs_here)


@pytest.fixture
def plan() -> SweepPlan:
    """The plan of a sweep of 24 small runs."""
    return SweepPlan(sweep())


class Stop(Exception):
    """Raised by tests to interrupt a sweep."""


def stop_at(number: int) -> Callable[[int], None]:
    """Make a function that raises after a number of runs."""

    def on_done(finished: int) -> None:
        if finished == number:
            raise Stop

    return on_done


def half_done(plan: SweepPlan, folder: Path) -> None:
    """Interrupt a sweep after ten runs."""
    with pytest.raises(Stop):
        carry_out_here(plan, folder, Watching(stop_at(10)))


def test_whole_sweep(plan: SweepPlan, tmp_path: Path) -> None:
    """The folder holds the five files, the table a typed row for each run in the order of parameters and seeds."""
    summary = carry_out_here(plan, tmp_path / "o", Watching())
    table = parquet.read_table(tmp_path / "o" / "runs.parquet")
    rows = table.to_pylist()

    assert {path.name for path in (tmp_path / "o").iterdir()} == FILES
    assert comparable(table).equals(in_process(plan))
    assert [(row["parameters.accounts"], row["parameters.accept"], row["seed"]) for row in rows] == [
        (accounts, accept, seed) for accounts in (6, 10) for accept in (0.9, 1.0) for seed in range(5, 11)
    ]
    types = {name: str(table.schema.field(name).type) for name in ("seed", "passed", "digest", "parameters.accept")}
    assert types == {"seed": "int64", "passed": "bool", "digest": "string", "parameters.accept": "double"}
    assert [each.finished for each in summary.combinations] == [
        sum(row["passed"] for row in rows[begin : begin + 6]) for begin in (0, 6, 12, 18)
    ]
    assert 0 < sum(row["passed"] for row in rows) < len(rows)
    assert json.loads((tmp_path / "o" / "summary.json").read_text()) == msgspec.to_builtins(summary)
    assert "plotly" in (tmp_path / "o" / "chance.html").read_text("utf-8")[:5_000_000]


@pytest.fixture
def row(plan: SweepPlan) -> dict[str, Any]:
    """One of the table."""
    return in_process(plan).to_pylist()[8]


async def test_a_row_reproduces_alone(row: dict[str, Any], anyio_backend: str) -> None:
    """The parameters and the seed of a row give the digest and the figures in it."""
    given = {"accounts": row["parameters.accounts"], "accept": row["parameters.accept"]}
    scenario = msgspec.structs.replace(parse_scenario(SCENARIO, given), seed=row["seed"])
    outcome = await play_scenario(scenario, MemoryLog())

    assert row["command"] == "orgsim simulate s.toml --set accounts=6 --set accept=1.0 --seed 7"
    assert (row["digest"], row["events"], row["passed"]) == (outcome.digest, outcome.events, outcome.passed)
    assert row["migration_days.p90"] == outcome.figure("migration_days.p90")
    assert row["passed.migration_days.p90"] == outcome.thresholds[1].ok
    assert row["passed.all_features_share"] == outcome.thresholds[0].ok


@pytest.mark.parametrize("torn", [b"", b'{"run": 23, "se', b"\xff"])
def test_resume(plan: SweepPlan, tmp_path: Path, torn: bytes) -> None:
    """A sweep that is resumed does what is left, drops a torn line, and ends with the same table and summary."""
    folder = tmp_path / "o"
    half_done(plan, folder)
    with (folder / "runs.jsonl").open("ab") as journal:
        journal.write(torn)
    watch = Watching()
    summary = carry_out_here(plan, folder, watch, resume=True)

    assert (watch.began, watch.finished) == ([(10, 24)], 14)
    assert comparable(parquet.read_table(folder / "runs.parquet")).equals(in_process(plan))
    assert summary == carry_out_here(plan, tmp_path / "p", Watching())


def test_resume_of_a_finished_sweep(plan: SweepPlan, tmp_path: Path) -> None:
    """A sweep with nothing left to do writes its table again, without a cluster."""
    carry_out_here(plan, tmp_path, Watching())
    (tmp_path / "runs.parquet").unlink()
    watch = Watching()
    carry_out_here(plan, tmp_path, watch, resume=True)

    assert (watch.began, watch.finished) == ([(24, 24)], 0)
    assert (tmp_path / "runs.parquet").exists()


@pytest.mark.parametrize("line", ['{"run": 24}', '{"run": 0}', '{"run": true}', '{"seed": 1}', "[]", "?"])
def test_damaged_journal(plan: SweepPlan, tmp_path: Path, line: str) -> None:
    """A whole line that is no row of this sweep, or one that is there twice, is refused with its number."""
    half_done(plan, tmp_path)
    with (tmp_path / "runs.jsonl").open("a") as journal:
        journal.write(f"{line}\n")

    with pytest.raises(ResultsError, match=r"runs\.jsonl: line 11 is damaged"):
        carry_out_here(plan, tmp_path, Watching(), resume=True)


def test_two_at_once(plan: SweepPlan, tmp_path: Path) -> None:
    """A second sweep in the same folder is refused while the first one writes."""
    half_done(plan, tmp_path)
    with Results(tmp_path).journal(), pytest.raises(ResultsError, match="another sweep is writing here"):
        carry_out_here(plan, tmp_path, Watching(), resume=True)


def test_two_that_begin_at_once(plan: SweepPlan, tmp_path: Path) -> None:
    """Of two new sweeps in one folder the second is refused and changes nothing, also when the first is done."""
    plans = [SweepPlan(sweep(runs=runs)) for runs in (1, 2)]
    with Results(tmp_path).begin(plans[0].sweep):
        written = (tmp_path / "sweep.json").read_bytes()
        with pytest.raises(ResultsError, match="another sweep is writing here"):
            carry_out_here(plans[1], tmp_path, Watching())
    with pytest.raises(ResultsError, match="another sweep has begun here meanwhile"):
        carry_out_here(plans[1], tmp_path, Watching())
    assert (tmp_path / "sweep.json").read_bytes() == written
    assert not (tmp_path / "runs.jsonl").read_bytes()


def test_killed_before_it_began(tmp_path: Path) -> None:
    """An empty journal alone is no sweep."""
    (tmp_path / "runs.jsonl").touch()
    Results(tmp_path).require_new()


def test_existing_folder(plan: SweepPlan, tmp_path: Path) -> None:
    """A new sweep wants a new or an empty folder, and says how to go on with another."""
    Results(tmp_path / "new").require_new()
    Results(tmp_path).require_new()
    (tmp_path / "x").touch()
    with pytest.raises(ResultsError, match="the folder is not empty; name another"):
        Results(tmp_path).require_new()
    half_done(plan, tmp_path / "o")
    with pytest.raises(ResultsError, match="the folder is not empty; --resume goes on"):
        Results(tmp_path / "o").require_new()
    with pytest.raises(ResultsError, match="x: cannot be read: Not a directory"):
        Results(tmp_path / "x").require_new()


@pytest.mark.parametrize(
    ("changes", "difference"),
    [
        ({"text": SCENARIO + "\n"}, "its scenario has another text"),
        ({"runs": 7}, "--runs was 6, now 7"),
        ({"vary": ["accounts=6,10"]}, "--vary accept was 0.9,1.0, now not given"),
        ({"vary": ["accounts=6,11", "accept=0.9:1:0.1"]}, "--vary accounts was 6,10, now 6,11"),
        ({"vary": ["accounts=6,10"], "given": ["accept=1"]}, "--set accept was not given, now 1; --vary accept was"),
    ],
)
def test_another_sweep(plan: SweepPlan, tmp_path: Path, changes: dict[str, Any], difference: str) -> None:
    """Resuming with other arguments is refused, and the difference is named."""
    results = Results(tmp_path)
    with results.begin(plan.sweep):
        pass

    assert results.definition(sweep()) == plan.sweep
    with pytest.raises(ResultsError) as refused:
        results.definition(sweep(**changes))
    assert f"the sweep in it is another: {difference}" in str(refused.value)


def test_nothing_to_resume(tmp_path: Path) -> None:
    """A folder without a sweep, or with something else, cannot be resumed."""
    with pytest.raises(ResultsError, match="there is no sweep to resume"):
        Results(tmp_path).definition(sweep())
    (tmp_path / "sweep.json").write_text("{}")
    with pytest.raises(ResultsError, match=r"sweep\.json: not written by orgsim sweep"):
        Results(tmp_path).definition(sweep())


@pytest.mark.parametrize("name", ["sweep.json", "runs.jsonl"])
def test_no_regular_files(name: str, plan: SweepPlan, tmp_path: Path) -> None:
    """A pipe or a folder in place of a file of the sweep is told, not waited for."""
    results = Results(tmp_path)
    with results.begin(plan.sweep):
        pass
    (tmp_path / name).unlink()
    os.mkfifo(tmp_path / name)
    with pytest.raises(ResultsError, match=f"{re.escape(name)}: cannot be read: no regular file"):
        results.definition(plan.sweep)
    (tmp_path / name).unlink()
    (tmp_path / name).mkdir()
    with pytest.raises(ResultsError, match=f"{re.escape(name)}: cannot be read: Is a directory"):
        results.definition(plan.sweep)


def test_full_disk(plan: SweepPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A disk that is full on the way is an error that names the file; what was done stays, and can be resumed."""
    safe = os.fsync
    calls: list[int] = []

    def fsync(file: int) -> None:
        calls.append(file)
        # Two for sweep.json and its folder, then one for each run: it fails at the tenth run.
        if len(calls) == 12:
            raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))
        safe(file)

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", fsync)
        with pytest.raises(ResultsUnwritable, match=r"runs\.jsonl: No space left on device"):
            carry_out_here(plan, tmp_path, Watching())
    watch = Watching()
    carry_out_here(plan, tmp_path, watch, resume=True)

    assert watch.began[0][0] >= 9
    assert comparable(parquet.read_table(tmp_path / "runs.parquet")).equals(in_process(plan))


def test_full_disk_at_the_end(plan: SweepPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A table that cannot be written leaves no half of it, and all runs for the next attempt."""

    def full(table: object, path: Path) -> None:
        path.write_bytes(b"PAR1")
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))

    with monkeypatch.context() as patch:
        patch.setattr(carrying, "write_table", full)
        with pytest.raises(ResultsUnwritable, match=r"runs\.parquet: No space left on device"):
            carry_out_here(plan, tmp_path, Watching())

    assert {path.name for path in tmp_path.iterdir()} == {"sweep.json", "runs.jsonl"}
    assert (tmp_path / "runs.jsonl").read_bytes().count(b"\n") == 24


def test_no_cluster_leaves_nothing(plan: SweepPlan, tmp_path: Path) -> None:
    """A sweep for which there is no cluster does not make its folder."""

    def connect() -> Any:
        raise Stop

    with pytest.raises(Stop):
        carrying.carry_out(plan, Results(tmp_path / "o"), connect, Watching(), resume=False)
    assert not (tmp_path / "o").exists()


def test_lost_runs(plan: SweepPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A run that was given up is in the table with its error, counts for nothing, and is tried again by a resume."""

    def losing(client: object, runs: Any, died: Callable[[], None]) -> Any:
        for run in runs:
            lost = {"run": run.number, "seed": run.seed, "lost": True, "error": "died"}
            yield run, lost if run.number == 3 else play(run)

    with monkeypatch.context() as patch:
        patch.setattr(carrying, "do_runs", losing)
        watch = Watching()
        summary = carry_out_here(plan, tmp_path, watch)
    row = parquet.read_table(tmp_path / "runs.parquet").to_pylist()[3]

    assert watch.gave_up == ["accounts=6, accept=0.9, seed 8: died"]
    assert (row["seed"], row["passed"], row["error"]) == (8, None, "died")
    assert [(each.runs, each.lost) for each in summary.combinations] == [(5, 1), (6, 0), (6, 0), (6, 0)]
    again = carrying.carry_out(plan, Results(tmp_path), no_cluster, Watching(), resume=True)
    assert [each.lost for each in again.combinations] == [0, 0, 0, 0]


def test_refused_on_the_way(tmp_path: Path) -> None:
    """A scenario that is refused while it is played is a row with an error, and has not finished."""
    # The calendar ends after the year 9000.
    centuries = '[[steps]]\naction = "wait"\ndays = "$days"\n' * 11
    text = SCENARIO.replace("[thresholds]", f"{centuries}[thresholds]")
    text = text.replace("[parameters]", "start = 8000-01-01T00:00:00Z\n[parameters]\ndays = 1")
    plan = SweepPlan(sweep(text, vary=["days=1,36500"], runs=2))
    summary = carry_out_here(plan, tmp_path, Watching())
    rows = parquet.read_table(tmp_path / "runs.parquet").to_pylist()

    assert [row["error"] is None for row in rows] == [True, True, False, False]
    assert rows[2]["error"].startswith("step ")
    assert (rows[2]["passed"], rows[2]["digest"]) == (False, None)
    assert [(each.runs, each.refused) for each in summary.combinations] == [(2, 0), (2, 2)]


def test_another_version(plan: SweepPlan) -> None:
    """A worker with another version of orgsim refuses to play."""
    run = msgspec.structs.replace(plan.run(0), version="0.0.1")

    with pytest.raises(OtherVersion, match=r"the sweep is of 0\.0\.1; install the same everywhere"):
        play(run)
    assert isinstance(run, Run)


@pytest.mark.parametrize(
    ("successes", "trials", "interval"),
    [
        (0, 0, (0, 1)),
        (0, 10, (0, 0.2775)),
        (10, 10, (0.7225, 1)),
        (81, 263, (0.2553, 0.3662)),
    ],
)
def test_wilson(successes: int, trials: int, interval: tuple[float, float]) -> None:
    """The interval is the one in the literature: 81 of 263 (Newcombe 1998) and the ends."""
    assert wilson(successes, trials) == pytest.approx(interval, abs=0.0001)
