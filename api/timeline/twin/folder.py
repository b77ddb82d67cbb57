"""The folder form of a dump: files of JSON as the AWS CLI writes them, one for each question.

``list-roots.json``, ``list-policies/TAG_POLICY.json``, ``describe-policy/p-0123456789.json``: the command of the AWS
CLI, and what it was asked about. Reading takes any layout: what a file tells is seen from its content, and what it is
about from its name, or from the name of a folder that it is in.
"""

import json
import re
from datetime import UTC, datetime
from pathlib import Path
from typing import Any, cast

from msgspec import Struct

from ....engine.log.unfinished import replace_file
from ....engine.shapes.timestamps import microseconds
from ...events_json import iso_time
from .calls import CALLS, Question, command_of, is_list
from .errors import DumpError
from .walk import Answers

MANIFEST = "dump.json"
"""The file that says when a dump was taken; it is written last, so a folder without it may be unfinished."""

IDS = re.compile(r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|(?<![0-9a-z])(?:rp?|p)-[0-9a-zA-Z_]{4,128}|(?<!\d)\d{12}(?!\d)")
TYPES = re.compile(r"[A-Z0-9]+(?:_[A-Z0-9]+)*_POLICY(?:_EC2)?")
LARGEST = 64 * 1024 * 1024
"""Bytes of the largest file that is read."""


class Folder(Struct):
    """A dump that was read from a folder."""

    answers: Answers
    files: dict[Question, str]
    """The file in which each answer stands, for messages."""
    taken_at: int
    """In microseconds since the epoch."""
    notes: list[str]
    more: dict[Question, Any]
    """Answers to other questions of the AWS CLI that tell the same: ListParents, ListChildren, DescribeAccount, …"""


def path_of(question: Question) -> Path:
    """The file of a question, within a folder."""
    operation, subject = question
    command = command_of(operation)
    return Path(command, f"{subject}.json") if subject else Path(f"{command}.json")


def write_answer(folder: Path, question: Question, answer: Any) -> None:
    """Write the answer to a question as the AWS CLI would have printed it; the file is there whole or not at all."""
    target = folder / path_of(question)
    target.parent.mkdir(parents=True, exist_ok=True)
    # Not durably, which for a hundred thousand answers would take longer than to ask for them again.
    unfinished = target.with_name(f"{target.name}-unfinished")
    unfinished.write_text(_text({CALLS[question[0]].answer: answer} if answer or is_list(question[0]) else {}), "utf-8")
    unfinished.replace(target)


def write_manifest(folder: Path, taken_at: int) -> None:
    """Write when a dump was taken; the dump is complete with that."""
    text = _text({"TakenAt": iso_time(taken_at)})
    replace_file(folder / MANIFEST, lambda path: path.write_text(text, "utf-8"))


def _text(content: Any) -> str:
    return json.dumps(content, indent=4, ensure_ascii=False, default=_as_text) + "\n"


def _as_text(value: Any) -> str:
    if isinstance(value, datetime):
        return value.astimezone(UTC).isoformat()
    raise TypeError(f"{value!r} cannot be written as JSON")


def canonical(question: Question, answer: Any) -> Any:
    """An answer with its list in the order of ids: AWS promises no order, and two dumps that say the same are alike."""
    if not isinstance(answer, list):
        return answer
    items = cast("list[dict[str, Any]]", answer)
    return sorted(items, key=lambda item: [str(item.get(name, "")) for name in SORTED_BY])


SORTED_BY = ("Id", "TargetId", "Key", "ServicePrincipal")
"""The members that tell the items of a list apart."""


def read_folder(folder: Path) -> Folder:
    """Read a dump from a folder.

    Raises:
        DumpError: there is no such folder, nothing in it that tells of an organization, or a file that is none of JSON.
    """
    try:
        paths = sorted(path for path in folder.rglob("*.json") if path.is_file())
        if not folder.is_dir():
            raise DumpError(f"{folder}: there is no such folder")
    except OSError as error:
        raise DumpError(f"{folder}: cannot be read: {error.strerror}") from None
    found = Folder({}, {}, 0, [], {})
    for path in paths:
        if path != folder / MANIFEST:
            _take(path, folder, found)
    if ("DescribeOrganization", "") not in found.answers:
        raise DumpError(
            f"{folder}: no dump: no file in it has the output of `aws organizations describe-organization`"
            + ("" if paths else "; it has no file that ends in .json at all")
        )
    found.taken_at = _taken_at(folder, paths, found)
    return found


def _taken_at(folder: Path, paths: list[Path], found: Folder) -> int:
    manifest = folder / MANIFEST
    if manifest.exists():
        content = _read(manifest)
        text = _table(content).get("TakenAt")
        try:
            return microseconds(datetime.fromisoformat(str(text)))
        except (ValueError, TypeError):
            raise DumpError(
                f"{manifest}: TakenAt is {text!r}, and should be a time such as 2026-03-01T09:00:00Z"
            ) from None
    newest = max(path.stat().st_mtime for path in paths)
    when = datetime.fromtimestamp(newest, UTC).replace(microsecond=0)
    found.notes.append(
        f"when it was taken is not said: {when.isoformat()} by its newest file; --taken-at MOMENT says otherwise"
    )
    return microseconds(when)


def _read(path: Path) -> Any:
    try:
        if path.stat().st_size > LARGEST:
            raise DumpError(f"{path}: larger than {LARGEST // 1024**2} MiB, which no answer of AWS is")
        return json.loads(path.read_bytes())
    except OSError as error:
        raise DumpError(f"{path}: cannot be read: {error.strerror}") from None
    except (ValueError, RecursionError) as error:
        raise DumpError(f"{path}: not JSON: {error}") from None


OTHERS = {
    "Parents": "ListParents",
    "Children": "ListChildren",
    "Account": "DescribeAccount",
    "OrganizationalUnit": "DescribeOrganizationalUnit",
}
"""Answers of operations that a dump does not need, and that tell the same: the member, and the operation."""


def _take(path: Path, folder: Path, found: Folder) -> None:
    content = _read(path)
    if not isinstance(content, dict):
        raise DumpError(f"{path}: not the output of a command of `aws organizations`, which is a JSON object")
    whole = cast("dict[str, Any]", content)
    name = str(path.relative_to(folder))
    if "NextToken" in whole:
        found.notes.append(f"{name}: it has a NextToken, so it is one page of several; the rest of the list is missing")
    if not whole:
        _take_nothing(name, found)
        return
    question = _question_of(whole, name)
    if question is None:
        found.notes.append(f"{name}: left out; it has the member {next(iter(whole))}, which no answer of a dump has")
        return
    operation, _ = question
    into = found.answers if operation in CALLS else found.more
    _add(into, question, whole[_member_of(operation)], name, found)


def _take_nothing(name: str, found: Folder) -> None:
    """An empty object stands for a resource policy that there is not."""
    if "resource-policy" in name.lower():
        found.answers["DescribeResourcePolicy", ""] = {}
    else:
        found.notes.append(f"{name}: left out; it is empty")


def _member_of(operation: str) -> str:
    return (
        CALLS[operation].answer
        if operation in CALLS
        else next(key for key, value in OTHERS.items() if value == operation)
    )


def _add(into: Answers, question: Question, answer: Any, name: str, found: Folder) -> None:
    before = into.get(question)
    if before is None:
        into[question], found.files[question] = answer, name
    elif isinstance(before, list) and isinstance(answer, list):
        seen = {json.dumps(item, sort_keys=True) for item in _items(before)}
        new = [item for item in _items(answer) if json.dumps(item, sort_keys=True) not in seen]
        into[question] = [*_items(before), *new]
    elif before != answer:
        raise DumpError(
            f"{name}: says something else than {found.files[question]}: two organizations, or two dumps, in one"
        )


def _question_of(content: dict[str, Any], name: str) -> Question | None:
    """The question to which a file is the answer: its content says of which kind, its name about what."""
    for operation, call in CALLS.items():
        if call.answer in content and operation not in ("ListAccounts", "ListAccountsForParent"):
            return operation, _subject(operation, content[call.answer], name)
    if "Accounts" in content:
        parent = _last(r"(?:ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}|(?<![0-9a-z])r-[0-9a-z]{4,32})", name)
        return ("ListAccountsForParent", parent) if parent else ("ListAccounts", "")
    for member, operation in OTHERS.items():
        if member in content:
            subject = content[member].get("Id", "") if isinstance(content[member], dict) else _id_in(name)
            return operation, f"{subject} {name}" if operation == "ListChildren" else subject
    return None


def _subject(operation: str, answer: Any, name: str) -> str:
    member = CALLS[operation].member
    if member is None:
        return ""
    if operation == "DescribePolicy":
        return str(_table(_table(answer).get("PolicySummary")).get("Id", "")) or _id_in(name)
    if operation == "ListPolicies":
        types = {str(item.get("Type")) for item in map(_table, _items(answer))}
        return types.pop() if len(types) == 1 else _last(TYPES.pattern, name) or name
    subject = _id_in(name)
    if not subject:
        raise DumpError(f"{name}: its name does not say which {member} it is about; name it …/ID.json")
    return subject


def _table(value: Any) -> dict[str, Any]:
    """A JSON object; empty if it is none."""
    return cast("dict[str, Any]", value) if isinstance(value, dict) else {}


def _items(value: Any) -> list[Any]:
    """A JSON array; empty if it is none."""
    return cast("list[Any]", value) if isinstance(value, list) else []


def _id_in(name: str) -> str:
    return _last(IDS.pattern, name)


def _last(pattern: str, name: str) -> str:
    found = re.findall(pattern, name.removesuffix(".json"))
    return found[-1] if found else ""
