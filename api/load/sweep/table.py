"""The table of all runs, as Arrow and Parquet have it: the same for the same sweep, whatever was done first."""

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
from .columns import Type, columns, whole_row
from .plan import Plan

AT_ONCE = 10_000
TYPES: dict[Type, Any] = {
    "text": pyarrow.string(),
    "whole": pyarrow.int64(),
    "number": pyarrow.float64(),
    "truth": pyarrow.bool_(),
}


def make_table(plan: Plan, rows: Iterable[dict[str, Any]]) -> Any:
    """A ``pyarrow.Table`` with a row for each run, in the order of parameters and seeds.

    Args:
        plan: of the sweep.
        rows: as the workers gave them, in any order.
    """
    types = columns(plan)
    texts = [name for name, kind in types.items() if kind == "text" and name.startswith("parameters.")]
    schema = pyarrow.schema([(name, TYPES[kind]) for name, kind in types.items()])
    remaining = iter(rows)
    parts = [schema.empty_table()]
    # Never all rows as dicts: they take many times the memory of the table.
    while part := [_typed(whole_row(plan, row), texts) for row in islice(remaining, AT_ONCE)]:
        parts.append(pyarrow.Table.from_pylist(part, schema=schema))
    return pyarrow.concat_tables(parts).sort_by("run").combine_chunks()


def write_table(table: Any, path: Path) -> None:
    """Write the table as a Parquet file.

    Raises:
        OSError: it cannot be written.
    """
    parquet.write_table(table, path)


def _typed(row: dict[str, Any], texts: list[str]) -> dict[str, Any]:
    # A parameter of several kinds is a column of texts, which --set reads back.
    return row | {name: value if isinstance(value := row[name], str) else written(value) for name in texts}
