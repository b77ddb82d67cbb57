"""``orgsim serve`` as its users run it: the ready line, signals, logs that are kept, and bad options."""

import json
import re
import resource
import signal
import socket
import subprocess
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest
from support.loopback_server import MANAGEMENT, MEMBER, serving
from support.patience import PATIENCE
from support.server_process import ORGSIM, Process, Start
from typer.testing import CliRunner

from orgsim.api.cli.app import app
from orgsim.engine.settings import Quotas, Settings

pytestmark = pytest.mark.slow

SECRET = "a very secret key"
TOKEN = "a-token-for-the-control-plane"
CREDENTIALS = f"""
[[credentials]]
access_key_id = "{MANAGEMENT}"
secret_access_key = "{SECRET}"
account = "{MANAGEMENT}"
"""


def complaint(*arguments: str) -> str:
    """Run ``orgsim serve`` in this process, which must exit with 2, and return its error."""
    done = CliRunner().invoke(app, ["serve", "--port", "0", *arguments])
    if done.exception and not isinstance(done.exception, SystemExit):
        raise done.exception
    assert (done.exit_code, done.stdout) == (2, "")
    return done.stderr


def one_line(text: str) -> str:
    """The one line that stands there."""
    assert len(text.splitlines()) == 1, text
    return text.removeprefix("orgsim: ").rstrip("\n")


def test_ready_and_stop(start: Start) -> None:
    """One line with the URL says that the server is ready; SIGTERM ends it with 0, and the log tells of both."""
    server = start()
    assert server.ready == f"orgsim is listening on {server.url}\n"
    assert re.fullmatch(r"http://127\.0\.0\.1:\d+", server.url)
    assert server.request("GET", "/_orgsim/clock", body=b"").json["clock"] == "wall"
    assert server.organizations().create_organization()["Organization"]["FeatureSet"] == "ALL"
    code, out, log = server.end()
    assert (code, out) == (0, "")
    assert [word for word in ("started", "stopping", "stopped") if word in log] == ["started", "stopping", "stopped"]


def test_interrupt(start: Start) -> None:
    """Ctrl-C ends it with 130, as the other commands."""
    code, out, log = start().end(signal.SIGINT)
    assert (code, out) == (130, "")
    assert log.endswith("orgsim: interrupted\n")


def test_json(start: Start) -> None:
    """For machines the ready line and the log are JSON objects."""
    server = start("--json", "--clock", "paced:60", "--seed", "9", "--latency", "realistic")
    assert json.loads(server.ready) == {
        "url": server.url,
        "log": "memory",
        "clock": "paced:60",
        "auth": "open",
        "seed": 9,
    }
    clock = server.request("GET", "/_orgsim/clock", body=b"").json
    assert (clock["clock"], clock["factor"]) == ("paced", 60.0)
    server.organizations().create_organization()
    created = server.organizations().create_account(Email="a@b.example", AccountName="a")["CreateAccountStatus"]
    assert created["State"] == "IN_PROGRESS"
    code, _, log = server.end()
    assert code == 0
    assert [json.loads(line)["event"] for line in log.splitlines()] == ["started", "stopping", "stopped"]


def test_restart_goes_on(start: Start, tmp_path: Path) -> None:
    """Acknowledged changes are durable, and the next server on the same log goes on from there."""
    arguments = ("--log", "w.db", "--clock", "simulated", "--seed", "3")
    server = start(*arguments)
    first = server.organizations().create_organization()["Organization"]
    server.organizations().invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
    server.request("POST", "/_orgsim/clock", body=b'{"advance": "3d"}')
    assert server.request("POST", "/_orgsim/reset", body=b"").error == (409, "ControlException")
    keys = server.boto3("sts").assume_role(RoleArn=f"arn:aws:iam::{MANAGEMENT}:role/Any", RoleSessionName="me")
    assert server.end()[0] == 0
    server = start(*arguments)
    assert server.organizations().describe_organization()["Organization"] == first
    assert server.request("GET", "/_orgsim/clock", body=b"").json["now"] == "2026-01-04T00:00:00Z"
    (invitation,) = server.organizations(MEMBER).list_handshakes_for_account()["Handshakes"]
    server.organizations(MEMBER).accept_handshake(HandshakeId=invitation["Id"])
    member = server.with_credentials("organizations", keys["Credentials"])
    assert [account["Id"] for account in member.list_accounts()["Accounts"]] == [MANAGEMENT, MEMBER]
    # Also after an end without warning.
    server.end(signal.SIGKILL)
    server = start("--log", "w.db", "--clock", "simulated")
    assert len(server.organizations().list_accounts()["Accounts"]) == 2
    assert server.end()[0] == 0
    done = subprocess.run([ORGSIM, "verify", "w.db"], cwd=tmp_path, capture_output=True, check=False)
    assert done.returncode == 0


