"""The README's example is run as it stands there."""

import re
import subprocess
import sys

import pytest
from support.repository import ROOT

pytestmark = pytest.mark.slow

README = ROOT / "README.md"


def test_the_example_runs() -> None:
    """The Python example prints ALL and nothing else."""
    (example,) = re.findall(r"```python\n(.*?)```", README.read_text("utf-8"), flags=re.DOTALL)

    done = subprocess.run([sys.executable, "-c", example], capture_output=True, text=True, check=False)

    assert (done.stdout, done.stderr, done.returncode) == ("ALL\n", "", 0)


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
