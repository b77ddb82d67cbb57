"""``orgsim replay``: AWS's own samples, bad input, a run that is killed, and an engine that goes on after it."""

import json
import subprocess
from pathlib import Path
from typing import Any

import pytest
from botocore.exceptions import ClientError
from support.patience import PATIENCE
from support.server_process import ENVIRONMENT, ORGSIM, serving
from support.sixty_records import ADA, CORE, HOME, OPS, ROOT, WORK, lines, sixty_records
from typer.testing import CliRunner, Result

from orgsim.api.cli.app import app

MASTER, MADE, CLOSED = "111122223333", "444455556666", "555555555555"
"""Accounts in AWS's samples."""

UNIT = "ou-examplerootid111-exampleouid111"
CREATION = "car-examplecreateaccountrequestid111"


def replayed(*arguments: str | Path) -> Result:
    return CliRunner().invoke(app, ["replay", *map(str, arguments), "--future"])


def sample(time: str, name: str, account: str, **members: Any) -> dict[str, Any]:
    """A record as AWS's user guide shows it; all of them have the same eventID, which is none."""
    identity = {
        "type": "IAMUser",
        "arn": f"arn:aws:iam::{account}:user/diego",
        "accountId": account,
        "userName": "diego",
    }
    return {
        "eventVersion": "1.05",
        "userIdentity": identity,
        "eventTime": time,
        "eventSource": "organizations.amazonaws.com",
        "eventName": name,
        "awsRegion": "us-east-1",
        "requestParameters": None,
        "responseElements": None,
        "eventID": "EXAMPLE8-90ab-cdef-fedc-ba987EXAMPLE",
        "eventType": "AwsApiCall",
        "recipientAccountId": account,
        **members,
    }


def samples() -> list[dict[str, Any]]:
    """AWS's samples (docs/aws.md 11.2), with what distinguishes them."""
    service = {"userIdentity": {"accountId": MASTER, "invokedBy": "AWS Internal"}, "eventType": "AwsServiceEvent"}
    status = {"id": CREATION, "accountName": "****", "requestedTimestamp": "Sep 16, 2020 9:20:50 PM"}
    handshake = {
        "requestedTimestamp": "Jan 18, 2017 9:41:16 PM",
        "state": "OPEN",
        "arn": f"arn:aws:organizations::{ADA}:handshake/{HOME}/invite/h-examplehandshakeid111",
        "id": "h-examplehandshakeid111",
        "parties": [{"type": "ORGANIZATION", "id": HOME}, {"type": "ACCOUNT", "id": "222222222222"}],
        "action": "invite",
        "expirationTimestamp": "Feb 2, 2017 9:41:16 PM",
        "resources": [
            {
                "type": "ORGANIZATION",
                "value": HOME,
                "resources": [
                    {"type": "MASTER_EMAIL", "value": "diego@example.com"},
                    {"type": "MASTER_NAME", "value": "Management account for organization"},
                    {"type": "ORGANIZATION_FEATURE_SET", "value": "ALL"},
                ],
            },
            {"type": "ACCOUNT", "value": "222222222222"},
        ],
    }
    unit = {"arn": f"arn:aws:organizations::{ADA}:ou/{HOME}/{UNIT}", "id": UNIT, "name": "test-cloud-trail"}
    return [
        sample(
            "2017-01-18T21:40:11Z",
            "CreateOrganizationalUnit",
            ADA,
            requestParameters={"name": "OU-Developers-1", "parentId": "r-a1b2"},
            responseElements={"organizationalUnit": unit},
        ),
        sample(
            "2017-01-18T21:41:17Z",
            "InviteAccountToOrganization",
            ADA,
            requestParameters={"notes": "Mary's account", "target": {"type": "ACCOUNT", "id": "111111111111"}},
            responseElements={"handshake": handshake},
        ),
        sample(
            "2017-01-18T21:42:44Z",
            "AttachPolicy",
            ADA,
            errorCode="PolicyTypeNotEnabledException",
            errorMessage="The given policy type ServiceControlPolicy is not enabled on the current view",
            requestParameters={"policyId": "p-examplepolicyid111", "targetId": UNIT},
        ),
        sample(
            "2020-09-16T21:20:50Z",
            "CreateAccount",
            MASTER,
            requestParameters={"tags": [], "email": "****", "accountName": "****"},
            responseElements={"createAccountStatus": status | {"state": "IN_PROGRESS"}},
        ),
        sample(
            "2020-09-16T21:20:53Z",
            "CreateAccountResult",
            MASTER,
            **service,
            serviceEventDetails={"createAccountStatus": status | {"state": "SUCCEEDED", "accountId": MADE}},
        ),
        sample("2022-03-18T18:17:06Z", "CloseAccount", MASTER, requestParameters={"accountId": CLOSED}, readOnly=False),
        sample(
            "2022-03-18T18:17:06Z",
            "CloseAccountResult",
            MASTER,
            **service,
            serviceEventDetails={"closeAccountStatus": {"accountId": CLOSED, "state": "SUCCEEDED"}},
        ),
        sample(
            "2025-07-17T14:53:40Z",
            "EffectivePolicyValidation",
            MASTER,
            **service,
            readOnly=True,
            serviceEventDetails={"accountId": MASTER, "policyType": "BACKUP_POLICY", "state": "INVALID"},
        ),
    ]


