"""Every Python example of some pages of docs is run as it stands there."""

import ast
import re
from collections.abc import Coroutine
from inspect import iscoroutine
from pathlib import Path
from typing import Any

import pytest
from support.repository import ROOT

REFERENCES = ("python.md", "testing.md")
PAGES = (*REFERENCES, "coming-from-moto.md")
TEXTS = {page: (ROOT / "docs" / page).read_text("utf-8") for page in PAGES}


def examples() -> list[Any]:
    """The examples, called after their pages and headings."""
    found: list[Any] = []
    for page, text in TEXTS.items():
        heading = ""
        for title, code in re.findall(r"^## ([^\n]+)\n|^```python\n(.*?)```", text, flags=re.MULTILINE | re.DOTALL):
            heading = title or heading
            if code:
                found.append(pytest.param(page, code, id=f"{page}-{heading}-{len(found)}"))
    return found


@pytest.mark.parametrize(("page", "code"), examples())
async def test_example(
    page: str, code: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    """An example runs to its end, on both event loops, and prints what a comment behind a print says."""
    monkeypatch.chdir(tmp_path)
    compiled = compile(code, f"docs/{page}", "exec", flags=ast.PyCF_ALLOW_TOP_LEVEL_AWAIT)
    body: Coroutine[Any, Any, None] | None = eval(compiled, {"__name__": "example"})
    if iscoroutine(body):  # otherwise it awaits nothing, and has run
        await body

    said = re.findall(r"^ *print\(.*\)  # (.+)$", code, flags=re.MULTILINE)
    printed = capsys.readouterr().out.splitlines()
    assert [line for line in said if line not in printed] == []


@pytest.mark.parametrize("page", REFERENCES)
def test_every_section_has_an_example(page: str) -> None:
    """There is at least one example for each heading of a page."""
    assert len([example for example in examples() if example.values[0] == page]) >= TEXTS[page].count("\n## ")
