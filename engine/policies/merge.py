"""How the policies attached from the root down to an account become its effective policy (docs/aws.md 6.6).

Level by level: first the assignment attached first, then everything appended, then everything removed, each as far as
the levels above allow it. Then the controls of the level narrow what is left to the levels below; nothing widens it
again.

A control on a leaf is about its value. A control on a group is about the names directly in it: a level below may name
new ones while it may still assign or append [inferred]; what is named already has controls of its own.
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
    """A policy where it is attached."""

    id: str
    content: str


def merge(policy_type: PolicyType, levels: Sequence[Sequence[AttachedPolicy]]) -> dict[str, Any]:
    """The effective document of an account.

    Args:
        policy_type: a management type.
        levels: what is attached to the root, to each unit below it, and to the account, each in attachment order.

    Returns:
        The document without operators, `{}` if nothing is set. It is the caller's own.
    """
    merging = Merging(policy_type)
    for level in levels:
        merging = merging.below(level)
    return merging.document()


class Merging(Struct):
    """What the policies from the root down to some place say, and what they leave to the levels below it."""

    policy_type: PolicyType
    values: dict[Path, Scalar | Values] = field(default_factory=dict[Path, Scalar | Values])
    allowed: dict[Path, frozenset[str]] = field(default_factory=dict[Path, frozenset[str]])
    named: dict[Path, None] = field(default_factory=lambda: dict[Path, None]({(): None}))
    """In order of appearance."""

    def below(self, level: Sequence[AttachedPolicy]) -> "Merging":
        """The same with one more level. This one stays what it is: several places may be below it."""
        if not level:
            return self
        merging = Merging(self.policy_type, dict(self.values), dict(self.allowed), dict(self.named))
        merging._descend([stored_fragment(self.policy_type, policy.content) for policy in level])
        return merging

    def document(self) -> dict[str, Any]:
        """What it means for an account here."""
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
        """Remember names, unless a level above has closed the group that they would be new in."""
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


# Lists may be long: whether something is in one is looked up, not searched for.


def _joined(values: Values, added: list[Values]) -> Values:
    known = set(values)
    return (*values, *(new for new in dict.fromkeys(chain.from_iterable(added)) if new not in known))


def _without(values: Values, gone: list[Values]) -> Values:
    removed = set(chain.from_iterable(gone))
    return tuple(old for old in values if old not in removed)


def _default_tags(named: Iterable[Path], values: dict[Path, Scalar | Values]) -> None:
    """Every rule has a key, in lower case unless its policy says otherwise, and allows any value unless it says which.

    An empty rule is enough (docs/aws.md 6.7).
    """
    for path in named:
        if len(path) == 2:
            values.setdefault((*path, "tag_key"), path[1])
            values.setdefault((*path, "tag_value"), ("*",))


def _put(document: dict[str, Any], path: Path, value: object) -> None:
    """Put a value in its place.

    Where the syntax is not published, one policy may have a leaf where another has a group; who came first stays.
    """
    for name in path[:-1]:
        document = document.setdefault(name, {})
        if not isinstance(cast("object", document), dict):
            return
    document.setdefault(path[-1], value)