def test_awss_samples(tmp_path: Path) -> None:
    """AWS's samples are of two organizations, one of them nameless; what they imply stands, and nothing is dropped."""
    (tmp_path / "s.json").write_text(json.dumps({"Records": samples()}))
    done = replayed(tmp_path / "s.json", "--log", tmp_path / "w.db", "--json")
    summary = json.loads(done.stdout)
    assert done.exit_code == 0
    assert {name: summary["records"][name] for name in ("taken", "changed", "asked", "refused")} == {
        "taken": 8,
        "changed": 6,
        "asked": 1,
        "refused": 1,
    }
    named, nameless = summary["organizations"]
    assert (named["id"], named["members"], named["organizational_units"]) == (HOME, 1, 1)
    assert (nameless["id"], nameless["members"]) == (f"o-unknown{MASTER}", 2)
    assert f"o-unknown{MASTER}: no record names the organization of {MASTER}" in summary["gaps"]
    events = CliRunner().invoke(app, ["show", str(tmp_path / "w.db"), "events", "--json-lines"]).stdout.splitlines()
    told = [json.loads(line) for line in events]
    invited = next(event for event in told if event["type"] == "HandshakeRequested")
    assert invited["members"]["ExpirationTimestamp"] == "2017-02-02T21:41:16Z"
    assert invited["members"]["PartyId"] == "222222222222"
    expired = next(event for event in told if event["type"] == "HandshakeExpired")
    assert expired["time"] == "2017-02-02T21:41:16Z"
    gone = [event["members"] for event in told if event["type"] == "AccountDeparted"]
    assert gone == [{"AccountId": CLOSED, "DepartureMethod": "CLEANED"}]


def test_awss_other_samples(tmp_path: Path) -> None:
    """A creation that fails leaves no member, a policy that is valid again is told: variants of two samples."""
    (call, result), validation = samples()[3:5], samples()[7]
    status = result["serviceEventDetails"]["createAccountStatus"]
    failed = {key: status[key] for key in ("id", "accountName", "requestedTimestamp")}
    failed |= {"state": "FAILED", "failureReason": "EMAIL_ALREADY_EXISTS"}
    solved = {
        "accountId": MASTER,
        "policyType": "BACKUP_POLICY",
        "state": "VALID",
        "requestTimestamp": "Jul 17, 2025, 2:55:40 PM",
        "info": "Previous effective policy validation error(s) resolved for this account/policyType",
    }
    records = [
        call,
        result | {"eventTime": "2020-09-16T21:21:38Z", "serviceEventDetails": {"createAccountStatus": failed}},
        validation | {"eventTime": "2025-07-17T14:55:40Z", "serviceEventDetails": solved},
    ]
    (tmp_path / "s.json").write_text(json.dumps({"Records": records}))
    summary = json.loads(replayed(tmp_path / "s.json", "--log", tmp_path / "w.db", "--json").stdout)
    counts = {name: summary["records"][name] for name in ("taken", "changed", "asked", "refused")}
    assert counts == {"taken": 3, "changed": 2, "asked": 1, "refused": 0}
    assert [each["members"] for each in summary["organizations"]] == [1]
    events = CliRunner().invoke(app, ["show", str(tmp_path / "w.db"), "events", "--json-lines"]).stdout.splitlines()
    (ended,) = [each for each in map(json.loads, events) if each["type"] == "AccountCreationFailed"]
    assert ended["time"] == "2020-09-16T21:21:38Z"
    assert ended["members"]["FailureReason"] == "EMAIL_ALREADY_EXISTS"


