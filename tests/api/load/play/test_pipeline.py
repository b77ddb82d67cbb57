"""Accounts that go through calls of their own as soon as they are created: their times are computed by hand."""

from collections import Counter

import pytest
from support.play_scenario import moments, play, population, recorded, step, track
from support.scenario_keys import complaint

from orgsim.api.load import answer
from orgsim.api.load.play.outcome import FunnelStage
from orgsim.engine.events import (
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountMoved,
    FaultInjected,
    ResourceTagged,
)

UNIT = (
    step("CreateOrganizationalUnit", with_={"ParentId": "{root}", "Name": "W"})
    + "save = { w = 'OrganizationalUnit.Id' }\n"
)
MOVE = {
    "action": "MoveAccount",
    "with": {"AccountId": "{account}", "SourceParentId": "{parent}", "DestinationParentId": "{w}"},
}
TAG = {"action": "TagResource", "with": {"ResourceId": "{account}", "Tags": [{"Key": "n", "Value": "{index}"}]}}
FIVE = population("p", "created", 5)
LIMITED = 'throttle = "aws"\nlatency = 20'


async def test_each_goes_on_by_itself() -> None:
    """Five who ask a second after each other are created at AWS's rate, and moved and tagged when they are there."""
    outcome, envelopes = await recorded(
        *(LIMITED, FIVE, UNIT, step("create_accounts", population="p", pace={"per_second": 1}, then=[MOVE, TAG])),
        "[thresholds]\nready_share = '== 1'\np.ready_seconds.max = '== 36'",
    )
    # docs/aws.md 7.2: three calls of CreateAccount at once, then one in ten seconds; each creation takes twenty.
    assert moments(envelopes, AccountCreationRequested) == [0, 1, 2, 10, 20]
    there = [20, 21, 22, 30, 40]
    assert moments(envelopes, AccountCreationSucceeded) == there
    assert moments(envelopes, AccountMoved) == moments(envelopes, ResourceTagged) == there
    # The fourth asked on the third second, the fifth on the fourth.
    percentiles = outcome.distributions["ready_seconds"].percentiles
    assert (outcome.distributions["ready_seconds"].count, percentiles[0], percentiles[60]) == (5, 20, 20)
    assert (percentiles[80], percentiles[100]) == (27, 36)
    assert outcome.passed
    assert outcome.held_back == {"CreateAccount throttling": 2}
    assert (outcome.refused, outcome.warnings) == ({}, ())
    assert outcome.commands == 2 + 5 * 3


async def test_five_at_a_time() -> None:
    """Without AWS's rates seven are created five at a time; who waits for that keeps its place."""
    outcome, envelopes = await recorded(
        *("latency = 20", population("p", "created", 7), step("create_accounts", population="p", then=[])),
    )
    assert moments(envelopes, AccountCreationRequested) == [0] * 5 + [20] * 2
    assert outcome.figure("p.ready_seconds.max") == 40
    assert outcome.held_back == {"CreateAccount ACCOUNT_CREATION_RATE_LIMIT_EXCEEDED": 2}


async def test_giving_up() -> None:
    """With two attempts within a second three of five are created; the others are given up, and a warning says so."""
    outcome = await play(
        *(LIMITED, FIVE, UNIT, step("create_accounts", population="p", retry={"attempts": 2}, then=[MOVE])),
    )
    assert outcome.throttled == {"CreateAccount": 2 + 2}
    assert outcome.commands == 2 + (5 + 2) + 3
    assert (outcome.figure("ready_share"), outcome.figure("p.ready_seconds.count")) == (3 / 5, 3)
    assert outcome.warnings == ("step 2: 2 of 5 accounts did not get ready: a call or creation was given up",)
    assert outcome.vending["p"][0].lost == {"given up": 2}


async def test_backoff() -> None:
    """With enough attempts all get there, each at a moment of its own at which AWS has a token."""
    retry = {"attempts": 30, "first_seconds": 2, "most_seconds": 30}
    outcome, envelopes = await recorded(
        *(LIMITED, FIVE, UNIT, step("create_accounts", population="p", retry=retry, then=[MOVE, TAG])),
    )
    requested = moments(envelopes, AccountCreationRequested)
    assert requested[:3] == [0, 0, 0]
    assert 10 <= requested[3] <= requested[4] - 10
    ready = moments(envelopes, ResourceTagged)
    assert ready == pytest.approx([moment + 20 for moment in requested])
    assert outcome.figure("ready_seconds.max") == pytest.approx(ready[-1])
    assert outcome.figure("ready_share") == 1
    assert outcome.refused == {"TooManyRequestsException": outcome.throttled["CreateAccount"]}


