"""Figures of organizations, populations, tracks and steps: hand-computed, and together what the whole run has."""

from typing import Any

import pytest
from support.play_scenario import after, play, population, recorded, step

from orgsim.api.load.play import flows
from orgsim.api.load.play.outcome import Outcome
from orgsim.api.load.scenario.metrics import OF_ORGANIZATIONS, OF_POPULATIONS, OF_STEPS, OF_TRACKS
from orgsim.engine.events import HandshakeAccepted

WAIT = step("wait_for_answers")
TWO = """
[organizations.ours]
[organizations.theirs]
management_account = "222222222222"
feature_set = "ALL"
accounts = 6
created = 0.5
"""
BOUGHT = """
[populations.bought]
origin = "member"
of = "theirs"
invitation = { delay = { distribution = "fixed", days = 5 } }
"""
MERGER = [
    TWO,
    BOUGHT,
    population("quick", "invited", 8, invitation={"delay": after(1)}, migration={"delay": after(2)}),
    population("slow", "invited", 4, invitation={"accept": 0.5, "decline": 0.5, "delay": after(3)}),
    population("silent", "invited", 3, invitation={"accept": 0}, migration={"accept": 0}),
    population("made", "created", 2),
    *(step("invite", population=name, organization="ours") for name in ("quick", "slow", "silent", "bought")),
    step("create_accounts", population="made", organization="theirs"),
    step("wait", days=20),
    step("enable_all_features", organization="ours"),
    WAIT,
    step("close_accounts", population="made", organization="theirs", share=0.5),
    step("finalize", organization="ours"),
]


@pytest.fixture
async def merger() -> Outcome:
    return await play(*MERGER)


def of(outcome: Outcome, part: str, *names: str) -> list[float | None]:
    """Some figures of a part."""
    return [outcome.figure(f"{part}.{name}") for name in names]


async def test_departed_of_those_that_were_there() -> None:
    """Members that were there at the beginning, or when the run begins to be measured, are among those that may go."""
    some = {"for_each": "bought", "organization": "theirs", "with_": {"AccountId": "{account}"}}
    gone = step("RemoveAccountFromOrganization", share=0.5, **some)
    outcome = await play("quotas.created_account_minimum_age_days = 0", TWO, BOUGHT, gone)
    assert of(outcome, "theirs", "departed", "departed_share") == [3, 3 / 6]
    assert of(outcome, "bought", "departed", "departed_share") == [3, 3 / 6]
    assert outcome.figure("departed_share") == 3 / 6
    rest = step("RemoveAccountFromOrganization", share=0.5, skip=0.5, at_day=2, **some)
    since = await play("measure_from = 1", "quotas.created_account_minimum_age_days = 0", TWO, BOUGHT, gone, rest)
    assert of(since, "theirs", "departed", "departed_share") == [3, 1]
    assert of(since, "bought", "departed", "departed_share") == [3, 1]


async def test_a_deleted_organization() -> None:
    """A management account that deletes its organization has not departed: it is in no figure about members."""
    gone = step(
        "RemoveAccountFromOrganization", for_each="bought", organization="theirs", with_={"AccountId": "{account}"}
    )
    steps = gone + step("DeleteOrganization", organization="theirs")
    outcome = await play("quotas.created_account_minimum_age_days = 0", TWO, BOUGHT, steps)
    assert outcome.organizations["theirs"].feature_set == "DELETED"
    assert of(outcome, "theirs", "members", "departed", "departed_share") == [0, 6, 1]
    assert [outcome.figure(name) for name in ("members", "departed", "departed_share")] == [1, 6, 1]


async def test_by_organization(merger: Outcome) -> None:
    """Each organization has its own members, handshakes, migration and durations."""
    accepted = 8 + (merger.figure("slow.joined") or 0) + 6
    assert of(merger, "ours", "members", "joined", "created", "departed") == [1 + accepted, accepted, 0, 0]
    assert of(merger, "theirs", "members", "joined", "created", "departed") == [1 + 2, 0, 2, 6]
    assert of(merger, "ours", "joined_share", "accepted_share") == pytest.approx(
        [accepted / 21, (accepted + accepted) / (21 + accepted)]
    )
    assert of(merger, "ours", "all_features_share", "finalize_days") == [1, 2]
    assert of(merger, "theirs", "all_features_share", "finalize_days", "joining_days.max") == [1, None, None]
    assert of(merger, "theirs", "closed", "closing_seconds.count", "creation_seconds.count") == [1, 1, 2]
    assert of(merger, "organizations.ours", "joining_days.max", "migration_days.max") == [5, 2]


async def test_by_population(merger: Outcome) -> None:
    """Each population has its own answers, and is where it is."""
    assert of(merger, "quick", "joined", "members", "joined_share", "joining_days.p95") == [8, 8, 1, 1]
    assert of(merger, "silent", "joined", "expired_share", "joining_days.count") == [0, 1, 0]
    assert of(merger, "slow", "joined", "declined_share")[0] == merger.figure("slow.joining_days.count")
    assert of(merger, "bought", "joined", "departed", "members", "joining_days.min") == [6, 6, 6, 5]
    assert of(merger, "made", "created", "closed", "creation_seconds.count", "members") == [2, 1, 2, 2]
    assert of(merger, "populations.quick", "migration_days.count", "migration_days.max") == [8, 2]