BROKEN = json.dumps(sixty_records()[0])
DEEP = "[" * 100_000 + "]" * 100_000
BAD: list[tuple[str, str, str]] = [
    (
        "no trail.json",
        '{"name": "package"}',
        "no record: no trail.json, line 1, record 1: is no record of CloudTrail: it has",
    ),
    ("text.json", "hello\n", "no record: text.json, line 1, record 1: is no JSON"),
    (
        "cut.jsonl",
        lines(sixty_records()[:2]) + '{"eventVersion": ',
        "no record: cut.jsonl, line 3, record 1: is no JSON",
    ),
    (
        "timeless.json",
        BROKEN.replace("eventTime", "evenTime"),
        "no record: timeless.json, line 1, record 1: 00000000-0000-0000-0000-000000000001: eventTime is missing",
    ),
    (
        "nobody.json",
        BROKEN.replace(ADA, "<MANAGEMENT>"),
        "not placed: 00000000-0000-0000-0000-000000000001: userIdentity.accountId '<MANAGEMENT>' is no account",
    ),
    (
        "newer.json",
        BROKEN.replace("CreateOrganization", "FoldOrganization"),
        "not placed: 00000000-0000-0000-0000-000000000001 FoldOrganization: nothing is known of what",
    ),
    (
        "deep.jsonl",
        f"{DEEP}\n{BROKEN}",
        "no record: deep.jsonl, line 1, record 1: is nested too deeply to be read",
    ),
    (
        "deep.json",
        f'{{\n"Records": [{DEEP}]}}',
        "no record: deep.json, line 1, record 1: is nested too deeply to be read",
    ),
    (
        "deep map.json",
        json.dumps(sixty_records()[0] | {"requestParameters": "{a=" * 3_000 + "1" + "}" * 3_000}),
        "no record: deep map.json, line 1, record 1: is nested too deeply to be read",
    ),
    (
        "commas.csv",
        'eventTime,eventName,eventSource,requestParameters\n2026-01-01,ListRoots,organizations,{"a":1,"b":2}',
        "no record: commas.csv, line 1, record 1: has more cells than the table's first line has names",
    ),
    (
        "endless.csv",
        f"eventTime,eventName,eventSource\n2026-01-01,{'x' * 200_000}",
        "no record: endless.csv, line 1, record 1: is no record of CloudTrail: it has no eventSource",
    ),
    (
        "long.json",
        BROKEN.replace("CreateOrganization", "Fold" * 5_000),
        "not placed: 00000000-0000-0000-0000-000000000001 FoldFold",
    ),
]


