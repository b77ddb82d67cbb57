"""What a run has shown, in words: sensible digits that never tell the wrong side of a limit, and whole sentences."""

from datetime import UTC, datetime

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from support.play_scenario import after, play, population, step

from orgsim.api.load import answer, wording
from orgsim.api.load.play.outcome import ThresholdOutcome
from orgsim.api.load.report import head
from orgsim.api.load.scenario.metrics import DISTRIBUTIONS
from orgsim.api.load.scenario.thresholds import COMPARISONS


@pytest.mark.anyio
async def test_short_runs() -> None:
    """A run of seconds says exactly how long it took, as its figure does."""
    outcome = await play(step("wait", days=0.0005))
    assert answer.times(outcome) == "It took 43.2 s."
    assert outcome.virtual_days == outcome.metrics["virtual_days"]


@pytest.mark.parametrize(
    ("name", "value", "said"),
    [
        ("virtual_days", 65.3754, "65.4 days"),
        ("virtual_days", 1.0, "1 day"),
        ("virtual_days", 143.26, "143 days"),
        ("migration_days.p95", 0.00712, "0.00712 days"),
        ("migration_days.count", 2_739.0, "2,739"),
        ("held_back_seconds.max", 12.5, "12.5 seconds"),
        ("held_back_seconds.max", 2_486_910.0, "2,486,910 seconds (28.8 days)"),
        ("closing_seconds.max", 660.0, "660 seconds (11.0 min)"),
        ("closing_seconds.count", 660.0, "660"),
        ("virtual_hours", 0.139, "0.139 hours (8.3 min)"),
        ("virtual_hours", 24.1, "24.1 hours"),
        ("joined_share", 0.9325, "93.2 %"),
        ("joined_share", 0.99996, ">99.9 %"),
        ("ours.all_features_share", 1.0, "100 %"),
        ("members", 3_485.0, "3,485"),
        ("finalize_days", None, "no value"),
    ],
)
def test_figures_have_sensible_digits(name: str, value: float | None, said: str) -> None:
    """A figure is told with its unit in as many digits as people read, a share in percent."""
    assert wording.figure(name, value) == said


@pytest.mark.parametrize(
    ("threshold", "value", "said"),
    [
        ("virtual_days < 67", 65.3754, "65.4 days"),
        ("virtual_days < 60", 65.3754, "65.4 days, 5.4 days over"),
        ("virtual_days < 60", 60.0, "60 days"),
        ("virtual_days < 60", 60.0004, "60.0 days, 0.0004 days over"),
        ("virtual_days < 60", 59.9996, "59.9996 days"),
        ("joined_share >= 0.9", 0.879, "87.9 %, 2.1 points short"),
        ("joined_share >= 0.9", 0.8999, "89.99 %, 0.01 points short"),
        ("members > 500", 139.0, "139, 361 short"),
        ("refused_share == 0", 0.25, "25 %"),
        ("closing_seconds.max < 60", None, "no value"),
        ("creation_failed_share == 0", None, "no value: no account creation has ended"),
        ("tracks.a.2.refused_share <= 0.1", None, "no value: no call was made"),
    ],
)
def test_what_was_found(threshold: str, value: float | None, said: str) -> None:
    """What was found is told so that it can be seen on which side of the limit it is, and by how much it misses."""
    name, comparison, limit = threshold.rsplit(" ", 2)
    ok = value is not None and COMPARISONS[comparison](value, float(limit))
    assert answer.found(ThresholdOutcome(threshold, value, ok)) == said
    assert name


def test_every_time_has_a_title() -> None:
    """Every figure that has many values has a title for people."""
    assert set(wording.TITLES) == set(DISTRIBUTIONS)


