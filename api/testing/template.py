"""Worlds that are built once in a session and forked for each test: what the fixture ``orgsim_template`` gives."""

from collections.abc import Callable, Coroutine
from contextlib import ExitStack
from inspect import isasyncgen, iscoroutine, isgenerator
from typing import TYPE_CHECKING, Any

from ...engine.runtime.inline import NeedsEventLoop
from ..simulation import Simulation
from .fixtures import begun, known_to
from .markers import fail, options_at
from .options import WorldOptions
from .recent import forget

if TYPE_CHECKING:
    from _pytest.nodes import Node

Build = Callable[[Simulation], Any]
"""Builds in a fresh world what its forks begin with; may be a coroutine function that awaits only its world."""


class Built:
    """A template, with what its builder has returned."""

    def __init__(self, sim: Simulation, value: Any) -> None:
        self.sim = sim
        self.value = value


class Templates:
    """The templates of a session: each is built when it is first wanted."""

    def __init__(self) -> None:
        self._built: dict[tuple[Build, WorldOptions], Built] = {}
        self._open = ExitStack()

    def get(self, build: Build, options: WorldOptions, node: "Node") -> Built:
        """Return the template of a builder and options; a test needs it now."""
        key = build, options
        if key not in self._built:
            with ExitStack() as beginning:
                sim = beginning.enter_context(begun(options, node))
                sim.calls.clear()
                self._built[key] = Built(sim, _finished(sim, build(sim)))
                self._open.push(beginning.pop_all())
            forget(sim)  # which has been called, but by no test
        return self._built[key]

    def close(self) -> None:
        """Close all templates."""
        self._open.close()


def _finished(sim: Simulation, value: Coroutine[Any, Any, Any] | Any) -> Any:
    """Return what a builder has returned, or a coroutine function will."""
    try:
        if isgenerator(value) or isasyncgen(value):
            return fail("the builder of a template returns; one with yield would never run")
        return sim.run(value) if iscoroutine(value) else value
    except NeedsEventLoop:
        pass
    return fail("the builder of a template awaits only its world: it runs without an event loop")


class Template:
    """Forks templates for one test: ``orgsim_template(build)`` is a world like the one that ``build(sim)`` has built.

    Args:
        templates: of the session.
        node: the test.
        forks: closes the forks when the test ends.
    """

    def __init__(self, templates: Templates, node: "Node", forks: ExitStack) -> None:
        self._templates = templates
        self._node = node
        self._forks = forks

    def __call__(self, build: Build, **options: Any) -> Simulation:
        """Fork the template of a builder, which is built when the first test of the session wants it.

        Args:
            build: a function of a module; called once, with a fresh simulation, and may be ``async``.
            options: with what that begins, as for the marker; the test's markers win. Each combination is a template.

        Returns:
            An open simulation, which is closed when the test ends, and records its calls.
        """
        fork = self._forks.enter_context(self._template(build, options).sim.sync.fork())
        self._forks.enter_context(known_to(self._node, fork))
        return fork

    def value(self, build: Build, **options: Any) -> Any:
        """Return what a builder has returned, such as ids of OUs; all tests share it, so do not change it."""
        return self._template(build, options).value

    def _template(self, build: Build, options: dict[str, Any]) -> Built:
        if not callable(build):  # pyright: ignore[reportUnnecessaryComparison]
            fail(f"orgsim_template takes a function that builds in a simulation, not {build!r}")
        if "<locals>" in getattr(build, "__qualname__", ""):
            fail(
                f"orgsim_template builds once in a session, but {build.__qualname__} is another function each time: "
                "define it at the top of a module"
            )
        return self._templates.get(build, options_at(self._node, options, "orgsim_template"), self._node)
