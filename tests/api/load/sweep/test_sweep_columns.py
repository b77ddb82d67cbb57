"""The columns of a sweep's table: thresholds, warnings and reminders of each run, and what old readers rely on."""

import json
from functools import partial
from pathlib import Path
from typing import Any

import anyio
import msgspec
import pytest
from pyarrow import parquet
from support.repository import SCENARIOS
from support.small_sweep import SCENARIO, Watching, carry_out_here, runs_here, sweep

from orgsim.api.load.run import play_scenario
from orgsim.api.load.sweep import carry_out as carrying
from orgsim.api.load.sweep.columns import columns
from orgsim.api.load.sweep.plan import SweepPlan, scenario_of
from orgsim.api.load.sweep.run import play
from orgsim.api.load.sweep.summary import summarize
from orgsim.api.load.sweep.table import make_table
from orgsim.engine.log import MemoryLog

OLD_END = ["wall_seconds", "digest", "error", "command"]
"""The last columns that tables had once; what has come since stands behind them."""

REMINDED = """
[parameters]
limit = "< 40"
silent = 0.5

[populations.partners]
origin = "invited"
count = 8

[populations.partners.invitation]
after_reminder = "$silent"

[populations.partners.migration]
after_reminder = "$silent"
remind_after_days = [3, 6]
reminded_accept = [0, 1]
deadline_days = 4

[tracks.again]
every_days = 2
times = 3
steps = [{ action = "remind" }]

[tracks.main]
steps = [
  { action = "invite", population = "partners" },
  { action = "wait_for_answers" },
  { action = "wait", days = 5 },
  { action = "enable_all_features" },
  { action = "wait_for_answers" },
  { action = "remind", population = "partners" },
]

[thresholds]
"partners.joined" = "== 8"
virtual_days = "$limit"
events = { condition = "< 1", severity = "warn" }
"""


@pytest.fixture
def plan() -> SweepPlan:
    """Half of the partners, or all, wait for a reminder; the limit is kept, or not."""
    return SweepPlan(sweep(REMINDED, vary=["silent=0.5,1.0", "limit=< 1,< 40"], runs=3))


@pytest.fixture
def table(plan: SweepPlan) -> Any:
    """The table of the sweep."""
    return make_table(plan, map(play, plan.runs()))


def test_old_columns_stay() -> None:
    """The columns that there were have their names, types and places; new ones stand behind them."""
    found = columns(SweepPlan(sweep()))
    names = list(found)
    begin = ["run", "scenario", "scenario_sha256", "orgsim_version", "parameters.accept", "parameters.accounts", "seed"]
    end = names.index("command") + 1

    assert names[:11] == [*begin, "finished", "passed", "passed.all_features_share", "passed.migration_days.p90"]
    assert names[end - 5 : end] == ["migration_days.p90", *OLD_END]
    assert names[end:] == ["failed", "warned", "warnings", "first_warning"]
    assert (found["events"], found["migration_days.count"], found["command"]) == ("whole", "whole", "text")


def test_whole_numbers(plan: SweepPlan) -> None:
    """A figure of a run has a column of whole numbers exactly if its values are whole numbers."""
    outcome = anyio.run(partial(play_scenario, scenario_of(plan.run(0)), MemoryLog()))
    types = columns(plan)

    assert {name for name, value in outcome.metrics.items() if isinstance(value, int)} == {
        name for name in outcome.metrics if types[name] == "whole"
    }


def test_thresholds_of_a_run(table: Any) -> None:
    """Each row has its thresholds' figures, and names those that did not hold, as they stand in its combination."""
    rows = table.to_pylist()

    assert [row["partners.joined"] for row in rows] == [8.0] * 12
    assert [row["failed"] for row in rows] == ["virtual_days < 1"] * 3 + [""] * 3 + ["virtual_days < 1"] * 3 + [""] * 3
    assert {row["warned"] for row in rows} == {"events < 1"}
    assert [row["passed"] for row in rows] == [False] * 3 + [True] * 3 + [False] * 3 + [True] * 3


def test_follow_ups_of_a_run(plan: SweepPlan, table: Any) -> None:
    """Each reminder and deadline is counted in columns of its own, a step that is repeated all in all."""
    populations = [f"follow_ups.partners.migration.{each}" for each in ("reminder_1", "reminder_2", "deadline")]
    steps = ["follow_ups.tracks.again.1", "follow_ups.tracks.main.6"]
    names = [f"{name}.{each}" for name in (*populations, *steps) for each in ("reached", "followed")]
    run = plan.run(6)
    outcome = anyio.run(partial(play_scenario, scenario_of(run), MemoryLog()))
    row = table.to_pylist()[6]

    assert [name for name in table.column_names if name.startswith("follow_ups.")] == names
    # All eight ignore the invitation until the track reminds them on day 2, and approve six days after they are asked.
    by_kind = [(row[f"{name}.reached"], row[f"{name}.followed"]) for name in (*populations, *steps)]
    assert by_kind == [(8, 0), (8, 8), (8, 0), (8, 8), (0, 0)]
    assert by_kind[:3] == [(each.reached, each.followed) for each in outcome.follow_ups[:3]]


