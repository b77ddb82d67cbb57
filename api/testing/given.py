"""Tests in three steps: given what has happened, when something is done, then events, an answer or a refusal.

::

    given(
        call("111111111111", "CreateOrganization", FeatureSet="ALL"),
        call("111111111111", "InviteAccountToOrganization", Target={"Type": "ACCOUNT", "Id": "222222222222"}),
    ).when(
        call("222222222222", "AcceptHandshake", HandshakeId=the("handshake")),
    ).then(HandshakeAccepted, like(AccountJoined, account="222222222222"))

The world is in memory and needs no event loop. After each step what is due at its moment has happened, too.
"""

import weakref
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta
from itertools import groupby
from typing import Any, cast

from msgspec import Struct, structs

from ...engine.errors import Refused
from ...engine.events import Event, TimeAdvanced
from ...engine.events.envelope import Envelope, encode_envelope
from ...engine.log import MemoryLog
from ...engine.settings import Quotas, Settings
from ...engine.spelling import advice_on
from ..client import as_dict
from ..client.names import require_members, require_operation
from ..simulation import Simulation
from ..sync import SyncSimulation
from .differences import differences, event_lines, value_lines

__all__ = ["Call", "Given", "Like", "Operation", "Outcome", "The", "call", "given", "like", "the"]


class The(Struct, frozen=True):
    """A member of the latest event that has it; made by ``the``."""

    member: str


class Call(Struct, frozen=True):
    """A call of one of AWS's operations; made by ``call``."""

    account: str
    operation: str
    members: dict[str, Any]


class Like(Struct, frozen=True):
    """An event of a type, of which only some members are told; made by ``like``."""

    event: type[Event]
    members: dict[str, Any]


Operation = Call | Callable[[SyncSimulation[Simulation]], object]
"""A ``call``, or a function of ``sim.sync`` that calls whatever it likes; what it returns counts as the answer."""

Expected = Event | type[Event] | Like | Mapping[str, Any] | Refused | type[Refused]
"""An event, a type of events, ``like(…)``, members of an answer, an exception with its reason, or its class."""

CHOICES = "an event, its class, like(…), a dict with members of the answer, or an exception of orgsim.engine.errors"


def call(account: str, operation: str, /, **members: Any) -> Call:
    """Describe a call: the calling account, AWS's name of the operation, and its members under AWS's names.

    A member may be ``the("handshake")``, or contain it.

    Raises:
        LookupError: there is no such operation.
        TypeError: it has no such member, at whatever depth.
    """
    require_operation(operation)
    require_members(operation, members)
    return Call(account, operation, members)


def the(member: str) -> The:
    """Refer to what happened before: that member of the latest event that has it, such as ``the("policy")``."""
    return The(member)


def like(event: type[Event], /, **members: Any) -> Like:
    """Expect an event of a type with these members; the others may be anything.

    Raises:
        TypeError: the type has no such member.
    """
    known = event.__struct_fields__
    for name in members:
        if name not in known:
            raise TypeError(f"{event.__name__} has no member {name!r}; {advice_on(name, known, 'it has')}")
    return Like(event, members)


def given(
    *past: Operation | Event,
    template: Simulation | None = None,
    seed: int | None = None,
    start: datetime | str | None = None,
    quotas: Quotas | None = None,
    settings: Settings | None = None,
) -> "Given":
    """Begin with a world in which all this has happened, in this order.

    Args:
        past: calls, which must be accepted; functions of ``sim.sync``; or events, which are put into the log.
        template: an open simulation of which to take a fork, instead of a new world.
        seed: of a new world, like the others; see ``Simulation``.
        start: where its clock begins.
        quotas: by default AWS's.
        settings: all others.

    Raises:
        Refused: a call was refused; a note says which.
        TypeError: something is neither an operation nor an event; or a template, and what only a new world can have.
        ValueError: an event cannot follow what was given before it.
    """
    options: dict[str, Any] = {"seed": seed, "start": start, "quotas": quotas, "settings": settings}
    told = [name for name, value in options.items() if value is not None]
    if template and told:
        raise TypeError(f"given(template=…) forks a world that has its own {', '.join(told)}; leave them out")
    story = Given((template.sync.fork() if template else Simulation(**options)).open())
    for is_event, steps in groupby(past, lambda step: isinstance(step, Event)):
        if is_event:
            story.add_events([step for step in steps if isinstance(step, Event)])
            continue
        for step in steps:
            refusal = story.when(cast("Operation", step)).refusal
            if refusal:
                refusal.add_note(f"given: {_described(step)}")
                raise refusal
    return story


