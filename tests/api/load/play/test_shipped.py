"""The scenarios of the repository: their numbers against those computed by hand from AWS's limits, their thresholds."""

import re
from collections import Counter
from collections.abc import Callable
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import anyio
import pytest
from support.play_scenario import days, moments
from support.repository import SCENARIOS

from orgsim.api.load.play.outcome import Outcome
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import load_scenario, parse_scenario
from orgsim.engine.events import (
    AccountClosureRequested,
    AccountCreationRequested,
    AccountCreationSucceeded,
    AccountDeparted,
    AccountJoined,
    AccountMoved,
    HandshakeAccepted,
    PolicyAttached,
    ResponsibilityTransferWithdrawn,
)
from orgsim.engine.events.envelope import Envelope, decode_envelope
from orgsim.engine.log import MemoryLog
from orgsim.engine.settings import DAY
from orgsim.engine.shapes.base import moment
from orgsim.engine.shapes.timestamps import microseconds

pytestmark = pytest.mark.slow

FOLDER = SCENARIOS
FILES = sorted(FOLDER.glob("*.toml"))

Played = tuple[Outcome, list[Envelope]]


async def played(name: str, change: Callable[[str], str] = str, **parameters: Any) -> Played:
    """A shipped scenario with other parameters, and perhaps another text."""
    scenario = parse_scenario(change((FOLDER / f"{name}.toml").read_text("utf-8")), parameters)
    log = MemoryLog()
    outcome = await play_scenario(scenario, log, name=name)
    return outcome, [decode_envelope(record) for record in await log.read(0, log.head)]


def days_of_run(envelopes: list[Envelope], kind: type[Any], outcome: Outcome) -> list[float]:
    """When events of a kind happened during the run, in days after its start."""
    start = microseconds(outcome.start)
    happened = (each.time for each in envelopes if isinstance(each.event, kind))
    return [(time - start) / DAY for time in happened if time >= start]


@cache
def shipped(name: str) -> Played:
    """A shipped scenario as it is."""
    return anyio.run(played, name)


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
def test_thresholds_hold(file: Path) -> None:
    """Every scenario passes as it is shipped, in seconds, and nothing is refused but what is throttled and retried."""
    outcome, _ = shipped(file.stem)
    assert outcome.passed, [each for each in outcome.thresholds if not each.ok]
    assert len(outcome.thresholds) >= 3
    # Answers of members, an escalation, and a step that retries.
    answers = outcome.throttled.keys() & {"AcceptHandshake", "RemoveAccountFromOrganization", "CreateAccount"}
    assert sum(outcome.refused.values()) == sum(outcome.throttled[each] for each in answers)
    assert outcome.events < 200_000


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_parameters_make_a_difference(file: Path) -> None:
    """Every parameter of a shipped scenario changes what happens."""
    scenario = await load_scenario(file)
    small = {name: 100 for name, value in scenario.parameters.items() if isinstance(value, int) and value > 1}
    digests = {(await played(file.stem, **small))[0].digest}
    for name, value in scenario.parameters.items():
        other = {name: 101} if name in small else {name: float(value) / 2}
        digests.add((await played(file.stem, **(small | other)))[0].digest)
    assert len(digests) == 1 + len(scenario.parameters)


async def test_enabling_all_features() -> None:
    """The figures of the migration agree with each other."""
    outcome, _ = await played("enable-all-features", accounts=300)
    approved = outcome.handshakes["APPROVE_ALL_FEATURES"]["ACCEPTED"]
    declined = outcome.handshakes["APPROVE_ALL_FEATURES"].get("DECLINED", 0)
    removed = 300 - approved
    assert outcome.handshakes["INVITE"] == {"ACCEPTED": 300}
    assert outcome.handshakes["ENABLE_ALL_FEATURES"] == {"ACCEPTED": 1}
    assert 1 <= removed <= 30
    assert outcome.accounts == 1 + 500 + 300 - removed
    assert outcome.metrics["departed_share"] == removed / (500 + 300)
    # Founding, creations, invitations and acceptances, request, answers, removals, finalizing.
    assert outcome.commands == 1 + 500 + 2 * 300 + 1 + approved + declined + removed + 1
    assert 14 < outcome.virtual_days < 10 + 14 + 40


