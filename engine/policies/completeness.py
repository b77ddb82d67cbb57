"""Validation of effective policies: errors of a merged document whose policies are each valid (docs/aws.md 6.8).

A single policy may hold a fragment of a backup plan; only the merged plan has to be complete.
"""

from collections.abc import Iterator, Sequence
from itertools import islice
from typing import Any

from msgspec import Struct

from ..words import PolicyType
from .backups import (
    ARCHIVE,
    CONTINUOUS,
    DELETE,
    LONGEST_CONTINUOUS_BACKUP,
    SCHEDULE,
    SHORTEST_COLD_STORAGE,
    TO_COLD_STORAGE,
    Path,
    is_true,
)
from .fragments import stored_fragment
from .merge import AttachedPolicy
from .schedules import schedule
from .text import effective_json

RULES_PER_PLAN = 10
LARGEST_TAG_DOCUMENT = 395_000
"""Bytes."""
REQUIRED_TAGS_PER_RESOURCE_TYPE = 50
MOST_ERRORS = 1_000
"""Errors reported for one account at most [inferred]."""
KEYS_NAMED = 5
"""Tag keys that a message names; the rest is only counted."""

Required = dict[Path, tuple[str, ...]]
"""Path of a block to the members that it needs; a star in the path is any name."""

LABEL = ("tag_key", "tag_value")
PLAN: Required = {
    (): ("regions", "rules", "selections"),
    ("rules", "*"): ("target_backup_vault_name",),
    ("rules", "*", "copy_actions", "*"): ("target_backup_vault_arn",),
    ("rules", "*", "recovery_point_tags", "*"): LABEL,
    ("selections", "tags", "*"): ("iam_role_arn", *LABEL),
    ("selections", "resources", "*"): ("iam_role_arn",),
    ("backup_plan_tags", "*"): LABEL,
}
REGION_LISTS = ("enable_in_regions", "disable_in_regions")
GUARDRAIL: Path = ("bedrock", "guardrail_inference", "*", "config_1")
DOCUMENTS: dict[PolicyType, Required] = {
    PolicyType.SECURITYHUB_POLICY: {("securityhub",): REGION_LISTS, ("securityhub", "features", "*"): REGION_LISTS},
    PolicyType.BEDROCK_POLICY: {
        GUARDRAIL: ("identifier",),
        (*GUARDRAIL, "model_enforcement"): ("included_models", "excluded_models"),
    },
}


class EffectivePolicyError(Struct, frozen=True):
    """One entry of EffectivePolicyValidationErrors."""

    code: str
    message: str
    path: str
    contributing: tuple[str, ...]
    """Ids of the policies that cause it, those attached nearer to the account first."""


class _Finding(Struct, frozen=True):
    """An error before its contributing policies are known: those that set one of the paths in ``origins``."""

    code: str
    message: str
    path: Path
    origins: tuple[Path, ...]


def errors(
    policy_type: PolicyType, document: dict[str, Any], levels: Sequence[Sequence[AttachedPolicy]]
) -> list[EffectivePolicyError]:
    """Find the errors of an effective document.

    Args:
        policy_type: a management type; for most types no such errors are known.
        document: the result of `merge` for the levels.
        levels: from the root down to the account, each in attachment order.

    Returns:
        The errors in the order of the document, at most ``MOST_ERRORS``; none if it is valid.
    """
    findings = list(islice(_findings(policy_type, document), MOST_ERRORS))
    policies = _policies_by_origin(policy_type, {origin for finding in findings for origin in finding.origins}, levels)
    return [
        EffectivePolicyError(
            finding.code, finding.message, "/".join(finding.path), _contributing(finding.origins, policies)
        )
        for finding in findings
    ]


def _policies_by_origin(
    policy_type: PolicyType, origins: set[Path], levels: Sequence[Sequence[AttachedPolicy]]
) -> dict[Path, dict[str, int]]:
    """For each path the policies that set something at or below it, with their rank: 0 is nearest to the account."""
    found: dict[Path, dict[str, int]] = {}
    for rank, policy in enumerate(policy for level in reversed(levels) for policy in level):
        for origin in origins & stored_fragment(policy_type, policy.content).touched:
            found.setdefault(origin, {}).setdefault(policy.id, rank)
    return found


def _contributing(origins: tuple[Path, ...], policies: dict[Path, dict[str, int]]) -> tuple[str, ...]:
    if len(origins) == 1:
        return tuple(policies.get(origins[0], ()))
    ranks = {policy: rank for origin in origins for policy, rank in policies.get(origin, {}).items()}
    return tuple(sorted(ranks, key=ranks.__getitem__))


