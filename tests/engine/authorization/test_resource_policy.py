import json
import re
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.repository import ROOT

from orgsim.engine.authorization.callers import CALLERS, GRANTABLE
from orgsim.engine.authorization.resource_policy import Verdict, condition_keys, normalised, verdict
from orgsim.engine.errors import InvalidInputException

ME, YOU, STRANGER = "111111111111", "222222222222", "999999999999"
MEMBERS = {ME, YOU}
ROOT_OF_ME = f"arn:aws:iam::{ME}:root"
POLICY = f"arn:aws:organizations::{YOU}:policy/o-abcdefghij/service_control_policy/p-12345678"
UNIT = f"arn:aws:organizations::{YOU}:ou/o-abcdefghij/ou-abcd-12345678"
POLICIES, UNITS = POLICY.replace("p-12345678", "*"), UNIT.replace("12345678", "????????")

KEYS = condition_keys(ME, "Auditor/alice", "o-abcdefghij")
OF_TAG_POLICY = condition_keys(ME, "Auditor/alice", "o-abcdefghij", "TAG_POLICY")
ALLOWED, DENIED, SILENT = Verdict.ALLOWED, Verdict.DENIED, Verdict.SILENT


def statement(**members: Any) -> dict[str, Any]:
    """A statement that allows everyone to describe accounts, with some members changed, or left out for None."""
    usual = {"Effect": "Allow", "Principal": "*", "Action": "organizations:DescribeAccount", "Resource": "*"}
    return {name: value for name, value in (usual | members).items() if value is not None}


def document(*statements: dict[str, Any], **members: Any) -> str:
    """A policy as a text."""
    return json.dumps({**members, "Statement": list(statements)})


def refusal(content: str) -> InvalidInputException:
    """How a text is refused."""
    with pytest.raises(InvalidInputException) as refused:
        normalised(content, MEMBERS)
    return refused.value


def test_the_stored_form() -> None:
    """A policy is stored as compact JSON, with a version, and with its accounts as ARNs."""
    content = '{ "Statement": { "Resource":"*", "Action":"organizations:ListRoots",\n"Principal": {"AWS": "ME"},'
    content += '"Effect": "Allow", "Sid": "Größe" } }'
    stored = normalised(content.replace("ME", ME), MEMBERS)

    assert stored == (
        '{"Version":"2008-10-17","Statement":{"Sid":"Größe","Effect":"Allow","Principal":{"AWS":"' + ROOT_OF_ME + '"},'
        '"Action":"organizations:ListRoots","Resource":"*"}}'
    )


def test_a_list_stays_a_list() -> None:
    """A list is stored as a list, even with one item."""
    written = statement(Action=["organizations:ListRoots"], Principal={"AWS": [ME]}, Resource=["*"])
    stored = json.loads(normalised(document(written, Version="2012-10-17", Id="mine"), MEMBERS))

    expected = {"Version": "2012-10-17", "Id": "mine", "Statement": [written | {"Principal": {"AWS": [ROOT_OF_ME]}}]}
    assert stored == expected


@pytest.mark.parametrize(
    "members",
    [
        {"Principal": "*"},
        {"Principal": {"AWS": "*"}},
        {"Principal": {"AWS": [ME, YOU]}},
        {"Principal": {"AWS": ROOT_OF_ME}},
        {"Principal": {"Service": "securityhub.amazonaws.com"}},
        {"Principal": {"Service": ["ssm.amazonaws.com"], "AWS": ME}},
        {"Effect": "Deny"},
        {"Action": "organizations:Describe*"},
        {"Action": "organizations:List*"},
        {"Action": "Organizations:describeaccount"},
        {"Action": "organizations:?ttachPolicy"},
        {"Action": [f"organizations:{name}" for name in sorted(GRANTABLE)]},
        {"Resource": [POLICIES, UNITS]},
        {"Condition": {"StringLikeIfExists": {"organizations:PolicyType": ["TAG_POLICY", "S3*"]}}},
        {"Condition": {"ForAnyValue:StringEquals": {"s3:prefix": "x"}, "Bool": {"aws:MultiFactorAuthPresent": True}}},
        {"Condition": {"NumericLessThan": {"aws:MultiFactorAuthAge": [3600, 0.5, 10**30]}}},
    ],
)
def test_accepted(members: dict[str, Any]) -> None:
    """Policies that AWS is known to accept are accepted, and stored unchanged except for the accounts."""
    given = statement(**members)
    stored = json.loads(normalised(document(given), MEMBERS))["Statement"][0]

    assert stored | {"Principal": None} == given | {"Principal": None}