async def test_days_of_enabling_all_features() -> None:
    """Everybody joins on day 2 and approves on day 5, or three days behind the reminder on day 16; then it is over."""

    def fixed(text: str) -> str:
        lines = ["delay = { distribution = 'fixed', days = 2 }", "delay = { distribution = 'fixed', days = 3 }"]
        return "\n".join(lines.pop(0) if line.startswith("delay") else line for line in text.splitlines()).replace(
            "after_reminder = 0.005", "after_reminder = 0.1"
        )

    outcome, _ = await played("enable-all-features", fixed, accounts=200, accept=0.8)
    migration = outcome.distributions["migration_days"]
    assert (migration.statistic("min"), migration.statistic("max")) == (3, 17)
    assert outcome.figure("joining_days.max") == 2
    assert outcome.figure("finalize_days") == 17
    assert outcome.virtual_days == 19


async def test_enabling_all_features_for_nobody() -> None:
    """With nobody invited the migration is ready at once, and finalized after the wait of the scenario."""
    outcome, _ = await played("enable-all-features", accounts=0)
    assert (outcome.feature_set, outcome.accounts, outcome.virtual_days) == ("ALL", 501, 14)
    assert outcome.handshakes == {"ENABLE_ALL_FEATURES": {"ACCEPTED": 1}}


async def test_enabling_all_features_under_aws_limits() -> None:
    """Without the lifted limit of 5,000 accounts the migration of 10,501 is refused."""
    lifted = "all_features_migration_accounts = 10_000_000"
    outcome, _ = await played("enable-all-features", lambda text: text.replace(lifted, ""))
    assert outcome.refused == {
        "ConstraintViolationException ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED": 1
    }
    assert not outcome.passed


async def test_merging_when_all_teams_move_at_once() -> None:
    """If everybody moves when invited, the buyer has all: itself, its 300, the 20; the acquired has only itself."""
    outcome, envelopes = await played("merge-organizations", accounts=20, prompt=1.0, hesitant=0.0, decline=0.0)
    assert {name: each.accounts for name, each in outcome.organizations.items()} == {
        "buyer": outcome.accounts,
        "acquired": 1,
    }
    # Who declines all features, one in two hundred, is removed.
    declined = outcome.handshakes["APPROVE_ALL_FEATURES"].get("DECLINED", 0)
    assert outcome.accounts == 1 + 300 + 20 - declined
    assert outcome.handshakes["INVITE"] == {"ACCEPTED": 20}
    # Two founders and 320 creations on day 0; nobody moves before the invitations of day 7.
    joined = days(envelopes, AccountJoined)
    assert joined[: 2 + 320] == [0] * 322
    assert 7 < min(joined[322:]) <= max(joined[322:]) <= 11 + 28


async def test_merging_when_nobody_moves() -> None:
    """If everybody declines, both times, all stay behind, and the buyer has nobody to ask for all features."""
    outcome, _ = await played("merge-organizations", accounts=20, prompt=0.0, hesitant=0.0, decline=1.0)
    assert {name: each.accounts for name, each in outcome.organizations.items()} == {"buyer": 301, "acquired": 21}
    assert outcome.handshakes["INVITE"] == {"DECLINED": 40}
    assert outcome.feature_set == "ALL"
    assert [each.ok for each in outcome.thresholds] == [False, True, True, True]


async def test_merging_those_who_ignore() -> None:
    """If everybody ignores the invitation, the first expires, the second is canceled by the migration of day 42."""
    outcome, _ = await played("merge-organizations", accounts=20, prompt=0.0, hesitant=0.0, decline=0.0)
    # Invited on day 27 it would have expired on day 42, the very moment of the migration: timers come first.
    assert outcome.handshakes["INVITE"] == {"EXPIRED": 40}
    assert outcome.organizations["acquired"].accounts == 21


async def test_merging_too_young() -> None:
    """Invited on day 0 the teams would be refused: created accounts may not leave before they are four days old."""
    outcome, _ = await played(
        *(
            "merge-organizations",
            lambda text: text.replace("at_day = 7", "").replace("over_days = 4", "per_hour = 1e6"),
        ),
        accounts=20,
        prompt=1.0,
        hesitant=0.0,
        decline=0.0,
    )
    assert outcome.refused.keys() == {"ConstraintViolationException WAIT_PERIOD_ACTIVE"} == outcome.explanations.keys()
    assert "it may leave from 20" in outcome.explanations["ConstraintViolationException WAIT_PERIOD_ACTIVE"]


