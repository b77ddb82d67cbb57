"""Another pytest in a process of its own, on files of its own, as users of the plugin have it."""

import subprocess
import sys
from pathlib import Path
from textwrap import dedent
from xml.etree import ElementTree

from msgspec import Struct

SETTINGS = """\
[pytest]
addopts = --strict-markers --strict-config -p no:cacheprovider -p no:cov -p no:trio -p no:hypothesispytest
filterwarnings = error
asyncio_default_fixture_loop_scope = function
"""
"""Without two plugins that take longer to import than all the rest; with ``-p trio`` the first is there."""


class Ran(Struct, frozen=True):
    """What a run of pytest has come to."""

    code: int
    """0 all passed, 1 some failed, 4 wrong usage, 5 no tests."""
    output: str
    """What it has printed, on stdout and stderr."""
    outcomes: dict[str, str]
    """``module::Class::test[parameter]`` to ``passed``, ``failed``, ``error`` or ``skipped``."""

    @property
    def passed(self) -> int:
        """How many tests have passed."""
        return list(self.outcomes.values()).count("passed")

    def section(self, test: str) -> str:
        """The part of the output about a failed test, from its headline to the next one."""
        _, _, rest = self.output.partition(f" {test} ___")
        assert rest, f"{test} has not failed: {self.output}"
        return rest.partition("\n___")[0].partition("\n===")[0]


def run_pytest(folder: Path, *arguments: str, settings: str = "", **files: str) -> Ran:
    """Run pytest in a folder.

    Args:
        folder: an empty one, or one of an earlier run.
        arguments: of pytest.
        settings: more lines of the settings file.
        files: the text of modules, by name without ``.py``.
    """
    (folder / "pytest.ini").write_text(SETTINGS + dedent(settings))
    for name, text in files.items():
        (folder / f"{name}.py").write_text(dedent(text))
    results = folder / "results.xml"
    results.unlink(missing_ok=True)
    command = [sys.executable, "-m", "pytest", "-q", "--junitxml", results.name, *arguments]
    done = subprocess.run(command, cwd=folder, capture_output=True, text=True, check=False)
    return Ran(done.returncode, done.stdout + done.stderr, _outcomes(results))


def _outcomes(results: Path) -> dict[str, str]:
    if not results.exists():
        return {}
    names = {"failure": "failed", "error": "error", "skipped": "skipped"}
    return {
        f"{case.get('classname', '').replace('.', '::')}::{case.get('name')}": next(
            (names[child.tag] for child in case if child.tag in names), "passed"
        )
        for case in ElementTree.parse(results).iter("testcase")
    }