def test_throttle(start: Start) -> None:
    """With --throttle aws calls are held against AWS's rates, also when the next server says nothing about it."""
    server = start("--log", "w.db", "--clock", "simulated", "--throttle", "aws")
    answers = [server.call("CreateOrganization") for _ in range(2)]
    assert answers[0].status == 200
    assert answers[1].error == (400, "TooManyRequestsException")
    assert server.end()[0] == 0
    server = start("--log", "w.db", "--clock", "simulated")
    answers = [server.call("CreateOrganization") for _ in range(2)]
    assert [answer.error for answer in answers] == [
        (400, "AlreadyInOrganizationException"),
        (400, "TooManyRequestsException"),
    ]


def test_requests_under_way_are_finished(start: Start) -> None:
    """A request that has begun when the signal comes is still answered."""
    server = start()
    head = "POST /_orgsim/reset HTTP/1.1\r\nHost: localhost\r\nContent-Length: 2\r\n\r\n"
    with closing(socket.create_connection(("127.0.0.1", server.port), timeout=PATIENCE)) as connection:
        connection.sendall(head.encode() + b"{")
        # One answer shows that what came before on another connection has been taken in.
        assert server.request("GET", "/_orgsim/health", body=b"").status == 200
        server.process.send_signal(signal.SIGTERM)
        connection.sendall(b"}")
        assert connection.recv(65_536).startswith(b"HTTP/1.1 200 OK")
    assert server.end()[0] == 0


def test_verify(start: Start, tmp_path: Path) -> None:
    """With a credentials file signatures are verified, and no secret appears in what is printed."""
    (tmp_path / "c.toml").write_text(CREDENTIALS)
    server = start("--auth", "verify", "--credentials", "c.toml")
    assert server.boto3("sts", MANAGEMENT, SECRET).get_caller_identity()["Account"] == MANAGEMENT
    for key, secret in ((MANAGEMENT, "wrong"), (MEMBER, SECRET)):
        refused: Any = server.boto3("organizations", key, secret)
        with pytest.raises(refused.exceptions.ClientError, match=r"security token|signature"):
            refused.describe_organization()
    code, out, log = server.end()
    assert code == 0
    assert SECRET not in server.ready + out + log


def health(server: Process, token: str) -> int:
    """The status of a question to the control plane that brings a token."""
    return server.request("GET", "/_orgsim/health", {"Authorization": f"Bearer {token}"}, b"").status


def test_control_token_is_drawn_at_each_start(start: Start, tmp_path: Path) -> None:
    """The token of the control plane stands in what is printed when the server is ready, never in its log."""
    (tmp_path / "c.toml").write_text(CREDENTIALS)
    server = start("--auth", "verify", "--credentials", "c.toml", "--json")
    token = json.loads(server.ready)["control_token"]
    assert (health(server, token), health(server, "wrong")) == (200, 401)
    assert token not in server.end()[2]
    server = start("--auth", "verify", "--credentials", "c.toml")
    found = re.fullmatch(r"control token: (\S{32,})\n", server.process.stdout.readline().decode())
    code, _, log = server.end()
    assert (code, server.ready) == (0, f"orgsim is listening on {server.url}\n")
    assert found
    assert found[1] != token
    assert found[1] not in log


@pytest.mark.parametrize("options", [(), ("--json",)])
def test_control_token_of_the_credentials_file(options: tuple[str, ...], start: Start, tmp_path: Path) -> None:
    """A token that stands in the credentials file is the one, and is printed nowhere."""
    (tmp_path / "c.toml").write_text(f'control_token = "{TOKEN}"\n{CREDENTIALS}')
    server = start("--auth", "verify", "--credentials", "c.toml", *options)
    assert (health(server, TOKEN), health(server, "wrong")) == (200, 401)
    code, out, log = server.end()
    assert code == 0
    assert TOKEN not in server.ready + out + log
    assert "control" not in server.ready + out


