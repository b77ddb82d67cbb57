"""The page: a template, its style and script, and the parts that an outcome gives."""

import base64
import hashlib
import json
from collections.abc import Iterable
from importlib.resources import files
from string import Template

from ..play import Outcome
from .durations import duration_charts
from .files import MARKER
from .html import escape, figures, section
from .over_time import call_charts, time_charts
from .style import DARK
from .tables import (
    all_figures,
    distributions,
    handshakes,
    organizations,
    refusals,
    reproduce,
    slowest,
    steps,
    thresholds,
    throttling,
    tiles,
    verdict,
)


def render_report(outcome: Outcome) -> str:
    """The page of a run: everything is in it, and it loads nothing.

    Args:
        outcome: of the run; the page is a function of it and of the versions of orgsim and plotly.

    Raises:
        ModuleNotFoundError: plotly is not installed.
    """
    # Not before: everything else starts faster without it.
    from plotly.offline import get_plotlyjs  # pyright: ignore[reportMissingTypeStubs]  # plotly ships no types

    plotly, script = get_plotlyjs(), _resource("page.js")
    over_time, durations, calls = list(time_charts(outcome)), list(duration_charts(outcome)), list(call_charts(outcome))
    drawn = {f"chart-{chart.id}": chart.figure for chart in (*over_time, *durations, *calls)}
    body = (
        section("time", "Over time", _grid(figures(over_time))),
        section("durations", "How long it took", _grid(figures(durations)), distributions(outcome)),
        section("throttling", "Throttling and limits", _grid([*figures(calls), throttling(outcome)])),
        section("refusals", "Refused calls", refusals(outcome)),
        section("steps", "Steps", steps(outcome)),
        section("outcome", "What became of it", organizations(outcome), handshakes(outcome)),
        section("slowest", "Slowest accounts", _grid([slowest(outcome)])),
        section("reproduce", "How to reproduce", reproduce(outcome), all_figures(outcome)),
    )
    title = outcome.description or outcome.scenario or "A run of orgsim"
    return MARKER + Template(_resource("page.html")).substitute(
        title=escape(title),
        scenario=escape(outcome.scenario),
        start=f"{outcome.start:%Y-%m-%d %H:%M} UTC",
        policy=" ".join(f"'sha256-{_digest(each)}'" for each in (plotly, script)),
        style=_resource("page.css"),
        verdict=verdict(outcome),
        thresholds=thresholds(outcome),
        tiles=tiles(outcome),
        body="\n".join(part for part in body if part),
        data=_embedded({"figures": drawn, "dark": DARK}),
        plotly=plotly,
        script=script,
    )


def _grid(parts: Iterable[str]) -> str:
    body = "".join(parts)
    return f'<div class="grid">{body}</div>' if body else ""


def _resource(name: str) -> str:
    return files(__package__ or "").joinpath(name).read_text("utf-8")


def _digest(script: str) -> str:
    """What the page's policy knows a script by: no other is run, however it got into the page."""
    return base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()


def _embedded(data: object) -> str:
    """JSON that may stand in an element of its own: nothing in it ends that element."""
    return json.dumps(data, ensure_ascii=False, separators=(",", ":")).replace("<", "\\u003c")
