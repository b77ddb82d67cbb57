"""What every event log has to do: one contract, run on each of them.

A test file derives a class from ``EventLogContract`` and says how a log is made. ``reference_digest`` is the chain,
written down a second time.
"""

from abc import ABC, abstractmethod
from collections.abc import AsyncIterator, Iterator, Sequence
from contextlib import AbstractAsyncContextManager
from hashlib import sha256
from itertools import count, pairwise
from pathlib import Path

import anyio
import anyio.lowlevel
import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from orgsim.engine.events import TimeAdvanced
from orgsim.engine.events.envelope import Envelope, encode_envelope
from orgsim.engine.log import EventLog, LogDamaged, LogError, verified_envelopes

SEGMENT = 256
GENESIS = bytes(32)

BOUNDARIES = [1, 255, 256, 257, 512, 5000]
"""Numbers of records around the ends of segments."""

SIZES = st.lists(st.integers(1, 400), max_size=8)
"""Sizes of batches."""


def envelope_at(position: int) -> Envelope:
    """An event as the engine would store it, different at each position."""
    return Envelope(position, position * 1_000_000, TimeAdvanced(), "AdvanceTime", None, None, position)


def records_up_to(last: int, after: int = 0) -> list[bytes]:
    """Encoded envelopes for the positions ``after + 1`` to ``last``."""
    return [encode_envelope(envelope_at(position)) for position in range(after + 1, last + 1)]


def reference_digest(records: Sequence[bytes]) -> bytes:
    """Segments of 256 records, each hashed behind the digest of the segment before."""
    digest = GENESIS
    for start in range(0, len(records), SEGMENT):
        digest = sha256(digest + b"".join(records[start : start + SEGMENT])).digest()
    return digest


async def append_in_batches(log: EventLog, records: Sequence[bytes], edges: Sequence[int]) -> None:
    """Append the records, a new batch beginning at each of the edges."""
    for first, last in pairwise([0, *edges, len(records)]):
        if first < last:
            await log.append(log.head, records[first:last])


