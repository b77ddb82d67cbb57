from enum import StrEnum
from typing import Annotated, Any

import pytest
from msgspec import Meta, Struct
from support.given import MEMBER

from orgsim.engine.errors import InvalidInputException, Refused, SerializationException
from orgsim.engine.ids import HandshakeId
from orgsim.engine.operation import read_request, screaming_snake_case
from orgsim.engine.operations import (
    accept_handshake,
    create_organization,
    create_organizational_unit,
    invite_account_to_organization,
    leave_organization,
)
from orgsim.engine.words import FeatureSet

INVITATION = {"Target": {"Type": "ACCOUNT", "Id": MEMBER}}


class ActionType(StrEnum):
    INVITE = "INVITE"


class Filter(Struct, frozen=True, rename="pascal"):
    action_type: ActionType | None = None
    parent_handshake_id: HandshakeId | None = None


class Listing(Struct, rename="pascal"):
    """Every kind of constraint there is, in the shape of AWS's requests."""

    handshake_id: HandshakeId
    filter: Filter = Filter()
    filters: tuple[Filter, ...] = ()
    name: Annotated[str, Meta(min_length=1, max_length=3)] = "abc"
    max_results: Annotated[int, Meta(ge=1, le=20)] | None = None
    tag_keys: tuple[Annotated[str, Meta(min_length=1, max_length=128)], ...] = ()


VALID = {"HandshakeId": "h-01234567"}


def refusal(members: dict[str, Any], request_type: type[Struct] = Listing) -> Refused:
    with pytest.raises(Refused) as caught:
        read_request(request_type, members)
    return caught.value


@pytest.mark.parametrize(
    ("members", "reason"),
    [
        ({}, "INPUT_REQUIRED:HANDSHAKE_ID"),
        ({"HandshakeId": None}, "INPUT_REQUIRED:HANDSHAKE_ID"),
        ({"handshakeId": "h-01234567"}, "INPUT_REQUIRED:HANDSHAKE_ID"),
        ({"HandshakeId": ""}, "INVALID_PATTERN:HANDSHAKE_ID"),
        ({"HandshakeId": "h-01234567\n"}, "INVALID_PATTERN:HANDSHAKE_ID"),
        (VALID | {"Name": ""}, "MIN_LENGTH_EXCEEDED:NAME"),
        (VALID | {"Name": "abcd"}, "MAX_LENGTH_EXCEEDED:NAME"),
        (VALID | {"MaxResults": 0}, "MIN_VALUE_EXCEEDED:MAX_RESULTS"),
        (VALID | {"MaxResults": 21}, "MAX_VALUE_EXCEEDED:MAX_RESULTS"),
        (VALID | {"Filter": {"ActionType": "DANCE"}}, "INVALID_ENUM:FILTER_ACTION_TYPE"),
        (VALID | {"Filter": {"ParentHandshakeId": "x"}}, "INVALID_PATTERN:FILTER_PARENT_HANDSHAKE_ID"),
        (VALID | {"Filters": [{}, {"ActionType": "DANCE"}]}, "INVALID_ENUM:FILTERS_2_MEMBER_ACTION_TYPE"),
        (VALID | {"TagKeys": ["a", ""]}, "MIN_LENGTH_EXCEEDED:TAG_KEYS_2_MEMBER"),
        (VALID | {"TagKeys": ["k" * 129]}, "MAX_LENGTH_EXCEEDED:TAG_KEYS_1_MEMBER"),
    ],
)
def test_reasons(members: dict[str, Any], reason: str) -> None:
    """Each broken constraint has AWS's reason, with the member and the way to it behind the colon.

    Items of lists are counted as radkawar/stackd recorded in organizations_inputs.json (TAGS_1_MEMBER_VALUE).
    """
    refused = refusal(members)
    assert (type(refused), refused.reason) == (InvalidInputException, reason)


@pytest.mark.parametrize(("size", "text"), [(0, "is below the minimum allowed."), (21, "exceeds the maximum allowed.")])
def test_texts_of_sizes(size: int, text: str) -> None:
    """AWS was seen to say this of a page's size (radkawar/stackd, organizations_policy_validation.json)."""
    assert refusal(VALID | {"MaxResults": size}).message == f"You provided a value that {text}"


def test_nested_too_deep() -> None:
    """Members nested so deep that nobody can have meant it are refused, known or not."""
    nested: list = []
    for _ in range(5_000):
        nested = [nested]
    with pytest.raises(SerializationException, match="nested too deep"):
        read_request(create_organization.Request, {"Unknown": nested})


@pytest.mark.parametrize(
    ("request_type", "members", "reason"),
    [
        (create_organization.Request, {"FeatureSet": "SOME"}, "INVALID_ENUM:FEATURE_SET"),
        (invite_account_to_organization.Request, {}, "INPUT_REQUIRED:TARGET"),
        (
            invite_account_to_organization.Request,
            INVITATION | {"Tags": [{"Key": "k"}]},
            "INPUT_REQUIRED:TAGS_1_MEMBER_VALUE",
        ),
        (invite_account_to_organization.Request, INVITATION | {"Notes": "n" * 1025}, "MAX_LENGTH_EXCEEDED:NOTES"),
    ],
)
def test_reasons_of_operations(request_type: type[Struct], members: dict[str, Any], reason: str) -> None:
    """The requests of the operations give such reasons too."""
    assert refusal(members, request_type).reason == reason


