"""Tracks run side by side on one clock: each its steps in order, all in one order that depends on nothing else."""

import sys
from functools import partial
from pathlib import Path
from random import Random

import anyio
import msgspec
import pytest
from support.every_step import LOGNORMAL
from support.play_scenario import ENDED, after, days, figures, play, population, recorded, step, track, uniform

from orgsim.api.load.play.outcome import Outcome
from orgsim.api.load.run import play_scenario
from orgsim.api.load.scenario import parse_scenario
from orgsim.engine.events import AccountCreationRequested, AccountJoined, HandshakeRequested, OrganizationalUnitCreated
from orgsim.engine.log import EventLog, MemoryLog
from orgsim.engine.log.sqlite import SqliteLog

PARTNERS = population("partners", "invited", 10, invitation={"delay": after(1)})
VENDED = population("vended", "created", 4)


def unit(name: str, **keys: object) -> str:
    """A step that makes an organizational unit."""
    return step("CreateOrganizationalUnit", with_={"ParentId": "{root}", "Name": name}, **keys)


async def test_side_by_side() -> None:
    """A paced step of one track does not hold up another, and every account is asked at its own moment."""
    outcome, envelopes = await recorded(
        PARTNERS,
        VENDED,
        track("invite", step("invite", population="partners", pace={"per_day": 1})),
        track("vend", step("create_accounts", population="vended", pace={"per_day": 2}), from_day=3.25),
    )
    assert days(envelopes, HandshakeRequested) == list(range(10))
    assert days(envelopes, AccountCreationRequested) == [3.25, 3.75, 4.25, 4.75]
    assert [(each.track, each.step, each.began_days, each.commands) for each in outcome.steps] == [
        ("invite", 1, 0, 10 + 9),
        ("vend", 1, 3.25, 4),
    ]
    assert outcome.warnings == ()


async def test_two_at_once() -> None:
    """Two tracks that invite at a pace side by side both have their answers, each a day after its invitation."""
    other = population("other", "invited", 5, invitation={"delay": after(1)})
    _, envelopes = await recorded(
        *(PARTNERS, other),
        track("a", step("invite", population="partners", pace={"per_day": 1})),
        track("b", step("invite", population="other", pace={"per_day": 2})),
        track("end", ENDED, step("wait", days=2), after=["a", "b"]),
    )
    assert sorted(days(envelopes, AccountJoined)[1:]) == sorted(
        [*(number + 1 for number in range(10)), *(number / 2 + 1 for number in range(5))]
    )


async def test_waiting_for_one_population() -> None:
    """A track may wait for the answers of one population, whatever others take."""
    slow = population("slow", "invited", 3, invitation={"delay": after(8)})
    outcome = await play(
        *(PARTNERS, slow, track("a", step("invite", population="slow"), ENDED)),
        track("b", step("invite", population="partners"), step("wait_for_answers", population="partners"), unit("x")),
    )
    assert [(each.track, each.began_days) for each in outcome.steps if each.step == 3] == [("b", 1)]
    assert outcome.virtual_days == 8


async def test_the_plain_list_is_a_track() -> None:
    """The plain list of steps is a track without a name, which goes first at the same moment."""
    _, envelopes = await recorded(track("a", unit("first"), step("wait", days=1), unit("last")), unit("plain"))
    units = [each.event for each in envelopes if isinstance(each.event, OrganizationalUnitCreated)]
    assert [each.name for each in units] == ["plain", "first", "last"]


async def test_order_at_the_same_moment() -> None:
    """At the same moment tracks go in the order of the file, each until it waits; AWS and accounts before them."""
    _, envelopes = await recorded(
        PARTNERS,
        step("invite", population="partners"),
        track("b", step("wait", days=1), unit("b1"), unit("b2")),
        track("a", unit("a1", at_day=1)),
    )
    names = [
        each.event.name if isinstance(each.event, OrganizationalUnitCreated) else "joined"
        for each in envelopes
        if isinstance(each.event, OrganizationalUnitCreated | AccountJoined) and days([envelopes[0], each]) != [0, 0]
    ]
    assert [name for name in names if name != "joined"] == ["b1", "b2", "a1"]


async def test_after() -> None:
    """A track begins when those have ended that it waits for, the plain list among them, and knows what they saved."""
    outcome = await play(
        step("wait", days=2),
        track("tree", unit("made", save={"made": "OrganizationalUnit.Id"}), step("wait", days=3)),
        track("deeper", step("DescribeOrganizationalUnit", with_={"OrganizationalUnitId": "{made}"}), after="tree"),
        track("end", step("wait", days=1), after=["steps", "deeper"], from_day=1),
    )
    assert [(each.track, each.began_days) for each in outcome.steps] == [
        ("", 0),
        ("tree", 0),
        ("tree", 0),
        ("deeper", 3),
        ("end", 3),
    ]
    assert outcome.refused == {}
    # It began when it could, which was later than planned.
    assert outcome.warnings == ("track end: from_day = 1 had passed: it began on day 3",)


