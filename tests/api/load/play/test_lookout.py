"""Thresholds that end a run, and runs that are measured from a later day on."""

import pytest
from support.play_scenario import after, figures, play, population, recorded, step, uniform

from orgsim.engine.events import HandshakeAccepted

WAIT = step("wait_for_answers")
ASKED = population("p", "invited", 20, invitation={"accept": 0.5, "delay": uniform(1, 9)})
INVITE = step("invite", population="p")


async def test_a_deadline_ends_the_run() -> None:
    """A run ends at the full hour at which a threshold that had held does not any more; what was played is told."""
    outcome, envelopes = await recorded(
        *(ASKED, INVITE, WAIT, step("wait", days=40)),
        '[thresholds]\nvirtual_days = { condition = "<= 12", stop = true }\n',
    )
    assert not outcome.passed
    assert outcome.thresholds[0].value == pytest.approx(12 + 1 / 24)
    assert outcome.warnings == ("the run was ended on day 12.04: virtual_days <= 12 had held and did not any more",)
    assert [each.action for each in outcome.steps] == ["invite", "wait_for_answers", "wait"]
    assert outcome.steps[2].hours == pytest.approx(12 * 24 + 1 - outcome.steps[1].hours)
    assert (envelopes[-1].time - envelopes[0].time) / 3_600_000_000 == 12 * 24 + 1


async def test_it_ends_tracks_too() -> None:
    """All tracks end, those that wait for others unplayed, and with a warning alone the run has passed."""
    outcome = await play(
        population("p", "invited", 9, invitation={"decline": 1, "delay": after(3)}),
        "[tracks.a]",
        step("invite", population="p").replace("[[steps]]", "[[tracks.a.steps]]"),
        step("wait", days=30).replace("[[steps]]", "[[tracks.a.steps]]"),
        "[tracks.b]\nafter = 'a'\n",
        step("ListRoots").replace("[[steps]]", "[[tracks.b.steps]]"),
        "[tracks.c]\nevery_days = 1\ntimes = 30\n",
        step("ListRoots").replace("[[steps]]", "[[tracks.c.steps]]"),
        '[thresholds]\np.declined_share = { condition = "< 0.5", severity = "warn", stop = true }\n',
    )
    assert outcome.passed
    assert outcome.figure("virtual_hours") == 72
    assert {each.track for each in outcome.steps} == {"a", "c"}
    assert outcome.figure("tracks.c.commands") in (3, 4)
    assert outcome.figure("p.declined_share") == 1


async def test_what_never_held_does_not_end_the_run() -> None:
    """A threshold that does not hold yet is waited for; one that holds all the time ends nothing."""
    limits = 'joined = { condition = "> 5", stop = true }\ncommands = { condition = "> 0", stop = true }\n'
    outcome = await play(ASKED, INVITE, WAIT, f"[thresholds]\n{limits}")
    assert (outcome.passed, outcome.warnings) == (True, ())


async def test_looking_changes_nothing() -> None:
    """A run that is looked at is the same as one that is not."""
    quiet = await play(ASKED, INVITE, WAIT, '[thresholds]\njoined = "> 5"\n')
    watched = await play(ASKED, INVITE, WAIT, '[thresholds]\njoined = { condition = "> 5", stop = true }\n')
    assert figures(quiet) == figures(watched)


async def test_measured_from_a_later_day() -> None:
    """Figures, charts and counts begin on the day, with the members that are there; the log has everything."""
    parts = [
        population("early", "invited", 30, invitation={"delay": after(2)}),
        population("late", "invited", 10, invitation={"delay": after(3)}),
        *(step("invite", population="early"), step("wait", days=9)),
        *(step("invite", population="late", at_day=12), WAIT),
    ]
    whole = await play(*parts)
    outcome, envelopes = await recorded(
        "measure_from = 5\nthrottle = 'aws'", *parts, '[thresholds]\njoined = "== 10"\n'
    )
    assert outcome.passed
    assert (whole.figure("joined"), outcome.figure("joined"), outcome.figure("members")) == (40, 10, 41)
    assert (outcome.figure("late.joined"), outcome.figure("early.joined"), outcome.figure("early.members")) == (
        10,
        0,
        30,
    )
    assert outcome.figure("virtual_days") == pytest.approx(10, abs=0.01)
    assert outcome.virtual_days == pytest.approx(15, abs=0.01)
    assert outcome.figure("commands") == 20
    assert (outcome.measured_since - outcome.start).days == 5
    assert outcome.timeline.start == outcome.measured_since
    assert outcome.timeline.members["organization"][0] == 31
    assert sum(map(sum, outcome.timeline.calls.values())) == 20
    assert [step.began_days < 5 for step in outcome.steps] == [True, True, False, False]
    assert outcome.steps[0].commands == 30
    assert sum(isinstance(each.event, HandshakeAccepted) for each in envelopes) == 40


async def test_the_day_does_not_come() -> None:
    """A run that ends before it was to be measured is measured as a whole, and says so."""
    outcome = await play("measure_from = 100", ASKED, INVITE, WAIT)
    assert outcome.warnings == ("measure_from = 100 was not reached: figures are of the whole run",)
    assert outcome.figure("commands") > 20
    assert outcome.measured_since == outcome.start


async def test_measuring_changes_no_bytes() -> None:
    """From when on a run is measured makes no difference to its log."""
    plain = await play(ASKED, INVITE, WAIT)
    measured = await play("measure_from = 4.5", ASKED, INVITE, WAIT)
    assert plain.digest == measured.digest


async def test_reminders_since_then() -> None:
    """Reminders and deadlines count from the day on too; warnings are about the whole run."""
    late = {
        "remind_after_days": [2, 6],
        "deadline_days": 4,
        "escalation": {"action": "CancelHandshake", "with": {"HandshakeId": "h-11111111"}},
    }
    behaviour = {"accept": 0.0, "after_reminder": 1.0, "reminded_accept": [0.0, 0.0], "delay": after(1)}
    parts = [
        population("early", "invited", 7, invitation=behaviour | late),
        population("late", "invited", 5, invitation=behaviour | {"remind_after_days": [2], "reminded_accept": [0.0]}),
        *(step("invite", population="early"), step("wait", days=3), step("remind", accept=0.0)),
        *(step("invite", population="late", at_day=5), step("wait", days=9), step("remind", accept=0.0)),
    ]
    whole, measured = await play(*parts), await play("measure_from = 4.5", *parts)
    assert [each.reached for each in whole.follow_ups] == [7, 7, 7, 5, 7, 12]
    assert [(each.when, each.reached) for each in measured.follow_ups] == [
        *(("after 2 days", 0), ("after 6 days", 7), ("after 4 days", 0), ("after 2 days", 5), ("step 6", 12)),
    ]
    assert measured.follow_ups[0].first_days is None
    assert measured.follow_ups[1].first_days == 6
    assert measured.warnings == whole.warnings
    assert [each for each in whole.warnings if "reached nobody" in each] == []
    assert [each for each in whole.warnings if "CancelHandshake was refused for 7 of 7 accounts" in each] != []
