"""The report as a page: what the outcome says, nothing empty, nothing loaded, and every text escaped."""

import base64
import hashlib
import json
import re
import shlex
from functools import cache
from html.parser import HTMLParser
from pathlib import Path
from typing import Any

import anyio
import msgspec
import plotly.graph_objects as go
import pytest

from orgsim.api.load import wording
from orgsim.api.load.play.outcome import Distribution, FollowUp, Outcome, ThresholdOutcome
from orgsim.api.load.report import ReportError, render_report, require_writable, write_report
from orgsim.api.load.report.files import MARKER
from orgsim.api.load.report.style import DARK, STATES
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario.parameters import read_assignment
from orgsim.api.load.scenario.reading import parse_scenario
from orgsim.engine.log import MemoryLog

MIGRATION = """
description = "Do they all approve?"
seed = 5
[parameters]
accept = 0.8
[populations.partners]
origin = "invited"
count = 200
[populations.partners.invitation]
delay = { distribution = "uniform", from_days = 0.5, to_days = 5 }
[populations.partners.migration]
accept = "$accept"
decline = 0.2
delay = { distribution = "uniform", from_days = 1, to_days = 9 }
[[steps]]
action = "invite"
population = "partners"
[[steps]]
action = "wait_for_answers"
[[steps]]
action = "enable_all_features"
[[steps]]
action = "wait_for_answers"
[[steps]]
action = "remove_declined"
[[steps]]
action = "finalize"
[thresholds]
all_features_share = "== 1"
migration_days.p95 = "< 12"
migration_days.count = "> 1_000"
closing_seconds.max = "< 60"
"""
THROTTLED = """
throttle = "aws"
latency = "realistic"
[quotas]
accounts = 1_000
created_account_minimum_age_days = 0
[populations.vended]
origin = "created"
count = 30
[[steps]]
action = "create_accounts"
population = "vended"
pace = { per_second = 1 }
retry = { attempts = 8 }
[[steps]]
action = "close_accounts"
population = "vended"
share = 0.1
"""
QUIET = '[[steps]]\naction = "wait"\ndays = 3\n'
EVIL = "</script><script>alert(1)</script><img src=x onerror=alert(1)>'\"&"
VOID = {"meta", "br", "img", "link", "input", "hr"}
CHARTS_OF_MIGRATION = {
    "chart-way",
    "chart-when",
    "chart-handshakes-invite",
    "chart-handshakes-approve_all_features",
    "chart-members",
    "chart-duration-joining_days",
    "chart-duration-migration_days",
}


@cache
def played(text: str) -> Outcome:
    """The outcome of a scenario."""

    async def play() -> Outcome:
        return await play_scenario(parse_scenario(text), MemoryLog(), name="s.toml")

    return anyio.run(play)


class Page(HTMLParser):
    """A report as a browser reads it: elements, cells of tables by section, text, and what its charts hold."""

    def __init__(self, outcome: Outcome) -> None:
        super().__init__()
        self.source = render_report(outcome)
        self.open: list[str] = []
        self.tags: list[tuple[str, dict[str, str | None]]] = []
        self.sections: dict[str, list[list[str]]] = {}
        self.scripts: list[str] = []
        self.text = ""
        self._section = ""
        self.feed(self.source)
        self.close()
        assert self.open == []
        data = next(script for script in self.scripts if script.startswith('{"figures"'))
        self.charts: dict[str, Any] = json.loads(data)["figures"]

    def handle_starttag(self, tag: str, attrs: list[tuple[str, str | None]]) -> None:
        self.tags.append((tag, dict(attrs)))
        if tag not in VOID:
            self.open.append(tag)
        if tag == "section":
            self._section = dict(attrs)["id"] or ""
            self.sections[self._section] = []
        elif tag == "tr" and self._section:
            self.sections[self._section].append([])
        elif tag in ("td", "th") and self._section:
            self.sections[self._section][-1].append("")
        elif tag == "script":
            self.scripts.append("")

    def handle_endtag(self, tag: str) -> None:
        assert self.open.pop() == tag

    def handle_data(self, data: str) -> None:
        if self.open and self.open[-1] == "script":
            self.scripts[-1] += data
            return
        if "style" not in self.open:
            self.text += data
        if "td" in self.open or "th" in self.open:
            self.sections[self._section][-1][-1] += data

    def series(self, chart: str) -> dict[str, list[float]]:
        """The values of a chart by name."""
        return {each["name"]: each["y"] for each in self.charts[chart]["data"]}


