"""Errors of effective documents (docs/aws.md 6.8)."""

import json
from typing import Any

import pytest

from orgsim.engine.policies import completeness
from orgsim.engine.policies.completeness import EffectivePolicyError, errors
from orgsim.engine.policies.fragments import CONTROL, Fragment, fragment
from orgsim.engine.policies.merge import AttachedPolicy, merge
from orgsim.engine.words import PolicyType

BACKUP, TAG = PolicyType.BACKUP_POLICY, PolicyType.TAG_POLICY
BEDROCK, HUB = PolicyType.BEDROCK_POLICY, PolicyType.SECURITYHUB_POLICY


def assign(value: Any) -> dict[str, Any]:
    """An assignment."""
    return {"@@assign": value}


ROLE = assign("arn:aws:iam::$account:role/Backup")
SELECTION = {"iam_role_arn": ROLE, "tag_key": assign("k"), "tag_value": assign(["v"])}
PLAN: dict[str, Any] = {
    "regions": assign(["us-east-1"]),
    "rules": {"daily": {"target_backup_vault_name": assign("Default")}},
    "selections": {"tags": {"some": SELECTION}},
}


def plan(**parts: Any) -> dict[str, Any]:
    """A backup policy with a whole plan, but for some parts; None leaves one out."""
    return {"plans": {"P": {name: part for name, part in (PLAN | parts).items() if part is not None}}}


def part(**parts: Any) -> dict[str, Any]:
    """A backup policy with parts of a plan."""
    return {"plans": {"P": parts}}


def found(policy_type: PolicyType, *levels: dict[str, dict[str, Any]]) -> list[EffectivePolicyError]:
    """The errors of an account, given documents by their ids, from the root down."""
    attached = [[AttachedPolicy(name, json.dumps(document)) for name, document in level.items()] for level in levels]
    return errors(policy_type, merge(policy_type, attached), attached)


def missing(name: str, path: str, *contributing: str) -> EffectivePolicyError:
    """A KEY_REQUIRED."""
    return EffectivePolicyError("KEY_REQUIRED", f"'{name}' is missing", path, contributing)


def test_whole_plan() -> None:
    """A plan with rules, regions and selections has no errors, and neither has an empty document or an empty plan."""
    assert found(BACKUP, {"a": plan()}) == []
    assert found(BACKUP, {"a": plan(rules=None)}, {"b": part(rules=PLAN["rules"])}) == []
    assert found(BACKUP) == []
    assert found(BACKUP, {"a": part()}) == []


def test_fragments_that_add_up_to_no_plan() -> None:
    """Everything that is missing is named, with those who set something there, the nearer ones first."""
    rules = {"daily": {"start_backup_window_minutes": assign("60")}}
    weekly = {"weekly": {"target_backup_vault_name": assign("Default")}}

    assert found(BACKUP, {"root": part(rules=rules)}, {"empty": part(), "near": part(rules=weekly)}) == [
        missing("regions", "plans/P", "near", "root"),
        missing("selections", "plans/P", "near", "root"),
        missing("target_backup_vault_name", "plans/P/rules/daily", "root"),
    ]


def test_incomplete_blocks() -> None:
    """Selections, copy actions and tags have required members too."""
    locked = {CONTROL: ["@@none"]}
    condition = {"condition_key": assign("aws:ResourceTag/a"), "condition_value": assign("b")}
    rules = {
        "daily": {
            "target_backup_vault_name": assign("Default"),
            "copy_actions": {"v": {"target_backup_vault_arn": locked, "lifecycle": {"delete_after_days": assign(1)}}},
            "recovery_point_tags": {"t": {"tag_key": assign("k")}},
        }
    }
    selections = {
        "tags": {"one": {"iam_role_arn": ROLE, "tag_key": assign("k"), "tag_value": locked}},
        "resources": {
            "two": {"not_resource_types": assign(["arn:aws:ec2:*:*:volume/*"])},
            # Recorded of AWS as complete but for the role: radkawar/stackd, organizations_policy_limit_details.json.
            "three": {"conditions": {"string_equals": {"c": condition}}},
        },
    }

    assert found(BACKUP, {"a": plan(rules=rules, selections=selections)}) == [
        missing("target_backup_vault_arn", "plans/P/rules/daily/copy_actions/v", "a"),
        missing("tag_value", "plans/P/rules/daily/recovery_point_tags/t", "a"),
        missing("tag_value", "plans/P/selections/tags/one", "a"),
        missing("iam_role_arn", "plans/P/selections/resources/two", "a"),
        missing("iam_role_arn", "plans/P/selections/resources/three", "a"),
        missing("resource_types", "plans/P/selections/resources/two", "a"),
    ]


