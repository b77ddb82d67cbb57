"""The command ``orgsim dump``: writes an organization of a log as AWS would tell of it."""

from functools import partial
from pathlib import Path
from typing import Annotated, Any

import anyio
import typer

from ..past import open_recorded
from ..plurals import counted
from ..timeline.twin.calls import Question
from ..timeline.twin.errors import DumpError
from ..timeline.twin.normalize import normalize
from ..timeline.twin.recorded import answers_of, managements, write_folder
from ..timeline.twin.terraform_config import write_configuration
from .terminal import AsJson, print_json, print_line
from .twin_options import failing


def dump(
    log: Annotated[Path, typer.Argument(help="A log, also one that is being written.")],
    folder: Annotated[
        Path | None, typer.Option("--out", metavar="FOLDER", help="Write the JSON of the AWS CLI into a new folder.")
    ] = None,
    terraform: Annotated[
        Path | None, typer.Option(metavar="FILE", help="Write a configuration of Terraform, with import blocks.")
    ] = None,
    at: Annotated[
        str | None, typer.Option(metavar="PLACE", help="As it was at a moment, 2026-03-01T00:00:00Z, or a position.")
    ] = None,
    organization: Annotated[
        str | None, typer.Option(metavar="ID", help="Which organization, where there are several.")
    ] = None,
    as_json: AsJson = False,
) -> None:
    """Write an organization as a dump. A folder of what the AWS CLI would print, or a configuration of Terraform."""
    if folder is None and terraform is None:
        raise typer.BadParameter("say --out FOLDER, --terraform FILE, or both", param_hint="'--out'")
    answers, taken_at = failing(lambda: anyio.run(_answers, log, at, organization))
    if terraform is not None:
        form, _ = normalize(answers)
        failing(partial(write_configuration, form, terraform))
    if folder is not None:
        failing(partial(write_folder, folder, answers, taken_at))
    written = [str(path) for path in (folder, terraform) if path is not None]
    if as_json:
        print_json({"written": written, "answers": len(answers)})
    else:
        print_line(f"{', '.join(written)}: {counted(len(answers), 'answer')} of {log}")


async def _answers(log: Path, at: str | None, organization: str | None) -> tuple[dict[Question, Any], int]:
    async with open_recorded(log) as recorded:
        standing = managements(await recorded.at_or_end(at).views())
        if organization is None and len(standing) > 1:
            named = " or ".join(f"--organization {key}" for key in standing)
            raise DumpError(f"which organization? At this moment there are {len(standing)}: say {named}")
        answers, taken_at = await answers_of(recorded.at_or_end(at), organization)
        return {**answers}, taken_at