@pytest.mark.parametrize(
    "members",
    [
        {"Principal": {"AWS": STRANGER}},
        {"Principal": {"AWS": f"arn:aws:iam::{STRANGER}:root"}},
        {"Principal": {"AWS": [ME, STRANGER]}},
        {"Principal": {"AWS": f"arn:aws:iam::{ME}:role/Admin"}},
        {"Principal": {"AWS": f"{ME}:root"}},
        {"Principal": {"AWS": f"{ME}\n"}},
        {"Principal": {"AWS": int(ME)}},
        {"Principal": {"AWS": []}},
        {"Principal": {"Service": "securityhub"}},
        {"Principal": {"Federated": "cognito-identity.amazonaws.com"}},
        {"Principal": {}},
        {"Principal": ME},
        {"Principal": None},
        {"Principal": None, "NotPrincipal": {"AWS": ME}},
        {"Action": None},
        {"Action": []},
        {"Action": ""},
        {"Action": None, "NotAction": "organizations:ListRoots"},
        {"Resource": None},
        {"Resource": None, "NotResource": POLICY},
        {"Resource": "p-12345678"},
        {"Effect": None},
        {"Effect": "allow"},
        {"Effect": "Maybe"},
        {"Sid": 1},
        {"Remark": "none of IAM's members"},
        {"Condition": "always"},
        {"Condition": {"StringResembles": {"organizations:PolicyType": "TAG_POLICY"}}},
        {"Condition": {"StringEquals": {"organizations:PolicyType": {}}}},
        {"Condition": {"NumericEquals": {"aws:MultiFactorAuthAge": float("inf")}}},
        {"Sid": "\ud800"},
    ],
)
def test_rejected_statements(members: dict[str, Any]) -> None:
    """A statement that breaks a rule of IAM's or of the organization makes the whole text invalid."""
    refused = refusal(document(statement(), statement(**members)))

    assert refused.reason == "INVALID_RESOURCE_POLICY_JSON"
    assert refused.message == "This resource-based policy contains invalid JSON."


@pytest.mark.parametrize(
    "content",
    [
        "",
        "policy",
        "null",
        "[]",
        "{}",
        '{"Statement": []}',
        '{"Statement": null}',
        document(statement())[:-1],
        document(statement(), Version="2026-01-01"),
        document(statement(), Version=None),
        document(statement(), Remark=""),
        document(statement()).replace('"Effect"', '"Effect": "Deny", "Effect"'),
        document(statement()).replace('"Allow"', "NaN"),
        document(statement()).replace('"*"', "9" * 5_000),
        "[" * 1_000,
        "[" * 100_000,
        '{"Statement":' * 1_000 + "0" + "}" * 1_000,
        document(statement()).replace('"*"', "[" * 100_000 + "]" * 100_000),
    ],
    ids=lambda content: str(content)[:40],
)
def test_rejected_texts(content: str) -> None:
    """A text that is no policy is invalid, however deep it is nested."""
    assert refusal(content).reason == "INVALID_RESOURCE_POLICY_JSON"


@pytest.mark.parametrize(
    "action",
    [
        *(f"organizations:{name}" for name in sorted(CALLERS.keys() - GRANTABLE)),
        "organizations:*",
        "organizations:D*",
        "organizations:Create*",
        "organizations:Nonsense",
        "organizations:Nonsense*",
        "s3:*",
        "*",
        "*:DescribeAccount",
        "DescribeAccount",
    ],
)
@pytest.mark.parametrize("effect", ["Allow", "Deny"])
def test_unsupported_actions(action: str, effect: str) -> None:
    """A policy can speak only of actions on the list, and of wildcards that cover nothing else."""
    refused = refusal(document(statement(Action=["organizations:ListRoots", action], Effect=effect)))

    assert refused.reason == "UNSUPPORTED_ACTION_IN_RESOURCE_POLICY"
    assert refused.message == f"{action} is not a supported action for this resource-based policy."


