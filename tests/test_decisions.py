"""The index of decisions is complete."""

import re
from pathlib import Path

import pytest
from support.repository import ROOT

DECISIONS = ROOT / "docs" / "decisions"
ROW = re.compile(
    r"^\| \[(?P<number>\d+)\]\((?P<page>[^)]+)\) \| (?P<title>.+) \| (?P<made>\S+) \| (?P<status>.+) \|$", re.M
)
ROWS = {row["page"]: row for row in ROW.finditer((DECISIONS / "README.md").read_text("utf-8"))}
PAGES = sorted(DECISIONS.glob("[0-9]*.md"))


def test_index_lists_every_decision_in_order() -> None:
    """docs/decisions/README.md has one row for each page, in the order of their numbers."""
    assert list(ROWS) == [page.name for page in PAGES]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: page.stem)
def test_row_says_what_its_page_says(page: Path) -> None:
    """A row has its page's number, title and date, and a status: in force, or replaced by another page."""
    head, _, date, *_ = page.read_text("utf-8").splitlines()
    row = ROWS[page.name]

    assert head == f"# {row['number']}. {row['title']}"
    assert date.startswith(row["made"])
    assert row["status"].startswith(("in force", "replaced by ["))