def test_allow_host(start: Start) -> None:
    """The names that are given with --allow-host are answered to, others are not."""
    server = start("--allow-host", "sim.example", "--allow-host", "[fe80::1]:80")
    for host, status in (("sim.example", 200), ("[fe80::1]", 200), ("localhost", 200), ("evil.example", 403)):
        assert server.request("GET", "/_orgsim/health", {"Host": host}, b"").status == status
    assert "allow-host" not in server.end()[2]


@pytest.mark.parametrize("name", ["", "http://sim.example", "*.example"])
def test_impossible_allow_host(name: str) -> None:
    """An impossible host name is refused by name."""
    said = " ".join(complaint("--allow-host", name).replace("│", " ").split())
    assert f"{name!r} is not the name of a host; * means any" in said


def test_log_that_cannot_be_written(start: Start) -> None:
    """When the log cannot grow any more, the call that noticed is not acknowledged, and the server ends with 1."""
    server = start("--log", "w.db")
    resource.prlimit(server.process.pid, resource.RLIMIT_FSIZE, (300_000, 300_000))
    answers = (server.call("CreateOrganization", key_id=f"{account:012}") for account in range(10_000))
    failed = next(answer for answer in answers if answer.status != 200)
    assert failed.error == (500, "ServiceException")
    assert server.process.wait(timeout=PATIENCE) == 1
    complaint = server.end()[2].splitlines()[-1]
    assert complaint.startswith("orgsim: stopped at position ")
    assert "w.db: cannot be written" in complaint


def test_port_in_use() -> None:
    """A port that is taken is named, with the way out."""
    with closing(socket.create_server(("127.0.0.1", 0))) as taken:
        port = taken.getsockname()[1]
        message = one_line(complaint("--port", str(port)))
    assert message == f"cannot listen on 127.0.0.1 port {port}: Address already in use; --port 0 picks a free one"


def test_host_of_nobody() -> None:
    """A host that is none of this machine's is named."""
    assert one_line(complaint("--host", "no.such.host.invalid")).startswith(
        "cannot listen on no.such.host.invalid port"
    )
    assert one_line(complaint("--host", "a" * 70)).startswith("cannot listen on aaaa")
    assert one_line(complaint("--host", "192.0.2.1")).startswith("cannot listen on 192.0.2.1 port 0: ")


def test_other_host(start: Start) -> None:
    """On another interface than loopback it warns of what that means."""
    server = start("--host", "0.0.0.0")
    assert server.url.startswith("http://127.0.0.1:")
    code, _, log = server.end()
    assert code == 0
    assert "whoever reaches it can act as any account" in log
    assert "only loopback names are answered, unless others are named with --allow-host" in log
    _, _, log = start("--host", "0.0.0.0", "--allow-host", "sim.example").end()
    assert "only loopback names" not in log


def test_other_host_with_signatures(start: Start, tmp_path: Path) -> None:
    """Where signatures are verified the warning is another: nobody can act as others, but what is sent can be read."""
    (tmp_path / "c.toml").write_text(CREDENTIALS)
    _, _, log = start("--host", "0.0.0.0", "--auth", "verify", "--credentials", "c.toml").end()
    assert "what is sent can be read on its way" in log
    assert "any account" not in log


def test_log_in_use(tmp_path: Path) -> None:
    """A log that somebody else has open for writing is refused."""
    path = tmp_path / "w.db"
    with serving(log=path):
        message = one_line(complaint("--log", str(path)))
    assert message.startswith(f"{path}: ")
    assert "open for writing" in message


def test_not_a_log(tmp_path: Path) -> None:
    """A file that is no log is refused and left alone; so is a place where none can be made."""
    path = tmp_path / "precious"
    path.write_text("precious")
    assert one_line(complaint("--log", str(path))).startswith(f"{path}: ")
    assert path.read_text() == "precious"
    missing = tmp_path / "no" / "w.db"
    assert one_line(complaint("--log", str(missing))).startswith(f"{missing}: ")


