"""Renders the HTML page of a report from an outcome."""

import base64
import hashlib
import json
import re
from collections.abc import Iterable
from importlib.resources import files
from string import Template

from .. import answer
from ..play.outcome import Outcome
from .chart import Chart
from .durations import duration_charts
from .files import MARKER
from .head import funnels, thresholds, tiles, verdict, warnings
from .html import escape, figures, section
from .over_time import call_charts, time_charts
from .style import DARK
from .tables import (
    all_figures,
    distributions,
    follow_ups,
    handshakes,
    organizations,
    refusals,
    reproduce,
    sentences,
    slowest,
    steps,
    throttling,
)

STEERING = re.compile(r"[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")
"""Control characters, and those that turn round the direction of the text after them; they are shown as replaced."""


def render_report(outcome: Outcome) -> str:
    """Render the page of a run as HTML. It contains everything, plotly included, and loads nothing.

    Args:
        outcome: the outcome of the run; the page depends on it and on the versions of orgsim and plotly alone.

    Raises:
        ModuleNotFoundError: plotly is not installed.
    """
    over_time, durations, calls = list(time_charts(outcome)), list(duration_charts(outcome)), list(call_charts(outcome))
    body = (
        tiles(outcome),
        funnels(outcome),
        section("time", "Over time", grid(figures(over_time))),
        section("durations", "How long it took", grid(figures(durations)), distributions(outcome)),
        section("throttling", "Throttling and limits", grid([*figures(calls), throttling(outcome)])),
        section("refusals", "Refused calls", refusals(outcome)),
        section("reminders", "Reminders and deadlines", follow_ups(outcome)),
        section("steps", "Steps", steps(outcome)),
        section(
            "outcome",
            "What became of it",
            organizations(outcome),
            sentences("Moved to OUs", answer.moves(outcome)),
            sentences("Who pays another's bills", answer.transfers(outcome)),
            handshakes(outcome),
        ),
        section("slowest", "Slowest accounts", grid([slowest(outcome)])),
        section("reproduce", "How to reproduce", reproduce(outcome), all_figures(outcome)),
    )
    return render_page(
        title=outcome.description or outcome.scenario or "A run of orgsim",
        about=" · ".join(filter(None, (outcome.scenario, _start(outcome)))),
        head=verdict(outcome) + warnings(outcome) + thresholds(outcome),
        body=body,
        charts=[*over_time, *durations, *calls],
    )


def _start(outcome: Outcome) -> str:
    return f"from {outcome.start:%Y-%m-%d %H:%M} UTC" if outcome.dated else ""


def render_page(*, title: str, about: str, head: str, body: Iterable[str], charts: Iterable[Chart]) -> str:
    """Render a page in the style of reports. It contains everything, plotly included, and loads nothing.

    Args:
        title: the heading, as plain text.
        about: what stands above it, as plain text.
        head: HTML below the heading.
        body: the parts below that, as HTML; empty ones are left out.
        charts: those whose elements stand in the body.

    Raises:
        ModuleNotFoundError: plotly is not installed.
    """
    # Imported here, because the import is slow and only reports need it.
    from plotly.offline import get_plotlyjs  # pyright: ignore[reportMissingTypeStubs]  # plotly ships no types

    plotly, script = get_plotlyjs(), _resource("page.js")
    drawn = {f"chart-{chart.id}": chart.figure for chart in charts}
    shown = {
        "title": escape(title),
        "about": escape(about),
        "head": head,
        "body": "\n".join(part for part in body if part),
        "data": _embedded({"figures": drawn, "dark": DARK}),
    }
    return MARKER + Template(_resource("page.html")).substitute(
        {name: STEERING.sub("\N{REPLACEMENT CHARACTER}", text) for name, text in shown.items()},
        policy=" ".join(f"'sha256-{_digest(each)}'" for each in (plotly, script)),
        style=_resource("page.css"),
        plotly=plotly,
        script=script,
    )


def grid(parts: Iterable[str]) -> str:
    """Put parts side by side, two in a row; empty if there are none."""
    body = "".join(parts)
    return f'<div class="grid">{body}</div>' if body else ""


def _resource(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text("utf-8")


def _digest(script: str) -> str:
    """The digest by which the page's Content-Security-Policy admits a script; browsers run no other script."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(data: object) -> str:
    """JSON in which no text can end the script element that holds it."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
