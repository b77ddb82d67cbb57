"""``orgsim serve`` in a process of its own, as its users run it."""

import os
import re
import signal
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

from support.loopback_server import Served

ORGSIM = Path(sys.executable).with_name("orgsim")
ENVIRONMENT = {name: value for name, value in os.environ.items() if name not in ("COLUMNS", "FORCE_COLOR")}


class Process(Served):
    """A running ``orgsim serve``, started under limits of the shell if there are any: ``ulimit="-n 256"``."""

    def __init__(self, folder: Path, *arguments: str, ulimit: str = "") -> None:
        self.errors = (folder / "stderr").open("w+b")
        few = ["sh", "-c", f'ulimit {ulimit} && exec "$@"', "sh"] if ulimit else []
        command = [*few, ORGSIM, "serve", *arguments]
        self.process = subprocess.Popen(
            command, cwd=folder, env=ENVIRONMENT, stdout=subprocess.PIPE, stderr=self.errors
        )
        assert self.process.stdout is not None
        self.ready = self.process.stdout.readline().decode()
        found = re.search(r"http://[^\"\s]+", self.ready)
        if not found:
            self.end(signal.SIGKILL)
            pytest.fail(f"not ready: {self.ready!r} {self.log}")
        super().__init__(found[0], None, None)

    @property
    def log(self) -> str:
        """What stands on stderr."""
        self.errors.seek(0)
        return self.errors.read().decode()

    def end(self, by: signal.Signals = signal.SIGTERM) -> tuple[int, str, str]:
        """End it; exit code, and what stands on stdout behind the ready line and on stderr."""
        if self.process.poll() is None:
            self.process.send_signal(by)
        out, _ = self.process.communicate(timeout=20)
        log = self.log
        self.errors.close()
        return self.process.returncode, out.decode(), log


Start = Callable[..., Process]
"""Starts one on a free port."""
