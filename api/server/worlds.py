"""Named worlds on one server, each under ``/w/NAME/``: begun when first used or when asked for, listed, ended."""

import re
import time
from collections.abc import Callable, Generator
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING
from urllib.parse import unquote

from ...engine.log.cut import cut_into_memory, require_between_commands
from ..places import At
from ..settings_file import SettingsError
from ..simulation import Simulation
from .faults import WorldRefused
from .message import Scope, sent_path
from .new_world import NewWorld, WorldMaker
from .options import MOST_WORLDS
from .served_world import Live, ResettableWorld, ServedWorld

if TYPE_CHECKING:
    from .services import Services

PREFIX = "/w/"
NAME = re.compile(r"(?!\.{1,2}$)[A-Za-z0-9._-]{1,64}")
RULE = "a world's name has 1 to 64 letters of ASCII, digits, hyphens, underscores and dots, and is not . or .."
QUOTED = 100
WHY_FIXED = "the simulation belongs to the process that embeds the server, which can make a new one"


class Origin:
    """A copy of a template, of which worlds are forks, so that a reset brings them back to it.

    Args:
        sim: the copy, which nobody else uses.
        live: the template's running simulation, of which it is one.
    """

    def __init__(self, sim: Simulation, live: Live) -> None:
        self._sim = sim.open()
        self._live = live
        self._place = _place_of(self._sim)

    def is_as(self, live: Live) -> bool:
        """Whether a template still is as it was copied: nothing has happened, no time has passed, no reset."""
        # Every call takes from the buckets of throttling, reads too, which are no events.
        return live is self._live and live.sim.engine.throttle is None and _place_of(live.sim) == self._place

    def fork(self) -> Simulation:
        """Make the simulation of a world; it has not begun."""
        return self._sim.sync.fork()

    def close(self) -> None:
        """End the copy; worlds that were made of it go on."""
        self._sim.close()


def _place_of(sim: Simulation) -> tuple[int, int]:
    return sim.engine.state.position, sim.engine.now


class NamedWorld:
    """A world under a name.

    Args:
        name: its name.
        served: the world.
        now: the time on the server, in seconds.
    """

    def __init__(self, name: str, served: ServedWorld, now: float) -> None:
        self.belongs_to_server = isinstance(served, ResettableWorld)
        """Whether the server has begun it, and may end it; not so one that was added."""
        self.name = name
        self.served = served
        self.requests = 0
        self.under_way = 0
        """How many requests are being answered; it is not idle meanwhile."""
        self.last_used = now
        self.origin: Origin | None = None
        """What it is a fork of, if it began as one."""
        self.services: Services | None = None
        """What answers its requests; made with the first one."""


