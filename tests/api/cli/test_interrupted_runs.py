"""Runs that end before their time: interrupted, killed, out of disk. Nothing acknowledged is lost, the rest follows."""

import json
import re
import signal
import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path
from typing import Any

import pytest
from msgspec import Struct
from support.forked_command import Command, full_disk
from typer.testing import CliRunner

from orgsim.api.cli.app import app

pytestmark = pytest.mark.slow

SCENARIO = """
seed = 11

[populations.partners]
origin = "invited"
count = 2_000

[populations.partners.invitation]
delay = { distribution = "uniform", from_days = 0.5, to_days = 5 }

[populations.partners.migration]
accept = 0.9
decline = 0.1
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
"""


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Any]:
    """The output of the uninterrupted run."""
    folder = tmp_path_factory.mktemp("whole")
    (folder / "s.toml").write_text(SCENARIO)
    return json.loads(run(folder, "simulate", "s.toml", "--log", "w.db", "--json").stdout)


@pytest.fixture
def folder(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with the scenario, and the one that commands in this process run in."""
    (tmp_path / "s.toml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)
    return tmp_path


class Done(Struct, frozen=True):
    """A command that has ended."""

    returncode: int
    stdout: str
    stderr: str


def run(folder: Path, *arguments: str, size: int | None = None) -> Done:
    """A run of the command to its end; with a size, on a full disk: its files cannot grow beyond it."""
    command = Command(folder, arguments, folder / "stderr", full_disk(size) if size else None)
    out, err = command.communicate()
    (folder / "stderr").unlink()
    return Done(command.returncode, out, err)


@contextmanager
def begun(folder: Path, *options: str) -> Iterator[Command]:
    """A run that goes on meanwhile; whatever happens, it has ended at the end."""
    arguments = ["simulate", "s.toml", "--log", "w.db", "--json", *options]
    process = Command(folder, arguments, folder / "stderr-of-begun")
    try:
        yield process
    finally:
        if process.poll() is None:
            process.kill()
            process.communicate()


def position(log: Path) -> int:
    """The position that everybody can read in a log; -1 if there is none yet."""
    try:
        connection = sqlite3.connect(f"file:{log}?mode=ro", uri=True)
        try:
            rows = connection.execute("SELECT position FROM head").fetchall()
        finally:
            connection.close()
    except sqlite3.Error:
        return -1
    return rows[0][0] if rows else 0


def wait_for(wanted: int, process: Command, log: Path) -> int:
    """The position of the log as soon as it is the wanted one or beyond, or the process has ended."""
    while (reached := position(log)) < wanted and process.poll() is None:
        # The shortest of pauses that ends early when the process does.
        process.wait(0.001)
    return reached


def interrupted(folder: Path, wanted: int, number: signal.Signals) -> tuple[int, int, str]:
    """A run that got a signal at a position: position, exit code, stderr. One that ended before it is begun again."""
    for _ in range(10):
        for path in folder.glob("w.db*"):
            path.unlink()
        with begun(folder) as process:
            reached = wait_for(wanted, process, folder / "w.db")
            process.send_signal(number)
            out, err = process.communicate()
        if not out:
            return reached, process.returncode or 0, err
    raise AssertionError("every run has ended before it was interrupted")


def verified(folder: Path) -> dict[str, Any]:
    """Run ``verify``, which must pass, and return its result; in this process, which is faster."""
    done = CliRunner().invoke(app, ["verify", str(folder / "w.db"), "--json"])
    assert (done.exit_code, done.stderr) == (0, "")
    return json.loads(done.stdout)


def check_what_is_left(folder: Path, acknowledged: int, whole: dict[str, Any]) -> None:
    """The log verifies, holds all that was seen in it, and the run, resumed here, ends as the uninterrupted one."""
    assert acknowledged <= verified(folder)["events"] <= whole["events"]
    resumed = CliRunner().invoke(app, ["simulate", "s.toml", "--log", "w.db", "--resume", "--json"])
    assert (resumed.exit_code, resumed.stderr) == (0, "")
    assert {**json.loads(resumed.stdout), "wall_seconds": 0} == {**whole, "wall_seconds": 0}
    assert verified(folder)["digest"] == whole["digest"]


@pytest.mark.parametrize("wanted", [1, 5_000])
def test_interrupted(wanted: int, folder: Path, whole: dict[str, Any]) -> None:
    """A run interrupted from the keyboard says so in one line, and the resumed one ends as if nothing had been."""
    reached, code, err = interrupted(folder, wanted, signal.SIGINT)
    assert code == 130
    assert err.startswith("orgsim: interrupted")
    assert len(err.splitlines()) == 1
    check_what_is_left(folder, reached, whole)


@pytest.mark.parametrize("wanted", [0, 1, 5_000])
def test_killed(wanted: int, folder: Path, whole: dict[str, Any]) -> None:
    """A killed run has lost nothing that could be read before, and the resumed one ends as if nothing had been."""
    reached, code, _ = interrupted(folder, wanted, signal.SIGKILL)
    assert code == -signal.SIGKILL
    check_what_is_left(folder, reached, whole)


def test_killed_while_it_was_resumed(folder: Path, whole: dict[str, Any]) -> None:
    """A resumed run that is killed too can be resumed again."""
    reached, _, _ = interrupted(folder, 1, signal.SIGKILL)
    with begun(folder, "--resume") as process:
        reached = wait_for(reached + 1, process, folder / "w.db")
        process.kill()
        process.communicate()
    check_what_is_left(folder, reached, whole)


def test_killed_before_there_was_a_log(folder: Path, whole: dict[str, Any]) -> None:
    """The files left by a run that was killed while it created its log do not hinder the next."""
    (folder / "w.db-unfinished-0123456789abcdef").write_bytes(b"half of something")
    (folder / "w.db-head").write_bytes(b"half of something")
    done = run(folder, "simulate", "s.toml", "--log", "w.db", "--json")
    assert (done.returncode, done.stderr) == (0, "")
    assert json.loads(done.stdout)["digest"] == whole["digest"]
    assert sorted(file.name for file in folder.iterdir()) == ["s.toml", "w.db"]


def stands_still(process: Command) -> bool:
    """Stop a run where it is; returns whether it was stopped before it had ended."""
    process.send_signal(signal.SIGSTOP)
    while process.poll() is None:
        with suppress(FileNotFoundError):
            if Path(f"/proc/{process.pid}/stat").read_text().rpartition(") ")[2].startswith("T"):
                return True
    return False


@contextmanager
def stopped(folder: Path) -> Iterator[Command]:
    """A run that stands still in the middle of its log. One that has ended before is begun again."""
    for _ in range(10):
        for path in folder.glob("w.db*"):
            path.unlink()
        with begun(folder) as process:
            wait_for(1, process, folder / "w.db")
            if stands_still(process):
                yield process
                return
    raise AssertionError("every run has ended before it was stopped")


def test_second_writer(folder: Path, whole: dict[str, Any]) -> None:
    """While a run writes its log, another that would write it is refused, readers are welcome, and the run goes on."""
    with stopped(folder) as process:
        try:
            second = run(folder, "simulate", "s.toml", "--log", "w.db", "--resume")
            assert (second.returncode, second.stdout) == (2, "")
            assert second.stderr == "orgsim: w.db: the log is open for writing elsewhere; close that first\n"
            third = run(folder, "simulate", "s.toml", "--log", "w.db")
            assert third.returncode == 2
            assert third.stderr.startswith("orgsim: w.db: the file exists already")
        finally:
            process.send_signal(signal.SIGCONT)
        # Not while it is stopped: SQLite lets nobody read beside a writer that stands still in the middle of a commit.
        assert verified(folder)["events"] >= 1
        out, err = process.communicate()
    assert (process.returncode, err) == (0, "")
    assert json.loads(out)["digest"] == whole["digest"]


@pytest.mark.parametrize("size", [60_000, 1_000_000])
def test_full_disk(size: int, folder: Path, whole: dict[str, Any]) -> None:
    """A full disk ends the run with one line that names log and position; all up to there is in the log."""
    done = run(folder, "simulate", "s.toml", "--log", "w.db", "--json", size=size)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    found = re.match(r"orgsim: stopped at position (\d+), nothing after it is in the log: w\.db: .*disk", done.stderr)
    assert found, done.stderr
    assert verified(folder)["events"] == int(found[1])
    check_what_is_left(folder, int(found[1]), whole)


def test_full_disk_while_resuming(folder: Path, whole: dict[str, Any]) -> None:
    """A resumed run that meets a full disk ends in the same way, and can be resumed again."""
    run(folder, "simulate", "s.toml", "--log", "w.db", size=60_000)
    before = position(folder / "w.db")
    done = run(folder, "simulate", "s.toml", "--log", "w.db", "--resume", size=1_000_000)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "disk" in done.stderr
    check_what_is_left(folder, before, whole)


@pytest.mark.parametrize("size", [1_000, 20_000])
def test_disk_full_from_the_beginning(size: int, folder: Path, whole: dict[str, Any]) -> None:
    """When not even an empty log finds room, one line says that it could not be written, and a later run does it."""
    done = run(folder, "simulate", "s.toml", "--log", "w.db", size=size)
    assert (done.returncode, done.stdout) == (1, "")
    assert len(done.stderr.splitlines()) == 1, done.stderr
    assert "w.db: " in done.stderr
    assert "disk" in done.stderr
    resume = ["--resume"] if (folder / "w.db").exists() else []
    done = run(folder, "simulate", "s.toml", "--log", "w.db", "--json", *resume)
    assert json.loads(done.stdout)["digest"] == whole["digest"]
