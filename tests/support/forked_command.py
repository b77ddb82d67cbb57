"""The command ``orgsim`` in a process of its own that starts at once: forked off one that has imported what it needs.

It has files, signals and an exit code of its own, as any other. What is not tested with it is how Python starts.
"""

import os
import resource
import signal
import sys
from collections.abc import Mapping, Sequence
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from pathlib import Path
from typing import IO

from orgsim.__main__ import main

FORKS = get_context("forkserver")
FORKS.set_forkserver_preload([f"orgsim.api.{name}" for name in ("cli.simulate", "cli.serve", "server.run")])


Limits = Mapping[int, tuple[int, int]]
"""Limits of ``resource``, soft and hard: ``{RLIMIT_NOFILE: (256, 256)}``."""


def full_disk(size: int) -> Limits:
    """Limits with which no file can grow beyond a size in bytes: what a full disk is to SQLite."""
    return {resource.RLIMIT_FSIZE: (size, resource.RLIM_INFINITY)}


def _run(arguments: Sequence[str], folder: Path, out: Connection, err: str, limits: Limits) -> None:
    os.chdir(folder)
    sys.stdout = os.fdopen(os.dup2(out.fileno(), 1), "w")
    sys.stderr = os.fdopen(os.dup2(os.open(err, os.O_WRONLY | os.O_CREAT | os.O_TRUNC), 2), "w")
    for name in ("COLUMNS", "FORCE_COLOR"):
        os.environ.pop(name, None)
    # On its full disk Python would leave half a file of bytecode, which nobody could import any more.
    sys.dont_write_bytecode = True
    for limit, (soft, hard) in limits.items():
        resource.setrlimit(limit, (soft, hard))
    sys.argv = ["orgsim", *arguments]
    main()


class Command:
    """A running command; the methods are those of ``subprocess.Popen``.

    Args:
        folder: its working directory.
        arguments: of the command.
        err: the file for what it prints on stderr.
        limits: of the process; the others are those of this one.
    """

    def __init__(self, folder: Path, arguments: Sequence[str], err: Path, limits: Limits | None = None) -> None:
        self._err = err
        out, theirs = FORKS.Pipe(duplex=False)
        self._process = FORKS.Process(target=_run, args=(arguments, folder, theirs, str(err), limits or {}))
        self._process.start()
        theirs.close()
        self.stdout: IO[bytes] = os.fdopen(os.dup(out.fileno()), "rb")
        out.close()
        self.pid: int = self._process.pid or 0

    @property
    def returncode(self) -> int | None:
        """The exit code, negative for a signal; None while it runs."""
        return self._process.exitcode

    def poll(self) -> int | None:
        """The exit code, or None while it runs."""
        return self._process.exitcode

    def wait(self, timeout: float | None = None) -> int | None:
        """The exit code when it has ended, or None if it still runs after so many seconds."""
        self._process.join(timeout)
        return self._process.exitcode

    def send_signal(self, number: signal.Signals) -> None:
        """Send it a signal, unless it has ended."""
        # It is the fork server's child, so its number is free as soon as it has ended.
        with suppress(ProcessLookupError):
            os.kill(self.pid, number)

    def kill(self) -> None:
        """Kill it."""
        self._process.kill()

    def communicate(self) -> tuple[str, str]:
        """Wait for its end; returns what it printed on stdout, but for what was read of it before, and on stderr."""
        with self.stdout:
            out = self.stdout.read().decode()
        self._process.join()
        return out, self._err.read_text()
