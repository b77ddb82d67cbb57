"""docs/coming-from-moto.md names operations that there are."""

import re

from support.repository import ROOT

from orgsim.engine.operations import OPERATIONS
from orgsim.projections.reads import READS

PAGE = (ROOT / "docs" / "coming-from-moto.md").read_text("utf-8")


def test_the_table_of_calls_is_right() -> None:
    """It lists as many operations as the text says, each once, all of AWS's."""
    heading = "## Calls that moto does not answer"
    section = PAGE.split(heading)[1].split("\n## ")[0]
    counted = re.search(r"(\d+) of the (\d+) operations", section)
    rows = re.findall(r"^\| [^|]+ \| ([^|]+) \|$", section, flags=re.MULTILINE)
    named = [name for row in rows for name in row.split(", ")]

    assert counted is not None
    assert (len(named), len(OPERATIONS) + len(READS)) == (int(counted[1]), int(counted[2]))
    assert len(set(named)) == len(named)
    assert set(named) <= {*OPERATIONS, *READS}
