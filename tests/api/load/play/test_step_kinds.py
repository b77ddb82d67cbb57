"""Kinds of steps: each has its struct, its module and its line in the table."""

from pathlib import Path
from typing import get_args

from orgsim.api.load.play import steps
from orgsim.api.load.play.steps import KINDS
from orgsim.api.load.scenario.steps import Step


def test_every_kind_is_in_the_table() -> None:
    """The structs that a file can have as steps, the files of play/steps and the table are the same."""
    files = {path.stem for path in Path(str(steps.__file__)).parent.glob("*.py")} - {"__init__"}
    names = {kind: str(kind.__struct_config__.tag) for kind in KINDS}

    assert {*KINDS} == {*get_args(Step)}
    assert {*names.values()} == files
    assert all(vars(module)["__name__"].endswith(f".{names[kind]}") for kind, module in KINDS.items())
