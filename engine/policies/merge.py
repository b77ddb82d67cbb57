"""How the policies attached from the root down to an account become its effective policy (section 6.6).

Level by level: first the assignment attached first, then everything appended, then everything removed, each as far as
the levels above allow it. Then the controls of the level narrow what is left to the levels below; nothing widens it
again.

A control on a leaf is about its value. A control on a group is about the names directly in it: a level below may name
new ones while it may still assign or append [inferred]; what is named already has controls of its own.
"""

from collections.abc import Iterable, Sequence
from typing import Any, cast

from msgspec import UNSET, Struct

from ..words import PolicyType
from .fragments import APPEND, ASSIGN, REMOVE, SETTERS, Fragment, Path, Setting, Values, fragment
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

    Raises:
        MalformedPolicyDocumentException: a policy that could never have been stored.
    """
    merging = _Merging()
    for level in levels:
        merging.descend([fragment(policy_type, policy.content) for policy in level])
    if policy_type is PolicyType.TAG_POLICY:
        _default_tags(merging)
    document: dict[str, Any] = {}
    for path, value in merging.values.items():
        _put(document, path, list(value) if isinstance(value, tuple) else value)
    return document


class _Merging:
    """What holds above a level."""

    def __init__(self) -> None:
        self.values: dict[Path, Scalar | Values] = {}
        self.allowed: dict[Path, frozenset[str]] = {}
        # In order of appearance.
        self.named: dict[Path, None] = {(): None}

    def descend(self, fragments: list[Fragment]) -> None:
        """Apply one level."""
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
        if APPEND in allowed and (value is UNSET or isinstance(value, tuple)):
            for setting in settings:
                if setting.append:
                    start = value if isinstance(value, tuple) else ()
                    value = (*start, *dict.fromkeys(new for new in setting.append if new not in start))
        if REMOVE in allowed and isinstance(value, tuple):
            gone = {old for setting in settings for old in setting.remove}
            value = tuple(old for old in value if old not in gone)
        if value is not UNSET:
            self.values[path] = value


def _default_tags(merging: _Merging) -> None:
    """Every rule has a key, in lower case unless its policy says otherwise, and allows any value unless it says which.

    An empty rule is enough (section 6.7).
    """
    for path in merging.named:
        if len(path) == 2:
            merging.values.setdefault((*path, "tag_key"), path[1])
            merging.values.setdefault((*path, "tag_value"), ("*",))


def _put(document: dict[str, Any], path: Path, value: object) -> None:
    """Put a value in its place.

    Where the syntax is not published, one policy may have a leaf where another has a group; who came first stays.
    """
    for name in path[:-1]:
        document = document.setdefault(name, {})
        if not isinstance(cast("object", document), dict):
            return
    document.setdefault(path[-1], value)
