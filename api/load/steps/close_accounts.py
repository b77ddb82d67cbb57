"""``close_accounts``: the management account closes a share of a population."""

from functools import partial

from ....engine.operations import close_account
from ....engine.rules.limits import closure_finishes
from ....engine.words import FeatureSet
from ..plan.foresight import Foresight
from ..plan.limits import closure_hours
from ..plan.number import among
from ..plan.refusals import NO_FEATURES, lacks_features
from ..play.context import StepContext
from ..scenario.populations import portion_of
from ..scenario.steps import CloseAccounts


async def play(step: CloseAccounts, context: StepContext) -> None:
    """Close the members of a population, and wait until the last closure has ended."""
    engine, organization = context.engine, context.organization(step)
    closures, accounts = organization.closures, context.accounts_of(step.population)
    concerned = accounts[: portion_of(len(accounts), step.share)]
    open_ones = (each for each in concerned if each not in closures.closed and each not in closures.pending)
    closing = [each for each in open_ones if each in organization.members]
    if not closing:
        why = (
            f"none of the {len(concerned):,} is a member that is not closed"
            if concerned
            else "there are no accounts yet"
        )
        context.timetable.warn(f"nobody of {step.population} is left to close: {why}")
    management = context.management(step)

    def close(account: str) -> None:
        engine.post(close_account.Request(account), management)

    attempts = (partial(close, account) for account in closing)
    await context.send(step, step.operation, f"Closing {step.population}", attempts, len(closing))
    while organization.closures.pending:
        await context.move_to(max(closure_finishes(organization, engine.state, engine.now), engine.now))
        engine.fire_due()


def foresee(step: CloseAccounts, foresight: Foresight) -> float:
    """Foresee a closure for each account of the share that is a member."""
    members, organization = foresight.members, step.organization
    there, closed = members.of(step.population, organization), members.closed[step.population, organization]
    whole = foresight.accounts(step.population)
    # The share is counted off all accounts of the population, wherever they are.
    number = among(whole.portion(step.share), there, whole) - closed
    if lacks_features(organization, foresight):
        hours = foresight.send(step, step.operation, number)
        foresight.refuse(number.least, NO_FEATURES)
        return hours
    # Accounts can only be closed with all features: a migration may have failed.
    surely = foresight.features[organization] is FeatureSet.ALL and not step.retry
    are_first = foresight.all_are_members(step.population, organization)
    members.closed[step.population, organization] = closed + number.chance(1.0, certain=surely and are_first)
    total = foresight.need_closures(organization, number)
    members.interrupt(members.asked(step.population))
    hours = foresight.send(step, step.operation, number)
    return max(hours, closure_hours(number.least, total, foresight.settings)) if surely else hours
