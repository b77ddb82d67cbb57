"""Garbage collection that is put off for a block."""

import gc
from collections.abc import Iterator

import pytest

from orgsim.engine.runtime.garbage import collection_paused


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    """Garbage is collected after a test as it was before."""
    collecting = gc.isenabled()
    yield
    (gc.enable if collecting else gc.disable)()


@pytest.mark.parametrize("collecting", [True, False])
def test_collection_goes_on_as_before(collecting: bool) -> None:
    """Nothing is collected during the block; after it, and after one that fails, all is as it was."""
    (gc.enable if collecting else gc.disable)()
    with collection_paused():
        assert not gc.isenabled()
    assert gc.isenabled() is collecting
    with pytest.raises(LookupError), collection_paused():
        raise LookupError
    assert gc.isenabled() is collecting


def test_blocks_that_overlap() -> None:
    """A block that ends after the one in which it began leaves nothing switched off."""
    gc.enable()
    first, second = collection_paused(), collection_paused()
    with first:
        second.__enter__()
    second.__exit__(None, None, None)
    assert gc.isenabled()
