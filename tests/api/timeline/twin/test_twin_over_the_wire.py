"""A served world, imported over the wire into a new log: every reading operation answers the same."""

import json
import os
import signal
import sqlite3
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import datetime
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any
from unittest.mock import patch

import anyio
import pytest
from support.campaign import examples
from support.dumps import log_of, random_world
from support.given import FOUNDER, MEMBER
from support.loopback_server import serving
from support.projection_world import answers
from support.server_process import NOBODY, as_nobody
from typer.testing import CliRunner

from orgsim.api import Simulation
from orgsim.api.cli.app import app
from orgsim.api.cli.twin_options import ENDING
from orgsim.api.timeline.twin import live
from orgsim.engine.log import MemoryLog
from orgsim.projections.views import Views

CREDENTIALS = {**NOBODY, "AWS_ACCESS_KEY_ID": FOUNDER, "AWS_SECRET_ACCESS_KEY": "any"}
TIMES = ("LastUpdatedTimestamp", "EvaluationTimestamp")
"""When effective policies were merged: in the twin at the moment of the dump."""


@pytest.fixture(autouse=True)
def credentials() -> Iterator[None]:
    """The environment of the management account, without the user's own settings."""
    with as_nobody(), patch.dict(os.environ, CREDENTIALS):
        yield


def run(*arguments: object) -> Any:
    """Run a command of orgsim."""
    return CliRunner().invoke(app, [str(each) for each in arguments])


def comparable(value: Any) -> Any:
    """An answer without the order of lists, of which AWS promises none, and without ended handshakes."""
    if isinstance(value, dict):
        return {key: comparable(each) for key, each in value.items() if key not in (*TIMES, "NextToken")}
    if isinstance(value, datetime):
        return round(value.timestamp() * 1_000)  # the wire has milliseconds
    if isinstance(value, list):
        kept = [comparable(each) for each in value if not _is_lost(each)]
        return sorted(kept, key=lambda each: json.dumps(each, sort_keys=True, default=str))
    return value


def _is_lost(item: Any) -> bool:
    """Whether an item of a list is a handshake that has ended, or offers a transfer."""
    if not isinstance(item, dict) or "Action" not in item or "State" not in item:
        return False
    return item["State"] not in ("OPEN", "REQUESTED") or item["Action"] == "TRANSFER_RESPONSIBILITY"


def asked(views: Views, organization: str) -> dict[tuple[str, ...], Any]:
    """The answers to all questions about an organization, asked by its management account."""
    found: dict[tuple[str, ...], Any] = {}
    for question, answer in answers(views, [FOUNDER]).items():
        if question[0] == FOUNDER and "Transfer" not in question[1] and "Handshake" not in question[1][:18]:
            found[question] = comparable(answer)
    return found


@contextmanager
def served(log: MemoryLog) -> Iterator[Any]:
    """Serve the world of a log."""
    with serving(log=log) as server:
        yield server


@pytest.mark.slow
@pytest.mark.campaign
def test_a_random_world() -> None:
    """The twin of a random served world answers all questions as it does, but for ended handshakes and transfers."""
    for seed in range(examples(6)):
        world = random_world(seed)
        organization = world.state.organization_of(FOUNDER)
        if organization is None or organization.management_account != FOUNDER:
            continue
        log = anyio.run(log_of, world)
        with TemporaryDirectory() as folder, served(log) as server:
            twin = Path(folder) / "twin.db"
            result = run("import", "--endpoint-url", server.url, "--log", twin, "--json")
            assert result.exit_code == 0, result.output
            original = asked(server.sim.views, organization.id)
            with Simulation(twin) as sim:
                copied = asked(sim.views, organization.id)
                assert abs(sim.engine.now - server.sim.engine.now) < 1_000
            shared = original.keys() & copied.keys()
            assert copied == {question: original[question] for question in shared}, seed


async def company(sim: Simulation) -> None:
    """An organization with two members, one in an OU, a policy and an open invitation."""
    boss = sim.client(FOUNDER)
    await boss.create_organization()
    root = (await boss.list_roots()).roots[0].id
    unit = (await boss.create_organizational_unit(parent_id=root, name="Prod")).organizational_unit.id
    await sim.advance(days=1)
    for name in ("Data", "Web"):
        await boss.create_account(email=f"{name}@example.com", account_name=name)
    await sim.advance(days=1)
    data = next(each.id for each in (await boss.list_accounts()).accounts if each.name == "Data")
    await boss.move_account(account_id=data, source_parent_id=root, destination_parent_id=unit)
    await boss.invite_account_to_organization(target={"Type": "ACCOUNT", "Id": MEMBER})
    await sim.advance(days=1)


