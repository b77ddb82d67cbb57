"""The tables of a report, and how to reproduce the run."""

from collections.abc import Iterable
from importlib.metadata import version

from .. import answer, wording
from ..play.outcome import FollowUp, Outcome
from ..scenario.metrics import DISTRIBUTIONS, NUMBERS
from ..wording import SHOWN_STATISTICS
from .html import definitions, escape, share_table, table


def organizations(outcome: Outcome) -> str:
    """A table of the organizations at the end of the run."""
    found = answer.organizations(outcome)
    columns = answer.shown_columns(found)
    rows = (
        (
            name,
            outcome.organizations[name].id,
            outcome.organizations[name].management_account,
            *(getattr(each, field) or "–" for field in columns),
        )
        for name, each in found.items()
    )
    titles = (title.capitalize() for title in columns.values())
    return table(
        ("Organization", "Id", "Management account", *titles), rows, texts=4, spoken="Organizations in the end"
    )


def handshakes(outcome: Outcome) -> str:
    """A table of how many handshakes and account creations ended in which state."""
    kinds = [(wording.handshake(action), states) for action, states in wording.sorted_by_action(outcome.handshakes)]
    if outcome.account_creations:
        kinds.append(("Account creations", outcome.account_creations))
    rows = ((name, wording.words(state), f"{number:,}") for name, states in kinds for state, number in states.items())
    return table(("What was asked", "What became of it", "How many"), rows, texts=2, spoken="What became of requests")


def sentences(head: str, found: Iterable[str]) -> str:
    """A list of sentences below a heading; empty if there are none."""
    items = "".join(f"<li>{escape(sentence)}</li>" for sentence in found)
    return f"<h3>{escape(head)}</h3><ul>{items}</ul>" if items else ""


def distributions(outcome: Outcome) -> str:
    """A table of the distributions that have values."""
    rows = (
        (
            f"{wording.TITLES[name]}, in {wording.unit(name)}",
            DISTRIBUTIONS[name],
            name,
            f"{each.count:,}",
            *(wording.rounded(each.statistic(statistic) or 0.0) for statistic in SHOWN_STATISTICS),
        )
        for name, each in outcome.distributions.items()
        if each.count and each.statistic("max")
    )
    head = ("Duration", "What it is", "Figure", "Count", *SHOWN_STATISTICS)
    return table(head, rows, texts=3, spoken="How long it took")


def slowest(outcome: Outcome) -> str:
    """Tables of the accounts that took longest."""
    titles = {
        "joining_days": "The slowest to join",
        "migration_days": "The slowest to approve",
        "transfer_days": "The slowest to let another pay",
    }
    parts = (
        table(("Account", "Days"), ((each.account, f"{each.days:,.2f}") for each in found), name=titles.get(name, name))
        for name, found in outcome.slowest.items()
    )
    return "".join(f'<div class="half">{part}</div>' for part in parts if part)


def refusals(outcome: Outcome) -> str:
    """A table of refused calls by error and reason, and one with an example of why for each."""
    refused = answer.refused_besides(outcome)
    examples = [(kind, outcome.explanations[kind]) for kind in refused if kind in outcome.explanations]
    return share_table(("Refusal", "Calls"), refused) + table(
        ("Refusal", "Why the first was"), examples, texts=2, spoken="Why calls were refused"
    )


def throttling(outcome: Outcome) -> str:
    """Tables of throttled calls by operation, and of waits by operation and limit."""
    parts = (
        share_table(("Operation", "Calls"), outcome.throttled, "Throttled, and made again unless given up"),
        share_table(("Operation and limit", "Calls"), outcome.held_back, "Held back until a limit let them pass"),
    )
    return "".join(f'<div class="half">{part}</div>' for part in parts if part)


def follow_ups(outcome: Outcome) -> str:
    """A table of reminders and deadlines; empty if there were none."""
    dated = (
        (what, _when(outcome, each), reached, followed)
        for each, (what, reached, followed) in zip(outcome.follow_ups, wording.follow_ups(outcome), strict=True)
    )
    first, *others = wording.follow_up_heads(outcome)
    head = (first, "When", *map(str.capitalize, others))
    return table(head, dated, texts=2, spoken="Reminders and deadlines")


def _when(outcome: Outcome, each: FollowUp) -> str:
    if each.first_days is None or each.last_days is None:
        return "–"
    first, last = wording.day(outcome, each.first_days), wording.day(outcome, each.last_days)
    return first if first == last else f"{first} to {last}"


def steps(outcome: Outcome) -> str:
    """A table of the steps, in the time of the run; columns for refusals and the like only where there are any."""
    rows = (
        (f"{step.track} {step.number}".strip(), step.what.replace("_", " "), step.subject, *step.numbers)
        for step in wording.step_rows(outcome)
    )
    head = ("Step", "Action", "Of", "Begins", "Takes", "Calls", *map(str.capitalize, wording.step_columns(outcome)))
    return table(head, rows, texts=3, spoken="Steps")


def all_figures(outcome: Outcome) -> str:
    """A table of all figures that are single numbers, folded away."""
    rows = ((name, NUMBERS[name], wording.figure(name, value)) for name, value in outcome.metrics.items())
    figures = table(("Figure", "What it is", "Value"), rows, texts=2, spoken="All figures of the run")
    return f"<details><summary>All figures</summary>{figures}</details>"


def reproduce(outcome: Outcome) -> str:
    """The command that repeats the run, and the facts by which to compare the result."""
    rate = outcome.events / outcome.wall_seconds if outcome.wall_seconds else 0.0
    pairs = [
        ("Version", f"orgsim {version('orgsim')}"),
        ("Seed", str(outcome.seed)),
        *(
            (f"Parameter {name}", wording.assignment(name, value).partition("=")[2])
            for name, value in outcome.parameters.items()
        ),
        ("Digest", outcome.digest),
        ("Log", outcome.log),
        *((("Began with", f"{outcome.began_with} at {outcome.began_at}"),) if outcome.began_with else ()),
        ("Events", f"{outcome.events:,} in {outcome.wall_seconds:,.1f} s ({rate:,.0f} per second)"),
    ]
    line = wording.command_line(
        outcome.scenario, outcome.parameters, outcome.seed, outcome.began_with, outcome.began_at
    )
    return (
        f"<pre><code>{escape(line)}</code></pre>"
        f"<p>The same version, scenario, parameters and seed give the same digest.</p>{definitions(pairs)}"
    )
