"""Reads the faults of a scenario file: what goes wrong during a run."""

from datetime import datetime
from typing import Any, cast

from ....engine.ids import IdSource
from ....engine.operation import SIMULATION, Stamp
from ....engine.operations import script_fault
from ....engine.rules.faults import IN_DECISION, KINDS, REFUSING
from ....engine.shapes.timestamps import microseconds
from ....engine.state import State
from ...choices import choose
from ...faults import FaultTable, table_request
from .conversion import convert
from .problems import KeyPath, Problem, Problems, ScenarioError

PLAYED = [kind for kind in KINDS if kind in REFUSING | IN_DECISION]
"""The kinds that a run plays: it has no connections that could break, and nobody waits for its answers."""


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
        with problems.gathered():
            faults.append(_fault(table, ("faults", index), start))
    return tuple(faults)


def _fault(table: object, path: KeyPath, start: datetime | None) -> FaultTable:
    fault: FaultTable = convert(table, FaultTable, path)
    if fault.fault in KINDS and fault.fault not in PLAYED:
        message = f"a run does not play {fault.fault!r}{choose(fault.fault, PLAYED)}"
        raise ScenarioError(Problem(message, (*path, "fault")))
    if start is None:
        return fault
    now = microseconds(start)
    try:
        script_fault.decide(table_request(now, fault), State(), Stamp(now, SIMULATION, 1, IdSource(0)))
    except script_fault.ImpossibleFault as error:
        raise ScenarioError(Problem(error.message, path)) from None
    return fault
