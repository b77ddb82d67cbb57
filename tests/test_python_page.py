"""Every Python example of some pages of docs is run as it stands there."""

import ast
import subprocess
from collections.abc import Coroutine
from inspect import iscoroutine
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.page_examples import Example, Kind, examples_of, page_text
from support.repository import ROOT
from support.run_pytest import run_pytest

REFERENCES = ("python.md", "testing.md")
PAGES = (*REFERENCES, "coming-from-moto.md")
EXAMPLES = [example for page in PAGES for example in examples_of(page)]

IN_ITS_LOOP = """
import ast, asyncio, sys
from inspect import iscoroutine
body = eval(compile(sys.stdin.read(), "example", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT), {"__name__": "example"})
if iscoroutine(body):
    asyncio.run(body)
"""


def examples(kind: Kind) -> list[Any]:
    """The examples of a kind, called after their pages and headings."""
    return [pytest.param(example, id=str(example)) for example in EXAMPLES if example.kind == kind]


@pytest.mark.parametrize("example", examples("program"))
def test_example(
    example: Example,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
    capsys: pytest.CaptureFixture[str],
    anyio_backend: str,
) -> None:
    """An example runs to its end, on both event loops, and prints what a comment behind a print says."""
    monkeypatch.chdir(tmp_path)
    compiled = compile(example.code, f"docs/{example.page}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    body: Coroutine[Any, Any, None] | None = eval(compiled, {"__name__": "example"})
    if iscoroutine(body):  # otherwise it awaits nothing, and has run
        anyio.run(lambda: body, backend=anyio_backend)

    printed = capsys.readouterr().out.splitlines()
    assert [line for line in example.said if line not in printed] == []


@pytest.mark.slow
def test_examples_that_are_tests(tmp_path: Path) -> None:
    """Examples with tests are run by pytest, each as a file; none is left out."""
    tests = [example for example in EXAMPLES if example.kind == "tests"]
    files = {f"test_{number}": example.code for number, example in enumerate(tests, 1)}
    ran = run_pytest(tmp_path, "-p", "trio", **files)

    assert ran.code == 0, ran.output
    assert ran.passed == len(ran.outcomes) >= sum(code.count("def test_") for code in files.values())


@pytest.mark.slow
@pytest.mark.parametrize("example", examples("client"))
def test_example_with_aiobotocore(example: Example, tmp_path: Path) -> None:
    """An example for aiobotocore runs in the environment where that is installed."""
    python = ROOT / ".venv-clients" / "bin" / "python"
    done = subprocess.run(
        [python, "-c", IN_ITS_LOOP], input=example.code, cwd=tmp_path, capture_output=True, text=True, check=False
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert [line for line in example.said if line not in done.stdout.splitlines()] == []


@pytest.mark.parametrize("page", REFERENCES)
def test_every_section_has_an_example(page: str) -> None:
    """There is at least one example for each heading of a page."""
    assert len([example for example in EXAMPLES if example.page == page]) >= page_text(page).count("\n## ")
