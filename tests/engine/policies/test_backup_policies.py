"""One backup policy by itself: documents that AWS stored or refused."""

import json
from typing import Any

import pytest

from orgsim.engine.errors import MalformedPolicyDocumentException
from orgsim.engine.policies.documents import require_valid
from orgsim.engine.words import PolicyType

VAULT = "arn:aws:backup:us-east-1:$account:backup-vault:Vault"
AIR_GAPPED = "arn:aws:backup:$region:$account:backup-vault:Vault"
ROLE = "arn:aws:iam::$account:role/Backup"
MONTHLY, WEEKLY, DAILY = "cron(0 5 1 * ? *)", "cron(0 5 ? * SUN *)", "cron(0 5 ? * * *)"
VOLUMES = "arn:aws:ec2:*:*:volume/*"


def assigned(members: dict[str, Any]) -> dict[str, Any]:
    """Members, each with the assignment of its value; groups stay groups, and None leaves a member out."""
    return {
        name: member if isinstance(member, dict) else {"@@assign": member}
        for name, member in members.items()
        if member is not None
    }


def plan(**members: Any) -> dict[str, Any]:
    """A policy with a part of one plan."""
    return {"plans": {"daily": assigned(members)}}


def named(name: str) -> dict[str, Any]:
    """A policy with a plan of some name."""
    return {"plans": {name: {}}}


def rule(**members: Any) -> dict[str, Any]:
    """A policy with a part of one rule."""
    return plan(rules={"daily": assigned(members)})


def continuous(enabled: object, days: object = None) -> dict[str, Any]:
    """A policy with a rule for continuous backup."""
    return rule(enable_continuous_backup=enabled, lifecycle=assigned({"delete_after_days": days}))


def lifecycle(opted_in: object, cold: object, days: object) -> dict[str, Any]:
    """A lifecycle; None leaves something out."""
    return assigned(
        {
            "opt_in_to_archive_for_supported_resources": opted_in,
            "move_to_cold_storage_after_days": cold,
            "delete_after_days": days,
        }
    )


def archived(schedule: str | None, cold: object = "30", days: object = "120", opted_in: object = "true") -> Any:
    """A policy with a rule whose backups are archived."""
    return rule(schedule_expression=schedule, lifecycle=lifecycle(opted_in, cold, days))


def copied(vault: str | None = VAULT, schedule: str | None = None, **members: Any) -> dict[str, Any]:
    """A policy with one copy action."""
    copy = assigned({"target_backup_vault_arn": vault, **members})
    return rule(schedule_expression=schedule, copy_actions={"copy": copy})


def tagged(role: object = ROLE, key: object = "cost", values: object = ("one",)) -> dict[str, Any]:
    """A policy that selects resources by a tag."""
    values = list(values) if isinstance(values, tuple) else values
    selection = assigned({"iam_role_arn": role, "tag_key": key, "tag_value": values})
    return plan(selections={"tags": {"cost": selection}})


def selected(**members: Any) -> dict[str, Any]:
    """A policy that selects resources by their types."""
    return plan(selections={"resources": {"selection": assigned(members)}})


def conditions(**members: Any) -> dict[str, Any]:
    """A policy that selects resources by one condition."""
    return selected(conditions={"string_equals": {"condition1": assigned(members)}})


def plan_tag(key: object, value: object) -> dict[str, Any]:
    """A policy that tags a plan."""
    return plan(backup_plan_tags={"cost": assigned({"tag_key": key, "tag_value": value})})


def scan_mode(mode: str) -> dict[str, Any]:
    """A policy that scans what a rule makes."""
    return rule(scan_actions={"GUARDDUTY": assigned({"scan_mode": mode})})


def scanned(*resource_types: str) -> dict[str, Any]:
    """A policy with settings of a scanner."""
    return plan(scan_settings={"GUARDDUTY": assigned({"resource_types": [*resource_types], "scanner_role_arn": ROLE})})


def indexed(*resource_types: str) -> dict[str, Any]:
    """A policy that indexes what a rule makes."""
    return rule(index_actions=assigned({"resource_types": [*resource_types]}))