@pytest.mark.parametrize(
    ("members", "message"),
    [
        ({}, "You must provide a value for the parameter."),
        ({"HandshakeId": "x"}, "You provided a value that does not match the required pattern."),
        (VALID | {"Name": "abcd"}, "You provided a string that exceeds that maximum length."),
        (VALID | {"Filter": {"ActionType": "DANCE"}}, "You specified an invalid value."),
    ],
)
def test_messages(members: dict[str, Any], message: str) -> None:
    """The message is AWS's for the reason without its suffix."""
    assert refusal(members).message == message


@pytest.mark.parametrize(
    ("members", "member"),
    [
        ({"HandshakeId": 5}, "HandshakeId"),
        (VALID | {"Name": ["a"]}, "Name"),
        (VALID | {"MaxResults": "5"}, "MaxResults"),
        (VALID | {"MaxResults": 1.5}, "MaxResults"),
        (VALID | {"MaxResults": True}, "MaxResults"),
        (VALID | {"Filter": "INVITE"}, "Filter"),
        (VALID | {"Filter": {"ActionType": 5}}, "Filter.ActionType"),
        (VALID | {"Filters": {}}, "Filters"),
        (VALID | {"TagKeys": [5]}, "TagKeys"),
    ],
)
def test_wrong_type(members: dict[str, Any], member: str) -> None:
    """A member of the wrong JSON type is a refusal of the framework, which names the member and has no reason."""
    refused = refusal(members)
    assert (type(refused), refused.reason) == (SerializationException, None)
    assert f"could not be read: {member}: Expected " in refused.message


def test_null_is_absent() -> None:
    """An explicit null counts as absent, and the default stands."""
    members = VALID | {"Filter": None, "Filters": None, "Name": None, "MaxResults": None, "TagKeys": None}
    assert read_request(Listing, members) == Listing("h-01234567")
    assert read_request(create_organization.Request, {"FeatureSet": None}).feature_set is FeatureSet.ALL


def test_null_is_absent_further_down() -> None:
    """A null inside a structure counts as absent just as one at the top does."""
    members = {"Target": {"Type": "ACCOUNT", "Id": None}}
    assert read_request(invite_account_to_organization.Request, members).target.id == ""
    assert read_request(Listing, VALID | {"Filters": [{"ActionType": None}]}).filters == (Filter(),)


def test_required_null_further_down() -> None:
    """A null where a structure needs a value is a missing value."""
    missing = INVITATION | {"Tags": [{"Key": "k", "Value": None}]}
    assert refusal(missing, invite_account_to_organization.Request).reason == "INPUT_REQUIRED:TAGS_1_MEMBER_VALUE"


def test_unknown_members() -> None:
    """Unknown members are ignored, at the top and further down, whatever they hold."""
    members = VALID | {"Colour": {"Red": [1]}, "Filter": {"Size": 5}, "handshake_id": 7}
    assert read_request(Listing, members) == Listing("h-01234567")
    assert read_request(leave_organization.Request, {"Why": "because"}) == leave_organization.Request()


def test_request_is_not_changed() -> None:
    """Reading leaves the members as they were given."""
    members = {"HandshakeId": "h-01234567", "Filter": {"ActionType": None}, "Name": None}
    before = repr(members)
    read_request(accept_handshake.Request, members)
    assert repr(members) == before


@pytest.mark.parametrize(
    ("name", "screamed"),
    [
        ("HandshakeId", "HANDSHAKE_ID"),
        ("IamUserAccessToBilling", "IAM_USER_ACCESS_TO_BILLING"),
        ("Name", "NAME"),
        ("Part2Name", "PART2_NAME"),
    ],
)
def test_screaming(name: str, screamed: str) -> None:
    """A member's name is split before each capital letter."""
    assert screaming_snake_case(name) == screamed


@pytest.mark.parametrize(
    ("members", "explanation"),
    [
        ({}, "HandshakeId must be given"),
        ({"HandshakeId": "h"}, "HandshakeId must be a handshake's id, h- and 8 to 32 small letters or digits"),
        (VALID | {"Name": ""}, "Name must not be shorter than 1"),
        (VALID | {"Name": "abcd"}, "Name must not be longer than 3"),
        (VALID | {"MaxResults": 0}, "MaxResults must be at least 1"),
        (VALID | {"MaxResults": 21}, "MaxResults must be at most 20"),
        (VALID | {"Filters": [{}, {"ActionType": "a\nb"}]}, r"Filters.1.ActionType must not be 'a\nb'"),
    ],
)
def test_explanations(members: dict[str, Any], explanation: str) -> None:
    """A member that breaks a constraint is named with what would be valid."""
    assert refusal(members).explanation == explanation


@pytest.mark.parametrize(
    ("members", "said"),
    [
        ({"ParentId": "r-abcd", "Name": 3}, "Name must be a text, not a whole number"),
        ({"ParentId": "r-abcd", "Name": "n", "Tags": {}}, "Tags must be a list, not an object with members"),
    ],
)
def test_a_wrong_type_is_explained(members: dict[str, Any], said: str) -> None:
    """A member of a wrong type is named, with what it must be and what it is, in plain words."""
    with pytest.raises(SerializationException) as caught:
        read_request(create_organizational_unit.Request, members)
    assert caught.value.explanation == said