class Given:
    """A world with a past; made by ``given``."""

    def __init__(self, sim: Simulation) -> None:
        self.sim = sim
        """The world, for whatever has no word here."""
        self._closing = weakref.finalize(self, sim.close)

    def when(self, operation: Operation) -> "Outcome":
        """Do something; the outcome has the events, and the answer or the refusal.

        Raises:
            TypeError: it is no operation.
        """
        if not isinstance(operation, Call) and not callable(operation):
            raise TypeError(f'an operation is call("111111111111", "ListRoots") or a function, not {operation!r}')
        before, reply, refusal = self.sim.engine.durable, None, None
        try:
            reply = self._carry_out(operation)
        except Refused as error:
            refusal = error
        return self._outcome(before, reply, refusal)

    def when_time_passes(
        self,
        duration: timedelta | str | None = None,
        *,
        days: float | None = None,
        hours: float | None = None,
        minutes: float | None = None,
        seconds: float | None = None,
    ) -> "Outcome":
        """Let time pass, as ``Simulation.advance`` does; the outcome has what has happened on the way."""
        before = self.sim.engine.durable
        self.sim.sync.advance(duration, days=days, hours=hours, minutes=minutes, seconds=seconds)
        return self._outcome(before, None, None)

    def add_events(self, events: Sequence[Event]) -> None:
        """Append events to the log as they are, at the present time.

        Raises:
            ValueError: they cannot follow what was there.
        """
        old, now = self.sim.engine.log, self.sim.engine.now
        assert isinstance(old, MemoryLog), "the world is in memory"
        log, first = old.copy(), old.head + 1
        envelopes = [
            Envelope(position, now, cast("Any", event), "Given", None, None, first)
            for position, event in enumerate(events, first)
        ]
        self.sim.run(log.append(log.head, map(encode_envelope, envelopes)))
        try:
            sim = Simulation(log).open()
        except (LookupError, AttributeError, AssertionError, TypeError, ValueError) as error:
            shown = "\n".join(line for event in events for line in event_lines(event))
            raise ValueError(f"given: these events cannot follow what was there ({error!r}):\n{shown}") from error
        self._closing()
        self.sim = sim
        self._closing = weakref.finalize(self, sim.close)

    def _carry_out(self, operation: Operation) -> object:
        if isinstance(operation, Call):
            members = self._resolved(operation.members)
            return self.sim.sync.client(operation.account).call(operation.operation, members)
        return operation(self.sim.sync)

    def _resolved(self, value: Any) -> Any:
        """Put what has happened where ``the(…)`` stands."""
        if isinstance(value, The):
            for envelope in reversed(self.sim.sync.events()):
                found = getattr(envelope.event, value.member, None)
                if found is not None:
                    return found
            raise ValueError(f"nothing that has happened has a {value.member!r}")
        if isinstance(value, dict):
            return {name: self._resolved(each) for name, each in cast("dict[str, Any]", value).items()}
        if isinstance(value, list | tuple):
            return [self._resolved(each) for each in cast("list[Any]", value)]
        return value

    def _outcome(self, before: int, reply: object, refusal: Refused | None) -> "Outcome":
        self.sim.run(self.sim.engine.settle())
        events = [each.event for each in self.sim.sync.events(before) if not isinstance(each.event, TimeAdvanced)]
        return Outcome(self, events, as_dict(reply) if isinstance(reply, Struct) else reply, refusal)


