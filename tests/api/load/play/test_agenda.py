"""The agenda gives answers in the order of their moments, ties as they were drawn, however it stores them."""

from random import Random
from typing import Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st

from orgsim.api.delays import Fixed, Uniform
from orgsim.api.load.play.agenda import (
    ACCEPT,
    DECLINE,
    LEAVE,
    Agenda,
    Answer,
    CanAnswer,
    Cohort,
    MakeRandom,
    ScheduledAnswer,
)
from orgsim.api.load.scenario import Behaviour
from orgsim.engine.settings import DAY
from orgsim.engine.state.timers import NEVER


def cohort(number: int, behaviour: Behaviour, seed: int = 1, name: str = "p") -> Cohort:
    """A cohort of some accounts, each with its handshake."""
    some = Cohort(name, "o-1", behaviour, Random(seed), "migration")
    for index in range(number):
        some.add(f"{name}{index}", f"h-{name}{index}")
    return some


def agenda_of(*cohorts: Cohort, agenda: Agenda | None = None) -> Agenda:
    """An agenda with the answers of all these cohorts, drawn at moment 0."""
    agenda = agenda or Agenda()
    for each in cohorts:
        agenda.add_cohort(each, 0)
    agenda.draw_answers(0)
    return agenda


def drained(agenda: Agenda, until: int = NEVER) -> list[tuple[int, str, Answer]]:
    """Pop all answers up to a moment: their moments, accounts and operations."""
    found: list[tuple[int, str, Answer]] = []
    while agenda.next_moment != NEVER and agenda.next_moment <= until:
        moment = agenda.next_moment
        popped = agenda.pop()
        assert isinstance(popped, ScheduledAnswer)
        found.append((moment, popped.cohort.accounts[popped.member], popped.answer))
    return found


def generators(seed: int) -> MakeRandom:
    """Generators for all purposes, from one seed."""
    return lambda purpose: Random(f"{seed} {purpose}")


def last_moment(agenda: Agenda, can_answer: CanAnswer) -> int | None:
    """The moment of the last answer that is to be waited for."""
    last = agenda.last(can_answer)
    return last and last.moment


def always(handshake: str, moment: int) -> bool:
    return True


def test_order() -> None:
    """Answers come by moment, and of equal moments in the order in which their accounts were asked."""
    soon, late = (cohort(3, Behaviour(delay=Fixed(days)), name=name) for days, name in ((1, "s"), (2, "l")))
    also = cohort(2, Behaviour(decline=1, delay=Fixed(1)), name="a")
    assert drained(agenda_of(late, soon, also)) == [
        *((DAY, f"s{index}", ACCEPT) for index in range(3)),
        *((DAY, f"a{index}", DECLINE) for index in range(2)),
        *((2 * DAY, f"l{index}", ACCEPT) for index in range(3)),
    ]


def test_nothing_to_come() -> None:
    """An empty agenda has no next and no last answer, and none is due."""
    agenda = agenda_of(cohort(5, Behaviour(accept=0)))
    assert (agenda.next_moment, last_moment(agenda, always), agenda.count_due(NEVER)) == (NEVER, None, 0)


def test_everybody_who_was_asked_is_drawn() -> None:
    """Two groups that are asked at one moment both answer, the first as if it had been alone."""
    one, other = (
        cohort(20, Behaviour(delay=Uniform(1, 2)), 1, "x"),
        cohort(20, Behaviour(delay=Uniform(1, 2)), 2, "y"),
    )
    both = drained(agenda_of(one, other))
    alone = drained(agenda_of(cohort(20, Behaviour(delay=Uniform(1, 2)), 1, "x")))
    assert len(both) == 40
    assert [answer for answer in both if answer[1].startswith("x")] == alone


@pytest.mark.parametrize("number", [3, 30])
def test_the_last_that_comes(number: int) -> None:
    """The last answer is the last that can be given; those to what has ended or will have are none."""
    agenda = agenda_of(cohort(number, Behaviour(delay=Uniform(1, 9))), cohort(1, Behaviour(delay=Fixed(20)), name="x"))
    moments = [moment for moment, who, _ in drained(agenda_of(cohort(number, Behaviour(delay=Uniform(1, 9)))))]
    assert last_moment(agenda, always) == 20 * DAY
    assert last_moment(agenda, lambda handshake, moment: moment < 20 * DAY) == moments[-1]
    assert last_moment(agenda, lambda handshake, moment: moment < moments[1]) == moments[0]
    assert last_moment(agenda, lambda handshake, moment: handshake == "h-x0") == 20 * DAY
    assert last_moment(agenda, lambda handshake, moment: False) is None


