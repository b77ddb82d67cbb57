"""A step that calls an operation of AWS: its request filled in, its answer kept for later steps."""

import re
from collections.abc import Mapping
from typing import Any, cast

from msgspec import Struct

from ....engine.operation import Caller, read_request
from ....engine.operations import OPERATIONS
from ....engine.runtime.engine import Engine
from ....projections.reads import READS
from ....projections.views import Views
from ...client import as_dict
from ..scenario.checks import PLACE
from ..scenario.model import ScenarioError


def call(engine: Engine, views: Views | None, operation: str, members: Mapping[str, Any], caller: Caller) -> Struct:
    """Call an operation by AWS's name and give its answer; a writing one is durable a little later.

    Before a reading one the engine must have settled.

    Args:
        engine: of the world.
        views: what reading operations are answered from; only those need them.
        operation: AWS's name.
        members: under AWS's names.
        caller: who calls.

    Raises:
        Refused: as the operation documents.
    """
    if operation in OPERATIONS:
        request = read_request(OPERATIONS[operation].Request, members)
        return OPERATIONS[operation].reply(request, engine.post(request, caller), engine.state)
    read = READS[operation]
    question = read_request(read.request, members)
    assert views is not None, "a scenario that asks has views"
    assert caller.account is not None, "an account calls"
    return read.answer(question, views, caller.account)


def fill(value: Any, names: Mapping[str, str], place: str) -> Any:
    """A value of a scenario with what is known put in for the names in braces.

    Raises:
        ScenarioError: something is not known, because the step that should have saved it was refused.
    """
    if isinstance(value, str):

        def known(found: re.Match[str]) -> str:
            if found[1] not in names:
                raise ScenarioError(f"{place}: {{{found[1]}}} was not saved: the step that saves it was refused")
            return names[found[1]]

        return PLACE.sub(known, value)
    if isinstance(value, dict):
        return {key: fill(part, names, f"{place}.{key}") for key, part in cast("dict[str, Any]", value).items()}
    if isinstance(value, list):
        return [fill(part, names, f"{place}[{index}]") for index, part in enumerate(cast("list[Any]", value))]
    return value


def saved(answer: Struct, wanted: Mapping[str, str], place: str) -> dict[str, str]:
    """What a step saves of an answer: name to the text at a path such as ``OrganizationalUnit.Id``.

    Raises:
        ScenarioError: the answer has nothing there.
    """
    return {name: _at(as_dict(answer), path, f"{place}.save.{name}") for name, path in wanted.items()}


def _at(value: Any, path: str, place: str) -> str:
    for part in path.split("."):
        known: dict[str, Any] = {}
        if isinstance(value, dict):
            known = cast("dict[str, Any]", value)
        elif isinstance(value, list):
            known = {str(index): item for index, item in enumerate(cast("list[Any]", value))}
        if part not in known:
            there_is = f" (there are: {', '.join(known)})" if known else ""
            raise ScenarioError(f"{place}: the answer has no {path!r}{there_is}")
        value = known[part]
    if isinstance(value, dict | list):
        raise ScenarioError(f"{place}: {path!r} is no single value in the answer")
    return str(value)