async def test_vending_a_thousand_accounts() -> None:
    """The last of a thousand calls is made 9,970 seconds after the first, and the run ends with its creation."""
    outcome, envelopes = await played("vend-accounts", accounts=1_000)
    requested = moments(envelopes, AccountCreationRequested)
    # docs/aws.md 7.2: CreateAccount has a bucket of three tokens and gains one in ten seconds. The first three calls
    # are made at once, the n-th 10 (n - 3) seconds later. A creation takes less than 48 seconds: never more than five
    # run.
    assert requested == [max(0, 10 * (number - 3)) for number in range(1, 1_001)]
    assert requested[-1] == 9_970
    last = max(moments(envelopes, AccountCreationSucceeded))
    assert outcome.metrics["virtual_hours"] == pytest.approx(last / 3_600)
    assert outcome.held_back == {"CreateAccount throttling": 997}


def test_vending_five_thousand_accounts() -> None:
    """Five thousand take 49,970 seconds until the last call, 13.9 hours with its creation."""
    outcome, envelopes = shipped("vend-accounts")
    assert moments(envelopes, AccountCreationRequested)[-1] == 49_970
    hours = outcome.metrics["virtual_hours"]
    assert hours is not None
    assert 49_972 <= 3_600 * hours <= 50_018
    assert round(hours, 1) == 13.9
    assert outcome.accounts == 5_001


async def test_vending_in_a_hurry() -> None:
    """Everything at once with three attempts each: the burst gets through, all other calls are throttled."""
    outcome, _ = await played("vend-accounts", lambda text: text.replace("# retry = ", "retry = "))
    # 5,000 calls at one moment take the three tokens. The other 4,997 are tried twice more, after at most one second
    # and two more: within three seconds, and the next token is there after ten.
    assert outcome.accounts == 1 + 3
    assert outcome.commands == 1 + 5_000 + 2 * 4_997
    assert outcome.throttled == {"CreateAccount": 3 * 4_997}
    assert outcome.figure("throttled_share") == 14_991 / 14_995
    assert not outcome.passed


async def test_closing_six_hundred_accounts() -> None:
    """Closing 600 of 601 accounts takes three windows: 250 in each, the next one thirty days after the first."""
    outcome, envelopes = await played("close-accounts", accounts=600, kept=0)
    requested = days(envelopes, AccountClosureRequested)
    # docs/aws.md 4.4: a fifth of 601 is less than 250, so 250 are allowed in thirty days; and closed accounts stay
    # members for ninety. The 251st call is made exactly thirty days after the first, the 501st thirty days after that.
    assert (requested[0], requested[250], requested[500]) == (1, 31, 61)
    first, second, third = requested[:250], requested[250:500], requested[500:]
    assert len(third) == 100
    # docs/aws.md 7.2: one call in twenty seconds. docs/aws.md 7.1: three at a time, each at most eleven minutes. So a
    # window of 250 takes between 249 times twenty seconds and a third of 250 times eleven minutes, rounded up.
    for window in (first, second):
        assert 249 * 20 <= (window[-1] - window[0]) * 86_400 <= 84 * 660
    assert (requested[1] - requested[0]) * 86_400 == pytest.approx(20)
    # Each call waits at least until the one of 250 before is thirty days old.
    assert all(later - earlier >= 30 - 1e-9 for earlier, later in zip(requested, requested[250:], strict=False))
    assert 61 < outcome.virtual_days < 61.6
    assert outcome.figure("closed") == 600
    assert outcome.accounts == 601


def test_closing_in_a_larger_organization() -> None:
    """A fifth of 2,501 accounts, 500, may be closed in thirty days: a thousand in two windows."""
    outcome, envelopes = shipped("close-accounts")
    requested = days(envelopes, AccountClosureRequested)
    assert (requested[0], requested[500]) == (1, 31)
    assert requested[499] < 2.3
    assert outcome.figure("closed") == outcome.organizations["acme"].closed == 1_000
    assert 31 < outcome.virtual_days < 32.3


