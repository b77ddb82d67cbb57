"""The project in examples/ is tested as its README says, in processes of their own."""

import ast
import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.repository import ROOT

pytestmark = pytest.mark.slow

EXAMPLES = ROOT / "examples"
CLIENTS = ROOT / ".venv-clients" / "bin"


def outcome(python: Path | str, *arguments: str) -> str:
    """Run the tests of the examples, and return the last line that pytest says."""
    path = os.pathsep.join([str(CLIENTS), os.environ.get("PATH", os.defpath)])
    environment = os.environ | {"PYTHONPATH": str(EXAMPLES / "src"), "PATH": path}
    # Without two plugins that the examples do not use, and that take longer to import than all the rest.
    unused = ["-p", "no:cacheprovider", "-p", "no:trio", "-p", "no:hypothesispytest"]
    pytest_alone = [python, "-m", "pytest", "-q", *unused, *arguments]
    done = subprocess.run(pytest_alone, cwd=EXAMPLES, env=environment, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout.splitlines()[-1]


def test_the_tests_of_the_examples_pass() -> None:
    """All but those that wait for the AWS CLI, in one process; those for aiobotocore are skipped here."""
    assert re.search(r"^2\d passed, 1 skipped in", outcome(sys.executable, "--ignore", "tests/test_cli.py"))


def test_they_pass_at_the_same_time() -> None:
    """All of them, on two workers of pytest-xdist: each test has its own world all the same."""
    assert re.search(r"^3\d passed, 1 skipped in", outcome(sys.executable, "-n", "2"))


def test_those_for_aiobotocore_pass() -> None:
    """In the environment of the clients, in which aiobotocore is."""
    assert re.search(r"^4 passed in", outcome(CLIENTS / "python", "tests/test_vend_many.py"))


def test_the_examples_know_nothing_of_orgsim() -> None:
    """What is tested is code for AWS, unchanged: no file of it names orgsim."""
    naming = [
        path.name
        for path in (EXAMPLES / "src").rglob("*.py")
        if re.search("import orgsim|from orgsim", path.read_text("utf-8"))
    ]

    assert naming == []


def set_up(name: str) -> int:
    """How many lines the bodies of a file's fixtures have, their docstrings aside."""
    functions = [
        node
        for node in ast.parse((EXAMPLES / "tests" / name).read_text("utf-8")).body
        if isinstance(node, ast.FunctionDef)
    ]
    fixtures = [node for node in functions if any("fixture" in ast.unparse(each) for each in node.decorator_list)]
    return sum(statement.end_lineno - statement.lineno + 1 for fixture in fixtures for statement in fixture.body[1:])


@pytest.mark.parametrize("name", ["test_vend.py", "test_remind.py"])
def test_set_up_is_short(name: str) -> None:
    """At most five lines stand between the code for AWS and its tests."""
    assert 0 < set_up("conftest.py") + set_up(name) <= 5