def test_page_begins_with_its_marker_and_ends() -> None:
    """A report is one whole page that can be told from any other file."""
    page = Page(played(MIGRATION))
    assert page.source.startswith(MARKER)
    assert page.source.endswith("</html>\n")
    assert [tag for tag, _ in page.tags].count("html") == 1


def test_same_outcome_same_page() -> None:
    """A report is a function of the outcome alone."""
    outcome = played(MIGRATION)
    stored = msgspec.json.decode(msgspec.json.encode(outcome), type=Outcome)
    assert render_report(stored) == render_report(outcome)


@pytest.mark.parametrize("text", [MIGRATION, THROTTLED, QUIET], ids=["migration", "throttled", "quiet"])
def test_nothing_is_loaded(text: str) -> None:
    """No element refers to anything outside the page, and its policy forbids every load and all but its two scripts."""
    page = Page(played(text))
    attributes = [(tag, name) for tag, attrs in page.tags for name in attrs]
    assert not [each for each in attributes if each[1] in ("src", "href", "srcset", "action", "onload", "onerror")]
    own = page.source.replace(page.scripts[1], "")
    assert "http://" not in own
    assert "https://" not in own
    assert not re.search(r"url\(|@import", own)
    policy = next(attrs["content"] or "" for tag, attrs in page.tags if attrs.get("http-equiv"))
    hashes = [base64.b64encode(hashlib.sha256(each.encode()).digest()).decode() for each in page.scripts[1:]]
    assert policy == (
        "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
        f"script-src 'sha256-{hashes[0]}' 'sha256-{hashes[1]}'"
    )


def test_head_says_what_was_asked_and_found() -> None:
    """Above all stand the question, the verdict, and each threshold with its mark and what was found."""
    page = Page(played(MIGRATION))
    assert "Do they all approve?" in page.text
    assert "✗ Failed: 2 of 4 thresholds did not hold." in page.text
    found = played(MIGRATION)
    p95, count = found.figure("migration_days.p95"), found.distributions["migration_days"].count
    assert p95 is not None
    what = "of the times from the request for all features to a member's approval"
    assert (
        f"✓95 % {what} were at most so long migration_days.p95 < 12{p95:.2f} dayswanted: less than 12 days" in page.text
    )
    short = f"{count}, {1_000 - count} shortwanted: more than 1,000"
    assert f"✗number {what} migration_days.count > 1000{short}" in page.text
    assert "✗longest of the times from CloseAccount to the closed account closing_seconds.max < 60no value" in page.text


def test_numbers_in_tables_are_those_of_the_outcome() -> None:
    """Steps, distributions, the slowest, organizations and totals stand in tables as the outcome has them."""
    outcome = played(MIGRATION)
    sections = Page(outcome).sections
    assert [(row[0], row[1], row[5]) for row in sections["steps"][1:]] == [
        (str(step.step), step.action.replace("_", " "), f"{step.commands:,}") for step in outcome.steps
    ]
    durations = sections["durations"][next(at for at, row in enumerate(sections["durations"]) if "Figure" in row) :]
    assert [row[0] for row in durations[1:]] == ["Time to join, in days", "Time to approve, in days"]
    for row in durations[1:]:
        distribution = outcome.distributions[row[2]]
        assert row[3] == str(distribution.count)
        assert [float(cell) for cell in row[4:]] == pytest.approx(
            [distribution.statistic(name) for name in ("min", "median", "p90", "p95", "p99", "max")], abs=0.006
        )
    late = [each.account for name in ("joining_days", "migration_days") for each in outcome.slowest[name]]
    assert [row[0] for row in sections["slowest"] if row[0].isdigit()] == late
    (organization,) = outcome.organizations.values()
    assert sections["outcome"][1][1:5] == [
        organization.id,
        organization.management_account,
        "all features",
        str(organization.accounts),
    ]
    approvals = outcome.handshakes["APPROVE_ALL_FEATURES"]
    assert ["Approvals", "declined", str(approvals["DECLINED"])] in sections["outcome"]
    figures = {row[0]: row[2] for row in sections["reproduce"][1:]}
    assert figures == {name: wording.figure(name, value) for name, value in outcome.metrics.items()}


