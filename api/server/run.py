"""Run ``orgsim serve``: open the world, listen on the port, and wait for a signal."""

import ipaddress
import json
import signal
import socket
from collections.abc import AsyncGenerator, AsyncIterator
from contextlib import AsyncExitStack, asynccontextmanager, closing

import anyio
import anyio.to_thread
import typer
from structlog.typing import FilteringBoundLogger

from ...engine.settings import Settings
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
from .options import Auth, Latency, Options, Throttling, make_clock
from .served_world import ServedWorld, resettable_world


class ServeError(Exception):
    """The options of ``orgsim serve`` contradict each other or the log. The message says how."""


async def run(options: Options) -> bool:
    """Serve until a signal comes; returns whether it was an interrupt from the keyboard.

    Raises:
        LogError: the log cannot be opened.
        CannotListen: the port is in use.
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
        async with _world(options, credentials) as world:
            token = make_control_token(credentials)
            hosts = _hosts(options, listener)
            app = App(world, _authentication(credentials), limits, log, hosts=hosts, control_token=token)
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
async def _world(options: Options, credentials: Credentials | None) -> AsyncGenerator[ServedWorld, None]:
    settings = Settings(
        latency=(options.latency or Latency.INSTANT).value, throttle=(options.throttle or Throttling.OFF).value
    )

    def make() -> Simulation:
        return Simulation(options.log, seed=options.seed or 0, clock=make_clock(options.clock), settings=settings)

    if options.log is None:
        async with resettable_world(make) as world:
            yield world
        return
    async with AsyncExitStack() as stack:
        try:
            sim = await stack.enter_async_context(make())
        except ValueError as error:
            raise ServeError(str(error)) from None
        _require_same(options, sim)
        why = f"{options.log} is history, which cannot be thrown away; serve another file, or none"
        yield ServedWorld(sim, why, credentials.secrets if credentials else b"")


def _require_same(options: Options, sim: Simulation) -> None:
    """Check that the options agree with the seed, latency and throttling that the log was created with."""
    state = sim.engine.state
    for option, wanted, kept in (
        ("--seed", options.seed, state.seed),
        ("--latency", options.latency and options.latency.value, state.settings.latency),
        ("--throttle", options.throttle and options.throttle.value, state.settings.throttle),
    ):
        if wanted is not None and wanted != kept:
            raise ServeError(f"{options.log}: this world began with {option} {kept}, it cannot go on with {wanted}")


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
