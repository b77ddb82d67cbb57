"""Differences as a tree for people: every thing that differs, with a mark, under the parents where it is or was."""

import difflib
import json
from collections.abc import Iterator

from rich.text import Text
from rich.tree import Tree

from ..timeline.difference import Difference, Place, Value, name_of
from ..timeline.wording import INFERRED, change_text
from .terminal import out, printable

STYLES = {"+": "green", "-": "red", "~": "yellow", " ": ""}
IMPLIED = ("name", "parent", "organization", "description", "content", "feature set", "management account")
"""What is not said of a thing that is new: its line, or its place in the tree, says it."""

IN_TREE = ("organization", "root", "organizational unit", "account")
PLURALS = {"policy": "policies", "resource policy": "resource policies"}
AT = """SELECT value FROM fact JOIN thing ON thing.id = fact.thing WHERE name = ? AND attribute = ?
    AND since <= ? AND (until IS NULL OR until > ?)"""


class DifferenceTree:
    """Gathers differences, and prints them.

    Args:
        first: the history, and the position in it, before.
        last: the same after.
    """

    def __init__(self, first: Place, last: Place) -> None:
        self._first, self._last = first, last
        self._top = Tree("", hide_root=True)
        self._nodes: dict[str, Tree] = {}
        self._differing: list[Difference] = []

    def add(self, difference: Difference) -> None:
        """Add a thing that differs."""
        self._differing.append(difference)

    def print(self) -> None:
        """Print the tree on stdout."""
        marked = {each.subject: each for each in self._differing}
        for each in self._differing:
            self._node(each.subject, each.kind, each.mark == "-", marked)
        if self._differing:
            out.print(self._top, highlight=False)

    def _node(self, thing: str, kind: str, gone: bool, marked: dict[str, Difference]) -> Tree:
        """The node of a thing, made under its parent's if there is none yet; its changes stand below it."""
        node = self._nodes.get(thing)
        if node is not None:
            return node
        difference = marked.get(thing)
        gone = difference.mark == "-" if difference else gone
        above = self._above(thing, kind, gone, marked)
        mark = difference.mark if difference else " "
        name = name_of(difference, self._first, self._last) if difference else self._value(thing, "name", gone)
        node = self._nodes[thing] = above.add(_line(mark, f"{thing} {name or ''}".rstrip(), STYLES[mark]))
        for value in difference.values if difference else ():
            _add_value(node, value, mark)
        return node

    def _above(self, thing: str, kind: str, gone: bool, marked: dict[str, Difference]) -> Tree:
        if kind == "organization":
            return self._top
        parent = self._value(thing, "parent", gone) if kind in IN_TREE else None
        if parent:
            return self._node(parent, "root" if parent.startswith("r-") else "organizational unit", gone, marked)
        organization = self._organization(thing, gone)
        above = self._node(organization, "organization", gone, marked) if organization else self._top
        if kind == "root":
            return above
        section = f"{organization or ''} {kind}"
        if section not in self._nodes:
            self._nodes[section] = above.add(Text(PLURALS.get(kind, f"{kind}s")))
        return self._nodes[section]

    def _value(self, thing: str, attribute: str, gone: bool) -> str | None:
        history, position = self._first if gone else self._last
        rows = history.rows(AT, (thing, attribute, position, position))
        return rows[0][0] if rows else None

    def _organization(self, thing: str, gone: bool) -> str | None:
        history, _ = self._first if gone else self._last
        rows = history.rows("SELECT organization FROM thing WHERE name = ?", (thing,))
        return rows[0][0] if rows else None


def _line(mark: str, text: str, style: str) -> Text:
    return Text(printable(f"{mark} {text}"), style=style)


def _add_value(node: Tree, value: Value, mark: str) -> None:
    """Say what differs about a thing; of one that is gone nothing."""
    if mark == "-" or (mark == "+" and value.attribute in IMPLIED):
        return
    sign = "+" if value.before is None else "-" if value.after is None else "~"
    text = change_text(value.attribute, value.key, value.before, value.after) + INFERRED * value.inferred
    child = node.add(_line(sign, text, STYLES[sign] if mark == "~" else STYLES[mark]))
    if value.attribute == "content" and value.before is not None and value.after is not None:
        for line in document_diff(value.before, value.after):
            child.add(Text(printable(line), style=STYLES.get(line[:1], "")))


def document_diff(before: str, after: str) -> Iterator[str]:
    """The lines in which two policy documents differ, each with three around it; both are laid out alike first."""
    lines = difflib.unified_diff(_laid_out(before), _laid_out(after), lineterm="")
    return (line for line in lines if not line.startswith(("---", "+++")))


def _laid_out(document: str) -> list[str]:
    try:
        return json.dumps(json.loads(document), indent=2).splitlines()
    except ValueError:
        return document.splitlines()