def _findings(policy_type: PolicyType, document: dict[str, Any]) -> Iterator[_Finding]:
    if policy_type is PolicyType.BACKUP_POLICY:
        for name, plan in document.get("plans", {}).items():
            yield from _errors_of_plan(("plans", name), plan)
    elif policy_type is PolicyType.TAG_POLICY:
        yield from _errors_of_tags(document)
    else:
        yield from _missing((), document, DOCUMENTS.get(policy_type, {}))


def _missing(path: Path, block: dict[str, Any], required: Required) -> Iterator[_Finding]:
    for pattern, names in required.items():
        for place, inner in _blocks(path, block, pattern):
            for name in names:
                if name not in inner:
                    yield _Finding("KEY_REQUIRED", f"'{name}' is missing", place, (place,))


def _errors_of_plan(path: Path, plan: dict[str, Any]) -> Iterator[_Finding]:
    yield from _missing(path, plan, PLAN)
    if plan.get("regions") == []:
        place = (*path, "regions")
        yield _Finding("ELEMENTS_TOO_FEW", "'regions' is less than the allowed minimum limit 1", place, (place,))
    rules: dict[str, Any] = plan.get("rules", {})
    if len(rules) > RULES_PER_PLAN:
        place = (*path, "rules")
        message = f"'rules' exceeds the allowed maximum limit {RULES_PER_PLAN}"
        yield _Finding("ELEMENTS_TOO_MANY", message, place, (place,))
    for name, rule in rules.items():
        place = (*path, "rules", name)
        if "scan_actions" in rule and "scan_settings" not in plan:
            fields = "scan_actions(undefined),scan_settings(undefined)"
            yield _dependent(place, fields, ((*place, "scan_actions"),))
        yield from _errors_of_rule(place, rule)
    for place, selection in _blocks(path, plan, ("selections", "resources", "*")):
        # A selection by conditions alone was seen to be complete.
        if "conditions" not in selection:
            yield from _missing(place, selection, {(): ("resource_types",)})


def _errors_of_rule(path: Path, rule: dict[str, Any]) -> Iterator[_Finding]:
    """Continuous backups are kept for 35 days at most. Errors with the same message are reported once."""
    lifecycle: dict[str, Any] = rule.get("lifecycle", {})
    if is_true(rule.get(CONTINUOUS)) and _days(lifecycle, DELETE, 0) > LONGEST_CONTINUOUS_BACKUP:
        yield _used_together(path, {(CONTINUOUS,): "true", ("lifecycle", DELETE): lifecycle[DELETE]})
    copies: dict[str, dict[str, Any]] = rule.get("copy_actions", {})
    lifecycles = {("lifecycle",): lifecycle} | {
        ("copy_actions", name, "lifecycle"): copy.get("lifecycle", {}) for name, copy in copies.items()
    }
    told: set[str] = set()
    for place, lived in lifecycles.items():
        for finding in _errors_of_archive(path, place, lived, rule.get(SCHEDULE)):
            if finding.message not in told:
                told.add(finding.message)
                yield finding


def _errors_of_archive(
    path: Path, place: Path, lifecycle: dict[str, Any], expression: str | None
) -> Iterator[_Finding]:
    """Archives are made once a month at most, and stay in cold storage for 90 days at least."""
    if not is_true(lifecycle.get(ARCHIVE)):
        return
    if expression is not None and not schedule(expression).suits_archives:
        yield _used_together(path, {(*place, ARCHIVE): "true", (SCHEDULE,): expression})
    cold_until = _days(lifecycle, TO_COLD_STORAGE, -SHORTEST_COLD_STORAGE) + SHORTEST_COLD_STORAGE
    if _days(lifecycle, DELETE, cold_until) < cold_until:
        used = {ARCHIVE: "true", DELETE: lifecycle[DELETE], TO_COLD_STORAGE: lifecycle[TO_COLD_STORAGE]}
        yield _used_together(path, {(*place, name): value for name, value in used.items()})


def _days(lifecycle: dict[str, Any], name: str, otherwise: int) -> int:
    return int(lifecycle.get(name, otherwise))


def _used_together(path: Path, used: dict[Path, str | int]) -> _Finding:
    fields = ",".join(f"{name[-1]}={value}" for name, value in used.items())
    return _dependent(path, fields, tuple((*path, *name) for name in used))


def _dependent(path: Path, fields: str, origins: tuple[Path, ...]) -> _Finding:
    message = f"Dependent fields {fields} in policy block {path[-1]} are invalid when used together"
    return _Finding("CROSS_ATTRIBUTE_VALIDATION", message, path, origins)


def _blocks(path: Path, block: dict[str, Any], pattern: Path) -> Iterator[tuple[Path, dict[str, Any]]]:
    """The blocks of a document that match a pattern of their path."""
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
