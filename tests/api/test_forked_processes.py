"""Processes that are forked off one in which another thread is calling orgsim: nothing hangs there."""

import subprocess
import sys
from pathlib import Path

import pytest
from support.patience import PATIENCE

pytestmark = pytest.mark.slow

FOUNDER = "111111111111"

BEGIN = f"""
import faulthandler, os, sys, threading
from orgsim.api import EngineStopped, Simulation
from orgsim.api.testing import mock_organizations, patches, sessions
from orgsim.engine.runtime import waiting

FOUNDER = "{FOUNDER}"
inside, leave = threading.Event(), threading.Event()

def hold(lock):
    "Have another thread hold a lock until the end."
    def run():
        with lock:
            inside.set()
            leave.wait()
    threading.Thread(target=run).start()
    inside.wait()

def forked(function):
    "Run a function in a forked process, and tell what it returns; one that hangs is ended by a signal, and tells that."
    child = os.fork()
    if not child:
        faulthandler.dump_traceback_later(20, exit=True)
        print(function(), flush=True)
        os._exit(0)
    _, status = os.waitpid(child, 0)
    leave.set()
    print(os.waitstatus_to_exitcode(status))
"""

CASES = {
    "a client is being made": """
sim = Simulation().open()
hold(sessions._making)
forked(lambda: sim.boto3_client("organizations", account=FOUNDER).create_organization()["Organization"]["FeatureSet"])
""",
    "functions are being replaced": """
from concurrent.futures import ThreadPoolExecutor
sim = Simulation().open()
hold(patches._THREADS._lock)
def block():
    with sim.auto_advance(), mock_organizations(sim):
        return "ALL"
forked(block)
""",
    "a lock changes hands": """
sim = Simulation().open()
hold(waiting._guard)
def move():
    sim.engine.clock_lock.take_if_free()
    return "ALL"
forked(move)
""",
    "a call is being recorded": """
from orgsim.api.client import record
sim = Simulation().open()
sim.calls.clear()
hold(record._taking)
forked(lambda: sim.sync.client(FOUNDER).create_organization().organization.feature_set)
""",
    "another world is being called": """
sim, other = Simulation().open(), Simulation().open()
hold(other.engine.exclusive)
forked(lambda: sim.sync.client(FOUNDER).create_organization().organization.feature_set)
""",
    "this world is being called": """
sim = Simulation().open()
sim.sync.client(FOUNDER).create_organization()
hold(sim.engine.exclusive)
def call():
    try:
        sim.sync.client(FOUNDER).list_roots()
    except EngineStopped as stopped:
        assert "forked while another thread was in a call of this world" in str(stopped)
    sim.close()
    with Simulation() as another:
        return another.sync.client(FOUNDER).create_organization().organization.feature_set
forked(call)
""",
    "a world with a file is open": """
with Simulation(sys.argv[1]) as sim:
    sim.sync.client(FOUNDER).create_organization()
    def call():
        try:
            sim.sync.client(FOUNDER).list_roots()
        except EngineStopped as stopped:
            assert "world.db: this process was forked off" in str(stopped)
        sim.close()
        return "ALL"
    forked(call)
    assert sim.sync.client(FOUNDER).list_roots().roots
""",
}


@pytest.mark.parametrize("case", CASES)
def test_forked_while(case: str, tmp_path: Path) -> None:
    """A forked process goes on where another thread held a lock; a world that it left half changed says so."""
    command = [sys.executable, "-W", "error::ResourceWarning", "-c", BEGIN + CASES[case], str(tmp_path / "world.db")]
    ran = subprocess.run(command, capture_output=True, text=True, timeout=PATIENCE, check=False)
    assert ran.stdout.split() == ["ALL", "0"], ran.stderr