def test_the_twin_is_served(tmp_path: Path) -> None:
    """boto3 moves accounts of a served twin, invites, and is refused as by AWS; the open invitation is accepted."""
    twin = tmp_path / "twin.db"
    with serving() as server:
        server.portal.call(company, server.sim)
        assert run("import", "--endpoint-url", server.url, "--log", twin).exit_code == 0
    with serving(log=twin) as server:
        boss, invited = server.organizations(FOUNDER), server.organizations(MEMBER)
        root = boss.list_roots()["Roots"][0]["Id"]
        (unit,) = boss.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
        (data,) = boss.list_accounts_for_parent(ParentId=unit["Id"])["Accounts"]
        boss.move_account(AccountId=data["Id"], SourceParentId=unit["Id"], DestinationParentId=root)
        with pytest.raises(boss.exceptions.AccountNotFoundException):
            boss.move_account(AccountId=data["Id"], SourceParentId=unit["Id"], DestinationParentId=root)
        with pytest.raises(boss.exceptions.DuplicateHandshakeException):
            boss.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
        with pytest.raises(boss.exceptions.ConstraintViolationException):
            boss.remove_account_from_organization(AccountId=data["Id"])
        (handshake,) = invited.list_handshakes_for_account()["Handshakes"]
        invited.accept_handshake(HandshakeId=handshake["Id"])
        assert MEMBER in [each["Id"] for each in boss.list_accounts()["Accounts"]]


def test_two_dumps_are_the_difference(tmp_path: Path) -> None:
    """What has changed since is drift at first, and then, by a second import, inferred events of the same log."""
    twin = tmp_path / "twin.db"
    with serving() as server:
        server.portal.call(company, server.sim)
        assert run("import", "--endpoint-url", server.url, "--log", twin).exit_code == 0
        live_options = ("--live", "--endpoint-url", server.url, "--exit-code")
        same = run("diff", twin, *live_options)
        assert (same.exit_code, "Nothing differs" in same.stdout) == (0, True)
        boss = server.organizations(FOUNDER)
        root = boss.list_roots()["Roots"][0]["Id"]
        (unit,) = boss.list_organizational_units_for_parent(ParentId=root)["OrganizationalUnits"]
        server.control("POST", "clock", {"advance": "1h"})
        boss.update_organizational_unit(OrganizationalUnitId=unit["Id"], Name="Production")
        drift = run("diff", twin, *live_options)
        assert (drift.exit_code, "name Prod → Production" in drift.stdout) == (1, True)
        found = json.loads(run("diff", twin, *live_options, "--json").stdout)["differences"]
        assert [(each["subject"], each["change"]) for each in found] == [(unit["Id"], "changed")]
        again = run("import", "--endpoint-url", server.url, "--log", twin)
        assert "1 event, 1 inferred" in again.stdout
        assert run("diff", twin, *live_options).exit_code == 0


def test_what_is_inferred_is_called_so(tmp_path: Path) -> None:
    """Timeline, why and SQL name the dump as the source, and call inferred what it does not tell with its moment."""
    twin = tmp_path / "twin.db"
    with serving() as server:
        server.portal.call(company, server.sim)
        assert run("import", "--endpoint-url", server.url, "--log", twin).exit_code == 0
        shown = run("show", twin, "accounts", "--json").stdout
    data = next(each["Id"] for each in json.loads(shown)["accounts"] if each["Email"] == "Data@example.com")
    joined, moved = (json.loads(line) for line in run("timeline", twin, data, "--json").stdout.splitlines())
    assert (joined["source"], moved["source"]) == (server.url, server.url)
    assert [each.get("inferred", False) for each in joined["changes"]] == [False] * len(joined["changes"])
    assert [(each["attribute"], each["inferred"]) for each in moved["changes"]] == [("parent", True)]
    told = run("timeline", twin, data).stdout
    assert f"ImportOrganization  -  from {server.url}" in told
    assert told.count("(inferred)") == 1
    reasons = json.loads(run("why", twin, data, "--json").stdout)["own"]
    assert [each["attribute"] for each in reasons if each.get("inferred")] == ["parent"]
    with closing(sqlite3.connect(f"{twin}-history")) as history:
        question = "SELECT attribute FROM facts WHERE subject = ? AND inferred AND until IS NULL"
        assert history.execute(question, (data,)).fetchall() == [("parent",)]


