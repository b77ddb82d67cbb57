"""When the steps of a scenario are played: the tracks' turns, their days, and what each step took."""

from collections.abc import Awaitable, Callable
from functools import partial

from ....engine.runtime.engine import Engine
from ....engine.settings import DAY, HOUR
from ...plurals import counted
from ..scenario.problems import ScenarioError, place_text
from ..scenario.steps import PLAIN, Step, Track
from ..scenario.thresholds import Threshold
from .call_counter import CallCounter, Tally
from .clock_driver import ClockDriver
from .lookout import Lookout
from .outcome import FollowUp, StepOutcome
from .playing import Playing
from .turns import IsOver, Turns, never

PlayStep = Callable[[Step], Awaitable[None]]


class Timetable:
    """Plays tracks side by side, their steps in order, each on its day.

    Args:
        engine: runs under the clock that ``driver`` moves.
        driver: moves the clock.
        counter: counts the calls; told whose they are.
        lookout: looks at the run while time passes.
    """

    def __init__(self, engine: Engine, driver: ClockDriver, counter: CallCounter, lookout: Lookout) -> None:
        self.turns = Turns(lambda: engine.now)
        self.tracks: dict[str, Playing] = {}
        """Those that have begun, by their names, for the plain list ``steps``."""
        self.warnings: list[str] = []
        self.reminders: list[FollowUp] = []
        """Those that steps have sent."""
        self._outcomes: list[StepOutcome | None] = []
        """Of steps in the order in which they began; None while one is played."""
        self._engine = engine
        self._driver = driver
        self._counter = counter
        self.start = engine.now
        """When the run began."""
        self._lookout = lookout
        self._playing = self._plain = Playing("")
        """The track whose turn it is; before the first of them the plain list."""

    @property
    def steps(self) -> list[StepOutcome]:
        """The steps played so far, in the order in which they began."""
        return [each for each in self._outcomes if each]

    async def play(self, track: Track, play_step: PlayStep) -> None:
        """Play the steps of a track, as often as it says.

        Raises:
            ScenarioError: a step cannot be played; the message begins with its place.
        """
        playing, table = self._plain if track.name == PLAIN else Playing(track.label), track.table
        self._playing, playing.path = playing, track.path[:2]
        self.tracks[track.name] = playing
        first = max(self._engine.now, self._on_day(table.from_day))
        if first > self._on_day(table.from_day) and table.from_day:
            self.warn(f"from_day = {table.from_day:g} had passed: it began on day {self._day:.4g}")
        for number in range(table.times or 1):
            planned = first + round(number * (table.every_days or 0.0) * DAY)
            playing.path = track.path[:2]
            if planned < self._engine.now:
                was = f"was planned for day {self._day_of(planned):.4g}"
                self.warn(f"time {number + 1} {was}: it began on day {self._day:.4g}")
            await self.move_to(planned)
            for index, step in enumerate(track.steps):
                playing.path = (*track.path, index)
                await self._play_step(index, step, play_step)
        playing.ended = True

    async def _play_step(self, index: int, step: Step, play_step: PlayStep) -> None:
        playing = self._playing
        try:
            await self._timed(index, step, play_step, playing)
        except ScenarioError as error:
            text, place = str(error), place_text(playing.path)
            raise ScenarioError(f"{place}, {text[1:]}" if text.startswith(".") else f"{place}: {text}") from None

    async def _timed(self, index: int, step: Step, play_step: PlayStep, playing: Playing) -> None:
        engine, counter = self._engine, self._counter
        playing.number, playing.step, playing.began = index + 1, step, None
        reached = engine.now
        if step.at_day is not None:
            if self._on_day(step.at_day) < engine.now:
                self.warn(f"at_day = {step.at_day:g} had passed: it began on day {self._day:.4g}")
            await self.move_to(self._on_day(step.at_day))
        place, tally = len(self._outcomes), Tally()
        playing.began = began = engine.now
        self._outcomes.append(None)
        playing.tally = counter.tally = tally
        try:
            await play_step(step)
            if tally.refusal and not tally.accepted:
                self.warn(f"{'not one call was accepted, the last of ' if tally.planned > 1 else ''}{tally.refusal}")
            elif tally.given_up:
                why = "throttled" if tally.refused == tally.throttled else "refused"
                lost = (
                    f"{tally.given_up:,} of {counted(tally.planned, 'call')} {'was' if tally.given_up == 1 else 'were'}"
                )
                self.warn(f"{lost} {why} until all attempts of retry were used up, and given up")
        finally:
            # Of a step that the end of the run has cut off, too.
            playing.tally = counter.tally = Tally()
            self._outcomes[place] = StepOutcome(
                index + 1,
                step.action,
                step.subject,
                self._day_of(began),
                (engine.now - began) / HOUR,
                tally.calls,
                tally.refused,
                tally.throttled,
                tally.held_back,
                playing.name,
                (began - reached) / HOUR,
                tally.answers,
                step.operation,
            )

    async def move_to(self, moment: int, what: str = "Answering", handshake: str = "") -> None:
        """Move the clock to a moment for the track whose turn it is, unless that has passed; others go on meanwhile.

        Args:
            moment: microseconds since the epoch.
            what: the activity that is reported as progress while accounts answer.
            handshake: the clock is moved no further when this one ends.

        Raises:
            ScenarioError: the moment lies beyond the calendar.
            RunStopped: a threshold has ended the run on the way.
        """
        driver, engine = self._driver, self._engine
        with driver.watching(handshake):
            is_over = partial(driver.has_ended, handshake) if handshake else never
            await self._take_turn(moment, is_over)
            self._lookout.expect_change(engine.now)
            while not is_over():
                await driver.move_to(max(min(moment, self._lookout.next), engine.now), what)
                if self._lookout.next <= engine.now:
                    await self._lookout.look(engine.now, driver.next_change)
                if engine.now >= moment:
                    return
                # What another track waits for may have ended: then that goes on now.
                if await self._take_turn(moment, is_over):
                    self._lookout.expect_change(engine.now)

    async def wait_for_change(self, condition: Threshold, deadline: int, what: str) -> None:
        """Move the clock to the next full hour at which a condition that does not hold may, for the present track.

        Conditions are looked at on full hours; those at which nothing can have changed are passed over.

        Args:
            condition: that the track waits for.
            deadline: in microseconds since the epoch; the clock is moved no further.
            what: the activity that is reported as progress.
        """
        playing, lookout, now = self._playing, self._lookout, self._engine.now
        by_itself = min(lookout.turns_at(condition, now), deadline)
        change = min(self._driver.next_change, lookout.measure_at, by_itself, *map(self._acts_at, self.turns.others()))
        playing.idle_until, playing.known = by_itself, self._known
        await self.move_to(min(lookout.full_hour(change, now), deadline), what)
        playing.idle_until = 0

    def _acts_at(self, other: tuple[str, int]) -> int:
        """The moment at which another track may do something, if nothing happens before."""
        name, moment = other
        playing = self.tracks.get(name)
        if playing is None or moment <= self._engine.now or playing.known != self._known:
            # When it looks at its condition, it may find that it holds, and go on.
            return moment
        return max(moment, playing.idle_until)

    @property
    def _known(self) -> tuple[int, ...]:
        """Numbers of which one at least grows whenever a figure may change, but for figures of time."""
        counter, outcomes = self._counter, self._outcomes
        steps = len(outcomes) - outcomes.count(None)
        return self._engine.state.position, counter.calls, counter.held_back.total(), steps

    async def _take_turn(self, moment: int, is_over: IsOver) -> bool:
        """Wait until nobody else has anything to do before a moment; returns whether another had its turn."""
        playing = self._playing
        playing.until = moment
        waited = await self.turns.reach(moment, is_over)
        self._playing, self._counter.tally = playing, playing.tally
        return waited

    def next_serial(self) -> str:
        """A text that no other draw of the same track has: with it, two steps of one kind draw different numbers.

        It does not depend on other tracks, so that another track changes no draw of this one.
        """
        return f"{self._playing.name} {next(self._playing.serials)}".lstrip()

    def warn(self, message: str) -> None:
        """Keep a warning about the step that is played."""
        place = place_text(self._playing.path)
        self.warnings.append(f"{place}: {message}" if place else message)

    def remember_reminder(self, population: str, reached: int, followed: int) -> None:
        """Keep whom the reminder of the present step has reached."""
        playing, day = self._playing, self._day
        self.reminders.append(
            FollowUp(
                population,
                "",
                "reminder",
                place_text(playing.path),
                reached,
                followed,
                day,
                day,
                track=playing.name,
                step=playing.number,
            )
        )

    def _on_day(self, day: float) -> int:
        return self.start + round(day * DAY)

    def _day_of(self, moment: int) -> float:
        return (moment - self.start) / DAY

    @property
    def _day(self) -> float:
        return self._day_of(self._engine.now)
