"""Tables of refused calls and their explanations: what is asked, how it is refused, and why, with ids filled in."""

from collections.abc import Mapping
from typing import Any, NamedTuple

import pytest

from orgsim.engine.errors import Refused
from orgsim.projections.reads import READS
from support.given import FOUNDER
from support.projection_world import WatchedWorld


class Call(NamedTuple):
    """A call that is refused, and how; ``<name>`` stands for an id that the scene knows by that name."""

    operation: str
    members: Mapping[str, Any]
    refusal: str
    """AWS's reason, or the exception where there is none."""
    explanation: str
    account: str = FOUNDER

    @property
    def label(self) -> str:
        """The name of the test case."""
        return f"{self.operation}-{self.refusal}"


def cases(*calls: Call) -> pytest.MarkDecorator:
    """Parametrize a test by calls."""
    return pytest.mark.parametrize("call", calls, ids=[call.label for call in calls])


def why(world: WatchedWorld, operation: str, account: str, members: Mapping[str, Any]) -> tuple[str, str | None]:
    """Make a call, a read too, that is refused; returns its reason or exception, and the explanation."""
    with pytest.raises(Refused) as caught:
        (world.ask if operation in READS else world.call)(operation, account, **members)
    return caught.value.reason or caught.value.code, caught.value.explanation


def check(world: WatchedWorld, call: Call, names: Mapping[str, str]) -> None:
    """Require that a call is refused and explained as the table says."""
    refused = why(world, call.operation, call.account, _filled(call.members, names))
    assert refused == (call.refusal, _filled(call.explanation, names))


def _filled(value: Any, names: Mapping[str, str]) -> Any:
    if isinstance(value, Mapping):
        return {key: _filled(member, names) for key, member in value.items()}  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, list):
        return [_filled(item, names) for item in value]  # pyright: ignore[reportUnknownVariableType]
    if isinstance(value, str):
        for name, known in names.items():
            value = value.replace(f"<{name}>", known)
    return value
