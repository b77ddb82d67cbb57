"""``/_orgsim/worlds``: begin, list and end the named worlds of a server."""

from typing import Any

from ...engine.log import LogError
from .control_body import Member, read_body_members
from .faults import ControlRefused
from .message import Request
from .new_world import NewWorld
from .routes import ANY_NAME, Routes
from .served_world import ServedWorld
from .worlds import PREFIX, NamedWorld, Worlds

PATH = "/_orgsim/worlds"
DEFAULT = "/"
"""Names the default world as a template."""
MEMBERS = {
    "name": Member(str, 'a text such as "ci-1"'),
    "seed": Member(int, "a whole number"),
    "start": Member(str, 'a moment such as "2026-03-01T00:00:00Z", or "now"'),
    "clock": Member(str, '"simulated", "wall" or "paced:FACTOR"'),
    "template": Member(str, "the name of a world that is copied, or / for the default one"),
    "settings": Member(dict, 'a table of settings, such as {"latency": "realistic"}'),
}
EXAMPLE = (
    '{"name": "ci-1"}, and what is wanted of "seed": 7, "start": "2026-03-01T00:00:00Z", "clock": "simulated", '
    '"settings": {"latency": "realistic"}'
)


FORK_PATH = "/_orgsim/fork"
FORK_MEMBERS = {
    "name": MEMBERS["name"],
    "at": Member((str, int), 'a moment such as "2026-03-01T00:00:00Z", or a position'),
    "template": MEMBERS["template"],
}
FORK_EXAMPLE = '{"name": "what-if", "at": "2026-03-01T00:00:00Z"}; "template" names the world, by default /'


class WorldsControl:
    """The control plane's routes that are about all named worlds.

    Args:
        worlds: the named worlds.
        default: the world without a name.
    """

    def __init__(self, worlds: Worlds, default: ServedWorld) -> None:
        self._worlds = worlds
        self._default = default

    @property
    def routes(self) -> Routes:
        """The routes, for the control plane of the default world."""
        return {
            FORK_PATH: {"POST": self._fork},
            PATH: {"GET": self._list, "POST": self._begin},
            f"{PATH}/{ANY_NAME}": {"GET": self._show, "DELETE": self._end},
        }

    async def _list(self, request: Request) -> dict[str, Any]:
        return {"worlds": [self._shown(world) for world in self._worlds.all()], "limit": self._worlds.limit}

    async def _begin(self, request: Request) -> dict[str, Any]:
        found = read_body_members(request.body, MEMBERS, EXAMPLE)
        name = found.pop("name", None)
        if name is None:
            raise ControlRefused(f"the world has no name; say {EXAMPLE}")
        template = found.pop("template", None)
        if template is None:
            return self._shown(self._worlds.begin(name, NewWorld(**found)))
        if found:
            raise ControlRefused(f"a copy of a template has its {' and '.join(found)} already; say the template alone")
        return self._shown(await self._worlds.fork(name, self._template_of(template)))

    async def _fork(self, request: Request) -> dict[str, Any]:
        found = read_body_members(request.body, FORK_MEMBERS, FORK_EXAMPLE)
        name, at = found.get("name"), found.get("at")
        if name is None or at is None:
            raise ControlRefused(f"the world has no {'place' if name else 'name'}; say {FORK_EXAMPLE}")
        template = self._template_of(found.get("template", DEFAULT))
        try:
            return self._shown(await self._worlds.fork_at(name, template, at))
        except (ValueError, LogError) as error:
            raise ControlRefused(str(error)) from None

    def _template_of(self, name: str) -> ServedWorld:
        return self._default if name == DEFAULT else self._find(name).served

    async def _show(self, request: Request) -> dict[str, Any]:
        return self._shown(self._named(request))

    async def _end(self, request: Request) -> dict[str, Any]:
        world = self._named(request)
        ended = self._shown(world)
        self._worlds.remove(world.name)
        return ended

    def _named(self, request: Request) -> NamedWorld:
        return self._find(request.path.rpartition("/")[2])

    def _find(self, name: str) -> NamedWorld:
        world = self._worlds.find(name)
        if world is None:
            raise ControlRefused(f"there is no world {name!r}; GET {PATH} lists those that there are", status=404)
        return world

    def _shown(self, world: NamedWorld) -> dict[str, Any]:
        sim = world.served.live.sim
        return {
            "name": world.name,
            "path": f"{PREFIX}{world.name}",
            "seed": sim.engine.state.seed,
            "position": sim.engine.durable,
            "now": sim.now,
            "idle_seconds": round(self._worlds.idle_seconds(world), 3),
            "requests": world.requests,
        }