async def test_every() -> None:
    """A track that is repeated begins every so many days; a time that comes late is told."""
    outcome = await play(track("weekly", step("wait", days=1), every_days=7, times=3, from_day=2))
    assert [each.began_days for each in outcome.steps] == [2, 9, 16]
    slow = population("slow", "invited", 1, invitation={"delay": after(9)})
    late = await play(
        slow,
        track("weekly", step("invite", population="slow"), step("wait_for_answers"), every_days=7, times=3),
    )
    assert [each.began_days for each in late.steps] == [0, 0, 9, 9, 14, 14]
    told = "track weekly: time 2 was planned for day 7: it began on day 9"
    assert [each for each in late.warnings if "nobody of slow is left" not in each] == [told]


async def test_waiting_for_a_condition() -> None:
    """A wait ends at the full hour at which its condition holds; nine of ten have joined a day after the ninth."""
    outcome = await play(
        PARTNERS,
        track("invite", step("invite", population="partners", pace={"per_hour": 1})),
        track("then", step("wait", until="joined_share >= 0.9", at_most_days=30), unit("done")),
    )
    # Of those invited by then: the first joins after 24 hours, when all ten are invited.
    assert [each.began_days for each in outcome.steps if each.track == "then"] == [0, (24 + 8) / 24]
    assert outcome.warnings == ()


async def test_a_condition_that_holds() -> None:
    """A condition that holds already is no wait."""
    assert (await play(step("wait", until="members >= 1", at_most_days=3))).virtual_days == 0


async def test_a_condition_that_never_holds() -> None:
    """When the time of a condition runs out the run says where its figure stood, and goes on."""
    outcome = await play(
        population("deaf", "invited", 4, invitation={"accept": 0}),
        step("invite", population="deaf"),
        step("wait", until="joined_share >= 0.95", at_most_days=2.5),
        step("wait", until="joining_days.p50 < 3", at_most_days=1),
        unit("anyway"),
    )
    assert outcome.warnings == (
        "step 2: waited 2.5 days for joined_share >= 0.95, which stood at 0 %",
        "step 3: waited 1 day for joining_days.p50 < 3, which has no value",
    )
    assert outcome.steps[3].began_days == 3.5


async def test_a_share_of_all_accounts() -> None:
    """Of an invitation that takes ten days, nine tenths of those invited so far have joined at once, of all that the
    population has only on its last day; a wait for the first share says what the second was."""
    invitation = track("invitation", step("invite", population="red", pace={"over_days": 10}), step("wait", days=1))
    red = population("red", "invited", 50)

    async def waited(figure: str) -> Outcome:
        return await play(red, invitation, track("w", step("wait", until=f"{figure} >= 0.9", at_most_days=30)))

    early, late = await waited("red.joined_share"), await waited("red.joined_of_all_share")
    assert [each.hours for each in early.steps if each.track == "w"] == [0]
    assert [each.hours / 24 for each in late.steps if each.track == "w"] == [pytest.approx(8.8, abs=0.1)]
    stood = (
        "red.joined_share >= 0.9 held among those invited so far; of all accounts red.joined_of_all_share stood at 2 %"
    )
    assert (early.warnings, late.warnings) == ((f"track w, step 1: {stood}",), ())
    assert [each.figure("red.joined_of_all_share") for each in (early, late)] == [1, 1]


async def test_one_population_in_two_tracks() -> None:
    """Two tracks that create one population at once make as many accounts as it has, and the second says so."""
    create = step("create_accounts", population="vended", pace={"per_day": 2})
    outcome = await play(VENDED, track("a", create), track("b", create))
    assert outcome.accounts == 4 + 1
    assert outcome.warnings == (
        "track b, step 1: nothing of vended is left to create: all accounts are there or asked for",
    )


async def test_a_share_of_all_members() -> None:
    """All accounts of a population of members are those that its organization has, if the scenario names no number."""
    outcome = await play(
        "[organizations]\nours = { accounts = 1 }\ntheirs = { accounts = 8 }",
        "[populations.red]\nof = 'theirs'\ninvitation = { accept = 0.5 }",
        step("invite", organization="ours", population="red"),
        ENDED,
    )
    assert outcome.figure("red.joined_of_all_share") == outcome.figure("red.joined_share")
    assert 0 < (outcome.figure("red.joined_share") or 0) < 1


