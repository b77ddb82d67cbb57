"""The forms in which records are kept: in each the same record is found, and what is none is told."""

import csv
import gzip
import io
import json
from pathlib import Path
from typing import Any

import pytest

from orgsim.api.timeline.cloudtrail import SOURCE
from orgsim.api.timeline.trail_in.files import STDIN, TrailFile, Unreadable, documents, files_of
from orgsim.api.timeline.trail_in.formats import NoRecord, records_in
from orgsim.api.timeline.trail_in.records import BadRecord, said, sighted, taken
from orgsim.engine.operation import Caller
from orgsim.engine.records.record import NOTHING, Known

RECORD: dict[str, Any] = {
    "eventVersion": "1.08",
    "userIdentity": {
        "type": "AssumedRole",
        "arn": "arn:aws:sts::111111111111:assumed-role/Admin/ada",
        "accountId": "111111111111",
        "sessionContext": {"sessionIssuer": {"type": "Role", "userName": "Admin"}},
    },
    "eventTime": "2026-03-18T18:17:06Z",
    "eventSource": SOURCE,
    "eventName": "MoveAccount",
    "awsRegion": "us-east-1",
    "sourceIPAddress": "192.0.2.1",
    "userAgent": "aws-cli/2",
    "requestParameters": {
        "accountId": "222222222222",
        "sourceParentId": "r-ab12",
        "destinationParentId": "ou-ab12-11111111",
    },
    "responseElements": None,
    "requestID": "e28932f8-d5da-4d7a-8238-ef74f3d5c09a",
    "eventID": "19fe4c10-f57e-4cb7-a2bc-6b5c30233592",
    "readOnly": False,
    "eventType": "AwsApiCall",
    "recipientAccountId": "111111111111",
}
AS_TEXT = json.dumps(RECORD)
OBJECTS_AS_TEXT = RECORD | {
    name: json.dumps(RECORD[name]) for name in ("userIdentity", "requestParameters", "responseElements")
}
JAVA_MAP = RECORD | {
    "userIdentity": "{type=AssumedRole, arn=arn:aws:sts::111111111111:assumed-role/Admin/ada, accountid=111111111111}",
    "requestParameters": "{accountId=222222222222, sourceParentId=r-ab12, destinationParentId=ou-ab12-11111111}",
    "responseElements": "null",
}


def table(rows: list[dict[str, Any]]) -> bytes:
    """A table with commas, as Athena and Lake download it."""
    text = io.StringIO()
    writer = csv.DictWriter(text, list(rows[0]))
    writer.writeheader()
    writer.writerows(rows)
    return text.getvalue().encode()


FORMS: dict[str, Any] = {
    "a delivered file": {"Records": [RECORD]},
    "one record": RECORD,
    "a list": [RECORD],
    "an EventBridge envelope": {"version": "0", "detail-type": "AWS API Call via CloudTrail", "detail": RECORD},
    "aws cloudtrail lookup-events": {
        "Events": [{"EventId": "x", "EventName": "MoveAccount", "CloudTrailEvent": AS_TEXT}]
    },
    "an export of Splunk": {"preview": False, "result": {"_raw": AS_TEXT}},
    "an export of Elastic": {"_source": {"event": {"action": "MoveAccount", "original": AS_TEXT}}},
    "a search of Elastic": {"hits": {"hits": [{"_source": {"message": AS_TEXT}}]}},
    "objects as texts": OBJECTS_AS_TEXT,
    "names in small letters": {name.lower(): value for name, value in OBJECTS_AS_TEXT.items()},
    "maps as Java prints them": JAVA_MAP,
    "a query of CloudTrail Lake": {"QueryResultRows": [[{name: value} for name, value in JAVA_MAP.items()]]},
}


