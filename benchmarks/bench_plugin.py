"""What the pytest plugin costs a suite that does not use it: one test, with the plugin and with ``-p no:orgsim``.

Both run in processes of their own, in turn; of each kind the run that took the least of the processor's time counts.
The reference is the budget, 20 milliseconds. What is imported of orgsim is asserted: the plugin's own module.
"""

import json
import subprocess
import sys
from pathlib import Path
from resource import RUSAGE_CHILDREN, getrusage

from measure import Result, at_most, scratch

MILLISECONDS = 20
TEST = """
import json
import sys

def test_nothing():
    with open("imported.json", "w") as file:
        json.dump(sorted(name for name in sys.modules if name.partition(".")[0] == "orgsim"), file)
"""


def suite(folder: Path, *options: str) -> float:
    """Run a suite of one test, and return the milliseconds of the processor's time that it took."""
    plain = ("-p", "no:cacheprovider", "-p", "no:cov", "-p", "no:asyncio", "-p", "no:trio", "-p", "no:hypothesispytest")
    before = getrusage(RUSAGE_CHILDREN)
    done = subprocess.run(
        [sys.executable, "-m", "pytest", "-q", *plain, *options],
        cwd=folder,
        capture_output=True,
        text=True,
        check=False,
    )
    after = getrusage(RUSAGE_CHILDREN)
    assert done.returncode == 0, done.stdout + done.stderr
    assert "1 passed" in done.stdout
    return (after.ru_utime + after.ru_stime - before.ru_utime - before.ru_stime) * 1_000


def _imported(folder: Path) -> list[str]:
    return json.loads((folder / "imported.json").read_text())


def run(quick: bool) -> list[Result]:
    """Measure the difference between both kinds of runs."""
    with_plugin: list[float] = []
    without: list[float] = []
    with scratch() as folder:
        (folder / "test_nothing.py").write_text(TEST)
        (folder / "pytest.ini").write_text("[pytest]\n")
        for _ in range(5 if quick else 15):
            with_plugin.append(suite(folder))
            assert _imported(folder) == ["orgsim", "orgsim.pytest_plugin"], _imported(folder)
            without.append(suite(folder, "-p", "no:orgsim"))
            assert _imported(folder) == [], _imported(folder)
    cost = max(0.0, min(with_plugin) - min(without))
    note = (
        f"of processor time: a run with it {min(with_plugin):,.0f} ms, without {min(without):,.0f}; reference: budget"
    )
    return [at_most(1, "the pytest plugin, unused", cost, MILLISECONDS, "ms", note)]
