"""A store that fails on purpose, for tests: ``with faulty_store() as store: store.run(case)``."""

import json
import os
import shutil
import subprocess
import sys
import tempfile
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from pathlib import Path

from support.faulty_store.runner import Case, Outcome

HERE = Path(__file__).parent


class StoreUnavailable(Exception):
    """No such store can be made on this machine; the message says why."""


class FaultyStore:
    """A process that plays cases, one after the other."""

    def __init__(self, process: "subprocess.Popen[str]") -> None:
        self._process = process

    def run(self, case: Case) -> Outcome:
        """Play one case."""
        (outcome,) = self.run_all([case])
        return outcome

    def run_all(self, cases: Iterable[Case]) -> Iterator[Outcome]:
        """Play many; while the outcome of one is looked at, the next is played already."""
        waiting = 0
        for case in cases:
            assert self._process.stdin
            self._process.stdin.write(case.as_json() + "\n")
            self._process.stdin.flush()
            waiting += 1
            if waiting > 1:
                yield self._outcome()
                waiting -= 1
        for _ in range(waiting):
            yield self._outcome()

    def _outcome(self) -> Outcome:
        assert self._process.stdout
        outcome = Outcome(**json.loads(self._process.stdout.readline()))
        outcome.acknowledged = [(position, digest) for position, digest in outcome.acknowledged]
        return outcome


def build(folder: Path) -> Path:
    """The library, compiled into a folder.

    Raises:
        StoreUnavailable: this is no Linux, or there is no C compiler.
    """
    compiler = shutil.which("cc")
    if sys.platform != "linux" or not compiler:
        raise StoreUnavailable("the faulty store is preloaded on Linux only" if compiler else "there is no C compiler")
    library = folder / "faulty_store.so"
    command = [compiler, "-std=gnu11", "-O1", "-Wall", "-Wextra", "-Werror", "-shared", "-fPIC", "-o", library]
    subprocess.run([*command, HERE / "faulty_store.c", "-ldl", "-pthread"], check=True)
    return library


@contextmanager
def faulty_store() -> Iterator[FaultyStore]:
    """A process that plays cases, for the length of a block.

    Raises:
        StoreUnavailable: no such store can be made on this machine.
    """
    with tempfile.TemporaryDirectory() as folder:
        surroundings = os.environ | {"LD_PRELOAD": str(build(Path(folder))), "PYTHONPATH": str(HERE.parents[1])}
        command = [sys.executable, "-m", "support.faulty_store.runner"]
        with subprocess.Popen(
            command, env=surroundings, text=True, stdin=subprocess.PIPE, stdout=subprocess.PIPE
        ) as process:
            assert process.stdin
            assert process.stdout
            ready = process.stdout.readline()
            assert ready, "the process of the faulty store did not start"
            yield FaultyStore(process)
            process.stdin.close()
