"""The funnel of accounts: how many were asked, joined, approved, and why others did not; counts always add up."""

from itertools import pairwise
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st
from support.play_scenario import after, play, population, recorded, step, uniform

from orgsim.api.load.answer import funnel_lines
from orgsim.api.load.play.outcome import FunnelStage, Outcome
from orgsim.engine.events import HandshakeAccepted, HandshakeRequested
from orgsim.engine.events.envelope import Envelope
from orgsim.engine.words import Action

REFUSED = "ConstraintViolationException WAIT_PERIOD_ACTIVE"
FULL = "HandshakeConstraintViolationException ACCOUNT_NUMBER_LIMIT_EXCEEDED"

THIRTY = (
    "[quotas]\naccounts = 29\ninvitations_per_day = 1000\n",
    "[organizations.ours]\nmanagement_account = '111111111111'\n",
    "[organizations.theirs]\nmanagement_account = '222222222222'\n",
    population("yes", "invited", 10, invitation={"delay": after(1)}, migration={"delay": after(3)}),
    population("deaf", "invited", 4, invitation={"accept": 0}),
    population("shy", "invited", 3, invitation={"decline": 1}),
    population("bound", "created", 2, invitation={"delay": after(1)}),
    population("no", "invited", 3, invitation={"delay": after(1)}, migration={"decline": 1, "delay": after(2)}),
    population("gone", "invited", 2, invitation={"delay": after(1)}, migration={"leave": 1, "delay": after(2)}),
    population("mute", "invited", 2, invitation={"delay": after(1)}, migration={"accept": 0}),
    population("late", "invited", 2, invitation={"delay": after(30)}),
    population("surplus", "invited", 2),
    population("made", "created", 1),
    step("create_accounts", organization="theirs", population="bound"),
    *(
        step("invite", organization="ours", population=name)
        for name in ("yes", "deaf", "shy", "bound", "no", "gone", "mute", "late", "surplus")
    ),
    step("wait", days=16),
    step("create_accounts", organization="ours", population="made"),
    step("invite", organization="ours", population="late"),
    step("enable_all_features", organization="ours"),
    step("wait_for_answers"),
    step("remove_declined", organization="ours", silent=True),
    step("finalize", organization="ours"),
    step(
        "RemoveAccountFromOrganization",
        organization="ours",
        for_each="yes",
        share=0.1,
        with_={"AccountId": "{account}"},
    ),
)


def lines(outcome: Outcome, organization: str) -> list[tuple[str, int, dict[str, int], dict[str, int]]]:
    """The funnel of an organization as plain rows."""
    return [(each.name, each.accounts, each.lost, each.added) for each in outcome.funnels[organization]]


async def test_thirty_accounts_by_hand() -> None:
    """Of thirty accounts each is where its population says, and so are the reasons."""
    outcome = await play(*THIRTY)
    assert lines(outcome, "ours") == [
        ("to be asked", 30, {f"not asked: {FULL}": 2}, {}),
        (
            "asked to join",
            28,
            {"never answered": 4, "declined": 3, "canceled by EnableAllFeatures": 2, f"refused: {REFUSED}": 2},
            {},
        ),
        ("joined", 17, {}, {}),
        ("asked to approve", 17, {"declined": 3, "left instead": 2, "removed, unanswered": 2}, {}),
        ("approved", 10, {"removed": 1}, {"created by the organization": 1, "the management account": 1}),
        ("members", 11, {}, {}),
    ]
    assert list(outcome.funnels) == ["ours"]


async def test_reasons_in_words() -> None:
    """Each line of a funnel in words has the number that its stage has, and a reason that reads by itself."""
    outcome = await play(*THIRTY)
    assert list(funnel_lines(outcome.funnels["ours"][1:2])) == [
        ("", 28, "asked to join"),
        ("−", 4, "never answered"),
        ("−", 3, "declined"),
        ("−", 2, "had not answered when EnableAllFeatures canceled the request"),
        ("−", 2, f"refused: {REFUSED}"),
    ]


def _uncounted(outcome: Outcome) -> list[tuple[str, FunnelStage, FunnelStage]]:
    """The stages of all funnels that do not add up to the next one."""
    return [
        (name, stage, following)
        for name, stages in outcome.funnels.items()
        for stage, following in pairwise(stages)
        if stage.accounts - sum(stage.lost.values()) + sum(stage.added.values()) != following.accounts
    ]


SHARES = st.sampled_from([0.0, 0.2, 0.5, 1.0])
DELAYS = st.sampled_from([after(0), after(1), after(20), uniform(0.1, 30)])


@st.composite
def _behaviours(draw: st.DrawFn) -> dict[str, Any]:
    accept, decline, reminded = draw(SHARES), draw(SHARES), draw(SHARES)
    total = max(1.0, accept + decline + reminded)
    shares = {"accept": accept / total, "decline": decline / total, "after_reminder": reminded / total}
    return {name: round(share, 3) - (0.001 if share else 0) for name, share in shares.items()} | {"delay": draw(DELAYS)}


STEPS = (
    *(step("invite", organization=ours, population=name) for ours in ("a", "b") for name in ("left", "right")),
    step("create_accounts", organization="a", population="made"),
    step("create_accounts", organization="b", population="made"),
    step("wait", days=6),
    step("wait", days=40),
    step("remind", accept=0.5),
    step("wait_for_answers"),
    *(
        step(action, organization=name, **keys)
        for name in ("a", "b")
        for action, keys in (
            ("enable_all_features", {}),
            ("remove_declined", {"silent": True}),
            ("finalize", {}),
        )
    ),
    step("LeaveOrganization", organization="a", for_each="left", share=0.5, caller="account"),
    step("CloseAccount", organization="a", for_each="right", share=0.5, with_={"AccountId": "{account}"}),
    step("RemoveAccountFromOrganization", organization="b", for_each="left", with_={"AccountId": "{account}"}),
    step(
        "InviteAccountToOrganization",
        organization="b",
        for_each="made",
        with_={"Target": {"Type": "ACCOUNT", "Id": "{account}"}},
    ),
    step(
        "InviteAccountToOrganization",
        organization="a",
        for_each="right",
        with_={"Target": {"Type": "EMAIL", "Id": "{account}@accounts.example"}},
    ),
)


