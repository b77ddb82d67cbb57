"""Steps whose action is one of AWS's operations, called once or for each account of a population."""

from functools import partial

from .....engine.operation import Caller
from ...plan.foresight import Foresight
from ...plan.limits import paced_hours
from ...plan.number import Number
from ...scenario.steps import Call
from ..agenda import Cohort
from ..asking import Asked
from ..calls import call, fill, party_of, saved
from ..context import StepContext, share_of
from .enable_all_features import OPERATION as ENABLE
from .enable_all_features import foresee as foresee_migration
from .invite import OPERATION as INVITE
from .remove_declined import OPERATION as REMOVE

TRANSFER = "InviteOrganizationToTransferResponsibility"


async def play(step: Call, context: StepContext) -> None:
    """Call an operation, once or for each account in a share of a population."""
    management, accounts = context.management(step), [""]
    if step.for_each:
        context.choose_accounts(step.for_each)
        everybody = context.accounts[step.for_each]
        number = len(everybody)
        accounts = everybody[share_of(number, step.skip) : share_of(number, step.skip + step.share)]

    heard = dict[Asked, Cohort]()

    def make(caller: Caller, index: int, account: str) -> None:
        names = context.names_in_texts(context.organization(step), account, index)
        members = fill(step.members, names, ".with")
        answer, events = call(context.engine, context.views, step.operation, members, caller)
        context.asking.hear(events, heard)
        context.saved |= saved(answer, step.save, "")

    callers = ((account if step.caller == "account" else management.account, account) for account in accounts)
    calls = (
        (caller, partial(make, caller, index, account))
        for index, (caller, account) in enumerate(((Caller(each), account) for each, account in callers), 1)
    )
    random, parties = context.new_random(step.operation), [party_of(step, each) for each in accounts]
    await context.dispatch.send(
        step.operation, step.operation, calls, len(accounts), step.pace, step.retry, random, parties
    )
    for cohort in heard.values():
        cohort.growing = False


def foresee(step: Call, foresight: Foresight) -> float:
    """Foresee the calls, and what those lead to that ask somebody, or let accounts go."""
    operation, population = step.operation, step.for_each
    if operation == ENABLE and not population:
        return foresee_migration(step, foresight)
    number = foresight.accounts(population).portion(step.share, step.skip) if population else Number.exactly(1)
    if operation == "CreateOrganizationalUnit":
        foresight.need_units(step.organization, number)
    if step.caller == "account":
        foresight.row(operation, "accounts", number)
        return paced_hours(step.pace, number.least)
    hours = foresight.send(step, operation, number)
    if operation == INVITE and population:
        foresight.need_accounts(step.organization, number)
        foresight.ask_to_join(step, population, number)
    if operation == TRANSFER:
        foresight.offer(step.members.get("Target", {}).get("Id", ""))
    if operation == REMOVE and population:
        foresight.interrupt(each for each in foresight.members.requests if each.population == population)
        foresight.members.removed[population, step.organization] += number
    return hours
