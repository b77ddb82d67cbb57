"""What is wrong with an effective document whose policies were each well formed (section 6.8).

Fragments of a backup plan are accepted policy by policy; only the merged plan has to be complete.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct

from ..words import PolicyType
from .fragments import Path, fragment
from .merge import AttachedPolicy
from .text import effective_json

RULES_PER_PLAN = 10
LONGEST_CONTINUOUS_BACKUP = 35
LARGEST_TAG_DOCUMENT = 395_000
"""Bytes."""
REQUIRED_TAGS_PER_RESOURCE_TYPE = 50
KEYS_NAMED = 5
"""Tag keys that a message lists before it counts."""

LABEL = ("tag_key", "tag_value")
# Which members the blocks of a plan need; a star is any name.
REQUIRED: dict[Path, tuple[str, ...]] = {
    (): ("regions", "rules", "selections"),
    ("rules", "*"): ("target_backup_vault_name",),
    ("rules", "*", "copy_actions", "*"): ("target_backup_vault_arn",),
    ("rules", "*", "recovery_point_tags", "*"): LABEL,
    ("selections", "tags", "*"): ("iam_role_arn", *LABEL),
    ("selections", "resources", "*"): ("iam_role_arn", "resource_types"),
    ("backup_plan_tags", "*"): LABEL,
}


class EffectivePolicyError(Struct, frozen=True):
    """One of EffectivePolicyValidationErrors."""

    code: str
    message: str
    path: str
    contributing: tuple[str, ...]
    """Ids of the policies behind it, those attached nearer to the account first."""


class _Finding(Struct, frozen=True):
    """An error before it is known who contributed; those who set one of these paths did."""

    code: str
    message: str
    path: Path
    origins: tuple[Path, ...]


def errors(
    policy_type: PolicyType, document: dict[str, Any], levels: Sequence[Sequence[AttachedPolicy]]
) -> list[EffectivePolicyError]:
    """Why an effective document is invalid.

    Args:
        policy_type: a management type; only backup and tag policies are known to have such errors.
        document: what `merge` made of the levels.
        levels: from the root down to the account, each in attachment order.

    Returns:
        The errors in the order of the document; none if it is valid.
    """
    if policy_type is PolicyType.BACKUP_POLICY:
        findings = [
            finding
            for name, plan in document.get("plans", {}).items()
            for finding in _errors_of_plan(("plans", name), plan)
        ]
    elif policy_type is PolicyType.TAG_POLICY:
        findings = list(_errors_of_tags(document))
    else:
        findings = []
    return [
        EffectivePolicyError(
            finding.code, finding.message, "/".join(finding.path), _contributing(policy_type, finding.origins, levels)
        )
        for finding in findings
    ]


def _contributing(
    policy_type: PolicyType, origins: tuple[Path, ...], levels: Sequence[Sequence[AttachedPolicy]]
) -> tuple[str, ...]:
    nearest_first = [policy for level in reversed(levels) for policy in level]
    found = (
        policy.id
        for policy in nearest_first
        if any(fragment(policy_type, policy.content).sets(origin) for origin in origins)
    )
    return tuple(dict.fromkeys(found))


def _errors_of_plan(path: Path, plan: dict[str, Any]) -> Iterator[_Finding]:
    for pattern, required in REQUIRED.items():
        for place, block in _blocks(path, plan, pattern):
            for name in required:
                if name not in block:
                    yield _Finding("KEY_REQUIRED", f"'{name}' is missing", place, (place,))
    if plan.get("regions") == []:
        place = (*path, "regions")
        yield _Finding("ELEMENTS_TOO_FEW", "'regions' is less than the allowed minimum limit 1", place, (place,))
    rules: dict[str, Any] = plan.get("rules", {})
    for name in islice(rules, RULES_PER_PLAN, None):
        place = (*path, "rules", name)
        message = f"'{name}' exceeds the allowed maximum limit {RULES_PER_PLAN}"
        yield _Finding("ELEMENTS_TOO_MANY", message, place, (place,))
    for name, rule in rules.items():
        yield from _errors_of_rule((*path, "rules", name), rule)


def _errors_of_rule(path: Path, rule: dict[str, Any]) -> Iterator[_Finding]:
    """Continuous backups live 35 days at most."""
    continuous = str(rule.get("enable_continuous_backup", "")).lower()
    days: str | int = rule.get("lifecycle", {}).get("delete_after_days", 0)
    if continuous == "true" and int(days) > LONGEST_CONTINUOUS_BACKUP:
        fields = f"enable_continuous_backup={continuous},delete_after_days={days}"
        message = f"Dependent fields {fields} in policy block {path[-1]} are invalid when used together"
        origins = ((*path, "enable_continuous_backup"), (*path, "lifecycle", "delete_after_days"))
        yield _Finding("CROSS_ATTRIBUTE_VALIDATION", message, path, origins)


def _blocks(path: Path, block: dict[str, Any], pattern: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The blocks of a document that a pattern is about."""
    if not pattern:
        yield path, block
        return
    for name in block if pattern[0] == "*" else (pattern[0],):
        if name in block:
            yield from _blocks((*path, name), block[name], pattern[1:])


def _errors_of_tags(document: dict[str, Any]) -> Iterator[_Finding]:
    if len(effective_json(document).encode()) > LARGEST_TAG_DOCUMENT:
        message = f"'tags' exceeds the allowed maximum limit {LARGEST_TAG_DOCUMENT}"
        yield _Finding("ELEMENTS_TOO_MANY", message, ("tags",), ())
    keys: dict[str, list[str]] = {}
    for key, rule in document.get("tags", {}).items():
        for resource_type in dict.fromkeys(rule.get("report_required_tag_for", [])):
            keys.setdefault(resource_type, []).append(key)
    for resource_type, required in keys.items():
        if len(required) > REQUIRED_TAGS_PER_RESOURCE_TYPE:
            origins = tuple(("tags", key, "report_required_tag_for") for key in required)
            yield _Finding("ELEMENTS_TOO_MANY", _too_many_required(resource_type, required), ("tags",), origins)


def _too_many_required(resource_type: str, keys: list[str]) -> str:
    return (
        f"Resource type '{resource_type}' has {len(keys)} tags for 'report_required_tag_for', which exceeds the "
        f"maximum limit of {REQUIRED_TAGS_PER_RESOURCE_TYPE}. Contributing tag keys include: "
        f"{', '.join(sorted(keys)[:KEYS_NAMED])} and {len(keys) - KEYS_NAMED} more"
    )
