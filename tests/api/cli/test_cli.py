"""The command as its users run it: what it prints where, its exit codes, and what it says to bad input."""

import json
import os
import pty
import re
import shlex
import sqlite3
import subprocess
import sys
import threading
from collections.abc import Callable
from importlib.metadata import version
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.campaign import CAMPAIGN
from support.repository import SCENARIOS
from typer.testing import CliRunner

from orgsim.api.cli.app import app
from orgsim.engine.log import LogError
from orgsim.engine.log.sqlite import SqliteLog
from orgsim.engine.log.sqlite_rows import Row

pytestmark = pytest.mark.slow

ORGSIM = Path(sys.executable).with_name("orgsim")
SHIPPED = SCENARIOS / "enable-all-features.toml"
ENVIRONMENT = {
    name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR", "TTY_COMPATIBLE")
}

SCENARIO = """
seed = 5

[parameters]
accept = 0.8

[populations.partners]
origin = "invited"
count = 40

[populations.partners.invitation]
delay = { distribution = "uniform", from_days = 0.5, to_days = 5 }

[populations.partners.migration]
accept = "$accept"
decline = 0.2
delay = { distribution = "uniform", from_days = 1, to_days = 9 }

[populations.vended]
origin = "created"
count = 100

[[steps]]
action = "create_accounts"
population = "vended"

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

WAIT = b'[[steps]]\naction = "wait"\ndays = 1\n'
PASSING = '\n[thresholds]\nall_features_share = "== 1"\nmigration_days.p95 = "< 12"\n'
FAILING = '\n[thresholds]\nall_features_share = "== 1"\nclosing_seconds.max = "< 60"\nmembers = "> 140"\n'


class Ran:
    """A finished run of the command."""

    def __init__(self, code: int, out: str, err: str) -> None:
        self.code, self.out, self.err = code, out, err

    @property
    def json(self) -> Any:
        """The one JSON object on stdout; nothing else may be there."""
        assert self.out.endswith("}\n")
        assert len(self.out.splitlines()) == 1
        return json.loads(self.out)

    @property
    def complaint(self) -> str:
        """The one line on stderr; nothing may be on stdout."""
        assert self.out == ""
        assert self.err.startswith("orgsim: "), self.err
        assert self.err.endswith("\n")
        assert len(self.err.splitlines()) == 1, self.err
        return self.err.removeprefix("orgsim: ").rstrip("\n")


Run = Callable[..., Ran]


@pytest.fixture
def run(tmp_path: Path) -> Run:
    """Runs ``orgsim`` in an empty folder with the scenario above as ``s.toml``."""
    (tmp_path / "s.toml").write_text(SCENARIO)

    def run(*arguments: str | Path) -> Ran:
        command = [ORGSIM, *arguments]
        done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, capture_output=True, check=False)
        return Ran(done.returncode, done.stdout.decode(), done.stderr.decode())

    return run


@pytest.fixture
def call(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Run:
    """The same within this process, which is faster; an exception that gets through is raised."""
    (tmp_path / "s.toml").write_text(SCENARIO)
    monkeypatch.chdir(tmp_path)

    def call(*arguments: str | Path) -> Ran:
        done = CliRunner().invoke(app, [str(argument) for argument in arguments])
        if done.exception and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Ran(done.exit_code, done.stdout, done.stderr)

    return call


@pytest.fixture(scope="module")
def finished(tmp_path_factory: pytest.TempPathFactory) -> tuple[bytes, dict[str, Any]]:
    """The file of a finished run, and what it printed."""
    folder = tmp_path_factory.mktemp("finished")
    (folder / "s.toml").write_text(SCENARIO)
    command = [ORGSIM, "simulate", "s.toml", "--log", "w.db", "--json"]
    done = subprocess.run(command, cwd=folder, env=ENVIRONMENT, capture_output=True, check=True)
    return (folder / "w.db").read_bytes(), json.loads(done.stdout)


@pytest.fixture
def log(tmp_path: Path, finished: tuple[bytes, dict[str, Any]]) -> Path:
    """A copy of the finished run's log, called ``w.db`` in the folder of ``run``."""
    path = tmp_path / "w.db"
    path.write_bytes(finished[0])
    return path


@pytest.mark.parametrize(
    ("arguments", "taught"),
    [
        (
            ("--help",),
            (
                "init",
                "check",
                "serve",
                "simulate",
                "show",
                "snapshot",
                "verify",
                "--version",
                "orgsim init, then orgsim simulate",
            ),
        ),
        (
            ("simulate", "--help"),
            (
                *("scenario", "--log", "--seed", "--set", "NAME=VALUE", "--accounts", "--report", "FILE.html"),
                *("--durability", "full|normal|off", "--resume", "--json"),
            ),
        ),
        (("show", "--help"), ("log", "organization|units|accounts|", "policies|handshakes", "--limit", "--json")),
        (("verify", "--help"), ("log", "snapshot", "--json")),
        (("snapshot", "--help"), ("log", "LOG-snapshot", "--json")),
    ],
)
def test_help(arguments: tuple[str, ...], taught: tuple[str, ...], call: Run) -> None:
    """Every command explains itself with all that it takes."""
    ran = call(*arguments)
    assert (ran.code, ran.err) == (0, "")
    assert all(word in ran.out for word in ("Usage: orgsim", *taught))


def test_help_on_a_line(call: Run) -> None:
    """In the list of commands each says what it is for on one line, and none is cut, where a line has 80 columns."""
    ran = call("--help")
    _, _, commands = ran.out.partition("Commands:")
    assert "timeline" in commands
    assert "..." not in commands


