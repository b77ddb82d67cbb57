"""Dumps of a log: the questions of a dump, answered by a world as it was at a place."""

from pathlib import Path
from typing import Any

from ....engine.errors import Refused
from ....engine.operation import Caller, read_request
from ....projections.reads import READS
from ....projections.reads.answering import answer
from ....projections.views import Views
from ...client.calls import as_dict
from ...past import Past
from .calls import Question
from .errors import DumpError
from .folder import canonical, write_answer, write_manifest
from .walk import Answers, Unanswered, walk


def managements(views: Views) -> dict[str, str]:
    """The organizations that stand, and their management accounts."""
    return {key: row.management_account for key, row in views.organizations.rows.items() if not row.deleted}


def pick_organization(views: Views, wanted: str | None) -> str:
    """The management account of the organization that is to be dumped: the one that is wanted, or the only one.

    Raises:
        DumpError: there is none, or there are several; the message names them.
    """
    standing = managements(views)
    if wanted is not None:
        found = standing.get(wanted)
        if found is None:
            raise DumpError(f"there is no organization {wanted!r} then; there are: {', '.join(standing) or 'none'}")
        return found
    if len(standing) != 1:
        which = " or ".join(f"{key} of {account}" for key, account in standing.items())
        there = f"there are {len(standing)}: name one, {which}" if standing else "there is none"
        raise DumpError(f"which organization? At this moment {there}")
    return next(iter(standing.values()))


async def answers_of(past: Past, organization: str | None) -> tuple[Answers, int]:
    """Ask a world as it was all questions of a dump, as the management account.

    Returns:
        The answers, with lists in the order of ids, and the time there, in microseconds since the epoch.

    Raises:
        DumpError: there is no such organization.
    """
    views = await past.views()
    caller = Caller(pick_organization(views, organization))

    def ask(operation: str, members: dict[str, Any]) -> dict[str, Any]:
        question = read_request(READS[operation].request, members)
        try:
            return as_dict(answer(operation, question, views, caller, views.now))
        except Refused as refused:
            raise Unanswered(refused.code, refused.message) from None

    answers: Answers = {}
    missing = walk(ask, answers)
    assert not missing, missing
    ordered = {question: canonical(question, found) for question, found in answers.items()}
    return ordered, await past.time()


def write_folder(folder: Path, answers: dict[Question, Any], taken_at: int) -> None:
    """Write a dump into a folder that is new or empty.

    Raises:
        DumpError: it has something in it, or cannot be written.
    """
    try:
        if folder.exists() and any(folder.iterdir()):
            raise DumpError(f"{folder}: not empty; a dump gets a folder of its own")
        folder.mkdir(parents=True, exist_ok=True)
        for question, found in answers.items():
            write_answer(folder, question, found)
        write_manifest(folder, taken_at)
    except OSError as error:
        raise DumpError(f"{folder}: cannot be written: {error.strerror}") from None
