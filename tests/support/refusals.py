"""Count the calls of a run, and those of them that are refused, by operation."""

from collections import Counter
from collections.abc import Callable

import pytest

from orgsim.api.load.play.call_counter import CallCounter
from orgsim.engine.errors import Refused


def count_refusals(monkeypatch: pytest.MonkeyPatch) -> tuple[Counter[str], Counter[str]]:
    """Return what will count the calls, and the refused ones, by operation, of runs from now on in the test."""
    made, refused = Counter[str](), Counter[str]()
    count_refusal = CallCounter.count_refusal

    def counting(count: Callable[[CallCounter, str], None]) -> Callable[[CallCounter, str], None]:
        def call(self: CallCounter, operation: str) -> None:
            made[operation] += 1
            count(self, operation)

        return call

    def refusal(self: CallCounter, operation: str, error: Refused, about: tuple[str, str] | None = None) -> None:
        refused[operation] += 1
        count_refusal(self, operation, error, about)

    monkeypatch.setattr(CallCounter, "count_call", counting(CallCounter.count_call))
    monkeypatch.setattr(CallCounter, "count_answer", counting(CallCounter.count_answer))
    monkeypatch.setattr(CallCounter, "count_refusal", refusal)
    return made, refused
