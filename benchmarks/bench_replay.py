"""Replaying a CloudTrail into a durable log: records per second against parsing the same files by msgspec alone.

Ours: ``orgsim replay``'s own function: files read and unpacked, records found, sorted, taken, and written to a new log.
Reference: msgspec decodes the files, unpacked and in memory, into structs with raw elements, and forgets them. A tenth
of the records are of Organizations: one that grows to thousands of accounts, which are moved and tagged; the others are
of another service. For information, the memory of the whole process at its peak; and a trail of Organizations alone.
"""

import gzip
import json
import resource
from collections.abc import Iterator
from itertools import count, islice
from pathlib import Path
from random import Random
from typing import Any
from uuid import UUID

import anyio
import msgspec
from measure import Result, at_least, in_new_process, information, scratch, timed, timing

from orgsim.api.timeline.cloudtrail import SOURCE, Record
from orgsim.api.timeline.trail_in.files import files_of
from orgsim.api.timeline.trail_in.replaying import replay
from orgsim.engine.shapes.trail_times import event_time

BUDGET = 0.1
SHARE = 0.1
ADA, HOME, ROOT = "111111111111", "o-aa111bb222", "r-a1b2"
FIRST_ACCOUNT = 222_222_222_222
MOST_ACCOUNTS, MOST_UNITS = 5_000, 200
PER_FILE = 10_000
START = 1_767_225_600
ADMIN = {
    "type": "AssumedRole",
    "principalId": "AROAEXAMPLE:ada",
    "arn": f"arn:aws:sts::{ADA}:assumed-role/Admin/ada",
    "accountId": ADA,
    "sessionContext": {"sessionIssuer": {"type": "Role", "arn": f"arn:aws:iam::{ADA}:role/Admin", "userName": "Admin"}},
}


class Files(msgspec.Struct):
    """A delivered file, as the reference parses it."""

    records: list[Record[msgspec.Raw]] = msgspec.field(name="Records")


def _record(number: int, source: str, name: str, asked: Any, answer: Any = None, by: Any = ADMIN) -> dict[str, Any]:
    return {
        "eventVersion": "1.11",
        "userIdentity": by,
        "eventTime": event_time((START + number) * 1_000_000),
        "eventSource": source,
        "eventName": name,
        "awsRegion": "us-east-1",
        "sourceIPAddress": "192.0.2.7",
        "userAgent": "aws-cli/2.31 md/awscrt#0.23.4 ua/2.0 os/linux lang/python#3.13",
        "requestParameters": asked,
        "responseElements": answer,
        "requestID": str(UUID(int=2**64 + number)),
        "eventID": str(UUID(int=number)),
        "readOnly": name.startswith("List"),
        "eventType": "AwsApiCall",
        "managementEvent": True,
        "recipientAccountId": ADA,
        "eventCategory": "Management",
        "tlsDetails": {"tlsVersion": "TLSv1.3", "cipherSuite": "TLS_AES_128_GCM_SHA256"},
    }


def records(wanted: int, share: float) -> Iterator[dict[str, Any]]:
    """Records of a growing organization, among those of another service."""
    draw, units, places = Random(1), [ROOT], dict[str, str]()
    arn = f"arn:aws:organizations::{ADA}:"
    for number in range(wanted):
        if draw.random() >= share:
            yield _record(number, "s3.amazonaws.com", "PutBucketTagging", {"bucketName": "b", "tagging": ""})
            continue
        chance = draw.random()
        if len(units) < 3 or (len(units) < MOST_UNITS and chance < 0.02):
            unit = f"ou-a1b2-{len(units):08}"
            answer = {"organizationalUnit": {"id": unit, "name": unit, "arn": f"{arn}ou/{HOME}/{unit}"}}
            yield _record(number, SOURCE, "CreateOrganizationalUnit", {"parentId": ROOT, "name": unit}, answer)
            units.append(unit)
        elif not places or (len(places) < MOST_ACCOUNTS and chance < 0.1):
            account, handshake = str(FIRST_ACCOUNT + len(places)), f"h-{len(places):010}"
            told = {"id": handshake, "arn": f"{arn}handshake/{HOME}/invite/{handshake}", "action": "invite"}
            told |= {"parties": [{"type": "ACCOUNT", "id": account}]}
            by = {"type": "IAMUser", "accountId": account, "userName": "owner"}
            yield _record(number, SOURCE, "AcceptHandshake", {"handshakeId": handshake}, {"handshake": told}, by)
            places[account] = ROOT
        else:
            account = str(FIRST_ACCOUNT + draw.randrange(len(places)))
            yield _change(number, account, draw, units, places)


def _change(number: int, account: str, draw: Random, units: list[str], places: dict[str, str]) -> dict[str, Any]:
    kind = draw.randrange(3)
    if kind == 0:
        return _record(number, SOURCE, "ListParents", {"childId": account})
    if kind == 1:
        tags = [{"key": "team", "value": str(draw.randrange(100))}]
        return _record(number, SOURCE, "TagResource", {"resourceId": account, "tags": tags})
    source, places[account] = places[account], draw.choice(units)
    asked = {"accountId": account, "sourceParentId": source, "destinationParentId": places[account]}
    return _record(number, SOURCE, "MoveAccount", asked)


def write(folder: Path, wanted: int, share: float) -> None:
    """Write a trail as CloudTrail delivers it."""
    folder.mkdir()
    found = records(wanted, share)
    for file in count():
        some = [*islice(found, PER_FILE)]
        if not some:
            return
        content = json.dumps({"Records": some}).encode()
        (folder / f"{file:06}.json.gz").write_bytes(gzip.compress(content, 1))


def _parse(folder: Path) -> float:
    decode = msgspec.json.Decoder(Files).decode
    contents = [gzip.decompress(file.read_bytes()) for file in sorted(folder.iterdir())]
    return timed(lambda: [len(decode(content).records) for content in contents])


def replayed(folder: Path, log: Path, wanted: int) -> tuple[float, float]:
    """Replay a trail into a new log; returns the seconds, and the peak of the process's memory in MB."""

    async def run() -> float:
        with timing() as watch:
            done = await replay(files_of([str(folder)]), log, START * 2_000_000, lambda *_: None)
        summary = done.summary
        assert (summary.read, summary.problems) == (wanted, {})
        assert summary.taken + summary.of_others == wanted
        return watch.seconds

    return anyio.run(run), resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024


def run(quick: bool) -> list[Result]:
    """Measure a mixed trail, and one of Organizations alone."""
    mixed, pure, rounds = (50_000, 10_000, 2) if quick else (1_000_000, 100_000, 2)
    with scratch() as directory:
        # In processes of their own, and before the reference: a new process begins with the memory of this one.
        in_new_process(write, directory / "mixed", mixed, SHARE)
        in_new_process(write, directory / "pure", pure, 1.0)
        ours = [
            in_new_process(replayed, directory / "mixed", directory / f"{number}.db", mixed) for number in range(rounds)
        ]
        reference = [_parse(directory / "mixed") for _ in range(rounds)]
        alone, _ = in_new_process(replayed, directory / "pure", directory / "pure.db", pure)
    seconds, memory = min(ours)
    name = "replay a CloudTrail into a durable log"
    note = f"{mixed:,} records, a tenth of Organizations; reference: msgspec parses them"
    return [
        at_least(BUDGET, name, mixed / seconds, mixed / min(reference), "records/s", note),
        information(f"{name}, of Organizations alone", pure / alone, None, "records/s", f"{pure:,} records"),
        information(f"{name}, memory at its peak", memory, None, "MB", note),
    ]
