"""Servers in processes of their own."""

import signal
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from support.server_process import Process, Start


@pytest.fixture
def start(tmp_path: Path) -> Iterator[Start]:
    """Starts ``orgsim serve`` on a free port in an empty folder."""
    processes: list[Process] = []

    def start(*arguments: str, **keywords: Any) -> Process:
        processes.append(Process(tmp_path, "--port", "0", *arguments, **keywords))
        return processes[-1]

    yield start
    for process in processes:
        process.close()
        if process.process.returncode is None:
            process.end(signal.SIGKILL)
