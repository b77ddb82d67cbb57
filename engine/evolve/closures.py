"""Events about the substate ``Closures``: accounts that are closed or about to be."""

from collections.abc import Callable
from typing import Any

from ..events import AccountClosed, AccountClosureRequested, AccountDeparted, AccountReinstated
from ..settings import CLOSURE_WINDOW
from ..state import Closures


def on_requested(closures: Closures, event: AccountClosureRequested, now: int) -> None:
    while closures.recent and closures.recent[0] <= now - CLOSURE_WINDOW:
        closures.recent.popleft()
    closures.recent.append(now)
    closures.pending[event.account] = now


def on_closed(closures: Closures, event: AccountClosed, now: int) -> None:
    del closures.pending[event.account]
    closures.closed[event.account] = now


def on_account_departed(closures: Closures, event: AccountDeparted, now: int) -> None:
    closures.closed.pop(event.account, None)


def on_reinstated(closures: Closures, event: AccountReinstated, now: int) -> None:
    closures.pending.pop(event.account, None)
    closures.closed.pop(event.account, None)


HANDLERS: dict[type[Any], Callable[[Closures, Any, int], None]] = {
    AccountClosureRequested: on_requested,
    AccountClosed: on_closed,
    AccountDeparted: on_account_departed,
    AccountReinstated: on_reinstated,
}
