"""Merge the policies attached from the root down to an account into its effective policy (docs/aws.md 6.6).

Level by level, from the root: of several policies on a level, the one attached first assigns; then everything that they
append is added, and everything that they remove is taken out, as far as the levels above allow each of these operators.
Then the level's controls (``@@operators_allowed_for_child_policies``) narrow what the levels below may use; no level
can widen it again.

A control on a leaf is about its value. A control on a group is about the names directly in it: a level below may add
new names while it may still assign or append [inferred]; names that are there already have controls of their own.
"""

from collections.abc import Iterable, Sequence
from itertools import chain
from typing import Any, cast

from msgspec import UNSET, Struct, field

from ..words import PolicyType
from .fragments import APPEND, ASSIGN, REMOVE, SETTERS, Fragment, Path, Setting, Values, stored_fragment
from .schema import Scalar

ADDING = frozenset({ASSIGN, APPEND})


class AttachedPolicy(Struct, frozen=True):
    """A policy, as one of those attached to a place."""

    id: str
    content: str


def merge(policy_type: PolicyType, levels: Sequence[Sequence[AttachedPolicy]]) -> dict[str, Any]:
    """Merge policies into the effective document of an account.

    Args:
        policy_type: a management type.
        levels: the policies attached to the root, to each OU below it, and to the account, each in attachment order.

    Returns:
        The document without operators, `{}` if nothing is set. The caller may change it.
    """
    merging = Merging(policy_type)
    for level in levels:
        merging = merging.below(level)
    return merging.document()


class Merging(Struct):
    """An intermediate result of a merge: the values down to some place, and the operators allowed below it."""

    policy_type: PolicyType
    values: dict[Path, Scalar | Values] = field(default_factory=dict[Path, Scalar | Values])
    allowed: dict[Path, frozenset[str]] = field(default_factory=dict[Path, frozenset[str]])
    named: dict[Path, None] = field(default_factory=lambda: dict[Path, None]({(): None}))
    """Paths of the groups and leaves so far, in order of appearance."""

    def below(self, level: Sequence[AttachedPolicy]) -> "Merging":
        """Merge one more level into a copy. This object stays as it is, because several places may be below it."""
        if not level:
            return self
        merging = Merging(self.policy_type, dict(self.values), dict(self.allowed), dict(self.named))
        merging._descend([stored_fragment(self.policy_type, policy.content) for policy in level])
        return merging

    def document(self) -> dict[str, Any]:
        """The effective document of an account at this place."""
        values = dict(self.values)
        if self.policy_type is PolicyType.TAG_POLICY:
            _default_tags(self.named, values)
        document: dict[str, Any] = {}
        for path, value in values.items():
            _put(document, path, list(value) if isinstance(value, tuple) else value)
        return document

    def _descend(self, fragments: list[Fragment]) -> None:
        settings: dict[Path, list[Setting]] = {}
        for one in fragments:
            self._name(one.groups)
            self._name(one.settings)
            for path, setting in one.settings.items():
                if path in self.named:
                    settings.setdefault(path, []).append(setting)
        for path, several in settings.items():
            self._set(path, several)
        for one in fragments:
            for path, control in one.controls.items():
                self.allowed[path] = self.allowed.get(path, SETTERS) & control

    def _name(self, paths: Iterable[Path]) -> None:
        """Add names, unless a level above forbids new names in their group."""
        for path in paths:
            parent = path[:-1]
            if parent in self.named and self.allowed.get(parent, SETTERS) & ADDING:
                self.named[path] = None

    def _set(self, path: Path, settings: list[Setting]) -> None:
        allowed = self.allowed.get(path, SETTERS)
        value = self.values.get(path, UNSET)
        if ASSIGN in allowed:
            value = next((setting.assign for setting in settings if setting.assign is not UNSET), value)
        added = [setting.append for setting in settings if setting.append]
        if added and APPEND in allowed and (value is UNSET or isinstance(value, tuple)):
            value = _joined(() if value is UNSET else value, added)
        gone = [setting.remove for setting in settings if setting.remove]
        if gone and REMOVE in allowed and isinstance(value, tuple):
            value = _without(value, gone)
        if value is not UNSET:
            self.values[path] = value


# Sets for membership tests, because lists may be long.


def _joined(values: Values, added: list[Values]) -> Values:
    known = set(values)
    return (*values, *(new for new in dict.fromkeys(chain.from_iterable(added)) if new not in known))


def _without(values: Values, gone: list[Values]) -> Values:
    removed = set(chain.from_iterable(gone))
    return tuple(old for old in values if old not in removed)


def _default_tags(named: Iterable[Path], values: dict[Path, Scalar | Values]) -> None:
    """Fill in the defaults of tag rules: the key in lower case, and any value allowed.

    An empty rule is a valid one (docs/aws.md 6.7).
    """
    for path in named:
        if len(path) == 2:
            values.setdefault((*path, "tag_key"), path[1])
            values.setdefault((*path, "tag_value"), ("*",))


def _put(document: dict[str, Any], path: Path, value: object) -> None:
    """Put a value at its path.

    Where the syntax is not published, one policy may have a leaf where another has a group; the first one wins.
    """
    for name in path[:-1]:
        document = document.setdefault(name, {})
        if not isinstance(cast("object", document), dict):
            return
    document.setdefault(path[-1], value)
