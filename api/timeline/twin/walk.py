"""Asking the questions of a dump, one after another, until no answer leads to a further one."""

from collections import deque
from collections.abc import Callable, Iterable, MutableMapping
from typing import Any

from .calls import CALLS, FIRST, NEEDED, Question, further, is_list, members_of, named
from .errors import DumpError

Answers = MutableMapping[Question, Any]
"""Question to the member of the answer that tells everything; what was not asked, or not answered, is not in it."""

Ask = Callable[[str, dict[str, Any]], dict[str, Any]]
"""Asks an operation with members, and returns one page of AWS's answer; raises ``Unanswered``."""

Asked = Callable[[Question, int, Iterable[Question]], None]
"""Told before each question: which, how many were asked before, and those that are known to come."""

NOTHING_THERE: dict[str, Any] = {"ResourcePolicyNotFoundException": {}, "AccountNotRegisteredException": []}
"""Exceptions that are answers: there is none."""

NOT_OFFERED = ("PolicyTypeNotAvailableForOrganizationException", "UnsupportedAPIEndpointException")
"""Exceptions that say that there is no such thing in this organization or partition."""


class Unanswered(Exception):
    """A question was refused.

    Args:
        code: AWS's exception.
        message: AWS's text.
    """

    def __init__(self, code: str, message: str) -> None:
        super().__init__(message)
        self.code, self.message = code, message


def _nobody(question: Question, done: int, waiting: Iterable[Question]) -> None:
    """Tell nobody."""


def walk(ask: Ask, answers: Answers, asked: Asked = _nobody) -> list[str]:
    """Ask all questions of a dump that are not answered yet.

    Args:
        ask: asks one.
        answers: those that there are already; gets the others.
        asked: told of each question.

    Returns:
        What could not be read, and what that means for the twin.

    Raises:
        DumpError: what a twin cannot do without was refused.
    """
    missing: list[str] = []
    known = set(FIRST)
    waiting = deque(FIRST)
    done = 0
    while waiting:
        question = waiting.popleft()
        if question not in answers:
            asked(question, done, waiting)
            answer = _answer(ask, question, missing)
            if answer is not None:
                answers[question] = answer
        done += 1
        for new in further(question, answers.get(question, {})):
            if new not in known:
                known.add(new)
                waiting.append(new)
    return missing


def _answer(ask: Ask, question: Question, missing: list[str]) -> Any:
    operation, _ = question
    try:
        return _whole(ask, question)
    except Unanswered as refused:
        if refused.code in NOTHING_THERE:
            return NOTHING_THERE[refused.code]
        if refused.code in NOT_OFFERED or (operation == "ListPolicies" and refused.code == "InvalidInputException"):
            return []
        if operation in NEEDED:
            raise DumpError(_why_needed(operation, refused)) from None
        missing.append(f"{named(question)}: {_why(operation, refused)}; the twin lacks {CALLS[operation].lost}")
        return None


def _why_needed(operation: str, refused: Unanswered) -> str:
    if refused.code == "AWSOrganizationsNotInUseException":
        return "the account of these credentials is in no organization"
    return f"{named((operation, ''))}: {_why(operation, refused)}; without it there is no twin"


def _why(operation: str, refused: Unanswered) -> str:
    if refused.code in ("AccessDeniedException", "AccessDenied"):
        return (
            f"denied: allow organizations:{operation} to the management account's user or role, or to a delegated "
            "administrator's"
        )
    if refused.code.endswith("NotFoundException"):
        return "it was deleted while the dump was read"
    return f"{refused.code}: {refused.message}"


def _whole(ask: Ask, question: Question) -> Any:
    """The answer to a question: of a list all pages."""
    operation, _ = question
    key, members = CALLS[operation].answer, members_of(question)
    page = ask(operation, dict(members))
    if not is_list(operation):
        return page.get(key, {})
    items = list(page.get(key, ()))
    while token := page.get("NextToken"):
        page = ask(operation, {**members, "NextToken": token})
        items += page.get(key, ())
    return items
