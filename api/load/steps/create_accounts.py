"""``create_accounts``: the management account creates what is missing of a population."""

from itertools import repeat

from ....engine.operations import create_account
from ....engine.rules.limits import creation_finishes
from ..plan.foresight import Foresight
from ..plan.limits import creation_hours
from ..plan.number import Number
from ..play.context import StepContext
from ..play.pipeline import Pipeline
from ..scenario.steps import CreateAccounts


async def play(step: CreateAccounts, context: StepContext) -> None:
    """Create the accounts that a population lacks, and wait until the last creation has ended."""
    engine, population, organization = context.engine, step.population, context.organization(step)
    missing = max(context.scenario.populations[population].count - len(context.accounts[population]), 0)
    if population in context.being_created:
        # The step that creates them has asked for all that were missing.
        missing = 0
    if missing:
        context.being_created.add(population)
    else:
        context.timetable.warn(f"nothing of {population} is left to create: all accounts are there or asked for")
    management, names = context.management(step), context.new_names(population)

    def create() -> None:
        email, name = names.next()
        engine.post(create_account.Request(email, name), management)
        names.emails.append(email)

    if step.is_pipeline:
        context.vending.expect_ready(population)
        await Pipeline(step, context, missing).run()
    else:
        context.vending.ask(population, missing, names)
        await context.send(step, step.operation, f"Creating {population}", repeat(create, missing), missing)
    while organization.creations:
        await context.move_to(max(creation_finishes(organization, engine.state, engine.now), engine.now))
        engine.fire_due()
    context.accounts[population] = context.created_for(population)
    if missing:
        context.being_created.remove(population)


def foresee(step: CreateAccounts, foresight: Foresight) -> float:
    """Foresee as many creations as the population lacks accounts."""
    population = step.population
    number = Number.exactly(foresight.populations[population].count) - foresight.accounts(population)
    foresight.need_accounts(step.organization, number)
    hours = foresight.send(step, step.operation, number)
    created = number.chance(1.0, certain=not step.retry)
    foresight.members.create(population, step.organization, created)
    for following in step.then or ():
        foresight.send(step, following.action, created)
    hours = hours if step.retry else max(hours, creation_hours(number.least, foresight.settings))
    if number.most > 0:
        all_are_new = number.least >= foresight.populations[population].count
        day = foresight.day
        foresight.ages.create(population, step.organization, day, day + hours / 24, all_are_new=all_are_new)
    return hours
