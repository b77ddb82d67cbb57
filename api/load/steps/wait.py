"""``wait``: time passes, for some days or until a condition holds."""

from ....engine.settings import DAY
from ..plan.foresight import Foresight
from ..play.context import StepContext
from ..scenario.figures import Figure
from ..scenario.steps import Wait
from ..scenario.thresholds import Threshold, read_condition
from ..wording import figure

OF_ALL = "joined_of_all_share"


async def play(step: Wait, context: StepContext) -> None:
    """Let days pass, or wait until a condition holds."""
    if step.until is None:
        await context.wait_until(context.engine.now + round((step.days or 0) * DAY))
    else:
        await _wait_for(read_condition(step.until, context.scenario.figures), step.at_most_days or 0, context)


async def _wait_for(condition: Threshold, at_most_days: float, context: StepContext) -> None:
    engine = context.engine
    deadline = engine.now + round(at_most_days * DAY)
    while not condition.holds(value := await context.lookout.value(condition.figure)):
        if engine.now >= deadline:
            stood = "has no value" if value is None else f"stood at {figure(condition.metric, value, condition.holds)}"
            waited = f"waited {at_most_days:g} day{'' if at_most_days == 1 else 's'} for {condition}"
            context.timetable.warn(f"{waited}, which {stood}")
            return
        await context.timetable.wait_for_change(condition, deadline, context.activity)
    await _warn_of_uninvited(condition, context)


async def _warn_of_uninvited(condition: Threshold, context: StepContext) -> None:
    """Say so if the share of those that were invited so far is another than that of all accounts of a population."""
    part, name = condition.figure.part, condition.figure.name
    if name != "joined_share" or not part.startswith("populations."):
        return
    value = await context.lookout.value(Figure(part, OF_ALL))
    if not condition.holds(value):
        of_all = condition.metric.removesuffix(name) + OF_ALL
        stood = figure(OF_ALL, value or 0.0, condition.holds)
        context.timetable.warn(
            f"{condition} held among those invited so far; of all accounts {of_all} stood at {stood}"
        )


def foresee(step: Wait, foresight: Foresight) -> float:
    """Foresee no call; the days take their time, a condition may hold at once."""
    if step.until is not None:
        foresight.ages.wait()
    return (step.days or 0.0) * 24