def test_invalid_before_unsupported() -> None:
    """A text with both faults is refused as invalid."""
    both = document(statement(Action="s3:*"), statement(Principal={"AWS": STRANGER}))

    assert refusal(both).reason == "INVALID_RESOURCE_POLICY_JSON"


def test_the_operations() -> None:
    """A policy may speak of the operations that docs/aws.md 3.7 lists, and of no other."""
    listed = (
        (ROOT / "docs" / "aws.md").read_text("utf-8").partition("- Allowed actions, ")[2].partition("; wildcard")[0]
    )
    names = set(re.findall(r"\w+", re.sub(r"(List)Inbound/Outbound(\w+)", r"\1Inbound\2 \1Outbound\2", listed)))

    assert names & CALLERS.keys() == GRANTABLE


ATTACH = {"Action": "organizations:AttachPolicy"}


@pytest.mark.parametrize(
    ("expected", "statements", "operation", "resources"),
    [
        (ALLOWED, [statement()], "DescribeAccount", []),
        (ALLOWED, [statement(Action="organizations:*list*")], "ListRoots", []),
        (ALLOWED, [statement(Action="ORGANIZATIONS:D?scribeAccount")], "DescribeAccount", []),
        (SILENT, [statement()], "DescribePolicy", []),
        (SILENT, [statement(Action="organizations:DescribeAccoun")], "DescribeAccount", []),
        (SILENT, [statement(Action="s3:DescribeAccount")], "DescribeAccount", []),
        (ALLOWED, [statement(Principal={"AWS": "*"})], "DescribeAccount", []),
        (ALLOWED, [statement(Principal={"AWS": [YOU, ME]})], "DescribeAccount", []),
        (SILENT, [statement(Principal={"AWS": YOU})], "DescribeAccount", []),
        (SILENT, [statement(Principal={"Service": "ssm.amazonaws.com"})], "DescribeAccount", []),
        (DENIED, [statement(), statement(Effect="Deny")], "DescribeAccount", []),
        (DENIED, [statement(Effect="Deny"), statement()], "DescribeAccount", []),
        (ALLOWED, [statement(), statement(Effect="Deny", Principal={"AWS": YOU})], "DescribeAccount", []),
        (ALLOWED, [statement(**ATTACH)], "AttachPolicy", [POLICY, UNIT]),
        (ALLOWED, [statement(**ATTACH, Resource=[POLICIES, UNITS])], "AttachPolicy", [POLICY, UNIT]),
        (
            ALLOWED,
            [statement(**ATTACH, Resource=POLICIES), statement(**ATTACH, Resource=UNITS)],
            "AttachPolicy",
            [POLICY, UNIT],
        ),
        (SILENT, [statement(**ATTACH, Resource=POLICIES)], "AttachPolicy", [POLICY, UNIT]),
        (DENIED, [statement(**ATTACH), statement(**ATTACH, Effect="Deny", Resource=UNITS)], "AttachPolicy", [UNIT]),
        (DENIED, [statement(**ATTACH, Effect="Deny", Resource=UNITS)], "AttachPolicy", [POLICY, UNIT]),
        (SILENT, [statement(**ATTACH, Resource=POLICY.replace("policy", "Policy"))], "AttachPolicy", [POLICY]),
        (SILENT, [statement(**ATTACH, Resource=UNITS[:-1])], "AttachPolicy", [UNIT]),
        (SILENT, [statement(Resource=POLICIES)], "DescribeAccount", []),
    ],
)
def test_verdicts(expected: Verdict, statements: list[Any], operation: str, resources: list[str]) -> None:
    """Principal, action and resource must fit; every resource must be allowed, and a prohibition wins."""
    # Not normalised: a policy may name more actions here than AWS would take.
    content = document(*statements).replace(f'"{ME}"', f'"{ROOT_OF_ME}"')

    assert verdict(content, ME, operation, resources, KEYS) is expected


TYPE = "organizations:PolicyType"


