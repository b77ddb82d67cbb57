"""The half hour of docs/twin.md is followed as it is written."""

import os
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pytest
from support.patience import PATIENCE
from support.repository import ROOT
from support.server_process import ORGSIM, Process, as_nobody

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "twin.md").read_text("utf-8")
URL = "http://127.0.0.1:4570"
PROGRAMS = re.findall(r"Save this as `(\w+\.py)`:\n\n```python\n(.*?)```", PAGE, re.DOTALL)
COMMANDS = re.findall(r"```sh\n(.*?)```", PAGE, re.DOTALL)


@pytest.fixture
def folder(tmp_path: Path) -> Iterator[Path]:
    """The folder of somebody who reads the page, without AWS settings of one's own."""
    with as_nobody():
        yield tmp_path


def follow(commands: str, folder: Path, environment: dict[str, str]) -> str:
    """Run the commands of a step; returns what they print."""
    done = subprocess.run(
        ["sh", "-ec", commands],
        cwd=folder,
        env=environment,
        capture_output=True,
        text=True,
        timeout=PATIENCE,
        check=False,
    )
    assert done.returncode == 0, f"{commands}\n{done.stdout}\n{done.stderr}"
    return done.stdout


def test_the_half_hour(folder: Path) -> None:
    """Every command of the page succeeds, one after the other, and shows what the page says."""
    serve, credentials, *steps = COMMANDS
    _, _, *options = serve.split()
    path = f"{Path(sys.executable).parent}:{ORGSIM.parent}:{os.environ['PATH']}"
    keys = dict(re.findall(r"(AWS_\w+)=(\w+)", credentials))
    process = Process(folder, "--port", "0", *options)
    try:
        for name, code in PROGRAMS:
            (folder / name).write_text(code.replace(URL, process.url), "utf-8")
        environment = {**os.environ, **keys, "PATH": path}
        follow(credentials.replace(URL, process.url), folder, environment)
        said = [follow(step.replace(URL, process.url), folder, environment) for step in steps]
    finally:
        process.end()
    twin, _, drift, caught_up, _ = said
    assert "4 accounts, 1 OU, 1 policy" in twin
    assert "name Prod → Production" in drift
    assert "Nothing differs" in caught_up
    assert "name Prod → Production" in caught_up
    assert {path.name for path in folder.iterdir()} >= {"march", "main.tf", "what-if.db"}
