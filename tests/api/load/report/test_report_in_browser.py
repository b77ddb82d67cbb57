"""The report in a real browser: its charts are drawn, nothing is complained about, tables show that they scroll."""

import re
from pathlib import Path

import anyio
import pytest
from support.browser import IN_A_BROWSER, browse
from support.repository import SCENARIOS

from orgsim.api.load.report import render_report, write_report
from orgsim.api.load.report.style import BLUE, DARK
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario.reading import parse_scenario
from orgsim.engine.log import MemoryLog

pytestmark = IN_A_BROWSER


@pytest.fixture(scope="module")
def report(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The report of the shipped acquisition of a small company."""
    text, path = (SCENARIOS / "acquire-company.toml").read_text("utf-8"), tmp_path_factory.mktemp("browser") / "r.html"

    write_report(path, render_report(anyio.run(play_scenario, parse_scenario(text, {"accounts": 60}), MemoryLog())))
    return path


@pytest.mark.parametrize(("dark", "blue"), [((), BLUE), (("--force-dark-mode",), DARK[BLUE])])
def test_charts_are_drawn(dark: tuple[str, ...], blue: str, report: Path) -> None:
    """Every chart is drawn, on light pages and dark ones in their colours, and the console has nothing to say."""
    done = browse(report, "--dump-dom", "--window-size=1400,900", *dark)
    places = done.stdout.split('<div class="chart')[1:]
    assert len(places) >= 5
    assert all('class="main-svg"' in place.split("</figure>")[0] for place in places)
    assert "CONSOLE" not in done.stderr
    red, green, blue_ = (int(blue[at : at + 2], 16) for at in (1, 3, 5))
    assert f"stroke: rgb({red}, {green}, {blue_})" in done.stdout
    assert "invite, owners" in done.stdout
    assert "Mar" in done.stdout


def test_wide_tables_say_so_on_narrow_screens(report: Path) -> None:
    """On a narrow screen wide tables say that they go on; on a wide one none does."""
    narrow = browse(report, "--dump-dom", "--window-size=500,900").stdout
    wide = browse(report, "--dump-dom", "--window-size=1400,900").stdout
    assert 'class="scroll more"' in narrow
    assert 'class="scroll more"' not in wide


@pytest.mark.parametrize("width", [500, 1400])
def test_long_names_fit(width: int, tmp_path: Path) -> None:
    """Names of hundreds of characters are broken or cut: the page is no wider than the window."""
    name = "x" * 300
    text = (
        f"description = '{name}'\n[organizations.{name}]\n[organizations.other]\n"
        f"[populations.{name}]\norigin = 'invited'\ncount = 9\n"
        "invitation.delay = { distribution = 'uniform', from_days = 0, to_days = 9 }\n"
        f"[[tracks.{name}.steps]]\naction = 'invite'\norganization = '{name}'\npopulation = '{name}'\n"
        f"[[tracks.{name}.steps]]\naction = 'wait_for_answers'\n"
        f"[[tracks.{name}.steps]]\naction = 'wait'\nuntil = 'organizations.{name}.members > 10'\nat_most_days = 1\n"
        f"[thresholds]\norganizations.{name}.members = '> 99'\n"
    )
    source = render_report(anyio.run(play_scenario, parse_scenario(text), MemoryLog()))
    # A page lets no script in that is not its own.
    source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)
    tells = "const page = document.documentElement; document.title = page.scrollWidth - page.clientWidth"
    path = tmp_path / "r.html"
    write_report(path, f"{source}<script>addEventListener('load', () => {{ {tells} }})</script>")
    assert "<title>0</title>" in browse(path, "--dump-dom", f"--window-size={width},900").stdout


ROWS = """
setTimeout(() => {
  const picture = document.querySelector("#chart-when .main-svg").getBoundingClientRect();
  const rows = [...document.querySelectorAll("#chart-when .annotation")];
  const places = rows.map((each) => each.getBoundingClientRect());
  const out = places.filter((each) => each.left < picture.left || each.right > picture.right);
  const whole = rows.filter((each) => each.textContent.endsWith("& others invitation"));
  document.title = `${out.length} of ${rows.length}, ${whole.length} whole`;
}, 1500);
"""


@pytest.mark.parametrize(("width", "whole"), [(380, 0), (1400, 1)])
def test_names_of_rows(width: int, whole: int, tmp_path: Path) -> None:
    """The names of what happened when are whole where there is room, and never run past the picture."""
    name = "retail subsidiaries of the southern hemisphere & others"
    text = (
        f"[organizations.ours]\n[populations.'{name}']\norigin = 'invited'\ncount = 9\n"
        "invitation = { after_reminder = 0.5, remind_after_days = [7, 12] }\n"
        f"[[steps]]\naction = 'invite'\npopulation = '{name}'\n"
        "[[steps]]\naction = 'wait_for_answers'\n[[steps]]\naction = 'wait'\ndays = 3\n"
    )
    source = render_report(anyio.run(play_scenario, parse_scenario(text), MemoryLog()))
    source = re.sub(r'<meta http-equiv="Content-Security-Policy"[^>]*>', "", source)
    # Headless windows are never narrower than a phone; a frame is.
    frame = f"<body style='width:{width}px'>" if width < 500 else "<body>"
    path = tmp_path / "r.html"
    write_report(path, f"{source.replace('<body>', frame)}<script>{ROWS}</script>")
    shown = browse(path, "--dump-dom", f"--window-size={max(width, 500)},900").stdout
    assert f"<title>0 of 4, {whole} whole</title>" in shown


def test_print(report: Path) -> None:
    """It can be printed to a few pages."""
    target = report.parent / "r.pdf"
    browse(report, f"--print-to-pdf={target}")
    pages = re.findall(rb"/Type\s*/Page\b", target.read_bytes())
    assert 3 <= len(pages) <= 12
