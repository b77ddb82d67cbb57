"""``orgsim trail``: CloudTrail's files in a folder, records as lines, a log that is followed; and bad input."""

import gzip
import json
import os
import re
import shutil
import signal
import subprocess
import sys
from pathlib import Path

import anyio
import pytest
from botocore.exceptions import ClientError
from support.patience import PATIENCE
from support.repository import ROOT
from support.sixty_calls import ADA, LAB, OPS, SHOP, play
from support.trails import records_in
from typer.testing import CliRunner, Result

from orgsim.api import Settings, Simulation
from orgsim.api.cli.app import app
from orgsim.api.timeline.trail_out import folder as folders
from orgsim.api.timeline.trail_out import reading

FILE = re.compile(
    r"AWSLogs/(?:(o-[a-z0-9]{10})/)?([0-9]{12})/CloudTrail/us-east-1/(\d{4})/(\d\d)/(\d\d)/"
    r"\2_CloudTrail_us-east-1_\3\4\5T\d{4}Z_[a-z0-9]{16}\.json\.gz"
)


@pytest.fixture(scope="module")
def log(tmp_path_factory: pytest.TempPathFactory) -> str:
    """The log of a small company, which records refused writes."""
    path = tmp_path_factory.mktemp("story") / "w.db"
    anyio.run(play, path)
    return str(path)


def ran(*arguments: str) -> Result:
    return CliRunner().invoke(app, ["trail", *arguments])


def printed(*arguments: str) -> str:
    done = ran(*arguments)
    assert (done.exit_code, done.stderr) == (0, "")
    return done.stdout


def contents(folder: Path) -> dict[str, bytes]:
    return {str(file.relative_to(folder)): file.read_bytes() for file in folder.rglob("*") if file.is_file()}


def test_a_folder_in_cloudtrails_layout(log: str, tmp_path: Path) -> None:
    """Every file has CloudTrail's name, of its account and day, and the records of five minutes of that account."""
    out = tmp_path / "trail"
    said = printed(log, "--out", str(out))
    found = records_in(out)
    assert f"{out}: {len(found)} records of 4 accounts in {len(contents(out))} files\n" == said
    for name, content in contents(out).items():
        place = FILE.fullmatch(name)
        assert place, name
        (members,) = json.loads(gzip.decompress(content)).items()
        assert members[0] == "Records"
        assert {record["recipientAccountId"] for record in members[1]} == {place[2]}
        assert {record["eventTime"][:10] for record in members[1]} == {"-".join(place.groups()[2:])}
        assert content[4:8] == bytes(4), "the time in the gzip's head"
    assert not [*tmp_path.glob(".*")]


