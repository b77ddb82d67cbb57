"""Parse a management policy into a fragment: its groups, its settings by leaf, its controls for child policies.

Parsing and validation are one walk along the schema of the type, so that every accepted policy can be merged.
"""

from functools import lru_cache
from typing import Any, cast

from msgspec import UNSET, Struct, UnsetType

from ..errors import MalformedPolicyDocumentException
from ..explaining import some
from ..words import PolicyType
from .backups import Path, require_consistent
from .schema import ANYTHING, Anything, Group, Many, Node, One, Scalar, scalar
from .text import located, parse, refuse, shown
from .types import POLICY_TYPES

Values = tuple[Scalar, ...]

ASSIGN, APPEND, REMOVE = "@@assign", "@@append", "@@remove"
CONTROL = "@@operators_allowed_for_child_policies"
SETTERS = frozenset({ASSIGN, APPEND, REMOVE})
REGION_LISTS = ("enable_in_regions", "disable_in_regions")
CONTROLS = {"@@all": SETTERS, "@@none": frozenset[str](), **{setter: frozenset({setter}) for setter in SETTERS}}


class Setting(Struct, frozen=True):
    """The operators of one policy on one leaf; all three apply, in this order."""

    assign: Scalar | Values | UnsetType = UNSET
    append: Values = ()
    remove: Values = ()


class Fragment(Struct, frozen=True):
    """A parsed policy, by paths from the root of the document; groups come before their members."""

    groups: tuple[Path, ...]
    settings: dict[Path, Setting]
    controls: dict[Path, frozenset[str]]
    touched: frozenset[Path]
    """Paths of the leaves that it sets, and of every group around one of them."""


@lru_cache(maxsize=8192)
def fragment(policy_type: PolicyType, content: str) -> Fragment:
    """Parse and validate a management policy.

    Raises:
        MalformedPolicyDocumentException: AWS would refuse the document (docs/aws.md 6.6 and 6.7); or the type is one
            that is written in IAM's language.
    """
    syntax = POLICY_TYPES[policy_type].syntax or refuse(f"{policy_type} is written in IAM's language")
    walk = _Walk(syntax.ignores_case)
    walk.read(syntax.document, (), _without_setters(walk.spelled(parse(content))))
    touched = {leaf[:depth] for leaf in walk.settings for depth in range(len(leaf) + 1)}
    read = Fragment(tuple(walk.groups), walk.settings, walk.controls, frozenset(touched))
    _check_whole(policy_type, read)
    return read


NOTHING = Fragment((), {}, {}, frozenset())


@lru_cache(maxsize=8192)
def stored_fragment(policy_type: PolicyType, content: str) -> Fragment:
    """Parse a management policy from a log, which may be invalid by now: then it sets nothing.

    It was valid when it was stored. A version of orgsim that knows more of AWS's refusals must still open the log.
    """
    try:
        return fragment(policy_type, content)
    except MalformedPolicyDocumentException:
        return NOTHING


def _check_whole(policy_type: PolicyType, read: Fragment) -> None:
    """Check the rules that concern several members at once."""
    if policy_type is PolicyType.BACKUP_POLICY:
        assigned = {path: setting.assign for path, setting in read.settings.items() if setting.assign is not UNSET}
        require_consistent(assigned, read.touched)
    if policy_type is PolicyType.TAG_POLICY:
        for path, setting in read.settings.items():
            if path[-1] == "tag_key" and isinstance(setting.assign, str) and setting.assign.lower() != path[1]:
                refuse(f"{place(path)}: {shown(setting.assign)} must be the name of the group, {path[1]}")
    if policy_type is PolicyType.SECURITYHUB_POLICY and ("securityhub", "features") not in read.groups:
        # The guide asks for both lists, and has a child policy without, which is about a feature only.
        _require_region_lists([("securityhub",)], read)
    if policy_type is PolicyType.SECURITYHUB_CSPM_POLICY:
        _require_region_lists([path for path in read.groups if path[-1:] == ("cspm_enablement",)], read)


def _require_region_lists(groups: list[Path], read: Fragment) -> None:
    """Require both lists of regions in each of the groups, of which there must be one; the lists may be empty."""
    members = {*read.groups, *read.settings}
    lists = " and ".join(REGION_LISTS)
    if not groups:
        refuse(f"a group cspm_enablement with {lists} must be there")
    for path in groups:
        if any((*path, name) not in members for name in REGION_LISTS):
            refuse(f"{place(path)}: {lists} must be there")


def place(path: Path) -> str:
    """A place in a document, as explanations name it."""
    return "/".join(path) or "the document"


