"""Draws a run that goes on: as a picture for a terminal, or as one line."""

from collections.abc import Iterable, Iterator
from itertools import repeat

from rich.console import Console, Group
from rich.text import Text

from ...engine.settings import HOUR
from ...engine.shapes.base import moment_text
from ..load import answer, wording
from ..load.play.outcome import FunnelStage
from ..load.play.so_far import RunSoFar, TrackSoFar
from ..load.scenario.steps import PLAIN
from .terminal import printable

FEWEST_STEPS = 3
"""So many steps are shown however low the terminal is."""

BAR = 20
"""The width of the longest bar, in columns."""

ASCII = str.maketrans({"✓": "+", "▶": ">", "█": "#"})
"""What stands for signs that a terminal may not have."""


def picture(run: RunSoFar, speed: float, console: Console) -> Group:
    """Draw a run so that it fits into a terminal; lines that are too long are cut, steps far from the present left out.

    Args:
        run: the run.
        speed: in simulated hours per second of real time.
        console: where it is shown.
    """
    above = [_text(run.scenario.description, "bold")] if run.scenario.description else []
    above.append(_text(_clock(run, speed), "cyan"))
    below = [*_accounts(run), *_group("Thresholds now", _thresholds(run))]
    room = max(FEWEST_STEPS, console.height - len(above) - len(below) - 3)
    lines = [*above, *_steps_or_tracks(run, room), *below]
    if "utf" not in console.encoding:
        for each in lines:
            each.plain, each.overflow = each.plain.translate(ASCII), "crop"
    return Group(*lines)


def line(run: RunSoFar, speed: float) -> str:
    """Tell how a run stands, on one line."""
    playing = [track for track in run.tracks() if track.number and not track.ended]
    doing = (f"{track.name} {_doing(track, run)}".strip() for track in playing)
    accounts = (
        f"{organization}: {', '.join(f'{each.accounts:,} {each.name}' for each in stages)}"
        for organization, stages in run.funnels().items()
    )
    return "; ".join([_clock(run, speed), *doing, *accounts])


def _text(text: str, style: str = "") -> Text:
    return Text(printable(text), style, no_wrap=True, overflow="ellipsis")


def _group(head: str, rows: Iterable[Text]) -> list[Text]:
    """Rows below an empty line and a heading; nothing if there are no rows."""
    found = list(rows)
    return [_text(""), _text(head, "bold"), *found] if found else []


def _clock(run: RunSoFar, speed: float) -> str:
    clock = f"{_moment(run.now)} UTC, day {run.day:,.1f}"
    if not speed:
        return clock
    return f"{clock}, {f'{speed / 24:,.1f} days' if speed > 12 else wording.duration(speed)} per second"


def _moment(time: int) -> str:
    return moment_text(time, "%Y-%m-%d %H:%M")


def _steps_or_tracks(run: RunSoFar, room: int) -> list[Text]:
    """A line for each step of a scenario that has one track, otherwise a line for each track."""
    tracks = list(run.tracks())
    if len(tracks) == 1:
        return _group("Steps", _steps(run, tracks[0], room))
    width = max(len(_name(track)) for track in tracks)
    return _group(
        "Tracks",
        (
            _row(f"{_name(track):{width}}  {_doing(track, run)}", done=track.ended, present=track.number > 0)
            for track in tracks
        ),
    )


def _steps(run: RunSoFar, track: TrackSoFar, room: int) -> Iterator[Text]:
    steps = run.scenario.all_tracks[0].steps
    # The present one, the one before it, and what fits in below.
    first = max(0, min(track.number - 2, len(steps) - room))
    for number, step in enumerate(steps[first : first + room], first + 1):
        present = number == track.number and not track.ended
        text = _doing(track, run) if present else _step(number, step.action, step.subject)
        yield _row(text, done=number < track.number or track.ended, present=present)


def _row(text: str, *, done: bool, present: bool) -> Text:
    mark, style = ("✓", "dim") if done else ("▶", "") if present else (" ", "")
    return _text(f"  {mark} {text}".rstrip(), style)


def _name(track: TrackSoFar) -> str:
    return track.name or PLAIN


def _step(number: int, action: str, subject: str) -> str:
    return f"{number:2} {action} {subject}".rstrip()


def _doing(track: TrackSoFar, run: RunSoFar) -> str:
    """What a track is doing: its step, how many of its calls are made, and until when it waits."""
    if track.ended or track.waits_for:
        return "has ended" if track.ended else f"waits for {', '.join(track.waits_for)}"
    parts = [_step(track.number, track.action, track.subject) if track.number else ""]
    if track.planned:
        parts.append(f"{track.sent:,} of {track.planned:,} calls")
    if track.condition:
        parts.append(f"at the latest on {_moment(track.until)}")
    elif track.until > run.now + (HOUR if track.planned else 0):  # not between two calls, which would flicker
        parts.append(f"{'goes on' if track.number else 'begins'} {_moment(track.until)}")
    return ", ".join(filter(None, parts))


def _accounts(run: RunSoFar) -> Iterator[Text]:
    """The funnel of each organization that asks accounts: how many have come how far, and why the others have not."""
    for organization, stages in run.funnels().items():
        yield from _group(
            f"Accounts of {organization}",
            map(_stage, stages, repeat(max(each.accounts for each in stages))),
        )


def _stage(stage: FunnelStage, most: int) -> Text:
    bar = "█" * round(BAR * stage.accounts / most) if most else ""
    reasons = ", ".join(f"{number:,} {reason}" for reason, number in stage.lost.items())
    added = "".join(f" + {number:,} {origin}" for origin, number in stage.added.items())
    return _text(f"  {stage.name:16} {stage.accounts:9,}  {bar:{BAR}}  {reasons}{added}".rstrip())


def _thresholds(run: RunSoFar) -> Iterator[Text]:
    for each in run.thresholds():
        text = _text(f"  {'holds' if each.ok else 'not now':7}  {each.threshold}: {answer.found(each)}")
        text.stylize("green" if each.ok else "yellow", 2, 9)
        yield text
