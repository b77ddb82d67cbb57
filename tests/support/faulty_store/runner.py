"""The process into which the faulty store is preloaded: it imports orgsim once and forks a child for every case.

A line on stdin is a ``Case``, a line on stdout its ``Outcome``, both in JSON. The process itself never has a thread or
an event loop: what is forked is as good as new.
"""

import gc
import json
import logging
import os
import select
import signal
import sys
import threading
import traceback
import warnings
from collections.abc import Callable
from contextlib import suppress
from dataclasses import asdict, dataclass, field
from functools import partial
from pathlib import Path
from typing import Any

import anyio

from support.faulty_store import shim
from support.faulty_store.shim import COUNTED, Fault, Kind, Place, Way
from support.faulty_store.workload import live
from support.patience import PATIENCE


@dataclass(frozen=True)
class Case:
    """A life of a world on a store that fails.

    Args:
        log: an absolute path; what lies there is continued.
        fault: what goes wrong.
        first: the first step of the life; see ``workload``.
        last: the step before which it ends.
        backend: asyncio or trio.
        trace: where to record every operation, if they are to be recorded.
    """

    log: Path
    fault: Fault
    first: int
    last: int
    backend: str = "asyncio"
    trace: Path | None = None

    def as_json(self) -> str:
        """One line."""
        return json.dumps(asdict(self), default=str)

    @classmethod
    def from_json(cls, line: str) -> "Case":
        """The case of a line."""
        case = json.loads(line)
        fault = case["fault"]
        kinds, places = tuple(map(Kind, fault["kinds"])), tuple(map(Place, fault["places"]))
        case["fault"] = Fault(Way(fault["way"]), fault["number"], kinds, places, fault["error"])
        return cls(**case | {"log": Path(case["log"]), "trace": Path(case["trace"]) if case["trace"] else None})


@dataclass
class Outcome:
    """What became of a case."""

    acknowledged: list[tuple[int, str]] = field(default_factory=list[tuple[int, str]])
    """Position and digest after every step that was acknowledged, in their order."""
    finished: bool = False
    """The life ended, and its log was closed, without an error."""
    killed: bool = False
    hung: bool = False
    error: str = ""
    """The name of the exception's class with which the life ended."""
    message: str = ""
    struck: str = ""
    """At what the fault has struck. A process that is killed no longer says."""
    complaints: list[str] = field(default_factory=list[str])
    """What nobody could catch: errors in threads and destructors, and threads that went on after the end."""
    counts: list[list[int]] = field(default_factory=list[list[int]])
    """How many operations there were, of each kind in each place, if the process was not killed."""


def main() -> None:
    """Play cases until stdin ends."""
    print(json.dumps([kind.name for kind in COUNTED]), flush=True)
    for line in sys.stdin:
        print(json.dumps(asdict(_play(Case.from_json(line)))), flush=True)


def _play(case: Case) -> Outcome:
    source, sink = os.pipe()
    child = os.fork()
    if not child:
        # Whatever happens in a child, it never goes on as its parent would.
        try:
            os.close(source)
            _live(case, lambda **facts: _tell(sink, facts))
        finally:
            os._exit(0)
    os.close(sink)
    try:
        return _outcome(child, source)
    finally:
        os.close(source)


def _tell(sink: int, facts: dict[str, Any]) -> None:
    os.write(sink, json.dumps(facts).encode() + b"\n")


def _outcome(child: int, source: int) -> Outcome:
    outcome, said, piece = Outcome(), b"", b"-"
    while piece and not outcome.hung:
        outcome.hung = not select.select([source], [], [], PATIENCE)[0]
        piece = b"" if outcome.hung else os.read(source, 1 << 16)
        said += piece
    if outcome.hung:
        os.kill(child, signal.SIGKILL)
    _, status = os.waitpid(child, 0)
    outcome.killed = not outcome.hung and os.WIFSIGNALED(status) and os.WTERMSIG(status) == signal.SIGKILL
    for line in said.splitlines():
        facts = json.loads(line)
        if "position" in facts:
            outcome.acknowledged.append((facts["position"], facts["digest"]))
        else:
            vars(outcome).update(facts)
    return outcome


def _live(case: Case, tell: Callable[..., None]) -> None:
    complaints = _collected_complaints()

    def acknowledge(position: int, digest: str) -> None:
        tell(position=position, digest=digest)
        shim.mark(f"{position} {digest}")

    shim.watch(case.log)
    if case.trace:
        shim.record(case.trace)
    shim.arm(case.fault)
    error: BaseException | None = None
    try:
        anyio.run(partial(live, case.log, acknowledge, first=case.first, last=case.last), backend=case.backend)
    except BaseException as caught:
        error = caught
    if error is not None:
        tell(error=type(error).__name__, message="".join(traceback.format_exception_only(error)).strip())
    # Its traceback holds on to what would complain of not having been closed.
    finished = error is None
    error = None
    complaints += _left_behind()
    tell(finished=finished, struck=shim.struck(), counts=shim.counts(), complaints=complaints)


def _collected_complaints() -> list[str]:
    """From now on, whatever Python can only print is in this list."""
    complaints: list[str] = []
    warnings.simplefilter("error")
    sys.unraisablehook = lambda found: complaints.append(f"{found.err_msg or ''} {found.object!r} {found.exc_value!r}")
    threading.excepthook = lambda found: complaints.append(f"{found.thread} {found.exc_value!r}")
    # asyncio tells of tasks and futures whose error nobody has asked for.
    handler = logging.Handler(logging.WARNING)
    handler.emit = lambda record: complaints.append(record.getMessage())
    logging.getLogger().addHandler(handler)
    return complaints


def _left_behind() -> list[str]:
    """What still runs after the end, and was told to end."""
    gc.collect()
    threads = [thread for thread in threading.enumerate() if thread is not threading.current_thread()]
    for thread in threads:
        with suppress(RuntimeError):
            thread.join(0 if thread.daemon else PATIENCE)
    return [f"{thread} goes on" for thread in threads if thread.is_alive() and not thread.daemon]


if __name__ == "__main__":
    main()
