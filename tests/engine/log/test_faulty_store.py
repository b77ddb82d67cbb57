"""A store that fails at any operation: what was acknowledged is there, and the world goes on.

``ORGSIM_CAMPAIGN=1`` lets every operation fail in every way; otherwise a sample does, evenly spread.
"""

import errno
import shutil
from collections.abc import Iterator
from dataclasses import dataclass
from functools import partial
from itertools import count
from pathlib import Path
from random import Random

import anyio
import pytest
from support.campaign import CAMPAIGN
from support.faulty_store.aftermath import assert_sound, records_of
from support.faulty_store.power_loss import Disk, acknowledged_before, read_trace
from support.faulty_store.runner import Case, Outcome
from support.faulty_store.shim import Fault, Kind, Place, Way
from support.faulty_store.store import FaultyStore, StoreUnavailable, faulty_store
from support.faulty_store.workload import HALF, WHOLE

pytestmark = [pytest.mark.slow, pytest.mark.campaign]

SAMPLE = 5
"""So many of the operations of a life fail in the short run, in each way."""

WAYS: dict[str, Fault] = {
    "killed before": Fault(Way.KILL_BEFORE),
    "killed after": Fault(Way.KILL_AFTER),
    "torn": Fault(Way.TEAR, kinds=(Kind.WRITE,)),
    "error": Fault(Way.FAIL_ONCE, error=errno.EIO),
    "no room once": Fault(Way.FAIL_ONCE, error=errno.ENOSPC),
    "no room any more": Fault(Way.FAIL_FROM_THEN_ON, error=errno.ENOSPC),
}


@dataclass
class Life:
    """A life that nothing has disturbed: what failing ones begin with, and are compared with."""

    begun: Path
    """The folder as it is found."""
    first: int
    last: int
    records: list[bytes]
    counts: list[list[int]]

    def operations(self, fault: Fault) -> int:
        """How many operations there are at which the fault can strike."""
        return sum(self.counts[kind][place] for kind in fault.kinds for place in fault.places)


@pytest.fixture(scope="module")
def store() -> Iterator[FaultyStore]:
    """The store, where one can be made."""
    try:
        with faulty_store() as store:
            yield store
    except StoreUnavailable as reason:
        pytest.skip(str(reason))


