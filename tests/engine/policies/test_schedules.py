"""The cron expressions of backup policies, as AWS took or refused them."""

import pytest

from orgsim.engine.errors import MalformedPolicyDocumentException
from orgsim.engine.policies.schedules import cron, schedule

TAKEN = """
    0 5 ? * * *|0  5 ? * * *|0 5 ? * MON-FRI *|0 5 ? * mon *|0 5 ? * MON-FRI/2 *|0 5 ? * 7-1 *|0 5 ? NOV-FEB * *
    0 20-2 ? * * *|0,0 5 ? * * *|5-5 5 ? * * *|1/59 5 ? * * *|0 5 1 * ?|0 5 1 * ? * garbage
    0 5 L * ? *|0 5 L-3 * ? *|0 5 L-30 * ? *|0 5 L-3W * ? *|0 5 LW * ? *|0 5 15W * ? *|0 5 1W,15W * ? *|0 5 1-5W * ? *
    0 5 ? * L *|0 5 ? * 6L *|0 5 ? * MONL *|0 5 ? * MON#2 *|0 5 ? * 1#1,2 *|0 5 ? * 1,2#1 *|0 5 ? FEB SAT#5 *
    0 5 ? JAN * 2030|0 5 ? JAN * 2030-2035|0 5 ? JAN * 2030/2|0 5 1 JAN,FEB ? 2030|0 5 1 JAN ? 2030,2031
    0 5 29 FEB ? *|0 5 29 FEB ? 2028,2032|0 5,6 1 * ? *
"""
REFUSED = """
    * * * * * *|* 5 ? * * *|0/15 * ? * * *|*/60 5 ? * * *|0/60 5 ? * * *|0/59 5 ? * * *|0,30 5 ? * * *
    0 5 * * * *|0 5 ? * ? *|0 5 1 * MON *|0 5 1 *|60 5 ? * * *|0 24 ? * * *|0 5 32 * ? *|0 5 1 13 ? *|0 5 ? * MAY *
    0 5 L-31 * ? *|0 5 L,L * ? *|0 5 W * ? *|0 5 1, * ? *|0 5 1-2-3 * ? *
    0 5 ? * 0 *|0 5 ? * 8 *|0 5 ? * 0L *|0 5 ? * 1L,2L *|0 5 ? * MON#0 *|0 5 ? * MON#6 *|0 5 ? * MON#2,TUE#3 *
    0 5 ? * MON#1/2 *|0 5 ? JAN * 1969|0 5 ? JAN * 2200|0 5 ? * * 9999|0 5 ? JAN * 2035-2030
    0 5 1 JAN ? 2030|0 5 ? JAN MON#1 2030|0 5 31 FEB ? *|0 5 31W FEB ? *|0 5 29 FEB ? 2027|0 5 29 FEB ? 2028
"""
NO_CRON = ("", "bad", "rate(1 day)", "cron(0 5 ? * * *) ", "cron()", "cron(0 5 ? * * *", None, 5, ["cron(0 5 ? * * *)"])
FOR_ARCHIVES = """
    0 5 1 * ? *|0 5 1 1 ? *|0 5 1,1 * ? *|0 5,5 1 * ? *|0 5-5 1 * ? *|0 5 1 * ?|0 5 L * ? *|0 5 L-3 * ? *|0 5 LW * ? *
    0 5 15W * ? *|0 5 31W * ? *|0 5 1W,15W * ? *|0 5 L-3W * ? *|0 5 ? * MON#1 *|0 5 ? * SUN#5 *|0 5 ? FEB SAT#5 *
    0 5 ? JAN,MAR MON#1 *|0 5 ? * 1#1,2 *|0 5 ? * 1,2#1 *|0 5 1,29 JAN ? *|0 5 1,29 FEB ? *|0 5 1,30 JAN ? *
    0 5 1/28 JAN ? *|0 5 1,29 JAN,FEB ? *|0 5 1,29 JAN,MAR ? *|0 5 1,30 JAN,FEB ? *|0 5 1 JAN,FEB ? 2030
"""
TOO_OFTEN = """
    0 5 ? * * *|0 5 ? * SUN *|0 5 ? * L *|0 5 ? * 1-2L *|0 5 1-5W * ? *|0 5,6 1 * ? *|0 5 1,29 * ? *|0 5 1/28 * ? *
    0 5 1,28 FEB ? *|0 5 1,28 JAN,FEB ? *|0 5 ? JAN * 2030|0 5 1,15,31 JAN ? *
"""


def expressions(table: str) -> list[str]:
    """The expressions of a table."""
    return [f"cron({fields.strip()})" for line in table.strip().splitlines() for fields in line.split("|")]


@pytest.mark.parametrize("expression", expressions(TAKEN))
def test_well_formed(expression: str) -> None:
    """An expression that AWS takes comes out as it was written."""
    assert cron(expression) == expression


@pytest.mark.parametrize("expression", [*expressions(REFUSED), *NO_CRON])
def test_malformed(expression: object) -> None:
    """Other expressions break the grammar, come more often than hourly, or less than twice."""
    with pytest.raises(MalformedPolicyDocumentException):
        cron(expression)


@pytest.mark.parametrize("expression", expressions(FOR_ARCHIVES))
def test_rare(expression: str) -> None:
    """Backups that are 28 days apart can be archived."""
    assert schedule(expression).suits_archives


@pytest.mark.parametrize("expression", expressions(TOO_OFTEN))
def test_frequent(expression: str) -> None:
    """Others cannot."""
    assert not schedule(expression).suits_archives