ACCEPTED = [
    *(named(name) for name in ("with.dot", "A_-9", "x" * 50)),
    plan(regions=[]),
    plan(regions=["us-east-1", "us-east-1"]),
    rule(schedule_expression=DAILY),
    *(rule(target_backup_vault_name=name) for name in ("vault", "a", "x" * 50)),
    rule(target_logically_air_gapped_backup_vault_arn=AIR_GAPPED),
    *(continuous(enabled, "35") for enabled in (True, "true", "false")),
    *(continuous(enabled) for enabled in (False, "false")),
    continuous("false", "36"),
    rule(lifecycle=lifecycle(None, "30", "60")),
    *(rule(lifecycle=lifecycle(opted_in, None, None)) for opted_in in (False, "false")),
    rule(lifecycle=lifecycle("false", "30", None)),
    archived(MONTHLY),
    archived(MONTHLY, 90, 180, opted_in=True),
    copied(),
    copied(lifecycle=assigned({"delete_after_days": "60"})),
    copied(schedule=MONTHLY, lifecycle=lifecycle("true", "30", "120")),
    plan(selections={"tags": {}}),
    tagged(),
    tagged(role=None),
    *(tagged(key=key) for key in ("Cost", "other", "x" * 128)),
    *(tagged(values=values) for values in ([1], [""])),
    *(selected(resource_types=[arn]) for arn in (VOLUMES, "*", "arn:aws:*:*:*:*")),
    selected(iam_role_arn=ROLE, resource_types={"@@append": [VOLUMES]}),
    selected(iam_role_arn=ROLE, not_resource_types=[VOLUMES]),
    conditions(condition_key="aws:ResourceTag/cost", condition_value="one"),
    *(plan_tag(key, "one") for key in ("cost", "Cost")),
    *(plan_tag("cost", value) for value in ("", 12, True)),
    *(indexed(*types) for types in (["EBS"], ["S3"], ["EBS", "S3"])),
    *(scan_mode(mode) for mode in ("INCREMENTAL_SCAN", "FULL_SCAN")),
    *(scanned(resource_type) for resource_type in ("EBS", "EC2", "S3", "ALL")),
]
REFUSED = [
    *(named(name) for name in ("with space", "é", "x" * 51)),
    rule(schedule_expression="rate(1 day)"),
    *(rule(target_backup_vault_name=name) for name in ("", "with space", "with.dot", "x" * 51)),
    *(rule(target_logically_air_gapped_backup_vault_arn=arn) for arn in ("bad", VAULT)),
    *(continuous(enabled) for enabled in (True, "true", "TRUE", 1)),
    *(continuous(enabled, "36") for enabled in (True, "true")),
    # As radkawar/stackd recorded of AWS in organizations_policy_limits.json (continuous-cold), 2026-09-13.
    rule(enable_continuous_backup="true", lifecycle=lifecycle(None, "1", "30")),
    *(archived(schedule) for schedule in (None, DAILY, WEEKLY)),
    *(archived(MONTHLY, cold, days) for cold, days in (("30", "60"), ("30", "119"), (None, "120"), ("30", None))),
    rule(lifecycle=lifecycle("enabled", None, None)),
    *(copied(vault) for vault in (None, "bad", AIR_GAPPED)),
    copied(None, lifecycle=assigned({"delete_after_days": "120"})),
    *(copied(schedule=schedule, lifecycle=lifecycle("true", "30", "120")) for schedule in (None, DAILY)),
    copied(schedule=MONTHLY, lifecycle=lifecycle("true", "30", "119")),
    tagged(None, None, None),
    *(tagged(role=role) for role in ("bad", "arn:aws:iam::111111111111:role/Test")),
    *(tagged(key=key) for key in (None, "", "x" * 129)),
    *(tagged(values=values) for values in (None, [], "one")),
    *(selected(resource_types=types) for types in ([], ["arn:aws:sqs:*:*:*"])),
    selected(iam_role_arn=ROLE),
    conditions(condition_key="aws:ResourceTag/cost"),
    *(plan_tag(key, "one") for key in (None, "", "x", "other", "aws:reserved", 12)),
    *(plan_tag("cost", value) for value in (None, ["one"])),
    *(indexed(*types) for types in ([], ["WRONG"])),
    scan_mode("wrong"),
    *(scanned(*types) for types in ([], ["wrong"])),
]


@pytest.mark.parametrize("document", ACCEPTED, ids=json.dumps)
def test_accepted(document: dict[str, Any]) -> None:
    """AWS stores these documents."""
    require_valid(PolicyType.BACKUP_POLICY, json.dumps(document))


@pytest.mark.parametrize("document", REFUSED, ids=json.dumps)
def test_refused(document: dict[str, Any]) -> None:
    """AWS does not store these."""
    with pytest.raises(MalformedPolicyDocumentException):
        require_valid(PolicyType.BACKUP_POLICY, json.dumps(document))