@pytest.fixture(scope="module")
def folders(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """New folders, one after the other."""
    parent = tmp_path_factory.mktemp("stores")
    return (parent / str(number) for number in count())


@pytest.fixture(scope="module")
def lives(store: FaultyStore, folders: Iterator[Path]) -> dict[str, Life]:
    """A new log; one that is continued; one that is continued after its writer was killed."""
    begun = {"new": next(folders), "closed": next(folders), "killed": next(folders)}
    for folder in begun.values():
        folder.mkdir()
    assert store.run(Case(begun["closed"] / "w.db", Fault(), 0, HALF)).finished
    # Killed when all was written, and nothing had been put into order for the end.
    closing = Fault(Way.KILL_BEFORE, kinds=(Kind.UNLINK,), places=(Place.WAL,))
    assert store.run(Case(begun["killed"] / "w.db", closing, 0, HALF)).killed
    return {name: undisturbed(store, folder, 0 if name == "new" else HALF, folders) for name, folder in begun.items()}


def undisturbed(store: FaultyStore, begun: Path, first: int, folders: Iterator[Path]) -> Life:
    """A life on a store that does not fail."""
    path = shutil.copytree(begun, next(folders)) / "w.db"
    outcome = store.run(Case(path, Fault(), first, WHOLE))
    assert outcome.finished, outcome
    assert outcome.complaints == []
    # What is written to the log's own file is written by checkpoints.
    checkpointed = outcome.counts[Kind.WRITE][Place.LOG]
    print(f"writes of checkpoints: {checkpointed}, of transactions: {outcome.counts[Kind.WRITE][Place.WAL]}")
    assert checkpointed > 20, "this life has met no checkpoints, so nothing can go wrong in one"
    return Life(begun, first, WHOLE, anyio.run(records_of, path), outcome.counts)


def numbers(operations: int, sample: int = SAMPLE) -> list[int]:
    """At which operations something goes wrong."""
    stride = 1 if CAMPAIGN else max(1, operations // sample)
    return list(range(1, operations + 1, stride))


@pytest.mark.parametrize("life", ["new", "closed", "killed"])
@pytest.mark.parametrize("way", WAYS)
def test_log_survives_a_store_that_fails(
    way: str, life: str, store: FaultyStore, lives: dict[str, Life], folders: Iterator[Path]
) -> None:
    """Whichever operation goes wrong, nothing acknowledged is lost, the log is sound, and the world goes on."""
    fault, old = WAYS[way], lives[life]
    wrong: list[str] = []
    cases = [case_of(old, fault, number, next(folders)) for number in numbers(old.operations(fault))]
    for case, outcome in zip(cases, store.run_all(cases), strict=True):
        try:
            assert_told(case, outcome)
            look = partial(assert_sound, reader_first=case.fault.number % 2 == 0)
            anyio.run(look, case.log, outcome.acknowledged, old.records, backend=case.backend)
        except Exception as error:
            wrong.append(f"{case.fault} {outcome.struck}: {type(error).__name__}: {error}")
        shutil.rmtree(case.log.parent)
    print(f"{way}, {life}: {len(cases)} of {old.operations(fault)} operations")
    assert not wrong, "\n".join(wrong)


def case_of(life: Life, fault: Fault, number: int, folder: Path) -> Case:
    """The life once more, and something goes wrong at an operation. Every fourth is lived on trio."""
    shutil.copytree(life.begun, folder)
    fault = Fault(fault.way, number, fault.kinds, fault.places, fault.error)
    return Case(folder / "w.db", fault, life.first, life.last, "asyncio" if number % 4 else "trio")


def assert_told(case: Case, outcome: Outcome) -> None:
    """A process that was not killed has ended, and has said clearly what was wrong, if anything was."""
    assert not outcome.hung
    assert outcome.complaints == []
    if case.fault.way in (Way.KILL_BEFORE, Way.KILL_AFTER, Way.TEAR):
        assert outcome.killed
        return
    assert not outcome.killed
    assert outcome.struck
    if not outcome.finished:
        assert outcome.error in ("EngineStopped", "LogError", "LogUnwritable"), outcome.message
        assert str(case.log) in outcome.message
        assert "Group" not in outcome.message


@pytest.mark.parametrize("life", ["new", "closed", "killed"])
def test_log_survives_a_loss_of_power(
    life: str, store: FaultyStore, lives: dict[str, Life], folders: Iterator[Path]
) -> None:
    """Whatever part of what was not synced is there when power comes back, all that was acknowledged is."""
    old, folder = lives[life], next(folders)
    trace = folder.with_suffix(".trace")
    shutil.copytree(old.begun, folder)
    assert store.run(Case(folder / "w.db", Fault(), old.first, old.last, trace=trace)).finished
    operations = read_trace(trace)
    disk, chance, wrong = Disk(old.begun, folder), Random(life), list[str]()
    points = set(numbers(len(operations), 3 * SAMPLE))
    for point, operation in enumerate(operations, 1):
        disk.play(operation)
        if point not in points:
            continue
        image = next(folders)
        image.mkdir()
        for name, content in disk.after_power_loss(chance).items():
            (image / name).write_bytes(content)
        try:
            look = partial(assert_sound, reader_first=point % 2 == 0)
            anyio.run(look, image / "w.db", acknowledged_before(operations, point), old.records)
        except Exception as error:
            wrong.append(f"after operation {point}, {operation.kind.name} {operation.path.name}: {error!r}")
        shutil.rmtree(image)
    print(f"power loss, {life}: {len(points)} of {len(operations)} operations")
    assert not wrong, "\n".join(wrong)
