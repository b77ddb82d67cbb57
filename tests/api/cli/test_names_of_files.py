"""Odd names of files: every command works with them, or says why not, and none steers the terminal."""

import json
import os
from pathlib import Path

import pytest
from support.forked_command import Command
from typer.testing import CliRunner

from orgsim.api.cli.app import app

SCENARIO = """
[populations.partners]
origin = "invited"
count = 3

[[steps]]
action = "invite"
population = "partners"
"""
ODD = os.fsdecode(b"n\xff")
"""A name with a byte that is no UTF-8, as other systems leave them."""
STEERING = "a[∕x] :bug: \x1b[31m \u202e"
"""A name with the name of an emoji, and characters that change how a terminal writes."""


def commands(name: str) -> list[tuple[str, ...]]:
    """All commands that are about files, each with those that it needs from the ones before."""
    return [
        ("check", f"{name}.toml"),
        ("plan", f"{name}.toml"),
        ("figures", f"{name}.toml"),
        ("simulate", f"{name}.toml"),
        ("simulate", f"{name}.toml", "--log", f"{name}.db", "--report", f"{name}.html"),
        ("simulate", f"{name}.toml", "--on", f"{name}.db"),
        ("init", "--to", f"{name}-new.toml"),
        ("show", f"{name}.db"),
        ("show", f"{name}.db", "events"),
        ("timeline", f"{name}.db"),
        ("diff", f"{name}.db", f"{name}.db"),
        ("trail", f"{name}.db", "--out", f"{name}-trail"),
        ("dump", f"{name}.db", "--out", f"{name}-dump"),
        ("import", "--dump", f"{name}-dump", "--log", f"{name}-twin.db"),
        ("fork", f"{name}.db", f"{name}-fork.db", "--at", "5"),
        ("snapshot", f"{name}.db"),
        ("verify", f"{name}.db"),
    ]


def run(folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    """Run the command in a process: exit code, stdout, stderr."""
    command = Command(folder, arguments, folder / "stderr")
    out, err = command.communicate()
    return command.returncode, out, err


@pytest.mark.slow
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_no_utf8(more: tuple[str, ...], tmp_path: Path) -> None:
    """Each command works with a name that is no UTF-8; what it prints of it has a question mark or the like."""
    (tmp_path / f"{ODD}.toml").write_text(SCENARIO)
    for arguments in commands(ODD):
        code, out, err = run(tmp_path, *arguments, *more)
        assert (code, err) == (0, ""), (arguments, err[-500:])
        assert not more or [json.loads(line) for line in out.splitlines()]


def test_names_that_steer(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Names and descriptions are printed as they are, but for characters that steer a terminal."""
    monkeypatch.chdir(tmp_path)
    description = json.dumps(f"{STEERING}[/]\n:bug:\t")
    Path(f"{STEERING}.toml").write_text(f"description = {description}\n{SCENARIO}")
    for arguments in commands(STEERING):
        done = CliRunner().invoke(app, arguments)
        assert (done.exit_code, done.stderr) == (0, ""), (arguments, done.output[-500:])
        assert done.stdout.replace("\n", "").isprintable(), arguments
        assert "\N{BUG}" not in done.stdout


def test_folders_that_look_like_markup(tmp_path: Path) -> None:
    """A folder whose name ends a style in the terminal's markup is a folder as any other."""
    folder = tmp_path / "[" / "red]"
    folder.mkdir(parents=True)
    (folder / "s.toml").write_text(SCENARIO)
    for arguments in commands(f"{folder}/s"):
        done = CliRunner().invoke(app, arguments)
        assert (done.exit_code, done.stderr) == (0, ""), (arguments, done.output[-500:])


@pytest.mark.slow
@pytest.mark.parametrize("command", ["check", "plan", "figures", "simulate"])
@pytest.mark.parametrize("name", [f"{ODD}-wrong.toml", f"{ODD}-missing.toml"])
def test_wrong_scenarios(command: str, name: str, tmp_path: Path) -> None:
    """What is wrong with a file whose name is no UTF-8 is told in lines with its name."""
    (tmp_path / f"{ODD}-wrong.toml").write_text("nonsense = 1")
    for more in ((), ("--json",)):
        code, out, err = run(tmp_path, command, name, *more)
        assert code == 2
        assert all("n�" in line or "n?" in line or '"n' in line for line in (out + err).splitlines())


@pytest.mark.slow
@pytest.mark.parametrize("arguments", [(f"{ODD}.toml", "--out", "o"), ("s.toml", "--out", ODD)])
def test_sweeps(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """A sweep keeps names in its files, and refuses those that cannot be kept before it writes anything."""
    for name in ("s.toml", f"{ODD}.toml", "stderr"):
        (tmp_path / name).write_text(SCENARIO)
    before = sorted(tmp_path.iterdir())
    code, out, err = run(tmp_path, "sweep", *arguments, "--runs", "1")
    assert (code, out) == (2, "")
    assert err.endswith(": a sweep writes this name into its files, and it is not UTF-8\n")
    assert sorted(tmp_path.iterdir()) == before