class EventLogContract(ABC):
    """The tests; a derived class makes the logs."""

    @abstractmethod
    def fresh_log(self, path: Path) -> AbstractAsyncContextManager[EventLog]:
        """A new empty log, at the path if it is one that lies in a file."""

    @pytest.fixture
    def paths(self, tmp_path: Path) -> Iterator[Path]:
        """A new path each time."""
        return (tmp_path / f"{number}.db" for number in count())

    @pytest.fixture
    async def log(self, anyio_backend: str, paths: Iterator[Path]) -> AsyncIterator[EventLog]:
        """An empty log."""
        async with self.fresh_log(next(paths)) as log:
            yield log

    async def test_empty_log_holds_nothing(self, log: EventLog) -> None:
        """A new log has no records, no seals, and the digest that every chain begins with."""
        assert log.head == 0
        assert log.digest == GENESIS
        assert await log.read(0, 10) == []
        assert await log.seals(0, 10) == {}
        assert await log.first_changed(0, 10) is None
        assert [batch async for batch in verified_envelopes(log)] == []

    async def test_what_was_appended_is_read(self, log: EventLog) -> None:
        """Records come back byte for byte, whatever is in them, from the position at which they were appended."""
        records = [b"\x00", bytes(range(256)), "größer".encode(), b"x" * 1_000_000, b"last"]
        await log.append(0, records[:2])
        await log.append(2, records[2:])
        assert log.head == 5
        assert await log.read(0, 10) == records

    async def test_appended_records_are_the_log_s_own(self, log: EventLog) -> None:
        """The list that was appended, or one that was read, may be changed afterwards."""
        records = records_up_to(3)
        await log.append(0, records)
        records.clear()
        (await log.read(0, 3)).clear()
        assert await log.read(0, 3) == records_up_to(3)
        assert log.head == 3

    @pytest.mark.parametrize(
        ("after", "limit"),
        [(0, 0), (0, 1), (0, 600), (0, 10_000), (599, 1), (599, 5), (600, 5), (255, 2), (100, 300), (700, 3)],
    )
    async def test_any_range_can_be_read(self, log: EventLog, after: int, limit: int) -> None:
        """A read gives what stands in the range, and nothing where the log has ended."""
        records = records_up_to(600)
        await log.append(0, records)
        assert await log.read(after, limit) == records[after : after + limit]

    async def test_empty_batch_changes_nothing(self, log: EventLog) -> None:
        """To append nothing is allowed, at the start and later."""
        await log.append(0, [])
        assert (log.head, log.digest) == (0, GENESIS)
        await log.append(0, records_up_to(256))
        await log.append(256, [])
        assert (log.head, log.digest) == (256, reference_digest(records_up_to(256)))

    @pytest.mark.parametrize("expected", [0, 2, 4, 300])
    async def test_append_elsewhere_is_refused(self, log: EventLog, expected: int) -> None:
        """An append at any position but the head raises, appends nothing, and does not disturb the chain."""
        await log.append(0, records_up_to(3))
        with pytest.raises(LogError) as refusal:
            await log.append(expected, [b"stray"] * 300)
        assert log.name in str(refusal.value)
        assert "3" in str(refusal.value)
        assert log.head == 3
        assert log.digest == reference_digest(records_up_to(3))
        assert await log.read(0, 1_000) == records_up_to(3)
        await log.append(3, records_up_to(300, after=3))
        assert log.digest == reference_digest(records_up_to(300))

    @pytest.mark.parametrize("number", BOUNDARIES)
    async def test_digest_is_the_chain_over_all_records(self, log: EventLog, number: int) -> None:
        """The digest at the head is that of the definition, at the ends of segments and beside them."""
        records = records_up_to(number)
        await log.append(0, records)
        assert log.digest == reference_digest(records)

    @pytest.mark.parametrize("number", BOUNDARIES)
    async def test_seals_are_the_digests_at_ends_of_segments(self, log: EventLog, number: int) -> None:
        """Every completed segment is sealed, the head too, and a range gives those that stand in it."""
        records = records_up_to(number)
        await append_in_batches(log, records, [number // 3, number // 2])
        ends = {*range(SEGMENT, number + 1, SEGMENT), number}
        seals = {end: reference_digest(records[:end]) for end in ends}
        assert await log.seals(0, number) == seals
        assert await log.seals(0, number + 1_000) == seals
        assert await log.seals(number, number + 1_000) == {}
        for after, last in ((0, 255), (255, 256), (256, 511), (256, 512), (100, 4_999)):
            expected = {end: digest for end, digest in seals.items() if after < end <= last}
            assert await log.seals(after, last) == expected

    @settings(
        derandomize=True,
        deadline=None,
        max_examples=10,
        suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.differing_executors],
    )
    @given(sizes=SIZES)
    async def test_digest_is_independent_of_batching(self, paths: Iterator[Path], sizes: list[int]) -> None:
        """However the records came in, digest, seals and records are the same."""
        records = records_up_to(sum(sizes))
        async with self.fresh_log(next(paths)) as log:
            for size in sizes:
                await log.append(log.head, records[log.head : log.head + size])
            assert log.digest == reference_digest(records)
            assert await log.read(0, 10_000) == records
            sealed = await log.seals(0, len(records))
            assert all(digest == reference_digest(records[:end]) for end, digest in sealed.items())
            assert sealed.keys() == {*range(SEGMENT, len(records) + 1, SEGMENT), *([len(records)] if records else [])}

    @pytest.mark.parametrize("edges", [range(1, 520), [256], [255, 256, 257], [512], [1, 511], []])
    async def test_digest_is_independent_of_batching_at_boundaries(self, log: EventLog, edges: Sequence[int]) -> None:
        """Batches that end at, before or behind the end of a segment, or of one record each, give the same digest."""
        await append_in_batches(log, records_up_to(520), edges)
        assert log.digest == reference_digest(records_up_to(520))

    async def test_two_logs_are_two(self, log: EventLog, paths: Iterator[Path]) -> None:
        """What is appended to one log is not in another."""
        async with self.fresh_log(next(paths)) as other:
            await log.append(0, records_up_to(3))
            assert other.head == 0
            assert await other.read(0, 10) == []

    async def test_reading_never_goes_beyond_the_head(self, log: EventLog) -> None:
        """While an append is under way a read gives only what is durable already."""
        await log.append(0, records_up_to(10))
        excess: list[int] = []
        appended = anyio.Event()

        async def append() -> None:
            await log.append(10, records_up_to(30_000, after=10))
            appended.set()

        async with anyio.create_task_group() as tasks:
            tasks.start_soon(append)
            while not appended.is_set():
                await anyio.lowlevel.checkpoint()
                length = len(await log.read(0, 100_000))
                if length > log.head:
                    excess.append(length)
        assert excess == []
        assert log.head == 30_000

    @pytest.mark.parametrize("number", [1, 256, 300, 40_000])
    async def test_verified_envelopes_are_all_that_was_appended(self, log: EventLog, number: int) -> None:
        """The whole log comes back decoded, in order, each event at its own position."""
        await log.append(0, records_up_to(number))
        envelopes = [envelope async for batch in verified_envelopes(log) for envelope in batch]
        assert envelopes == [envelope_at(position) for position in range(1, number + 1)]

    async def test_event_in_the_wrong_place_is_damage(self, log: EventLog) -> None:
        """An event that says another position than the one at which it stands is found, and both are named."""
        records = records_up_to(9)
        await log.append(0, [*records[:4], records[7], *records[5:]])
        with pytest.raises(LogDamaged, match="position 8 stands there") as damage:
            assert [batch async for batch in verified_envelopes(log)]
        assert damage.value.position == 5

    @pytest.mark.parametrize("record", [b"", b"no event", b"\x90", encode_envelope(envelope_at(5)) + b"\x00"])
    async def test_record_that_is_no_event_is_damage(self, log: EventLog, record: bytes) -> None:
        """What cannot be decoded as one event is found, and its position named."""
        records = records_up_to(9)
        await log.append(0, [*records[:4], record, *records[5:]])
        with pytest.raises(LogDamaged) as damage:
            assert [batch async for batch in verified_envelopes(log)]
        assert damage.value.position == 5
        assert log.name in str(damage.value)