def test_no_regions_left() -> None:
    """A list of regions that ends up empty is too short."""
    assert found(BACKUP, {"a": plan()}, {"b": part(regions={"@@remove": ["us-east-1"]})}) == [
        EffectivePolicyError(
            "ELEMENTS_TOO_FEW", "'regions' is less than the allowed minimum limit 1", "plans/P/regions", ("b", "a")
        )
    ]


def test_too_many_rules() -> None:
    """A plan of eleven rules has too many (radkawar/stackd, organizations_policy_limits.json, eleven-rules)."""
    rules = {f"rule{number}": PLAN["rules"]["daily"] for number in range(1, 12)}

    assert found(BACKUP, {"a": plan(rules=rules)}) == [
        EffectivePolicyError(
            "ELEMENTS_TOO_MANY", "'rules' exceeds the allowed maximum limit 10", "plans/P/rules", ("a",)
        )
    ]


def test_continuous_backups_kept_too_long() -> None:
    """Continuous backups are kept 35 days at most, as one value here and one there may exceed (W23)."""
    daily = {
        "target_backup_vault_name": assign("Default"),
        "enable_continuous_backup": assign("true"),
        "lifecycle": {"delete_after_days": assign("35")},
    }
    longer = part(rules={"daily": {"lifecycle": {"delete_after_days": assign(45)}}})

    assert found(BACKUP, {"a": plan(rules={"daily": daily})}) == []
    assert found(BACKUP, {"a": plan(rules={"daily": daily})}, {"b": longer}) == [
        EffectivePolicyError(
            "CROSS_ATTRIBUTE_VALIDATION",
            "Dependent fields enable_continuous_backup=true,delete_after_days=45 in policy block daily are invalid "
            "when used together",
            "plans/P/rules/daily",
            ("b", "a"),
        )
    ]


def test_scans_without_settings() -> None:
    """Whoever scans needs settings of a scanner (radkawar/stackd, organizations_policy_limits.json)."""
    rules = {"daily": PLAN["rules"]["daily"] | {"scan_actions": {"GUARDDUTY": {"scan_mode": assign("FULL_SCAN")}}}}
    settings = {"GUARDDUTY": {"scanner_role_arn": ROLE}}

    assert found(BACKUP, {"a": plan(rules=rules)}, {"b": part(scan_settings=settings)}) == []
    assert found(BACKUP, {"a": plan(scan_settings=settings)}) == []
    assert found(BACKUP, {"a": plan(rules=rules)}) == [
        EffectivePolicyError(
            "CROSS_ATTRIBUTE_VALIDATION",
            "Dependent fields scan_actions(undefined),scan_settings(undefined) in policy block daily are invalid when "
            "used together",
            "plans/P/rules/daily",
            ("a",),
        )
    ]


def test_continuous_backups_in_cold_storage() -> None:
    """A merged plan may move continuous backups to cold storage (radkawar/stackd, organizations_backup_inheritance)."""
    daily = PLAN["rules"]["daily"] | {
        "enable_continuous_backup": assign("true"),
        "lifecycle": {"delete_after_days": assign("35")},
    }
    cold = part(rules={"daily": {"lifecycle": {"move_to_cold_storage_after_days": assign("1")}}})

    assert found(BACKUP, {"a": plan(rules={"daily": daily})}, {"b": cold}) == []