def test_log_of_another_world(tmp_path: Path) -> None:
    """A log keeps the seed and the settings that it began with; asking for others is an error, not a surprise."""
    path = tmp_path / "w.db"
    with serving(log=path, seed=3):
        pass
    for option, wanted, kept in (
        ("--seed", "4", "3"),
        ("--latency", "realistic", "instant"),
        ("--throttle", "aws", "off"),
    ):
        message = one_line(complaint("--log", str(path), option, wanted))
        assert message == f"{path}: this world began with {option[2:]} {kept}, it cannot go on with {wanted}"
    settings = tmp_path / "settings.toml"
    settings.write_text("[quotas]\naccounts = 10\n")
    message = one_line(complaint("--log", str(path), "--settings", str(settings)))
    assert message == f"{path}: this world began with quotas.accounts 50000, it cannot go on with 10"


def test_settings(start: Start, tmp_path: Path) -> None:
    """A settings file sets what it names, an option sets another, and the world goes on with them, named or not."""
    log, file = tmp_path / "w.db", tmp_path / "settings.json"
    file.write_text('{"throttle": "aws", "transfer_notice_days": 15, "quotas": {"accounts": 10}}')
    expected = Settings(
        latency="realistic", throttle="aws", transfer_notice_days=15, quotas=Quotas(accounts=10), record="writes"
    )
    given = ["--settings", str(file)]
    for options in ([*given, "--latency", "realistic"], [], given, ["--latency", "realistic"]):
        server = start("--log", str(log), *options)
        (first,) = server.request("GET", "/_orgsim/events?limit=1", body=b"").json["events"]
        assert first["members"]["Settings"] == json.loads(msgspec.json.encode(expected))
        assert server.end()[0] == 0


@pytest.mark.parametrize(
    ("name", "text", "message"),
    [
        (
            "s.toml",
            "latency = 'slow'",
            ': latency: "slow" is not possible (there are: instant, realistic, stepwise)',
        ),
        (
            "s.toml",
            "latancy = 'instant'",
            ": unknown key `latancy`, did you mean `latency`? (there",
        ),
        (
            "s.toml",
            "[quotas]\naccounts = 0",
            ": quotas.accounts: must be a whole number from 1",
        ),
        (
            "s.toml",
            "[quotas]\naccounts = 99999999999",
            ": quotas.accounts: must be a whole number from 1 to 2,147,483,648, not 99999999999",
        ),
        (
            "s.toml",
            "[quotas]\naccounts = 'many'",
            ": quotas.accounts: must be a whole number",
        ),
        ("s.toml", "quotas = 3", ": quotas: must be a table, not 3"),
        ("s.toml", "latency", ": not TOML: "),
        ("s.json", "latency = 1", ": not JSON: "),
        ("s.json", "[]", ": must be a table, not a list"),
        (
            "s.json",
            '{"transfer_notice_days": 1.5}',
            ": transfer_notice_days: must be a whole number",
        ),
        ("s.json", "[" * 100_000, ": not JSON"),
        ("s.toml", "a = " + "[" * 100_000, ": not TOML"),
    ],
    ids=lambda value: value[:30],
)
def test_bad_settings(name: str, text: str, message: str, tmp_path: Path) -> None:
    """An error in a settings file is one line with the file, the key, its value, and what is possible."""
    file = tmp_path / name
    file.write_text(text)
    assert one_line(complaint("--settings", str(file))).startswith(f"{file}{message}")


def test_settings_that_cannot_be_read(tmp_path: Path) -> None:
    """A settings file that is missing, no file or no text is named."""
    (tmp_path / "bytes.toml").write_bytes(b"\xff\xfe")
    for name in ("missing.toml", ".", "bytes.toml"):
        assert one_line(complaint("--settings", str(tmp_path / name))).startswith(f"{tmp_path / name}: ")


def test_settings_that_are_set_twice(tmp_path: Path) -> None:
    """A setting that stands in the file and is an option too is refused, whatever it says."""
    file = tmp_path / "s.toml"
    file.write_text('throttle = "aws"')
    message = one_line(complaint("--settings", str(file), "--throttle", "off"))
    assert message == f"{file}: throttle is aws there, and --throttle says off; set it once"


def test_log_from_the_future(tmp_path: Path) -> None:
    """A world that is ahead of the wall clock needs a simulated one, and the message says so."""
    path = tmp_path / "w.db"
    with serving(log=path) as server:
        server.request("POST", "/_orgsim/clock", body=b'{"advance": "5000w"}')
    message = one_line(complaint("--log", str(path)))
    assert "stands at a later time than its clock shows; give it a simulated one" in message


