"""Calls of steps whose action is an AWS operation: fills in the request, and saves texts from the answer."""

import re
from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from ....engine.operation import Caller, Events, read_request
from ....engine.operations import OPERATIONS
from ....engine.runtime.engine import Engine
from ....engine.runtime.stepwise import end_what_was_shown
from ....engine.spelling import quoted
from ....projections.reads import READS
from ....projections.reads.answering import answer
from ....projections.views import Views
from ...client import as_dict
from ..scenario.checks import PLACE, unit_of
from ..scenario.problems import ScenarioError
from ..scenario.steps import Call


def call(
    engine: Engine, views: Views | None, operation: str, members: Mapping[str, Any], caller: Caller
) -> tuple[Struct, Events]:
    """Call an operation and return its answer, before it is durable, and its events; a reading one has none.

    A reading operation is answered from the views, so ``Engine.settle`` must be awaited first.

    Args:
        engine: receives writing operations.
        views: answer reading operations; may be None for others.
        operation: AWS's name of the operation.
        members: the members of the request, under AWS's names.
        caller: the account that calls.

    Raises:
        Refused: as the operation documents.
    """
    if operation in OPERATIONS:
        request = read_request(OPERATIONS[operation].Request, members)
        events = engine.post(request, caller)
        return OPERATIONS[operation].reply(request, events, engine.state), events
    question = read_request(READS[operation].request, members)
    assert views is not None, "a scenario that reads has views"
    assert caller.account is not None, "an account calls"
    reply = answer(operation, question, views, caller, engine.now)
    end_what_was_shown(engine, operation, question, reply, caller.account)
    return reply, []


def fill(value: Any, names: Mapping[str, str], place: str) -> Any:
    """Replace the placeholders (names in braces) in all texts of a value, in nested tables and lists too.

    Args:
        value: a value of the scenario.
        names: name to the text that replaces it.
        place: the path of the value, for errors.

    Raises:
        ScenarioError: a name is unknown, because the step that should have saved it was refused.
    """
    if isinstance(value, str):

        def known(found: re.Match[str]) -> str:
            if found[1] not in names:
                why = "was not saved: the step that saves it was refused"
                why = "is no OU of the organization that calls" if unit_of(found[1]) else why
                raise ScenarioError(f"{place}: {{{found[1]}}} {why}")
            return names[found[1]]

        return PLACE.sub(known, value)
    if isinstance(value, dict):
        return {key: fill(each, names, f"{place}.{key}") for key, each in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [fill(part, names, f"{place}[{index + 1}]") for index, part in enumerate(cast("list[Any]", value))]
    return value


def party_of(step: Call, account: str) -> str:
    """The account that a call of a step asks to join; empty if it asks none, or one that is known only later.

    Args:
        step: the step.
        account: the account for which it calls, or empty.
    """
    target = step.members.get("Target")
    party = cast("dict[str, Any]", target).get("Id") if isinstance(target, dict) else ""
    if party == "{account}":
        return account
    return party if isinstance(party, str) and not PLACE.search(party) else ""


def saved(answer: Struct, wanted: Mapping[str, str], place: str) -> dict[str, str]:
    """Take texts out of an answer.

    Args:
        answer: the answer of an operation.
        wanted: name to a path in the answer, such as ``OrganizationalUnit.Id``.
        place: the path of the step, for errors.

    Returns:
        Name to text.

    Raises:
        ScenarioError: the answer has no single value at a path.
    """
    return {name: _at(as_dict(answer), path, f"{place}.save.{name}") for name, path in wanted.items()}


def _at(value: Any, path: str, place: str) -> str:
    """The text at a path of keys and indexes, separated by dots."""
    for key in path.split("."):
        known: dict[str, Any] = {}
        if isinstance(value, dict):
            known = cast("dict[str, Any]", value)
        elif isinstance(value, list):
            known = {str(index): item for index, item in enumerate(cast("list[Any]", value))}
        if key not in known:
            there_is = f" (there are: {', '.join(known)})" if known else ""
            raise ScenarioError(f"{place}: the answer has no {quoted(path)}{there_is}")
        value = known[key]
    if isinstance(value, dict | list):
        raise ScenarioError(f"{place}: {quoted(path)} is no single value in the answer")
    return str(value)