def test_lists_from_which_is_removed_only() -> None:
    """A list that is never set is missing (radkawar/stackd, organizations_policy_limits.json, regions-removed)."""
    values = {"tags": {"some": SELECTION | {"tag_value": {"@@remove": ["v"]}}}}

    assert found(BACKUP, {"a": plan(regions={"@@remove": ["us-east-1"]})}) == [missing("regions", "plans/P", "a")]
    assert found(BACKUP, {"a": plan(selections=values)}) == [missing("tag_value", "plans/P/selections/tags/some", "a")]


MONTHLY, DAILY = "cron(0 5 1 * ? *)", "cron(0 5 ? * * *)"
DAYS = {"move_to_cold_storage_after_days": "30", "delete_after_days": "120"}
VAULT = "arn:aws:backup:us-east-1:$account:backup-vault:"


def lifecycle(**settings: Any) -> dict[str, Any]:
    """A lifecycle that archives, but for some settings."""
    settings = {"opt_in_to_archive_for_supported_resources": "true"} | DAYS | settings
    return {name: assign(value) for name, value in settings.items()}


def archived(**fields: Any) -> dict[str, Any]:
    """A backup policy with a monthly rule and some more fields."""
    daily = {"target_backup_vault_name": assign("Default"), "schedule_expression": assign(MONTHLY)} | fields
    return plan(rules={"daily": daily})


def copied(*vaults: str) -> dict[str, Any]:
    """A backup policy with copies that are archived."""
    copy = {name: {"target_backup_vault_arn": assign(VAULT + name), "lifecycle": lifecycle()} for name in vaults}
    return archived(copy_actions=copy)


def dependent(fields: str) -> EffectivePolicyError:
    """Fields of the daily rule that contradict each other."""
    message = f"Dependent fields opt_in_to_archive_for_supported_resources=true,{fields} in policy block daily are "
    return EffectivePolicyError(
        "CROSS_ATTRIBUTE_VALIDATION", f"{message}invalid when used together", "plans/P/rules/daily", ("b", "a")
    )


def test_archived_backups_deleted_too_early() -> None:
    """Archives stay in cold storage for 90 days; without archiving, any number of days is valid."""
    shorter = part(rules={"daily": {"lifecycle": {"delete_after_days": assign("119")}}})
    ignored = lifecycle(opt_in_to_archive_for_supported_resources="false")

    assert found(BACKUP, {"a": archived(lifecycle=lifecycle())}) == []
    assert found(BACKUP, {"a": archived(lifecycle=ignored)}, {"b": shorter}) == []
    assert found(BACKUP, {"a": archived(lifecycle=lifecycle())}, {"b": shorter}) == [
        dependent("delete_after_days=119,move_to_cold_storage_after_days=30")
    ]


def test_archived_too_often() -> None:
    """Archives and archived copies are made once a month, whatever schedule a child policy sets."""
    often = part(rules={"daily": {"schedule_expression": assign(DAILY)}})
    expected = [dependent(f"schedule_expression={DAILY}")]

    assert found(BACKUP, {"a": archived(lifecycle=lifecycle())}, {"b": often}) == expected
    assert found(BACKUP, {"a": copied("one", "two")}) == []
    assert found(BACKUP, {"a": copied("one", "two")}, {"b": often}) == expected


def test_copies_deleted_too_early() -> None:
    """Archived copies have their own days, and the rule is named as contributing."""
    copy = {"target_backup_vault_arn": assign(f"{VAULT}one"), "lifecycle": {"delete_after_days": assign("60")}}
    child = part(rules={"daily": {"schedule_expression": assign(DAILY), "copy_actions": {"one": copy}}})

    assert found(BACKUP, {"a": copied("one")}, {"b": child}) == [
        dependent(f"schedule_expression={DAILY}"),
        dependent("delete_after_days=60,move_to_cold_storage_after_days=30"),
    ]


def test_most_errors() -> None:
    """An account is told of a thousand errors, and not of more."""
    plans = {"plans": {f"P{number}": {"regions": assign(["us-east-1"])} for number in range(600)}}

    assert len(found(BACKUP, {"a": plans})) == 1_000