@given(
    st.sampled_from(["virtual_days", "joined_share", "members"]),
    st.sampled_from(list(COMPARISONS)),
    st.floats(0, 1).map(lambda value: round(value, 9)),
    (st.floats(0, 1e6) | st.floats(0, 1)).map(lambda limit: round(limit, 9)),
)
def test_no_rounding_crosses_a_limit(name: str, comparison: str, value: float, limit: float) -> None:
    """Whatever is rounded is on the same side of the limit as the value itself."""
    holds = COMPARISONS[comparison]
    said = wording.figure(name, value, lambda rounded: holds(rounded, limit)).split(" ")[0]
    if said[0] in "<>":
        return
    shown = float(said.replace(",", "")) / (100 if name == "joined_share" else 1)
    assert holds(round(shown, 15), limit) == holds(value, limit) or holds(shown, limit) == holds(value, limit)


def threshold(kind: str) -> ThresholdOutcome:
    """A threshold that passed, failed or warned."""
    return ThresholdOutcome("members > 1", 1.0, kind == "passed", "warn" if kind == "warned" else "fail")


@pytest.mark.parametrize(
    ("kinds", "said"),
    [
        ("", "Passed: there are no thresholds."),
        ("passed", "Passed: the threshold held."),
        ("passed passed", "Passed: both thresholds held."),
        ("passed passed passed", "Passed: all 3 thresholds held."),
        ("passed warned", "Passed: 1 of 2 thresholds held, and 1 warning."),
        ("warned", "Passed, with 1 warning."),
        ("failed", "Failed: the threshold does not hold."),
        ("failed passed passed", "Failed: 1 of 3 thresholds did not hold."),
        ("failed warned warned", "Failed: 1 of 3 thresholds did not hold, and 2 warnings."),
    ],
)
async def test_verdict(kinds: str, said: str) -> None:
    """The verdict is one sentence, whatever the thresholds."""
    outcome = await play(step("wait", days=1))
    limits = tuple(map(threshold, kinds.split()))
    assert answer.verdict(msgspec.structs.replace(outcome, thresholds=limits)) == said


@pytest.mark.parametrize(
    ("start", "days", "said"),
    [
        ("", 3, "It took 3.0 days."),
        ("start = 2026-03-02T08:00:00Z\n", 49, "It took 49.0 days, from 2 March to 20 April 2026."),
        ("start = 2026-12-31T08:00:00Z\n", 2, "It took 2.0 days, from 31 December 2026 to 2 January 2027."),
        ("start = 2026-03-02T08:00:00Z\n", 0.25, "It took 6.0 h, on 2 March 2026."),
    ],
)
async def test_dates(start: str, days: float, said: str) -> None:
    """A run whose scenario says when it starts is told in dates, any other in days."""
    assert answer.times(await play(start, step("wait", days=days))) == said


async def test_days_of_steps() -> None:
    """A moment is a date where the scenario has a start, and otherwise a day."""
    outcome = await play(step("wait", days=1))
    assert wording.day(outcome, 14.04) == "day 14 00:58"
    dated = msgspec.structs.replace(outcome, dated=True, start=datetime(2026, 3, 2, 8, tzinfo=UTC))
    assert wording.day(dated, 14.5) == "Mon 16 Mar 20:00"


@pytest.mark.parametrize(
    ("name", "said"),
    [
        ("virtual_days", "how long the run took in its own time"),
        ("ours.joined", "ours: accounts that joined by invitation"),
        ("ours.all_features_share", "ours: whether it has all features"),
        (
            "migration_days.p95",
            "95 % of the times from the request for all features to a member's approval were at most so long",
        ),
        ("ours.joining_days.max", "ours: longest of the times from an invitation to its acceptance"),
        ("tracks.web.virtual_days", "tracks.web: how long it took in the time of the run"),
        ("nothing", ""),
    ],
)
def test_meaning(name: str, said: str) -> None:
    """Every figure has a meaning in words, with whose it is and which of its values."""
    assert answer.meaning(name) == said