class Outcome:
    """What has come of ``when``; ``then`` says what should have."""

    def __init__(self, story: Given, events: Sequence[Any], reply: Any, refusal: Refused | None) -> None:
        self._story = story
        self.events = events
        """The new events, without those that only tell that time passed."""
        self.reply = reply
        """AWS's answer as boto3's dictionary, or what the function returned; None if it was refused."""
        self.refusal = refusal
        """The exception with which it was refused; None if it was accepted."""

    def when(self, operation: Operation) -> "Outcome":
        """Do something next; see ``Given.when``."""
        return self._story.when(operation)

    def when_time_passes(self, duration: timedelta | str | None = None, **units: float | None) -> "Outcome":
        """Let time pass next; see ``Given.when_time_passes``."""
        return self._story.when_time_passes(duration, **units)

    def then(self, *expected: Expected) -> "Outcome":
        """Assert what has happened.

        Args:
            expected: all events, in their order; or members of the answer under AWS's names; or both; or the refusal.

        Raises:
            AssertionError: something else has happened; the message has the difference, line by line.
            TypeError: nothing, none of these, or more beside a refusal is expected.
        """
        __tracebackhide__ = True
        if not expected:
            raise TypeError(f"then(…) takes {CHOICES}; for none of them there is then_nothing_happened()")
        refusals = [each for each in expected if _is_kind(each, Refused)]
        answers: list[Mapping[str, Any]] = [each for each in expected if isinstance(each, Mapping)]
        events = [each for each in expected if isinstance(each, Like) or _is_kind(each, Event)]
        for each in expected:
            if not any(each is one for one in (*refusals, *answers, *events)):
                raise TypeError(f"then(…) takes {CHOICES}, not {each!r}")
        if refusals and len(expected) > 1:
            raise TypeError(f"then(…) takes a refusal alone: what is refused has no answer and no events, {expected!r}")
        if refusals:
            self._require_refusal(cast("Any", refusals[0]))
            return self
        self._require_accepted()
        if events:
            self._require_events(cast("list[Any]", events))
        for answer in answers:
            self._require_reply(answer)
        return self

    def then_nothing_happened(self) -> "Outcome":
        """Assert that it was not refused, and that there is no new event.

        Raises:
            AssertionError: something has happened; the message says what.
        """
        __tracebackhide__ = True
        self._require_accepted()
        if self.events:
            raise AssertionError("expected that nothing happens, but:\n" + "\n".join(_lines(self.events)))
        return self

    def _require_accepted(self) -> None:
        __tracebackhide__ = True
        if self.refusal:
            raise AssertionError(f"it was refused: {_named(self.refusal)}") from self.refusal

    def _require_refusal(self, expected: Refused | type[Refused]) -> None:
        __tracebackhide__ = True
        if self.refusal is None:
            lines = _lines(self.events) or ["- nothing"]
            raise AssertionError(f"expected {_named(expected)}, but it was accepted:\n" + "\n".join(lines))
        exact = isinstance(expected, Refused)
        kind = type(expected) if exact else expected
        if type(self.refusal) is not kind or (exact and self.refusal.reason != expected.reason):
            raise AssertionError(f"expected {_named(expected)}, but got {_named(self.refusal)}") from self.refusal

    def _require_events(self, expected: list[Event | type[Event] | Like]) -> None:
        __tracebackhide__ = True
        if len(expected) != len(self.events) or not all(map(_matches, expected, self.events)):
            told = _filled_in(expected, self.events)
            raise AssertionError("other events than expected:\n" + differences(told, _lines(self.events)))

    def _require_reply(self, expected: Mapping[str, Any]) -> None:
        __tracebackhide__ = True
        found = _same_members(expected, self.reply)
        if found != expected:
            lines = differences(value_lines(expected), value_lines(found))
            raise AssertionError(f"another answer than expected:\n{lines}")


def _is_kind(thing: object, kind: type[Any]) -> bool:
    return isinstance(thing, kind) or (isinstance(thing, type) and issubclass(thing, kind))


def _matches(expected: Event | type[Event] | Like, event: Event) -> bool:
    if isinstance(expected, Event):
        return type(event) is type(expected) and event == expected
    pattern = expected if isinstance(expected, Like) else Like(expected, {})
    members = pattern.members.items()
    return type(event) is pattern.event and all(getattr(event, name) == value for name, value in members)


def _filled_in(expected: list[Event | type[Event] | Like], events: Sequence[Event]) -> list[str]:
    """Write out what is expected; members that may be anything are taken from the next event of the type."""
    left, lines = list(events), list[str]()
    for each in expected:
        kind = each.event if isinstance(each, Like) else each if isinstance(each, type) else type(each)
        found = next((event for event in left if type(event) is kind), None)
        if found:
            left.remove(found)
        if isinstance(each, Event):
            lines += event_lines(each)
        else:
            told = each.members if isinstance(each, Like) else {}
            lines += event_lines(kind, (structs.asdict(found) if found else {}) | told)
    return lines


def _lines(events: Sequence[Event]) -> list[str]:
    return [line for event in events for line in event_lines(event)]


def _same_members(expected: Any, found: Any) -> Any:
    """Leave of an answer only the members that are expected, on every level."""
    if isinstance(expected, Mapping) and isinstance(found, Mapping):
        names, there = cast("Mapping[str, Any]", expected), cast("Mapping[str, Any]", found)
        return {name: _same_members(names[name], there[name]) for name in names if name in there}
    if isinstance(expected, list) and isinstance(found, list):
        wanted, rows = cast("list[Any]", expected), cast("list[Any]", found)
        return [_same_members(wanted[index], row) if index < len(wanted) else row for index, row in enumerate(rows)]
    return found


def _named(refusal: Refused | type[Refused]) -> str:
    if not isinstance(refusal, Refused):
        return refusal.__name__
    reason = f" {refusal.reason}" if refusal.reason else ""
    return f"{type(refusal).__name__}{reason}" + (f": {refusal.explanation}" if refusal.explanation else "")


def _described(step: object) -> str:
    if isinstance(step, Call):
        return f"{step.operation} by {step.account}"
    return getattr(step, "__name__", repr(step))
