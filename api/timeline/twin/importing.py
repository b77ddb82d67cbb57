"""Bringing a dump into a log: a new one, which appears whole or not at all, or one that it continues."""

from pathlib import Path

import anyio.to_thread
from msgspec import Struct
from msgspec.structs import replace

from ....engine.events import DumpTaken
from ....engine.log.cut import cut_into_file
from ....engine.operation import SIMULATION
from ....engine.operations.import_organization import ImpossibleDump, Request
from ....engine.runtime.clock import SimulatedClock
from ....engine.runtime.driver import jump_to
from ....engine.runtime.engine import Engine
from ....engine.settings import Quotas, Settings
from ....engine.twin.checks import require_consistent, require_possible
from ....engine.twin.form import Form
from ....engine.twin.time_order import founded_at, in_time_order
from ...simulation import Simulation
from .errors import DumpError
from .normalize import Dump


class Imported(Struct, frozen=True):
    """What an import has done; its fields are the keys of ``--json``."""

    log: str
    organization: str
    position: int
    """The position of the last event."""
    events: int
    """How many events were appended, DumpTaken not counted."""
    inferred: int
    """How many of them the dump does not tell with their moment."""
    accounts: int
    organizational_units: int
    policies: int
    notes: list[str]
    """What is missing or was left out, and what that means for the twin."""


def settings_for(form: Form, settings: Settings) -> Settings:
    """Settings with quotas that the organization of a dump keeps to: what is there was allowed."""
    quotas = settings.quotas
    depth: dict[str, int] = {form.root: 0}
    for unit in form.units:
        depth[unit.id] = depth.get(unit.parent, 0) + 1
    closing = sum(account.state == "PENDING_CLOSURE" for account in form.accounts)
    closed = closing + sum(account.state == "CLOSED" for account in form.accounts)
    invited = sum(handshake.live for handshake in form.handshakes)
    ample = closed <= MOST_CLOSED
    return replace(
        settings,
        quotas=replace(
            quotas,
            accounts=max(quotas.accounts, len(form.accounts) + invited),
            organizational_units=max(quotas.organizational_units, len(form.units)),
            organizational_unit_depth=max(quotas.organizational_unit_depth, *depth.values()),
            concurrent_account_closures=max(quotas.concurrent_account_closures, closing),
            account_closures_per_30_days=quotas.account_closures_per_30_days if ample else closed,
        ),
    )


MOST_CLOSED = 250
"""So many closures in thirty days every organization may have (docs/aws.md 4.4); no dump says when accounts closed."""


async def import_dump(dump: Dump, source: str, log: Path, settings: Settings | None = None) -> Imported:
    """Bring a dump into a log.

    Args:
        dump: in its normalized form.
        source: where it came from, in words.
        log: its path; a new one is made, or the one that there is continued.
        settings: of a new world.

    Raises:
        DumpError: the dump contradicts itself or what stands in the log.
        LogError: the log cannot be read or written.
    """
    # The name of a folder may have bytes that are no UTF-8, which a log cannot keep.
    source = source.encode(errors="replace").decode()
    try:
        if await anyio.to_thread.run_sync(log.exists):
            async with Simulation(log, clock=SimulatedClock(0)) as sim:
                return await _bring_in(dump, source, sim, log)
        require_consistent(dump.form)
        begin = founded_at(dump.form, dump.taken_at)
        wanted = settings_for(dump.form, settings or Settings(record="writes", quotas=Quotas()))
        async with Simulation(clock=SimulatedClock(begin), settings=wanted) as sim:
            done = await _bring_in(dump, source, sim, log)
            await cut_into_file(sim.engine.log, done.position, log)
            return done
    except ImpossibleDump as error:
        raise DumpError(f"{source}: {error.message}") from None


async def _bring_in(dump: Dump, source: str, sim: Simulation, log: Path) -> Imported:
    form, taken_at, engine = dump.form, dump.taken_at, sim.engine
    require_consistent(form)
    require_possible(form, taken_at, engine.state)
    known = form.organization in engine.state.organizations
    since = engine.state.now if known else max(founded_at(form, taken_at), engine.now)
    events = inferred = 0
    for moment, told in in_time_order(form, since, taken_at, known=known):
        new, guessed = await _post(engine, Request(form=told, source=source, taken_at=taken_at, final=False), moment)
        events, inferred = events + new, inferred + guessed
    new, guessed = await _post(engine, Request(form=form, source=source, taken_at=taken_at), taken_at)
    await engine.flush()
    return Imported(
        log=str(log),
        organization=form.organization,
        position=engine.state.position,
        events=events + new,
        inferred=inferred + guessed,
        accounts=len(form.accounts),
        organizational_units=len(form.units),
        policies=len(form.policies),
        notes=dump.notes,
    )


async def _post(engine: Engine, request: Request, moment: int) -> tuple[int, int]:
    """Move the clock and post a command; returns the number of events behind DumpTaken, and of those inferred."""
    await jump_to(engine, moment)
    if engine.crowded:
        await engine.room()
    events = engine.post(request, SIMULATION)
    if not events:
        return 0, 0
    taken = events[0]
    assert isinstance(taken, DumpTaken), "a dump begins with when it was taken"
    return len(events) - 1, taken.inferred