FAILING = "[[faults]]\nfault = 'fail_creation'\nreason = 'INTERNAL_FAILURE'\ntimes = 2\n"


async def test_creations_that_fail() -> None:
    """A creation that failed is asked for again under another address, if that is wanted, and takes so much longer."""
    retry = {"attempts": 3, "first_seconds": 0.001}
    outcome, envelopes = await recorded(
        *("latency = 20", FAILING, population("p", "created", 3)),
        step("create_accounts", population="p", retry=retry, retry_failed=True, pace={"per_second": 1}),
    )
    requested = [each.event for each in envelopes if isinstance(each.event, AccountCreationRequested)]
    assert len({event.email for event in requested}) == len(requested) == 3 + 2
    assert sum(isinstance(each.event, FaultInjected) for each in envelopes) == 2
    assert outcome.account_creations == {"SUCCEEDED": 3, "FAILED INTERNAL_FAILURE": 2}
    assert sorted(outcome.distributions["ready_seconds"].percentiles)[::50] == pytest.approx([20, 40, 40], abs=0.01)
    assert (outcome.figure("ready_share"), outcome.accounts) == (1, 4)


async def test_creations_that_fail_for_good() -> None:
    """Otherwise, and with one attempt, an account whose creation failed is lost."""
    for keys in ({"then": []}, {"retry": {"attempts": 1}, "retry_failed": True}):
        outcome = await play(FAILING, population("p", "created", 3), step("create_accounts", population="p", **keys))
        assert (outcome.figure("ready_share"), outcome.figure("created")) == (pytest.approx(1 / 3), 1)
        assert len(outcome.warnings) == 1


async def test_a_call_that_is_refused_for_good() -> None:
    """If AWS refuses what follows, the account is there, but not ready; what comes after is not tried."""
    away = {"action": "MoveAccount", "with": MOVE["with"] | {"SourceParentId": "{w}"}}
    outcome = await play(FIVE, UNIT, step("create_accounts", population="p", then=[away, TAG]))
    assert outcome.refused == {"AccountNotFoundException": 5}
    assert (outcome.figure("created"), outcome.figure("ready_share"), outcome.accounts) == (5, 0, 6)
    assert outcome.commands == 2 + 5 + 5


async def test_faults_meet_what_follows() -> None:
    """Scripted faults meet the calls that follow; with `retry` they are made again."""
    fault = "[[faults]]\nfault = 'service_exception'\noperations = ['TagResource']\ntimes = 3\n"
    outcome = await play(fault, FIVE, step("create_accounts", population="p", retry={"attempts": 9}, then=[TAG]))
    assert (outcome.refused, outcome.figure("ready_share")) == ({"ServiceException": 3}, 1)
    outcome = await play(fault, FIVE, step("create_accounts", population="p", then=[TAG]))
    assert (outcome.refused, outcome.figure("ready_share")) == ({"ServiceException": 3}, 2 / 5)


async def test_two_pipelines() -> None:
    """Two populations have figures of their own, and all together those of the run; tags are numbered in each."""
    populations = population("p", "created", 2) + population("q", "created", 3)
    outcome, envelopes = await recorded(
        *("latency = 10", populations, step("create_accounts", population="p", then=[TAG])),
        step("create_accounts", population="q", then=[TAG], pace={"per_second": 0.1}),
    )
    assert [outcome.figure(f"{name}.ready_seconds.count") for name in "pq"] == [2, 3]
    assert outcome.figure("ready_seconds.count") == 5
    tagged = [each.event for each in envelopes if isinstance(each.event, ResourceTagged)]
    numbers = Counter(tag.value for event in tagged for tag in event.tags)
    assert numbers == {"1": 2, "2": 2, "3": 1}