@pytest.mark.parametrize("form", [pytest.param(form, id=name) for name, form in FORMS.items()])
def test_every_form_has_the_same_record(form: Any) -> None:
    """Whatever is around it, the record says who called, when, and what was asked."""
    ((source, content),) = [
        found for found in records_in(json.dumps(form).encode(), SOURCE) if isinstance(found, tuple)
    ]
    assert (source, content is None) == (SOURCE, False)
    expect_the_record(content or b"")


@pytest.mark.parametrize("rows", [[JAVA_MAP], [{name.lower(): value for name, value in OBJECTS_AS_TEXT.items()}]])
def test_tables(rows: list[dict[str, Any]]) -> None:
    """Tables with commas have the same record, with names in either case."""
    ((_, content),) = [found for found in records_in(table(rows), SOURCE) if isinstance(found, tuple)]
    expect_the_record(content or b"")


def expect_the_record(content: bytes) -> None:
    record = sighted(content)
    assert record.identity == RECORD["eventID"]
    request, caller = taken(record, NOTHING)
    assert caller == Caller("111111111111", "Admin/ada")
    assert request.event_name == "MoveAccount"
    assert request.parameters == RECORD["requestParameters"]
    assert request.answer is None
    assert not request.reads
    assert request.said == Known(root="r-ab12")


@pytest.mark.parametrize(
    ("identity", "caller"),
    [
        (
            {"type": "Root", "accountId": "111111111111", "arn": "arn:aws:iam::111111111111:root"},
            Caller("111111111111"),
        ),
        ({"type": "IAMUser", "accountId": "111111111111", "userName": "ada"}, Caller("111111111111", "ada")),
        ({"type": "IAMUser", "arn": "arn:aws:iam::111111111111:user/ada"}, Caller("111111111111", "ada")),
        ({"type": "AWSService", "invokedBy": "sso.amazonaws.com"}, Caller("333333333333", "sso.amazonaws.com")),
        ({"accountId": "111111111111", "invokedBy": "AWS Internal"}, Caller(None)),
    ],
)
def test_who_called(identity: dict[str, Any], caller: Caller) -> None:
    """The caller is a user, a role with its session, a service, the root of an account, or nobody where AWS acted."""
    service = {} if "type" in identity else {"serviceEventDetails": {}, "eventType": "AwsServiceEvent"}
    record = RECORD | {"userIdentity": identity, "recipientAccountId": "333333333333"} | service
    assert taken(sighted(json.dumps(record).encode()), NOTHING)[1] == caller


def test_a_placeholder_of_an_account_is_no_caller() -> None:
    """Where an account's id was blotted out, the record says so instead of a guess."""
    record = RECORD | {"userIdentity": {"type": "Root", "accountId": "<MANAGEMENT_ACCT_ID>"}}
    with pytest.raises(BadRecord, match="<MANAGEMENT_ACCT_ID>"):
        taken(sighted(json.dumps(record).encode()), NOTHING)


def test_placeholders_of_event_ids_are_told_apart() -> None:
    """AWS's samples share one eventID, which is none: the digest of the record tells them apart."""
    ids = {
        sighted(
            json.dumps(RECORD | {"eventID": "EXAMPLE8-90ab-cdef-fedc-ba987EXAMPLE", "eventName": name}).encode()
        ).identity
        for name in ("MoveAccount", "CloseAccount")
    }
    assert len(ids) == 2


@pytest.mark.parametrize("time", [None, "yesterday", {}])
def test_a_record_without_a_time(time: Any) -> None:
    """A record whose eventTime is missing or none is told by its eventID."""
    with pytest.raises(BadRecord, match="19fe4c10-f57e-4cb7-a2bc-6b5c30233592: eventTime"):
        sighted(json.dumps(RECORD | {"eventTime": time}).encode())


def test_repeated_keys() -> None:
    """Of a key that is repeated, as in AWS's own sample, the last value counts."""
    content = json.dumps(RECORD)[:-1].encode() + b', "readOnly": true, "readOnly": false}'
    assert not taken(sighted(content), NOTHING)[0].reads


