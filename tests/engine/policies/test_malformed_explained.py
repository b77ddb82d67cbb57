"""Why a policy document is malformed, in our words: the place in it, and what would be right there."""

import json
from typing import Any

import pytest

from orgsim.engine.errors import MalformedPolicyDocumentException
from orgsim.engine.policies.documents import require_valid
from orgsim.engine.words import PolicyType

SCP, RCP, TAG, BACKUP = (
    PolicyType.SERVICE_CONTROL_POLICY,
    PolicyType.RESOURCE_CONTROL_POLICY,
    PolicyType.TAG_POLICY,
    PolicyType.BACKUP_POLICY,
)
CRON = "cron(0 5 ? * * *)"


def why(policy_type: PolicyType, document: object) -> str | None:
    """The explanation of the refusal of a document, given as text or as what the text is to say."""
    content = document if isinstance(document, str) else json.dumps(document)
    with pytest.raises(MalformedPolicyDocumentException) as caught:
        require_valid(policy_type, content)
    return caught.value.explanation


@pytest.mark.parametrize(
    ("content", "explanation"),
    [
        ("{", "the document is no JSON that can be stored: Expecting property name enclosed in double quotes"),
        ("[]", "the document is []; it must be an object"),
        ('{"a": 1, "b": 2, "a": 3}', 'the key "a" is there more than once in an object'),
        ('{"a": NaN}', "the number NaN is not finite"),
        ('{"a": 1e999}', "the number 1e999 is not finite"),
        ('{"a": ' + "[" * 70 + "]" * 70 + "}", "the document is nested too deep; it may have 64 levels"),
        ('{"a": "\\ud800"}', "the document is no JSON that can be stored: 'utf-8' codec can't encode character"),
    ],
)
def test_no_document(content: str, explanation: str) -> None:
    """What is no JSON object says where it stops to be one."""
    assert (why(SCP, content) or "").startswith(explanation)


DENY: dict[str, Any] = {"Effect": "Deny", "Action": "s3:*", "Resource": "*"}


@pytest.mark.parametrize(
    ("document", "explanation"),
    [
        ({}, "Statement must be there"),
        ({"Statement": []}, "Statement: the list must not be empty"),
        ({"Statement": DENY, "Extra": 1}, "Extra must not be there; known are Id, Statement, Version"),
        ({"Version": "2013", "Statement": DENY}, 'Version is "2013"; it must be 2012-10-17'),
        ({"Id": 5, "Statement": DENY}, "Id is 5; it must be a string"),
        ({"Statement": [DENY, "s"]}, 'statement 2: "s" must be an object'),
        (
            {"Statement": DENY | {"Principal": "*"}},
            "statement 1: Principal must not be there; known are Action, Condition, Effect, NotAction, NotResource, "
            "Resource, Sid",
        ),
        ({"Statement": DENY | {"Effect": "deny"}}, 'statement 1: Effect is "deny"; it must be Allow or Deny'),
        ({"Statement": DENY | {"NotAction": "*"}}, "statement 1: either Action or NotAction must be there"),
        ({"Statement": DENY | {"Action": "s3"}}, 'statement 1: Action: "s3" has not the form of one'),
        ({"Statement": DENY | {"Action": []}}, "statement 1: Action: the list must not be empty"),
        ({"Statement": DENY | {"Resource": "bucket"}}, 'statement 1: Resource: "bucket" has not the form of one'),
        ({"Statement": DENY | {"Sid": 1}}, "statement 1: Sid is 1; it must be a string"),
        ({"Statement": DENY | {"Condition": []}}, "statement 1: [] must be an object"),
        (
            {"Statement": DENY | {"Condition": {"Equals": {}}}},
            'statement 1: "Equals" must be an operator of conditions, such as StringEquals',
        ),
        (
            {"Statement": DENY | {"Condition": {"Bool": {"aws:x": {}}}}},
            "statement 1: the condition on aws:x has {}; it must have strings, numbers or booleans",
        ),
    ],
)
def test_service_control_policies(document: dict[str, Any], explanation: str) -> None:
    """A service control policy names the statement and the element."""
    assert why(SCP, document) == explanation


@pytest.mark.parametrize(
    ("changes", "explanation"),
    [
        ({}, 'statement 1: Principal is null; it must be "*" or {"AWS": "*"}'),
        ({"Principal": "*", "Effect": "Allow"}, 'statement 1: Effect is "Allow"; it must be Deny'),
        (
            {"Principal": "*", "Action": "ec2:*"},
            "statement 1: ec2:* is of a service that resource control policies do not support",
        ),
    ],
)
def test_resource_control_policies(changes: dict[str, Any], explanation: str) -> None:
    """A resource control policy is told what else holds for it."""
    assert why(RCP, {"Statement": DENY | changes}) == explanation


def team(**members: Any) -> dict[str, Any]:
    """A tag policy about a team."""
    return {"tags": {"team": members}}