async def test_measured_from_later_on() -> None:
    """From the day on from which figures count, those are measured whose turn comes then; the others were before."""
    outcome, envelopes = await recorded(
        *("measure_from = 1.5\nlatency = 86400", population("p", "created", 4)),
        step("create_accounts", population="p", pace={"per_day": 1}, then=[TAG]),
    )
    day = 86_400
    assert moments(envelopes, ResourceTagged) == [day, 2 * day, 3 * day, 4 * day]
    assert (outcome.figure("ready_seconds.count"), outcome.figure("p.ready_share")) == (2, 1)


async def test_waiting_for_a_share_that_is_ready() -> None:
    """A condition sees how many are ready so far, of those whose turn has come."""
    outcome, _ = await recorded(
        *("latency = 60", population("p", "created", 10)),
        track("vending", step("create_accounts", population="p", pace={"per_hour": 1}, then=[TAG])),
        track("watch", step("wait", until="ready_seconds.count >= 3", at_most_days=2)),
    )
    watched = next(each for each in outcome.steps if each.track == "watch")
    # The third asks at two o'clock, and is looked at on the full hour after.
    assert watched.hours == 3


async def test_without_a_pipeline_nothing_is_measured() -> None:
    """Steps that say nothing of what follows have no such figures."""
    outcome = await play(FIVE, step("create_accounts", population="p"))
    assert (outcome.figure("ready_share"), outcome.figure("ready_seconds.count")) == (None, 0)


@pytest.mark.parametrize(
    ("keys", "message"),
    [
        ({"retry_failed": True}, "step 1, retry_failed: needs retry: how often, and after which pauses"),
        (
            {"then": [TAG, {"action": "DescribeAccount"}]},
            "step 1, then[2].action: AWS has no operation 'DescribeAccount' that changes anything, did you mean",
        ),
        (
            {"then": [MOVE]},
            "step 1, then[1].with.DestinationParentId: nothing is called {w} here",
        ),
        (
            {"then": [{"action": "TagResource", "with": {"Resource": "{account}"}}]},
            "step 1, then[1].with: TagResource has no member 'Resource', did you mean `ResourceId`?",
        ),
    ],
)
def test_impossible(keys: dict[str, object], message: str) -> None:
    """Calls that there are not, and names of nothing, are refused with their place."""
    assert complaint(FIVE + step("create_accounts", population="p", **keys)).startswith(message)


async def test_the_funnel_of_accounts_that_are_created() -> None:
    """Of accounts that are created it is told how many were asked for, created, got ready and stayed, and why not."""
    fails = "[[faults]]\nfault = 'fail_creation'\nreason = 'EMAIL_ALREADY_EXISTS'\ntimes = 2\n"
    refused = "[[faults]]\nfault = 'refuse'\ncode = 'ServiceException'\noperations = ['TagResource']\ntimes = 1\n"
    tag = {"action": "TagResource", "with": {"ResourceId": "{account}", "Tags": [{"Key": "a", "Value": "b"}]}}
    outcome = await play(
        "quotas.created_account_minimum_age_days = 0",
        population("made", "created", 6),
        step("create_accounts", population="made", then=[tag]),
        step("RemoveAccountFromOrganization", for_each="made", skip=0.5, share=0.25, with_={"AccountId": "{account}"}),
        fails + refused,
    )
    assert outcome.vending["made"] == (
        FunnelStage("to be created", 6, {"failed: EMAIL_ALREADY_EXISTS": 2}),
        FunnelStage("created", 4, {"not ready": 1}),
        FunnelStage("ready", 3, {"no members any more": 1}, {"members, though not ready": 1}),
        FunnelStage("members", 3),
    )
    later = await play(
        "measure_from = 1",
        population("made", "created", 6),
        *(step("create_accounts", population="made"), step("wait", days=2)),
    )
    assert later.vending == {}


async def test_the_funnel_of_accounts_that_set_the_scene() -> None:
    """Accounts that are created before anybody is asked are told by the funnel of their organization alone."""
    created, asked = step("create_accounts", population="made"), step("invite", population="p")
    parts = (population("made", "created", 2), population("p", "invited", 1))
    assert [title for title, _ in answer.funnels(await play(*parts, created))] == ["Accounts created for made"]
    assert [title for title, _ in answer.funnels(await play(*parts, created, asked))] == ["Accounts of organization"]