@pytest.mark.parametrize(
    ("condition", "of_tag_policy", "without"),
    [
        ({}, True, True),
        ({"StringEquals": {TYPE: "TAG_POLICY"}}, True, False),
        ({"StringEquals": {TYPE.upper(): ["S3_POLICY", "TAG_POLICY"]}}, True, False),
        ({"StringEquals": {TYPE: "S3_POLICY"}}, False, False),
        ({"StringEquals": {TYPE: "TAG_*"}}, False, False),
        ({"StringEquals": {TYPE: []}}, False, False),
        ({"StringEqualsIgnoreCase": {TYPE: "tag_policy"}}, True, False),
        ({"StringNotEqualsIgnoreCase": {TYPE: "tag_policy"}}, False, True),
        ({"StringNotEquals": {TYPE: ["S3_POLICY", "TAG_POLICY"]}}, False, True),
        ({"StringNotEquals": {TYPE: "S3_POLICY"}}, True, True),
        ({"StringLike": {TYPE: "T?G*"}}, True, False),
        ({"StringLike": {TYPE: "tag*"}}, False, False),
        ({"StringNotLike": {TYPE: "T?G*"}}, False, True),
        ({"StringLikeIfExists": {TYPE: "*_POLICY"}}, True, True),
        ({"StringLikeIfExists": {TYPE: "S3_POLICY"}}, False, True),
        ({"ForAnyValue:StringLike": {TYPE: ["S3*", "TAG*"]}}, True, False),
        ({"ForAnyValue:StringNotLike": {TYPE: "S3*"}}, True, False),
        ({"ForAnyValue:StringLikeIfExists": {TYPE: "TAG*"}}, True, True),
        ({"ForAllValues:StringEquals": {TYPE: "TAG_POLICY"}}, True, True),
        ({"ForAllValues:StringEquals": {TYPE: "S3_POLICY"}}, False, True),
        ({"Null": {TYPE: "true"}}, False, True),
        ({"Null": {TYPE: False}}, True, False),
        ({"NumericEquals": {TYPE: 1}}, False, False),
        ({"NumericNotEquals": {TYPE: 1}}, True, True),
        ({"StringEquals": {"s3:prefix": "x"}}, False, False),
        ({"StringEqualsIfExists": {"s3:prefix": "x"}}, True, True),
        ({"StringNotEquals": {"s3:prefix": "x"}}, True, True),
        ({"NotIpAddress": {"aws:SourceIp": "10.0.0.0/8"}}, True, True),
        ({"Bool": {"aws:SecureTransport": True}}, False, False),
        ({"StringEquals": {TYPE: "TAG_POLICY", "s3:prefix": "x"}}, False, False),
        ({"StringEquals": {TYPE: "TAG_POLICY"}, "StringLike": {TYPE: "S3*"}}, False, False),
    ],
)
def test_conditions(condition: dict[str, Any], of_tag_policy: bool, without: bool) -> None:
    """The policy type has a value where the call has one; an absent key fits what IAM says it fits."""
    content = normalised(document(statement(Condition=condition)), MEMBERS)

    assert (verdict(content, ME, "DescribeAccount", [], OF_TAG_POLICY) is ALLOWED) == of_tag_policy
    assert (verdict(content, ME, "DescribeAccount", [], KEYS) is ALLOWED) == without


ARN = "aws:PrincipalArn"
ROLE = f"arn:aws:iam::{ME}:role/Auditor"


