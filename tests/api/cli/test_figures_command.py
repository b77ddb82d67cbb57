"""``orgsim figures``: the figures that thresholds of a scenario can be about."""

import json
from pathlib import Path

import pytest
from support.play_scenario import population, step
from support.repository import SCENARIOS
from typer.testing import CliRunner, Result

from orgsim.api.cli.app import app
from orgsim.api.load.scenario import parse_scenario
from orgsim.api.load.scenario.metrics import DISTRIBUTIONS, NUMBERS

TEXT = "\n".join(
    [
        '[organizations.ours]\n[organizations.theirs]\nmanagement_account = "222222222222"',
        population("partners", "invited", 2),
        population("theirs", "invited", 2),
        step("invite", population="partners", organization="ours"),
        "[tracks.later]\nfrom_day = 3\n[[tracks.later.steps]]\naction = 'wait'\ndays = 1\n",
    ]
)


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["figures", *arguments])


@pytest.fixture
def file(tmp_path: Path) -> str:
    path = tmp_path / "plan.toml"
    path.write_text(TEXT)
    return str(path)


def test_every_figure_can_have_a_threshold(file: str) -> None:
    """Each name that is listed for machines is taken as a threshold, with a statistic where it has many values."""
    listed = json.loads(ran(file, "--json").stdout)["figures"]
    assert {each["part"] for each in listed} == {
        "",
        *("organizations.ours", "organizations.theirs", "populations.partners", "populations.theirs"),
        *("tracks.later", "tracks.later.1", "steps.1"),
    }
    assert all(each["meaning"] for each in listed)
    for each in listed:
        name = each["name"] + (".p95" if each["many_values"] else "")
        (threshold,) = parse_scenario(f'{TEXT}\n[thresholds]\n"{name}" = ">= 0"\n').thresholds
        assert threshold.figure.part == each["part"]


def test_a_track_called_like_a_population(tmp_path: Path) -> None:
    """Parts that are called alike and have no figure in common are listed by their name alone."""
    path = tmp_path / "waves.toml"
    path.write_text(TEXT.replace("tracks.later", "tracks.partners"))
    names = {each["name"] for each in json.loads(ran(str(path), "--json").stdout)["figures"]}
    assert {"partners.joined_of_all_share", "partners.virtual_days", "partners.1.commands"} <= names
    assert not [name for name in names if name.startswith(("populations.partners", "tracks.partners"))]


def test_for_people(file: str) -> None:
    """People see each kind of part once, with the names of all, and what is called like two things in full."""
    text = ran(file).stdout
    for head in (
        "Of the run",
        "Of each organization: ours, organizations.theirs",
        "Of each population: partners, populations.theirs",
        "Of each track: later",
        "Of each step: steps.1, later.1",
    ):
        assert f"\n{head}\n" in text
    assert all(f"\n  {name} " in text for name in NUMBERS)
    assert all(f"\n  {name}.STATISTIC " in text for name in DISTRIBUTIONS)
    assert "\n  ours.joining_days.STATISTIC  " in text


@pytest.mark.parametrize("name", [file.stem for file in sorted(SCENARIOS.glob("*.toml"))])
def test_shipped(name: str) -> None:
    """The figures of every shipped scenario are listed."""
    assert ran(str(SCENARIOS / f"{name}.toml")).exit_code == 0


def test_bad_files(file: str) -> None:
    """A file that is no scenario is told in one line each, as orgsim check does."""
    Path(file).write_text("sed = 1\n[[steps]]\naction = 'dance'\n")
    done = ran(file)
    assert (done.exit_code, len(done.stderr.splitlines()), done.stdout) == (2, 2, "")
    assert ran("nowhere.toml").stderr == "orgsim: nowhere.toml: cannot be read: No such file or directory\n"
