"""``wait``: time passes, for some days or until a condition holds."""

from ....engine.settings import DAY
from ..plan.foresight import Foresight
from ..play.context import StepContext
from ..scenario.figures import RUN, Figure
from ..scenario.steps import Wait
from ..scenario.thresholds import Threshold, read_condition
from ..wording import figure

JOINED, OF_INVITED, OF_ALL = "joined", "joined_share", "joined_of_all_share"


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
    if name != OF_INVITED or not part.startswith("populations."):
        return
    value = await context.lookout.value(Figure(part, OF_ALL))
    if not condition.holds(value):
        of_all = condition.metric.removesuffix(name) + OF_ALL
        stood = figure(OF_ALL, value or 0.0, condition.holds)
        context.timetable.warn(
            f"{condition} held among those invited so far; of all accounts {of_all} stood at {stood}"
        )


def foresee(step: Wait, foresight: Foresight) -> float:
    """Foresee no call; the days take their time, a condition may hold at once, but is expected to take some."""
    if step.until is not None:
        foresight.ages.wait()
        _expect(read_condition(step.until, foresight.figures), step.at_most_days or 0.0, foresight)
    return (step.days or 0.0) * 24


def _expect(condition: Threshold, at_most_days: float, foresight: Foresight) -> None:
    """Expect that as many of those that were invited have joined as a step waits for."""
    part, name = condition.figure.part, condition.figure.name
    if condition.comparison not in (">", ">=") or name not in (JOINED, OF_INVITED, OF_ALL):
        return
    invited = [
        each
        for each in foresight.members.cohorts
        if not each.migration and part in (RUN, f"organizations.{each.organization}", f"populations.{each.population}")
    ]
    number, share = sum(each.asked.expected for each in invited), condition.limit
    if not number:
        return
    if name == OF_ALL:
        share *= foresight.accounts(part.partition(".")[2]).expected / number
    elif name == JOINED:
        share /= number
    for each in invited:
        each.wait_for(share, foresight.day + at_most_days)
        foresight.members.touch(each.population)