def test_policies_are_looked_at_once(monkeypatch: pytest.MonkeyPatch) -> None:
    """Contributing policies are found by looking at every policy once, however many errors there are."""
    looked_at: list[str] = []

    def counted(policy_type: PolicyType, content: str) -> Fragment:
        looked_at.append(content)
        return fragment(policy_type, content)

    monkeypatch.setattr(completeness, "stored_fragment", counted)
    plans = [{"plans": {f"P{number}": {"regions": assign([])} for number in range(100)}} for _ in range(3)]

    assert len(found(BACKUP, *({f"p{number}": document} for number, document in enumerate(plans)))) == 300
    assert len(looked_at) == 3


def required(*numbers: int) -> dict[str, Any]:
    """A tag policy that requires a number of tags on instances."""
    rule = {"report_required_tag_for": assign(["ec2:instance"])}
    return {"tags": {f"key-{number}": rule for number in numbers}}


def test_too_many_required_tags() -> None:
    """Fifty tags can be required of a resource type; beyond that the message counts them, and names five."""
    assert found(TAG, {"a": required(*range(30))}, {"b": required(*range(30, 50))}) == []
    assert found(TAG, {"a": required(*range(30)), "c": {"tags": {"x": {}}}}, {"b": required(*range(30, 55))}) == [
        EffectivePolicyError(
            "ELEMENTS_TOO_MANY",
            "Resource type 'ec2:instance' has 55 tags for 'report_required_tag_for', which exceeds the maximum limit "
            "of 50. Contributing tag keys include: key-0, key-1, key-10, key-11, key-12 and 50 more",
            "tags",
            ("b", "a"),
        )
    ]


def test_too_large_a_tag_document() -> None:
    """An effective tag policy above 395,000 bytes is invalid, and no policy is named as contributing."""
    rules = {f"key{number}": {"tag_value": assign(["é" * 100])} for number in range(2_000)}

    assert [(error.code, error.path, error.contributing) for error in found(TAG, {"a": {"tags": rules}})] == [
        ("ELEMENTS_TOO_MANY", "tags", ())
    ]


def test_guardrail_without_identifier() -> None:
    """A guardrail needs an identifier, and both lists of models if it has one."""

    def guardrail(**fields: Any) -> dict[str, Any]:
        return {"bedrock": {"guardrail_inference": {"us-east-1": {"config_1": fields}}}}

    identifier = {"identifier": assign("arn:aws:bedrock:us-east-1:111122223333:guardrail/abc:1")}
    included = {"model_enforcement": {"included_models": assign(["ALL"])}}
    place = "bedrock/guardrail_inference/us-east-1/config_1"

    assert found(BEDROCK, {"a": guardrail(**identifier)}) == []
    assert found(BEDROCK, {"a": guardrail(input_tags=assign("honor"))}, {"b": guardrail(**identifier)}) == []
    assert found(BEDROCK, {"a": guardrail(**included)}) == [
        missing("identifier", place, "a"),
        missing("excluded_models", f"{place}/model_enforcement", "a"),
    ]


def test_region_lists_of_security_hub() -> None:
    """Security Hub and each of its features need both lists of regions in the end."""
    regions = {"enable_in_regions": assign([]), "disable_in_regions": assign([])}
    feature = {"securityhub": {"features": {"network_scanning": {"enable_in_regions": assign(["us-east-1"])}}}}
    whole = {"securityhub": regions | {"features": {"network_scanning": regions}}}

    assert found(HUB, {"a": whole}, {"b": feature}) == []
    assert found(HUB, {"b": feature}) == [
        missing("enable_in_regions", "securityhub", "b"),
        missing("disable_in_regions", "securityhub", "b"),
        missing("disable_in_regions", "securityhub/features/network_scanning", "b"),
    ]


def test_other_types() -> None:
    """Effective policies of other types have no known errors."""
    assert found(PolicyType.S3_POLICY, {"a": {"s3_attributes": {}}}) == []
