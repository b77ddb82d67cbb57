"""A run while it goes on, for whoever watches it."""

from collections.abc import Callable, Iterator, Mapping

from msgspec import Struct

from ....engine.runtime.engine import Engine
from ....engine.settings import DAY
from ..scenario.figures import Figure
from ..scenario.model import Scenario
from ..scenario.steps import Track, Wait
from .outcome import FunnelStage, ThresholdOutcome
from .playing import Playing


class TrackSoFar(Struct, frozen=True, kw_only=True):
    """A track and what it is doing now; all moments are microseconds since the epoch."""

    name: str
    """Empty for the plain list of steps."""
    steps: int
    """How many it has."""
    waits_for: tuple[str, ...] = ()
    """The tracks that must end before it begins."""
    number: int = 0
    """Of its present step, from 1; 0 before the first has begun."""
    action: str = ""
    """Of its present step."""
    subject: str = ""
    """The population that the step is about, or else the organization."""
    sent: int = 0
    """How many of its calls the step has sent, apart from answers and retries."""
    planned: int = 0
    """How many calls it sends; 0 if it sends none."""
    until: int = 0
    """The moment at which it goes on, at the latest; not after the present if it does not wait."""
    condition: str = ""
    """What must hold before it goes on earlier."""
    ended: bool = False


class RunSoFar:
    """What stands now in a run that goes on, or has ended; looking at it changes nothing.

    Args:
        scenario: which is played.
        engine: on which it is played.
        playing: the tracks that have begun, by their names, to which others are added.
        value: computes a figure from what is durable; None if it has no value yet.
        funnels: counts the accounts by organization, from what is durable.
    """

    def __init__(
        self,
        scenario: Scenario,
        engine: Engine,
        playing: Mapping[str, Playing],
        value: Callable[[Figure], float | None],
        funnels: Callable[[], dict[str, tuple[FunnelStage, ...]]],
    ) -> None:
        self.scenario = scenario
        self.start = engine.now
        """When the run began, in microseconds since the epoch."""
        self._engine = engine
        self._playing = playing
        self._value = value
        self.funnels = funnels
        """Counts the accounts: name of an organization to the stages of its funnel as they stand."""

    @property
    def now(self) -> int:
        """The simulated time, in microseconds since the epoch."""
        return self._engine.now

    @property
    def day(self) -> float:
        """How many simulated days have passed since the run began."""
        return (self.now - self.start) / DAY

    def thresholds(self) -> Iterator[ThresholdOutcome]:
        """The thresholds with their values now, from what is durable; whether they hold now says nothing of the end."""
        for limit in self.scenario.thresholds:
            value = self._value(limit.figure)
            yield ThresholdOutcome(str(limit), value, limit.holds(value), limit.severity)

    def tracks(self) -> Iterator[TrackSoFar]:
        """All tracks in their order, the plain list of steps first."""
        playing = self._playing
        ended = {name for name, each in playing.items() if each.ended}
        for track in self.scenario.all_tracks:
            if track.name in playing:
                yield _track(track, playing[track.name])
            else:
                waits_for = tuple(each for each in track.table.predecessors if each not in ended)
                yield TrackSoFar(name=track.label, steps=len(track.steps), waits_for=waits_for)


def _track(track: Track, playing: Playing) -> TrackSoFar:
    step, until, condition = playing.step, playing.until, ""
    if isinstance(step, Wait) and step.until is not None and playing.began is not None:
        condition, until = step.until, playing.began + round((step.at_most_days or 0) * DAY)
    return TrackSoFar(
        name=track.label,
        steps=len(track.steps),
        number=playing.number,
        action=step.action if step else "",
        subject=step.subject if step else "",
        sent=playing.tally.sent,
        planned=playing.tally.planned,
        until=until,
        condition=condition,
        ended=playing.ended,
    )