@st.composite
def scenarios(draw: st.DrawFn) -> list[str]:
    """Two organizations that ask three populations, in any order, under quotas that may be too small."""
    quota, throttled = draw(st.integers(4, 30)), draw(st.booleans())
    measured = draw(st.sampled_from([0, 0, 3, 20]))
    return [
        f"seed = {draw(st.integers(0, 99))}\n" + ("throttle = 'aws'\n" if throttled else ""),
        f"measure_from = {measured}\n" if measured else "",
        f"[quotas]\naccounts = {quota}\n",
        "[organizations.a]\nmanagement_account = '111111111111'\n",
        "[organizations.b]\nmanagement_account = '222222222222'\n",
        *(
            population(
                name, origin, draw(st.integers(0, 8)), invitation=draw(_behaviours()), migration=draw(_behaviours())
            )
            for name, origin in (("left", "invited"), ("right", "invited"), ("made", "created"))
        ),
        *draw(st.lists(st.sampled_from(STEPS), min_size=1, max_size=12)),
    ]


@settings(max_examples=60)
@given(scenarios())
async def test_counts_always_add_up(parts: list[str]) -> None:
    """Whatever is played, each stage less its losses and with its additions is the next, down to the members."""
    outcome = await play(*parts)
    assert _uncounted(outcome) == []
    for name, stages in outcome.funnels.items():
        assert stages[-1].accounts == outcome.organizations[name].accounts
        assert all(number > 0 for each in stages for number in (*each.lost.values(), *each.added.values()))


def _told(envelopes: list[Envelope], organization: str) -> dict[str, int]:
    """The stages of an organization as its handshakes tell them, read from the log from its end."""
    accepted = {each.event.handshake for each in envelopes if isinstance(each.event, HandshakeAccepted)}
    last: dict[str, HandshakeRequested] = {}
    approvals: dict[str, HandshakeRequested] = {}
    for each in reversed(envelopes):
        event = each.event
        if isinstance(event, HandshakeRequested) and event.organization == organization and event.party:
            if event.action is Action.INVITE:
                last.setdefault(event.party, event)
            elif event.action is Action.APPROVE_ALL_FEATURES and event.party not in last:
                approvals.setdefault(event.party, event)
    return {
        "asked to join": len(last),
        "joined": sum(event.handshake in accepted for event in last.values()),
        "asked to approve": len(approvals),
        "approved": sum(event.handshake in accepted for event in approvals.values()),
    }


@settings(max_examples=60)
@given(scenarios())
async def test_counts_are_those_of_the_log(parts: list[str]) -> None:
    """Each account is counted once, by the last that it was asked, as the log has it."""
    known = [each for each in parts if "measure_from" not in each and "EMAIL" not in each]
    outcome, envelopes = await recorded(*known, step("wait", days=0))
    for name, stages in outcome.funnels.items():
        told = _told(envelopes, outcome.organizations[name].id)
        counted = {each.name: each.accounts for each in stages if each.name in told}
        assert counted == {each: number for each, number in told.items() if each in counted}
        assert all(number == 0 for each, number in told.items() if each not in counted)


async def test_what_was_before_is_not_counted() -> None:
    """Of a run that is measured from a later day, only what was open then and came since is counted."""
    outcome = await play(
        "measure_from = 5\n",
        population("early", "invited", 3, invitation={"delay": after(1)}, migration={"delay": after(1)}),
        population("slow", "invited", 2, invitation={"delay": after(6)}, migration={"delay": after(1)}),
        step("invite", population="early"),
        step("invite", population="slow"),
        step("wait_for_answers"),
        step("enable_all_features"),
        step("wait_for_answers"),
    )
    assert lines(outcome, next(iter(outcome.organizations))) == [
        ("asked to join", 2, {}, {}),
        ("joined", 2, {}, {"members already": 3}),
        ("asked to approve", 5, {}, {}),
        ("approved", 5, {}, {"the management account": 1}),
        ("members", 6, {}, {}),
    ]


async def test_a_migration_that_was_refused() -> None:
    """If EnableAllFeatures is refused, the funnel says so of everybody who would have been asked."""
    outcome = await play(
        "[quotas]\nall_features_migration_accounts = 2\n",
        population("some", "invited", 3, invitation={"delay": after(1)}),
        step("invite", population="some"),
        step("wait_for_answers"),
        step("enable_all_features"),
    )
    refused = "ConstraintViolationException ALL_FEATURES_MIGRATION_ORGANIZATION_SIZE_LIMIT_EXCEEDED"
    assert lines(outcome, next(iter(outcome.organizations))) == [
        ("asked to join", 3, {}, {}),
        ("joined", 3, {f"not asked: {refused}": 3}, {}),
        ("asked to approve", 0, {}, {}),
        ("approved", 0, {}, {"have not approved": 3, "the management account": 1}),
        ("members", 4, {}, {}),
    ]


async def test_none_where_nobody_is_asked() -> None:
    """A run in which no organization invites or migrates has no funnel."""
    outcome = await play(population("made", "created", 2), step("create_accounts", population="made"))
    assert outcome.funnels == {}
