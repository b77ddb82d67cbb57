"""The parts of a report that are text: verdict, thresholds, tiles, tables, and how to reproduce the run."""

from collections.abc import Iterator
from importlib.metadata import version

from .. import answer, wording
from ..play import Outcome
from ..scenario.figures import metric_of
from ..scenario.metrics import DISTRIBUTIONS, NUMBERS, OF_ORGANIZATIONS, OF_STEPS
from ..wording import STATISTICS
from .html import definitions, escape, share_table, table

MOST_TILES = 7
"""The most tiles in one row."""


def verdict(outcome: Outcome) -> str:
    """Whether the run passed, in large letters."""
    kind = "passed" if outcome.passed else "failed"
    mark = "✓" if outcome.passed else "✗"
    return f'<p class="verdict {kind}"><span>{mark}</span> {escape(answer.verdict(outcome))}</p>'


def thresholds(outcome: Outcome) -> str:
    """A list of the thresholds, each with the value that was measured and the meaning of its figure."""
    items = "".join(
        f'<li class="{wording.judgement(each)}"><span class="mark">{wording.mark(each)}</span>'
        f"<code>{escape(each.threshold)}</code><b>{escape(_found(each.metric, each.value))}</b>"
        f"<small>{escape(_meaning(each.metric))}</small></li>"
        for each in outcome.thresholds
    )
    return f'<ul class="thresholds">{items}</ul>' if items else ""


def _found(figure: str, value: float | None) -> str:
    said = wording.number(value)
    return said if value is None or figure.endswith(".count") else f"{said} {wording.unit(figure)}".rstrip()


def _meaning(figure: str) -> str:
    metric = metric_of(figure)
    of_parts = {} if figure.startswith(metric) else OF_STEPS | OF_ORGANIZATIONS
    return (DISTRIBUTIONS | NUMBERS | of_parts).get(metric, "")


def tiles(outcome: Outcome) -> str:
    """The main figures of the run, as tiles."""
    found = list(_tiles(outcome))
    columns = len(found) if len(found) <= MOST_TILES else -(-len(found) // 2)
    items = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(name)}</span></div>' for name, value in found
    )
    return f'<div class="tiles" style="--columns:{columns}">{items}</div>'


def _tiles(outcome: Outcome) -> Iterator[tuple[str, str]]:
    metrics, organizations = outcome.metrics, outcome.organizations
    having_all = sum(each.feature_set == "ALL" for each in organizations.values())
    several = "s" if len(organizations) > 1 else ""
    yield f"of {len(organizations)} organization{several} with all features", f"{having_all}"
    yield "accounts in organizations", wording.number(metrics["members"])
    if outcome.handshakes:
        yield "of requests accepted", wording.share(metrics["accepted_share"] or 0.0)
    if metrics["expired_share"]:
        yield "of requests expired", wording.share(metrics["expired_share"])
    if finalize := metrics["finalize_days"]:
        yield "from request to all features", wording.long_duration(finalize * 24)
    for name, metric in (("accounts created", "created"), ("accounts closed", "closed")):
        if metrics[metric]:
            yield name, wording.number(metrics[metric])
    yield "calls", f"{outcome.commands:,}"
    for name, numbers in (("calls refused", outcome.refused), ("calls held back", outcome.held_back)):
        if numbers:
            yield name, f"{sum(numbers.values()):,}"
    yield "of virtual time", wording.long_duration(metrics["virtual_hours"] or 0.0)


def organizations(outcome: Outcome) -> str:
    """A table of the organizations at the end of the run."""
    rows = (
        (
            name,
            each.id,
            each.management_account,
            each.feature_set,
            f"{each.accounts:,}",
            "–" if each.migration_hours is None else wording.long_duration(each.migration_hours),
        )
        for name, each in outcome.organizations.items()
    )
    return table(("Organization", "Id", "Management account", "Features", "Accounts", "Migrated in"), rows, texts=4)


def handshakes(outcome: Outcome) -> str:
    """A table of how many handshakes and account creations ended in which state."""
    kinds = [(wording.handshake(action), states) for action, states in wording.sorted_by_action(outcome.handshakes)]
    if outcome.account_creations:
        kinds.append(("Account creations", outcome.account_creations))
    rows = ((name, wording.words(state), f"{number:,}") for name, states in kinds for state, number in states.items())
    return table(("What was asked", "What became of it", "How many"), rows, texts=2)


def distributions(outcome: Outcome) -> str:
    """A table of the distributions that have values."""
    rows = (
        (
            name,
            DISTRIBUTIONS[name],
            f"{each.count:,}",
            *(wording.rounded(each.statistic(statistic) or 0.0) for statistic in STATISTICS),
        )
        for name, each in outcome.distributions.items()
        if each.count
    )
    return table(("Figure", "What it is", "Count", *STATISTICS), rows, texts=2)


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
    examples = [(kind, outcome.explanations[kind]) for kind in outcome.refused if kind in outcome.explanations]
    return share_table(("Refusal", "Calls"), outcome.refused) + table(
        ("Refusal", "Why the first was"), examples, texts=2
    )


def throttling(outcome: Outcome) -> str:
    """Tables of throttled calls by operation, and of waits by operation and limit."""
    parts = (
        share_table(("Operation", "Calls"), outcome.throttled, "Throttled"),
        share_table(("Operation and limit", "Calls"), outcome.held_back, "Held back"),
    )
    return "".join(f'<div class="half">{part}</div>' for part in parts if part)


def warnings(outcome: Outcome) -> str:
    """A list of what did not go as planned; empty if all did."""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in outcome.warnings)
    return f"<h3>Not as planned</h3><ul>{items}</ul>" if items else ""


def follow_ups(outcome: Outcome) -> str:
    """A table of reminders and deadlines; empty if there were none."""
    return table(wording.FOLLOW_UP, wording.follow_ups(outcome))


def steps(outcome: Outcome) -> str:
    """A table of the steps, with simulated times; columns for refusals and the like only where there are any."""
    extra = [
        name for name in ("refused", "throttled", "held_back") if any(getattr(each, name) for each in outcome.steps)
    ]
    rows = (
        (
            f"{step.track} {step.step}".lstrip(),
            step.action,
            step.subject,
            f"{step.began_days:,.2f}",
            wording.duration(step.hours),
            f"{step.commands:,}",
            *(f"{getattr(step, name):,}" for name in extra),
        )
        for step in outcome.steps
    )
    names = (name.replace("_", " ").capitalize() for name in extra)
    return table(("Step", "Action", "Of", "Begins at day", "AWS-time", "Calls", *names), rows, texts=3)


def all_figures(outcome: Outcome) -> str:
    """A table of all figures that are single numbers, folded away."""
    rows = ((name, NUMBERS[name], wording.number(value)) for name, value in outcome.metrics.items())
    return f"<details><summary>All figures</summary>{table(('Figure', 'What it is', 'Value'), rows, texts=2)}</details>"


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