@pytest.mark.parametrize(("name", "content", "said"), BAD)
def test_bad_input(name: str, content: str, said: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """What is wrong is told in a line that names file and place, or the eventID; the exit code is 1."""
    monkeypatch.chdir(tmp_path)
    Path(name).write_text(content)
    done = replayed(name, "--log", "w.db")
    assert done.exit_code == 1
    assert any(line.startswith(said) for line in done.stdout.splitlines()), done.stdout
    assert not done.exception or isinstance(done.exception, SystemExit)
    assert max(map(len, done.stdout.splitlines())) < 1_000


def test_a_file_of_windows(tmp_path: Path) -> None:
    """The mark that editors of Windows begin a file with is no part of its first record."""
    for name, text in (("t.json", BROKEN), ("t.csv", "eventTime,eventName,eventSource\r\n2026-01-05,ListRoots,x\r\n")):
        (tmp_path / name).write_text(text, encoding="utf-8-sig", newline="")
    done = replayed(tmp_path, "--log", tmp_path / "w.db")
    assert done.exit_code == 0, done.output
    assert "2 records in 2 files: 1 of other services" in done.stdout


def test_nothing_is_left_where_there_is_no_record(tmp_path: Path) -> None:
    """Files without any record of Organizations make no log."""
    (tmp_path / "other.json").write_text('{"Records": [{"eventSource": "s3.amazonaws.com", "eventName": "GetObject"}]}')
    done = replayed(tmp_path / "other.json", "--log", tmp_path / "w.db")
    assert done.exit_code == 1
    assert "no record of AWS Organizations was found" in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["other.json"]


def test_the_trail_of_what_was_replayed(tmp_path: Path) -> None:
    """What was taken from a trail has its records there: writing them again says that there are none."""
    (tmp_path / "t.json").write_text(BROKEN)
    assert replayed(tmp_path / "t.json", "--log", tmp_path / "w.db").exit_code == 0
    done = CliRunner().invoke(app, ["trail", str(tmp_path / "w.db")])
    assert (done.exit_code, done.stdout) == (0, "")
    assert "no records; none are written of what was imported or taken from a trail" in done.stderr


def test_the_future(tmp_path: Path) -> None:
    """A record of the future is named, unless it is wanted."""
    (tmp_path / "f.json").write_text(BROKEN.replace("2026-01-05", "2126-01-05"))
    done = CliRunner().invoke(app, ["replay", str(tmp_path / "f.json"), "--log", str(tmp_path / "w.db")])
    assert done.exit_code == 1
    assert "in the future: 00000000-0000-0000-0000-000000000001: its eventTime is 2126-01-05T09:00:00Z" in done.stdout
    assert replayed(tmp_path / "f.json", "--log", tmp_path / "w.db").exit_code == 0


def test_wrong_usage(tmp_path: Path) -> None:
    """A path that there is not, and a log that is none, are told in one line with exit code 2 or 1."""
    (tmp_path / "t.json").write_text(BROKEN)
    missing = replayed(tmp_path / "nowhere", "--log", tmp_path / "w.db")
    assert (missing.exit_code, missing.stderr.count("\n")) == (2, 1)
    assert "there is no such file or folder" in missing.stderr
    no_log = replayed(tmp_path / "t.json", "--log", tmp_path / "t.json")
    assert (no_log.exit_code, no_log.stderr.count("\n")) in ((1, 1), (2, 1))
    assert (tmp_path / "t.json").read_text() == BROKEN


def test_what_one_file_lacks_another_has(tmp_path: Path) -> None:
    """A file that is cut off does not keep the others from being replayed."""
    (tmp_path / "a.jsonl").write_text(lines(sixty_records()))
    (tmp_path / "b.json.gz").write_bytes(b"\x1f\x8b\x08\x00")
    done = replayed(tmp_path, "--log", tmp_path / "w.db")
    assert done.exit_code == 1
    assert "60 taken" in done.stdout
    assert f"unreadable: {tmp_path / 'b.json.gz'}: cannot be read to its end" in done.stdout


@pytest.mark.slow
def test_killed(tmp_path: Path) -> None:
    """A run that is killed is taken up by running it again: what the log had is known, and the end is the same."""
    file, log = tmp_path / "t.jsonl", tmp_path / "w.db"
    moves = [json.dumps(record) for record in sixty_records()[:12]]
    tag = json.loads(moves[-1]) | {"eventName": "TagResource"}
    for number in range(20_000):
        asked = {"resourceId": ROOT, "tags": [{"key": "n", "value": str(number)}]}
        there = {
            "requestParameters": asked,
            "eventTime": "2026-01-13T00:00:00Z",
            "eventID": f"{number:08x}" + "-0000" * 3 + "-" + "a" * 12,
        }
        moves.append(json.dumps(tag | there))
    file.write_text("\n".join(moves))
    command = [str(ORGSIM), "replay", str(file), "--log", str(log), "--future", "--json"]
    process = subprocess.Popen(command, stdout=subprocess.PIPE, env=ENVIRONMENT)
    while not log.exists() and process.poll() is None:
        pass
    process.kill()
    process.communicate()
    done = subprocess.run(command, capture_output=True, env=ENVIRONMENT, check=True, timeout=PATIENCE)
    counted = json.loads(done.stdout)["records"]
    assert counted["taken"] + counted["known_already"] == len(moves)
    verified = subprocess.run([str(ORGSIM), "verify", str(log)], capture_output=True, env=ENVIRONMENT, timeout=PATIENCE)
    assert verified.returncode == 0, verified.stderr


@pytest.mark.slow
def test_the_twin_goes_on(tmp_path: Path) -> None:
    """After a replay the served twin moves and invites as AWS would, and refuses what AWS would."""
    file, log = tmp_path / "t.jsonl", tmp_path / "twin.db"
    file.write_text(lines(sixty_records()[:29]))
    assert replayed(file, "--log", log).exit_code == 0
    with serving("--log", str(log)) as served:
        ada = served.organizations(ADA)
        assert {each["Id"] for each in ada.list_accounts()["Accounts"]} == {ADA, OPS, "333333333333"}
        ada.move_account(AccountId=OPS, SourceParentId=CORE, DestinationParentId=WORK)
        assert ada.list_parents(ChildId=OPS)["Parents"] == [{"Id": WORK, "Type": "ORGANIZATIONAL_UNIT"}]
        invited = ada.invite_account_to_organization(Target={"Type": "ACCOUNT", "Id": "666666666666"})
        assert invited["Handshake"]["State"] == "OPEN"
        with pytest.raises(ClientError, match="OrganizationalUnitNotEmptyException"):
            ada.delete_organizational_unit(OrganizationalUnitId=WORK)
        with pytest.raises(ClientError, match="DuplicatePolicyAttachmentException"):
            ada.attach_policy(PolicyId="p-regions11", TargetId=ROOT)
