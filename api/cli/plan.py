"""The command ``orgsim plan``: what a scenario will ask of AWS, without playing it."""

from functools import partial
from pathlib import Path
from typing import Annotated

import typer
from rich.box import SIMPLE
from rich.table import Column, Table

from ..load.foresee import Plan, plan_scenario
from ..load.plan.rows import PlannedCalls, PlannedRetry
from ..load.plan.tickets import Ticket
from ..load.scenario import ScenarioError, load_scenario
from ..load.scenario.model import Parameter
from ..plurals import counted
from .of_scenarios import Accounts, Assignments, parse_parameters, run_scenario, with_places
from .terminal import AsJson, failure, markup_safe, print_json, print_line, print_table, print_text


def plan(
    scenario: Annotated[Path, typer.Argument(help="A scenario file (TOML).")],
    assignments: Assignments = None,
    accounts: Accounts = None,
    as_json: AsJson = False,
) -> None:
    """Foresee calls, least hours and quotas, without playing.

    How many calls each step makes or brings about, what AWS's rates and quotas make of them at least, and which quotas
    must be raised to how much.
    """
    try:
        given = parse_parameters(assignments or [], accounts)
    except ScenarioError as error:
        raise failure(error, 2) from None
    planned = run_scenario(partial(_plan, scenario, given))
    print_json(planned) if as_json else _print_plan(planned)


async def _plan(path: Path, given: dict[str, Parameter]) -> Plan:
    scenario = await load_scenario(path, given)
    async with with_places(path):
        return plan_scenario(scenario)


def _print_plan(planned: Plan) -> None:
    if planned.description:
        print_text(planned.description)
    print_table(_calls(planned.calls)) if planned.calls else print_line("No calls.")
    if planned.retries:
        print_line(_attempts(planned.retries))
    least, at_aws = _time(planned.least_hours), _time(planned.least_hours_at_aws_rates)
    print_line(f"At least {least}, with AWS's rates {at_aws}.")
    for warning in planned.warnings:
        print_line(f"warning: {warning}")
    if planned.tickets:
        print_line("Quotas to have raised:")
        print_table(_tickets(planned.tickets))


def _time(hours: float) -> str:
    """Hours, and where they are many the days too."""
    return f"{hours:,.1f} hours" + (f" ({hours / 24:,.1f} days)" if hours >= DAYS_FROM else "")


DAYS_FROM = 48
"""From so many hours on they are told in days too."""

MOST_NAMED = 12
"""So many steps that retry are named."""


def _attempts(retries: list[PlannedRetry]) -> str:
    """Say that it is not known how many attempts calls take, and in which steps."""
    named = [f"{each.attempts:,} in {f'track {each.track} ' * bool(each.track)}step {each.step}" for each in retries]
    more = [f"and in {counted(len(named) - MOST_NAMED, 'more step')}"] if len(named) > MOST_NAMED else []
    steps = ", ".join([*named[:MOST_NAMED], *more])
    return f"How many attempts a call takes with retry is not known before a run: up to {steps}."


def _calls(calls: list[PlannedCalls]) -> Table:
    names = ["step", "action", "of", "operation", "by", "calls", "at least", "at most", "hours at AWS's rate"]
    some_are_refused = any(each.refused for each in calls)
    names += ["refused"] if some_are_refused else []
    table = Table(
        *(Column(name, justify="right" if index > 4 else "left") for index, name in enumerate(names)), box=SIMPLE
    )
    for each in calls:
        refused = [f"{each.refused:,}" if each.refused else ""] if some_are_refused else []
        table.add_row(*(markup_safe(cell) for cell in (*_cells(each), *refused)))
    return table


def _cells(each: PlannedCalls) -> tuple[str, ...]:
    step = f"{each.track} {each.step}".strip() if each.step else ""
    numbers = (each.expected, each.least, each.most)
    hours = f"{each.hours:,.2f}" if each.hours else ""
    return (step, each.action, each.subject, each.operation, each.by, *(f"{number:,}" for number in numbers), hours)


def _tickets(tickets: list[Ticket]) -> Table:
    names = ("organization", "AWS's quota", "code", "needed", "AWS grants", "raise by", "in the scenario", "ask for")
    table = Table(
        *(Column(name, justify="right" if 2 < index < 7 else "left") for index, name in enumerate(names)), box=SIMPLE
    )
    for each in tickets:
        numbers = (f"{number:,}" for number in (each.needed, each.aws, each.raise_by, each.scenario))
        request = f"{each.request} (inferred)" if each.inferred else each.request
        table.add_row(markup_safe(each.organization), each.name, each.code, *numbers, request)
    return table