def test_warnings_of_a_run(table: Any) -> None:
    """What did not go as planned is counted, and the first of it is quoted."""
    for row in table.to_pylist():
        assert row["warnings"] >= 1
        assert "the reminder reached nobody" in row["first_warning"]


def test_summary_of_thresholds(plan: SweepPlan, table: Any) -> None:
    """The summary counts how often each threshold failed, for each combination and in all."""
    found = summarize(plan, table)

    assert [(each.threshold, each.severity, each.failed) for each in found.thresholds] == [
        ("partners.joined == 8", "fail", 0),
        ("virtual_days", "fail", 6),
        ("events < 1", "warn", 12),
    ]
    assert [each.thresholds[1].threshold for each in found.combinations] == [
        "virtual_days < 1",
        "virtual_days < 40",
    ] * 2
    assert [each.thresholds[1].failed for each in found.combinations] == [3, 0, 3, 0]
    assert [each.finished for each in found.combinations] == [0, 3, 0, 3]
    assert found.finished_means == "all thresholds held, apart from those that only warn"
    assert found.combinations[2].figures["follow_ups.tracks.again.1.reached"]["median"] == 8


def test_old_keys_of_the_summary_stay(plan: SweepPlan, table: Any) -> None:
    """What readers of summary.json have found there once they find still, under the same names."""
    found = msgspec.to_builtins(summarize(plan, table))
    once = {"scenario", "scenario_sha256", "version", "seed", "runs_per_combination", "total", "finished_means"}
    of_each = {"parameters", "runs", "refused", "lost", "finished", "chance", "all_features_share", "figures"}

    assert once | {"combinations"} <= found.keys()
    for combination in found["combinations"]:
        assert of_each <= combination.keys()
        assert combination["chance"].keys() == {"share", "low", "high"}
        assert {"finalize_days", "migration_days.p95", "expired_share"} <= combination["figures"].keys()


NEW = ("warnings", "first_warning", "follow_ups.partners.migration.reminder_1.reached")


@pytest.mark.parametrize("kept", [0, 3, 12])
def test_a_journal_without_new_columns(
    plan: SweepPlan, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, kept: int
) -> None:
    """A sweep that was begun before these columns is resumed: its rows have no value in them, all else is as ever."""
    monkeypatch.setattr(carrying, "do_runs", runs_here)
    whole = carry_out_here(plan, tmp_path / "o", Watching())
    journal = tmp_path / "o" / "runs.jsonl"
    rows = [json.loads(line) for line in journal.read_text().splitlines()]
    old = [
        {key: value for key, value in row.items() if key not in NEW and not key.startswith("follow_ups.")}
        for row in rows[:kept]
    ]
    journal.write_text("".join(f"{json.dumps(row)}\n" for row in old))
    watch = Watching()
    resumed = carry_out_here(plan, tmp_path / "o", watch, resume=True)
    table = parquet.read_table(tmp_path / "o" / "runs.parquet")

    assert (watch.began, watch.finished) == ([(kept, 12)], 12 - kept)
    assert [table[name].null_count for name in NEW if name != "first_warning"] == [kept, kept]
    assert table["failed"].null_count == 0
    assert resumed.thresholds == whole.thresholds
    assert [each.chance for each in resumed.combinations] == [each.chance for each in whole.combinations]


def test_a_run_that_was_refused() -> None:
    """A run that did not come to an end has no thresholds that held or failed."""
    text = SCENARIO.replace("[parameters]", "start = 8000-01-01T00:00:00Z\n[parameters]")
    centuries = '[[steps]]\naction = "wait"\ndays = 36500\n' * 11
    plan = SweepPlan(sweep(text.replace("[thresholds]", f"{centuries}[thresholds]"), vary=[], runs=1))
    (row,) = make_table(plan, map(play, plan.runs())).to_pylist()

    assert row["error"].startswith("step ")
    assert (row["failed"], row["warned"], row["warnings"]) == (None, None, None)


@pytest.mark.parametrize(("measured", "reached"), [(False, 2), (True, 1)])
def test_follow_ups_of_organizations(measured: bool, reached: int) -> None:
    """Reminders to whoever is asked to let another pay its bills have columns, as those to populations have."""
    text = (SCENARIOS / "leave-reseller.toml").read_text("utf-8")
    asked = "[organizations.initech.transfer]"
    assert text.count(asked) == 1
    begin, _, rest = (text if measured else text.replace("measure_from", "# measure_from")).partition(asked)
    behaviour, _, more = rest.partition("\n[")
    slow = f"{asked}\nafter_reminder = 1\nremind_after_days = [2, 4]\nreminded_accept = [0, 1]\ndeadline_days = 9\n"
    plan = SweepPlan(sweep(f"{begin}{slow}\n[{more}", vary=[], runs=1))
    (row,) = make_table(plan, map(play, plan.runs())).to_pylist()
    names = [f"follow_ups.initech.transfer.{each}" for each in ("reminder_1", "reminder_2", "deadline")]

    assert behaviour.strip()
    # It is asked twice: by the reseller, before the day from which the file measures, and by the partner after that.
    found = [row[f"{name}.{each}"] for name in names for each in ("reached", "followed")]
    assert found == [reached, 0, reached, reached, 0, 0]
