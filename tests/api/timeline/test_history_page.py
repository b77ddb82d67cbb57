"""Every command and every question in SQL on docs/history.md answers."""

import re
import shlex
import sqlite3
from contextlib import closing
from pathlib import Path

import anyio
import pytest
from support.repository import ROOT
from support.sixty_calls import play
from typer.testing import CliRunner

from orgsim.api.cli.app import app
from orgsim.api.timeline.schema import VIEWS

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "history.md").read_text("utf-8")
COMMANDS = re.findall(r"```sh\n(orgsim .*)\n```", PAGE)
QUESTIONS = re.findall(r"```sql\n(.*?)\n```", PAGE, re.DOTALL)


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with the log of a small company, caught up with."""
    folder = tmp_path_factory.mktemp("page")
    anyio.run(play, folder / "world.db")
    assert CliRunner().invoke(app, ["timeline", str(folder / "world.db")]).exit_code == 0
    return folder


@pytest.mark.parametrize("command", COMMANDS)
def test_commands(folder: Path, command: str) -> None:
    """A command of the page has an answer for a company in which everything it asks for has happened."""
    _, *arguments = shlex.split(command.replace("world.db", str(folder / "world.db")))
    done = CliRunner().invoke(app, arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    assert not done.stdout.startswith(("0 calls", "Nothing"))
    assert "0 calls; " not in done.stdout.splitlines()[-1]


@pytest.mark.parametrize("question", QUESTIONS)
def test_questions(folder: Path, question: str) -> None:
    """A question in SQL has rows."""
    with closing(sqlite3.connect(f"file:{folder}/world.db-history?mode=ro", uri=True)) as connection:
        assert connection.execute(question).fetchall()


def test_there_are_ten_questions() -> None:
    """Each of the ten questions has its one command or statement, and the page has one statement more."""
    assert len(re.findall(r"^\d+\\\. ", PAGE, re.MULTILINE)) == 10
    assert len(COMMANDS) + len(QUESTIONS) == 11


def test_every_view_is_described(folder: Path) -> None:
    """The table of views has every view, with its columns in their order."""
    rows = dict(re.findall(r"^\| `(\w+)` \| .*? \| (.*) \|$", PAGE, re.MULTILINE))
    with closing(sqlite3.connect(f"file:{folder}/world.db-history?mode=ro", uri=True)) as connection:
        for name in (statement.split()[2] for statement in VIEWS):
            columns = [column for column, *_ in connection.execute(f"SELECT * FROM {name}").description]
            described = re.findall(r"`([a-z_]+)`", re.sub(r"\(.*?\)", "", rows[name]).partition(";")[0])
            shown = columns if name == "calls" else columns[:-4]
            assert described == shown, name
            if name != "calls":
                assert columns[-4:] == ["since", "until", "since_position", "until_position"]