def test_charts_of_a_migration() -> None:
    """A migration has the charts for which it has numbers, and no other; each has its place on the page."""
    page = Page(played(MIGRATION))
    assert set(page.charts) == CHARTS_OF_MIGRATION
    places = {attrs["id"] for _, attrs in page.tags if attrs.get("class") == "chart"}
    assert places == CHARTS_OF_MIGRATION
    assert {"throttling", "refusals"}.isdisjoint(page.sections)


def test_charts_hold_the_timeline() -> None:
    """Lines begin at nothing and go through the numbers of the timeline; the way ends at the totals."""
    outcome = played(MIGRATION)
    page, timeline = Page(outcome), outcome.timeline
    approvals = timeline.handshakes["APPROVE_ALL_FEATURES"]
    assert page.series("chart-handshakes-approve_all_features") == {
        wording.words(state): [*values] for state, values in approvals.items() if any(values)
    }
    assert page.series("chart-members") == {"organization": [*timeline.members["organization"]]}
    way = page.series("chart-way")
    assert {name: values[-1] for name, values in way.items()} == {
        "invited": 200,
        "joined": 200,
        "asked for approval": 200,
        "approved": approvals["ACCEPTED"][-1],
        "finalized": 0,
    }
    (mark,) = [each for each in page.charts["chart-way"]["data"] if each["name"] == "finalized"]
    assert mark["x"] == [pytest.approx(outcome.virtual_days, abs=0.3)]
    for chart in ("chart-way", "chart-members"):
        x = page.charts[chart]["data"][0]["x"]
        assert x[0] == 0
        assert x[-1] == pytest.approx(outcome.metrics["virtual_days"], abs=0.001)
        assert x == sorted(x)


def test_durations_hold_the_percentiles_and_thresholds() -> None:
    """How long approvals took is drawn through all percentiles, and each threshold on a time of them is a line."""
    outcome = played(MIGRATION)
    figure = Page(outcome).charts["chart-duration-migration_days"]
    assert figure["data"][0]["x"] == list(outcome.distributions["migration_days"].percentiles)
    assert figure["data"][0]["y"] == list(range(101))
    assert [shape["x0"] for shape in figure["layout"]["shapes"]] == [12]
    assert [note["text"] for note in figure["layout"]["annotations"] if "✓" in note["text"]] == ["✓ p95 &lt; 12 days"]


def test_durations_with_outliers() -> None:
    """A few very long times are told in words instead of pressing all others together, and so is a far limit."""
    outcome = played(MIGRATION)
    times = (*(float(percentile) for percentile in range(100)), 5_000.0)
    slow = Distribution(200, 50.0, times)
    limits = (
        ThresholdOutcome("joining_days.p99 < 900", 99.0, ok=True),
        ThresholdOutcome("joining_days.p5 > 9", 5.0, ok=False),
    )
    changed = msgspec.structs.replace(outcome, distributions={"joining_days": slow}, thresholds=limits)
    page = Page(changed)
    layout = page.charts["chart-duration-joining_days"]["layout"]
    assert layout["xaxis"]["range"] == [0, pytest.approx(99 * 1.04)]
    assert [shape["x0"] for shape in layout["shapes"]] == [9]
    texts = [note["text"] for note in layout["annotations"]]
    assert {"✓ p99 &lt; 900 days →", "✗ p5 &gt; 9 days", "median 50.0 days", "p95 95.0 days"} <= set(texts)
    assert "The axis ends behind p99; the longest took 5,000.0 days." in page.text