def test_nothing_asked(call: Run) -> None:
    """Without a command the help is shown, and the usage was wrong."""
    ran = call()
    assert ran.code == 2
    assert "Usage: orgsim" in ran.out + ran.err


def test_version(run: Run) -> None:
    """The version is that of the distribution."""
    ran = run("--version")
    assert (ran.code, ran.out, ran.err) == (0, f"orgsim {version('orgsim')}\n", "")


def test_simulate_json(run: Run, tmp_path: Path) -> None:
    """A run prints one JSON object with its figures, and nothing else anywhere."""
    ran = run("simulate", "s.toml", "--log", "w.db", "--json")
    assert (ran.code, ran.err) == (0, "")
    found = ran.json
    assert found["feature_set"] == "ALL"
    answers = found["handshakes"]["APPROVE_ALL_FEATURES"]
    assert found["handshakes"] == {
        "INVITE": {"ACCEPTED": 40},
        "APPROVE_ALL_FEATURES": answers,
        "ENABLE_ALL_FEATURES": {"ACCEPTED": 1},
    }
    assert answers["ACCEPTED"] + answers["DECLINED"] == 40
    assert found["accounts"] == 1 + 100 + answers["ACCEPTED"]
    assert found["commands"] == 1 + 100 + 40 + 40 + 1 + 40 + answers["DECLINED"] + 1
    assert found["events"] == 3 + 300 + 120 + 41 + 40 + answers["DECLINED"] + 1 + 2
    assert 1 < found["virtual_days"] <= 14
    assert found["wall_seconds"] >= 0
    assert re.fullmatch("[0-9a-f]{64}", found["digest"])
    assert (found["log"], found["seed"], found["refused"]) == ("w.db", 5, {})
    assert (tmp_path / "w.db").exists()


def test_simulate_in_memory(call: Run, finished: tuple[bytes, dict[str, Any]], tmp_path: Path) -> None:
    """Without a log the run has the same digest, and leaves no file."""
    found = call("simulate", "s.toml", "--json").json
    assert (found["digest"], found["log"]) == (finished[1]["digest"], "memory")
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]


@pytest.mark.parametrize("durability", ["full", "normal", "off"])
def test_durability(durability: str, call: Run, finished: tuple[bytes, dict[str, Any]]) -> None:
    """However safe the log is kept, it holds the same."""
    ran = call("simulate", "s.toml", "--log", "w.db", "--durability", durability, "--json")
    assert ran.json["digest"] == finished[1]["digest"]


def test_simulate_for_people(call: Run, finished: tuple[bytes, dict[str, Any]]) -> None:
    """For people the same figures stand in groups, and the digest can be copied in one piece."""
    ran = call("simulate", "s.toml", "--log", "w.db")
    found = finished[1]
    assert (ran.code, ran.err) == (0, "")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[0] == "s.toml"
    assert lines[2].startswith("Passed: there are no thresholds. It took ")
    assert any(line.startswith(f"organization all features {found['accounts']} 100 % ") for line in lines)
    answers = found["handshakes"]["APPROVE_ALL_FEATURES"]
    for line in (
        "40 asked to join",
        "40 joined",
        "40 asked to approve",
        f"− {answers['DECLINED']} declined",
        f"{answers['ACCEPTED']} approved",
        "+ 100 created by the organization",
        f"{found['accounts']} members in the end",
        "Migrations 1 accepted",
        "Account creations 100 succeeded",
        f"made {found['commands']}",
        "seed 5",
        "parameters accept=0.8",
        f"digest {found['digest']}",
        "log w.db",
    ):
        assert line in lines
    assert f"events {found['events']} in " in " ".join(lines)


def test_summary_of_steps_and_durations(call: Run) -> None:
    """The summary has a row for each step with its time and calls, and one for each duration with its percentiles."""
    found = call("simulate", "s.toml", "--json").json
    rows = [line.split() for line in call("simulate", "s.toml").out.splitlines()]
    steps = [row for row in rows if row and row[0].isdigit() and len(row) > 5]
    # The last columns are the calls, and how many of them were answers.
    assert [(row[0], row[1], int(row[-2]), int(row[-1])) for row in steps] == [
        (str(step["step"]), step["action"], step["commands"], step["answers"]) for step in found["steps"]
    ]
    percentiles = found["distributions"]["migration_days"]["percentiles"]
    (row,) = [row for row in rows if row[:4] == ["Time", "to", "approve,", "days"]]
    assert row[4] == str(found["distributions"]["migration_days"]["count"])
    assert [float(cell) for cell in row[5:]] == pytest.approx(
        [percentiles[p] for p in (0, 50, 90, 95, 99, 100)], abs=0.006
    )


def test_summary_at_eighty_columns(tmp_path: Path) -> None:
    """On a narrow terminal no line but a digest is wider than it."""
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [ORGSIM, "simulate", SHIPPED.relative_to(SHIPPED.parents[1]), "--accounts", "50"],
        cwd=SHIPPED.parents[1],
        env=ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "80"},
        stdin=subprocess.DEVNULL,
        stdout=end,
        stderr=subprocess.PIPE,
    )
    os.close(end)
    shown = b""
    while piece := read_terminal(terminal):
        shown += piece
    os.close(terminal)
    assert process.communicate()[1] == b""
    plain = re.sub(r"\x1b\[[0-9;]*m", "", shown.decode())
    assert "\x1b[32m✓" in shown.decode()
    assert [line for line in plain.splitlines() if len(line) > 80 and not line.startswith("  digest")] == []


