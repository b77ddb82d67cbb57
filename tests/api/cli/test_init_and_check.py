"""``orgsim init`` and ``orgsim check``: the way to a first scenario of one's own."""

import json
from pathlib import Path

import pytest
from support.forked_command import Command, full_disk
from support.repository import SCENARIOS
from typer.testing import CliRunner, Result

from orgsim.api.cli.app import app

FIRST = "acquire-company"
NAMES = [FIRST, *sorted({file.stem for file in SCENARIOS.glob("*.toml")} - {FIRST})]
WRONG = 'sede = 1\n[[steps]]\naction = "wait"\n[[steps]]\naction = "finish"\n'


def orgsim(*arguments: str) -> Result:
    """Run the command."""
    return CliRunner().invoke(app, arguments)


@pytest.fixture(autouse=True)
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """An empty folder, in which the command runs."""
    monkeypatch.chdir(tmp_path)
    return tmp_path


@pytest.mark.parametrize("name", NAMES)
def test_every_template(name: str, folder: Path) -> None:
    """Each shipped scenario is written as it is, with its comments, and has nothing wrong."""
    assert orgsim("init", name).exit_code == 0
    assert (folder / f"{name}.toml").read_bytes() == (SCENARIOS / f"{name}.toml").read_bytes()
    checked = orgsim("check", f"{name}.toml")
    assert (checked.exit_code, checked.stdout.startswith(f"{name}.toml: ok: ")) == (0, True)
    assert json.loads(orgsim("check", f"{name}.toml", "--json").stdout)["ok"] is True


def test_what_the_help_says(folder: Path) -> None:
    """What the help says to begin with works as written: init, then simulate."""
    words = " ".join(orgsim("--help").stdout.split()).rpartition("Begin with: ")[2]
    first, second = (part.split()[1:] for part in words.split(", then "))
    assert orgsim(*first).exit_code == 0
    done = orgsim(*second, "--accounts", "5", "--json")
    assert (done.exit_code, json.loads(done.stdout)["passed"]) == (0, True)


def test_list() -> None:
    """The templates are listed with the questions that they answer, first the one that is written by default."""
    listed = orgsim("init", "--list").stdout.splitlines()
    assert [line.split()[0] for line in listed] == NAMES
    assert all(line.endswith("?") for line in listed)
    scenarios = json.loads(orgsim("init", "--list", "--json").stdout)["scenarios"]
    assert [each["name"] for each in scenarios] == NAMES


def test_nothing_is_overwritten(folder: Path) -> None:
    """A file that exists stays as it is; another name can be given."""
    (folder / "acquire-company.toml").write_text("mine")
    refused = orgsim("init")
    assert refused.exit_code == 2
    assert refused.stderr == "orgsim: acquire-company.toml: the file exists already; --to writes another\n"
    assert (folder / "acquire-company.toml").read_text() == "mine"
    assert json.loads(orgsim("init", "--to", "b.toml", "--json").stdout) == {
        "file": "b.toml",
        "name": "acquire-company",
    }
    assert (folder / "b.toml").exists()


def test_names_that_steer_terminals(folder: Path) -> None:
    """Control characters in the name of a file do not reach the terminal."""
    done = orgsim("init", "--to", "a\x1b[31m.toml")
    assert (done.exit_code, done.stdout[:17]) == (0, "a�[31m.toml: writ")
    assert (folder / "a\x1b[31m.toml").exists()


@pytest.mark.parametrize("name", ["", ".", "/", "..", "dangling"])
def test_names_that_are_taken(name: str, folder: Path) -> None:
    """What is no name of a new file is taken: folders, and links to nothing."""
    (folder / "dangling").symlink_to("nothing")
    assert orgsim("init", "--to", name).exit_code == 2
    assert [each.name for each in folder.iterdir()] == ["dangling"]


@pytest.mark.slow
def test_init_on_a_full_disk(folder: Path) -> None:
    """What cannot be written whole is not there at all, so that init can be called again."""
    command = Command(folder, ["init"], folder / "stderr", full_disk(100))
    _, err = command.communicate()
    assert (command.returncode, err) == (1, "orgsim: acquire-company.toml: cannot be written: File too large\n")
    assert [each.name for each in folder.iterdir()] == ["stderr"]


@pytest.mark.parametrize(
    ("arguments", "code", "message"),
    [
        (("vend-acounts",), 2, "no scenario is called 'vend-acounts', did you mean `vend-accounts`? (there are: "),
        (("--to", "no/where.toml"), 2, "no/where.toml: there is no directory no"),
    ],
)
def test_init_refused(arguments: tuple[str, ...], code: int, message: str) -> None:
    """An unknown name and a place where nothing can be written are told in one line."""
    refused = orgsim("init", *arguments)
    assert (refused.exit_code, refused.stdout) == (code, "")
    assert refused.stderr.startswith(f"orgsim: {message}")


