"""Ctrl-C while the command still imports: one line, exit code 130, and no traceback."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

INTERRUPTS = """
import os, signal, sys

class Interrupts:
    def find_spec(self, name, path=None, target=None):
        if name == os.environ["INTERRUPTED_AT"]:
            sys.meta_path.remove(self)
            os.kill(os.getpid(), signal.SIGINT)

sys.meta_path.insert(0, Interrupts())
"""
"""A module that Python imports before anything else: it interrupts the process when another is first looked for."""


@pytest.mark.parametrize("command", [("orgsim",), ("python", "-m", "orgsim")], ids=" ".join)
@pytest.mark.parametrize(
    "module", ["orgsim.api", "typer", "anyio", "msgspec", "orgsim.engine.state", "orgsim.api.cli.app"]
)
def test_interrupted_while_it_imports(module: str, command: tuple[str, ...], tmp_path: Path) -> None:
    """Whatever is being imported when Ctrl-C comes, the command says that it was interrupted and is gone."""
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTS)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "INTERRUPTED_AT": module}
    program = Path(sys.executable).with_name(command[0])
    done = subprocess.run(
        [program, *command[1:], "--help"], env=environment, cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert (done.returncode, done.stdout, done.stderr) == (130, "", "orgsim: interrupted\n")


def test_command_that_ignores_interrupts(tmp_path: Path) -> None:
    """Started so that it ignores Ctrl-C, as a shell does in the background, the command goes on."""
    (tmp_path / "sitecustomize.py").write_text(INTERRUPTS)
    environment = os.environ | {"PYTHONPATH": str(tmp_path), "INTERRUPTED_AT": "typer"}
    done = subprocess.run(
        [Path(sys.executable).with_name("orgsim"), "--version"],
        env=environment,
        capture_output=True,
        text=True,
        check=False,
        preexec_fn=lambda: signal.signal(signal.SIGINT, signal.SIG_IGN),
    )
    assert (done.returncode, done.stderr) == (0, "")
    assert done.stdout.startswith("orgsim ")
