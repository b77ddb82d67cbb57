"""``remove_declined``: the management account removes those who would block the migration."""

from functools import partial

from ....engine.operations import remove_account_from_organization
from ..plan.foresight import Foresight
from ..plan.number import Number
from ..play.context import StepContext
from ..scenario.steps import RemoveDeclined


async def play(step: RemoveDeclined, context: StepContext) -> None:
    """Remove the members that declined the migration; with ``silent`` all that have not approved it."""
    organization, management = context.organization(step), context.management(step)
    if organization.id not in context.asking.parents:
        context.timetable.warn("nobody is to be removed: no migration to all features was begun")
    leaving = list(context.driver.declined.pop(organization.id, {}))
    if step.silent and organization.migration:
        # Outstanding are all that have not approved, those that declined included.
        leaving = list(organization.migration.outstanding)

    def remove(account: str) -> None:
        context.engine.post(remove_account_from_organization.Request(account), management)

    await context.send(
        step, step.operation, "Removing", (partial(remove, account) for account in leaving), len(leaving)
    )


def foresee(step: RemoveDeclined, foresight: Foresight) -> float:
    """Foresee a removal for each who will have declined, or not approved."""
    members, organization = foresight.members, step.organization
    number, most = Number(), members.total(organization).most
    for each in foresight.migrations.get(organization, ()):
        members.interrupt([each])
        leaving = each.to_remove(foresight.day, silent=step.silent)
        each.removed += leaving
        members.touch(each.population)
        number += leaving
    if step.silent and organization in foresight.migrations:
        number += members.others[organization]
        members.others[organization] = Number()
    if organization in foresight.shared_organizations:
        number = Number(0.0, number.expected, max(number.most, most))
    return foresight.send(step, step.operation, number)