async def test_figures_of_organizations_in_a_merger() -> None:
    """In a merger each organization has its own figures, and none is the mean of both."""
    outcome = await play(
        "[organizations.ours]\nmanagement_account = '111111111111'\n",
        "[organizations.theirs]\nmanagement_account = '222222222222'\naccounts = 4\n",
        "[populations.owners]\norigin = 'member'\nof = 'theirs'\ninvitation.accept = 0.75\n",
        "migration.delay = { distribution = 'fixed', days = 2 }\n",
        step("invite", organization="ours", population="owners"),
        step("wait_for_answers"),
        step("enable_all_features", organization="ours"),
        step("wait_for_answers"),
        step("finalize", organization="ours"),
    )
    found = {name: msgspec.structs.astuple(each) for name, each in answer.organizations(outcome).items()}
    joined = outcome.funnels["ours"][1].accounts
    assert found == {
        "ours": ("all features", str(1 + joined), "", f"{joined * 25} %", "100 %", "", "", "2.0 days"),
        "theirs": ("consolidated billing", str(5 - joined), "", "", "", str(joined), "", ""),
    }


async def test_throttled_calls_are_not_refused_too() -> None:
    """What was throttled is told by operation, and is not among the refused calls beside it."""
    outcome = await play(
        "throttle = 'aws'\n[quotas]\naccounts = 12\n",
        population("many", "invited", 40, invitation={"delay": after(1)}),
        step("invite", population="many", retry={"attempts": 2}),
        step("wait_for_answers"),
    )
    assert outcome.throttled
    assert set(answer.refused_besides(outcome)) == set(outcome.refused) - {answer.THROTTLED}
    assert sum(answer.refused_besides(outcome).values()) == sum(outcome.refused.values()) - sum(
        outcome.throttled.values()
    )


async def test_waits_for_a_day_have_a_row_and_answers_a_column() -> None:
    """A gap between two steps is a row that says until when; calls by which accounts answer are told apart."""
    outcome = await play(
        population("p", "invited", 3, invitation={"delay": after(1)}),
        step("invite", population="p"),
        step("wait_for_answers"),
        step("wait", days=0, at_day=2.5),
    )
    assert [(row.number, row.what, row.numbers) for row in wording.step_rows(outcome)] == [
        ("1", "invite", ("day 0 00:00", "0 s", "3", "0")),
        ("2", "wait_for_answers", ("day 0 00:00", "24.0 h", "3", "3")),
        ("", "waits until day 2 12:00", ("day 1 00:00", "36.0 h", "", "")),
        ("3", "wait", ("day 2 12:00", "0 s", "0", "0")),
    ]
    assert wording.step_columns(outcome) == ["incl. answers"]


async def test_two_lengths_of_a_run_are_explained() -> None:
    """A run that is measured from a later day says how long it took, and of which part of that its figures are."""
    outcome = await play("measure_from = 5", step("wait", days=8))
    assert answer.times(outcome) == "It took 8.0 days; figures are of the last 3.0 days, from day 5 00:00 on."
    assert "<b>3.0 days</b><span>from day 5 00:00 to the end</span>" in head.tiles(outcome)


async def test_what_became_of_moves_and_closures() -> None:
    """Accounts that were moved are told by the OU and its policies, closed ones beside the members."""
    content = '{"Version":"2012-10-17","Statement":[{"Effect":"Deny","Action":"s3:*","Resource":"*"}]}'
    outcome = await play(
        "organizations.ours = { accounts = 8, feature_set = 'ALL', created = 1.0 }",
        'populations.some = { of = "ours", count = 2 }',
        step("EnablePolicyType", with_={"RootId": "{root}", "PolicyType": "SERVICE_CONTROL_POLICY"}),
        step(
            "CreateOrganizationalUnit",
            with_={"ParentId": "{root}", "Name": "Gone"},
            save={"gone": "OrganizationalUnit.Id"},
        ),
        step(
            "CreatePolicy",
            with_={"Name": "No", "Description": "d", "Type": "SERVICE_CONTROL_POLICY", "Content": content},
            save={"no": "Policy.PolicySummary.Id"},
        ),
        step("AttachPolicy", with_={"PolicyId": "{no}", "TargetId": "{gone}"}),
        step(
            "MoveAccount",
            for_each="some",
            with_={"AccountId": "{account}", "SourceParentId": "{parent}", "DestinationParentId": "{gone}"},
        ),
        step("close_accounts", population="some"),
    )
    assert list(answer.moves(outcome)) == ["2 accounts of ours moved to Gone, under No"]
    assert answer.organizations(outcome)["ours"].closed == "2"
