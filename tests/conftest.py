"""Every test that awaits runs on asyncio and on trio; code that blocks the event loop fails it."""

from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop under the test."""
    return request.param


@pytest.fixture(autouse=True)
def no_blocking_calls() -> Iterator[BlockBuster]:
    """A file read, a sleep or a lock inside a coroutine raises BlockingError."""
    with blockbuster_ctx("orgsim") as blockbuster:
        yield blockbuster
