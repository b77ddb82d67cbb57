"""Every test that awaits runs on asyncio and on trio; code that blocks the event loop fails it."""

import signal
from collections.abc import Iterator

import pytest
from blockbuster import BlockBuster, blockbuster_ctx
from hypothesis import HealthCheck, settings
from support.campaign import examples

# What hypothesis would time or count by chance does not fail a test on a busy machine.
CHANCE = (HealthCheck.too_slow, HealthCheck.filter_too_much)
settings.register_profile("orgsim", max_examples=examples(40), deadline=None, suppress_health_check=CHANCE)
settings.load_profile("orgsim")


@pytest.fixture(params=["asyncio", "trio"])
def anyio_backend(request: pytest.FixtureRequest) -> str:
    """The event loop under the test."""
    return request.param


@pytest.fixture(scope="session", autouse=True)
def no_blocking_calls() -> Iterator[BlockBuster]:
    """A file read, a sleep or a lock inside a coroutine raises BlockingError; arranged once, because it takes time."""
    with blockbuster_ctx("orgsim") as blockbuster:
        yield blockbuster


# What a shell runs in the background ignores Ctrl-C, and so would every command that a test starts and interrupts.
signal.signal(signal.SIGINT, signal.default_int_handler)