def test_summary_in_ascii(tmp_path: Path) -> None:
    """Where only ASCII can be printed, marks are ASCII, and nothing that a scenario says ends the run."""
    (tmp_path / "s.toml").write_text('description = "naïve"\n' + SCENARIO + FAILING, "utf-8")
    environment = ENVIRONMENT | {"PYTHONIOENCODING": "ascii"}
    done = subprocess.run(
        [ORGSIM, "simulate", "s.toml"], cwd=tmp_path, env=environment, capture_output=True, check=False
    )
    assert (done.returncode, done.stderr) == (1, b"")
    lines = done.stdout.decode("ascii").splitlines()
    assert lines[0] == "na?ve"
    assert [line[0] for line in lines[3:6]] == ["+", "x", "x"]


@pytest.mark.parametrize("as_json", [(), ("--json",)])
def test_passing_thresholds(as_json: tuple[str, ...], call: Run, tmp_path: Path) -> None:
    """A run whose thresholds all hold ends well."""
    (tmp_path / "s.toml").write_text(SCENARIO + PASSING)
    ran = call("simulate", "s.toml", *as_json)
    assert (ran.code, ran.err) == (0, "")
    if as_json:
        assert ran.json["passed"] is True
        return
    lines = [line.split() for line in ran.out.splitlines()]
    assert ["✓", "all_features_share", "==", "1:", "100", "%"] in lines
    assert lines[2][:4] == ["Passed:", "both", "thresholds", "held."]


def test_failing_thresholds(call: Run, tmp_path: Path) -> None:
    """A run of which a threshold failed tells all that it has to tell, and exits with 1."""
    (tmp_path / "s.toml").write_text(SCENARIO + FAILING)
    ran = call("simulate", "s.toml", "--log", "w.db", "--report", "r.html")
    assert (ran.code, ran.err) == (1, "")
    lines = [" ".join(line.split()) for line in ran.out.splitlines()]
    assert lines[2].startswith("Failed: 2 of 3 thresholds did not hold. It took ")
    assert "✓ all_features_share == 1: 100 %" in lines
    assert "✗ closing_seconds.max < 60: no value" in lines
    assert any(re.fullmatch("✗ members > 140: 1[0-9]{2}, [0-9]+ short", line) for line in lines)
    assert "report r.html" in lines
    assert "Failed: 2 of 3 thresholds did not hold." in (tmp_path / "r.html").read_text()
    as_json = call("simulate", "s.toml", "--json")
    assert (as_json.code, as_json.err) == (1, "")
    assert [each["ok"] for each in as_json.json["thresholds"]] == [True, False, False]
    assert call("verify", "w.db").code == 0


def test_refusals_for_people(call: Run, tmp_path: Path) -> None:
    """Refused calls are told with AWS's name and reason and why the first was, those that waited with the limit."""
    limited = f"[quotas]\ninvitations_per_day = 30\n{SCENARIO.replace('seed = 5', '')}"
    (tmp_path / "s.toml").write_text(limited)
    told = " ".join(call("simulate", "s.toml").out.split())
    assert "held back 1, until a limit let them pass 1 InviteAccountToOrganization HANDSHAKE_RATE_LIMIT" in told
    invite = 'action = "invite"\n'
    (tmp_path / "s.toml").write_text(limited.replace(invite, f"{invite}retry = {{ attempts = 1 }}\n"))
    ran = call("simulate", "s.toml")
    assert ran.code == 0
    assert "refused 10 10 HandshakeConstraintViolationException HANDSHAKE_RATE_LIMIT_EXCEEDED" in " ".join(
        ran.out.split()
    )
    assert "sent 30 invitations within 24 hours that nobody accepted, and the quota is 30" in ran.out


def test_shipped_scenario(call: Run) -> None:
    """The shipped scenario can be played with another number of accounts."""
    found = call("simulate", SHIPPED, "--accounts", "50", "--json").json
    assert found["feature_set"] == "ALL"
    assert found["handshakes"]["INVITE"] == {"ACCEPTED": 50}


def test_seed(call: Run, finished: tuple[bytes, dict[str, Any]]) -> None:
    """A seed replaces that of the scenario; its own makes no difference."""
    same, other = (call("simulate", "s.toml", "--seed", seed, "--json").json for seed in ("5", "-6"))
    assert (same["seed"], same["digest"]) == (5, finished[1]["digest"])
    assert other["seed"] == -6
    assert other["digest"] != same["digest"]


@pytest.mark.parametrize("seed", ["9223372036854775808", "-9223372036854775809", "99999999999999999999999", "x", "1.5"])
def test_impossible_seed(seed: str, call: Run, tmp_path: Path) -> None:
    """A seed that the scenario file could not have either is wrong usage, and no log is begun."""
    ran = call("simulate", "s.toml", "--seed", seed, "--log", "w.db")
    assert (ran.code, ran.out) == (2, "")
    assert "seed" in ran.err
    assert "Traceback" not in ran.err
    assert not (tmp_path / "w.db").exists()


def test_accounts(call: Run) -> None:
    """The number of invited accounts can be set, also to none."""
    assert call("simulate", "s.toml", "--accounts", "7", "--json").json["handshakes"]["INVITE"] == {"ACCEPTED": 7}
    assert "INVITE" not in call("simulate", "s.toml", "--accounts", "0", "--json").json["handshakes"]