class _Walk:
    """A walk along a document and the schema of its type."""

    def __init__(self, ignores_case: bool) -> None:
        self._ignores_case = ignores_case
        self.groups: list[Path] = []
        self.settings: dict[Path, Setting] = {}
        self.controls: dict[Path, frozenset[str]] = {}

    def read(self, node: Node, path: Path, value: object) -> None:
        """Read one node, which must be an object: even a leaf's value has an operator around it."""
        if not isinstance(value, dict):
            refuse(
                f"{place(path)}: {shown(value)} must be an object; a value has an operator such as {ASSIGN} around it"
            )
        members = self.spelled(cast("dict[str, Any]", value))
        known = _guess(members) if isinstance(node, Anything) else node
        if CONTROL in members:
            with located(place((*path, CONTROL))):
                self.controls[path] = self._allowed(members[CONTROL])
        if isinstance(known, Group):
            self._read_group(known, path, members)
        else:
            with located(place(path)):
                self.settings[path] = _setting(known, members)

    def spelled(self, members: dict[str, Any]) -> dict[str, Any]:
        """Turn operators into lower case, if case does not matter."""
        if not self._ignores_case:
            return members
        spelled = {name.lower() if name.startswith("@@") else name: member for name, member in members.items()}
        return spelled if len(spelled) == len(members) else refuse("an operator is there more than once")

    def _read_group(self, group: Group, path: Path, members: dict[str, Any]) -> None:
        self.groups.append(path)
        seen: set[str] = set()
        for name, member in members.items():
            if name == CONTROL:
                continue
            with located(place(path)):
                known, node = self._member(group, name)
            if known in seen:
                refuse(f"{place(path)}: {known} is there more than once, in different cases")
            seen.add(known)
            self.read(node, (*path, known), member)
        missing = [name for name in group.required if name not in seen]
        if missing:
            refuse(f"{place(path)}: {' and '.join(missing)} must be there")
        if not (seen or group.may_be_empty):
            refuse(f"{place(path)}: it must not be empty")

    def _member(self, group: Group, name: str) -> tuple[str, Node]:
        """The schema of a member of a group, and its name in the form that the effective document shows."""
        field = name.lower() if self._ignores_case else name
        if field in group.fields:
            return field, group.fields[field]
        if group.others is None or not name or name.startswith("@@"):
            known = f"; known are {some(group.fields)}" if group.fields else ""
            refuse(f"{shown(name)} is not known here{known}")
        return group.name(name), group.others

    def _allowed(self, control: object) -> frozenset[str]:
        """Read the operators allowed for child policies: no repeats, and ``@@none`` only alone."""
        if not isinstance(control, list) or not control:
            refuse(f"{shown(cast('object', control))} must be a list of operators")
        listed = cast("list[object]", control)
        words = {word for word in listed if isinstance(word, str)}
        # The same operator in another case is no repeat.
        if len(words) < len(listed):
            refuse(f"{shown(listed)} must be strings, each of them once")
        operators = {word.lower() if self._ignores_case else word for word in words}
        if not operators <= CONTROLS.keys():
            refuse(f"{shown(listed)} must be some of {', '.join(sorted(CONTROLS))}")
        if "@@none" in operators and len(operators) > 1:
            refuse("@@none must stand alone")
        return frozenset[str]().union(*(CONTROLS[operator] for operator in operators))


def _guess(members: dict[str, Any]) -> One | Many | Group:
    """Guess the schema of an object where it is not published: a leaf if it has an operator that sets something."""
    if not SETTERS & members.keys():
        return Group(others=ANYTHING)
    if APPEND in members or REMOVE in members or isinstance(members[ASSIGN], list):
        return Many(scalar)
    return One(scalar)


def _setting(leaf: One | Many, members: dict[str, Any]) -> Setting:
    if isinstance(leaf, One):
        if wrong := members.keys() - {ASSIGN, CONTROL}:
            refuse(f"{', '.join(sorted(wrong))} must not be here; one value can be assigned with {ASSIGN} only")
        return Setting(leaf.read(members[ASSIGN])) if ASSIGN in members else Setting()
    if wrong := members.keys() - SETTERS - {CONTROL}:
        refuse(f"{', '.join(sorted(wrong))} must not be here; a list has {ASSIGN}, {APPEND} and {REMOVE}")
    for setter, may_be_empty in ((APPEND, leaf.appends_nothing), (ASSIGN, leaf.assigns_nothing)):
        if members.get(setter) == [] and not may_be_empty:
            refuse(f"{setter} must not be empty")
    assign = _values(leaf, members[ASSIGN]) if ASSIGN in members else UNSET
    return Setting(assign, _values(leaf, members.get(APPEND, [])), _values(leaf, members.get(REMOVE, [])))


def _values(leaf: Many, values: object) -> Values:
    if not isinstance(values, list):
        refuse(f"{shown(values)} must be a list")
    return tuple(leaf.read(value) for value in cast("list[object]", values))


def _without_setters(document: dict[str, Any]) -> dict[str, Any]:
    """Remove operators beside the root key. AWS ignores them, unless there is an object or a list in their value."""
    return {name: value for name, value in document.items() if name not in SETTERS or not _is_flat(value)}


def _is_flat(value: object) -> bool:
    values = cast("list[object]", value) if isinstance(value, list) else [value]
    return not any(isinstance(one, dict | list) for one in values)