def test_the_last_of_many_single_answers() -> None:
    """Of answers scheduled one by one, as of paced invitations, hardly any is asked about to find the last."""
    some = cohort(10_000, Behaviour(delay=Fixed(days=1)))
    agenda, asked = Agenda(), list[int]()
    moments = Random(7).sample(range(1, 10**9), len(some.accounts))
    for member, moment in enumerate(moments):
        agenda.schedule(moment, ScheduledAnswer(some, member, ACCEPT))

    def most(handshake: str, moment: int) -> bool:
        asked.append(moment)
        return moment % 10 != 0

    assert last_moment(agenda, most) == max(moment for moment in moments if moment % 10)
    assert len(asked) < 1_000


def test_drawn_as_they_are_asked() -> None:
    """Accounts that are asked one after the other begin their delays each at its own moment."""
    agenda, some = Agenda(), cohort(0, Behaviour(delay=Fixed(1)))
    agenda.add_cohort(some, 0)
    for index in range(3):
        some.add(str(index), str(index))
        agenda.draw_answers(index * DAY)
    assert [moment / DAY for moment, _, _ in drained(agenda)] == [1, 2, 3]


SHARES = Behaviour(accept=0.5, decline=0.2, leave=0.1, after_reminder=0.1, delay=Uniform(1, 9))


def test_shares() -> None:
    """Among very many accounts each share gives its answer, and the rest never answers."""
    some = cohort(20_000, SHARES)
    kinds = [kind for _, _, kind in drained(agenda_of(some))]
    assert kinds.count(ACCEPT) / 20_000 == pytest.approx(0.5, abs=0.02)
    assert kinds.count(DECLINE) / 20_000 == pytest.approx(0.2, abs=0.02)
    assert kinds.count(LEAVE) / 20_000 == pytest.approx(0.1, abs=0.02)
    assert len(some.awaiting_reminder) / 20_000 == pytest.approx(0.1, abs=0.02)


@given(
    accept=st.floats(0, 0.7),
    rest=st.sampled_from([{}, {"decline": 0.2}, {"leave": 0.1, "after_reminder": 0.1}]),
    seed=st.integers(),
)
def test_another_share_concerns_only_its_own(accept: float, rest: dict[str, float], seed: int) -> None:
    """Who accepts with a smaller share accepts with a greater one, at the same moment; the others keep their delays."""

    def moments(share: float) -> dict[str, int]:
        behaviour = Behaviour(accept=share, delay=Uniform(0, 9), **rest)
        return {who: moment for moment, who, kind in drained(agenda_of(cohort(40, behaviour, seed))) if kind == ACCEPT}

    fewer, more = moments(accept / 2), moments(accept)
    assert fewer.items() <= more.items()


def test_the_rest_accepts_unless_a_share_is_given() -> None:
    """Without ``accept`` everybody accepts who does nothing else; with it the rest ignores the request."""
    assert len(drained(agenda_of(cohort(500, Behaviour(decline=0.25))))) == 500
    assert Behaviour(decline=0.25).accepting == 0.75
    assert 0 < len(drained(agenda_of(cohort(500, Behaviour(accept=0.5, decline=0.25))))) < 450


def test_reminder() -> None:
    """Who waits for a reminder accepts after another delay, counted from the reminder."""
    some = cohort(9, Behaviour(after_reminder=1, delay=Fixed(2)))
    agenda = agenda_of(some)
    assert last_moment(agenda, always) is None
    agenda.remind("", 1.0, generators(1), 5 * DAY, always)
    assert drained(agenda) == [(7 * DAY, f"p{index}", ACCEPT) for index in range(9)]
    assert some.awaiting_reminder == []


def test_reminder_that_not_all_follow() -> None:
    """Who does not follow a reminder waits for the next."""
    some = cohort(400, Behaviour(after_reminder=1, delay=Fixed(2)))
    agenda = agenda_of(some)
    agenda.remind("p", 0.5, generators(1), 0, always)
    first = drained(agenda)
    assert 150 < len(first) < 250
    agenda.remind("p", 0.0, generators(2), DAY, always)
    assert drained(agenda) == []
    agenda.remind("p", 1.0, generators(3), DAY, always)
    second = drained(agenda)
    assert {who for _, who, _ in first}.isdisjoint(who for _, who, _ in second)
    assert len(first) + len(second) == 400


