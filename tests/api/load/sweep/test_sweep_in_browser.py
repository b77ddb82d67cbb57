"""The page of a sweep in a real browser: every chart is drawn, in both schemes, narrow and printed."""

import re
from pathlib import Path

import pytest
from msgspec import structs
from support.browser import IN_A_BROWSER, browse
from support.made_up_sweep import combination, definition, summary

from orgsim.api.load.report.style import AMBER, BLUE, DARK
from orgsim.api.load.sweep.page import render_sweep
from orgsim.api.load.sweep.summary import Summary

pytestmark = IN_A_BROWSER

LINES = summary(
    *(combination({"n": n, "mode": mode}, 50 + n, days=(30, 40 + n, 70)) for n in (1, 2, 3) for mode in "ab")
)
GRID = summary(*(combination({"n": n, "mode": mode}, 50 + n) for n in (1, 2, 3) for mode in "abcdefgh"))
ALONE = summary(combination({}, 3, 4))
KINDS = {"lines": (LINES, 2), "grid": (GRID, 1), "alone": (ALONE, 1)}
"""Kinds of sweeps, with how many charts they have."""


def page(found: Summary, folder: Path) -> Path:
    """The page of a sweep, as a file."""
    path = folder / "chance.html"
    path.write_text(render_sweep(definition({}), found, lambda figure: [40.0, 50.0, 60.0, 70.0]), "utf-8")
    return path


def drawn(dom: str) -> list[bool]:
    """Whether each chart of a page is drawn."""
    return ['class="main-svg"' in place.split("</figure>")[0] for place in dom.split('<div class="chart')[1:]]


@pytest.mark.parametrize("dark", [False, True])
@pytest.mark.parametrize("kind", KINDS)
def test_charts_are_drawn(kind: str, dark: bool, tmp_path: Path) -> None:
    """Each kind of sweep is drawn in the colours of light and dark pages; the console has nothing to say."""
    found, charts = KINDS[kind]
    options = ("--force-dark-mode",) if dark else ()
    done = browse(page(found, tmp_path), "--dump-dom", "--window-size=1400,900", *options)

    assert drawn(done.stdout) == [True] * charts
    assert "CONSOLE" not in done.stderr
    if kind == "lines":
        for color in (BLUE, AMBER):
            red, green, blue = (int((DARK[color] if dark else color)[at : at + 2], 16) for at in (1, 3, 5))
            assert f"stroke: rgb({red}, {green}, {blue})" in done.stdout
        assert done.stdout.count(">mode=a</text>") == done.stdout.count(">mode=b</text>") == charts


def test_narrow(tmp_path: Path) -> None:
    """On a narrow screen the key stands in for the labels, and wide tables say that they go on."""
    dom = browse(page(LINES, tmp_path), "--dump-dom", "--window-size=500,900").stdout

    assert drawn(dom) == [True, True]
    assert ">mode=a</text>" not in dom
    assert 'class="scroll more"' in dom


def test_print(tmp_path: Path) -> None:
    """It can be printed to a few pages."""
    target = tmp_path / "r.pdf"
    browse(page(LINES, tmp_path), f"--print-to-pdf={target}")

    assert 2 <= len(re.findall(rb"/Type\s*/Page\b", target.read_bytes())) <= 5


def test_nothing_is_cut_off_on_paper(tmp_path: Path) -> None:
    """Tables that are wider than the screen fit on paper, which does not scroll: with its rules, none goes on."""
    figures = {
        f"follow_ups.{name}.invitation.{met}.{did}": {"p5": 1_000.0, "median": 2_000.0, "p95": 3_000.0}
        for name in ("owners", "partners")
        for met in ("reminder_1", "reminder_2")
        for did in ("reached", "followed")
    }
    narrow = [combination({"n": n}, 5) for n in (1, 2)]
    wide = summary(*(structs.replace(each, figures={**each.figures, **figures}) for each in narrow))
    path = page(wide, tmp_path)
    on_screen = browse(path, "--dump-dom", "--window-size=700,900").stdout
    path.write_text(path.read_text("utf-8").replace("@media print {", "@media all {"), "utf-8")
    on_paper = browse(path, "--dump-dom", "--window-size=700,900").stdout
    assert 'class="scroll more"' in on_screen
    assert 'class="scroll more"' not in on_paper
