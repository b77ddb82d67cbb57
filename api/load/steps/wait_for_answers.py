"""``wait_for_answers``: time passes until all accounts that are going to answer have answered."""

from ..plan.foresight import Foresight
from ..play.context import StepContext
from ..scenario.steps import WaitForAnswers


async def play(step: WaitForAnswers, context: StepContext) -> None:
    """Move the clock to the last answer that can still be given, by a population or anybody.

    When the last answer cannot come any more, because its account was removed or its request canceled meanwhile, it
    is looked for anew.
    """
    # A loop also because an account that is throttled on the way answers later than was drawn.
    agenda, can_answer = context.driver.agenda, context.driver.can_answer
    agenda.draw_answers(context.engine.now)
    while (last := agenda.last(can_answer, step.population)) is not None:
        await context.wait_until(last.moment, last.handshake)


def foresee(step: WaitForAnswers, foresight: Foresight) -> float:
    """Foresee no call, and no time: how long accounts take to answer is not known; but then they have."""
    unsettled = (each for each in foresight.members.asked(step.population) if not each.settled)
    if not foresight.alone:
        if next(unsettled, None):
            foresight.ages.wait()
        return 0.0
    for each in unsettled:
        foresight.ages.wait()
        each.settled = True
        foresight.members.touch(each.population)
    return 0.0
