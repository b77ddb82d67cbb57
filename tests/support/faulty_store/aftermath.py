"""What must be true of a log after its store failed, or lost its power, now that the store is sound again."""

from pathlib import Path

import anyio

from orgsim.api import Simulation
from orgsim.api.cli.verify import _verify
from orgsim.engine.log import Chain, verified_envelopes
from orgsim.engine.log.sqlite import SqliteLog
from support.patience import PATIENCE


async def records_of(path: Path) -> list[bytes]:
    """All that a reader finds, which its digests have proved."""
    log = await SqliteLog.open_for_reading(path)
    try:
        envelopes = [envelope async for batch in verified_envelopes(log) for envelope in batch]
        records = await log.read(0, len(envelopes) + 1)
        assert len(records) == len(envelopes) == log.head
    finally:
        await log.close()
    return records


async def assert_sound(
    path: Path, acknowledged: list[tuple[int, str]], reference: list[bytes], *, reader_first: bool
) -> None:
    """The log is whole and goes on.

    Args:
        path: where it lies, or where none has come to be.
        acknowledged: position and digest, in their order.
        reference: the records of the life that nothing has disturbed.
        reader_first: whether a reader is the first to come, or a writer.
    """
    with anyio.fail_after(PATIENCE):
        if not await anyio.Path(path).exists():
            assert not acknowledged, "the log is gone"
            await _assert_goes_on(path, 0)
            return
        if reader_first:
            found = await records_of(path)
            await _assert_verified(path, len(found))
            await _assert_goes_on(path, len(found))
            assert (await records_of(path))[: len(found)] == found, "what a reader has seen is gone"
        else:
            await _assert_goes_on(path, None)
            # Without what went on: the command of its own, and the beginning if even that was missing.
            found = (await records_of(path))[:-1]
            found = found if acknowledged or found != reference[:1] else []
        _assert_nothing_is_missing(found, acknowledged, reference)


def _assert_nothing_is_missing(found: list[bytes], acknowledged: list[tuple[int, str]], reference: list[bytes]) -> None:
    last = acknowledged[-1][0] if acknowledged else 0
    assert len(found) >= last, f"{last} events were acknowledged, {len(found)} are there"
    assert found == reference[: len(found)], "the events are not those that were written"
    chain = Chain()
    for position, digest in acknowledged:
        chain.extend(found[chain.position : position])
        assert (chain.position, chain.digest.hex()) == (position, digest), "the digest is not the acknowledged one"


async def _assert_verified(path: Path, events: int) -> None:
    verified = await _verify(path)
    assert verified.ok, verified.error
    assert verified.events == events


async def _assert_goes_on(path: Path, position: int | None) -> None:
    """One more command is acknowledged, and is there afterwards; a world that had not begun begins."""
    async with Simulation(path, seed=7, durability="off") as sim:
        before = sim.engine.durable
        assert position is None or before == max(position, 1), "the world stands elsewhere than its log"
        await sim.describe_account("999999999999", name="afterwards")
        assert sim.engine.durable == before + 1
    await _assert_verified(path, before + 1)
    assert b"afterwards" in (await records_of(path))[-1]
