"""Put records in order: by time, and within a second such that nothing is used before it was made.

CloudTrail delivers in no order. What does not fit into memory is sorted in parts, which go to a file and are merged.
"""

import heapq
import re
from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from itertools import groupby
from tempfile import TemporaryFile
from typing import IO, Any, cast

import msgspec
from msgspec import Struct
from msgspec.msgpack import Decoder, Encoder

from .records import TrailRecord

MOST_IN_MEMORY = 64 * 1024 * 1024
"""Bytes of records that are sorted at once."""

THINGS = re.compile(rb'"((?:ou|p|h|car|rp|rt)-[0-9A-Za-z_-]+|[0-9]{12})"')
PARTS = ("requestParameters", "responseElements", "serviceEventDetails")

MAKE = {
    "CreateOrganizationalUnit": "ou-",
    "CreatePolicy": "p-",
    "InviteAccountToOrganization": "h-",
    "InviteOrganizationToTransferResponsibility": "h-",
    "EnableAllFeatures": "h-",
    "CreateAccount": "car-",
    "CreateGovCloudAccount": "car-",
}
"""Event name to how the ids of things begin that its records are the first to name."""

END = {"DeleteOrganizationalUnit": "ou-", "DeletePolicy": "p-"}
"""Event name to how the ids of things begin that are gone afterwards."""

RANKS = {
    "CreateOrganization": 0,
    "AccountJoinedOrganization": 2,
    "AccountDepartedOrganization": 2,
    "ResponsibilityTransferAccepted": 2,
    "ResponsibilityTransferTerminated": 2,
    "DeleteOrganization": 3,
}
"""What comes first and last of one moment; AWS's events about memberships and transfers tell what calls have told."""

_encode = Encoder().encode
_decode = Decoder(TrailRecord).decode
_read_json = msgspec.json.Decoder(dict[str, Any]).decode
_write_json = msgspec.json.Encoder().encode


class Sorter:
    """Takes records in any order, and gives them back in the right one; ``close`` it in the end."""

    def __init__(self, most_in_memory: int = MOST_IN_MEMORY) -> None:
        self._most = most_in_memory
        self._gathered: list[TrailRecord] = []
        self._bytes = 0
        self._parts: list[IO[bytes]] = []

    def add(self, record: TrailRecord) -> None:
        """Take a record."""
        self._gathered.append(record)
        self._bytes += len(record.content)
        if self._bytes > self._most:
            part = TemporaryFile()  # noqa: SIM115  # closed by ``close``
            for each in _sorted(self._gathered):
                encoded = _encode(each)
                part.write(len(encoded).to_bytes(4, "big") + encoded)
            self._parts.append(part)
            self._gathered, self._bytes = [], 0

    def ordered(self) -> Iterator[TrailRecord]:
        """All records in order."""
        parts = [_read(part) for part in self._parts]
        merged = heapq.merge(*parts, _sorted(self._gathered), key=_time)
        for _, together in groupby(merged, key=_time):
            yield from in_order(list(together))

    def close(self) -> None:
        """Remove the files."""
        for part in self._parts:
            part.close()


def _time(record: TrailRecord) -> int:
    return record.time


def _sorted(records: list[TrailRecord]) -> list[TrailRecord]:
    # Stable: what was delivered first comes first where nothing else tells.
    return sorted(records, key=_time)


def _read(part: IO[bytes]) -> Iterator[TrailRecord]:
    part.seek(0)
    while size := part.read(4):
        yield _decode(part.read(int.from_bytes(size, "big")))


class _Sight(Struct):
    """What the order of records of one moment depends on."""

    name: str
    things: set[str]
    """The ids that it names."""
    made: set[str]
    """Those that others name only afterwards."""
    ended: set[str]
    """Those that others name only before."""


def in_order(records: list[TrailRecord]) -> Iterable[TrailRecord]:
    """Order the records of one moment: a thing is made before others name it, and gone after that."""
    if len(records) == 1:
        return records
    sights = [_sight(record) for record in records]
    made = {thing: number for number, sight in enumerate(sights) for thing in sight.made}
    ended = {thing: number for number, sight in enumerate(sights) for thing in sight.ended}
    before: dict[int, set[int]] = defaultdict(set)
    for number, sight in enumerate(sights):
        for thing in sight.things:
            before[number].add(made.get(thing, number))
            before[ended.get(thing, number)].add(number)
    return [records[number] for number in _sequence([RANKS.get(sight.name, 1) for sight in sights], before)]


def _sight(record: TrailRecord) -> _Sight:
    read = _read_json(record.content)
    name = str(read.get("eventName"))
    if name in RANKS:
        return _Sight(name, set(), set(), set())
    asked, things = _things(read, PARTS[:1]), _things(read, PARTS)
    made, ended = MAKE.get(name, " "), END.get(name, " ")
    # What the request names, such as the parent of a new OU, was there before.
    sight = _Sight(name, things, {each for each in things - asked if each.startswith(made)}, set())
    sight.ended = {each for each in things if each.startswith(ended)}
    if name == "AcceptHandshake" and b'"action":"invite"' not in _write_json(read.get("responseElements")):
        return sight
    return _with_members(sight, str(_part(read, "userIdentity").get("accountId")))


def _things(read: dict[str, Any], parts: Sequence[str]) -> set[str]:
    return {found.decode() for found in THINGS.findall(_write_json([read.get(part) for part in parts]))}


def _with_members(sight: _Sight, caller: str) -> _Sight:
    """Accounts are there when they have been made or have joined, until they leave; but they are invited outside."""
    accounts = {each for each in sight.things if each.isdigit()}
    if sight.name in ("InviteAccountToOrganization", "InviteOrganizationToTransferResponsibility"):
        sight.things -= accounts
    elif sight.name == "CreateAccountResult":
        sight.made |= accounts
    elif sight.name == "AcceptHandshake":
        sight.things -= accounts
        sight.made.add(caller)
    elif sight.name == "RemoveAccountFromOrganization":
        sight.ended |= accounts
    elif sight.name == "LeaveOrganization":
        sight.ended.add(caller)
    return sight


def _part(read: dict[str, Any], name: str) -> dict[str, Any]:
    part = read.get(name)
    return cast("dict[str, Any]", part) if isinstance(part, dict) else {}


def _sequence(ranks: list[int], before: dict[int, set[int]]) -> Iterator[int]:
    """Numbers such that each comes after those that must be before it; otherwise as they are. Circles are cut."""
    waiting = {number: before.get(number, set()) - {number} for number in range(len(ranks))}
    after: dict[int, list[int]] = defaultdict(list)
    for number, needed in waiting.items():
        for each in needed:
            after[each].append(number)
    ready = [(ranks[number], number) for number, needed in waiting.items() if not needed]
    heapq.heapify(ready)
    while waiting:
        _, number = heapq.heappop(ready) if ready else (0, min(waiting))
        if number not in waiting:
            continue
        del waiting[number]
        yield number
        for each in after[number]:
            if each in waiting:
                waiting[each].discard(number)
                if not waiting[each]:
                    heapq.heappush(ready, (ranks[each], each))