async def test_closing_a_few() -> None:
    """Within the quota only the rate and the three at a time hold: ten closures take minutes, not months."""
    outcome, envelopes = await played("close-accounts", accounts=10, kept=0)
    requested = moments(envelopes, AccountClosureRequested)
    assert 9 * 20 <= requested[-1] - requested[0] <= 3 * 660
    assert "CloseAccount CLOSE_ACCOUNT_QUOTA_EXCEEDED" not in outcome.held_back


async def test_redesigning_with_ten_accounts() -> None:
    """Ten accounts move in three and a half seconds, the first three at once, after a second for the tree."""
    outcome, envelopes = await played("redesign-ous", prod=3, dev=7)
    day = 86_400
    moved = [moment - day for moment in moments(envelopes, AccountMoved) if moment >= day]
    # docs/aws.md 7.2. Three OUs: a bucket of two and one a second, so the third comes after a second. The policy and
    # its attachment take a token each of their own. Moves: three at once, then two a second.
    assert moved == [1, 1, 1, 1.5, 2, 2.5, 3, 3.5, 4, 4.5]
    assert outcome.virtual_days == pytest.approx((day + 1 + (10 - 3) / 2) / day, abs=0.001)
    assert outcome.metrics["virtual_days"] == pytest.approx((1 + (10 - 3) / 2) / day, rel=1e-12)
    assert [(each.path, each.moved, each.policies) for each in outcome.units] == [
        ("Workloads/Production", 3, ("NoLeaving",)),
        ("Workloads/Development", 7, ()),
    ]
    # Without a refusal: the old OU was empty when it was deleted.
    assert outcome.refused == {}


def test_redesigning_with_a_thousand_accounts() -> None:
    """A thousand accounts move in 498.5 seconds, and the guardrail is there before the first of them."""
    outcome, envelopes = shipped("redesign-ous")
    moved = [moment - 86_400 for moment in moments(envelopes, AccountMoved) if moment >= 86_400]
    assert (len(moved), moved[0], moved[-1]) == (1_000, 1, 1 + (1_000 - 3) / 2)
    attached, unit = next(
        (each.position, each.event.target)
        for each in envelopes
        if isinstance(each.event, PolicyAttached) and each.time > envelopes[0].time
    )
    assert attached < min(
        each.position for each in envelopes if isinstance(each.event, AccountMoved) and each.event.destination == unit
    )
    into = Counter(each.event.destination for each in envelopes if isinstance(each.event, AccountMoved))
    assert sorted(into.values()) == [300, 700, 1_000]
    assert into[unit] == 300
    assert outcome.accounts == 1_001


def waves_with(first_mail: float, silent: float, follow: str) -> Callable[[str], str]:
    """The migration in waves without AWS's rates, where all answers take a day, with these shares of the silent."""

    def changed(text: str) -> str:
        text = re.sub(r"^delay = .*", "delay = { distribution = 'fixed', days = 1 }", text, flags=re.MULTILINE)
        text = re.sub(r"after_reminder = 0\.\d+", f"after_reminder = {first_mail}", text)
        text = text.replace("reminded_accept = [0.5, 0.5]", f"reminded_accept = {follow}")
        return text.replace('throttle = "aws"', "").replace("silent = 0.08", f"silent = {silent}")

    return changed


async def test_waves_of_the_prompt() -> None:
    """Forty who answer in a day: a wave begins when nine of ten of the one before have joined, and day 16.5 ends it."""
    outcome, envelopes = await played("migrate-in-waves", waves_with(0.0, 0.0, "0"), accounts=40)
    # Four in two days: all of them have joined on day 1.5 + 1. Twelve in four days: eleven have on day 2.5 + 10/3 + 1.
    # Twenty-four in eight days: the last is invited on day 6.83 + 23/3, and answers the day after.
    second, third = 2.5, 2.5 + 10 / 3 + 1
    assert [each.began_days for each in outcome.steps if each.action == "invite"] == pytest.approx([0, second, third])
    invited = [
        *(number / 2 for number in range(4)),
        *(second + number / 3 for number in range(12)),
        *(third + number / 3 for number in range(24)),
    ]
    # All members were invited before the run too, by Initech.
    assert days_of_run(envelopes, AccountJoined, outcome) == pytest.approx([day + 1 for day in invited])
    assert outcome.virtual_days == pytest.approx(third + 23 / 3 + 1 + 1)
    assert (outcome.accounts, outcome.figure("ours.departed_share")) == (1 + 300 + 40, 0)
    assert outcome.passed


