"""Run ``orgsim serve``: open the world, listen on the port, and wait for a signal."""

import ipaddress
import json
import signal
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing
from pathlib import Path
from typing import Any

import anyio
import anyio.to_thread
import msgspec
import typer
from structlog.typing import FilteringBoundLogger

from ...engine.events import WorldCreated
from ...engine.settings import Settings
from ..same_world import by_name, require_same_world
from ..settings_file import load_settings
from ..simulation import Simulation
from .accepting import raise_descriptor_limit, within_descriptors
from .app import App
from .credentials import Credentials, load_credentials
from .diagnostics import server_log
from .embed import make_authentication, make_control_token
from .hosts import Hosts, hosts_of
from .identity import Authentication
from .listening import bind, listening, url_of
from .message import Limits
from .new_world import WorldMaker
from .options import Auth, Options, make_clock
from .served_world import ServedWorld, resettable_world
from .worlds import Worlds


class ServeError(Exception):
    """The options of ``orgsim serve`` contradict each other or the log. The message says how."""


async def run(options: Options) -> bool:
    """Serve until a signal comes; returns whether it was an interrupt from the keyboard.

    Raises:
        LogError: the log cannot be opened.
        CannotListen: the port is in use.
        SettingsError: the settings file cannot be used.
        CredentialsError: the credentials file cannot be used.
        ServeError: the log began with other settings, or botocore is missing.
        EngineStopped: the log could not be written.
    """
    log = server_log(options.as_json)
    limits = within_descriptors(Limits(), raise_descriptor_limit())
    credentials = None
    if options.credentials:
        credentials = await anyio.to_thread.run_sync(load_credentials, options.credentials)
    # The port comes first: a second server started by mistake shall fail before it reads its log.
    listener = await anyio.to_thread.run_sync(bind, options.host, options.port)
    with closing(listener):
        maker = await _world_maker(options)
        async with _world(options, maker, credentials) as world, _named_worlds(options, maker) as worlds:
            token = make_control_token(credentials)
            authentication, hosts = _authentication(credentials), _hosts(options, listener)
            app = App(world, authentication, limits, log, hosts=hosts, control_token=token, worlds=worlds)
            # Only now, so that Ctrl-C still interrupts the reading of a long log.
            with anyio.open_signal_receiver(signal.SIGTERM, signal.SIGINT) as signals:
                async with listening(app, listener, limits, log):
                    _announce(options, listener, world, _new_token(token, credentials))
                    _log_start(options, listener, world, limits, log)
                    received = await _signal_or_failure(signals, app)
                    log.info("stopping", reason=received.name if received else "the log cannot be written")
    if app.failure:
        raise app.failure
    log.info("stopped", position=world.live.sim.engine.durable)
    return received is signal.SIGINT


@asynccontextmanager
async def _world(
    options: Options, maker: WorldMaker, credentials: Credentials | None
) -> AsyncGenerator[ServedWorld, None]:
    """Open the default world."""
    if options.log is None:
        with resettable_world(maker) as world:
            yield world
        return
    async with AsyncExitStack() as stack:
        try:
            sim = await stack.enter_async_context(await _simulation_of(options, options.log, maker))
            _require_same(options, sim, maker.settings)
        except ValueError as error:
            raise ServeError(str(error)) from None
        why = f"{options.log} is history, which cannot be thrown away; serve another file, or none"
        yield ServedWorld(sim, why, credentials.secrets if credentials else b"")


async def _simulation_of(options: Options, log: Path, maker: WorldMaker) -> Simulation:
    seed, settings = options.seed, msgspec.convert(maker.table, Settings)
    if await anyio.Path(log).exists():
        # It has its own; what was asked for, which need not be all of them, is compared afterwards.
        seed = settings = None
    return Simulation(log, seed=seed, clock=make_clock(options.clock, options.start), settings=settings)


@asynccontextmanager
async def _named_worlds(options: Options, maker: WorldMaker) -> AsyncGenerator[Worlds | None, None]:
    if not options.max_worlds:
        yield None
        return
    with closing(Worlds(maker, limit=options.max_worlds, idle=options.world_idle)) as worlds:
        yield worlds


