"""Steps whose action is one of AWS's operations, called once or for each account of a population."""

from collections.abc import Callable
from functools import partial
from typing import Any, cast

from ....engine.operation import Caller
from ....engine.words import FeatureSet
from ..plan.foresight import Foresight
from ..plan.number import Number, among
from ..plan.refusals import accepted, calls_of, leaving
from ..play.agenda import Cohort
from ..play.asking import Asked
from ..play.calls import call, fill, party_of, saved
from ..play.context import StepContext
from ..scenario.populations import portion_of
from ..scenario.steps import Call, CloseAccounts, CreateAccounts, EnableAllFeatures, Invite, RemoveDeclined
from .enable_all_features import foresee_answers, warn_of_silent


async def play(step: Call, context: StepContext) -> None:
    """Call an operation, once or for each account in a share of a population."""
    management, accounts = context.management(step), [""]
    if step.for_each:
        everybody = context.accounts_of(step.for_each)
        number = len(everybody)
        accounts = everybody[portion_of(number, step.skip) : portion_of(number, step.skip + step.share)]
        if step.only_members:
            accounts = [account for account in accounts if account in context.organization(step).members]
        if not accounts:
            which = "members" if step.only_members else "accounts"
            context.timetable.warn(f"it was called for nobody: {step.for_each} has no {which} in this share")
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
    if step.operation == EnableAllFeatures.operation:
        warn_of_silent(step, context)


def foresee(step: Call, foresight: Foresight) -> float:
    """Foresee the calls, and what those lead to that ask somebody, let accounts go, or need a quota."""
    operation = step.operation
    number = calls_of(step, foresight)
    by_itself = step.caller == "account"
    hours = foresight.send_by_accounts(step, number) if by_itself else foresight.send(step, operation, number)
    done = accepted(step, number, foresight)
    if operation in LEADS_TO:
        LEADS_TO[operation](step, done, foresight)
    return hours


def _invited(step: Call, number: Number, foresight: Foresight) -> None:
    if step.for_each:
        foresight.need_accounts(step.organization, number)
        foresight.ask_to_join(step, step.for_each, number)


def _gone(step: Call, number: Number, foresight: Foresight) -> None:
    """Accounts are removed by the step's organization, or leave the one that each is in."""
    population, by_itself = step.for_each, step.caller == "account"
    if not population or not number.most:
        return
    asked = calls_of(step, foresight)
    for organization, days, young in foresight.young(population):
        if by_itself or organization == step.organization:
            foresight.refuse_young(step, organization, days, among(asked, young, foresight.accounts(population)))
    gone = [*leaving(step, asked, foresight)]
    foresight.members.interrupt(foresight.members.asked(population))
    for organization, each in gone:
        foresight.remove(population, organization, each)


def _closed(step: Call, number: Number, foresight: Foresight) -> None:
    foresight.need_closures(step.organization, number)
    # A share of them may be others than the share that another step closes, and so those that are members now.
    are_first = step.share == 1 and bool(step.for_each) and foresight.all_are_members(step.for_each, step.organization)
    surely = foresight.features[step.organization] is FeatureSet.ALL and are_first and not step.retry
    certain = surely and not foresight.is_doubtful(step.organization, step.for_each)
    foresight.members.closed[step.for_each, step.organization] += number.chance(1.0, certain=certain)
    foresight.members.interrupt(foresight.members.asked(step.for_each) if step.for_each else ())


def _created(step: Call, number: Number, foresight: Foresight) -> None:
    foresight.need_accounts(step.organization, number)
    foresight.members.created_others[step.organization] += round(number.expected)


def _divided(step: Call, number: Number, foresight: Foresight) -> None:
    foresight.need_more(step.organization, "organizational_units", number)


def _offered(step: Call, number: Number, foresight: Foresight) -> None:
    foresight.need_more(step.organization, "inbound_transfers", number)
    target = step.members.get("Target")
    account = cast("dict[str, Any]", target).get("Id") if isinstance(target, dict) else None
    # Whatever else stands there, AWS refuses.
    if isinstance(account, str):
        foresight.offer(account)


def _migrated(step: Call, number: Number, foresight: Foresight) -> None:
    # An account that calls for itself begins none.
    if number.most > 0 and step.caller == "management":
        foresee_answers(step.organization, number, foresight)


LEADS_TO: dict[str, Callable[[Call, Number, Foresight], None]] = {
    CreateAccounts.operation: _created,
    CloseAccounts.operation: _closed,
    EnableAllFeatures.operation: _migrated,
    Invite.operation: _invited,
    RemoveDeclined.operation: _gone,
    "LeaveOrganization": _gone,
    "CreateOrganizationalUnit": _divided,
    "InviteOrganizationToTransferResponsibility": _offered,
}
"""Operation to what so many calls of it lead to that are accepted."""