@pytest.mark.parametrize(
    ("document", "explanation"),
    [
        ({}, "the document: tags must be there"),
        ({"tags": {}, "more": {}}, 'the document: "more" is not known here; known are tags'),
        (
            team(tag_key="Team"),
            'tags/team/tag_key: "Team" must be an object; a value has an operator such as @@assign around it',
        ),
        (
            team(tag_key={"@@append": ["Team"]}),
            "tags/team/tag_key: @@append must not be here; one value can be assigned with @@assign only",
        ),
        (team(tag_key={"@@assign": 5}), "tags/team/tag_key: 5 must be a string"),
        (team(tag_key={"@@assign": "Group"}), 'tags/team/tag_key: "Group" must be the name of the group, team'),
        (team(tag_value={"@@assign": "red"}), 'tags/team/tag_value: "red" must be a list'),
        (team(tag_value={"@@assign": ["a*b*"]}), 'tags/team/tag_value: "a*b*" may have one * only'),
        (
            team(tag_value={"@@set": []}),
            "tags/team/tag_value: @@set must not be here; a list has @@assign, @@append and @@remove",
        ),
        (
            team(enforced_for={"@@assign": ["ec2"]}),
            'tags/team/enforced_for: "ec2" must be a resource type, such as ec2:instance or ec2:ALL_SUPPORTED',
        ),
        (
            team(enforced_for={"@@assign": ["zoo:lion"]}),
            'tags/team/enforced_for: "zoo:lion" is of a service that tag policies do not support',
        ),
        (team(enforced_for={"@@assign": ["ecs:*"]}), "tags/team/enforced_for: ecs:* must be written ecs:ALL_SUPPORTED"),
        ({"tags": {"team": {}, "TEAM": {}}}, "tags: team is there more than once, in different cases"),
        (
            team(**{"@@operators_allowed_for_child_policies": []}),
            "tags/team/@@operators_allowed_for_child_policies: [] must be a list of operators",
        ),
        (
            team(**{"@@operators_allowed_for_child_policies": ["@@no"]}),
            'tags/team/@@operators_allowed_for_child_policies: ["@@no"] must be some of '
            "@@all, @@append, @@assign, @@none, @@remove",
        ),
        (
            team(**{"@@operators_allowed_for_child_policies": ["@@none", "@@all"]}),
            "tags/team/@@operators_allowed_for_child_policies: @@none must stand alone",
        ),
    ],
)
def test_tag_policies(document: dict[str, Any], explanation: str) -> None:
    """A management policy names the path to what is wrong in it."""
    assert why(TAG, document) == explanation


def rule(**members: Any) -> dict[str, Any]:
    """A backup policy with a rule."""
    return {"plans": {"p": {"rules": {"r": members}}}}


def at(expression: str) -> dict[str, Any]:
    return rule(schedule_expression={"@@assign": expression})


IN = "plans/p/rules/r"


@pytest.mark.parametrize(
    ("document", "explanation"),
    [
        (at("rate(1 day)"), f'{IN}/schedule_expression: "rate(1 day)" must have the form cron(…)'),
        (
            at("cron(0 5 * *)"),
            f'{IN}/schedule_expression: "cron(0 5 * *)" must have minute, hour, day, month, weekday and perhaps a year',
        ),
        (
            at("cron(0,30 5 ? * * *)"),
            f'{IN}/schedule_expression: "cron(0,30 5 ? * * *)" must have one minute only, '
            "so that its times are an hour apart",
        ),
        (at("cron(0 5 * * * *)"), f"{IN}/schedule_expression: either the day or the weekday of a schedule must be ?"),
        (at("cron(0 25 ? * * *)"), f'{IN}/schedule_expression: "25" must be from 0 to 23 in a schedule'),
        (
            at("cron(0 5/0 ? * * *)"),
            f'{IN}/schedule_expression: "5/0" must be an ascending range, with a step from 1 to 23',
        ),
        (
            at("cron(0 5 30 2 ? *)"),
            f'{IN}/schedule_expression: "cron(0 5 30 2 ? *)" must have two times at least that exist',
        ),
        (
            rule(start_backup_window_minutes={"@@assign": 5}),
            f"{IN}/start_backup_window_minutes: it must be an integer from 60 to 9999999999999999",
        ),
        (
            rule(start_backup_window_minutes={"@@assign": "5"}),
            f'{IN}/start_backup_window_minutes: "5" must be an integer from 60 to 9999999999999999',
        ),
        (
            rule(enable_continuous_backup={"@@assign": "yes"}),
            f'{IN}/enable_continuous_backup: "yes" must be true or false',
        ),
        (
            rule(enable_continuous_backup={"@@assign": True}),
            f"{IN}/lifecycle/delete_after_days must be given, with the other members",
        ),
        (
            rule(enable_continuous_backup={"@@assign": True}, lifecycle={"delete_after_days": {"@@assign": 40}}),
            f"{IN}/lifecycle: delete_after_days is 40; with enable_continuous_backup at most 35",
        ),
    ],
)
def test_backup_policies(document: dict[str, Any], explanation: str) -> None:
    """A backup policy names the path, the form of a schedule, and the members that contradict each other."""
    assert why(BACKUP, document) == explanation