async def test_waves_of_the_silent() -> None:
    """Whoever does not approve is removed on the twenty-first day, and the migration is finalized without them."""
    outcome, envelopes = await played("migrate-in-waves", waves_with(0.0, 1.0, "[0.0, 0.0]"), accounts=40)
    removed = days_of_run(envelopes, AccountDeparted, outcome)[-40:]
    assert removed == pytest.approx([2.5 + 10 / 3 + 1 + 23 / 3 + 1 + 21] * 40)
    assert (outcome.accounts, outcome.feature_set) == (301, "ALL")
    deadlines = [each for each in outcome.follow_ups if each.kind == "deadline"]
    assert [(each.reached, each.followed) for each in deadlines] == [(4, 4), (12, 12), (24, 24)]
    assert not outcome.passed


async def test_waves_of_those_who_ignore_mail() -> None:
    """If nobody joins, each wave is given up after fourteen days; the plan fails, but does not hang."""
    text = waves_with(1.0, 0.0, "0")
    outcome, _ = await played(
        "migrate-in-waves", lambda shipped: text(shipped).replace("[0.7, 0.8]", "[0.0, 0.0]"), accounts=40
    )
    began = [each.began_days for each in outcome.steps if each.action == "invite"]
    # The last of four is invited on day 1.5, the last of twelve 11/3 days after the wave began.
    assert began == pytest.approx([0, 15.5, 15.5 + 11 / 3 + 14])
    assert sum("waited 14 days for" in warning for warning in outcome.warnings) == 2
    assert (outcome.figure("joined_share"), outcome.accounts) == (0, 301)


def three_days(text: str) -> str:
    """The change of the payer, where the offer is accepted three days after it was made."""
    text = re.sub(r"^delay = .*", "delay = { distribution = 'fixed', days = 3 }", text, flags=re.MULTILINE)
    return text.replace("after_reminder = 0.4", "after_reminder = 0.0")


async def test_leaving_a_reseller() -> None:
    """Notice on day 57, and the partner's offer is accepted on day 60: one payer until April, the other from May on."""
    outcome, envelopes = await played("leave-reseller", three_days)
    accepted = days_of_run(envelopes, HandshakeAccepted, outcome)[-2:]
    (withdrawn,) = [each.event for each in envelopes if isinstance(each.event, ResponsibilityTransferWithdrawn)]
    assert accepted == [3, 60]
    # Thirty days' notice on 3 March: March ends too early, the next month that AWS allows is April.
    assert moment(withdrawn.ends_at) == datetime(2026, 4, 30, 23, 59, 59, 999_000, tzinfo=UTC)
    # Measured from day 50 on: the reseller's transfer is how it has been so far.
    assert (outcome.figure("transfer_days.count"), outcome.figure("partner.transfer_days.max")) == (1, 3)
    assert (outcome.figure("reseller.transfer_days.count"), outcome.virtual_days) == (0, 60)
    assert outcome.passed


async def test_leaving_a_reseller_without_notice() -> None:
    """Without notice the partner's offer cannot be accepted: an organization has one payer."""
    outcome, _ = await played(
        "leave-reseller",
        lambda text: (
            three_days(text)
            .replace("TerminateResponsibilityTransfer", "ListRoots")
            .replace('with = { Id = "{transfer}", EndTimestamp = 2026-04-30T23:59:59Z }', "")
        ),
    )
    assert set(outcome.refused) == {"ConstraintViolationException RESPONSIBILITY_TRANSFER_MAX_OUTBOUND_QUOTA_VIOLATION"}
    assert [each.ok for each in outcome.thresholds] == [False, False, False]


async def test_leaving_a_reseller_with_a_longer_notice() -> None:
    """Sixty days before the end of April is 1 March: notice on the third is refused, and nobody else pays."""
    outcome, _ = await played("leave-reseller", three_days, notice=60)
    assert "InvalidInputException INVALID_END_DATE" in outcome.refused
    assert not outcome.passed


