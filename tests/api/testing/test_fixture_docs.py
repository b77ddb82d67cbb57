"""The tests in docs/testing.md are run by pytest, as they stand there."""

import re
from pathlib import Path

import pytest
from support.repository import ROOT
from support.run_pytest import run_pytest

pytestmark = pytest.mark.slow

SECTION = (
    (ROOT / "docs" / "testing.md").read_text("utf-8").partition("## Fixtures for pytest\n")[2].partition("\n## ")[0]
)


def test_the_examples_of_the_page(tmp_path: Path) -> None:
    """Each example of the section about fixtures is a module whose tests pass."""
    examples = re.findall(r"^```python\n(.*?)```", SECTION, flags=re.MULTILINE | re.DOTALL)
    files = {f"test_example_{number}": example for number, example in enumerate(examples)}
    ran = run_pytest(tmp_path, **files)

    assert ran.code == 0, ran.output
    assert {name.partition("::")[0] for name in ran.outcomes} == set(files)
