"""The blocks of test classes that are decorated by ``mock_organizations``, under pytest: open for fixtures too."""

from contextlib import ExitStack

import pytest

from .mock import OF_CLASS, MockOrganizations

BLOCK = pytest.StashKey[ExitStack]()
"""The open block of a test."""


def open_block(item: pytest.Item) -> None:
    """Open the block of a test whose class, or one around it, is decorated: before its fixtures are made."""
    decorations = (getattr(getattr(node, "obj", None), OF_CLASS, None) for node in reversed(item.listchain()))
    decoration = next((found for found in decorations if isinstance(found, MockOrganizations)), None)
    if decoration:
        item.stash[BLOCK] = stack = ExitStack()
        stack.enter_context(decoration.for_test())


def close_block(item: pytest.Item) -> None:
    """Close the block of a test, if it has one: after its fixtures were left."""
    stack = item.stash.get(BLOCK, None)
    if stack:
        del item.stash[BLOCK]
        stack.close()