class Worlds:
    """The named worlds of a server. ``embed.serve(sim, worlds=Worlds())`` serves them beside its own.

    ::

        worlds = Worlds()
        async with serve(sim, worlds=worlds) as url:
            worlds.add("mine", another)  # an entered simulation, now at f"{url}/w/mine"

    Args:
        make: makes the simulation of a new world; by default one in memory with a simulated clock.
        limit: how many worlds there may be.
        idle: how long a world may be without a request before it ends; None for ever. Added ones do not end.
        on_first_use: whether a request to a name that there is not begins a world; otherwise it is refused.
        seconds: a clock of the server, which tells how long worlds have been idle.
    """

    def __init__(
        self,
        make: Callable[[NewWorld], Simulation] | None = None,
        *,
        limit: int = MOST_WORLDS,
        idle: timedelta | None = None,
        on_first_use: bool = True,
        seconds: Callable[[], float] = time.monotonic,
    ) -> None:
        self.limit = limit
        self.idle = idle
        self.on_first_use = on_first_use
        self._make = make or WorldMaker()
        self._seconds = seconds
        self._worlds: dict[str, NamedWorld] = {}
        self._origins: set[Origin] = set()
        """The copies of templates that are still needed."""
        self._latest: dict[ServedWorld, Origin] = {}
        """The latest copy of each template."""

    def add(self, name: str, sim: Simulation, secrets: bytes = b"") -> None:
        """Serve a simulation under a name. It stays its owner's, who leaves it after ``remove``.

        Args:
            name: letters, digits, hyphens, underscores and dots.
            sim: a simulation that has begun.
            secrets: see ``Live``.

        Raises:
            ValueError: that is no name, the name is taken, or there are too many worlds.
        """
        try:
            self._require_free(name)
        except WorldRefused as refused:
            raise ValueError(refused.message) from None
        self._keep(name, ServedWorld(sim, WHY_FIXED, secrets + name.encode()))

    def remove(self, name: str) -> None:
        """End a world; its name is free at once. Requests under way are answered with 503.

        Raises:
            ValueError: there is none of this name.
        """
        world = self._worlds.pop(name, None)
        if world is None:
            raise ValueError(f"there is no world {name[:QUOTED]!r}")
        world.served.end()
        self._latest.pop(world.served, None)
        self._close_unused()

    def _close_unused(self) -> None:
        """Close the copies of templates that no world goes back to, and that no further world would be made of."""
        if self._origins:
            used = {world.origin for world in self._worlds.values()} | {*self._latest.values()}
            for origin in self._origins - used:
                origin.close()
                self._origins.remove(origin)

    def all(self) -> list[NamedWorld]:
        """The worlds that there are, in the order in which they began."""
        self._end_idle()
        return list(self._worlds.values())

    def find(self, name: str) -> NamedWorld | None:
        """The world of a name; None if there is none, or it has just ended because it was idle for too long.

        Raises:
            WorldRefused: that is no name.
        """
        require_name(name)
        world = self._worlds.get(name)
        if world is not None and self._is_idle(world):
            self.remove(name)
            return None
        return world

    def begin(self, name: str, wanted: NewWorld | None = None) -> NamedWorld:
        """Begin a new world.

        Raises:
            WorldRefused: that is no name, the name is taken, there are too many, or no such world can be.
        """
        wanted = wanted or NewWorld()
        try:
            return self._keep_new(name, lambda: self._make(wanted))
        except SettingsError as error:
            raise WorldRefused(f"such a world cannot be: settings: {error}") from None
        except ValueError as error:
            raise WorldRefused(f"such a world cannot be: {error}") from None

    async def fork(self, name: str, template: ServedWorld) -> NamedWorld:
        """Begin a world with all that another has; what happens in either is not seen in the other.

        Raises:
            WorldRefused: that is no name, the name is taken, or there are too many.
        """
        self._require_free(name)
        origin = self._latest.get(template)
        live = template.live
        if origin is None or not origin.is_as(live):
            origin = self._latest[template] = Origin(await live.sim.fork(), live)
            self._origins.add(origin)
            self._close_unused()
        world = self._keep_new(name, origin.fork)
        world.origin = origin
        return world

    async def fork_at(self, name: str, template: ServedWorld, at: At) -> NamedWorld:
        """Begin a world as another one was at a place, to which a reset brings it back.

        Raises:
            WorldRefused: that is no name, the name is taken, or there are too many.
            ValueError: there is no such place.
            LogError: the place is in the midst of a command.
        """
        self._require_free(name)
        async with template.live.sim.at(at).reading() as (log, position):
            await require_between_commands(log, position)
            past = await cut_into_memory(log, position)
        return self._keep_new(name, lambda: Simulation(past.copy()))

    def find_or_begin(self, name: str) -> NamedWorld:
        """The world of a name, which begins now if there is none; raises as ``begin``."""
        found = self.find(name)
        if found is None and not self.on_first_use:
            raise WorldRefused(f"there is no world {name!r}; POST /_orgsim/worlds begins one", status=404)
        return found or self.begin(name)

    def _keep_new(self, name: str, make: Callable[[], Simulation]) -> NamedWorld:
        self._require_free(name)
        return self._keep(name, ResettableWorld(make))

    def _keep(self, name: str, served: ServedWorld) -> NamedWorld:
        world = self._worlds[name] = NamedWorld(name, served, self._seconds())
        return world

    @contextmanager
    def using(self, world: NamedWorld) -> Generator[None]:
        """Count a request to a world, which keeps the world from being idle as long as the block runs."""
        world.requests += 1
        world.under_way += 1
        try:
            yield
        finally:
            world.under_way -= 1
            world.last_used = self._seconds()

    def idle_seconds(self, world: NamedWorld) -> float:
        """How long a world has been without a request."""
        return 0 if world.under_way else self._seconds() - world.last_used

    def _require_free(self, name: str) -> None:
        require_name(name)
        self._end_idle()
        if name in self._worlds:
            raise WorldRefused(f"there is a world {name!r} already; DELETE /_orgsim/worlds/{name} ends it", status=409)
        if len(self._worlds) >= self.limit:
            raise WorldRefused(
                f"there are {len(self._worlds):,} worlds, which is the most; end some with DELETE "
                "/_orgsim/worlds/NAME, or start the server with a higher --max-worlds, or with --world-idle 1h",
                status=409,
            )

    def _is_idle(self, world: NamedWorld) -> bool:
        if self.idle is None or not world.belongs_to_server:
            return False
        return self.idle_seconds(world) > self.idle.total_seconds()

    def _end_idle(self) -> None:
        for name, world in list(self._worlds.items()):
            if self._is_idle(world):
                self.remove(name)

    def close(self) -> None:
        """End all worlds; the added ones are left as they are."""
        self._latest.clear()
        for name in list(self._worlds):
            self.remove(name)
        self._close_unused()


def require_name(name: str) -> None:
    """Check the name of a world.

    Raises:
        WorldRefused: it is none.
    """
    if not NAME.fullmatch(name):
        raise WorldRefused(f"{name[:QUOTED]!r} is no name of a world: {RULE}")


def split_path(scope: Scope) -> tuple[str | None, str]:
    """Split the path of a request into the world's name, None for the default world, and the path within the world.

    The name is taken as it was sent, so that a percent-encoded one is no name. ``/w/NAME`` is ``/w/NAME/``.
    """
    sent = sent_path(scope)
    if not f"{sent}/".startswith(PREFIX):
        return None, scope["path"]
    name, _, rest = sent.removeprefix(PREFIX).partition("/")
    return name, f"/{unquote(rest)}"
