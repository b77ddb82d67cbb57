"""Prints the summary of a run: the verdict, thresholds, what became of the accounts, organizations, calls, steps."""

from collections.abc import Iterable, Mapping
from pathlib import Path

from rich.table import Column, Table

from ..load import answer, wording
from ..load.play.outcome import FunnelStage, Outcome
from ..load.wording import SHOWN_STATISTICS
from .terminal import markup_safe, out, print_table, print_text

NAME = 18
"""The width of the names in front of values, in characters."""
TOLD_BY_FUNNEL = ("INVITE", "APPROVE_ALL_FEATURES")
"""Handshakes whose ends a funnel tells, account by account."""


def print_summary(outcome: Outcome, report: Path | None = None) -> None:
    """Print the outcome of a run for people.

    Args:
        outcome: the outcome.
        report: the path of its report, if one was written.
    """
    print_text(outcome.description or outcome.scenario)
    _print_verdict(outcome)
    _print_warnings(outcome)
    _print_thresholds(outcome)
    for title, stages in answer.funnels(outcome):
        _print_funnel(title, stages)
    _print_organizations(outcome)
    _print_sentences("Moved to OUs", answer.moves(outcome))
    _print_sentences("Who pays another's bills", answer.transfers(outcome))
    _print_calls(outcome)
    _print_distributions(outcome)
    _print_follow_ups(outcome)
    _print_steps(outcome)
    _print_run(outcome, report)


def _head(text: str) -> None:
    out.print(f"\n[bold]{markup_safe(text)}[/]", highlight=False)


def _line(name: str, value: str) -> None:
    # Plain lines: a table would cut a long digest or path to the width of the terminal.
    out.print(f"  {markup_safe(name):{NAME - 1}} {markup_safe(value)}", soft_wrap=True, highlight=False)


def _lines(numbers: Mapping[str, int], examples: Mapping[str, str] | None = None) -> None:
    """Print names with their numbers, the largest first, each with an example below it if there is one."""
    width = max((len(f"{number:,}") for number in numbers.values()), default=0)
    for name, number in sorted(numbers.items(), key=lambda item: -item[1]):
        out.print(f"    {number:{width},}  {markup_safe(name)}", soft_wrap=True, highlight=False)
        example = (examples or {}).get(name)
        if example:
            out.print(f"    {'':{width}}  [dim]first: {markup_safe(example)}[/]", soft_wrap=True, highlight=False)


def _plain(text: str) -> str:
    """A text with signs that the terminal can show."""
    return text if "utf" in out.encoding else text.translate({ord("✓"): "+", ord("✗"): "x", ord("−"): "-"})


def _print_verdict(outcome: Outcome) -> None:
    color = "green" if outcome.passed else "red"
    judged, took = markup_safe(answer.verdict(outcome)), markup_safe(answer.times(outcome))
    out.print(f"\n[bold {color}]{judged}[/] {took}", highlight=False)


def _print_warnings(outcome: Outcome) -> None:
    # Before all figures: whoever reads that it passed must read this too.
    if outcome.warnings:
        out.print("[bold yellow]Not as planned:[/]", highlight=False)
    for warning in outcome.warnings:
        out.print(f"  [yellow]![/] {markup_safe(warning)}", soft_wrap=True, highlight=False)


def _print_thresholds(outcome: Outcome) -> None:
    colors = {"passed": "green", "failed": "red", "warned": "yellow"}
    for each in outcome.thresholds:
        mark = f"[{colors[wording.judgement(each)]}]{_plain(wording.mark(each))}[/]"
        condition = markup_safe(f"{each.threshold}: {answer.found(each)}")
        out.print(f"{mark} {condition}", soft_wrap=True, highlight=False)


def _print_funnel(title: str, stages: tuple[FunnelStage, ...]) -> None:
    _head(title)
    width = max(len(f"{stage.accounts:,}") for stage in stages)
    for sign, number, what in answer.funnel_lines(stages):
        if sign:
            out.print(
                f"  {'':{width}}  [dim]{_plain(sign)} {number:,} {markup_safe(what)}[/]",
                soft_wrap=True,
                highlight=False,
            )
        else:
            out.print(f"  {number:{width},}  {markup_safe(what)}", soft_wrap=True, highlight=False)


def _print_organizations(outcome: Outcome) -> None:
    found = answer.organizations(outcome)
    titles = answer.shown_columns(found)
    rows = ((name, *(getattr(each, field) or "–" for field in titles)) for name, each in found.items())
    _print_table("Organizations", ("", *titles.values()), rows)
    others = {each: states for each, states in outcome.handshakes.items() if each not in TOLD_BY_FUNNEL}
    for action, states in wording.sorted_by_action(others):
        _line(wording.handshake(action), _counts(states))
    if outcome.account_creations:
        _line("Account creations", _counts(outcome.account_creations))


def _print_sentences(head: str, sentences: Iterable[str]) -> None:
    for number, sentence in enumerate(sentences):
        if not number:
            _head(head)
        out.print(f"  {markup_safe(sentence)}", soft_wrap=True, highlight=False)


def _counts(states: Mapping[str, int]) -> str:
    return ", ".join(f"{number:,} {wording.words(state)}" for state, number in states.items())


def _print_calls(outcome: Outcome) -> None:
    _head("Calls")
    refused = answer.refused_besides(outcome)
    _line("made", f"{outcome.commands:,}")
    if refused:
        _line("refused", f"{sum(refused.values()):,}")
        _lines(refused, outcome.explanations)
    for name, numbers, what in (
        ("throttled", outcome.throttled, "and made again unless given up"),
        ("held back", outcome.held_back, "until a limit let them pass"),
    ):
        if numbers:
            _line(name, f"{sum(numbers.values()):,}, {what}")
            _lines(numbers)


def _print_distributions(outcome: Outcome) -> None:
    rows = [
        (
            f"{wording.TITLES[name]}, {wording.unit(name)}",
            f"{each.count:,}",
            *(wording.rounded(each.statistic(statistic) or 0.0) for statistic in SHOWN_STATISTICS),
        )
        for name, each in outcome.distributions.items()
        if each.count and each.statistic("max")
    ]
    if rows:
        _print_table("Durations", ("", "count", *SHOWN_STATISTICS), rows)


def _print_follow_ups(outcome: Outcome) -> None:
    if outcome.follow_ups:
        _print_table(
            "Reminders and deadlines", ("", *wording.follow_up_heads(outcome)[1:]), wording.follow_ups(outcome)
        )


def _print_steps(outcome: Outcome) -> None:
    names = ("", "begins", "takes", "calls", *wording.step_columns(outcome))
    width = max((len(step.track) for step in outcome.steps), default=0)
    rows = (
        (
            f"{f'{step.track:{width}} ' if width else ''}{step.number:>2} {step.what} {step.subject}".rstrip(),
            *step.numbers,
        )
        for step in wording.step_rows(outcome)
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
    begin = f" from {outcome.start:%Y-%m-%d %H:%M} UTC" if outcome.dated else ""
    _line("virtual time", f"{wording.long_duration(outcome.virtual_days * 24)}{begin}")
    if since := answer.measured_since(outcome):
        _line("figures", f"from {since} on")
    _line("events", f"{outcome.events:,} in {outcome.wall_seconds:,.1f} s ({rate:,.0f} per second)")
    _line("seed", str(outcome.seed))
    if parameters:
        _line("parameters", parameters)
    _line("digest", outcome.digest)
    _line("log", outcome.log)
    if report:
        _line("report", str(report))