def test_throttled_run() -> None:
    """Where calls were throttled, the calls of each operation are drawn, and what was throttled is in a table."""
    outcome = played(THROTTLED)
    assert outcome.throttled["CreateAccount"]
    page = Page(outcome)
    assert {"chart-calls", "chart-throttled", "chart-creations", "chart-duration-creation_seconds"} <= set(page.charts)
    assert page.series("chart-calls")["CreateAccount"] == list(outcome.timeline.calls["CreateAccount"])
    assert page.series("chart-throttled")["CreateAccount"] == list(outcome.timeline.throttled["CreateAccount"])
    assert ["CreateAccount", f"{outcome.throttled['CreateAccount']:,}", ""] in page.sections["throttling"]
    besides = {kind: number for kind, number in outcome.refused.items() if kind != "TooManyRequestsException"}
    assert [row[:2] for row in page.sections["refusals"][1:][: len(besides)]] == [
        [kind, f"{number:,}"] for kind, number in besides.items()
    ]
    assert "Throttled" in page.sections["steps"][0]


def test_refusals_are_explained() -> None:
    """The page says of each kind of refusal why the first such call was refused."""
    outcome = msgspec.structs.replace(
        played(QUIET), refused={"ExampleException": 3, "Other": 1}, explanations={"ExampleException": "it is too early"}
    )
    rows = Page(outcome).sections["refusals"]
    assert ["ExampleException", "it is too early"] in rows
    assert len([row for row in rows if row[0] == "Other"]) == 1


def test_quiet_run_has_no_empty_charts() -> None:
    """A run in which nothing happens has no chart and no empty section, but its steps and what repeats it."""
    page = Page(played(QUIET))
    assert page.charts == {}
    assert list(page.sections) == ["steps", "outcome", "reproduce"]
    assert "Passed: there are no thresholds." in page.text


@pytest.mark.parametrize("text", [MIGRATION, THROTTLED], ids=["migration", "throttled"])
def test_figures_are_plotlys(text: str) -> None:
    """Every property of every figure is one that plotly knows, with a value that it takes."""
    for figure in Page(played(text)).charts.values():
        assert len(go.Figure(figure).data) == len(figure["data"])


def test_colors_have_a_counterpart_on_dark_pages() -> None:
    """Every colour that a figure uses has another one on dark pages."""
    for text in (MIGRATION, THROTTLED):
        used = set(re.findall(r'"(#[0-9a-f]+)"', json.dumps(Page(played(text)).charts)))
        assert used <= set(DARK)
    assert set(STATES.values()) <= set(DARK)


def with_texts(text: str, outcome: Outcome) -> Outcome:
    """The same with one text wherever a scenario gives a text."""
    timeline = msgspec.structs.replace(outcome.timeline, members={text: outcome.timeline.members["organization"]})
    return msgspec.structs.replace(
        outcome,
        scenario=f"{text}.toml",
        description=text,
        parameters={text: text},
        log=text,
        thresholds=(ThresholdOutcome(f"{text} < 1", None, ok=False),),
        organizations={text: outcome.organizations["organization"]},
        steps=tuple(msgspec.structs.replace(step, action=text, subject=text, track=text) for step in outcome.steps),
        warnings=(text,),
        follow_ups=(FollowUp(text, "invitation", "reminder", text, 1, 0),),
        refused={text: 1},
        explanations={text: text},
        held_back={text: 1},
        timeline=timeline,
    )


def test_texts_are_escaped() -> None:
    """Markup in names, descriptions and parameters is shown as it is written, and is never part of the page."""
    plain, page = Page(played(MIGRATION)), Page(with_texts(EVIL, played(MIGRATION)))
    assert not [tag for tag, _ in page.tags if tag == "img"]
    assert len(page.scripts) == len(plain.scripts) == 3
    assert page.scripts[1:] == plain.scripts[1:]
    assert "<" not in page.scripts[0]
    # plotly would take some tags in its labels as markup.
    labels = [each["text"] for each in json.loads(page.scripts[0])["figures"]["chart-way"]["layout"]["annotations"]]
    assert any("&lt;" in label for label in labels)
    assert not any("<" in label for label in labels)
    assert page.text.count(EVIL) >= 12
    assert EVIL in page.sections["steps"][1][1]
    (name,) = page.series("chart-members")
    assert "<" not in name
    assert all("<" not in note["text"] for note in page.charts["chart-members"]["layout"]["annotations"])


