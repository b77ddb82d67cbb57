"""A report for people who do not see charts, have a narrow screen, print, or have not read the scenario."""

import json
import re
from functools import cache
from html.parser import HTMLParser
from itertools import pairwise
from typing import Any

import anyio
import pytest
from msgspec import Struct, field
from support.repository import SCENARIOS

from orgsim.api.load import answer, wording
from orgsim.api.load.play.outcome import Outcome
from orgsim.api.load.report import render_report
from orgsim.api.load.report.style import DARK, INK, MUTED, SERIES, STATES
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario.reading import parse_scenario
from orgsim.engine.log import MemoryLog

SHIPPED = {
    "acquire-company": {"accounts": 60, "ignore": 0.6},
    "merge-organizations": {"accounts": 60},
    "enable-all-features": {"accounts": 100},
    "migrate-in-waves": {},
    "vend-accounts": {"accounts": 100},
}
"""Scenarios, with parameters that make them small."""
VOID = {"meta", "br", "hr"}


class Element(Struct):
    """An element of a page, with its text and what is in it."""

    tag: str
    attributes: dict[str, str]
    children: list["Element"] = field(default_factory=list["Element"])
    text: str = ""
    """Its own and that of all that is in it."""

    def all(self, tag: str, kind: str = "") -> list["Element"]:
        """The elements of a tag, and of a class if one is given, that are in it."""
        found = [each for child in self.children for each in child.all(tag, kind)]
        mine = self.tag == tag and (not kind or kind in self.attributes.get("class", "").split())
        return [self, *found] if mine else found


class Tree(HTMLParser):
    """Reads a page as a tree."""

    def __init__(self, source: str) -> None:
        super().__init__()
        self.root = Element("page", {})
        self._open = [self.root]
        self.feed(source)
        self.close()

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        element = Element(tag, {name: value or "" for name, value in attrs})
        self._open[-1].children.append(element)
        if tag not in VOID:
            self._open.append(element)

    def handle_endtag(self, tag: str) -> None:
        assert self._open.pop().tag == tag

    def handle_data(self, data: str) -> None:
        if self._open[-1].tag not in ("script", "style"):
            for each in self._open:
                each.text += data


@cache
def played(name: str) -> Outcome:
    """The outcome of a shipped scenario."""
    text = (SCENARIOS / f"{name}.toml").read_text("utf-8")

    async def play() -> Outcome:
        return await play_scenario(parse_scenario(text, {**SHIPPED[name]}), MemoryLog(), name=f"{name}.toml")

    return anyio.run(play)


@cache
def page(name: str) -> Element:
    """The report of a shipped scenario as a tree."""
    return Tree(render_report(played(name))).root


def chart(name: str, chart_id: str) -> dict[str, Any]:
    """A chart of a report, in the form of plotly's JSON."""
    return chart_in(render_report(played(name)), chart_id)


def chart_in(source: str, chart_id: str) -> dict[str, Any]:
    """A chart of a page."""
    data = re.search(r'<script type="application/json" id="data">(.*?)</script>', source)
    assert data
    return json.loads(data[1])["figures"][f"chart-{chart_id}"]


every_scenario = pytest.mark.parametrize("name", SHIPPED)


@every_scenario
def test_every_table_can_be_read_aloud(name: str) -> None:
    """Every table has a caption, heads of its columns, and a head in each row, and says where it belongs."""
    tables = page(name).all("table")
    assert tables
    for table in tables:
        (caption,) = table.all("caption")
        assert caption.text.strip()
        (head,) = table.all("thead")
        assert all(each.attributes["scope"] == "col" for each in head.all("th"))
        (body,) = table.all("tbody")
        for row in body.all("tr"):
            assert [each.attributes.get("scope") for each in row.all("th")] == ["row"]


@every_scenario
def test_every_picture_is_a_table_too(name: str) -> None:
    """Every chart has a text in its place, and the same numbers in a table; bars beside numbers are not read out."""
    figures = page(name).all("figure")
    assert figures
    for each in figures:
        (place,) = each.all("div", "chart")
        assert place.attributes["role"] == "img"
        assert len(place.attributes["aria-label"]) > 20
        (numbers,) = each.all("details", "numbers")
        assert numbers.all("td")
    for bar in page(name).all("td", "bar"):
        assert bar.attributes["aria-hidden"] == "true"