async def test_another_track_changes_no_draw() -> None:
    """What a track draws does not depend on the tracks beside it."""
    some = population("some", "invited", 30, invitation={"accept": 0.6, "delay": uniform(0, 9)})
    other = population("other", "invited", 30, invitation={"accept": 0.6, "delay": uniform(0, 9)})
    mine = track("mine", step("invite", population="some", pace={"per_day": 5}), ENDED)
    _, alone = await recorded(some, mine)
    _, both = await recorded(some, other, track("a", step("invite", population="other")), mine)
    moments = days(alone, AccountJoined)
    assert len(moments) > 10
    assert set(moments) <= set(days(both, AccountJoined))


async def test_calls_are_counted_once() -> None:
    """The calls of the steps add up to those of the run, whichever track they are of."""
    outcome = await play(
        "throttle = 'aws'",
        PARTNERS,
        VENDED,
        track("invite", step("invite", population="partners", pace={"per_day": 1})),
        track("vend", step("create_accounts", population="vended", retry={"attempts": 3})),
        track("end", ENDED, step("wait", days=9)),
    )
    assert sum(each.commands for each in outcome.steps) == outcome.commands - 1
    assert sum(each.refused for each in outcome.steps) == sum(outcome.refused.values()) > 0
    assert {each.track: each.refused for each in outcome.steps if each.refused}.keys() == {"vend"}


TEN = "\n".join(
    [
        "seed = 3\nthrottle = 'aws'\nlatency = 'realistic'",
        *(
            population(
                f"p{number}",
                "invited",
                7,
                invitation={"accept": 0.9, "after_reminder": 0.1, "delay": LOGNORMAL},
                migration={"decline": 0.1, "delay": uniform(0, 3)},
            )
            for number in range(8)
        ),
        VENDED,
        *(
            track(
                f"t{number}",
                step("invite", population=f"p{number}", pace={"per_day": 5 + number}),
                step("remind", at_day=9),
                from_day=number % 3,
            )
            for number in range(8)
        ),
        track("vend", step("create_accounts", population="vended", retry={"attempts": 9}), from_day=1),
        track(
            "all",
            step("wait", until="joined_share >= 0.95", at_most_days=20),
            step("enable_all_features"),
            step("wait_for_answers"),
            step("remove_declined", silent=True),
            step("finalize"),
            after="t7",
        ),
    ]
)
"""Ten tracks that meet at many moments."""


async def made(path: Path | None) -> Outcome:
    """The outcome of the ten tracks, in memory or on a file."""
    log: EventLog = await SqliteLog.create(path, "off") if path else MemoryLog()
    try:
        return await play_scenario(parse_scenario(TEN), log)
    finally:
        await log.close()


@pytest.mark.slow
def test_the_same_bytes_everywhere(tmp_path: Path) -> None:
    """Tracks give the same log and the same figures on asyncio and trio, in memory and on SQLite."""
    outcomes = [
        anyio.run(made, path, backend=backend)
        for backend in ("asyncio", "trio")
        for path in (None, tmp_path / f"{backend}.db")
    ]
    assert len({msgspec.json.encode(figures(outcome)) for outcome in outcomes}) == 1
    assert outcomes[0].feature_set == "ALL"
    assert len({each.track for each in outcomes[0].steps}) == 10


@pytest.mark.slow
@pytest.mark.parametrize("share", [0.1, 0.5, 0.9])
async def test_resume(tmp_path: Path, share: float) -> None:
    """A run of tracks that was interrupted goes on, and ends with the digest of one that was not."""
    whole = MemoryLog()
    expected = await play_scenario(parse_scenario(TEN), whole)
    cut = MemoryLog()
    await cut.append(0, await whole.read(0, round(whole.head * share)))
    resumed = await play_scenario(parse_scenario(TEN), cut, resume=True)
    assert resumed.digest == expected.digest
    assert resumed.warnings == expected.warnings


async def test_an_error_in_a_track() -> None:
    """What cannot be played is told with the track and the step, and nothing goes on beside it."""
    text = "\n".join(
        [
            track("a", step("wait", days=1), unit("x", save={"id": "OrganizationalUnit"})),
            track("b", step("wait", days=2)),
        ]
    )
    with pytest.raises(Exception, match=r"track a, step 2, save.id: 'OrganizationalUnit' is no single value"):
        await play(text)


def test_cancelled(recwarn: pytest.WarningsRecorder) -> None:
    """A run that is cancelled ends, and leaves no track behind."""

    async def cancelled() -> None:
        with anyio.move_on_after(0):
            await made(None)

    for backend in ("asyncio", "trio"):
        anyio.run(partial(cancelled), backend=backend)
    assert [str(each.message) for each in recwarn] == []


