"""The page of a sweep: what is drawn of which sweep, and that every picture has a table."""

import json
import re
from collections.abc import Callable, Sequence
from typing import Any

import pytest
from support.made_up_sweep import combination, definition, summary

from orgsim.api.load.report.chart import Chart
from orgsim.api.load.report.style import DARK
from orgsim.api.load.scenario import Parameter
from orgsim.api.load.scenario.parameters import read_value
from orgsim.api.load.sweep.charts import charts
from orgsim.api.load.sweep.page import MOST_ROWS, command, render_sweep
from orgsim.api.load.sweep.summary import Summary, ThresholdSummary

Values = Callable[[str], list[float]]


def nothing(figure: str) -> list[float]:
    """No values, for charts that need only the summary."""
    return []


def grid(*names: str, finished: Sequence[int], runs: int = 100) -> Summary:
    """Values 1 to 3 of the first parameter against each of some names; ``finished`` for all of them."""
    values = [(n, name) for n in (1, 2, 3) for name in names]
    return summary(
        *(combination({"n": n, "mode": name}, each, runs) for (n, name), each in zip(values, finished, strict=True))
    )


def traces(found: Chart) -> list[dict[str, Any]]:
    """What is drawn in a chart."""
    return found.figure["data"]


def texts(found: Chart) -> list[str]:
    """The labels in a chart."""
    return [each["text"] for each in found.figure["layout"]["annotations"]]


def test_equal_lines_are_told_apart() -> None:
    """Two lines with the same values have other marks, dashes, colours and places, and a label each at their ends."""
    chance, *_ = charts(grid("fast", "slow", finished=[90, 90, 50, 50, 10, 10]), nothing)
    one, other = traces(chance)

    assert one["y"] == other["y"] == [90, 50, 10]
    assert all(left < right for left, right in zip(one["x"], other["x"], strict=True))
    assert one["x"][2] - one["x"][0] > 20 * (other["x"][0] - one["x"][0]) > 0
    assert one["line"]["dash"] != other["line"]["dash"]
    assert one["line"]["color"] != other["line"]["color"]
    assert not set(one["marker"]["symbol"]) & set(other["marker"]["symbol"])
    labels = [each for each in chance.figure["layout"]["annotations"] if each.get("name") == "label"]
    assert [each["text"] for each in labels] == ["mode=fast", "mode=slow"]
    assert abs(labels[0]["yshift"] - labels[1]["yshift"]) >= 16


def test_long_names_of_lines() -> None:
    """Names that have no room at the ends of lines stand in the key above the chart instead."""
    for name, labelled in (("m" * 19, True), ("m" * 20, False)):
        chance, *_ = charts(grid(name, "b", finished=[90, 90, 50, 50, 10, 10]), nothing)
        assert chance.labelled == labelled
        assert (f"mode={name}" in texts(chance)) == labelled
        assert [key for key, _ in chance.key] == [f"mode={name}", "mode=b"]


def test_intervals_of_enough_runs() -> None:
    """From thirty runs on a point has its 95 % interval, and the number of runs stands at the axis."""
    chance, *_ = charts(grid("a", finished=[30, 15, 0], runs=30), nothing)
    (line,) = traces(chance)
    bars = line["error_y"]

    assert "% of 30 runs each" in texts(chance)
    # Wilson's interval of 15 of 30 is 33.2 % to 66.8 %, that of 0 of 30 ends at 11.4 %.
    assert (bars["array"][1], bars["arrayminus"][1]) == pytest.approx((16.8, 16.8), abs=0.1)
    assert (bars["array"][2], bars["arrayminus"][2]) == pytest.approx((11.4, 0), abs=0.1)
    assert line["marker"]["symbol"] == ["circle"] * 3
    assert "Wilson" in chance.about
    assert "Hollow" not in chance.about