@every_scenario
def test_wide_tables_scroll_by_keyboard(name: str) -> None:
    """Every table is in a region that has a name and can be reached and scrolled by keyboard."""
    regions = page(name).all("div", "scroll")
    assert sum(len(each.all("table")) for each in regions) == len(page(name).all("table"))
    for each in regions:
        assert each.attributes["tabindex"] == "0"
        assert each.attributes["role"] == "region"
        assert each.attributes["aria-label"]


@every_scenario
def test_headings_are_in_order(name: str) -> None:
    """There is one heading of the page, no level is skipped, and no id stands twice."""
    root = page(name)

    def walk(element: Element) -> list[Element]:
        return [element, *(each for child in element.children for each in walk(child))]

    levels = [int(each.tag[1]) for each in walk(root) if re.fullmatch("h[1-6]", each.tag)]
    assert levels[0] == 1
    assert levels.count(1) == 1
    assert all(after <= before + 1 for before, after in pairwise(levels))
    ids = [each.attributes["id"] for each in walk(root) if "id" in each.attributes]
    assert len(ids) == len(set(ids))


def _luminance(color: str) -> float:
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.04045 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def _contrast(one: str, other: str) -> float:
    lighter, darker = sorted((_luminance(one), _luminance(other)), reverse=True)
    return (lighter + 0.05) / (darker + 0.05)


def test_contrast() -> None:
    """Texts stand out from their background by 4.5 to 1, lines of charts by 3 to 1, on light pages and on dark ones."""
    source = render_report(played("vend-accounts"))
    light, dark = (dict(re.findall(r"--(\w+): (#[0-9a-f]{6});", part)) for part in source.split("@media screen")[:2])
    for colors in (light, dark):
        for background in (colors["page"], colors["card"]):
            for name in ("ink", "muted", "good", "bad", "warn"):
                assert _contrast(colors[name], background) >= 4.5, (name, background)
            assert _contrast(colors["focus"], background) >= 3
    for color in {*SERIES, *STATES.values()}:
        assert _contrast(color, light["card"]) >= 3, color
        assert _contrast(DARK[color], dark["card"]) >= 3, color
    for color in (INK, MUTED):
        assert _contrast(color, light["card"]) >= 4.5
        assert _contrast(DARK[color], dark["card"]) >= 4.5


def test_paper_and_narrow_screens() -> None:
    """There are styles for paper and for narrow screens, and none lets the page itself scroll sideways."""
    source = render_report(played("vend-accounts"))
    assert "@media print" in source
    assert "@media (max-width: 640px)" in source
    assert ".scroll.more::after" in source


@every_scenario
def test_the_funnel_is_a_picture_and_a_table(name: str) -> None:
    """The funnel has a row for each stage, and between them who was lost and why, or who came, as the outcome says."""
    outcome, tables = played(name), page(name).all("table", "funnel")
    funnels = dict(answer.funnels(outcome))
    assert [table.all("caption")[0].text for table in tables] == [*funnels]
    for table, stages in zip(tables, funnels.values(), strict=True):
        (body,) = table.all("tbody")
        rows = [(row.attributes["class"], row.all("th")[0].text, row.all("td")[0].text) for row in body.all("tr")]
        kinds = {"": ("stage", ""), "−": ("lost", "less: "), "+": ("came", "and: ")}
        assert rows == [
            (kinds[sign][0], kinds[sign][1] + what, f"{sign} {number:,}".lstrip())
            for sign, number, what in answer.funnel_lines(stages)
        ]


def test_the_first_figures_of_a_merger() -> None:
    """The first tiles of a merger are of each organization by itself, not of all together."""
    outcome, root = played("merge-organizations"), page("merge-organizations")
    heads = [each.text for each in root.all("h2", "of")]
    assert heads == ["buyer", "acquired", "the run"]
    rows = [[tile.all("b")[0].text for tile in row.all("div", "tile")] for row in root.all("div", "tiles")]
    found = outcome.organizations
    assert rows[0][:2] == ["all features", f"{found['buyer'].accounts:,}"]
    assert rows[1][:2] == ["consolidated billing", f"{found['acquired'].accounts:,}"]


