"""Why a call was refused, in the server's answer if the request asks for it, and in its log."""

import json
from collections.abc import Iterator

import pytest
from support.loopback_server import MANAGEMENT, MEMBER, Served, serving, signed

from orgsim.api.server.message import LONGEST_EXPLANATION, one_line

FIELD = "x-orgsim-explanation"


@pytest.fixture
def server() -> Iterator[Served]:
    """A server with an organization that has consolidated billing."""
    with serving() as served:
        served.organizations().create_organization(FeatureSet="CONSOLIDATED_BILLING")
        yield served


def test_boto3_by_event_hook(server: Served) -> None:
    """A boto3 client that adds the field by an event hook reads the explanation from the exception."""
    client, member = server.organizations(), server.organizations(MEMBER)
    invited = client.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": MEMBER})
    member.accept_handshake(HandshakeId=invited["Handshake"]["Id"])
    parent = client.enable_all_features()["Handshake"]["Id"]
    client.meta.events.register(
        "before-call.organizations", lambda params, **_: params["headers"].update({"x-orgsim-explain": "1"})
    )
    with pytest.raises(client.exceptions.InvalidHandshakeTransitionException) as refusal:
        client.accept_handshake(HandshakeId=parent)
    explanation = refusal.value.response["ResponseMetadata"]["HTTPHeaders"][FIELD]
    assert explanation.startswith(f"the parent {parent} is REQUESTED: 1 of 1 approval is outstanding; first {MEMBER}")


def test_never_by_default(server: Served) -> None:
    """Without the field, or with another value, the answer is AWS's alone; with it, the body is the same."""
    plain, asked, other = (
        server.request(headers=signed("LeaveOrganization") | extra)
        for extra in ({}, {"X-Orgsim-Explain": "1"}, {"X-Orgsim-Explain": "0"})
    )
    assert FIELD not in plain.headers
    assert FIELD not in other.headers
    assert asked.headers[FIELD].startswith(f"{MANAGEMENT} is the management account of o-")
    assert plain.body == asked.body == other.body
    assert plain.json.keys() == {"__type", "Message"}


def test_answer_without_refusal(server: Served) -> None:
    """A call that is not refused has nothing to explain."""
    answer = server.request(headers=signed("DescribeOrganization") | {"X-Orgsim-Explain": "1"})
    assert answer.status == 200
    assert FIELD not in answer.headers


def test_no_field_can_be_injected(server: Served) -> None:
    """What a client sent is quoted in one line of ASCII, however it tries to end the field."""
    target = {"Target": {"Type": "é\r\nX-Injected: 1\r\n\r\n" + "日" * 2_000, "Id": "1"}}
    answer = server.request(
        headers=signed("InviteAccountToOrganization") | {"X-Orgsim-Explain": "1"}, body=json.dumps(target).encode()
    )
    assert answer.json["Reason"] == "INVALID_PARTY_TYPE_TARGET"
    assert "x-injected" not in answer.headers
    assert answer.headers[FIELD].isascii()
    assert len(answer.headers[FIELD]) <= LONGEST_EXPLANATION


def test_one_line() -> None:
    """Control characters and others than ASCII are escaped, and long texts are cut."""
    assert one_line("a\r\nb\x00\x7fé日") == "a\\x0d\\x0ab\\x00\\x7f\\xe9\\u65e5"
    assert one_line("x" * 5_000) == "x" * LONGEST_EXPLANATION
    assert one_line("日" * 5_000).endswith("...")


def test_log(capfd: pytest.CaptureFixture[str]) -> None:
    """The log has a line for a refused call, with its operation, account, code and explanation; none for others."""
    with serving() as server:
        server.call("CreateOrganization")
        server.call("LeaveOrganization")
    (line,) = capfd.readouterr().err.splitlines()
    for part in ("refused", "LeaveOrganization", MANAGEMENT, "MasterCannotLeaveOrganization", "can only delete it"):
        assert part in line


def test_a_program_that_polls_a_standing_clock(capfd: pytest.CaptureFixture[str]) -> None:
    """After ten identical answers at one moment the log says, once, what would move the clock."""
    with serving() as server:
        server.call("CreateOrganization")
        for _ in range(9):
            server.call("ListAccounts")
        assert "stands still" not in capfd.readouterr().err
        for _ in range(5):
            server.call("ListAccounts")
    (line,) = capfd.readouterr().err.splitlines()
    for part in ("stands still", "ListAccounts", '{"auto": true}'):
        assert part in line.replace("\\", "")


def test_a_clock_that_was_told_to_jump(capfd: pytest.CaptureFixture[str]) -> None:
    """Whoever follows that advice right after the tenth answer reads the line no more."""
    with serving() as server:
        server.call("CreateOrganization")
        for _ in range(10):
            server.call("ListAccounts")
        server.control("POST", "clock", {"auto": True})
        for _ in range(5):
            server.call("ListAccounts")
    assert capfd.readouterr().err.count("stands still") == 1


@pytest.mark.parametrize(("method", "path"), [("GET", "/"), ("GET", "/bucket"), ("POST", "/bucket")])
def test_other_services(server: Served, method: str, path: str) -> None:
    """Requests for other services, as by `aws s3 ls`, are told which services there are."""
    answer = server.request(method, path)
    assert answer.status == 404
    assert "orgsim answers organizations and sts" in answer.json["message"]


def test_other_services_in_json(server: Served) -> None:
    """So are those for another service that speaks AWS JSON."""
    answer = server.request(headers=signed("ListTables") | {"X-Amz-Target": "DynamoDB_20120810.ListTables"})
    assert "orgsim answers organizations and sts" in answer.json["message"]
