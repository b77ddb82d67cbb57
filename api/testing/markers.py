"""``@pytest.mark.orgsim(...)``: reads and checks the options for the world of a test."""

from collections.abc import Mapping
from typing import TYPE_CHECKING, Any, NoReturn

import pytest

from .options import WorldOptions, WrongOption, read_options

if TYPE_CHECKING:
    from _pytest.nodes import (
        Node,
    )  # a test, a class, a module, a package, the session: pytest has no public name for it

MARKER = "@pytest.mark.orgsim"


def check_markers(item: pytest.Item) -> None:
    """Fail a test one of whose markers has a wrong option."""
    for node, mark in item.iter_markers_with_node("orgsim"):
        _options_of(mark, node)


def options_at(node: "Node", defaults: Mapping[str, Any], fixture: str = "orgsim") -> WorldOptions:
    """Collect the options for a world made for a test, class, module or session: the closest marker wins.

    Args:
        node: whose world it is.
        defaults: options that hold where no marker says otherwise.
        fixture: whose defaults they are.
    """
    given = dict(defaults)
    for marked, mark in reversed([*node.iter_markers_with_node("orgsim")]):
        given |= _options_of(mark, marked)
    return _read(given, f"the fixture {fixture} of {name_of(node)}")


def _options_of(mark: pytest.Mark, node: "Node") -> dict[str, Any]:
    where = f"{MARKER} of {name_of(node)}"
    if mark.args:
        fail(f"{where}: options have names, as in orgsim(seed=7); not {', '.join(map(repr, mark.args))}")
    options = dict(mark.kwargs)
    _read(options, where)
    return options


def _read(given: Mapping[str, Any], where: str) -> WorldOptions:
    try:
        return read_options(given)
    except WrongOption as error:
        wrong = str(error)
    return fail(f"{where}: {wrong}")


def name_of(node: "Node") -> str:
    """A test, a class, a module or the session, as messages name it."""
    return node.nodeid if node.nodeid not in ("", ".") else "the session"


def fail(message: str) -> NoReturn:
    """Fail the test with one message and no traceback."""
    pytest.fail(message, pytrace=False)
