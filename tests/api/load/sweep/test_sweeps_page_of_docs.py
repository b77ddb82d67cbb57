"""docs/sweeps.md: the sweep that it shows says what stands there."""

import re
import shlex

import pytest
from support.repository import ROOT
from support.small_sweep import sweep

from orgsim.api.load.sweep.plan import SweepPlan
from orgsim.api.load.sweep.run import play
from orgsim.api.load.sweep.summary import summarize
from orgsim.api.load.sweep.table import make_table
from orgsim.api.load.sweep.verdict import sentences

pytestmark = pytest.mark.slow

PAGE = (ROOT / "docs" / "sweeps.md").read_text("utf-8")


def test_the_example() -> None:
    """The sentences on the page are those of the command above them."""
    found = re.search(r"For `orgsim sweep (.*?)`:\n\n((?:    .*\n)+)", PAGE)
    assert found
    scenario, *options = shlex.split(found[1])
    given = dict(zip(options[::2], options[1::2], strict=True))
    assert given.keys() == {"--set", "--vary", "--runs"}
    plan = SweepPlan(
        sweep((ROOT / scenario).read_text("utf-8"), [given["--vary"]], [given["--set"]], int(given["--runs"]))
    )
    said = sentences(summarize(plan, make_table(plan, map(play, plan.runs()))))
    assert list(said) == [line.strip() for line in found[2].splitlines()]
