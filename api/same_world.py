"""A log keeps the seed and the settings that its world began with: whoever asks for others is told so."""

from collections.abc import Mapping
from typing import Any, cast

import msgspec

from ..engine.events import WorldCreated
from ..engine.settings import Settings


def by_name(settings: Settings | Mapping[str, Any]) -> dict[str, Any]:
    """Settings, or a table of some of them, with one name for each: ``latency``, ``quotas.accounts``."""
    # Not `to_builtins`, which leaves new settings out where they have their defaults.
    given = msgspec.structs.asdict(settings) if isinstance(settings, Settings) else settings
    table: dict[str, Any] = msgspec.to_builtins(given)
    quotas = cast("dict[str, Any]", table.get("quotas", {}))
    others = {name: value for name, value in table.items() if name != "quotas"}
    return others | {f"quotas.{name}": value for name, value in quotas.items()}


def require_same_world(log: str, began: WorldCreated, wanted: Mapping[str, Any]) -> None:
    """What is asked of a world is what it began with.

    Args:
        log: its name, for the message.
        began: the first event of the log.
        wanted: what is asked for, by name: ``seed``, and as of ``by_name``.

    Raises:
        ValueError: something differs; with both values.
    """
    kept = {"seed": began.seed} | by_name(began.settings)
    for name, value in wanted.items():
        if value != kept[name]:
            raise ValueError(
                f"{log}: this world began with {name} {_written(kept[name])}, it cannot go on with {_written(value)}"
            )


def _written(value: Any) -> str:
    """A value as people write it; None is what AWS does by itself."""
    if value is None:
        return "as AWS has it"
    return str(value).lower() if isinstance(value, bool) else str(value)