def test_reminder_of_one_population() -> None:
    """A reminder for one population leaves the others alone."""
    silent = Behaviour(after_reminder=1)
    agenda = agenda_of(cohort(2, silent, name="a"), cohort(3, silent, name="b"))
    agenda.remind("b", 1.0, generators(1), 0, always)
    assert [who for _, who, _ in drained(agenda)] == ["b0", "b1", "b2"]


def test_reminders_of_several_populations() -> None:
    """The effect of a reminder on one population does not depend on how many accounts of another wait for it."""

    def second(first: int) -> list[tuple[int, str, Answer]]:
        silent = Behaviour(after_reminder=1, delay=Uniform(1, 9))
        agenda = agenda_of(cohort(first, silent, name="a"), cohort(20, silent, name="b"))
        agenda.remind("", 0.5, generators(1), 0, always)
        return [answer for answer in drained(agenda) if answer[1].startswith("b")]

    assert second(0) == second(3) == second(30)


def test_reminder_of_what_cannot_be_answered() -> None:
    """Nobody is reminded of a handshake that has ended, then or later, and no draw is spent on it."""
    some = cohort(3, Behaviour(after_reminder=1, delay=Uniform(1, 2)))
    agenda = agenda_of(some)
    agenda.remind("", 1.0, generators(1), 0, lambda handshake, moment: handshake == "h-p1")
    assert [who for _, who, _ in drained(agenda)] == ["p1"]
    assert some.awaiting_reminder == []


def test_reminder_at_the_moment_of_asking() -> None:
    """Who was asked a moment ago can be reminded already."""
    agenda, some = Agenda(), cohort(3, Behaviour(after_reminder=1))
    agenda.add_cohort(some, 0)
    agenda.remind("", 1.0, generators(1), 0, always)
    assert len(drained(agenda)) == 3


MIXED = Behaviour(accept=0.4, decline=0.2, after_reminder=0.3)
GROUPS = st.lists(st.tuples(st.integers(0, 30), st.integers(0, 3), st.integers()), min_size=1, max_size=5)


@given(groups=GROUPS, until=st.integers(0, 4 * DAY), share=st.floats(0, 1), again=st.integers(0, 5 * DAY))
def test_few_and_many_are_kept_alike(groups: list[tuple[int, int, int]], until: int, share: float, again: int) -> None:
    """Answers come in the same order, and as many are due, whether they are stored one by one or in arrays."""

    def run(fewest_in_arrays: int) -> list[Any]:
        # Whole days, so that many moments are equal.
        cohorts = [
            cohort(number, msgspec.structs.replace(MIXED, delay=Fixed(length)), seed, str(at))
            for at, (number, length, seed) in enumerate(groups)
        ]
        agenda = agenda_of(*cohorts, agenda=Agenda(fewest_in_arrays))
        seen: list[Any] = [agenda.next_moment, last_moment(agenda, always), agenda.count_due(until)]
        seen += drained(agenda, until)
        agenda.remind("", share, generators(5), until, always)
        if agenda.next_moment != NEVER:
            popped = agenda.pop()
            assert isinstance(popped, ScheduledAnswer)
            seen.append(popped.cohort.accounts[popped.member])
            agenda.schedule(again, popped)
        seen += [agenda.next_moment, last_moment(agenda, always), agenda.count_due(until + DAY)]
        return seen + drained(agenda)

    assert run(1) == run(8) == run(10**6)


@given(groups=GROUPS, until=st.integers(0, 4 * DAY))
def test_as_many_come_as_are_due(groups: list[tuple[int, int, int]], until: int) -> None:
    """The number of answers given by a moment is the number that were due, and the last comes at the last moment."""
    agenda = agenda_of(*(cohort(number, Behaviour(delay=Uniform(0, length)), seed) for number, length, seed in groups))
    due, last = agenda.count_due(until), last_moment(agenda, always)
    early = drained(agenda, until)
    assert len(early) == due
    everything = early + drained(agenda)
    assert (everything[-1][0] if everything else None) == last
    assert [moment for moment, _, _ in everything] == sorted(moment for moment, _, _ in everything)
