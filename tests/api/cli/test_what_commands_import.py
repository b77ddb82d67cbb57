"""What each command imports before it begins: what takes long is imported by the commands that need it."""

import json
import subprocess
import sys

import pytest

from orgsim.api.cli.app import COMMANDS

EACH_COMMAND = """
import json, os, sys
from orgsim.api.cli.app import COMMANDS, load

for name in ("--version", *COMMANDS):
    if not os.fork():
        load([name])
        print(json.dumps([name, sorted(sys.modules)]), flush=True)
        os._exit(0)
    os.wait()
"""

SCENARIO, TIMELINE, TWIN = "orgsim.api.load.scenario", "orgsim.api.timeline", "orgsim.api.timeline.twin"
PLAY, REPORT, PLAN = "orgsim.api.load.play", "orgsim.api.load.report", "orgsim.api.load.plan"
SWEEP, SERVER, SERVING = "orgsim.api.load.sweep", "orgsim.api.server", "orgsim.api.server.run"
ROOMS = (SCENARIO, PLAY, PLAN, REPORT, SWEEP, TIMELINE, TWIN, SERVER, SERVING)

NEEDED = {
    "check": {SCENARIO, PLAN, TIMELINE, TWIN},
    "figures": {SCENARIO, TIMELINE, TWIN},
    "plan": {SCENARIO, PLAN, PLAY, TIMELINE, TWIN},
    "simulate": {SCENARIO, PLAN, PLAY, TIMELINE, TWIN},
    "sweep": {SCENARIO, PLAY, SWEEP, TIMELINE, TWIN},
    "serve": {SERVER},
    "timeline": {TIMELINE},
    "diff": {TIMELINE, TWIN},
    "why": {TIMELINE},
    "replay": {TIMELINE},
    "import": {SCENARIO, TIMELINE, TWIN},
    "trail": {TIMELINE, SERVER},
    "dump": {TIMELINE, TWIN},
}
"""Which of the rooms a command needs, if any. Scenarios may begin with the dump of a real organization."""

SLOW = {
    *("uvicorn", "httptools", "plotly", "distributed", "dask", "pyarrow", "botocore", "boto3", "trio", "pytest"),
    *("rich.progress", "rich.live", "http.client", "urllib.request", "unittest"),
}
"""What no command needs before it knows what it is to do."""

BEGINS = """
import atexit, gc, json, sys
from orgsim.__main__ import main

collections = []
gc.callbacks.append(lambda *_: collections.append(gc.get_freeze_count()) if "typer" in sys.modules else None)
atexit.register(lambda: print(json.dumps([gc.isenabled(), gc.get_freeze_count(), collections.count(0)])))
sys.argv = ["orgsim", "--version"]
main()
"""


def output_of(code: str) -> list[str]:
    """The lines that Python code prints."""
    return subprocess.run([sys.executable, "-c", code], capture_output=True, check=True, text=True).stdout.splitlines()


@pytest.fixture(scope="module")
def imported() -> dict[str, set[str]]:
    """All modules that are there when a command begins, by its name."""
    return {name: set(modules) for name, modules in map(json.loads, output_of(EACH_COMMAND))}


@pytest.mark.parametrize("command", ["--version", *COMMANDS])
def test_only_what_a_command_needs(command: str, imported: dict[str, set[str]]) -> None:
    """A command imports no part of orgsim, and no library, that only others need."""
    assert {room for room in ROOMS if room in imported[command]} == NEEDED.get(command, set())
    assert imported[command] & SLOW == set()


def test_no_garbage_is_looked_for_while_importing() -> None:
    """While modules are imported no garbage is looked for; afterwards it is, but not among what was imported."""
    *_, last = output_of(BEGINS)
    enabled, frozen, early = json.loads(last)
    assert (enabled, frozen > 10_000, early) == (True, True, 0)
