"""Garbage collection, put off while many objects are made at once."""

import gc
from collections.abc import Generator
from contextlib import contextmanager


@contextmanager
def collection_paused() -> Generator[None]:
    """Let no garbage be collected during a block in which next to nothing becomes garbage.

    Looking for it takes longer the more objects there are. Blocks may overlap: collection begins again where the first
    of them ends. Where it was off before, it stays off.
    """
    collecting = gc.isenabled()
    gc.disable()
    try:
        yield
    finally:
        if collecting:
            gc.enable()
