"""Links between the pages of the repository lead somewhere, as GitHub shows them."""

import re
from collections import Counter
from pathlib import Path

import pytest
from support.repository import ROOT

PAGES = sorted([*ROOT.glob("*.md"), *ROOT.glob("docs/**/*.md"), ROOT / "examples" / "README.md"])
FENCED = re.compile(r"^```.*?^```$", re.MULTILINE | re.DOTALL)


def anchors(page: Path) -> set[str]:
    """The anchors that GitHub gives to a page's headings; of equal ones the second ends with -1."""
    seen: Counter[str] = Counter()
    result: set[str] = set()
    for title in re.findall(r"^#+ (.+)$", FENCED.sub("", page.read_text("utf-8")), re.MULTILINE):
        text = re.sub(r"\[([^\]]*)\]\([^)]*\)", r"\1", title)
        name = re.sub(r"[^\w\- ]", "", text.strip().lower()).replace(" ", "-")
        result.add(f"{name}-{seen[name]}" if seen[name] else name)
        seen[name] += 1
    return result


def links(page: Path) -> list[str]:
    """Where the links of a page lead that stay in the repository."""
    text = re.sub(r"`[^`\n]*`", "", FENCED.sub("", page.read_text("utf-8")))
    return [link for link in re.findall(r"\]\(([^)\s]+)\)", text) if not re.match(r"[a-z]+:", link)]


@pytest.mark.parametrize("page", PAGES, ids=lambda page: str(page.relative_to(ROOT)))
def test_links_lead_to_files_and_headings(page: Path) -> None:
    """Each relative link names a file or folder of the repository, and an anchor one of its page's headings."""
    wrong: list[str] = []
    for link in links(page):
        path, _, anchor = link.partition("#")
        target = (page.parent / path).resolve() if path else page
        if not (target.exists() and target.is_relative_to(ROOT)) or (anchor and anchor not in anchors(target)):
            wrong.append(link)

    assert wrong == []
