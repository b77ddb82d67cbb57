"""The command ``orgsim sweep``: its options and exit codes; ``api/load/sweep`` does the work."""

import json
from collections.abc import Generator
from contextlib import contextmanager
from functools import partial
from importlib.metadata import version
from importlib.util import find_spec
from pathlib import Path
from typing import TYPE_CHECKING, Annotated

import msgspec
import typer

from ..load.scenario import ScenarioError
from ..load.scenario.reading import read_text
from ..load.sweep.journal import ResultsError, ResultsUnwritable
from ..load.sweep.plan import HIGHEST_SEED, MOST_RUNS, Sweep, SweepPlan, make_sweep
from ..load.sweep.results import LOGS, PAGE, Results
from ..plurals import counted
from .of_scenarios import wrong_scenario
from .terminal import failure, print_line

if TYPE_CHECKING:
    from ..load.sweep.summary import Summary

NEEDED_MODULES = ("distributed", "pyarrow", "plotly")


Runs = Annotated[
    int,
    typer.Option(
        min=1, max=MOST_RUNS, help="So many seeds for EACH combination of parameters: in all RUNS x combinations."
    ),
]
Vary = Annotated[
    list[str] | None,
    typer.Option(
        metavar="NAME=VALUES",
        show_default=False,
        help="A parameter's values: accounts=1000,10000, or from:to:step as accept=0.9:0.96:0.02, both ends included. "
        "Several make all combinations.",
    ),
]
Given = Annotated[
    list[str] | None,
    typer.Option("--set", metavar="NAME=VALUE", show_default=False, help="A parameter's value for every run."),
]
Seed = Annotated[
    int | None,
    typer.Option(
        min=-(2**63), max=HIGHEST_SEED, help="The first seed, instead of the scenario's; the others follow by one."
    ),
]
Workers = Annotated[
    int | None, typer.Option(min=1, max=1024, show_default=False, help="Processes here; one for each core.")
]
Scheduler = Annotated[
    str | None, typer.Option(metavar="ADDRESS", help="A Dask scheduler such as tcp://10.0.0.5:8786, instead.")
]


def sweep(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (TOML).")],
    out: Annotated[Path, typer.Option(help="The folder for the results: a new or an empty one.")],
    runs: Runs = 100,
    vary: Vary = None,
    given: Given = None,
    seed: Seed = None,
    workers: Workers = None,
    scheduler: Scheduler = None,
    keep_logs: Annotated[
        bool, typer.Option("--keep-logs", help="Keep the log of each run that failed, as logs/run-NUMBER.db.")
    ] = False,
    resume: Annotated[bool, typer.Option("--resume", help="Go on with the interrupted sweep in the folder.")] = False,
    as_json: Annotated[bool, typer.Option("--json", help="Print summary.json instead of a table.")] = False,
) -> None:
    """Play a scenario for many values and many seeds. How likely does the plan pass?

    Every combination of the varied parameters is played with the same RUNS seeds, on all cores or on a Dask cluster.
    The folder then holds runs.parquet (a row for each run, with the command that does it alone), summary.json and
    chance.html, the page for others. Thresholds that do not hold are results: the exit code is 0.
    """
    missing = [name for name in NEEDED_MODULES if find_spec(name) is None]
    if missing:
        raise failure(f"a sweep needs {', '.join(missing)}: pip install '.[sweep]' in a clone", 2)
    _require_possible_scheduler(scheduler, workers, keep_logs)
    _require_utf8(scenario, out)
    results = Results(out)
    with _errors(results):
        wanted = make_sweep(
            str(scenario),
            read_text(scenario),
            vary=vary or [],
            given=given or [],
            runs=runs,
            seed=seed,
            version=version("orgsim"),
        )
        plan = _plan(wanted, results, resume, str((out / LOGS).absolute()) if keep_logs else "")
        summary = _carry_out(plan, results, workers, scheduler, resume)
    if as_json:
        typer.echo(json.dumps(msgspec.to_builtins(summary)))
    else:
        _print(summary, out, f"; logs of runs that failed: {out / LOGS}" if keep_logs else "")
    if lost := sum(combination.lost for combination in summary.combinations):
        raise failure(f"{counted(lost, 'run')} could not be done, the workers died; --resume tries again", 1)


def _require_possible_scheduler(scheduler: str | None, workers: int | None, keep_logs: bool) -> None:
    if scheduler == "":
        raise typer.BadParameter("an address such as tcp://10.0.0.5:8786, not nothing", param_hint="'--scheduler'")
    if workers and scheduler:
        raise typer.BadParameter("a scheduler has its own workers", param_hint="'--workers'")
    if keep_logs and scheduler:
        raise typer.BadParameter("workers elsewhere have no such folder", param_hint="'--keep-logs'")


def _require_utf8(*paths: Path) -> None:
    """Refuse paths that cannot be written down in the files of a sweep."""
    for path in paths:
        try:
            str(path).encode()
        except UnicodeEncodeError:
            raise failure(f"{path}: a sweep writes this name into its files, and it is not UTF-8", 2) from None


def _plan(wanted: Sweep, results: Results, resume: bool, logs: str) -> SweepPlan:
    if resume:
        return SweepPlan(results.definition(wanted), logs)
    results.require_new()
    return SweepPlan(wanted, logs)


def _carry_out(
    plan: SweepPlan, results: Results, workers: int | None, scheduler: str | None, resume: bool
) -> "Summary":
    # Imported here, because the other commands start faster without Dask, and work without it.
    from ..load.sweep.carry_out import carry_out
    from ..load.sweep.cluster import ClusterLost, NoCluster, RunFailed, local_cluster, remote_cluster
    from .sweep_progress import watching

    connect = partial(remote_cluster, scheduler) if scheduler else partial(local_cluster, workers)
    with watching(plan) as watch:
        try:
            return carry_out(plan, results, connect, watch, resume=resume)
        except NoCluster as error:
            raise failure(str(error), 2) from None
        except (ClusterLost, RunFailed) as error:
            raise failure(f"{error}{_resume_hint(results)}", 1) from None


@contextmanager
def _errors(results: Results) -> Generator[None, None, None]:
    """Turn the errors of a sweep into one line on stderr and an exit code."""
    try:
        yield
    except ScenarioError as error:
        raise wrong_scenario(error) from None
    except ResultsError as error:
        raise failure(error, 2) from None
    except ResultsUnwritable as error:
        raise failure(f"{error}{_resume_hint(results)}", 1) from None
    except KeyboardInterrupt:
        raise failure(f"interrupted{_resume_hint(results)}", 130) from None


def _resume_hint(results: Results) -> str:
    return f"; finished runs are in {results.folder}, --resume goes on with them" if results.begun else ""


def _print(summary: "Summary", out: Path, logs: str) -> None:
    from .sweep_progress import print_summary

    print_summary(summary)
    print_line(f"A run passes if {summary.finished_means}. The page for others: {out / PAGE}; all of it: {out}{logs}")