def test_parameters(call: Run) -> None:
    """Parameters can be set, several at once, and are said again; ``accounts`` is one that any scenario has."""
    found = call("simulate", "s.toml", "--set", "accept=0.5", "--set", "accounts=10", "--json").json
    assert found["parameters"] == {"accept": 0.5, "accounts": 10}
    assert found["handshakes"]["INVITE"] == {"ACCEPTED": 10}
    assert (
        found["digest"]
        == call("simulate", "s.toml", "--set", "accept=0.5", "--accounts", "10", "--json").json["digest"]
    )


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (("--set", "accept"), "a parameter is set with NAME=VALUE, such as accept=0.95, not 'accept'"),
        (("--set", "=1"), "a parameter is set with NAME=VALUE, such as accept=0.95, not '=1'"),
        (("--set", "acept=1"), "s.toml: no parameter is called 'acept' (there are: accept)"),
        (("--set", "accept=often"), "s.toml: the parameter accept is a number, as 0.8 is, not 'often'"),
        (("--set", "accept=1", "--set", "accept=0"), "the parameter accept is set twice: to 1 and to 0"),
        (("--set", "accounts=5", "--accounts", "6"), "the parameter accounts is set twice: to 5 and to 6"),
    ],
)
def test_impossible_parameters(arguments: tuple[str, ...], message: str, call: Run, tmp_path: Path) -> None:
    """A parameter that cannot be set is named in one line, and no log is begun."""
    ran = call("simulate", "s.toml", "--log", "w.db", *arguments)
    assert (ran.code, ran.complaint) == (2, message)
    assert not (tmp_path / "w.db").exists()


def test_report(call: Run, finished: tuple[bytes, dict[str, Any]], tmp_path: Path) -> None:
    """A report is written beside all else, replaces an earlier one, and holds the command that repeats the run."""
    for _ in range(2):
        ran = call("simulate", "s.toml", "--report", "r.html", "--json")
        assert (ran.code, ran.err, ran.json["digest"]) == (0, "", finished[1]["digest"])
    page = (tmp_path / "r.html").read_text()
    assert finished[1]["digest"] in page
    (command,) = re.findall(r"<pre><code>orgsim (.*?)</code></pre>", page)
    again = call(*shlex.split(command), "--json").json
    assert (again["digest"], again["parameters"]) == (finished[1]["digest"], {"accept": 0.8})
    assert {path.name for path in tmp_path.iterdir()} == {"s.toml", "r.html"}


def missing_folder(folder: Path) -> str:
    return "no/r.html: cannot be written: there is no directory no"


def folder_itself(folder: Path) -> str:
    (folder / "r.html").mkdir()
    return "r.html: cannot be written: Is a directory"


def other_file(folder: Path) -> str:
    (folder / "r.html").write_text("<!doctype html>\n<p>precious</p>")
    return "r.html: the file exists already, and is no report of orgsim: it is not overwritten"


def pipe(folder: Path) -> str:
    os.mkfifo(folder / "r.html")
    return "r.html: cannot be written: no regular file"


def file_as_folder(folder: Path) -> str:
    return "s.toml/r.html: cannot be written: there is no directory s.toml"


def the_log(folder: Path) -> str:
    return "w.db: --log and --report need a file each"


def a_picture(folder: Path) -> str:
    return "r.pdf: a report is a page for browsers: .html or .htm, not .pdf"


def no_ending(folder: Path) -> str:
    return "report: a report is a page for browsers: .html or .htm, and this has no ending"


def the_scenario(folder: Path) -> str:
    return "s.toml: the file exists already, and is no report of orgsim: it is not overwritten"


@pytest.mark.parametrize(
    "spoil",
    [missing_folder, folder_itself, other_file, pipe, file_as_folder, the_log, the_scenario, a_picture, no_ending],
)
def test_report_that_cannot_be_written(spoil: Callable[[Path], str], call: Run, tmp_path: Path) -> None:
    """Where a report cannot be written, or would destroy something, one line says so before the run begins."""
    message = spoil(tmp_path)
    before = {path.name for path in tmp_path.iterdir()}
    ran = call("simulate", "s.toml", "--log", "w.db", "--report", message.partition(":")[0])
    assert (ran.code, ran.complaint) == (2, message)
    assert {path.name for path in tmp_path.iterdir()} == before


