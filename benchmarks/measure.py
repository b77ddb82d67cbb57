"""The result of a benchmark, and helpers that benchmarks measure with."""

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

TIMEOUT = 900
"""Seconds after which a process that does not end fails the benchmark."""

P = ParamSpec("P")
T = TypeVar("T")


class Result(Struct, frozen=True, kw_only=True):
    """A measured figure and its reference, measured in the same run."""

    name: str
    ours: float
    reference: float | None
    ratio: float | None
    limit: Literal["at least", "at most"] | None
    """The side of the budget on which the ratio must be; None: a figure for information."""
    budget: float | None
    met: bool | None
    unit: str
    note: str = ""


def at_least(budget: float, name: str, ours: float, reference: float, unit: str, note: str = "") -> Result:
    """A result whose ratio, ours to the reference, must be at least the budget: speeds."""
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
    """A result whose ratio, ours to the reference, must be at most the budget: costs."""
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
    """A result without a budget."""
    ratio = ours / reference if reference else None
    return Result(
        name=name, ours=ours, reference=reference, ratio=ratio, limit=None, budget=None, met=None, unit=unit, note=note
    )


class Stopwatch:
    """Holds the seconds that a ``timing`` block took."""

    seconds = 0.0


@contextmanager
def timing(clock: Callable[[], float] = perf_counter) -> Iterator[Stopwatch]:
    """Measure the time of a block, by a clock that tells seconds, after collecting the garbage from before it."""
    gc.unfreeze()
    gc.collect()
    watch = Stopwatch()
    begun = clock()
    yield watch
    watch.seconds = clock() - begun


def timed(action: Callable[[], object]) -> float:
    """Call a function and return the seconds that it took."""
    with timing() as watch:
        action()
    return watch.seconds


def in_new_process(measure: Callable[P, T], *arguments: P.args, **named: P.kwargs) -> T:
    """Call a function of a module in a new process, and return its result."""
    with ProcessPoolExecutor(1, get_context("spawn")) as process:
        return process.submit(measure, *arguments, **named).result(TIMEOUT)


@contextmanager
def scratch() -> Iterator[Path]:
    """Make a directory for databases, and delete it afterwards."""
    with TemporaryDirectory(prefix="orgsim-bench-") as directory:
        yield Path(directory)