def test_texts_steer_nothing() -> None:
    """Control characters, and those that turn round the direction of a text, are replaced wherever they come from."""
    page = Page(with_texts("a\u202egnp.\u2066b\x07\x9bc", played(MIGRATION)))
    shown = page.source.partition("<script>")[0]
    assert not re.findall("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]", shown)
    assert page.text.count("a�gnp.�b��c") >= 12


@pytest.mark.parametrize(
    "value",
    [True, False, 0, -3, 0.95, 1e-9, 1e300, "plain", "0.95", "true", "two words", "it's", 'a "quote"', "", " x", "\\"],
)
def test_assignments_can_be_read_back(value: Any) -> None:
    """A parameter's value as the report shows it is read back as the same value of the same type."""
    name, found = read_assignment(wording.assignment("p", value))
    assert (name, found, type(found)) == ("p", value, type(value))


def test_command_line_says_everything() -> None:
    """The command to repeat a run has the file, every parameter and the seed, quoted for a shell."""
    outcome = msgspec.structs.replace(played(MIGRATION), scenario="my runs/s.toml", parameters={"who": "two words"})
    line = wording.command_line(outcome.scenario, outcome.parameters, outcome.seed)
    assert shlex.split(line) == [
        "orgsim",
        "simulate",
        "my runs/s.toml",
        "--set",
        "who=two words",
        "--seed",
        "5",
    ]
    assert line in Page(outcome).text


@pytest.mark.parametrize(
    ("hours", "said"),
    [
        (0, "0 s"),
        (0.5 / 3_600, "0.5 s"),
        (0.5, "30.0 min"),
        (2.775, "2.8 h"),
        (10_000 / 3_600, "2.8 h"),
        (1200, "1,200.0 h"),
    ],
)
def test_durations_in_words(hours: float, said: str) -> None:
    """A duration is given in hours, minutes or seconds, whichever suits it."""
    assert wording.duration(hours) == said


@pytest.mark.parametrize(
    ("value", "said"), [(0.0, "0 %"), (0.0001, "<0.1 %"), (0.25, "25 %"), (0.9999, ">99.9 %"), (1.0, "100 %")]
)
def test_shares_in_words(value: float, said: str) -> None:
    """Only a share of exactly 1 is 100 %, and only one of exactly 0 is 0 %."""
    assert wording.share(value) == said


@pytest.mark.parametrize(
    ("value", "said"), [(None, "no value"), (10_410.0, "10,410"), (16.87547, "16.8755"), (0.0, "0"), (1e-7, "1e-07")]
)
def test_figures_in_words(value: float | None, said: str) -> None:
    """A figure has six significant digits at most, and one that has no value says so."""
    assert wording.number(value) == said


def test_report_replaces_a_report_whole(tmp_path: Path) -> None:
    """A report is replaced by the next one, through a link too, and leaves nothing beside it."""
    (tmp_path / "link.html").symlink_to("r.html")
    for text in ("one", "two"):
        require_writable(tmp_path / "link.html")
        write_report(tmp_path / "link.html", MARKER + text)
    assert (tmp_path / "r.html").read_text() == f"{MARKER}two"
    assert {path.name for path in tmp_path.iterdir()} == {"link.html", "r.html"}
    assert (tmp_path / "link.html").is_symlink()


def test_file_that_is_no_report_is_kept(tmp_path: Path) -> None:
    """Whatever is no report is not overwritten, also if it came there while the run went on; an empty file is."""
    target = tmp_path / "r.html"
    target.write_text("precious")
    with pytest.raises(ReportError, match=r"r\.html: the file exists already, and is no report of orgsim"):
        require_writable(target)
    with pytest.raises(ReportError, match="is no report"):
        write_report(target, MARKER)
    assert target.read_text() == "precious"
    target.write_text("")
    write_report(target, MARKER)
    assert target.read_text() == MARKER


def test_report_that_cannot_be_renamed_leaves_nothing(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When a report cannot be put in its place, the old one stays, and nothing is left beside it."""
    target = tmp_path / "r.html"
    target.write_text(f"{MARKER}old")

    def fail(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "replace", fail)
    with pytest.raises(ReportError, match="cannot be written: No space left on device"):
        write_report(target, f"{MARKER}new")
    assert [(path.name, path.read_text()) for path in tmp_path.iterdir()] == [("r.html", f"{MARKER}old")]