STEPS = [
    *(step("invite", population=name, pace={"per_day": 3}) for name in ("yes", "mute", "made")),
    step("InviteAccountToOrganization", for_each="mute", with_={"Target": {"Type": "ACCOUNT", "Id": "{account}"}}),
    step("create_accounts", population="made", retry={"attempts": 3}),
    step("enable_all_features"),
    step("EnableAllFeatures"),
    step("finalize"),
    step("remind", accept=0.5),
    step("remove_declined", silent=True),
    step("wait", days=1.5),
    step("wait", until="joined_share >= 0.5", at_most_days=3),
    step("wait_for_answers", population="yes"),
    step("wait_for_answers"),
    step("ListAccounts", with_={}),
]
REMOVED = {"action": "RemoveAccountFromOrganization", "with": {"AccountId": "{account}"}}


def random_tracks(random: Random) -> str:
    """Some tracks of some steps, each of which may wait for earlier ones, be repeated, or begin late."""
    silent = {"after_reminder": 0.5, "accept": 0.3, "remind_after_days": [1, 3], "reminded_accept": [0.5, 1]}
    late = {"accept": 0.5, "deadline_days": 4, "escalation": REMOVED}
    parts = [
        f"seed = {random.randint(0, 99)}\nthrottle = '{random.choice(('off', 'aws'))}'\n",
        population("yes", "invited", 6, invitation={"delay": uniform(0, 4)}),
        population("mute", "invited", 5, invitation=silent, migration=late),
        population("made", "created", 4),
    ]
    names = [f"t{number}" for number in range(random.randint(1, 6))]
    for number, name in enumerate(names):
        keys: dict[str, object] = {}
        if number and random.random() < 0.4:
            keys["after"] = random.sample(names[:number], random.randint(1, number))
        if random.random() < 0.3:
            keys |= {"every_days": random.choice((0.5, 4)), "times": random.randint(2, 4)}
        if random.random() < 0.3:
            keys["from_day"] = random.randint(0, 5)
        parts.append(track(name, *random.choices(STEPS, k=random.randint(1, 4)), **keys))
    return "\n".join(parts)


@pytest.mark.slow
def test_random_tracks() -> None:
    """No tracks, however odd, break a run or hang it; trio gives the same, and no call is counted twice."""
    random = Random("tracks")
    for _ in range(120):
        text = random_tracks(random)
        runs = [anyio.run(play, text, backend=backend) for backend in ("asyncio", "trio")]
        assert figures(runs[0]) == figures(runs[1]), text
        outcome = runs[0]
        # Less by the answers that come while a track waits for its day.
        assert sum(each.commands for each in outcome.steps) <= outcome.commands - 1, text
        assert sum(each.refused for each in outcome.steps) <= sum(outcome.refused.values()), text
        begun = [each.began_days for each in outcome.steps]
        assert begun == sorted(begun), text
        assert all(each.followed <= each.reached for each in outcome.follow_ups), text


async def calls_of(*parts: str) -> int:
    """How many calls of Python functions a run makes."""
    made = 0

    def count(frame: object, event: str, argument: object) -> None:
        nonlocal made
        made += event == "call"

    scenario, log = parse_scenario("\n".join(parts)), MemoryLog()
    sys.setprofile(count)
    try:
        await play_scenario(scenario, log)
    finally:
        sys.setprofile(None)
    return made


def inviting(tracks: int, accounts: int) -> list[str]:
    """Tracks that invite so many accounts in all, side by side, who answer meanwhile."""
    answers = {"delay": uniform(0, 9)}
    return [
        *(population(f"p{number}", "invited", accounts // tracks, invitation=answers) for number in range(tracks)),
        *(
            track(f"t{number}", step("invite", population=f"p{number}", pace={"over_days": 20}), ENDED)
            for number in range(tracks)
        ),
    ]


async def test_ten_tracks_do_what_one_does() -> None:
    """The same accounts in ten tracks make the same calls and leave as many events as in one."""
    one, ten = [await play(*inviting(tracks, 300)) for tracks in (1, 10)]
    # CreateOrganization, and for each account an invitation and its acceptance.
    assert one.commands == ten.commands == 1 + 2 * 300
    assert one.events == ten.events
    assert one.metrics["joined"] == ten.metrics["joined"] == 300


async def test_what_tracks_cost() -> None:
    """Ten tracks do what one does in as many calls of functions, and twice as many accounts take twice as many."""
    one, ten, twice = [await calls_of(*inviting(*each)) for each in ((1, 500), (10, 500), (1, 1_000))]
    assert ten < 1.2 * one
    assert twice < 2.2 * one
