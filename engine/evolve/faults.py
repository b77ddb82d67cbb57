"""Events about scripted faults."""

from collections.abc import Callable
from typing import Any

from ..events import FaultCleared, FaultInjected, FaultPassedOver, FaultScripted
from ..state import State
from ..state.faults import Faults, FaultScript


def on_fault_scripted(state: State, event: FaultScripted) -> None:
    if state.faults is None:
        state.faults = Faults()
    state.faults.scripted += 1
    state.faults.scripts[event.script] = FaultScript(event)


def on_fault_cleared(state: State, event: FaultCleared) -> None:
    del _faults_of(state).scripts[event.script]


def on_fault_injected(state: State, event: FaultInjected) -> None:
    script = _faults_of(state).scripts[event.script]
    script.calls += script.counts
    script.hits += 1
    if event.fault == "fail_creation" and event.subject:
        state.creations[event.subject].failure = script.scripted.reason


def on_fault_passed_over(state: State, event: FaultPassedOver) -> None:
    _faults_of(state).scripts[event.script].calls += 1


def _faults_of(state: State) -> Faults:
    assert state.faults is not None, "there is a fault only once one was scripted"
    return state.faults


HANDLERS: dict[type[Any], Callable[[State, Any], None]] = {
    FaultScripted: on_fault_scripted,
    FaultCleared: on_fault_cleared,
    FaultInjected: on_fault_injected,
    FaultPassedOver: on_fault_passed_over,
}