@pytest.mark.parametrize(
    ("holds", "condition"),
    [
        # radkawar/stackd, organizations_delegation_authority.json of 2026-09-13: granted to one role alone.
        (True, {"ArnEquals": {ARN: ROLE}}),
        (False, {"ArnEquals": {ARN: f"arn:aws:iam::{ME}:role/Other"}}),
        # felipenoris/AWS-DataScience, log of 2026-08-16: a wildcard for the account, and one in the role's name.
        (True, {"ArnLike": {ARN: "arn:aws:iam::*:role/Audit*"}}),
        (False, {"ArnLike": {ARN: "arn:aws:iam::*:role/Admin*"}}),
        (False, {"ArnLike": {ARN: "arn:*:role/Auditor"}}),
        (True, {"ArnNotEquals": {ARN: f"arn:aws:iam::{ME}:user/*"}}),
        (True, {"StringLike": {ARN.lower(): "*:role/Auditor"}}),
        (True, {"StringEquals": {"aws:PrincipalAccount": [YOU, ME]}}),
        (False, {"StringEquals": {"aws:PrincipalAccount": YOU}}),
        (True, {"StringEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
        (False, {"StringNotEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
        (False, {"ArnEquals": {"aws:PrincipalOrgID": "o-abcdefghij"}}),
    ],
)
def test_conditions_about_the_caller(holds: bool, condition: dict[str, Any]) -> None:
    """The caller's ARN, account and organization have a value in every call, as AWS was seen to treat the first."""
    content = normalised(document(statement(Condition=condition)), MEMBERS)

    assert (verdict(content, ME, "DescribeAccount", [], KEYS) is ALLOWED) == holds


@pytest.mark.parametrize(
    ("principal", "arn"),
    [
        ("Auditor/alice", ROLE),
        ("alice", f"arn:aws:iam::{ME}:user/alice"),
        (None, ROOT_OF_ME),
        ("", ROOT_OF_ME),
    ],
)
def test_the_arn_of_the_caller(principal: str | None, arn: str) -> None:
    """A session is known by its role, as in IAM; who names neither user nor role is the account's root."""
    assert condition_keys(ME, principal, "o-abcdefghij")["aws:principalarn"] == arn


def test_many_wildcards_are_quick() -> None:
    """A pattern that could match in very many ways takes no longer than any other."""
    content = document(statement(Resource="arn:" + "*a" * 5_000 + "b"))

    assert verdict(content, ME, "DescribeAccount", ["arn:" + "a" * 10_000], KEYS) is SILENT


def one_or_many(values: st.SearchStrategy[Any]) -> st.SearchStrategy[Any]:
    """A value that a policy may have alone or in a list."""
    return values | st.lists(values, max_size=3)


PRINCIPALS = st.sampled_from(["*", ME, YOU, ROOT_OF_ME, STRANGER])
ACTIONS = st.sampled_from(["AttachPolicy", "ListRoots", "List*", "De*y", "*", "??tachPolicy"]).map(
    "organizations:".__add__
)
CONDITIONS = st.dictionaries(
    st.sampled_from(["StringEquals", "StringNotLike", "ForAllValues:StringLikeIfExists", "Null", "Sometimes"]),
    st.dictionaries(st.sampled_from([TYPE, "s3:prefix"]), one_or_many(st.sampled_from(["TAG*", "S3_POLICY", True, 1]))),
    max_size=2,
)
STATEMENTS = st.fixed_dictionaries(
    {
        "Effect": st.sampled_from(["Allow", "Deny"]),
        "Principal": st.just("*") | st.fixed_dictionaries({"AWS": one_or_many(PRINCIPALS)}),
        "Action": one_or_many(ACTIONS),
        "Resource": one_or_many(st.sampled_from(["*", POLICIES, UNITS, POLICY])),
    },
    optional={"Condition": CONDITIONS, "Sid": st.text(max_size=3), "NotAction": st.just("x")},
)
ACCEPTED = STATEMENTS.filter(lambda written: is_accepted(document(written)))
ANYTHING = st.recursive(
    st.none() | st.booleans() | st.floats() | st.integers() | st.text(),
    lambda inner: st.lists(inner) | st.dictionaries(st.text() | st.sampled_from(["Statement", "Effect"]), inner),
)


def is_accepted(content: str) -> bool:
    """Whether AWS would take a text."""
    try:
        normalised(content, MEMBERS)
    except InvalidInputException:
        return False
    return True


@given(st.text() | st.builds(document, STATEMENTS) | ANYTHING.map(json.dumps))
def test_normalising_is_refused_or_final(content: str) -> None:
    """Any text at all is stored or refused as invalid input, and the stored form of a stored form is itself."""
    if is_accepted(content):
        stored = normalised(content, MEMBERS)
        assert normalised(stored, MEMBERS) == stored


@given(
    st.lists(ACCEPTED, min_size=1, max_size=3),
    ACCEPTED,
    st.sampled_from(["AttachPolicy", "ListRoots"]),
    st.sampled_from([KEYS, OF_TAG_POLICY]),
)
def test_prohibitions_allow_nothing(
    policy: list[Any], more: dict[str, Any], operation: str, keys: dict[str, str]
) -> None:
    """One more prohibition denies a call or changes nothing."""
    before, after = (
        verdict(normalised(document(*statements), MEMBERS), ME, operation, [POLICY, UNIT], keys)
        for statements in (policy, [*policy, more | {"Effect": "Deny"}])
    )
    assert after in {before, DENIED}
