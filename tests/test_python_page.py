"""Every Python example of docs/python.md is run as it stands there."""

import ast
import re
from collections.abc import Coroutine
from inspect import iscoroutine
from pathlib import Path
from typing import Any

import pytest
from support.repository import ROOT

PAGE = (ROOT / "docs" / "python.md").read_text("utf-8")
EXAMPLES = re.findall(r"^## ([^\n]+)\n|^```python\n(.*?)```", PAGE, flags=re.MULTILINE | re.DOTALL)


def examples() -> list[Any]:
    """The examples, called after their headings."""
    found: list[Any] = []
    heading = ""
    for title, code in EXAMPLES:
        heading = title or heading
        if code:
            found.append(pytest.param(code, id=f"{heading}-{len(found)}"))
    return found


@pytest.mark.parametrize("code", examples())
async def test_example(
    code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An example runs to its end, on both event loops, and prints what a comment behind a print says."""
    monkeypatch.chdir(tmp_path)
    compiled = compile(code, "docs/python.md", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    body: Coroutine[Any, Any, None] | None = eval(compiled, {"__name__": "example"})
    assert iscoroutine(body), "an example awaits something"
    await body

    said = re.findall(r"^ *print\(.*\)  # (.+)$", code, flags=re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in said if line not in printed] == []


def test_every_section_has_an_example() -> None:
    """There is at least one example for each heading."""
    assert len(examples()) >= PAGE.count("\n## ")