def test_axes_have_dates() -> None:
    """Where the scenario has a start, charts over time have dates, from the start on, in order; otherwise numbers."""
    dated = chart("acquire-company", "way")
    assert dated["layout"]["xaxis"]["type"] == "date"
    x = dated["data"][0]["x"]
    assert x[0] == "2026-03-02T08:00:00"
    assert x == sorted(x)
    undated = chart("vend-accounts", "members")
    assert undated["layout"]["xaxis"].get("type") is None
    assert undated["layout"]["xaxis"]["title"]["text"] == "minutes from the start"
    assert undated["data"][0]["x"][0] == 0


def test_steps_by_their_names() -> None:
    """Charts name steps in words, where they began, never by number alone."""
    outcome, way = played("acquire-company"), chart("acquire-company", "way")
    named = {note["text"]: note["x"] for note in way["layout"]["annotations"] if note.get("name") == "step"}
    assert named["invite, owners"] == "2026-03-02T08:00:00"
    assert any(name.startswith("enable all features, ours") for name in named)
    rows = [note["text"] for note in chart("acquire-company", "when")["layout"]["annotations"] if note["name"] == "row"]
    assert [row for row in rows if row[0].isdigit()] == [
        f"{step.step} {step.action.replace('_', ' ')}, {step.subject}".rstrip(", ") for step in outcome.steps
    ]


def test_reminders_and_deadlines_are_marks() -> None:
    """Reminders and deadlines stand among the steps, from the first account that they met to the last."""
    outcome, when = played("migrate-in-waves"), chart("migrate-in-waves", "when")
    drawn = {trace["name"]: sum(x is None for x in trace["x"]) for trace in when["data"]}
    kinds = [each.kind for each in outcome.follow_ups if each.first_days is not None]
    assert drawn == {
        "steps": len(outcome.steps),
        "reminders": kinds.count("reminder"),
        "deadlines": kinds.count("deadline"),
    }


def test_the_line_of_the_deadline() -> None:
    """What a threshold wants done by a day is a line on that day, with what became of it."""
    for name in ("way", "when"):
        layout = chart("acquire-company", name)["layout"]
        (line,) = [shape for shape in layout["shapes"] if shape["line"]["dash"] == "dash"]
        # Sixty days after the second of March.
        assert line["x0"] == "2026-05-01T08:00:00"
        (note,) = [each for each in layout["annotations"] if each.get("name") == "limit"]
        assert note["text"] == "✓ virtual_days &lt; 60, Fri 1 May 08:00"


async def test_far_behind_the_line_of_a_deadline() -> None:
    """A run of years has years in its dates, and the label of an early line stands where there is room."""
    text = "start = 2026-01-01T00:00:00Z\nthresholds.virtual_days = '< 3'\n"
    text += "steps = [{ action = 'wait', days = 7_300 }, { action = 'ListAccounts' }]"
    outcome = await play_scenario(parse_scenario(text), MemoryLog())
    layout = chart_in(await anyio.to_thread.run_sync(render_report, outcome), "when")["layout"]
    (note,) = [each for each in layout["annotations"] if each.get("name") == "limit"]
    assert (note["xanchor"], note["text"]) == ("left", "✗ virtual_days &lt; 3, Sun 4 Jan 00:00")
    assert outcome.steps[-1].began_days == 7_300
    assert wording.day(outcome, 7_300) == "Wed 27 Dec 2045 00:00"


def test_what_sets_the_scene_fills_no_chart() -> None:
    """Accounts that are created before anybody is asked have no chart of their own."""
    merger = page("merge-organizations")
    assert not [each for each in merger.all("div", "chart") if "creat" in each.attributes["id"]]
    assert [each for each in page("vend-accounts").all("div", "chart") if "creat" in each.attributes["id"]]


@every_scenario
def test_figures_in_words(name: str) -> None:
    """No threshold is told by its raw name alone, and none with more digits than people read."""
    for item in page(name).all("ul", "thresholds")[0].all("li"):
        meaning, found = item.all("span")[1].text, item.all("b")[0].text
        raw = item.all("code")[0].text
        assert len(meaning) > len(raw) + 10
        assert not re.search(r"[1-9]\d*\.\d{3}", found)
        assert item.all("span", "mark")[0].attributes["aria-label"] in ("passed", "failed", "warned")
