"""Reads the tracks of a scenario file and their steps."""

from typing import Any, cast, get_args

from ....engine.spelling import close_to, quoted
from .checks import AWS_OPERATIONS
from .conversion import salvage
from .order import ReadTrack
from .possible import shown
from .problems import KeyPath, Problem, Problems
from .steps import PLAIN, Call, Step, TrackTable

CALL = str(Call.__struct_config__.tag)
ACTIONS = [str(each.__struct_config__.tag) for each in get_args(Step) if each is not Call]
ALL_ACTIONS = f" (there are: {', '.join(ACTIONS)}, and AWS's operations by their names)"


def read_tracks(document: dict[str, Any], problems: Problems) -> list[ReadTrack]:
    """Take the plain list of steps and the tracks out of a file.

    Args:
        document: the file as ``tomllib`` returns it, without its parameters; the keys are removed.
        problems: what is wrong is added to it.

    Returns:
        The tracks in the order in which they go first at the same moment: the plain list, then as in the file.
    """
    tracks = document.pop("tracks", {})
    plain = document.pop("steps", None)
    if not isinstance(tracks, dict):
        problems.append(Problem("must hold tables such as [tracks.invitations] with steps", ("tracks",)))
        return []
    named = cast("dict[str, Any]", tracks)
    if PLAIN in named:
        problems.append(Problem("the plain list of steps is called so; take another name", ("tracks", PLAIN)))
    if plain is None and named:
        return [_track(name, table, problems) for name, table in named.items()]
    listed = _steps(PLAIN, ("steps",), TrackTable(), [] if plain is None else plain, problems)
    return [listed, *(_track(name, table, problems) for name, table in named.items())]


def _track(name: str, table: Any, problems: Problems) -> ReadTrack:
    path = ("tracks", name)
    steps: Any = _taken_out(cast("dict[str, Any]", table), path, problems) if isinstance(table, dict) else []
    read: TrackTable | None = salvage(table, TrackTable, path, problems, needed=("after",))
    return _steps(name, (*path, "steps"), read, steps, problems)


def _taken_out(table: dict[str, Any], path: KeyPath, problems: Problems) -> Any:
    """Take the steps out of the table of a track; they may be under a misspelt key."""
    others = [key for key in table if key not in TrackTable.__struct_fields__]
    for key in close_to("steps", others, 1) if "steps" not in table else ():
        problems.append(Problem(f"unknown key `{key}`, did you mean `steps`?", path, key))
        return table.pop(key)
    return table.pop("steps", [])


def _steps(name: str, path: KeyPath, table: TrackTable | None, steps: Any, problems: Problems) -> ReadTrack:
    if not isinstance(steps, list) or not steps:
        if not any("did you mean `steps`" in problem.message for problem in problems):
            example = f"[[{'.'.join(map(str, path))}]]"
            problems.append(Problem(f"there must be at least one, such as {example} with an action", path))
        steps = []
    listed = cast("list[Any]", steps)
    read = [_step(step, (*path, index), problems) for index, step in enumerate(listed)]
    return ReadTrack(name, path, table, read, [_saves(step) for step in listed])


def _saves(step: Any) -> list[str]:
    """The names under which a step saves something, if it can be read or not."""
    keys = cast("dict[str, Any]", step) if isinstance(step, dict) else {}
    names: list[str] = []
    for save in (keys[key] for key in close_to("save", keys)):
        # A text alone is a mistake, but other steps name it all the same.
        names += [save] if isinstance(save, str) else cast("dict[str, Any]", save) if isinstance(save, dict) else []
    return names


def _step(step: Any, path: KeyPath, problems: Problems) -> Step | None:
    action = cast("dict[str, Any]", step).get("action") if isinstance(step, dict) else ""
    if action is None:
        keys = close_to("action", cast("dict[str, Any]", step), 1)
        missing = f"unknown key `{keys[0]}`, did you mean `action`?" if keys else f"`action` is missing{ALL_ACTIONS}"
        problems.append(Problem(missing, path, keys[0] if keys else ""))
        return None
    if not isinstance(action, str):
        problems.append(Problem(f"must be a text, not {shown(action)}{ALL_ACTIONS}", (*path, "action")))
        return None
    if action in AWS_OPERATIONS:
        if "operation" in step:
            problems.append(Problem("the action is the name of the operation already", (*path, "operation")))
        step = {**cast("dict[str, Any]", step), "action": CALL, "operation": action}
    elif action and action not in ACTIONS:
        problems.append(Problem(f"there is no {quoted(action)}{_what_action(action)}", (*path, "action")))
        return None
    return salvage(step, Step, path, problems, needed=("for_each",))


def _what_action(action: str) -> str:
    (close,) = close_to(action, [*ACTIONS, *AWS_OPERATIONS], 1) or [""]
    what = "the operation " if close in AWS_OPERATIONS else ""
    return (f", did you mean {what}`{close}`?" if close else "") + ALL_ACTIONS
