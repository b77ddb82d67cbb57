"""``/_orgsim/calls``: who called what over HTTP, and was refused; what is recorded by default."""

import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.loopback_server import MANAGEMENT, MEMBER, Answer, Served, serving, serving_resettable
from typer.testing import CliRunner

from orgsim.api import Settings, Simulation
from orgsim.api.cli.app import app
from orgsim.api.server.new_world import WorldMaker


@pytest.fixture
def server() -> Iterator[Served]:
    """A server that records all calls."""
    with serving_resettable(settings=Settings(record="all")) as served:
        yield served


def calls(server: Served, query: str = "") -> Answer:
    """Ask for a page of calls."""
    return server.request("GET", f"/_orgsim/calls{query}", body=b"")


def try_to_leave(server: Served) -> tuple[str, str]:
    """A member asks boto3 to leave; returns the code of the refusal and AWS's request id."""
    with pytest.raises(ClientError) as refused:
        server.organizations(MEMBER).leave_organization()
    response: Any = refused.value.response
    return response["Error"]["Code"], response["ResponseMetadata"]["RequestId"]


def test_a_refused_call_of_boto3_is_found_again(server: Served) -> None:
    """Who tried to leave is there with the request id that boto3 was given, and why it was refused."""
    code, request_id = try_to_leave(server)
    (call,) = calls(server, "?refused=true&operation=LeaveOrganization").json["calls"]
    assert (call["request_id"], call["error"]["code"], call["outcome"]) == (request_id, code, "refused")
    assert call["caller"]["account"] == MEMBER
    listed = server.organizations(MANAGEMENT)
    listed.create_organization()
    answered = listed.list_accounts(MaxResults=3)["ResponseMetadata"]["RequestId"]
    (call,) = calls(server, "?operation=ListAccounts").json["calls"]
    assert (call["request_id"], call["members"], call["outcome"]) == (answered, {"MaxResults": 3}, "answered")


def test_pages(server: Served) -> None:
    """Pages lead through all calls, each once, and end at the end of the log."""
    for _ in range(5):
        try_to_leave(server)
    found: list[Any] = []
    page: Any = {"next_after": 0, "position": 1}
    while page["next_after"] < page["position"]:
        page = calls(server, f"?limit=2&after={page['next_after']}&caller={MEMBER}").json
        assert len(page["calls"]) <= 2
        found += page["calls"]
    assert len({call["position"] for call in found}) == len(found) == 5
    assert calls(server, f"?after={page['position']}").json["calls"] == []


@pytest.mark.parametrize(
    ("query", "message"),
    [
        ("?after=-1", "after is a position from 0 on"),
        ("?after=1000", "after=1000 is beyond the end: the log ends at position 1"),
        ("?refused=perhaps", "refused true or false"),
        ("?caller=me", "'me' is no caller"),
        ("?operation=ListAcounts", "did you mean `ListAccounts`?"),
        ("?who=me", "who"),
    ],
)
def test_wrong_questions(server: Served, query: str, message: str) -> None:
    """What cannot be asked gets 400, with the mistake and the choices."""
    answer = calls(server, query)
    assert answer.status == 400
    assert message in answer.json["message"]


def test_an_unsigned_call_is_not_recorded(server: Served) -> None:
    """What is refused before an operation is reached leaves no record."""
    assert server.request("POST", "/", {"x-amz-target": "AWSOrganizationsV20161128.ListRoots"}, b"{}").status >= 400
    assert calls(server).json["calls"] == []


def test_an_embedded_world_records_what_its_settings_say() -> None:
    """A simulation that is embedded keeps its own setting, which records only changes unless it says otherwise."""
    with serving() as server:
        try_to_leave(server)
        assert calls(server).json["calls"] == []


def test_worlds_of_a_server_record_refused_writes() -> None:
    """Worlds that a server begins record refused writes, unless they are wanted otherwise."""
    assert WorldMaker()()._settings.record == "writes"
    assert WorldMaker(settings={"record": "all"})()._settings.record == "all"


def test_an_old_log_keeps_its_setting(tmp_path: Path) -> None:
    """A log that began with another setting cannot be served with --record; without it, it is served as it is."""
    path = str(tmp_path / "world.db")
    with Simulation(path):
        pass
    done = CliRunner().invoke(app, ["serve", "--log", path, "--record", "all", "--port", "0"])
    assert done.exit_code == 2
    assert "this world began with record changes, it cannot go on with all" in done.stderr
    shown = CliRunner().invoke(app, ["show", path, "calls", "--json"])
    assert json.loads(shown.stdout)["calls"] == []