def test_everything_that_is_wrong(folder: Path) -> None:
    """Check and simulate tell all mistakes, one line each, with file, line and step; check tells machines too."""
    (folder / "s.toml").write_text(WRONG)
    checked = orgsim("check", "s.toml")
    assert checked.exit_code == 2
    starts = ["s.toml:1:1: unknown key `sede`", "s.toml:2:3: step 1: `", "s.toml:5:1: step 2, a"]
    lines = checked.stdout.splitlines()
    assert [line[: len(start)] for line, start in zip(lines, starts, strict=True)] == starts
    played = orgsim("simulate", "s.toml")
    assert (played.exit_code, played.stderr) == (2, "".join(f"orgsim: {line}\n" for line in lines))
    told = orgsim("check", "s.toml", "--json")
    assert told.exit_code == 2
    problems = json.loads(told.stdout)["problems"]
    found = [(each["line"], each["column"], each["place"]) for each in problems]
    assert found == [(1, 1, ""), (2, 3, "step 1"), (5, 1, "step 2, action")]


def test_check_of_no_file() -> None:
    """A file that is not there is told like any other mistake."""
    checked = orgsim("check", "s.toml")
    assert (checked.exit_code, checked.stdout) == (2, "s.toml: cannot be read: No such file or directory\n")


def test_check_of_several_files(folder: Path) -> None:
    """Several files are checked in their order, each to its end; one that is wrong makes the status 2."""
    (folder / "wrong.toml").write_text(WRONG)
    right = [str(SCENARIOS / f"{name}.toml") for name in NAMES[:2]]
    lines = orgsim("check", right[0], "wrong.toml", right[1])
    assert lines.exit_code == 2
    files = [line.partition(":")[0] for line in lines.stdout.splitlines()]
    assert list(dict.fromkeys(files)) == [right[0], "wrong.toml", right[1]]
    found = [json.loads(line) for line in orgsim("check", "--json", *right, "wrong.toml").stdout.splitlines()]
    assert [each["ok"] for each in found] == [True, True, False]
    assert orgsim("check", *right).exit_code == 0


def test_members_of_populations_are_counted(folder: Path) -> None:
    """The content of a right file counts the accounts of populations, members among them, those of OUs too."""
    units = 'units = [{ name = "A", share = 0.5 }]'
    text = f'organizations.us = {{ accounts = 10, {units} }}\npopulations.a = {{ of = "us", unit = "A" }}\n'
    text += "populations.n = { origin = 'invited', count = 3 }\nsteps = [{ action = 'wait', days = 1 }]"
    (folder / "s.toml").write_text(text)
    assert ", 8 accounts in populations, " in orgsim("check", "s.toml").stdout


def test_members_in_a_log_are_not_counted(folder: Path) -> None:
    """How many members a population has that only the log of a run knows is not said to be none."""
    wait = "steps = [{ action = 'wait', days = 1 }]\n"
    (folder / "s.toml").write_text(f"{wait}[populations.ops]\nof = 'us'\n[organizations.us]\nid = 'o-a1b2c3d4e5'\n")
    told = "1 organization, 1 population of members in the log of --on, 1 step, 0 thresholds"
    assert orgsim("check", "s.toml").stdout == f"s.toml: ok: {told}\n"
    (folder / "s.toml").write_text(
        f"{wait}[populations.a]\norigin = 'member'\n[populations.b]\nunit = 'Web'\n"
        "[populations.c]\norigin = 'invited'\ncount = 7\n"
    )
    told = (
        "1 organization, 7 accounts in populations, 2 populations of members in the log of --on, 1 step, 0 thresholds"
    )
    assert orgsim("check", "s.toml").stdout == f"s.toml: ok: {told}\n"


def test_a_folder_that_there_is_not(folder: Path) -> None:
    """A file in a folder that there is not is wrong usage, as a log and a report there are."""
    assert orgsim("init").exit_code == 0
    for arguments in (
        ("init", "--to", "none/s.toml"),
        ("init", "--to", f"{FIRST}.toml/s.toml"),
        ("simulate", f"{FIRST}.toml", "--log", "none/w.db"),
        ("simulate", f"{FIRST}.toml", "--report", "none/r.html"),
    ):
        ran = orgsim(*arguments)
        assert (ran.exit_code, "there is no directory" in ran.stderr) == (2, True), arguments
