"""The README's example and its quick start are run as they stand there."""

import os
import re
import subprocess
import sys
from pathlib import Path

import pytest
from support.repository import ROOT
from support.run_pytest import run_pytest

pytestmark = pytest.mark.slow

README = ROOT / "README.md"
EXAMPLES = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)


def test_the_example_runs() -> None:
    """The first Python example prints ALL and nothing else."""
    example, _ = EXAMPLES

    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr, done.returncode) == ("ALL\n", "", 0)


def test_the_example_of_a_test_passes(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """The second one is a test of the vending script in examples/."""
    monkeypatch.setenv("PYTHONPATH", str(ROOT / "examples" / "src"))
    ran = run_pytest(tmp_path, test_vending=EXAMPLES[1])

    assert (ran.code, ran.passed) == (0, 1), ran.output


def test_the_quick_start_runs(tmp_path: Path) -> None:
    """The commands of the quick start succeed one after the other, as they are written there."""
    blocks = re.findall(r"```sh\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)
    (commands,) = [block for block in blocks if "orgsim init" in block]
    installed = commands.removeprefix("pip install .\n")
    path = f"{Path(sys.executable).parent}:{os.defpath}"
    shell = ["sh", "-ec", installed]
    done = subprocess.run(
        shell, cwd=tmp_path, env={**os.environ, "PATH": path}, capture_output=True, text=True, check=False
    )

    assert installed != commands
    assert (done.returncode, done.stderr) == (0, "")
    assert "world.db: " in done.stdout


def test_the_links_lead_somewhere() -> None:
    """Every relative link of the front pages names a file of the repository."""
    pages = [*README.parent.glob("*.md"), *README.parent.glob("docs/**/*.md")]
    broken = [
        f"{page.name}: {target}"
        for page in pages
        for target in re.findall(r"\]\(([^)#:]+)\)", page.read_text("utf-8"))
        if not (page.parent / target).exists()
    ]

    assert broken == []
