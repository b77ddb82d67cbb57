"""Reading a dump from wherever it is: AWS, a folder, or Terraform's state."""

import itertools
from pathlib import Path

from msgspec.structs import replace

from ....engine.explaining import when
from ....engine.settings import SECOND
from ....engine.twin.checks import ImpossibleDump, require_consistent, resources_of
from ....engine.twin.form import Form
from . import live
from .errors import DumpError
from .folder import Folder, read_folder
from .normalize import Dump, normalize
from .terraform_state import read_state

CLOCKS_DIFFER = 60 * SECOND
"""By so much a moment in a dump may be later than the one at which it was taken: clocks and roundings differ."""


def of_folder(folder: Path, taken_at: int | None) -> Dump:
    """Read a dump from a folder of the AWS CLI's JSON.

    Args:
        folder: its path.
        taken_at: when it was taken, in microseconds since the epoch; None: as the folder says.

    Raises:
        DumpError: it is none, or contradicts itself.
    """
    return _normalized(read_folder(folder), taken_at, [])


def of_terraform(state: Path, taken_at: int | None) -> Dump:
    """Read a dump from Terraform's state, or from the output of ``terraform show -json``; raises as ``of_folder``."""
    dump = read_state(state)
    return _at_moment(dump, taken_at)


def of_live(source: live.Source, folder: Path, progress: live.Progress) -> Dump:
    """Read a dump through boto3, keeping the answers in a folder.

    Raises:
        DumpError: nobody answers, or it may not be read.
    """
    begun = folder.exists() and any(folder.iterdir())
    client = live.Client(source, live.Pace() if source.paced else None)
    found, missing = live.read_live(client, folder, progress)
    if begun:
        missing = [f"a reading that was interrupted went on with the answers in {folder}", *missing]
    dump = _normalized(found, None, missing)
    try:
        require_consistent(dump.form)
    except ImpossibleDump as error:
        live.discard(folder)
        raise DumpError(f"{source}: {error.message}; it has changed while it was read: read it again") from None
    return dump


def _normalized(found: Folder, taken_at: int | None, missing: list[str]) -> Dump:
    form, notes = normalize(found.answers, found.files, found.more)
    told = [note for note in notes if not any(note.split(" is missing")[0] in each for each in missing)]
    return _at_moment(Dump(form, found.taken_at, [*missing, *found.notes, *told]), taken_at)


def _at_moment(dump: Dump, taken_at: int | None) -> Dump:
    """Set the moment of a dump, which nothing in it may be later than."""
    _leave_out_tags(dump)
    latest = _latest(dump.form)
    if taken_at is not None:
        dump.taken_at = taken_at
        dump.notes = [note for note in dump.notes if "--taken-at" not in note]
    guessed = any("--taken-at" in note for note in dump.notes)
    if latest > dump.taken_at + CLOCKS_DIFFER and not guessed:
        raise DumpError(f"it was taken at {when(dump.taken_at)}, and yet tells of {when(latest)}")
    dump.taken_at = max(dump.taken_at, latest)
    return dump


def _leave_out_tags(dump: Dump) -> None:
    """Leave out the tags of resources of which the dump says nothing else."""
    known, tags = resources_of(dump.form), dump.form.tags
    unknown = [resource for resource in tags if resource not in known]
    dump.notes += [f"the tags of {resource} are left out: the dump does not list it" for resource in unknown]
    if unknown:
        dump.form = replace(dump.form, tags={key: value for key, value in tags.items() if key in known})


def _latest(form: Form) -> int:
    """The latest moment that a dump tells of."""
    administered = (services.values() for services in form.administrators.values())
    moments = itertools.chain(
        (account.joined_at for account in form.accounts),
        form.services.values(),
        *administered,
        (handshake.requested_at for handshake in form.handshakes),
        (creation.completed_at or creation.requested_at for creation in form.creations),
    )
    return max((moment for moment in moments if moment is not None), default=0)
