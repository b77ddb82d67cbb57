"""The command ``orgsim import``: brings the dump of a real organization into a log, its twin."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio
import msgspec
import typer

from ...engine.log import LogError
from ...engine.settings import Settings
from ..past import open_recorded
from ..plurals import counted
from ..settings_file import SettingsError, load_settings
from ..timeline.twin import reading
from ..timeline.twin.importing import Imported
from ..timeline.twin.importing import import_dump as bring_in
from ..timeline.twin.live import Source, discard
from ..timeline.twin.normalize import Dump
from .terminal import AsJson, failure, print_json, print_line
from .twin_options import (
    ENDING,
    DumpFolder,
    EndpointUrl,
    Profile,
    TakenAt,
    failing,
    one_of,
    read_live,
    read_moment,
    tell,
)


def import_dump(
    log: Annotated[Path, typer.Option(help="The log: a new file, or the twin that a dump continues.")],
    profile: Profile = None,
    endpoint_url: EndpointUrl = None,
    dump: DumpFolder = None,
    terraform: Annotated[
        Path | None,
        typer.Option(metavar="STATE", help="Read Terraform's state, or the output of terraform show -json."),
    ] = None,
    taken_at: TakenAt = None,
    settings: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Of a new log: settings and quotas, in TOML or JSON.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Bring a real organization into a log. Read from AWS, from a folder of AWS CLI JSON, or from Terraform's state.

    A later dump into the same log appends what has changed since.
    """
    one_of({"--profile": profile, "--endpoint-url": endpoint_url, "--dump": dump, "--terraform": terraform})
    moment = read_moment(taken_at)
    wanted = _settings(settings, log)
    if dump is not None:
        done = _import(failing(partial(reading.of_folder, dump, moment)), str(dump), log, wanted)
    elif terraform is not None:
        done = _import(failing(partial(reading.of_terraform, terraform, moment)), str(terraform), log, wanted)
    else:
        if moment is not None:
            raise typer.BadParameter("what is read now is taken now", param_hint="'--taken-at'")
        failing(lambda: anyio.run(_require_log, log))
        folder = Path(f"{log}{ENDING}")
        found = failing(partial(read_live, profile, endpoint_url, folder))
        done = _import(found, str(Source(profile, endpoint_url)), log, wanted)
        discard(folder)
    if as_json:
        print_json(done)
    else:
        _print(done)


async def _require_log(log: Path) -> None:
    """Check before AWS is read, which may take hours, that there can be such a log."""
    if await anyio.Path(log).exists():
        async with open_recorded(log):
            return
    if not await anyio.Path(log).parent.is_dir():
        raise LogError(f"{log}: there is no directory {log.parent}")


def _settings(path: Path | None, log: Path) -> Settings | None:
    if path is None:
        return None
    if log.exists():
        raise typer.BadParameter(f"{log} keeps the settings that it has begun with", param_hint="'--settings'")
    try:
        table: dict[str, Any] = load_settings(path)
    except SettingsError as error:
        raise failure(error, 2) from None
    return msgspec.convert(table, Settings)


def _import(dump: Dump, source: str, log: Path, settings: Settings | None) -> Imported:
    tell(dump.notes)
    return failing(lambda: anyio.run(bring_in, dump, source, log, settings))


def _print(done: Imported) -> None:
    policies = f"{done.policies:,} {'policy' if done.policies == 1 else 'policies'}"
    things = f"{counted(done.accounts, 'account')}, {counted(done.organizational_units, 'OU')}, {policies}"
    changed = f"{counted(done.events, 'event')}, {done.inferred:,} inferred" if done.events else "nothing has changed"
    text = f"{done.log}: {done.organization}: {things}; {changed}; position {done.position:,}"
    print_line(text)
