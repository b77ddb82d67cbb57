"""Play a scenario that is written in a test, and read the log that it leaves."""

from typing import Any

import msgspec

from orgsim.api.load.play.outcome import FollowUp, Outcome
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import parse_scenario
from orgsim.engine.events.envelope import Envelope, decode_envelope
from orgsim.engine.log import EventLog, MemoryLog
from orgsim.engine.settings import DAY, SECOND

ENDED = "[[steps]]\naction = 'wait_for_answers'\n"


def step(action: str, **keys: Any) -> str:
    """A step in TOML: texts, numbers and whole tables; ``with_`` is ``with``."""
    lines = [f"{key.rstrip('_')} = {toml(value)}" for key, value in keys.items()]
    return "\n".join(["[[steps]]", f'action = "{action}"', *lines, ""])


def track(name: str, *steps: str, **keys: Any) -> str:
    """A track in TOML, of steps as ``step`` writes them."""
    lines = [f"{key} = {toml(value)}" for key, value in keys.items()]
    head = "\n".join([f"[tracks.{name}]", *lines, ""])
    return head + "".join(each.replace("[[steps]]", f"[[tracks.{name}.steps]]") for each in steps)


def population(name: str, origin: str, count: int, **behaviours: Any) -> str:
    """A population in TOML."""
    lines = [f"{key} = {toml(value)}" for key, value in behaviours.items()]
    return "\n".join([f"[populations.{name}]", f'origin = "{origin}"', f"count = {count}", *lines, ""])


def toml(value: Any) -> str:
    """A value in TOML."""
    if isinstance(value, dict):
        return "{ " + ", ".join(f"{key} = {toml(part)}" for key, part in value.items()) + " }"
    if isinstance(value, list):
        return "[" + ", ".join(map(toml, value)) + "]"
    if isinstance(value, str):
        return f"'{value}'"
    return str(value).lower()


def after(days: float) -> dict[str, Any]:
    """A delay that is the same for everybody."""
    return {"distribution": "fixed", "days": days}


def uniform(from_days: float, to_days: float) -> dict[str, Any]:
    """A delay between two bounds."""
    return {"distribution": "uniform", "from_days": from_days, "to_days": to_days}


async def play(*parts: str, log: EventLog | None = None) -> Outcome:
    """Play a scenario, given as parts of its file, and return the outcome."""
    return await play_scenario(parse_scenario("\n".join(parts)), log or MemoryLog())


async def recorded(*parts: str) -> tuple[Outcome, list[Envelope]]:
    """Play a scenario, and return the outcome and the events in the log."""
    log = MemoryLog()
    outcome = await play(*parts, log=log)
    return outcome, [decode_envelope(record) for record in await log.read(0, log.head)]


def met(outcome: Outcome) -> tuple[FollowUp, ...]:
    """Return the reminders and deadlines without the days on which they came; ``when`` says when they were to come."""
    moments = {"first_days": None, "last_days": None, "after_days": None}
    return tuple(msgspec.structs.replace(each, **moments) for each in outcome.follow_ups)


def moments(envelopes: list[Envelope], *kinds: type[Any]) -> list[float]:
    """Return the seconds since the start of the run at which events of some types happened."""
    return [(each.time - envelopes[0].time) / SECOND for each in envelopes if isinstance(each.event, kinds)]


def days(envelopes: list[Envelope], *kinds: type[Any]) -> list[float]:
    """Return the days since the start of the run at which events of some types happened."""
    return [(each.time - envelopes[0].time) / DAY for each in envelopes if isinstance(each.event, kinds)]


def figures(outcome: Outcome) -> dict[str, Any]:
    """Return an outcome without the figures that differ between two runs of one scenario."""
    values: dict[str, Any] = msgspec.to_builtins(outcome)
    return {name: value for name, value in values.items() if name not in ("wall_seconds", "log")}
