"""Reads the faults of a scenario file: what goes wrong during a run."""

from collections.abc import Iterator
from datetime import datetime
from typing import Any, cast

from msgspec import structs

from ....engine.operations.script_fault import ImpossibleFault, impossible
from ....engine.rules.faults import IN_DECISION, KINDS, REFUSING
from ....engine.shapes.timestamps import microseconds
from ....engine.spelling import quoted
from ...choices import choose
from ...faults import FaultTable, table_request
from ...simulation import START
from .conversion import salvage
from .problems import KeyPath, Problem, Problems

PLAYED = [kind for kind in KINDS if kind in REFUSING | IN_DECISION]
"""The kinds that a run plays: it has no connections that could break, and nobody waits for its answers."""
KEYS = {"accounts": "account", "begins_at": "since", "ends_at": "until"}
"""Members of the request that are called otherwise in a file."""
TIMES = ("since", "until", "duration")


def read_faults(tables: object, start: datetime | None, problems: Problems) -> tuple[FaultTable, ...]:
    """Read and check the list of faults.

    Args:
        tables: what stands under ``faults``.
        start: when the run begins, from which moments count that are told as durations; None: it is not known.
        problems: what is wrong is added to it.
    """
    if not isinstance(tables, list):
        problems.append(Problem("must be a list of tables, such as [[faults]] with a fault", ("faults",)))
        return ()
    faults = list[FaultTable]()
    for index, table in enumerate(cast("list[Any]", tables)):
        path = ("faults", index)
        fault: FaultTable | None = salvage(table, FaultTable, path, problems)
        if fault is not None:
            problems += _wrong(fault, start, path, problems.lost)
            faults.append(fault)
    return tuple(faults)


def _wrong(fault: FaultTable, start: datetime | None, path: KeyPath, lost: set[KeyPath]) -> Iterator[Problem]:
    if fault.fault not in PLAYED:
        yield Problem(f"a run does not play {quoted(fault.fault)}{choose(fault.fault, PLAYED)}", (*path, "fault"))
    now = microseconds(start or START)
    for key in TIMES:
        try:
            table_request(now, FaultTable(fault=fault.fault, **{key: getattr(fault, key)}))
        except ImpossibleFault as error:
            yield Problem(error.message, (*path, key))
            fault = structs.replace(fault, **{key: None})
            lost.add((*path, key))
    if start is None:
        fault = structs.replace(fault, since=None, until=None)
    for each in impossible(table_request(now, fault), now):
        # What a run does not play has been told, with what it does.
        if (key := KEYS.get(each.member, each.member)) != "fault":
            yield Problem(each.message, (*path, key))
