"""What a benchmark gives back, and the little that all of them need to measure."""

import gc
from collections.abc import Callable, Iterator
from concurrent.futures import ProcessPoolExecutor
from contextlib import contextmanager
from multiprocessing import get_context
from pathlib import Path
from tempfile import TemporaryDirectory
from time import perf_counter
from typing import Literal, ParamSpec, TypeVar

from msgspec import Struct

PATIENCE = 900
"""Seconds after which a process that does not end fails the benchmark."""

P = ParamSpec("P")
T = TypeVar("T")


class Result(Struct, frozen=True, kw_only=True):
    """One figure beside its reference, measured in the same run."""

    name: str
    ours: float
    reference: float | None
    ratio: float | None
    limit: Literal["at least", "at most"] | None
    """Which side of the budget the ratio has to be on; None: a figure for information."""
    budget: float | None
    met: bool | None
    unit: str
    note: str = ""


def at_least(budget: float, name: str, ours: float, reference: float, unit: str, note: str = "") -> Result:
    """A ratio that should be high: ours is as fast as so much of the reference."""
    ratio = ours / reference
    return Result(
        name=name,
        ours=ours,
        reference=reference,
        ratio=ratio,
        limit="at least",
        budget=budget,
        met=ratio >= budget,
        unit=unit,
        note=note,
    )


def at_most(budget: float, name: str, ours: float, reference: float, unit: str, note: str = "") -> Result:
    """A ratio that should be low: ours costs so much of the reference."""
    ratio = ours / reference
    return Result(
        name=name,
        ours=ours,
        reference=reference,
        ratio=ratio,
        limit="at most",
        budget=budget,
        met=ratio <= budget,
        unit=unit,
        note=note,
    )


def information(name: str, ours: float, reference: float | None, unit: str, note: str = "") -> Result:
    """A figure without a budget."""
    ratio = ours / reference if reference else None
    return Result(
        name=name, ours=ours, reference=reference, ratio=ratio, limit=None, budget=None, met=None, unit=unit, note=note
    )


class Stopwatch:
    """Seconds between entering and leaving ``timing``."""

    seconds = 0.0


@contextmanager
def timing() -> Iterator[Stopwatch]:
    """Measure a block, beginning without garbage from before it."""
    gc.unfreeze()
    gc.collect()
    watch = Stopwatch()
    begun = perf_counter()
    yield watch
    watch.seconds = perf_counter() - begun


def timed(action: Callable[[], object]) -> float:
    """The seconds that a call takes."""
    with timing() as watch:
        action()
    return watch.seconds


def apart(measure: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """What a function of a module returns in a fresh process of its own."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, *arguments, **named).result(PATIENCE)


@contextmanager
def scratch() -> Iterator[Path]:
    """A directory for databases, gone afterwards."""
    with TemporaryDirectory(prefix="orgsim-bench-") as directory:
        yield Path(directory)
