"""One policy taken apart: which groups it names, what it sets at which leaf, what it leaves to child policies.

Reading and checking are one walk along the syntax of the type, so that whatever was accepted can be merged.
"""

from functools import lru_cache
from typing import Any, cast

from msgspec import UNSET, Struct, UnsetType

from ..words import PolicyType
from .schema import ANYTHING, Anything, Group, Many, Node, One, Scalar, scalar
from .syntax import SYNTAX
from .text import parse, refuse
from .types import POLICY_TYPES

Path = tuple[str, ...]
Values = tuple[Scalar, ...]

ASSIGN, APPEND, REMOVE = "@@assign", "@@append", "@@remove"
CONTROL = "@@operators_allowed_for_child_policies"
SETTERS = frozenset({ASSIGN, APPEND, REMOVE})
BOTH_REGION_LISTS = {("securityhub", "enable_in_regions"), ("securityhub", "disable_in_regions")}
CONTROLS = {"@@all": SETTERS, "@@none": frozenset[str](), **{setter: frozenset({setter}) for setter in SETTERS}}


class Setting(Struct, frozen=True):
    """What one policy does to one leaf; all three apply, in this order."""

    assign: Scalar | Values | UnsetType = UNSET
    append: Values = ()
    remove: Values = ()


class Fragment(Struct, frozen=True):
    """One policy, by paths from the root of the document; groups come before what is in them."""

    groups: tuple[Path, ...]
    settings: dict[Path, Setting]
    controls: dict[Path, frozenset[str]]

    def sets(self, path: Path) -> bool:
        """Whether the policy sets this leaf, or one within this group."""
        return any(leaf[: len(path)] == path for leaf in self.settings)


@lru_cache(maxsize=8192)
def fragment(policy_type: PolicyType, content: str) -> Fragment:
    """A management policy, read and checked.

    Raises:
        MalformedPolicyDocumentException: what AWS refuses for documents of this type (sections 6.6 and 6.7).
    """
    document = parse(content)
    if policy_type is PolicyType.CHATBOT_POLICY:
        document = _folded(document)
    root = POLICY_TYPES[policy_type].root_key
    syntax = SYNTAX[policy_type]
    walk = _Walk()
    walk.read(syntax if root is None else Group({root: syntax}), (), _without_setters(document))
    if root is not None and root not in document:
        refuse()
    read = Fragment(tuple(walk.groups), walk.settings, walk.controls)
    _check_whole(policy_type, read)
    return read


def _check_whole(policy_type: PolicyType, read: Fragment) -> None:
    """What concerns several members at once."""
    if policy_type is PolicyType.TAG_POLICY:
        for path, setting in read.settings.items():
            if path[-1] == "tag_key" and isinstance(setting.assign, str) and setting.assign.lower() != path[1]:
                refuse()
    if policy_type is PolicyType.SECURITYHUB_POLICY and not read.settings.keys() >= BOTH_REGION_LISTS:
        refuse()


class _Walk:
    """A walk along a document and its syntax."""

    def __init__(self) -> None:
        self.groups: list[Path] = []
        self.settings: dict[Path, Setting] = {}
        self.controls: dict[Path, frozenset[str]] = {}

    def read(self, node: Node, path: Path, value: object) -> None:
        """One node: a value without operators is no value."""
        if not isinstance(value, dict):
            refuse()
        members = cast("dict[str, Any]", value)
        known = _guess(members) if isinstance(node, Anything) else node
        if CONTROL in members:
            self.controls[path] = _allowed(members[CONTROL])
        if isinstance(known, Group):
            self._read_group(known, path, members)
        else:
            self.settings[path] = _setting(known, members)

    def _read_group(self, group: Group, path: Path, members: dict[str, Any]) -> None:
        self.groups.append(path)
        seen: set[str] = set()
        for name, member in members.items():
            if name == CONTROL:
                continue
            if name not in group.fields and (group.others is None or not name or name.startswith("@@")):
                refuse()
            known = name.lower() if group.ignores_case else name
            if known in seen:
                refuse()
            seen.add(known)
            self.read(group.fields.get(name) or group.others or refuse(), (*path, known), member)


def _guess(members: dict[str, Any]) -> One | Many | Group:
    """What an object is where the syntax is not published: a leaf if something is set in it."""
    if not SETTERS & members.keys():
        return Group(others=ANYTHING)
    if APPEND in members or REMOVE in members or isinstance(members[ASSIGN], list):
        return Many(scalar)
    return One(scalar)


def _setting(leaf: One | Many, members: dict[str, Any]) -> Setting:
    if isinstance(leaf, One):
        if members.keys() - {ASSIGN, CONTROL}:
            refuse()
        return Setting(leaf.read(members[ASSIGN])) if ASSIGN in members else Setting()
    if members.keys() - SETTERS - {CONTROL}:
        refuse()
    if members.get(APPEND) == [] and not leaf.appends_nothing:
        refuse()
    assign = _values(leaf, members[ASSIGN]) if ASSIGN in members else UNSET
    return Setting(assign, _values(leaf, members.get(APPEND, [])), _values(leaf, members.get(REMOVE, [])))


def _values(leaf: Many, values: object) -> Values:
    if not isinstance(values, list):
        refuse()
    return tuple(leaf.read(value) for value in cast("list[object]", values))


def _allowed(control: object) -> frozenset[str]:
    """Operators that are left to child policies: no repeats, and nothing beside ``@@none``."""
    if not isinstance(control, list) or not control:
        refuse()
    words = cast("list[object]", control)
    if not all(isinstance(word, str) and word in CONTROLS for word in words):
        refuse()
    if len(set(words)) < len(words) or ("@@none" in words and len(words) > 1):
        refuse()
    return frozenset[str]().union(*(CONTROLS[cast("str", word)] for word in words))


def _without_setters(document: dict[str, Any]) -> dict[str, Any]:
    """AWS accepts and ignores an operator beside the root key, unless its value is an object."""
    return {name: value for name, value in document.items() if name not in SETTERS or isinstance(value, dict)}


def _folded(document: dict[str, Any]) -> dict[str, Any]:
    """A chat policy in lower case: its names and its operators, not its values."""
    folded: dict[str, Any] = {}
    for name, value in document.items():
        if name.lower() in folded:
            refuse()
        folded[name.lower()] = _folded_value(name.lower(), value)
    return folded


def _folded_value(name: str, value: Any) -> Any:
    if isinstance(value, dict):
        return _folded(cast("dict[str, Any]", value))
    if name == CONTROL and isinstance(value, list):
        return [word.lower() if isinstance(word, str) else word for word in cast("list[object]", value)]
    return value
