"""The head of a report: the verdict, the thresholds, the main figures of each organization, and the funnels."""

from collections.abc import Iterable, Iterator
from itertools import starmap

from .. import answer, wording
from ..play.outcome import FunnelStage, Outcome, ThresholdOutcome
from .html import escape, scrolling, section

MOST_ORGANIZATIONS = 6
"""So many organizations have a row of tiles; the table of organizations has all."""


def verdict(outcome: Outcome) -> str:
    """Whether the run passed, in large letters, and how long it took."""
    kind = "passed" if outcome.passed else "failed"
    mark = "✓" if outcome.passed else "✗"
    said = f"{answer.verdict(outcome)} {answer.times(outcome)}"
    return f'<p class="verdict {kind}"><span aria-hidden="true">{mark}</span> {escape(said)}</p>'


def warnings(outcome: Outcome) -> str:
    """A list of what did not go as planned; empty if all did."""
    items = "".join(f"<li>{escape(warning)}</li>" for warning in outcome.warnings)
    head = '<h2 class="of" id="warnings">Not as planned</h2>'
    return f'<div class="surprises">{head}<ul>{items}</ul></div>' if items else ""


def thresholds(outcome: Outcome) -> str:
    """A list of the thresholds: what each is about, what was found, and what was wanted."""
    return threshold_list((each, wording.judgement(each), answer.found(each)) for each in outcome.thresholds)


def threshold_list(thresholds: Iterable[tuple[ThresholdOutcome, str, str]]) -> str:
    """A list of thresholds, each with its judgement (``passed``, ``failed`` or ``warned``) and what was found."""
    items = "".join(starmap(_threshold, thresholds))
    return f'<ul class="thresholds">{items}</ul>' if items else ""


def _threshold(each: ThresholdOutcome, judgement: str, found: str) -> str:
    meaning = answer.meaning(each.metric)
    code = f"<code>{escape(each.threshold)}</code>"
    mark = f'<span class="mark" role="img" aria-label="{judgement}">{wording.MARKS[judgement]}</span>'
    return (
        f'<li class="{judgement}">{mark}'
        f"<span>{escape(meaning)} {code}</span><b>{escape(found)}</b>"
        f"<small>wanted: {escape(answer.wanted(each))}</small></li>"
    )


def tiles(outcome: Outcome) -> str:
    """The main figures: of each organization that asks, or of the first, and of the run."""
    names = [name for name in outcome.organizations if name in outcome.funnels] or [*outcome.organizations][:1]
    names += [name for name in outcome.organizations if name not in names]
    several = len(names) > 1
    rows = [tile_row(_of_organization(outcome, name), name if several else "") for name in names[:MOST_ORGANIZATIONS]]
    return "".join((*rows, tile_row(_of_run(outcome), "the run" if several else "")))


def tile_row(found: Iterable[tuple[str, str]], name: str = "") -> str:
    """A row of tiles, each with what it is about and a value; below a name, if there is one."""
    items = "".join(
        f'<div class="tile"><b>{escape(value)}</b><span>{escape(what)}</span></div>' for what, value in found
    )
    head = f'<h2 class="of">{escape(name)}</h2>' if name else ""
    return f'{head}<div class="tiles">{items}</div>' if items else ""


def _of_organization(outcome: Outcome, name: str) -> Iterator[tuple[str, str]]:
    each, figures = outcome.organizations[name], answer.organizations(outcome)[name]
    yield "its features in the end", figures.features
    yield "members in the end", figures.members
    stages = {stage.name: stage for stage in outcome.funnels.get(name, ())}
    for share, asked, did in (
        (figures.joined, "asked to join", "joined"),
        (figures.approved, "asked to approve", "approved"),
    ):
        if share:
            yield f"{did}, of {stages[asked].accounts:,} {asked}", share
    if figures.moved_on:
        yield "moved to another organization", figures.moved_on
    if figures.departed:
        yield "departed", figures.departed
    if each.migration_hours is not None:
        yield "from its request to all features", figures.migrated


def _of_run(outcome: Outcome) -> Iterator[tuple[str, str]]:
    metrics = outcome.metrics
    since = answer.measured_since(outcome)
    yield (
        (f"from {since} to the end" if since else "how long it took"),
        wording.long_duration(metrics["virtual_hours"] or 0.0),
    )
    if metrics["closed"]:
        yield "accounts closed", wording.number(metrics["closed"])
    if metrics["created"] and not outcome.funnels:
        yield "accounts created", wording.number(metrics["created"])
    yield "calls", f"{outcome.commands:,}"
    for name, numbers in (
        ("calls refused", answer.refused_besides(outcome)),
        ("calls throttled", outcome.throttled),
    ):
        if numbers:
            yield name, f"{sum(numbers.values()):,}"


def funnels(outcome: Outcome) -> str:
    """How many accounts came how far, and why not further: of organizations that ask, and populations made."""
    parts = [_funnel(title, stages) for title, stages in answer.funnels(outcome)]
    return section("funnel", "How far the accounts came, and why not further", *parts)


def _funnel(title: str, stages: tuple[FunnelStage, ...]) -> str:
    most = max(1, *(stage.accounts for stage in stages))
    rows = "".join(_line(sign, number, what, most) for sign, number, what in answer.funnel_lines(stages))
    head = (
        '<thead><tr><th scope="col" class="text">Stage</th><th scope="col" class="number">Accounts</th>'
        '<td class="bar" aria-hidden="true"></td></tr></thead>'
    )
    return scrolling(
        f'<table class="funnel"><caption>{escape(title)}</caption>{head}<tbody>{rows}</tbody></table>', title
    )


SIGNS = {"−": ("lost", "less: "), "+": ("came", "and: ")}
"""Signs of a funnel's lines to their class and what readers of the screen say."""


def _line(sign: str, number: int, what: str, most: int) -> str:
    kind, spoken = SIGNS.get(sign, ("stage", ""))
    before = f'<span class="spoken">{spoken}</span>' if spoken else ""
    said = f'<span aria-hidden="true">{sign}</span> {number:,}' if sign else f"{number:,}"
    return (
        f'<tr class="{kind}"><th scope="row" class="text">{before}{escape(what)}</th><td class="number">{said}</td>'
        f'<td class="bar" aria-hidden="true"><i style="width:{number / most:.2%}"></i></td></tr>'
    )
