"""The worlds that tests use: opened for a test or a wider scope, known to it if it fails, and closed after it."""

from collections.abc import Generator, Mapping
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from ..simulation import Simulation
from .markers import MARKER, fail, name_of, options_at
from .options import WorldOptions, WrongOption
from .recent import called_since, tick

if TYPE_CHECKING:
    from _pytest.nodes import Node

WORLDS = pytest.StashKey[list[Simulation]]()
"""The open worlds of a test, a class, a module or the session."""

BEGAN = pytest.StashKey[int]()
"""When a test began, on the scale of ``recent.tick``."""


def _worlds_at(node: "Node") -> list[Simulation]:
    return node.stash.get(WORLDS, list[Simulation]())


@contextmanager
def open_world(request: pytest.FixtureRequest, defaults: Mapping[str, Any]) -> Generator[Simulation]:
    """Open the world of a fixture, as its markers want it, and close it at the end.

    Args:
        request: of the fixture.
        defaults: options that hold where no marker says otherwise.
    """
    node: Node = request.node
    with begun(options_at(node, defaults), node) as sim, known_to(node, sim):
        yield sim


@contextmanager
def begun(options: WorldOptions, node: "Node") -> Generator[Simulation]:
    """Open a world with what it is to begin with; a test that wants what cannot be fails."""
    with options.make() as sim:
        problem = _found(options, sim)
        if problem:
            fail(f"{MARKER} of {name_of(node)}: {problem}")
        yield sim


def _found(options: WorldOptions, sim: Simulation) -> str:
    """Found the organization that is wanted, and return why it cannot be."""
    try:
        options.found(sim)
    except WrongOption as error:
        return str(error)
    return ""


@contextmanager
def known_to(node: "Node", sim: Simulation) -> Generator[None]:
    """Record the calls of a world, and show them if a test of this node fails while the block runs."""
    sim.calls.clear()
    worlds = node.stash.setdefault(WORLDS, [])
    worlds.append(sim)
    try:
        yield
    finally:
        worlds.remove(sim)


def begin_test(item: pytest.Item) -> None:
    """Remember when a test began: the worlds that are called from now on are its own."""
    item.stash[BEGAN] = tick()


def worlds_of(item: pytest.Item) -> list[Simulation]:
    """The worlds that a test has used: those made for it, those that fixtures have returned, and all that it called."""
    values: dict[str, Any] = getattr(item, "funcargs", {})
    returned = [value for value in values.values() if isinstance(value, Simulation)]
    wider = [sim for node in item.listchain()[:-1] for sim in _worlds_at(node)]
    called = called_since(item.stash[BEGAN]) if BEGAN in item.stash else []
    used = [sim for sim in wider if sim in returned or sim in called]
    return list(dict.fromkeys([*used, *_worlds_at(item), *returned, *called]))


def check_reach(item: pytest.Item) -> None:
    """Fail a test with a marker that its world, made for a wider scope, has not seen."""
    sim = getattr(item, "funcargs", {}).get("orgsim")
    home = next((node for node in item.listchain() if sim in _worlds_at(node)), None)
    if home is None:
        return
    for node, _ in item.iter_markers_with_node("orgsim"):
        if node is not home and home in node.listchain():
            fail(
                f"{MARKER} of {name_of(node)} has no effect: the fixture orgsim makes one world for {name_of(home)}; "
                "mark that, or use a fixture of a narrower scope"
            )