def test_the_same_log_gives_the_same_bytes(log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Two folders of a log are alike, byte for byte; with little memory there are only more files."""
    one, two, three = tmp_path / "1", tmp_path / "2", tmp_path / "3"
    two.mkdir()
    for out in (one, two):
        printed(log, "--out", str(out))
    assert contents(one) == contents(two)
    monkeypatch.setattr(folders, "LARGEST", 3_000)
    printed(log, "--out", str(three))
    assert len(contents(three)) > len(contents(one))
    assert sorted(map(json.dumps, records_in(three))) == sorted(map(json.dumps, records_in(one)))


def test_lines_in_the_order_of_the_log(log: str, tmp_path: Path) -> None:
    """Without a folder the same records stand on lines of stdout; --json is for the summary of a folder."""
    lines = [json.loads(line) for line in printed(log).splitlines()]
    out = tmp_path / "trail"
    said = json.loads(printed(log, "--out", str(out), "--json"))
    assert sorted(map(json.dumps, lines)) == sorted(map(json.dumps, records_in(out)))
    assert (said["records"], said["accounts"], said["recorded"]) == (len(lines), 4, "writes")
    assert any("errorCode" in line for line in lines)


def test_a_part_of_a_log(log: str) -> None:
    """Moments, dates and positions cut inclusively; parts are what the whole has there; accounts choose trails."""
    whole = printed(log).splitlines()
    before = printed(log, "--to", "2026-03-01").splitlines()
    after = printed(log, "--from", "2026-03-02").splitlines()
    assert [*before, *after] == whole
    assert 0 < len(before) < len(whole)
    first, second = (json.loads(line) for line in whole[:2])
    assert first["eventName"] == "CreateOrganization"
    position = next(n for n in range(1, 9) if printed(log, "--from", str(n), "--to", str(n)))
    assert printed(log, "--from", str(position), "--to", first["eventTime"]).startswith(whole[0])
    lab = [json.loads(line) for line in printed(log, "--accounts", LAB).splitlines()]
    assert {line["recipientAccountId"] for line in lab} == {LAB}
    both = printed(log, "--accounts", f"{LAB},{SHOP}", "--accounts", ADA).splitlines()
    assert len(both) < len(whole)
    assert second["recipientAccountId"] == ADA


def test_plain_shows_addresses(log: str) -> None:
    """With --plain the addresses and names stand in the records that are stars otherwise."""
    assert "shop@example.com" not in printed(log)
    assert "@" in printed(log, "--plain")


def test_batches_do_not_cut_commands(log: str, monkeypatch: pytest.MonkeyPatch) -> None:
    """However small the pieces are in which a log is read, the records are the same."""
    whole = printed(log)
    monkeypatch.setattr("orgsim.engine.log.FIRST_READ", 1)
    monkeypatch.setattr("orgsim.engine.log.READ_SIZE", 3)
    assert printed(log) == whole


BAD = [
    (["missing.db"], "missing.db: cannot be read: No such file or directory"),
    (["LOG", "--from", "2031-01-01"], "is beyond the world's time; the log has the positions 1 to"),
    (["LOG", "--to", "2019-01-01T00:00:00Z"], "is before the beginning of the world"),
    (["LOG", "--from", "9999"], "there is no position 9,999"),
    (["LOG", "--from", "0"], "there is no position 0"),
    (["LOG", "--from", "soon"], "'soon' is no moment; say a position such as 120, a time such as"),
    (["LOG", "--from", "2026-04-01", "--to", "2026-02-01"], "2026-04-01 is later than 2026-02-01"),
    (["LOG", "--accounts", "12"], "'12' is no account: write twelve digits"),
    (["LOG", "--accounts", "999999999999"], "the account 999999999999 is in no event of the log"),
    (["LOG", "--out", "FULL"], "is not empty; name a folder that is not there yet"),
    (["LOG", "--out", "FULL/file"], "is no folder; name a folder that is not there yet"),
    (["LOG", "--out", "none/trail"], "there is no folder"),
    (["LOG", "--out", "NEW", "--accounts", "999999999999"], "the account 999999999999 is in no event of the log"),
    (["LOG", "--out", "NEW", "--follow"], "leave out --out"),
    (["LOG", "--json"], "with --out it prints the summary"),
]


@pytest.mark.parametrize(("arguments", "message"), BAD)
def test_bad_input_gets_one_line(arguments: list[str], message: str, log: str, tmp_path: Path) -> None:
    """Each mistake is answered in one line that names it, exit code 2, and nothing is written."""
    full = tmp_path / "full"
    full.mkdir()
    (full / "file").write_text("mine")
    places = {"LOG": log, "FULL": str(full), "FULL/file": str(full / "file"), "NEW": str(tmp_path / "new")}
    done = ran(*(places.get(each, str(tmp_path / each) if each == "none/trail" else each) for each in arguments))
    assert (done.exit_code, done.stdout) == (2, "")
    assert message in re.sub(r"[│\s]+", " ", done.stderr)
    assert [path.name for path in tmp_path.iterdir()] == ["full"]


def test_a_folder_that_fills_up_meanwhile(log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """If the disk is full the error names the folder, exit code 1, and nothing half-written is left."""

    def full(*_: object) -> None:
        raise OSError(28, "No space left on device")

    monkeypatch.setattr(Path, "write_bytes", full)
    done = ran(log, "--out", str(tmp_path / "trail"))
    assert done.exit_code == 1
    assert done.stderr == f"orgsim: {tmp_path / 'trail'}: cannot be written: No space left on device\n"
    assert not [*tmp_path.iterdir()]


def test_what_boto3_was_answered(tmp_path: Path) -> None:
    """The trail's request ids are those that boto3 got, for changes, questions and refusals; its role is the caller."""
    path = tmp_path / "w.db"
    with Simulation(path, settings=Settings(record="all")) as sim:
        org = sim.boto3_client("organizations", account=ADA, role="Admin")
        answers = [org.create_organization(), org.list_roots()]
        with pytest.raises(ClientError) as refused:
            org.move_account(AccountId=LAB, SourceParentId="r-1234", DestinationParentId="r-5678")
    answers.append(refused.value.response)
    calls = [each for each in map(json.loads, printed(str(path)).splitlines()) if each["eventType"] == "AwsApiCall"]
    assert [each["requestID"] for each in calls] == [each["ResponseMetadata"]["RequestId"] for each in answers]
    assert {each["userIdentity"]["sessionContext"]["sessionIssuer"]["userName"] for each in calls} == {"Admin"}
    assert calls[2]["errorCode"] == refused.value.response["Error"]["Code"]


def test_an_interrupted_command(log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Ctrl-C ends the command with exit code 130, and nothing half-written is left."""

    def interrupted(*_: object) -> None:
        raise KeyboardInterrupt

    monkeypatch.setattr(folders.TrailFolder, "publish", interrupted)
    done = ran(log, "--out", str(tmp_path / "trail"))
    assert (done.exit_code, done.stderr) == (130, "orgsim: interrupted\n")
    assert not [*tmp_path.iterdir()]


def test_the_commands_of_the_page(log: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The commands that docs/trails.md shows for trails out do what it says."""
    monkeypatch.chdir(tmp_path)
    shutil.copy(log, "w.db")
    section = (ROOT / "docs/trails.md").read_text("utf-8").split("## CloudTrail out")[1]
    shown = re.findall(r"^orgsim trail w\.db(?: ([^#>\n]+?))?(?: >| +#|$)", section, re.MULTILINE)
    assert shown == ["--out trail", "", "--follow", f"--from 2026-03-01 --to 2026-03-31 --accounts {ADA},{OPS}"]
    for arguments in shown:
        if arguments != "--follow":
            assert printed("w.db", *arguments.split())
    assert records_in(tmp_path / "trail")


@pytest.mark.slow
def test_following_a_log_that_is_written(tmp_path: Path) -> None:
    """With --follow each call appears as a line as soon as the world has it, until the reader is interrupted."""
    path = tmp_path / "w.db"
    names: list[str] = []

    def line() -> str:
        assert reader.stdout is not None
        return json.loads(reader.stdout.readline())["eventName"]

    with Simulation(path) as sim:
        org = sim.sync.client("111111111111", "ada")
        org.create_organization()
        command = [sys.executable, "-m", "orgsim", "trail", str(path), "--follow"]
        with subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE) as reader:
            names += [line(), line()]
            org.create_account(email="new@example.com", account_name="New")
            org.list_accounts()  # before it, the creation ends
            names += [line(), line(), line()]
            os.kill(reader.pid, signal.SIGINT)
            _, said = reader.communicate(timeout=PATIENCE)
    joined = "AccountJoinedOrganization"
    assert names == ["CreateOrganization", joined, "CreateAccount", "CreateAccountResult", joined]
    assert (reader.returncode, said) == (130, b"orgsim: interrupted\n")


async def test_a_followed_log_that_was_replaced(tmp_path: Path) -> None:
    """If another log takes the place of the followed one, the reader says so instead of mixing them."""
    path, other = tmp_path / "w.db", tmp_path / "other.db"
    for place, seed in ((path, 1), (other, 2)):
        async with Simulation(place, seed=seed) as sim:
            await sim.client("111111111111").create_organization()
    batches = reading.follow_trail(path, reading.Wanted(), further=True)
    assert len(await anext(batches)) == 2
    other.rename(path)
    with pytest.raises(Exception, match="it is no longer the log that was read up to position 3"):
        await anext(batches)