@pytest.mark.parametrize(
    "clock", ["sundial", "paced", "paced:", "paced:0", "paced:-1", "paced:1e-300", "paced:nan", "paced:1e308", ""]
)
def test_bad_clock(clock: str) -> None:
    """A clock that is none is answered with the choices."""
    said = " ".join(complaint("--clock", clock).split())
    assert "'--clock'" in said
    assert "wall, simulated and paced:FACTOR" in said


@pytest.mark.parametrize(
    ("arguments", "named"),
    [
        (("--latency", "slow"), "'instant', 'realistic'"),
        (("--throttle", "on"), "'off', 'aws'"),
        (("--auth", "none"), "'open', 'verify'"),
        (("--port", "65536"), "'--port'"),
        (("--seed", "x"), "'--seed'"),
        (("--auth", "verify"), "--auth verify and --credentials FILE go together"),
        (("--credentials", "c.toml"), "--auth verify and --credentials FILE go together"),
        (("--auth", "verify", "--credentials", "no.toml"), "no.toml: cannot be read: No such file or directory"),
        (("--nope",), "--nope"),
    ],
)
def test_wrong_usage(arguments: tuple[str, ...], named: str) -> None:
    """Wrong options are named on stderr, with exit code 2."""
    assert named in complaint(*arguments)


def test_help() -> None:
    """The command explains itself with all that it takes."""
    done = CliRunner().invoke(app, ["serve", "--help"])
    assert done.exit_code == 0
    for option in (
        "host",
        "port",
        "log",
        "clock",
        "latency",
        "throttle",
        "auth",
        "credentials",
        "seed",
        "json",
        "allow-host",
    ):
        assert f"--{option}" in done.stdout


def test_start_and_named_worlds(start: Start) -> None:
    """Worlds begin at --start, named ones too; there are at most --max-worlds of them."""
    server = start("--clock", "simulated", "--start", "2031-05-01T02:00:00+02:00", "--seed", "4", "--max-worlds", "2")
    for each in (server, server.named("a"), server.named("b")):
        assert each.control("GET", "clock").json["now"] == "2031-05-01T00:00:00Z"
        assert each.control("GET", "health").json["seed"] == 4
    refused = server.named("c").call("DescribeOrganization")
    assert refused.error == (409, "WorldException")
    assert "--max-worlds" in refused.json["message"]
    assert server.end()[0] == 0


def test_without_named_worlds(start: Start) -> None:
    """--max-worlds 0 leaves the default world alone; --start now begins in the present."""
    before = datetime.now(UTC)
    server = start("--clock", "simulated", "--start", "now", "--max-worlds", "0")
    began = datetime.fromisoformat(server.control("GET", "clock").json["now"])
    assert before - timedelta(seconds=1) < began <= datetime.now(UTC)
    assert server.named("a").call("DescribeOrganization").error[0] == 404


def test_named_worlds_beside_a_log(start: Start, tmp_path: Path) -> None:
    """With a log the default world is kept, named worlds are in memory all the same; a log keeps its own start."""
    arguments = ("--log", "w.db", "--clock", "simulated", "--start", "2031-05-01T00:00:00Z", "--world-idle", "1h")
    server = start(*arguments)
    server.organizations().create_organization()
    server.named("a").organizations().create_organization()
    assert server.named("a").control("GET", "health").json["log"] == "memory"
    server.control("POST", "clock", {"advance": "1d"})
    assert server.end()[0] == 0
    again = start(*arguments)
    assert again.control("GET", "clock").json["now"] == "2031-05-02T00:00:00Z"
    assert again.organizations().describe_organization()
    assert again.control("GET", "worlds").json["worlds"] == []


@pytest.mark.parametrize(
    ("arguments", "told"),
    [
        (("--start", "soon", "--clock", "simulated"), "is no moment"),
        (("--start", "2026-01-01", "--clock", "simulated"), "no time zone"),
        (("--start", "now"), "--clock simulated"),
        (("--start", "1900-01-01T00:00:00Z", "--clock", "simulated"), "between 1970-01-01 and"),
        (("--max-worlds", "-1"), "--max-worlds"),
        (("--max-worlds", "many"), "--max-worlds"),
        (("--world-idle", "1"), "a duration such as"),
        (("--world-idle", "0s"), "above 0"),
    ],
)
def test_bad_starts_and_worlds(arguments: tuple[str, ...], told: str) -> None:
    """A start or a limit of worlds that is none is answered with what it may be."""
    assert told in " ".join(complaint(*arguments).replace("│", " ").split())