def test_an_interrupted_reading_goes_on(tmp_path: Path) -> None:
    """What was read before a failure is not asked for again; the folder is gone once all is in the log."""
    twin, asked = tmp_path / "twin.db", list[tuple[str, Any]]()
    ask = live.Client.ask

    def counted(client: live.Client, operation: str, members: dict[str, Any]) -> dict[str, Any]:
        asked.append((operation, str(members)))
        if len(asked) == 12:
            raise KeyboardInterrupt
        return ask(client, operation, members)

    with serving() as server:
        server.portal.call(company, server.sim)
        with patch.object(live.Client, "ask", counted):
            assert run("import", "--endpoint-url", server.url, "--log", twin).exit_code == 130
            assert (Path(f"{twin}{ENDING}").exists(), twin.exists()) == (True, False)
            done = run("import", "--endpoint-url", server.url, "--log", twin)
    assert done.exit_code == 0, done.output
    assert "went on with the answers in" in done.stderr
    assert len(asked) == len({*asked}) + 2, "twice: what failed, and whose answers these are"
    assert [path.name for path in tmp_path.iterdir()] == ["twin.db"]


def test_answers_of_another_organization(tmp_path: Path) -> None:
    """Answers that were kept of another organization are not mixed with those of this one, and stay."""
    kept = Path(f"{tmp_path / 'twin.db'}{ENDING}") / "describe-organization.json"
    with serving() as server:
        server.portal.call(company, server.sim)
        described = server.organizations().describe_organization()["Organization"]
        kept.parent.mkdir()
        kept.write_text(json.dumps({"Organization": described}).replace(described["Id"], "o-another0rg"))
        result = run("import", "--endpoint-url", server.url, "--log", tmp_path / "twin.db")
    assert result.exit_code == 2
    assert f"has answers of o-another0rg, and now {described['Id']} answers: remove it" in result.stderr
    assert [path.name for path in tmp_path.iterdir()] == [kept.parent.name]


KILLED = """
import os, signal, sys
from orgsim.api.cli.app import app
from orgsim.api.timeline.twin import live

ask, left = live.Client.ask, 5

def ask_or_die(*arguments):
    global left
    if not left:
        os.kill(os.getpid(), signal.SIGKILL)
    left -= 1
    return ask(*arguments)

live.Client.ask = ask_or_die
app(sys.argv[1:])
"""
"""The command, which is killed when it is about to ask for the sixth time."""


@pytest.mark.slow
def test_killed_while_reading(tmp_path: Path) -> None:
    """A reading that is killed leaves no log, and goes on when it is called again."""
    twin = tmp_path / "twin.db"
    with serving() as server:
        server.portal.call(company, server.sim)
        reading = ("import", "--endpoint-url", server.url, "--log", str(twin))
        killed = subprocess.run([sys.executable, "-c", KILLED, *reading], stderr=subprocess.PIPE, check=False)
        assert killed.returncode == -signal.SIGKILL, killed.stderr
        kept = Path(f"{twin}{ENDING}")
        assert [path.name for path in tmp_path.iterdir()] == [kept.name]
        assert [*kept.rglob("*.json")]
        again = run(*reading)
    assert again.exit_code == 0
    assert "went on with the answers in" in again.stderr
    assert run("show", twin, "accounts").exit_code == 0


def test_the_past_of_a_served_world(tmp_path: Path) -> None:
    """The endpoint of a past moment gives the organization as it stood, at that moment."""
    twin = tmp_path / "twin.db"
    with serving() as server:
        server.portal.call(company, server.sim)
        result = run("import", "--endpoint-url", f"{server.url}/at/2026-01-01T12:00:00Z", "--log", twin)
    assert "1 account, 1 OU, 0 policies" in result.stdout
    with Simulation(twin) as sim:
        assert sim.now.isoformat() == "2026-01-01T12:00:00+00:00"


def test_pace() -> None:
    """Calls are made at AWS's rates: as many at once as a bucket holds, and then one for each token."""
    clock, waits = [0], list[float]()

    def sleep(seconds: float) -> None:
        waits.append(round(seconds, 3))
        clock[0] += round(seconds * 1_000_000)

    pace = live.Pace(lambda: clock[0], sleep)
    for _ in range(5):
        pace.wait("DescribePolicy")
    assert (waits, clock) == ([0.5, 0.5, 0.5], [1_500_000])
    pace.wait("ListAccounts")
    assert len(waits) == 3
    assert live.seconds_for([("DescribePolicy", "p-1"), ("DescribePolicy", "p-2"), ("ListRoots", "")]) == 2.0


def test_only_a_simulator_is_not_paced() -> None:
    """AWS and any other host are asked at AWS's rates; what runs on one's own machine is not."""
    assert live.Source("work", None).paced
    assert live.Source(None, "https://organizations.example.com").paced
    assert not live.Source(None, "http://127.0.0.1:4570").paced
