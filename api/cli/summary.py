"""Prints the summary of a run: thresholds, organizations, calls, durations, steps, and how to reproduce it."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.table import Column, Table

from ..load import wording
from ..load.play import Outcome
from ..load.wording import STATISTICS
from .terminal import markup_safe, out, print_table

NAME = 24
"""The width of the names in front of values, in characters."""


def print_summary(outcome: Outcome, report: Path | None = None) -> None:
    """Print the outcome of a run for people.

    Args:
        outcome: the outcome.
        report: the path of its report, if one was written.
    """
    out.print(outcome.description or outcome.scenario, markup=False, highlight=False)
    _print_thresholds(outcome)
    _print_warnings(outcome)
    _print_organizations(outcome)
    _print_calls(outcome)
    _print_distributions(outcome)
    _print_follow_ups(outcome)
    _print_steps(outcome)
    _print_run(outcome, report)
    color = "green" if outcome.passed else "red"
    out.print(f"\n[bold {color}]{wording.verdict(outcome)}[/]", highlight=False)


def _head(text: str) -> None:
    out.print(f"\n[bold]{text}[/]", highlight=False)


def _line(name: str, value: str) -> None:
    # Plain lines: a table would cut a long digest or path to the width of the terminal.
    out.print(f"  {markup_safe(name):{NAME - 1}} {markup_safe(value)}", soft_wrap=True, highlight=False)


def _lines(numbers: Mapping[str, int], indent: str = "", examples: Mapping[str, str] | None = None) -> None:
    """Print names with their numbers, the largest first, each with an example below it if there is one."""
    width = max((len(f"{number:,}") for number in numbers.values()), default=0)
    for name, number in sorted(numbers.items(), key=lambda item: -item[1]):
        out.print(f"  {indent}{number:{width},}  {markup_safe(name)}", soft_wrap=True, highlight=False)
        example = (examples or {}).get(name)
        if example:
            out.print(f"  {indent}{'':{width}}  [dim]first: {markup_safe(example)}[/]", soft_wrap=True, highlight=False)


def _counts(states: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {state}" for state, number in states.items())


def _print_thresholds(outcome: Outcome) -> None:
    if not outcome.thresholds:
        return
    _head("Thresholds")
    plain = {} if "utf" in out.encoding else {"✓": "+", "✗": "x"}
    colors = {"passed": "green", "failed": "red", "warned": "yellow"}
    width = max(NAME, *(len(each.threshold) + 2 for each in outcome.thresholds))
    for each in outcome.thresholds:
        sign = wording.mark(each)
        mark = f"[{colors[wording.judgement(each)]}]{plain.get(sign, sign)}[/]"
        condition = markup_safe(f"{each.threshold:{width}}")
        out.print(f"{mark} {condition}{wording.number(each.value)}", soft_wrap=True, highlight=False)


def _print_warnings(outcome: Outcome) -> None:
    if outcome.warnings:
        _head("Not as planned")
    for warning in outcome.warnings:
        out.print(f"  [yellow]![/] {markup_safe(warning)}", soft_wrap=True, highlight=False)


def _print_organizations(outcome: Outcome) -> None:
    _head("Organizations")
    for name, each in outcome.organizations.items():
        hours = each.migration_hours
        migrated = f", migrated in {wording.long_duration(hours)}" if hours is not None else ""
        _line(name, f"{each.feature_set}, {each.accounts:,} accounts{migrated}")
    if outcome.handshakes:
        _head("Handshakes")
        for action, states in wording.sorted_by_action(outcome.handshakes):
            _line(action, _counts(states))
    if outcome.account_creations:
        _head("Account creations")
        _lines(outcome.account_creations)


def _print_calls(outcome: Outcome) -> None:
    _head("Calls")
    _line("made", f"{outcome.commands:,}")
    for name, numbers in (
        ("refused", outcome.refused),
        ("throttled", outcome.throttled),
        ("held back", outcome.held_back),
    ):
        if numbers:
            _line(name, f"{sum(numbers.values()):,}")
            _lines(numbers, "  ", outcome.explanations if name == "refused" else None)


def _print_distributions(outcome: Outcome) -> None:
    filled = {name: each for name, each in outcome.distributions.items() if each.count}
    if not filled:
        return
    rows = (
        (
            name,
            f"{each.count:,}",
            *(wording.rounded(each.statistic(statistic) or 0.0) for statistic in STATISTICS),
        )
        for name, each in filled.items()
    )
    _print_table("Durations", ("", "count", *STATISTICS), rows)


def _print_follow_ups(outcome: Outcome) -> None:
    if outcome.follow_ups:
        _print_table("Reminders and deadlines", ("", *wording.FOLLOW_UP[1:]), wording.follow_ups(outcome))


def _print_steps(outcome: Outcome) -> None:
    optional = ("refused", "throttled", "held_back")
    shown = [name for name in optional if any(getattr(step, name) for step in outcome.steps)]
    names = ("", "begins", "AWS-time", "calls", *(name.replace("_", " ") for name in shown))
    width = max((len(step.track) for step in outcome.steps), default=0)
    rows = (
        (
            f"{f'{step.track:{width}} ' if width else ''}{step.step:2} {step.action} {step.subject}".rstrip(),
            f"day {step.began_days:,.1f}",
            wording.duration(step.hours),
            f"{step.commands:,}",
            *(f"{getattr(step, name):,}" for name in shown),
        )
        for step in outcome.steps
    )
    _print_table("Steps", names, rows)


def _print_table(head: str, names: Iterable[str], rows: Iterable[tuple[str, ...]]) -> None:
    _head(head)
    columns = [
        Column(name, overflow="fold", justify="right" if index else "left", no_wrap=index > 0)
        for index, name in enumerate(names)
    ]
    table = Table(*columns, box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for row in rows:
        table.add_row(*map(markup_safe, row))
    print_table(table, indent=2)


def _print_run(outcome: Outcome, report: Path | None) -> None:
    _head("Run")
    rate = outcome.events / outcome.wall_seconds if outcome.wall_seconds else 0
    parameters = " ".join(wording.assignment(name, value) for name, value in outcome.parameters.items())
    if outcome.began_with:
        _line("began with", f"{outcome.began_with} at {outcome.began_at}")
    _line("virtual time", f"{outcome.virtual_days:,.1f} days from {outcome.start:%Y-%m-%d %H:%M} UTC")
    if outcome.measured_since != outcome.start:
        _line("figures", f"from {outcome.measured_since:%Y-%m-%d %H:%M} UTC on")
    _line("events", f"{outcome.events:,} in {outcome.wall_seconds:,.1f} s ({rate:,.0f} per second)")
    _line("seed", str(outcome.seed))
    if parameters:
        _line("parameters", parameters)
    _line("digest", outcome.digest)
    _line("log", outcome.log)
    if report:
        _line("report", str(report))