def test_no_intervals_of_few_runs() -> None:
    """Five runs are drawn as hollow points without bars, and the chart says why."""
    chance, *_ = charts(grid("a", finished=[5, 3, 0], runs=5), nothing)
    (line,) = traces(chance)

    assert "% of 5 runs each" in texts(chance)
    assert line["error_y"]["array"] == line["error_y"]["arrayminus"] == [0, 0, 0]
    assert line["marker"]["symbol"] == ["circle-open"] * 3
    assert "Hollow points have fewer than 30 runs" in chance.about
    assert "Wilson" not in chance.about


def test_figures_with_their_limits() -> None:
    """The figure of a threshold is drawn with its range over the runs, and a line at its limit."""
    _, days = charts(grid("a", finished=[90, 50, 10]), nothing)
    (line,) = traces(days)

    assert (days.title, line["y"]) == ("virtual_days < 60", [45, 45, 45])
    assert (line["error_y"]["array"], line["error_y"]["arrayminus"]) == ([5, 5, 5], [5, 5, 5])
    assert [(shape["y0"], shape["y1"]) for shape in days.figure["layout"]["shapes"]] == [(60, 60)]
    assert "- - less than 60 days" in texts(days)
    assert days.about.startswith(
        "How long the run took in its own time. The median of the runs; upright bars: nine of ten"
    )
    low, high = days.figure["layout"]["yaxis"]["range"]
    assert low < 40 < 60 < high


def test_limits_that_differ() -> None:
    """A threshold whose limit is another in each combination has no line."""
    found = grid("a", finished=[90, 50, 10])
    merged = [
        ThresholdSummary(figure="virtual_days", threshold="virtual_days", severity="fail", failed=1)
        for _ in found.thresholds
    ]
    _, days = charts(summary(*found.combinations, thresholds=merged), nothing)

    assert days.figure["layout"]["shapes"] == []
    page = render_sweep(definition({}), summary(*found.combinations, thresholds=merged), nothing)
    assert page.count('<th class="number" scope="col">virtual_days failed</th>') == 1
    assert '<ul class="thresholds">' not in page


def test_many_lines() -> None:
    """More than six lines become a grid of cells, each with its chance; runs that were lost leave a gap."""
    names = "abcdefg"
    found = grid(*names, finished=[100] * 7 + [50] * 7 + [0] * 7)
    (chance,) = charts(found, nothing)
    (cells,) = traces(chance)

    assert cells["type"] == "heatmap"
    assert cells["y"] == [f"mode={name}" for name in names]
    assert cells["z"] == [[100, 50, 0]] * 7
    assert {color for _, color in cells["colorscale"]} <= set(DARK)
    lost = [combination({"n": 1, "mode": "a"}, 0, 0, lost=100), *found.combinations[1:]]
    (chance,) = charts(summary(*lost), nothing)
    assert traces(chance)[0]["z"][-1] == [None, 50, 0]


def test_one_combination() -> None:
    """Where nothing varies there is no chart of chances, but how the figure is spread over the runs."""
    (days,) = charts(summary(combination({}, 3, 4)), lambda figure: [70.0, 40.0, 50.0, 40.0])
    (steps,) = traces(days)

    assert list(zip(steps["x"], steps["y"], strict=True)) == [(40, 0), (40, 25), (40, 50), (50, 75), (70, 100)]
    assert days.figure["layout"]["shapes"][0]["x0"] == 60
    assert days.rows[0] == ("5 %", "40 days")
    assert days.rows[-2:] == (("95 %", "70 days"), ("100 %", "70 days"))


@pytest.mark.parametrize("values", [[], [40.0], [40.0, 40.0]])
def test_nothing_to_draw(values: list[float]) -> None:
    """One run alone, equal runs and none are no picture, and the page is made all the same."""
    found = summary(combination({}, len(values), len(values), days=(40, 40, 40)))

    assert list(charts(found, lambda figure: values)) == []
    assert "Chance of passing" in render_sweep(definition({}), found, lambda figure: values)


def test_all_runs_lost() -> None:
    """A sweep of which nothing is left says so, and draws nothing."""
    found = summary(*(combination({"n": n}, 0, 0, (None, None, None), lost=9) for n in (1, 2)))

    assert list(charts(found, nothing)) == []
    assert "No run came to an end." in render_sweep(definition({"n": (1, 2)}), found, nothing)


