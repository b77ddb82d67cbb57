"""Tracks in scenario files: what they are called, what they wait for, and plans that cannot be kept."""

import pytest
from support.play_scenario import population, step, track

from orgsim.api.load.foresee import plan_scenario
from orgsim.api.load.scenario import ScenarioError, parse_scenario

WAIT = step("wait", days=1)
SLOW = population("p", "invited", 15)


def problems(*parts: str) -> list[str]:
    """All that is wrong with a file; each in the line where its key stands."""
    text = "\n".join(parts)
    with pytest.raises(ScenarioError) as caught:
        parse_scenario(text)
    assert all(problem.line for problem in caught.value.problems)
    return [str(problem) for problem in caught.value.problems]


def test_tracks_that_wait_for_each_other() -> None:
    """Tracks that wait for each other are told once, with who waits for whom; one that waits for itself too."""
    assert problems(
        track("a", WAIT, after="c"), track("b", WAIT, after="a"), track("c", WAIT, after=["d", "b"]), track("d", WAIT)
    ) == ["track a, after: these tracks wait for each other, so none can begin: a for c, c for b, b for a"]
    assert problems(track("a", WAIT, after="a")) == [
        "track a, after: these tracks wait for each other, so none can begin: a for a"
    ]


def test_all_that_is_wrong_with_tracks() -> None:
    """Every mistake in tracks is told at once, with the step as the output counts it."""
    found = problems(
        track("a", WAIT, step("wait", days=-1), step("wait", until="joined_shar > 1", at_most_days=3), after="bb"),
        track("b", step("dance"), WAIT, step("wait", until="joined_share is 1", at_most_days=3), form_day=3),
        "[tracks.c]\nfrom_day = 3\n",
        "[tracks.d]\nevery_days = 3\nsteps = [{ action = 'wait', until = 'members > 3' }]\n",
        track("steps", WAIT),
        WAIT,
        "[[steps]]\naction = 'CloseAccount'\nwith = { AccountId = '{made}' }\n",
    )
    beginnings = [
        "track a, after: no track is called 'bb', did you mean `b`? (there are: steps, b, c, d",
        "track a, step 2, days: ",
        "track a, step 3, until: there is no figure 'joined_shar', did you mean `joined_share`? (there are: ",
        "track b: unknown key `form_day`, did you mean `from_day`?",
        "track b, step 1, action: there is no 'dance'",
        "track b, step 3, until: a condition is a comparison and a number",
        "track c, steps: there must be at least one, such as [[tracks.c.steps]] with an action",
        "track d: every_days and times go together",
        "track d, step 1: `at_most_days` is missing",
        "track steps: the plain list of steps is called so; take another name",
        "step 2, with.AccountId: nothing is called {made} here",
    ]
    assert [line[: len(start)] for line, start in zip(found, beginnings, strict=True)] == beginnings


@pytest.mark.parametrize("tracks", ["tracks = 3", "tracks = []", "[tracks]\na = 3", "[tracks.a]\nsteps = 3"])
def test_no_tables(tracks: str) -> None:
    """What is no table of tracks is refused in a line."""
    assert problems(tracks)[0].startswith("track")


def test_days_that_have_surely_passed() -> None:
    """A day that has passed before its step can begin is refused, with what takes that long; all of them."""
    assert problems(
        SLOW,
        step("invite", population="p", pace={"over_days": 15}),
        step("remind", at_day=12),
        step("wait", days=3),
        step("remind", at_day=17),
        track("later", step("wait", days=1, at_day=2), from_day=2, after="steps"),
        track("often", WAIT, every_days=5, times=3, from_day=1),
        track("last", step("remind", at_day=10.5), after="often"),
    ) == [
        "step 2, at_day: day 12 has passed when its turn comes: what goes before takes until day 14",
        "track later, step 1, at_day: day 2 has passed when its turn comes: what goes before takes until day 17",
        "track last, step 1, at_day: day 10.5 has passed when its turn comes: what goes before takes until day 11",
    ]


def test_a_day_in_a_repeated_track() -> None:
    """A day of the run comes once, so a step of a track that is repeated has none."""
    (told,) = problems(track("a", WAIT, step("remind", at_day=9), every_days=7, times=2))
    assert told.startswith("track a, step 2, at_day: its track is repeated, and this day comes once")
    assert parse_scenario(track("a", WAIT, step("remind", at_day=9), every_days=7, times=1)).tracks


@pytest.mark.parametrize(
    "parts",
    [
        (SLOW, step("invite", population="p"), step("remind", at_day=0)),
        (SLOW, step("invite", population="p", pace={"per_day": 1}), step("remind", at_day=14)),
        # The second finds members only: there may be nobody to invite.
        (SLOW, *([step("invite", population="p", pace={"per_day": 1})] * 2), step("remind", at_day=15)),
        (step("wait", until="virtual_days > 30", at_most_days=9), step("wait", days=1, at_day=2)),
        (step("wait_for_answers", at_day=2), step("remind", at_day=2)),
    ],
)
def test_days_that_may_be_kept(parts: tuple[str, ...]) -> None:
    """A plan that can be kept is none that surely cannot."""
    assert parse_scenario("\n".join(parts)).steps


def test_names_saved_in_other_tracks() -> None:
    """A name is known if its track, or one that has surely ended, saved it; in a track beside it may be too late."""
    made = step(
        "CreateOrganizationalUnit", with_={"ParentId": "{root}", "Name": "x"}, save={"made": "OrganizationalUnit.Id"}
    )
    use = step("DescribeOrganizationalUnit", with_={"OrganizationalUnitId": "{made}"})
    parse_scenario(track("a", made) + track("b", WAIT, after="a") + track("c", use, after="b"))
    (told,) = problems(track("a", made), track("b", use))
    assert "track b, step 1, with.OrganizationalUnitId: nothing is called {made} here" in told


def test_a_day_behind_an_invitation_of_members() -> None:
    """An invitation that is spread over days takes them for members of another organization too."""
    organizations = "organizations = { ours = { accounts = 5 }, theirs = { accounts = 100 } }\n"
    members = 'populations.m = { of = "theirs" }\n'
    invite = step("invite", organization="ours", population="m", pace={"over_days": 14})
    (told,) = problems(organizations + members, invite, step("wait", days=1, at_day=3))
    assert told == "step 2, at_day: day 3 has passed when its turn comes: what goes before takes until day 13.86"
    same = invite.replace("ours", "theirs")
    parse_scenario("\n".join([organizations + members, same, step("wait", days=1, at_day=3)]))


def test_many_tracks_that_wait_for_each_other() -> None:
    """Tracks may wait one for the other in a long row, the last first in the file, or in many ways that cross."""
    row = [track(f"t{number}", WAIT, after=f"t{number - 1}") for number in range(1_100, 0, -1)]
    assert len(parse_scenario("\n".join([*row, track("t0", WAIT)])).all_tracks) == 1_101

    crossing = [
        track(f"{side}{number}", WAIT, after=[f"a{number - 1}", f"b{number - 1}"])
        for number in range(1, 40)
        for side in "ab"
    ]
    both = [track("a0", WAIT), track("b0", WAIT)]
    assert plan_scenario(parse_scenario("\n".join([*both, *crossing]))).least_hours == 40 * 24
