"""Scenarios whose writes meet and whose reads lag."""

from support.play_scenario import moments, population, recorded, step

from orgsim.engine.events import AccountCreationRequested

CONFLICTS, LAG = "[settings]\nwrite_conflict_seconds = 30\n", "[settings]\nread_lag_seconds = 600\n"
ALL = '[organizations.acme]\nfeature_set = "ALL"\n'
MADE = population("made", "created", 6)
CREATE = step("create_accounts", population="made")


async def test_steps_wait_for_writes_under_way() -> None:
    """Without ``retry`` each creation is sent when the one before has passed; none is refused."""
    outcome, envelopes = await recorded(CONFLICTS, MADE, CREATE)
    sent = moments(envelopes, AccountCreationRequested)
    assert sent[0] == 0
    assert sent == sorted(set(sent))
    assert sent[-1] < 5 * 30
    assert outcome.refused == {}
    assert outcome.held_back == {"CreateAccount ConcurrentModificationException": 5}


async def test_steps_retry_writes_that_meet() -> None:
    """With ``retry`` all are sent at once, most are refused, and all succeed in the end."""
    retry = {"attempts": 50, "first_seconds": 1, "most_seconds": 60}
    outcome, envelopes = await recorded(CONFLICTS, MADE, step("create_accounts", population="made", retry=retry))
    assert len(moments(envelopes, AccountCreationRequested)) == 6
    assert outcome.refused["ConcurrentModificationException"] >= 5


async def test_reading_steps_lag() -> None:
    """A step that reads right after the organization was created knows nothing of it, and ten minutes later it does."""
    ask = step("DescribeOrganization", organization="acme")
    outcome, _ = await recorded(LAG, ALL, ask, step("wait", days=1), ask)
    assert outcome.refused == {"AWSOrganizationsNotInUseException": 1}
