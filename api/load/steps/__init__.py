"""The kinds of steps, one module each, and their table.

A module says how its step is played, and what a plan foresees of it. A new kind of step is a struct in
``scenario/steps.py``, which says what a file may have and which operation the step calls; a new file here; and a line
in the table.
"""

from collections.abc import Awaitable
from typing import Any, Protocol

from ..plan.foresight import Foresight
from ..play.context import StepContext
from ..scenario import steps
from . import (
    call,
    close_accounts,
    create_accounts,
    enable_all_features,
    finalize,
    invite,
    remind,
    remove_declined,
    wait,
    wait_for_answers,
)


class Kind(Protocol):
    """The interface of a module in ``steps/``."""

    def play(self, step: Any, context: StepContext, /) -> Awaitable[None]:
        """Play the step."""
        ...

    def foresee(self, step: Any, foresight: Foresight, /) -> float:
        """Count the calls that the step will make or bring about; returns the hours that it takes at least."""
        ...


KINDS: dict[type[steps.Step], Kind] = {
    steps.Call: call,
    steps.CloseAccounts: close_accounts,
    steps.CreateAccounts: create_accounts,
    steps.EnableAllFeatures: enable_all_features,
    steps.Finalize: finalize,
    steps.Invite: invite,
    steps.Remind: remind,
    steps.RemoveDeclined: remove_declined,
    steps.Wait: wait,
    steps.WaitForAnswers: wait_for_answers,
}
