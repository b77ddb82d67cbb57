"""The table of all runs, as an Arrow table and a Parquet file; the same whatever order the runs were done in."""

# Arrow has no types.
# pyright: reportMissingTypeStubs=false, reportUnknownMemberType=false, reportUnknownVariableType=false
# pyright: reportUnknownArgumentType=false

from collections.abc import Iterable
from itertools import islice
from pathlib import Path
from typing import Any

import pyarrow
from pyarrow import parquet

from ..scenario.parameters import written
from .columns import Type, columns, complete_row
from .plan import SweepPlan

ROWS_AT_ONCE = 10_000
"""Rows that are converted at once: as dicts they take many times the memory of the table."""
TYPES: dict[Type, Any] = {
    "text": pyarrow.string(),
    "whole": pyarrow.int64(),
    "number": pyarrow.float64(),
    "truth": pyarrow.bool_(),
}


def make_table(plan: SweepPlan, rows: Iterable[dict[str, Any]]) -> Any:
    """Build a ``pyarrow.Table`` with a row for each run, in the order of combinations and seeds.

    Args:
        plan: the plan of the sweep.
        rows: the rows that workers returned, in any order.
    """
    types = columns(plan)
    texts = [name for name, kind in types.items() if kind == "text" and name.startswith("parameters.")]
    schema = pyarrow.schema([(name, TYPES[kind]) for name, kind in types.items()])
    remaining = iter(rows)
    parts = [schema.empty_table()]
    while part := [_typed(complete_row(plan, row), texts) for row in islice(remaining, ROWS_AT_ONCE)]:
        parts.append(pyarrow.Table.from_pylist(part, schema=schema))
    return pyarrow.concat_tables(parts).sort_by("run").combine_chunks()


def write_table(table: Any, path: Path) -> None:
    """Write the table as a Parquet file.

    Raises:
        OSError: it cannot be written.
    """
    parquet.write_table(table, path)


def _typed(row: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    """Write the parameters that are columns of texts as ``--set`` reads them: those with values of several types."""
    return row | {name: value if isinstance(value := row[name], str) else written(value) for name in texts}