def test_what_an_arn_says() -> None:
    """An ARN tells the organization and its management account; a root's own id counts before that in an OU's."""
    arn = (
        b'{"arn": "arn:aws-cn:organizations::111111111111:ou/o-aa111bb222/ou-zz99-11111111", "id": "ou-zz99-11111111"}'
    )
    assert said(arn) == Known("o-aa111bb222", "111111111111", "r-zz99", "aws-cn")
    assert said(arn[:-1] + b', "parentId": "r-a1b2"}').root == "r-a1b2"


@pytest.mark.parametrize(
    ("document", "why"),
    [
        (b"{", "is no JSON"),
        (b'{"Records": [{"eventSource": 1}]}', "it has no eventSource"),
        (b'{"Records": [null]}', "no JSON object"),
        (b'{"name": "package", "version": "1"}', "it has no eventSource"),
        (b'{"eventSource": "s3.amazonaws.com"', "is no JSON"),
        (b"[1]", "no JSON object"),
    ],
)
def test_what_is_no_record(document: bytes, why: str) -> None:
    """What is none of CloudTrail's is told with what is wrong."""
    (found,) = records_in(document, SOURCE)
    assert isinstance(found, NoRecord)
    assert why in str(found)


def test_other_services_are_not_read_further() -> None:
    """Of other services' records only the source is looked at."""
    document = json.dumps({"Records": [{"eventSource": "s3.amazonaws.com"}, RECORD]}).encode()
    first, second = records_in(document, SOURCE)
    assert first == ("", None)
    assert isinstance(second, tuple)
    assert second[1] is not None


def test_files_and_folders(tmp_path: Path) -> None:
    """Folders are read in the order of names, without CloudTrail's digests and what is no trail; gzip is found out."""
    (tmp_path / "AWSLogs/CloudTrail").mkdir(parents=True)
    (tmp_path / "AWSLogs/CloudTrail-Digest").mkdir()
    packed = tmp_path / "AWSLogs/CloudTrail/b.json.gz"
    packed.write_bytes(gzip.compress(json.dumps({"Records": []}).encode()))
    (tmp_path / "AWSLogs/CloudTrail/a.json").write_text("{}")
    (tmp_path / "AWSLogs/CloudTrail-Digest/d.json.gz").write_bytes(b"")
    (tmp_path / "README.md").write_text("no trail")
    found = files_of([str(tmp_path)])
    assert [Path(file.name).name for file in found] == ["a.json", "b.json.gz"]
    assert list(documents(found[1])) == [(1, b'{"Records": []}')]
    assert files_of([STDIN]) == [TrailFile("the standard input", None)]
    with pytest.raises(FileNotFoundError, match="no such file"):
        files_of([str(tmp_path / "nowhere")])
    with pytest.raises(FileNotFoundError, match="no file in this folder"):
        files_of([str(tmp_path / "AWSLogs/CloudTrail-Digest")])


def test_lines_and_documents(tmp_path: Path) -> None:
    """A file whose first line is JSON is read line by line, any other one as a whole."""
    file = tmp_path / "t.json"
    file.write_text('{"a": 1}\n\n{"b": 2}\n')
    assert [number for number, _ in documents(files_of([str(file)])[0])] == [1, 3]
    file.write_text('{\n"a": 1\n}\n')
    assert len(list(documents(files_of([str(file)])[0]))) == 1


def test_half_a_gzip(tmp_path: Path) -> None:
    """Of a packed file that is cut off, the whole lines are read, and then it is said where it ends."""
    lines = "".join(json.dumps(RECORD | {"eventID": str(number)}) + "\n" for number in range(20_000))
    file = tmp_path / "half.json.gz"
    packed = gzip.compress(lines.encode())
    file.write_bytes(packed[: len(packed) // 2])
    read = documents(files_of([str(file)])[0])
    seen = 0
    with pytest.raises(Unreadable, match=r"^cannot be read to its end behind line \d+: the gzip file is cut"):
        for _ in read:
            seen += 1
    assert seen > 1_000
