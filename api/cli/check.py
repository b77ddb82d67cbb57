"""The command ``orgsim check``: read a scenario without playing it, and print all that is wrong with it."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from ..load.plan.members import standing_members
from ..load.scenario import Scenario, ScenarioError, load_scenario
from ..load.scenario.existing import in_logs
from ..load.scenario.populations import MemberTable
from .terminal import AsJson, print_json, print_line


def check(
    scenarios: Annotated[list[Path], typer.Argument(metavar="SCENARIO...", help="Scenario files (TOML).")],
    as_json: AsJson = False,
) -> None:
    """Read scenarios and print all that is wrong with them. One line each; exit with 2 if there is anything."""
    right = [_is_right(each, as_json=as_json) for each in scenarios]
    if not all(right):
        raise typer.Exit(2)


def _is_right(scenario: Path, *, as_json: bool) -> bool:
    """Read a scenario, and print what is wrong with it, or what it holds."""
    try:
        read = anyio.run(partial(load_scenario, scenario))
    except ScenarioError as error:
        print_json(_as_object(scenario, error)) if as_json else _print_lines(error.messages)
        return False
    print_json({"file": str(scenario), "ok": True, "problems": []}) if as_json else _print_lines(
        [f"{scenario}: ok: {_content(read)}"]
    )
    return True


def _as_object(scenario: Path, error: ScenarioError) -> dict[str, Any]:
    problems = [
        {"line": each.line, "column": each.column, "place": each.place, "message": each.message}
        for each in error.problems
    ]
    return {"file": str(scenario), "ok": False, "problems": problems}


def _print_lines(lines: list[str]) -> None:
    for line in lines:
        print_line(line)


def _content(scenario: Scenario) -> str:
    """What a scenario holds, counted."""
    accounts = sum(each.count for each in scenario.populations.values() if not isinstance(each, MemberTable))
    accounts += sum(round(each.most) for each in standing_members(scenario).there.values())
    elsewhere = len(in_logs(scenario))
    counts = {"organization": len(scenario.organizations)}
    counts |= {"account in populations": accounts} if accounts or not elsewhere else {}
    counts |= {"population of members in the log of --on": elsewhere} if elsewhere else {}
    counts |= {
        "step": len(scenario.all_steps),
        "threshold": len(scenario.thresholds),
    }
    counts |= {"track": len(scenario.tracks)} if scenario.tracks else {}
    counts |= {"fault": len(scenario.faults)} if scenario.faults else {}
    return ", ".join(f"{number:,} {_plural(what, number)}" for what, number in counts.items())


def _plural(what: str, number: int) -> str:
    first, _, rest = what.partition(" ")
    return " ".join([first if number == 1 else f"{first}s", *([rest] if rest else [])])
