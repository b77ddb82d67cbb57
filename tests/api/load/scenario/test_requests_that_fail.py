"""What AWS would refuse whatever the world is like is found before the run: members of requests, paths into answers."""

from typing import Any

import msgspec
import pytest
from msgspec import structs
from support.botocore_model import MODEL
from support.play_scenario import population, step

from orgsim.api.load.scenario import ScenarioError, parse_scenario
from orgsim.api.load.scenario.answers import answer_of, wrong_way
from orgsim.api.load.scenario.checks import AWS_OPERATIONS


def problems(text: str) -> list[str]:
    """All that is wrong with a scenario."""
    try:
        parse_scenario(text)
    except ScenarioError as error:
        return [str(each) for each in error.problems]
    return []


MOVE = {"AccountId": "{management_account}", "SourceParentId": "{root}"}
OFFER = {"Type": "BILLING", "Target": {"Id": "1" * 12, "Type": "ACCOUNT"}, "SourceName": "bills"}


@pytest.mark.parametrize(
    ("operation", "members", "said"),
    [
        (
            "InviteOrganizationToTransferResponsibility",
            {**OFFER, "StartTimestamp": "2026-06-01"},
            "StartTimestamp must be a moment such as",
        ),
        ("MoveAccount", {**MOVE, "DestinationParentId": "Vended"}, "DestinationParentId must be a root's id, r- and"),
        (
            "CreateOrganizationalUnit",
            {"ParentId": "{root}", "Name": "n", "Tags": [{"Key": "team!", "Value": "a"}]},
            "Tags.0.Key must be of letters, digits, blanks and _.:/=+-@",
        ),
        ("CreateOrganizationalUnit", {"ParentId": "{root}", "Name": 3}, "Name must be a text, not a whole number"),
        ("TagResource", {"ResourceId": "{root}", "Tags": ["a"]}, "Tags must be an object with members, not a text"),
        ("ListAccounts", {"MaxResults": 100}, "MaxResults must be at most 20"),
    ],
)
def test_members(operation: str, members: dict[str, Any], said: str) -> None:
    """A member without names in braces is checked by the request's types and constraints."""
    (problem,) = problems(step(operation, with_=members))
    assert problem.startswith(f"step 1, with: {operation} would be refused: {said}")


def test_members_that_are_not_known_yet() -> None:
    """What a name in braces will stand for is not judged."""
    assert problems(step("MoveAccount", with_={**MOVE, "DestinationParentId": "{root}"})) == []


LATER = "ListEffectivePolicyValidationErrors.AccountId"
"""What is required, but is looked at only after other things: AWS refuses its absence as that of the account."""


@pytest.mark.parametrize("operation", AWS_OPERATIONS)
def test_members_that_lack(operation: str) -> None:
    """A step that leaves out what AWS's model of the operation requires is told all of it, by AWS's names."""
    shape: Any = MODEL.operation_model(operation).input_shape
    required = [each for each in (shape.required_members if shape else ()) if f"{operation}.{each}" != LATER]
    said = f"step 1, with: {operation} would be refused: it lacks {', '.join(required)}"
    found = problems(step(operation))
    assert found == ([said] if required else [])


def test_members_that_lack_anywhere() -> None:
    """Calls of a pipeline and of an escalation are looked at too; a name that is misspelt is told alone."""
    move = {"action": "MoveAccount", "with": MOVE}
    behaviour = {"deadline_days": 3, "escalation": {"action": "CloseAccount"}}
    said = "would be refused: it lacks"
    assert problems(
        population("made", "created", 2)
        + population("asked", "invited", 2, invitation=behaviour)
        + step("create_accounts", population="made", then=[move])
    ) == [
        f"populations.asked.invitation.escalation.with: CloseAccount {said} AccountId",
        f"step 1, then[1].with: MoveAccount {said} DestinationParentId",
    ]
    (problem,) = problems(step("MoveAccount", with_={**MOVE, "DestinationParent": "{root}"}))
    assert "has no member 'DestinationParent', did you mean `DestinationParentId`?" in problem


@pytest.mark.parametrize("operation", AWS_OPERATIONS)
def test_every_member_of_a_wrong_type(operation: str) -> None:
    """Whatever the operation, a list of lists is refused for each of its members, before the run."""
    names = [field.encode_name for field in structs.fields(AWS_OPERATIONS[operation])]
    for name in names:
        found = problems(step(operation, with_={name: [[1.5]]}))
        assert any(f"{operation} would be refused: {name}" in each for each in found), (name, found)


@pytest.mark.parametrize(
    ("path", "said"),
    [
        ("OrganizationUnit.Id", "the answer has no 'OrganizationUnit.Id', did you mean `OrganizationalUnit`?"),
        ("OrganizationalUnit.Nmae", "the answer has no 'OrganizationalUnit.Nmae', did you mean `Name`?"),
        ("OrganizationalUnit.Id.0", "the answer has no 'OrganizationalUnit.Id.0': in front of '0' is a single value"),
    ],
)
def test_paths_into_answers(path: str, said: str) -> None:
    """A path that no answer of the operation has is told before the run, with what there is."""
    made = step("CreateOrganizationalUnit", with_={"ParentId": "{root}", "Name": "n"}, save={"new": path})
    (problem,) = problems(made)
    assert problem.startswith(f"step 1, save.new: {said}")


@pytest.mark.parametrize("operation", AWS_OPERATIONS)
def test_every_way_there_is(operation: str) -> None:
    """The answer of each operation is known, and each way into it is possible, as deep as its structs go."""
    answer = answer_of(operation)
    assert answer is not None
    ways = [*_ways(msgspec.json.schema(answer), msgspec.json.schema(answer).get("$defs", {}), 5)]
    assert [way for way in ways if wrong_way(answer, way)] == []
    assert wrong_way(answer, "Nothing") or not structs.fields(answer)


def _ways(schema: dict[str, Any], known: dict[str, Any], depth: int) -> list[str]:
    """The paths in the JSON schema of an answer."""
    found = list[str]()
    for part in (schema, *schema.get("anyOf", ())):
        part = known[part["$ref"].rpartition("/")[2]] if "$ref" in part else part
        inner = part.get("properties", {}) | ({"0": part["items"]} if part.get("items") else {})
        for key, each in inner.items() if depth else ():
            found += [key, *(f"{key}.{way}" for way in _ways(each, known, depth - 1))]
    return found
