"""Checks names across a scenario: every organization, population and saved text that a step names exists."""

import re
from collections.abc import Collection, Iterator, Mapping
from difflib import get_close_matches
from typing import Any, cast

from msgspec import Struct, structs

from ....engine.operations import OPERATIONS
from ....engine.words import FeatureSet
from ....projections.reads import READS
from .model import Scenario, ScenarioError
from .steps import Call, CloseAccounts, CreateAccounts, Invite, OrganizationStep, Remind, Step

AWS_OPERATIONS: dict[str, type[Struct]] = {name: operation.Request for name, operation in OPERATIONS.items()} | {
    name: read.request for name, read in READS.items()
}
ALWAYS_KNOWN = ("organization", "root", "management_account")
KNOWN_FOR_EACH = ("account", "parent", "index")
PLACE = re.compile(r"\{(\w+)\}")
"""A placeholder: a name in braces. Other braces are left alone, as policy documents are full of them."""


def choose(given: str, known: Collection[str]) -> str:
    """The end of an error message: the closest known name, and all that are known."""
    close = get_close_matches(given, known, n=1)
    there_are = f" (there are: {', '.join(known)})" if known else " (there is none)"
    return (f", did you mean `{close[0]}`?" if close else "") + there_are


def checked(scenario: Scenario) -> Scenario:
    """Check a scenario, and return it with the organization of every step filled in.

    Raises:
        ScenarioError: a name is unknown or names something of another kind; the message has the path in the file.
    """
    accounts = [organization.management_account for organization in scenario.organizations.values()]
    for index, (name, account) in enumerate(zip(scenario.organizations, accounts, strict=True)):
        if account in accounts[:index]:
            raise ScenarioError(f"organizations.{name}.management_account: {account} manages another one already")
    _check_feature_sets(scenario)
    steps = tuple(_with_organization(step, scenario, f"steps[{index}]") for index, step in enumerate(scenario.steps))
    saved: set[str] = set()
    for index, step in enumerate(steps):
        place = f"steps[{index}]"
        _check_population(step, scenario, place)
        if isinstance(step, Call):
            _check_call(step, saved, place)
            saved |= step.save.keys()
    return structs.replace(scenario, steps=steps)


def _check_feature_sets(scenario: Scenario) -> None:
    if scenario.settings.consolidated_billing_supported:
        return
    for name, organization in scenario.organizations.items():
        if organization.feature_set is not FeatureSet.ALL:
            raise ScenarioError(
                f'organizations.{name}.feature_set: must be "ALL": settings.consolidated_billing_supported is false'
            )


def _with_organization(step: Step, scenario: Scenario, place: str) -> Step:
    if not isinstance(step, OrganizationStep):
        return step
    names = list(scenario.organizations)
    if not step.organization:
        if len(names) > 1:
            raise ScenarioError(f"{place}.organization: say which (there are: {', '.join(names)})")
        return structs.replace(step, organization=names[0])
    if step.organization not in names:
        raise ScenarioError(
            f"{place}.organization: no organization is called {step.organization!r}" + choose(step.organization, names)
        )
    return step


ORIGINS: Mapping[type[Any], tuple[str, ...]] = {CreateAccounts: ("created",), Invite: ("invited", "created")}
"""Step to the origins that its population may have; other steps take any."""


def _check_population(step: Step, scenario: Scenario, place: str) -> None:
    match step:
        case CreateAccounts() | Invite() | CloseAccounts():
            key, name = "population", step.population
        case Remind(population=name) if name:
            key = "population"
        case Call(for_each=name) if name:
            key = "for_each"
        case _:
            return
    origins = ORIGINS.get(type(step))
    names = [each for each, population in scenario.populations.items() if not origins or population.origin in origins]
    if name not in names:
        kind = f" of origin {' or '.join(origins)}" if origins else ""
        raise ScenarioError(f"{place}.{key}: no population{kind} is called {name!r}" + choose(name, names))


def _check_call(step: Call, saved: set[str], place: str) -> None:
    if step.caller == "account" and not step.for_each:
        raise ScenarioError(f'{place}.caller: "account" needs for_each, which says whose accounts call')
    if step.share + step.skip > 1 + 1e-9:
        raise ScenarioError(f"{place}.share: share and skip add up to {step.share + step.skip:g}, which is more than 1")
    members = [str(field.encode_name) for field in structs.fields(AWS_OPERATIONS[step.operation])]
    for name in step.members:
        if name not in members:
            raise ScenarioError(f"{place}.with: {step.operation} has no member {name!r}{choose(name, members)}")
    known = [*ALWAYS_KNOWN, *(KNOWN_FOR_EACH if step.for_each else ()), *sorted(saved)]
    for path, name in _places(step.members, f"{place}.with"):
        if name not in known:
            raise ScenarioError(f"{path}: nothing is called {{{name}}} here{choose(name, known)}")
    for name in step.save:
        if name in (*ALWAYS_KNOWN, *KNOWN_FOR_EACH) or not PLACE.fullmatch(f"{{{name}}}"):
            taken = ", ".join((*ALWAYS_KNOWN, *KNOWN_FOR_EACH))
            raise ScenarioError(f"{place}.save.{name}: a name is of letters, digits and _, and none of {taken}")


def _places(value: Any, path: str) -> Iterator[tuple[str, str]]:
    """Find the placeholders in all texts of a value, each with its path."""
    if isinstance(value, str):
        yield from ((path, name) for name in PLACE.findall(value))
    elif isinstance(value, Mapping):
        for key, part in cast("Mapping[str, Any]", value).items():
            yield from _places(part, f"{path}.{key}")
    elif isinstance(value, list):
        for index, part in enumerate(cast("list[Any]", value)):
            yield from _places(part, f"{path}[{index}]")
