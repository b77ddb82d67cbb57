"""The pytest plugin: the fixtures ``orgsim``, ``orgsim_server`` and ``orgsim_template``, and their marker.

pytest loads this module in every suite of an environment that orgsim is installed in, so it imports nothing of orgsim
before a fixture or a marker is used. What it is made of is in ``orgsim.api.testing``.
"""

import sys
from collections.abc import Callable, Generator
from contextlib import ExitStack, closing
from pathlib import Path
from typing import TYPE_CHECKING, Any, Literal

import pytest

if TYPE_CHECKING:
    from orgsim.api.simulation import Simulation
    from orgsim.api.testing.server import Endpoint, SharedServer
    from orgsim.api.testing.template import Template, Templates

MARKER = "orgsim(seed=, start=, accounts=, throttle=, latency=, settings=): with what the world of a test begins"

MOCK = "orgsim.api.testing.mock"
"""The module of ``mock_organizations``: whoever uses it has imported it."""

WORLDS, RECENT = "orgsim.api.simulation", "orgsim.api.testing.recent"
"""Whoever has a world has imported them; other suites are not to pay for it."""

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


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_setup(item: pytest.Item) -> Generator[None]:
    """Check the markers of a test, and open its block if its class has ``mock_organizations``."""
    if WORLDS in sys.modules:
        from orgsim.api.testing.fixtures import begin_test

        begin_test(item)
    if item.get_closest_marker("orgsim"):
        from orgsim.api.testing.markers import check_markers

        check_markers(item)
    if MOCK in sys.modules:
        from orgsim.api.testing.in_classes import open_block

        open_block(item)
    yield


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_teardown(item: pytest.Item) -> Generator[None]:
    """Close the block of a test after all its fixtures."""
    try:
        yield
    finally:
        if MOCK in sys.modules:
            from orgsim.api.testing.in_classes import close_block

            close_block(item)
        if RECENT in sys.modules:
            from orgsim.api.testing.recent import let_go

            let_go()


@pytest.hookimpl(tryfirst=True)
def pytest_runtest_call(item: pytest.Item) -> None:
    """Check that the markers of a test have reached its world."""
    if item.get_closest_marker("orgsim"):
        from orgsim.api.testing.fixtures import check_reach

        check_reach(item)


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(item: pytest.Item) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Tell of a failed test's worlds."""
    report = yield
    if report.failed and WORLDS in sys.modules:
        from orgsim.api.testing.failure import add_sections

        add_sections(item, report, item.config.option.orgsim_dump)
    return report


@pytest.fixture
def orgsim(request: pytest.FixtureRequest) -> "Generator[Simulation]":
    """A fresh simulated world: an ``orgsim.api.Simulation`` in memory that is open, and records its calls."""
    from orgsim.api.testing.fixtures import open_world

    with open_world(request, {}) as sim:
        yield sim


@pytest.fixture(scope="session")
def _orgsim_shared_server() -> "Generator[SharedServer]":  # pyright: ignore[reportUnusedFunction]
    from orgsim.api.testing.server import shared_server

    with shared_server() as server:
        yield server


@pytest.fixture
def orgsim_server(
    request: pytest.FixtureRequest, orgsim: "Simulation", _orgsim_shared_server: "SharedServer"
) -> "Generator[Endpoint]":
    """The world of ``orgsim`` over HTTP: ``url`` for AWS's clients, ``environment(account)`` for other programs."""
    from orgsim.api.testing.markers import fail
    from orgsim.api.testing.server import why_not_served

    if problem := why_not_served(orgsim):
        fail(f"orgsim_server: {problem}")
    with _orgsim_shared_server.serving(orgsim, request.node.name) as endpoint:
        yield endpoint


@pytest.fixture(scope="session")
def _orgsim_templates() -> "Generator[Templates]":  # pyright: ignore[reportUnusedFunction]
    from orgsim.api.testing.template import Templates

    with closing(Templates()) as templates:
        yield templates


@pytest.fixture
def orgsim_template(request: pytest.FixtureRequest, _orgsim_templates: "Templates") -> "Generator[Template]":
    """Worlds that a function builds once in the session, forked for each test: ``orgsim_template(build)``."""
    from orgsim.api.testing.template import Template

    with ExitStack() as forks:
        yield Template(_orgsim_templates, request.node, forks)


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