def test_report_without_plotly(call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Without plotly one line says what to install, before the run begins."""
    monkeypatch.setattr("orgsim.api.load.report.files.find_spec", lambda _: None)
    ran = call("simulate", "s.toml", "--log", "w.db", "--report", "r.html")
    assert (ran.code, ran.complaint) == (2, "r.html: a report needs plotly: pip install '.[plots]' in a clone")
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]


def test_what_was_not_as_planned_stands_below_the_verdict(call: Run, tmp_path: Path) -> None:
    """Warnings stand right below the verdict, before thresholds and figures, in the summary and in the report."""
    (tmp_path / "s.toml").write_text(
        "steps = [{ action = 'finalize' }]\n[organizations.o]\n[thresholds]\nmembers = '>= 0'"
    )
    ran = call("simulate", "s.toml", "--report", "r.html")
    warning = "step 1: nothing is to be finalized: no migration to all features was begun"
    lines = ran.out.splitlines()
    verdict = next(place for place, line in enumerate(lines) if line.startswith("Passed:"))
    assert lines[verdict + 1 : verdict + 3] == ["Not as planned:", f"  ! {warning}"]
    assert lines[verdict + 3].startswith("✓ members >= 0")
    page = (tmp_path / "r.html").read_text()
    places = [page.index(each) for each in ('<p class="verdict', f"<li>{warning}</li>", '<ul class="thresholds"')]
    assert places == sorted(places)


def test_report_that_fails_at_the_end(call: Run, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """When the disk is full at the end, the summary is told all the same, then one line and exit code 1."""

    def fail(*_: object, **__: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_text", fail)
    ran = call("simulate", "s.toml", "--report", "r.html")
    assert (ran.code, ran.err) == (1, "orgsim: r.html: cannot be written: No space left on device\n")
    assert "Passed: there are no thresholds." in ran.out
    assert "r.html" not in ran.out
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]


def test_plotly_is_for_reports_only() -> None:
    """The command starts without plotly; it is loaded when a report is made."""
    code = "import sys, orgsim.api.cli.app; print('plotly' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True)
    assert done.stdout == "False\n"


@pytest.mark.parametrize("arguments", [("simulate", "s.toml", "--log", "w.db"), ("simulate", "s.toml", "--json")])
def test_closed_output(arguments: tuple[str, ...], run: Run, tmp_path: Path) -> None:
    """Where stdout is closed, one line says so before anything is done."""
    assert (run("--version").code, (tmp_path / "w.db").exists()) == (0, False)
    command = ["/bin/sh", "-c", 'exec "$@" >&-', "sh", ORGSIM, *arguments]
    done = subprocess.run(command, cwd=tmp_path, env=ENVIRONMENT, stderr=subprocess.PIPE, check=False)
    assert (done.returncode, done.stderr) == (1, b"orgsim: cannot write the output: stdout is closed\n")
    assert not (tmp_path / "w.db").exists()


def test_place_of_what_cannot_be_saved(call: Run, tmp_path: Path) -> None:
    """What a save cannot find in the answer is told before the run, with its place in the file."""
    save = 'with = { ParentId = "{root}", Name = "A" }\nsave = { unit = "OrganizationalUnit.Ident" }\n'
    (tmp_path / "s.toml").write_text(f'[[steps]]\naction = "CreateOrganizationalUnit"\n{save}')
    ran = call("simulate", "s.toml")
    assert ran.code == 2
    assert ran.complaint.startswith("s.toml:4:10: step 1, save.unit: the answer has no 'OrganizationalUnit.Ident'")


def test_accounts_of_nobody(call: Run, tmp_path: Path) -> None:
    """A number of invited accounts for a scenario that invites nobody is wrong usage."""
    (tmp_path / "s.toml").write_text('[[steps]]\naction = "wait"\ndays = 1\n')
    ran = call("simulate", "s.toml", "--accounts", "5")
    assert ran.code == 2
    assert ran.complaint == "s.toml: accounts sets the number of invited accounts, but the scenario has none"


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("simulate", "s.toml", "--accounts", "-1"), "'--accounts'"),
        (("simulate", "s.toml", "--accounts", "many"), "'--accounts'"),
        (("simulate", "s.toml", "--durability", "half"), "'full', 'normal', 'off'"),
        (("simulate", "s.toml", "--nope"), "--nope"),
        (("simulate", "s.toml", "t.toml"), "t.toml"),
        (("simulate",), "scenario"),
        (("verify",), "log"),
        (("show",), "log"),
        (("show", "w.db", "budgets"), "'organization', 'units', 'accounts', 'policies', 'handshakes'"),
        (("show", "w.db", "--limit", "0"), "'--limit'"),
        (("simulat", "s.toml"), "simulat"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], named: str, call: Run, log: Path) -> None:
    """Wrong options and arguments are named on stderr, with exit code 2."""
    ran = call(*arguments)
    assert (ran.code, ran.out) == (2, "")
    assert named in ran.err
    assert "Traceback" not in ran.err


@pytest.mark.parametrize(
    ("content", "message"),
    [
        (None, "s.toml: cannot be read: No such file or directory"),
        (b"seed = ", "s.toml:1:8: not TOML: Invalid value, and the file ends here"),
        (b"seed = 1\nseed : 2\n", "s.toml:2:6: not TOML: "),
        (b"\x00\xff\xfe", "s.toml: not a text file in UTF-8 (byte 1)"),
        (WAIT + b"[quotas]\naccounts = 0\n", "s.toml:5:1: quotas.accounts: "),
        (b'[[steps]]\naction = "invite"\npopulation = "p"\n', "s.toml:3:1: step 1, population: "),
        (b"sed = 1\n" + WAIT, "s.toml:1:1: unknown key `sed`, did you mean `seed`?"),
        (b"SQLite format 3\0" + bytes(100), "s.toml:1:"),
        (b"x = " + b"[" * 5_000, "s.toml: "),
    ],
)
def test_bad_scenario(content: bytes | None, message: str, call: Run, tmp_path: Path) -> None:
    """A bad scenario is answered with one line that names file and place; nothing is made or changed."""
    file = tmp_path / "s.toml"
    if content is None:
        file.unlink()
    else:
        file.write_bytes(content)
    ran = call("simulate", "s.toml", "--log", "w.db")
    assert ran.code == 2
    assert ran.complaint.startswith(message)
    assert [path.name for path in tmp_path.iterdir()] == ([] if content is None else ["s.toml"])
    assert content is None or file.read_bytes() == content


def test_scenario_that_is_a_directory(call: Run, tmp_path: Path) -> None:
    """A directory is no scenario."""
    ran = call("simulate", tmp_path)
    assert (ran.code, ran.complaint) == (2, f"{tmp_path}: cannot be read: Is a directory")


def test_existing_log(call: Run, log: Path) -> None:
    """An existing log is refused unless it shall be resumed, and stays as it was."""
    before = log.read_bytes()
    ran = call("simulate", "s.toml", "--log", "w.db")
    assert ran.code == 2
    assert ran.complaint.startswith("w.db: the file exists already")
    assert "--resume" in ran.err
    assert log.read_bytes() == before


def test_existing_file_of_another_kind(call: Run, tmp_path: Path) -> None:
    """Whatever exists where the log shall be is not overwritten."""
    (tmp_path / "w.db").write_text("precious")
    (tmp_path / "folder").mkdir()
    for name in ("w.db", "folder"):
        ran = call("simulate", "s.toml", "--log", name)
        assert ran.code == 2
        assert ran.complaint.startswith(f"{name}: ")
    assert (tmp_path / "w.db").read_text() == "precious"


def test_log_in_a_missing_directory(call: Run, tmp_path: Path) -> None:
    """A log cannot be made in a directory that does not exist; the message says that it is the directory."""
    ran = call("simulate", "s.toml", "--log", "no/such/w.db")
    assert ran.code == 2
    assert ran.complaint.startswith("no/such/w.db: ")
    assert "directory" in ran.err
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]


def test_failure_leaves_no_thread(tmp_path: Path, anyio_backend: str) -> None:
    """A log that cannot be opened leaves no thread behind that speaks up when its event loop is gone."""
    before = set(threading.enumerate())
    for _ in range(20):
        with pytest.raises(LogError):
            anyio.run(SqliteLog.create, tmp_path / "no" / "such" / "w.db", backend=anyio_backend)
    for thread in set(threading.enumerate()) - before:
        if "_connection_worker_thread" in thread.name:
            # It was told to end, and an error in it fails the test.
            thread.join()


def test_resume_of_a_finished_run(call: Run, log: Path, finished: tuple[bytes, dict[str, Any]]) -> None:
    """Resuming a finished run gives its figures again."""
    found = call("simulate", "s.toml", "--log", "w.db", "--resume", "--json").json
    assert {**found, "wall_seconds": 0} == {**finished[1], "wall_seconds": 0}


def test_resume_without_a_log(call: Run) -> None:
    """Without a log there is nothing to resume."""
    ran = call("simulate", "s.toml", "--resume")
    assert ran.code == 2
    assert "--resume needs --log" in ran.complaint


def test_resume_of_nothing(call: Run, tmp_path: Path) -> None:
    """A log that is not there cannot be resumed, and is not made."""
    ran = call("simulate", "s.toml", "--log", "w.db", "--resume")
    assert (ran.code, ran.complaint) == (2, "w.db: cannot be read: No such file or directory")
    assert [path.name for path in tmp_path.iterdir()] == ["s.toml"]


@pytest.mark.parametrize(
    ("change", "place"),
    [
        (("--seed", "6"), "this world began with seed 5, it cannot go on with 6"),
        (("--accounts", "41"), f"position {3 + 300 + 40 + 1} "),
    ],
    ids=["seed", "accounts"],
)
def test_resume_of_another_run(change: tuple[str, ...], place: str, call: Run, log: Path) -> None:
    """A log of another run is refused with the seed or the first position that differs, and keeps its events."""
    before = call("verify", "w.db").out
    ran = call("simulate", "s.toml", "--log", "w.db", "--resume", *change)
    assert ran.code in (1, 2)
    assert "w.db: cannot be resumed: " in ran.complaint
    assert place in ran.complaint
    assert "nothing after it is in the log" not in ran.complaint
    assert call("verify", "w.db").out == before


def test_show_organization(call: Run, log: Path) -> None:
    """The organization is what is shown unless something else is asked for."""
    ran = call("show", "w.db", "--json")
    assert (ran.code, ran.err) == (0, "")
    (organization,) = ran.json["organization"]
    assert (organization["FeatureSet"], organization["MasterAccountId"]) == ("ALL", "111111111111")
    assert call("show", "w.db", "organization", "--json").out == ran.out
    people = call("show", "w.db").out
    assert organization["Id"] in people
    assert people.splitlines()[-1].startswith("1; position ")


@pytest.mark.parametrize("subject", ["accounts", "handshakes"])
def test_show_rows(subject: str, call: Run, log: Path, finished: tuple[bytes, dict[str, Any]]) -> None:
    """All rows are shown to machines, twenty to people, and as many as are asked for."""
    found = call("show", "w.db", subject, "--json").json
    total = {"accounts": finished[1]["accounts"], "handshakes": 40 + 40 + 1}[subject]
    assert (found["total"], len(found[subject])) == (total, total)
    assert found["position"] == finished[1]["events"]
    assert len({row["Id"] for row in found[subject]}) == total
    limited = call("show", "w.db", subject, "--limit", "3", "--json").json
    assert (limited["total"], limited[subject]) == (total, found[subject][:3])
    people = call("show", "w.db", subject)
    assert (people.code, people.err) == (0, "")
    footer = people.out.splitlines()[-1]
    assert footer.startswith(f"{total:,}")
    assert f", {total - 20:,} more with --limit; position {finished[1]['events']:,}, 2026-01-" in footer
    assert " more " not in call("show", "w.db", subject, "--limit", "500").out


def test_show_ids_for_people(call: Run, log: Path) -> None:
    """The ids that people see are whole, for they have to be copied."""
    for subject in ("accounts", "handshakes"):
        (row,) = call("show", "w.db", subject, "--limit", "1", "--json").json[subject]
        assert row["Id"] in call("show", "w.db", subject, "--limit", "1").out


def test_verify(call: Run, log: Path, finished: tuple[bytes, dict[str, Any]]) -> None:
    """A sound log has the digest that its run printed."""
    found = call("verify", "w.db", "--json")
    assert (found.code, found.err) == (0, "")
    events, digest = finished[1]["events"], finished[1]["digest"]
    assert {"ok": True, "events": events, "digest": digest}.items() <= found.json.items()
    people = call("verify", "w.db")
    assert (people.code, people.err, people.out) == (0, "", f"w.db: ok, {events:,} events, digest {digest}\n")


def place_of(file: bytes, path: Path, position: int) -> int:
    """Where in the file the record of a position stands."""
    connection = sqlite3.connect(path)
    try:
        rows = connection.execute("SELECT * FROM parts WHERE last >= ? ORDER BY last", (position,))
        row = Row(*rows.fetchone())
    finally:
        connection.close()
    record = row.unpack()[position - row.before - 1]
    assert file.count(record) == 1
    return file.index(record)


def flip(path: Path, place: int, bits: int) -> bytes:
    """Change one byte of a file; its new content."""
    content = bytearray(path.read_bytes())
    content[place] ^= bits
    path.write_bytes(content)
    return bytes(content)


@pytest.mark.parametrize("position", [1, 2, 255, 256, 257, 500, -1])
def test_one_byte_of_an_event_changed(
    position: int, call: Run, log: Path, finished: tuple[bytes, dict[str, Any]]
) -> None:
    """A changed event is found and named by its position, by whatever reads the log, and the file stays as it is."""
    position = position if position > 0 else finished[1]["events"]
    changed = flip(log, place_of(finished[0], log, position) + 9, 0x10)
    message = f"w.db: damaged at position {position}: the record is not the one that was stored"
    ran = call("verify", "w.db")
    assert (ran.code, ran.complaint) == (1, message)
    ran = call("verify", "w.db", "--json")
    assert (ran.code, ran.err) == (1, f"orgsim: {message}\n")
    assert {"ok": False, "position": position, "error": message}.items() <= ran.json.items()
    assert ran.json["events"] < position
    ran = call("show", "w.db")
    assert (ran.code, ran.complaint) == (1, message)
    ran = call("simulate", "s.toml", "--log", "w.db", "--resume")
    assert ran.code == 1
    assert f"position {position}" in ran.complaint
    assert log.read_bytes() == changed


@pytest.mark.parametrize("bits", [0x01, 0x80], ids=["into a text", "into a number"])
@pytest.mark.parametrize("back", range(1, 10))
def test_type_of_a_value_changed(
    back: int, bits: int, call: Run, log: Path, finished: tuple[bytes, dict[str, Any]]
) -> None:
    """A byte that makes SQLite take a value for something else does no harm, or is named by a position in its row."""
    first, last = 257, 512
    changed = flip(log, place_of(finished[0], log, first) - back, bits)
    ran = call("verify", "w.db", "--json")
    if ran.code == 0:
        assert (ran.json["digest"], ran.err) == (finished[1]["digest"], "")
    else:
        assert ran.code == 1
        assert ran.err.startswith("orgsim: w.db: damaged at position ")
        assert first <= ran.json["position"] <= last
        assert len(ran.err.splitlines()) == 1
    assert log.read_bytes() == changed


@pytest.mark.campaign
def test_any_byte_changed(log: Path, finished: tuple[bytes, dict[str, Any]]) -> None:
    """Whichever byte of the file is changed, the events are sound or one line says that the log is not."""
    content, outcome = finished
    for place in [*range(112), *range(112, len(content), 13 if CAMPAIGN else 1_083)]:
        for bits in (0x01, 0x80) if CAMPAIGN else (1 << place % 8,):
            changed = bytearray(content)
            changed[place] ^= bits
            log.write_bytes(changed)
            ran = CliRunner().invoke(app, ["verify", str(log), "--json"])
            where = f"byte {place} ^ {bits}: {ran.stderr}{ran.exception!r}"
            assert ran.exception is None or isinstance(ran.exception, SystemExit), where
            assert ran.exit_code in (0, 1, 2), where
            if ran.exit_code == 0:
                assert json.loads(ran.stdout)["digest"] == outcome["digest"], where
            else:
                assert len(ran.stderr.splitlines()) == 1, where
                assert str(log) in ran.stderr, where
            assert log.read_bytes() == changed, where


@pytest.mark.parametrize("left", [0.1, 0.5, 0.9])
def test_truncated_log(left: float, call: Run, log: Path) -> None:
    """A log whose end is missing fails the check, in one line, and stays as it is."""
    content = log.read_bytes()
    log.write_bytes(content[: int(len(content) * left)])
    for command in ("verify", "show"):
        ran = call(command, "w.db")
        assert ran.code == 1
        assert ran.complaint.startswith("w.db: ")
    ran = call("simulate", "s.toml", "--log", "w.db", "--resume")
    assert ran.code == 1
    assert ran.complaint.startswith("w.db: ")
    assert log.read_bytes() == content[: int(len(content) * left)]


def test_last_events_missing(call: Run, log: Path, finished: tuple[bytes, dict[str, Any]]) -> None:
    """A log from which events were taken away fails the check at the first that is missing."""
    connection = sqlite3.connect(log)
    connection.execute("DELETE FROM parts WHERE last > 512")
    connection.commit()
    connection.close()
    ran = call("verify", "w.db")
    assert (ran.code, ran.complaint) == (1, "w.db: damaged at position 513: the log should end at position 516")


def of_newer_format(log: Path) -> str:
    flip(log, 63, 0x01)
    return "the log has format 3; this version of orgsim reads format 2"


def of_another_application(log: Path) -> str:
    flip(log, 68, 0x01)
    return "not a log of orgsim: an SQLite file of another application"


def other_sqlite(log: Path) -> str:
    log.unlink()
    connection = sqlite3.connect(log)
    connection.execute("CREATE TABLE events (position, record, checksum)")
    connection.commit()
    connection.close()
    return "not a log of orgsim: an SQLite file of another application"


def text_file(log: Path) -> str:
    log.write_text("SQLite format 3, as a text about SQLite says on its first page\n" * 10)
    return "not a log of orgsim: no SQLite file"


def empty_file(log: Path) -> str:
    log.write_bytes(b"")
    return "not a log of orgsim: no SQLite file"


def first_bytes(log: Path) -> str:
    log.write_bytes(log.read_bytes()[:99])
    return "not a log of orgsim: no SQLite file"


def missing(log: Path) -> str:
    log.unlink()
    return "cannot be read: No such file or directory"


def directory(log: Path) -> str:
    log.unlink()
    log.mkdir()
    return "cannot be read: Is a directory"


@pytest.mark.parametrize(
    "spoil",
    [
        of_newer_format,
        of_another_application,
        other_sqlite,
        text_file,
        empty_file,
        first_bytes,
        missing,
        directory,
    ],
)
def test_what_is_no_log(spoil: Callable[[Path], str], call: Run, log: Path, tmp_path: Path) -> None:
    """A file that is no log of this version is refused in one line by every command, and left unchanged."""
    message = f"w.db: {spoil(log)}"
    before = {path.name: path.read_bytes() if path.is_file() else b"" for path in tmp_path.iterdir()}
    for arguments in (
        ("verify", "w.db"),
        ("verify", "w.db", "--json"),
        ("show", "w.db", "accounts"),
        ("snapshot", "w.db"),
        ("simulate", "s.toml", "--log", "w.db", "--resume"),
    ):
        ran = call(*arguments)
        assert (ran.code, ran.complaint) == (2, message), arguments
    assert {path.name: path.read_bytes() if path.is_file() else b"" for path in tmp_path.iterdir()} == before


@pytest.mark.parametrize(
    "arguments",
    [
        ("show", "w.db", "accounts", "--json"),
        ("show", "w.db", "handshakes", "--limit", "500"),
        ("verify", "w.db"),
        ("simulate", "s.toml"),
        ("--help",),
    ],
)
def test_reader_that_goes_away(arguments: tuple[str, ...], run: Run, log: Path, tmp_path: Path) -> None:
    """When whoever reads the output closes it, nothing is said about that."""
    process = subprocess.Popen(
        [ORGSIM, *arguments], cwd=tmp_path, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )
    assert process.stdout is not None
    process.stdout.close()
    assert process.stderr is not None
    with process.stderr as stderr:
        assert stderr.read() == b""
    assert process.wait() in (0, 1, 141)


@pytest.mark.parametrize("arguments", [("simulate", "s.toml", "--json"), ("show", "w.db"), ("verify", "w.db")])
def test_output_on_a_full_disk(arguments: tuple[str, ...], run: Run, log: Path, tmp_path: Path) -> None:
    """When the output cannot be written, one line says so."""
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [ORGSIM, *arguments], cwd=tmp_path, env=ENVIRONMENT, stdout=full, stderr=subprocess.PIPE, check=False
        )
    assert ran.returncode == 1
    assert len(ran.stderr.decode().splitlines()) == 1


@pytest.mark.parametrize("arguments", [("simulate", "missing.toml"), ("simulate", "s.toml", "--watc"), ("simulate",)])
def test_errors_on_a_full_disk(arguments: tuple[str, ...], tmp_path: Path) -> None:
    """When not even the error can be written, the exit code is that of the error."""
    with Path("/dev/full").open("wb") as full:
        ran = subprocess.run(
            [ORGSIM, *arguments], cwd=tmp_path, env=ENVIRONMENT, capture_output=False, stderr=full, check=False
        )
    assert ran.returncode == 2


def test_progress_on_a_terminal(run: Run, tmp_path: Path) -> None:
    """On a terminal a bar on stderr shows what is being done; stdout holds the result alone."""
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [ORGSIM, "simulate", SHIPPED, "--accounts", "300", "--json"],
        cwd=tmp_path,
        env=ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=end,
    )
    os.close(end)
    shown = b""
    while piece := read_terminal(terminal):
        shown += piece
    os.close(terminal)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert json.loads(out)["feature_set"] == "ALL"
    assert len(out.splitlines()) == 1
    text = shown.decode()
    for words in ("Creating vended", "Inviting partners", "Answering", "300/300", "2026-01-", "━"):
        assert words in text


@pytest.mark.parametrize(("command", "what"), [("show", "Reading"), ("snapshot", "Reading"), ("verify", "Verifying")])
def test_progress_of_reading(command: str, what: str, call: Run, tmp_path: Path) -> None:
    """Whoever waits for a log to be read sees on a terminal how far it is."""
    call("simulate", "s.toml", "--log", "w.db", "--durability", "off")
    events = json.loads(call("verify", "w.db", "--json").out)["events"]
    terminal, end = pty.openpty()
    process = subprocess.Popen(
        [ORGSIM, command, "w.db", "--json"],
        cwd=tmp_path,
        env=ENVIRONMENT | {"TERM": "xterm", "COLUMNS": "120"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=end,
    )
    os.close(end)
    shown = b""
    while piece := read_terminal(terminal):
        shown += piece
    os.close(terminal)
    out, _ = process.communicate()
    assert process.returncode == 0
    assert len(out.splitlines()) == 1
    assert what in shown.decode()
    assert f"{events}/{events}" in shown.decode()


def read_terminal(terminal: int) -> bytes:
    """Read what has been written to a terminal; nothing when its other end is closed."""
    try:
        return os.read(terminal, 4096)
    except OSError:
        return b""