async def test_an_offer_that_nobody_takes_up() -> None:
    """If the offers are ignored, reminders reach the management account in vain, and no bill moves."""
    outcome, _ = await played(
        "leave-reseller",
        lambda text: (
            three_days(text)
            .replace("after_reminder = 0.0", "accept = 0.0\nafter_reminder = 0.0")
            .replace('action = "ListOutboundResponsibilityTransfers"', 'action = "ListRoots"')
            .replace('with = { Type = "BILLING" }\nsave = { transfer = "ResponsibilityTransfers.0.Id" }', "")
            .replace('action = "TerminateResponsibilityTransfer"', 'action = "ListRoots"')
            .replace('with = { Id = "{transfer}", EndTimestamp = 2026-04-30T23:59:59Z }', "")
            .replace("[thresholds]", '[[steps]]\naction = "wait"\ndays = 60\n[thresholds]')
        ),
    )
    # Figures count from measure_from on: the partner's offer, not that of the reseller, which came before.
    assert outcome.handshakes["TRANSFER_RESPONSIBILITY"] == {"EXPIRED": 1}
    assert [(each.request, each.reached, each.followed) for each in outcome.follow_ups] == [("transfer", 1, 0)] * 2
    assert not outcome.passed


async def test_accounts_on_request() -> None:
    """Without a rush and failures each account is ready when its creation ends, after twenty seconds."""

    def evenly(text: str) -> str:
        text = re.sub(r"^pace = .*", "pace = { per_hour = 300 }", text, flags=re.MULTILINE)
        first, *_, rest = text.partition("[[faults]]")
        return first.replace('"realistic"', "20") + rest[rest.index("[[steps]]") :]

    outcome, envelopes = await played("vend-on-request", evenly, accounts=50)
    # Three hundred an hour are one in twelve seconds, slower than AWS's one in ten.
    assert moments(envelopes, AccountCreationRequested) == [12 * number for number in range(50)]
    ready = outcome.distributions["ready_seconds"]
    assert (ready.statistic("min"), ready.statistic("max")) == (20, 20)
    # The organization, its OU, and three calls for each account.
    assert (outcome.commands, outcome.refused) == (2 + 3 * 50, {})
    assert Counter(type(each.event) for each in envelopes)[AccountMoved] == 50


def test_fifteen_hundred_accounts_on_request() -> None:
    """The rush is over AWS's rate for less than two hours; what failed was asked for again, and none is lost."""
    outcome, envelopes = shipped("vend-on-request")
    requested = moments(envelopes, AccountCreationRequested)
    # docs/aws.md 7.2: one call of CreateAccount in ten seconds, and three at once.
    assert all(later - earlier >= 10 - 1e-6 for earlier, later in zip(requested, requested[3:], strict=False))
    failed = sum(number for end, number in outcome.account_creations.items() if end.startswith("FAILED"))
    assert len(requested) == 1_500 + failed
    assert failed == pytest.approx(0.04 * len(requested), abs=3 * (0.04 * len(requested)) ** 0.5)
    assert (outcome.figure("ready_share"), outcome.figure("ready_seconds.count")) == (1, 1_500)
    # The last of 1,500 asks when the area under the ramp is 1,499: three hours up to 450, less than three down to 100.
    assert 5.6 < outcome.virtual_days * 24 < 8
    assert outcome.warnings == ()


@pytest.mark.parametrize("file", FILES, ids=lambda file: file.stem)
async def test_each_can_be_interrupted(file: Path) -> None:
    """Every shipped scenario that was cut off in the middle goes on to the very log of the whole run."""
    scenario = await load_scenario(file)
    small = {name: 60 for name, value in scenario.parameters.items() if isinstance(value, int) and value > 60}
    scenario, log = await load_scenario(file, small), MemoryLog()
    digest = (await play_scenario(scenario, log)).digest
    for cut in (log.head // 3, log.head - 1):
        left = MemoryLog()
        await left.append(0, (await log.read(0, log.head))[:cut])
        assert (await play_scenario(scenario, left, resume=True)).digest == digest
        assert left.head == log.head
