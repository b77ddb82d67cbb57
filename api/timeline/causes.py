"""Why a thing is where it is and has what it has: each fact that holds, with the call that made it so.

For an account or OU that is not only what is said of itself, but also the chain of its parents, and the policies that
are attached to each of them, which it inherits.
"""

from collections.abc import Iterator
from typing import Any

from msgspec import Struct
from msgspec.structs import replace

from ...engine.policies.types import MANAGED_POLICIES
from ...projections.history.changes import ATTACHED
from .difference import EXISTS
from .entries import Call, call_at, end_of_call, inferred_if, name_at
from .history import History


class Cause(Struct, frozen=True):
    """A fact that holds, or held until lately, and the call that made it so."""

    subject: str
    attribute: str
    key: str
    value: str
    call: Call
    ended: bool = False
    """Whether the fact held until that call, rather than from it on."""
    inferred: bool = False
    """Whether the trail or the dump that was taken then does not say so."""

    def as_dict(self) -> dict[str, Any]:
        """The cause as JSON."""
        names = ("subject", "attribute", "key", "value")
        said = {name: getattr(self, name) for name in names} | inferred_if(self.inferred)
        return {**said, "call": self.call.as_dict()}


class Why(Struct, frozen=True):
    """What holds of a thing at a position, and because of which calls."""

    thing: str
    kind: str
    name: str | None
    """What people call it, as ``entries.name_at`` has it."""
    position: int
    own: list[Cause]
    """What is said of the thing itself."""
    lost: list[Cause]
    """Of a thing that was and is not there any more: what ended with it, such as a membership."""
    offered: list[Cause]
    """The handshakes and transfers by which it came: the invitation that the account accepted on joining."""
    path: list[list[Cause]]
    """From the root down, what makes each parent what it is: its name, its parent, the policies attached to it."""
    policies: list[list[Cause]]
    """Of each policy that is attached to it or to a parent, what is said of it."""
    defaults: list[Cause]
    """AWS's own policies that are attached wherever they were not detached, since their type is enabled."""

    def as_dict(self) -> dict[str, Any]:
        """Everything as JSON."""
        return {
            "thing": self.thing,
            "kind": self.kind,
            "name": self.name,
            "position": self.position,
            "own": [cause.as_dict() for cause in self.own],
            "lost": [cause.as_dict() for cause in self.lost],
            "offered": [cause.as_dict() for cause in self.offered],
            "path": [[cause.as_dict() for cause in causes] for causes in self.path],
            "policies": [[cause.as_dict() for cause in causes] for causes in self.policies],
            "defaults": [cause.as_dict() for cause in self.defaults],
        }


HAVE_POLICIES = ("root", "organizational unit", "account")
"""The kinds of things to which policies are attached."""

HOLDING = """SELECT thing.name, attribute, key, value, since FROM fact JOIN thing ON thing.id = fact.thing
    WHERE since <= :position AND (until IS NULL OR until > :position) AND {condition} ORDER BY since, fact.id"""

OF_THING = HOLDING.format(condition="thing.id = (SELECT id FROM thing WHERE name = :thing)")

LOST = """SELECT thing.name, attribute, key, value, until FROM fact JOIN thing ON thing.id = fact.thing
    WHERE thing.name = :thing AND until = (SELECT max(until) FROM fact
        WHERE fact.thing = thing.id AND attribute = :exists AND until <= :position) ORDER BY fact.id"""

OFFERED = """SELECT thing.name, attribute, key, value, since FROM fact JOIN thing ON thing.id = fact.thing
    WHERE since <= :position AND thing.id IN (
        SELECT thing FROM fact WHERE since BETWEEN :first AND :last AND attribute = 'state'
        AND value IN ('ACCEPTED', 'SUCCEEDED')) ORDER BY since, fact.id"""


def why(history: History, thing: str, position: int) -> Why:
    """Tell why a thing is what it is.

    Args:
        history: caught up to the position or further.
        thing: its id; there must be or have been such a thing.
        position: where in the log.
    """
    ((kind,),) = history.rows("SELECT kind FROM thing WHERE name = ?", (thing,))
    own = _causes(history, OF_THING, thing=thing, position=position)
    path = list(_path(history, own, position))
    attached = [cause.key for causes in [*path, own] for cause in causes if cause.attribute == ATTACHED]
    policies = [_causes(history, OF_THING, thing=policy, position=position) for policy in dict.fromkeys(attached)]
    defaults = _defaults(history, thing, own, position) if kind in HAVE_POLICIES else []
    name = name_at(history, thing, position)
    lost = _lost(history, thing, kind, own, position)
    return Why(thing, kind, name, position, own, lost, _offered(history, own), path, policies, defaults)


def _lost(history: History, thing: str, kind: str, own: list[Cause], position: int) -> list[Cause]:
    """What ended with a thing that was, and is not there any more, by the call that ended it."""
    exists = EXISTS.get(kind, "name")
    if _value(own, exists) is not None:
        return []
    causes = _causes(history, LOST, thing=thing, position=position, exists=exists)
    return [replace(cause, ended=True) for cause in causes]


def _causes(history: History, statement: str, **values: Any) -> list[Cause]:
    return [_cause(history, *row) for row in history.rows(statement, values)]


def _cause(history: History, subject: str, name: str, key: str, value: str, position: int) -> Cause:
    call = call_at(history, position)
    return Cause(subject, name, key, value, call, inferred=call.infers(position))


def _path(history: History, own: list[Cause], position: int) -> Iterator[list[Cause]]:
    """What is said of each parent, from the root down; of the root also which policy types are enabled."""
    chain: list[list[Cause]] = []
    above = _value(own, "parent")
    while above is not None:
        causes = _causes(history, OF_THING, thing=above, position=position)
        chain.append(causes)
        above = _value(causes, "parent")
    yield from reversed(chain)


def _offered(history: History, own: list[Cause]) -> list[Cause]:
    """What was said, up to joining, of the handshake or creation that ended in the call by which it joined."""
    joined = next((cause.call for cause in own if cause.attribute == "organization"), None)
    if joined is None:
        return []
    last = end_of_call(history, joined.position)
    return _causes(history, OFFERED, position=last, first=joined.position, last=last)


def _value(causes: list[Cause], attribute: str) -> str | None:
    return next((cause.value for cause in causes if cause.attribute == attribute), None)


def _defaults(history: History, thing: str, own: list[Cause], position: int) -> list[Cause]:
    """AWS's own policies that are attached everywhere while their type is enabled, by the calls that enabled it."""
    ((organization,),) = history.rows("SELECT organization FROM thing WHERE name = ?", (thing,))
    organization = organization or _value(own, "organization")
    if organization is None:
        return []
    enabled = {
        cause.key: cause.call
        for cause in _causes(history, OF_THING, thing=organization, position=position)
        if cause.attribute == "policy type"
    }
    return [
        Cause(policy.id, "policy type", policy.type, "ENABLED", enabled[policy.type])
        for policy in MANAGED_POLICIES.values()
        if policy.type in enabled
    ]
