"""A server in a thread, and the worlds of tests on it: real endpoints for boto3, the AWS CLI or Terraform."""

import json
import os
import re
from collections.abc import Generator
from contextlib import AbstractContextManager, contextmanager, nullcontext
from itertools import count
from urllib.request import ProxyHandler, Request, build_opener

from anyio.from_thread import BlockingPortal, start_blocking_portal
from msgspec import Struct

from ...engine.log import MemoryLog
from ...engine.runtime.inline import NeedsEventLoop
from ..population import require_account
from ..server.embed import serve
from ..server.worlds import Worlds
from ..simulation import Simulation
from .founding import MANAGEMENT
from .wire import Keys, wire_of

HOST = "127.0.0.1"
LONGEST = 40
MOST_AT_ONCE = 10_000
"""Worlds of tests at one moment; those of tests that have ended are gone."""


class Endpoint(Struct, frozen=True):
    """A world on the server: what the fixture ``orgsim_server`` gives."""

    sim: Simulation
    """The world."""
    url: str
    """Its endpoint URL, for AWS Organizations, STS, and under ``/_orgsim/`` the control plane."""

    def auto_clock(self, on: bool = True) -> None:
        """Let the clock jump to what is due as soon as a program polls in vain, as ``{"auto": true}`` does.

        A program's own sleeps take real time: it polls without pauses.

        Args:
            on: False ends it.
        """
        body = json.dumps({"auto": on}).encode()
        clock = Request(f"{self.url}/_orgsim/clock", data=body, method="POST")
        with build_opener(ProxyHandler({})).open(clock):
            pass

    def environment(self, account: str = MANAGEMENT) -> dict[str, str]:
        """Make the environment for a program that calls AWS: this process's, with AWS's variables replaced.

        Args:
            account: whose program it is, twelve digits.

        Raises:
            ValueError: not twelve digits.
        """
        return environment_of(self.url, Keys(require_account(account), "anything"), wire_of(self.sim).region(account))


def environment_of(url: str, keys: Keys, region: str) -> dict[str, str]:
    """Make the environment for a program: this process's, with AWS's variables replaced.

    Args:
        url: of the world that the program is to see.
        keys: who calls.
        region: for which it signs.
    """
    kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
    direct = ",".join(filter(None, [kept.get("NO_PROXY", kept.get("no_proxy", "")), HOST]))
    session = {"AWS_SESSION_TOKEN": keys.token} if keys.token else {}
    return (
        kept
        | session
        | {
            "AWS_ENDPOINT_URL": url,
            "AWS_ACCESS_KEY_ID": keys.key_id,
            "AWS_SECRET_ACCESS_KEY": keys.secret,
            "AWS_REGION": region,
            "AWS_DEFAULT_REGION": region,
            "AWS_CONFIG_FILE": os.devnull,
            "AWS_SHARED_CREDENTIALS_FILE": os.devnull,
            "AWS_EC2_METADATA_DISABLED": "true",
            "NO_PROXY": direct,
            "no_proxy": direct,
        }
    )


@contextmanager
def environment(sim: Simulation, account: str, role: str | None) -> Generator[dict[str, str]]:
    """Serve a simulation while the block runs; see ``Simulation.environment``."""
    wire = wire_of(sim)
    keys = wire.keys(account, role)
    with _portal_to(sim) as portal, portal.wrap_async_context_manager(serve(sim, host=HOST)) as url:
        yield environment_of(url, keys, wire.region(account))


def _portal_to(sim: Simulation) -> AbstractContextManager[BlockingPortal]:
    """Return the way into an event loop beside this one in which a world can be served."""
    if sim.portal:
        return nullcontext(sim.portal)
    if isinstance(sim.engine.log, MemoryLog):
        return start_blocking_portal()
    raise NeedsEventLoop(
        "a world with a log is served in the event loop in which it runs: "
        "async with orgsim.api.server.embed.serve(sim) as url"
    )


def why_not_served(sim: Simulation) -> str:
    """Say why the server that tests share cannot serve a simulation; empty if it can."""
    log = sim.engine.log
    if isinstance(log, MemoryLog):
        return ""
    return (
        f"only a world in memory can be served from the thread of this server, not one with {log.name}; "
        'with sim.environment("111111111111") serves it where it runs'
    )


class SharedServer:
    """A running server, on which worlds come and go.

    Args:
        portal: into the event loop of the server's thread.
        worlds: the worlds on the server.
        url: the server's.
    """

    def __init__(self, portal: BlockingPortal, worlds: Worlds, url: str) -> None:
        self._portal = portal
        self._worlds = worlds
        self._url = url
        self._numbers = count(1)

    @contextmanager
    def serving(self, sim: Simulation, name: str) -> Generator[Endpoint]:
        """Serve a world while the block runs.

        Args:
            sim: an open simulation in memory.
            name: what is readable of it is in the URL.

        Raises:
            ValueError: the world's log is a file, so that it cannot be called from the server's thread.
        """
        if problem := why_not_served(sim):
            raise ValueError(problem)
        readable = re.sub(r"[^A-Za-z0-9_]+", "-", name).strip("-")[-LONGEST:]
        path = f"{next(self._numbers)}-{readable}"
        self._portal.call(self._worlds.add, path, sim)
        try:
            yield Endpoint(sim, f"{self._url}/w/{path}")
        finally:
            self._portal.call(self._worlds.remove, path)


@contextmanager
def shared_server() -> Generator[SharedServer]:
    """Run a server on a free port of the loopback interface, in a thread of its own, while the block runs."""
    worlds = Worlds(limit=MOST_AT_ONCE, on_first_use=False)
    with (
        Simulation() as rest,
        start_blocking_portal() as portal,
        portal.wrap_async_context_manager(serve(rest, host=HOST, worlds=worlds)) as url,
    ):
        yield SharedServer(portal, worlds, url)
