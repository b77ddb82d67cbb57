"""Refusing to open a log with another seed or other settings than its world began with."""

from collections.abc import Iterator, Mapping
from typing import Any, cast

import msgspec

from ..engine.events import WorldCreated
from ..engine.settings import Settings


def by_name(settings: Settings | Mapping[str, Any]) -> dict[str, Any]:
    """Settings, or a table of some of them, with one name for each: ``latency``, ``quotas.accounts``."""
    # Not `to_builtins` of the struct, which leaves new settings out where they have their defaults.
    if not isinstance(settings, Settings):
        whole = by_name(msgspec.convert(msgspec.to_builtins(settings), Settings))
        return {name: whole[name] for name in _names(settings)}
    table: dict[str, Any] = msgspec.to_builtins(msgspec.structs.asdict(settings), builtin_types=())
    quotas = cast("dict[str, Any]", table.pop("quotas"))
    return table | {f"quotas.{name}": value for name, value in quotas.items()}


def _names(table: Mapping[str, Any]) -> list[str]:
    """The names of the settings that a table sets."""
    quotas = msgspec.to_builtins(table.get("quotas", {}))
    return [name for name in table if name != "quotas"] + [f"quotas.{name}" for name in quotas]


def require_same_world(log: str, began: WorldCreated, wanted: Mapping[str, Any]) -> None:
    """Require that a world began with what is asked for.

    Args:
        log: its name, for the message.
        began: the first event of the log.
        wanted: what is asked for, by name: ``seed``, and as of ``by_name``.

    Raises:
        ValueError: something differs; with both values.
    """
    kept = {"seed": began.seed} | by_name(began.settings)
    for difference in differences(kept, wanted):
        raise ValueError(f"{log}: this world began with {difference}")


def differences(kept: Mapping[str, Any], wanted: Mapping[str, Any]) -> Iterator[str]:
    """Say how what a world began with differs from what is asked for, both by name."""
    for name, value in wanted.items():
        if value != kept.get(name):
            yield f"{name} {_written(kept[name])}, it cannot go on with {_written(value)}"


def _written(value: Any) -> str:
    """A value as people write it; None is what AWS does by itself."""
    if value is None:
        return "as AWS has it"
    if isinstance(value, list | tuple):
        return ", ".join(map(str, cast("list[Any]", value))) or "none"
    return str(value).lower() if isinstance(value, bool) else str(value)
