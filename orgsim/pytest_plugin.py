"""The pytest plugin: the fixture ``orgsim``, a fresh simulated world for each test, and its marker.

pytest loads this module in every suite of an environment that orgsim is installed in, so it imports nothing of orgsim
before a fixture or a marker is used. What it is made of is in ``orgsim.api.testing``.
"""

import sys
from collections.abc import Callable, Generator
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from orgsim.api.simulation import Simulation

MARKER = "orgsim(seed=, start=, accounts=, throttle=, latency=, settings=): with what the world of a test begins"

Scope = Literal["session", "package", "module", "class", "function"]


def pytest_addoption(parser: pytest.Parser) -> None:
    """Add the option ``--orgsim-dump``."""
    group = parser.getgroup("orgsim", "a simulated AWS Organizations")
    group.addoption(
        "--orgsim-dump",
        metavar="DIR",
        type=Path,
        help="keep the log of each failed test's world in this folder, as a file for `orgsim show`",
    )


def pytest_configure(config: pytest.Config) -> None:
    """Register the marker, and make the folder for logs."""
    config.addinivalue_line("markers", MARKER)
    dump: Path | None = config.option.orgsim_dump
    if dump:
        try:
            dump.mkdir(parents=True, exist_ok=True)
        except OSError as error:
            raise pytest.UsageError(f"--orgsim-dump {dump}: no folder for logs: {error.strerror}") from None


@pytest.hookimpl(wrapper=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Check the markers of a test: before its fixtures are made, and whether they have reached its world."""
    if not item.get_closest_marker("orgsim"):
        yield
        return
    from orgsim.api.testing.fixtures import check_reach
    from orgsim.api.testing.markers import check_markers

    check_markers(item)
    yield
    check_reach(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a failed test's worlds."""
    report = yield
    # Whoever has a world has imported it; other suites are not to pay for it.
    if report.failed and "orgsim.api.simulation" in sys.modules:
        from orgsim.api.testing.failure import add_sections

        add_sections(item, report, item.config.option.orgsim_dump)
    return report


@pytest.fixture
def orgsim(request: pytest.FixtureRequest) -> "Generator[Simulation]":
    """A fresh simulated world: an ``orgsim.api.Simulation`` in memory that is open, and records its calls."""
    from orgsim.api.testing.fixtures import open_world

    with open_world(request, {}) as sim:
        yield sim


def world_fixture(scope: Scope = "function", **options: Any) -> "Callable[..., Generator[Simulation]]":
    """Make a fixture like ``orgsim`` of another scope or with options of its own: ``orgsim = world_fixture("module")``.

    Args:
        scope: pytest's name for how long the world lives.
        options: those of the marker; markers of the module, class or test say more, as far as the scope allows.
    """

    @pytest.fixture(scope=scope)
    def orgsim(request: pytest.FixtureRequest) -> "Generator[Simulation]":
        from orgsim.api.testing.fixtures import open_world

        with open_world(request, options) as sim:
            yield sim

    return orgsim
