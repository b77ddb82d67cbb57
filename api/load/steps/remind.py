"""``remind``: accounts that wait for a reminder get one, by mail: no call is made."""

from random import Random

from ..plan.foresight import Foresight
from ..play.context import StepContext
from ..scenario.steps import Remind


async def play(step: Remind, context: StepContext) -> None:
    """Remind a population, or all; who follows answers after another delay."""
    context.activity = "Answering, reminded"
    driver, number = context.driver, context.timetable.next_serial()

    def make_random(purpose: str) -> Random:
        return context.random(f"{purpose} reminder {number}")

    counts = driver.agenda.remind(step.population, step.accept, make_random, context.engine.now, driver.can_answer)
    context.timetable.remember_reminder(step.population, *counts)
    if not counts[0]:
        context.timetable.warn("the reminder reached nobody: no account that was asked waits for one")


def foresee(step: Remind, foresight: Foresight) -> float:
    """Foresee no call; more of those who were asked will accept."""
    for each in foresight.members.asked(step.population):
        each.remind(step.accept, foresight.day)
        foresight.members.touch(each.population)
    return 0.0
