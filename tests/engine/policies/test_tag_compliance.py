"""Which tags a tag policy forbids (docs/aws.md 6.7)."""

from typing import Any

import pytest

from orgsim.engine.policies.tag_compliance import violates

ACCOUNT = "organizations:account"


def policy(*enforced_for: str, values: tuple[str, ...] = ("Sandbox", "Test*")) -> dict[str, Any]:
    """An effective tag policy about cost centres."""
    rule = {"tag_key": "CostCenter", "tag_value": list(values)}
    return {"tags": {"costcenter": {**rule, "enforced_for": list(enforced_for)} if enforced_for else rule}}


@pytest.mark.parametrize(
    ("key", "value", "forbidden"),
    [
        ("CostCenter", "Sandbox", False),
        ("CostCenter", "Test", False),
        ("CostCenter", "Testing", False),
        ("CostCenter", "sandbox", True),
        ("CostCenter", "Production", True),
        ("CostCenter", "", True),
        ("costcenter", "Sandbox", True),
        ("COSTCENTER", "Sandbox", True),
        ("Project", "anything", False),
    ],
)
def test_key_and_value(key: str, value: str, forbidden: bool) -> None:
    """The key has the case and the value is one of those that the rule gives; other keys are free."""
    assert violates(policy(ACCOUNT), ACCOUNT, {key: value}) is forbidden


@pytest.mark.parametrize(
    ("enforced_for", "enforced"),
    [
        ([], False),
        ([ACCOUNT], True),
        (["organizations:*"], True),
        (["organizations:ALL_SUPPORTED"], True),
        (["organizations:ou"], False),
        (["ec2:*", ACCOUNT], True),
        (["ec2:*"], False),
    ],
)
def test_where_it_is_enforced(enforced_for: list[str], enforced: bool) -> None:
    """A rule binds the resource types that it is enforced for, by name or with their service."""
    assert violates(policy(*enforced_for), ACCOUNT, {"CostCenter": "Production"}) is enforced


@pytest.mark.parametrize(
    ("pattern", "value", "matches"),
    [
        ("*", "", True),
        ("*", "x", True),
        ("a*", "a", True),
        ("*z", "a-z", True),
        ("a*z", "az", True),
        ("a*z", "a", False),
        ("ab*ba", "aba", False),
        ("a", "a*", False),
    ],
)
def test_wildcards(pattern: str, value: str, matches: bool) -> None:
    """A wildcard stands for any text, none included."""
    assert violates(policy(ACCOUNT, values=(pattern,)), ACCOUNT, {"CostCenter": value}) is not matches


def test_no_values_listed() -> None:
    """A rule that lists no values allows any, and still wants the key in its case."""
    assert not violates(policy(ACCOUNT, values=()), ACCOUNT, {"CostCenter": "anything"})
    assert violates(policy(ACCOUNT, values=()), ACCOUNT, {"costCenter": "anything"})


def test_any_tag_of_several() -> None:
    """One tag is enough to violate a policy; an empty policy and no tags never do."""
    assert violates(policy(ACCOUNT), ACCOUNT, {"Project": "x", "CostCenter": "Production"})
    assert not violates(policy(ACCOUNT), ACCOUNT, {})
    assert not violates({}, ACCOUNT, {"CostCenter": "Production"})
