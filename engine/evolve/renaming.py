"""Another id for a thing that tables are keyed by: only a root's placeholder is ever replaced."""

from typing import TypeVar

V = TypeVar("V")


def rename_key(table: dict[str, V], old: str, new: str) -> None:
    """Move the value of a key, if the table has it, to another key, which comes last."""
    if old in table:
        table[new] = table.pop(old)
