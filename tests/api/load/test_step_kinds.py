"""Kinds of steps: each has its struct, its module and its line in the table."""

from collections import Counter
from pathlib import Path
from typing import get_args

from support.every_step import LIMITED
from support.play_scenario import play

from orgsim.api.load import steps
from orgsim.api.load.scenario.populations import ANSWERS
from orgsim.api.load.scenario.steps import Step
from orgsim.api.load.steps import KINDS


def test_every_kind_is_in_the_table() -> None:
    """The structs that a file can have as steps, the files of load/steps and the table are the same."""
    files = {path.stem for path in Path(str(steps.__file__)).parent.glob("*.py")} - {"__init__"}
    names = {kind: str(kind.__struct_config__.tag) for kind in KINDS}

    assert {*KINDS} == {*get_args(Step)}
    assert {*names.values()} == files
    assert all(vars(module)["__name__"].endswith(f".{names[kind]}") for kind, module in KINDS.items())


async def test_every_kind_names_the_operation_that_it_calls() -> None:
    """The calls of each operation in a run are those of the steps that name it, but answers and the founding."""
    outcome = await play(LIMITED)
    named = Counter[str]()
    for each in outcome.steps:
        named[each.operation] += each.commands - each.answers

    calls = {operation: sum(numbers) for operation, numbers in outcome.timeline.calls.items()}
    others = {*ANSWERS, "CreateOrganization"}
    assert {name: number for name, number in calls.items() if name not in others} == {
        name: number for name, number in named.items() if number and name not in others
    }
    assert named["AcceptHandshake"] == 2
    assert named[""] == 0