@pytest.mark.parametrize(
    ("values", "ticks", "joined"),
    [
        ((1, 2, 3), ["1", "2", "3"], True),
        ((1, 10, 100), ["1", "10", "100"], True),
        ((0, 1, 1000), ["0", "1000"], True),
        (("aa", "b"), ["aa", "b"], False),
        ((False, True), ["false", "true"], False),
        ((5,), ["5"], True),
        ((3, "three"), ["3", "three"], False),
    ],
)
def test_axis(values: Sequence[Parameter], ticks: list[str], joined: bool) -> None:
    """Ticks stand at the values, as far as there is room; points of numbers alone are joined by lines."""
    both = [combination({"n": value, "m": mode}, 50) for value in values for mode in (1, 2)]
    chance, *_ = charts(summary(*both), nothing)
    axis = chance.figure["layout"]["xaxis"]

    assert axis["ticktext"] == ticks
    assert [line["mode"] == "lines+markers" for line in traces(chance)] == [joined, joined]
    one, other = traces(chance)
    assert all(left < right for left, right in zip(one["x"], other["x"], strict=True))
    assert all(axis["range"][0] < x < axis["range"][1] for x in (*one["x"], *other["x"]))
    assert one["x"] == sorted(one["x"])


def test_every_picture_has_a_table() -> None:
    """Each number that is drawn stands in a table of the same section."""
    page = render_sweep(
        definition({"n": (1, 2, 3), "mode": ("a", "b")}), grid("a", "b", finished=[90, 91, 50, 51, 10, 11]), nothing
    )
    sections = re.findall(r'<section id="(\w+)">(.*?)</section>', page, re.DOTALL)
    tables = {name: re.findall(r"<td[^>]*>(.*?)</td>", body) for name, body in sections if "<figure" in body}

    assert tables.keys() == {"chance", "figures"}
    assert "failed in 297 of 600 runs" in page
    assert [cell for cell in tables["chance"] if " of 100" in cell] == [
        f"{each} of 100" for each in (90, 91, 50, 51, 10, 11)
    ]
    assert "82.6 % to 94.5 %" in tables["chance"]
    assert tables["figures"].count("45 (40 to 50)") == 6


def test_the_page_stands_alone() -> None:
    """The page is a report's: it has its policy against foreign scripts, a dark scheme and print, and loads nothing."""
    page = render_sweep(definition({}), summary(combination({}, 50)), nothing)

    assert page.startswith("<!doctype html>\n<!-- orgsim report -->\n")
    assert "default-src 'none'" in page
    head = page.partition("<script")[0]
    assert "@media print" in head
    assert "prefers-color-scheme: dark" in head
    assert not re.search(r"""(?:src|href)=["']""", head)


def test_texts_from_outside() -> None:
    """Names and values that are HTML stay texts on the page and in the charts."""
    evil = "<img src=x onerror=alert(1)>"
    found = summary(
        *(combination({evil: value, "m": evil}, 50, warned=1, first_warning=evil) for value in (evil, "b")),
        description=evil,
    )
    page = render_sweep(definition({evil: (evil, "b")}), found, nothing)

    before, _, after = page.partition('id="data">')
    data = json.loads(after.partition("</script>")[0])
    assert evil not in before
    assert evil not in json.dumps(data)


def test_very_many_combinations() -> None:
    """A table ends after so many rows, and says where the others are."""
    found = summary(*(combination({"n": n}, 50) for n in range(MOST_ROWS + 5)))

    assert "5 more combinations stand in summary.json." in render_sweep(definition({}), found, nothing)


def test_command() -> None:
    """The page has the command that does the sweep again; each value is read back as it was."""
    line = command(definition({"n": (1, 2), "t": ("a", "true")}))

    assert line == (
        "orgsim sweep s.toml '--set=mode=a b' --vary=n=1,2 '--vary=t=a,\"true\"' --runs=100 --seed=7 --out=NEW"
    )
    assert read_value('"true"') == "true"
