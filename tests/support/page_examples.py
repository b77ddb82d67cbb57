"""The Python examples of the pages in docs, by page and heading, and how each is run."""

import re
from pathlib import Path
from typing import Literal

from msgspec import Struct

from .repository import ROOT

Kind = Literal["program", "tests", "client"]


class Example(Struct, frozen=True):
    """What stands in one fence."""

    page: str
    heading: str
    number: int
    """Among those of its page, from 1."""
    code: str

    @property
    def kind(self) -> Kind:
        """A program is run as it is; tests by pytest, since they take fixtures; clients where aiobotocore is."""
        if re.search(r"^ *(async )?def test_\w+\((?!\))", self.code, flags=re.MULTILINE):
            return "tests"
        return "client" if "aiobotocore" in self.code else "program"

    @property
    def said(self) -> list[str]:
        """What comments behind a print say that it prints."""
        return re.findall(r"^ *print\(.*\)  # (.+)$", self.code, flags=re.MULTILINE)

    def __str__(self) -> str:
        return f"{self.page}-{self.heading}-{self.number}"


def examples_of(page: str) -> list[Example]:
    """Find the examples of a page of docs."""
    found: list[Example] = []
    heading = ""
    text = page_text(page)
    for title, code in re.findall(r"^## ([^\n]+)\n|^```python\n(.*?)```", text, flags=re.MULTILINE | re.DOTALL):
        heading = title or heading
        if code:
            found.append(Example(page, heading, len(found) + 1, code))
    return found


def page_text(page: str) -> str:
    """The text of a page of docs."""
    return Path(ROOT / "docs" / page).read_text("utf-8")
