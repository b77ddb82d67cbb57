"""Names of files that are no UTF-8, as other systems leave them: every command works with them, or says why not."""

import json
import os
from pathlib import Path

import pytest
from support.forked_command import Command

pytestmark = pytest.mark.slow

SCENARIO = """
[populations.partners]
origin = "invited"
count = 3

[[steps]]
action = "invite"
population = "partners"
"""
ODD = os.fsdecode(b"n\xff")
"""A name with a byte that is no UTF-8."""


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    """A folder with a scenario, one that is wrong, and a log, under such names."""
    (tmp_path / f"{ODD}.toml").write_text(SCENARIO)
    (tmp_path / f"{ODD}-wrong.toml").write_text("nonsense = 1")
    assert run(tmp_path, "simulate", f"{ODD}.toml", "--log", f"{ODD}.db")[0] == 0
    return tmp_path


def run(folder: Path, *arguments: str) -> tuple[int | None, str, str]:
    """Run the command: exit code, stdout, stderr."""
    command = Command(folder, arguments, folder / "stderr")
    out, err = command.communicate()
    return command.returncode, out, err


COMMANDS = [
    ("check", f"{ODD}.toml"),
    ("plan", f"{ODD}.toml"),
    ("figures", f"{ODD}.toml"),
    ("simulate", f"{ODD}.toml"),
    ("simulate", f"{ODD}.toml", "--log", f"{ODD}-2.db", "--report", f"{ODD}.html"),
    ("simulate", f"{ODD}.toml", "--on", f"{ODD}.db"),
    ("init", "--to", f"{ODD}-new.toml"),
    ("show", f"{ODD}.db"),
    ("show", f"{ODD}.db", "events"),
    ("timeline", f"{ODD}.db"),
    ("diff", f"{ODD}.db", f"{ODD}.db"),
    ("trail", f"{ODD}.db", "--out", f"{ODD}-trail"),
    ("dump", f"{ODD}.db", "--out", f"{ODD}-dump"),
    ("fork", f"{ODD}.db", f"{ODD}-fork.db", "--at", "5"),
    ("snapshot", f"{ODD}.db"),
    ("verify", f"{ODD}.db"),
]


@pytest.mark.parametrize("arguments", COMMANDS, ids=lambda arguments: f"{arguments[0]}{len(arguments)}")
@pytest.mark.parametrize("more", [(), ("--json",)], ids=["text", "json"])
def test_commands(arguments: tuple[str, ...], more: tuple[str, ...], folder: Path) -> None:
    """A command works with such names; what it prints of them has a question mark or the like."""
    code, out, err = run(folder, *arguments, *more)
    assert (code, err) == (0, ""), err[-500:]
    assert not more or [json.loads(line) for line in out.splitlines()]


@pytest.mark.parametrize("command", ["check", "plan", "figures", "simulate"])
@pytest.mark.parametrize("name", [f"{ODD}-wrong.toml", f"{ODD}-missing.toml"])
def test_wrong_scenarios(command: str, name: str, folder: Path) -> None:
    """What is wrong with such a file is told in lines with its name."""
    for more in ((), ("--json",)):
        code, out, err = run(folder, command, name, *more)
        assert code == 2
        assert all("n�" in line or "n?" in line or '"n' in line for line in (out + err).splitlines())


@pytest.mark.parametrize("arguments", [(f"{ODD}.toml", "--out", "o"), ("s.toml", "--out", ODD)])
def test_sweeps(arguments: tuple[str, ...], folder: Path) -> None:
    """A sweep keeps names in its files, and refuses those that cannot be kept before it writes anything."""
    (folder / "s.toml").write_text(SCENARIO)
    before = sorted(folder.iterdir())
    code, out, err = run(folder, "sweep", *arguments, "--runs", "1")
    assert (code, out) == (2, "")
    assert err.endswith(": a sweep writes this name into its files, and it is not UTF-8\n")
    assert sorted(each for each in folder.iterdir() if each.name != "stderr") == [
        each for each in before if each.name != "stderr"
    ]
