"""The command ``orgsim serve``: its options and exit codes; ``api/server/run.py`` does the work."""

from pathlib import Path
from typing import Annotated

import anyio
import typer
from msgspec.structs import replace

from ...engine.log import LogDamaged, LogError, LogUnwritable
from ...engine.runtime.engine import EngineStopped
from ..durations import read_duration
from ..server.hosts import Hosts
from ..server.options import MOST_WORLDS, Auth, Latency, Options, Record, Throttling, make_clock, read_start
from .terminal import failure, readable


def _read_idle(text: str) -> None:
    if not read_duration(text):
        raise ValueError("a world that may not be idle would end at once; give a time above 0, such as 1h")


def _checked_hosts(names: list[str] | None) -> list[str]:
    try:
        Hosts(*(names or ()))
    except ValueError as error:
        raise typer.BadParameter(f"{error}; * means any") from None
    return names or []


# The options with the longest help, apart from the command's own list.
Start = Annotated[
    str | None,
    typer.Option(
        metavar="MOMENT|now",
        callback=readable(read_start),
        help="Where a simulated or paced clock begins in a new world, such as 2026-03-01T00:00:00Z.",
        show_default=False,
    ),
]
MaxWorlds = Annotated[
    int, typer.Option(min=0, help="How many named worlds there may be under /w/NAME/, all in memory; 0 for none.")
]
WorldIdle = Annotated[
    str | None,
    typer.Option(
        metavar="DURATION",
        callback=readable(_read_idle),
        help="End a named world that had no request for so long, such as 1h; never unless said.",
        show_default=False,
    ),
]
AllowHost = Annotated[
    list[str] | None,
    typer.Option(
        callback=_checked_hosts,
        metavar="NAME",
        help="Answer to this name too, besides loopback and --host; * is any. May be repeated.",
        show_default=False,
    ),
]


def serve(
    host: Annotated[
        str, typer.Option(help="Where to listen; who reaches it may do anything, unless verified.")
    ] = "127.0.0.1",
    port: Annotated[int, typer.Option(min=0, max=65_535, help="0 picks a free one.")] = 4570,
    log: Annotated[Path | None, typer.Option(help="Keep the world in this SQLite file; without it, in memory.")] = None,
    clock: Annotated[
        str, typer.Option(callback=readable(make_clock), help="wall, simulated (moved by request) or paced:FACTOR.")
    ] = "wall",
    start: Start = None,
    latency: Annotated[
        Latency | None, typer.Option(help="Of a new world: instant unless said otherwise.", show_default=False)
    ] = None,
    throttle: Annotated[
        Throttling | None,
        typer.Option(help="Of a new world: aws holds calls against AWS's published rates.", show_default=False),
    ] = None,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of a new world: settings and quotas, in TOML or JSON.")
    ] = None,
    auth: Annotated[Auth, typer.Option(help="open takes every signature for good; verify checks it.")] = Auth.OPEN,
    credentials: Annotated[Path | None, typer.Option(help="For --auth verify: whose keys there are (TOML).")] = None,
    seed: Annotated[
        int | None,
        typer.Option(min=-(2**63), max=2**63 - 1, help="Of a new world: 0 unless said otherwise.", show_default=False),
    ] = None,
    allow_host: AllowHost = None,
    max_worlds: MaxWorlds = MOST_WORLDS,
    world_idle: WorldIdle = None,
    record: Annotated[
        Record | None,
        typer.Option(
            help="Of a new world: which calls its log has besides those that changed something; writes (refused ones) "
            "unless said otherwise.",
            show_default=False,
        ),
    ] = None,
    as_json: Annotated[bool, typer.Option("--json", help="Print and log JSON objects.")] = False,
) -> None:
    """Answer the API of AWS Organizations, until it is stopped. SIGTERM or Ctrl-C stop it.

    Point boto3, the AWS CLI or Terraform at the URL that is printed; an access key id of twelve digits is that account.
    """
    if (auth is Auth.VERIFY) != (credentials is not None):
        raise typer.BadParameter("--auth verify and --credentials FILE go together", param_hint="'--auth'")
    if start is not None and clock == "wall":
        raise typer.BadParameter("the wall clock begins nowhere; add --clock simulated", param_hint="'--start'")
    hosts, idle = tuple(allow_host or ()), read_duration(world_idle) if world_idle else None
    known = Options(host, port, log, clock, latency, throttle, credentials, seed, as_json, hosts, settings)
    _run(replace(known, start=start, max_worlds=max_worlds, world_idle=idle, record=record))


def _run(options: Options) -> None:
    # Imported here, because the other commands start faster without a web server.
    from ..server.credentials import CredentialsError
    from ..server.listening import CannotListen
    from ..server.run import ServeError, run
    from ..settings_file import SettingsError

    try:
        interrupted = anyio.run(run, options)
    except (LogDamaged, LogUnwritable, EngineStopped) as error:
        raise failure(error, 1) from None
    except (LogError, CannotListen, CredentialsError, ServeError, SettingsError) as error:
        raise failure(error, 2) from None
    except KeyboardInterrupt:
        interrupted = True
    if interrupted:
        raise failure("interrupted", 130)