async def _world_maker(options: Options) -> WorldMaker:
    settings = await _wanted_settings(options)
    return WorldMaker(seed=options.seed, clock=options.clock, start=options.start, settings=settings)


async def _wanted_settings(options: Options) -> dict[str, Any]:
    """The settings that the options and the settings file name, as a table; the others are not in it.

    Raises:
        SettingsError: the file cannot be used.
        ServeError: an option and the file both set something.
    """
    file = options.settings
    table = await anyio.to_thread.run_sync(load_settings, file) if file else {}
    for name, given in (("latency", options.latency), ("throttle", options.throttle), ("record", options.record)):
        if given is None:
            continue
        if name in table:
            raise ServeError(f"{file}: {name} is {table[name]} there, and --{name} says {given.value}; set it once")
        table[name] = given.value
    return table


def _require_same(options: Options, sim: Simulation, wanted: dict[str, Any]) -> None:
    """Check that the options agree with the seed and the settings that the log was created with.

    Raises:
        ValueError: they do not.
    """
    state = sim.engine.state
    seed = {} if options.seed is None else {"seed": options.seed}
    require_same_world(str(options.log), WorldCreated(state.seed, state.settings), seed | by_name(wanted))


def _hosts(options: Options, listener: socket.socket) -> Hosts:
    try:
        return hosts_of(listener, options.host, options.allow_hosts)
    except ValueError as error:
        raise ServeError(str(error)) from None


def _authentication(credentials: Credentials | None) -> Authentication:
    try:
        return make_authentication(credentials)
    except ModuleNotFoundError as error:
        raise ServeError(str(error)) from None


def _new_token(token: str | None, credentials: Credentials | None) -> str | None:
    """Return the control plane's token if it was drawn at this start, rather than read from the credentials file."""
    return None if credentials is None or credentials.control_token else token


def _announce(options: Options, listener: socket.socket, world: ServedWorld, token: str | None) -> None:
    """Print on stdout that the server is ready. The token goes nowhere else: more people read the log."""
    url, engine = url_of(listener), world.live.sim.engine
    if options.as_json:
        facts = {"url": url, "log": engine.log.name, "clock": options.clock, "auth": options.auth.value}
        facts |= {"seed": engine.state.seed} | ({"control_token": token} if token else {})
        typer.echo(json.dumps(facts))
    else:
        typer.echo(f"orgsim is listening on {url}" + (f"\ncontrol token: {token}" if token else ""))


def _log_start(
    options: Options, listener: socket.socket, world: ServedWorld, limits: Limits, log: FilteringBoundLogger
) -> None:
    url, engine = url_of(listener), world.live.sim.engine
    facts = {"log": engine.log.name, "position": engine.durable, "clock": options.clock, "auth": options.auth.value}
    log.info("started", url=url, **facts)
    if limits.connections < Limits().connections:
        log.warning("few descriptors: fewer connections than usual", connections=limits.connections)
    address = ipaddress.ip_address(listener.getsockname()[0])
    if not address.is_loopback:
        log.warning(_warning_of(options, address.is_unspecified), url=url)


def _warning_of(options: Options, is_everywhere: bool) -> str:
    """Describe the risk of listening elsewhere than on the loopback interface."""
    risk = {
        Auth.OPEN: "whoever reaches it can act as any account, and move the clock",
        Auth.VERIFY: "what is sent can be read on its way, the control token too",
    }[options.auth]
    unknown = "; only loopback names are answered, unless others are named with --allow-host"
    return f"not a loopback address: {risk}{unknown if is_everywhere and not options.allow_hosts else ''}"


async def _signal_or_failure(signals: AsyncIterator[signal.Signals], app: App) -> signal.Signals | None:
    """Wait for a signal, which is returned, or until the engine has stopped: None."""
    received: signal.Signals | None = None
    async with anyio.create_task_group() as either:

        async def watch() -> None:
            await app.failed.wait()
            either.cancel_scope.cancel()

        either.start_soon(watch)
        received = await anext(signals)
        either.cancel_scope.cancel()
    return received