@pytest.mark.parametrize(("accept", "days"), [(1.0, 0), (0.5, 0), (0.5, 20), (0.0, 20)])
async def test_invited_by_two_organizations(accept: float, days: float) -> None:
    """Of all that were invited, an account counts once, though a second organization invites it, and it joins both."""
    answers = {"invitation": {"accept": accept, "decline": 1 - accept, "delay": after(3)}}
    invites = [step("invite", population="p", organization=name) for name in ("first", "second")]
    parts = ["[organizations.first]\n[organizations.second]\n", population("p", "invited", 20, **answers)]
    outcome, envelopes = await recorded(*parts, invites[0], WAIT, step("wait", days=days), invites[1], WAIT)
    joined = [each.account for each in envelopes if isinstance(each.event, HandshakeAccepted)]
    assert outcome.figure("joined") == len(joined)
    share = len(set(joined)) / 20
    assert [outcome.figure(name) for name in ("joined_share", "p.joined_share", "p.joined_of_all_share")] == [share] * 3
    assert sum(outcome.figure(f"{each}.joined_share") or 0 for each in ("first", "second")) == len(joined) / 20


async def test_parts_add_up_to_the_whole(merger: Outcome) -> None:
    """Of counts, organizations and populations have together what the run has; management accounts apart."""
    for name in ("joined", "created", "closed", "departed"):
        whole = merger.figure(name)
        assert sum(merger.figure(f"{each}.{name}") or 0 for each in ("ours", "theirs")) == whole
        populations = [part for key, part in merger.parts.items() if key.startswith("populations.")]
        assert sum(part.metrics[name] or 0 for part in populations) == whole
    for name in ("joining_days.count", "migration_days.count", "creation_seconds.count"):
        assert sum(merger.figure(f"{each}.{name}") or 0 for each in ("ours", "theirs")) == merger.figure(name)
    assert sum(merger.figure(f"{each}.members") or 0 for each in ("ours", "theirs")) == merger.figure("members")
    steps = [part for key, part in merger.parts.items() if key.startswith("steps.")]
    # The organization was founded before the first step.
    assert sum(part.metrics["commands"] or 0 for part in steps) == (merger.figure("commands") or 0) - 1


async def test_every_part_has_its_figures(merger: Outcome) -> None:
    """Parts have the figures that are listed for their kind, and a threshold can be about each."""
    kinds = {"organizations": OF_ORGANIZATIONS, "populations": OF_POPULATIONS, "steps": OF_STEPS}
    assert len(merger.parts) == 2 + 5 + 10
    for key, part in merger.parts.items():
        assert {*part.metrics, *part.distributions} == {*kinds[key.partition(".")[0]]}


async def test_by_track_and_step() -> None:
    """A track lasts from its first step to its last, a step that is played again and again as long as all times."""
    outcome = await play(
        population("p", "invited", 6, invitation={"delay": after(1)}),
        "[tracks.asking]\nevery_days = 10\ntimes = 2\n",
        step("invite", population="p").replace("[[steps]]", "[[tracks.asking.steps]]"),
        step("wait", days=2).replace("[[steps]]", "[[tracks.asking.steps]]"),
        "[tracks.later]\nfrom_day = 5\n",
        step("ListRoots").replace("[[steps]]", "[[tracks.later.steps]]"),
        '[thresholds]\nasking.2.virtual_days = "== 4"\n"tracks.later.began_days" = "== 5"\nasking.commands = "== 12"\n',
    )
    assert outcome.passed, outcome.thresholds
    assert of(outcome, "asking", "began_days", "virtual_days", "virtual_hours") == [0, 12, 288]
    assert of(outcome, "later", "virtual_days", "commands", "refused_share") == [0, 1, 0]
    assert set(outcome.parts["tracks.asking"].metrics) == set(OF_TRACKS)


async def test_a_large_run_measures_what_is_asked_for(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where everything would be too much, only the parts that thresholds and conditions are about are measured."""
    monkeypatch.setattr(flows, "MOST_MEASURED", 3)
    parts = [
        *(population(name, "invited", 2, invitation={"delay": after(1)}) for name in "abc"),
        *(step("invite", population=name) for name in "abc"),
        step("wait", until="b.joined >= 2", at_most_days=9),
    ]
    outcome = await play(*parts, '[thresholds]\na.joining_days.max = "== 1"\n')
    assert outcome.passed
    assert [key for key in outcome.parts if not key.startswith("steps.")] == ["populations.a", "populations.b"]
    assert outcome.steps[-1].hours == 24
    assert outcome.warnings == ()


@pytest.mark.parametrize(
    ("severity", "passed"),
    [("fail", False), ("warn", True)],
)
async def test_severity(severity: str, passed: bool) -> None:
    """A threshold that only warns does not fail the run; it is told all the same."""
    outcome = await play(WAIT, f'[thresholds]\nmembers = {{ condition = "> 3", severity = "{severity}" }}\n')
    assert outcome.passed is passed
    (limit,) = outcome.thresholds
    assert (limit.threshold, limit.value, limit.ok, limit.severity) == ("members > 3", 1, False, severity)


async def test_names_with_signs() -> None:
    """A part may be called anything."""
    names: list[Any] = ["Zürich (Büro)", "a.b", "a"]
    outcome = await play(
        *(f'[populations."{name}"]\norigin = "invited"\ncount = {count}\n' for count, name in enumerate(names, 1)),
        *(step("invite", population=name) for name in names),
        step("wait", until="Zürich (Büro).joined >= 1", at_most_days=1),
        WAIT,
        '[thresholds]\n"Zürich (Büro)".joined = "== 1"\n"a.b".joined = "== 2"\na.joined = "== 3"\n',
    )
    assert outcome.passed, outcome.thresholds
