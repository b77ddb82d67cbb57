"""Compliance of tags with an effective tag policy (docs/aws.md 6.7)."""

from collections.abc import Iterable, Mapping
from typing import Any

from ..events import Tag
from ..explaining import some
from .tagged import covers


def violates(tag_document: dict[str, Any], resource_type: str, tags: Mapping[str, str]) -> bool:
    """Tell whether any of the tags must not be put on a resource.

    Args:
        tag_document: the effective tag policy of the account.
        resource_type: as in tag policies, for example `organizations:account`.
        tags: those to be put on the resource; keys without a rule are allowed.

    Returns:
        True if a rule that is enforced for the type demands another case of a key, or does not list a value. A rule
        that lists no values at all allows any [inferred].
    """
    rules: dict[str, dict[str, Any]] = tag_document.get("tags", {})
    return any(
        covers(rule.get("enforced_for", []), resource_type) and not _complies(rule, key, value)
        for key, value in tags.items()
        if (rule := rules.get(key.lower())) is not None
    )


def why_violated(tag_document: dict[str, Any], resource_type: str, tags: Iterable[Tag]) -> str:
    """Explain which of some tags, that together violate a tag policy, does so first, and what would comply."""
    tag = next(tag for tag in tags if violates(tag_document, resource_type, {tag.key: tag.value}))
    rule = tag_document["tags"][tag.key.lower()]
    if tag.key != rule["tag_key"]:
        return f"the effective tag policy demands that the key {tag.key!r} be written {rule['tag_key']!r}"
    return f"the effective tag policy allows as values of {tag.key!r} {some(rule['tag_value'])}, and not {tag.value!r}"


def _complies(rule: dict[str, Any], key: str, value: str) -> bool:
    allowed: list[str] = rule["tag_value"]
    return key == rule["tag_key"] and (not allowed or any(_matches(pattern, value) for pattern in allowed))


def _matches(pattern: str, value: str) -> bool:
    """Match a value against an allowed value, which has at most one wildcard."""
    before, wildcard, after = pattern.partition("*")
    if not wildcard:
        return value == pattern
    return len(value) >= len(before) + len(after) and value.startswith(before) and value.endswith(after)
