"""``enable_all_features``: the management account starts the migration to all features; members answer later."""

from ....engine.operations import enable_all_features
from ....engine.words import FeatureSet
from ...plurals import counted
from ..plan.foresight import Foresight
from ..plan.number import Number
from ..plan.refusals import beginning
from ..play.context import StepContext
from ..scenario.steps import EnableAllFeatures, OrganizationStep


async def play(step: EnableAllFeatures, context: StepContext) -> None:
    """Start a migration to all features; members answer later, at moments drawn now."""
    engine, driver, organization = context.engine, context.driver, context.organization(step)

    def enable() -> None:
        engine.post(enable_all_features.Request(), context.management(step))

    await context.send(step, step.operation, "Asking for all features", [enable], 1)
    migration = organization.migration
    # Refused, or a migration was under way already: nobody is asked anew.
    if migration is None or context.asking.parents.get(organization.id) == migration.parent:
        return
    driver.declined.pop(organization.id, None)
    # There may be a million requests in one batch: write them and free their memory before drawing as many answers.
    await engine.flush()
    context.asking.approvals(organization.id)
    warn_of_silent(step, context)
    driver.agenda.draw_answers(engine.now)
    await driver.checkpoint("Asking for approval", len(migration.outstanding), len(migration.outstanding))


def warn_of_silent(step: OrganizationStep, context: StepContext) -> None:
    """Warn of members who were asked, and whose answers no population gives: one alone blocks the migration."""
    if silent := context.asking.silent(context.organization(step).id):
        context.timetable.warn(_silent(silent, step.organization))


def _silent(number: int, organization: str) -> str:
    return (
        f"{counted(number, 'member')} of {organization} must approve and no population has them, so nobody answers for "
        f'them: a population with of = "{organization}" would; whom an organization has created (created = 1.0) is not '
        "asked"
    )


def foresee(step: EnableAllFeatures, foresight: Foresight) -> float:
    """Foresee the call, and the answers of the members who must approve."""
    once = Number.exactly(1)
    hours, (begun, why) = foresight.send(step, step.operation, once), beginning(step.organization, once, foresight)
    foresight.refuse(0.0 if foresight.is_doubtful(step.organization) else once.least - begun.most, why)
    foresee_answers(step.organization, begun, foresight)
    return hours


def foresee_answers(organization: str, begun: Number, foresight: Foresight) -> None:
    """Foresee the answers of the members who must approve, if a call begins a migration."""
    members = foresight.members
    if foresight.features[organization] is FeatureSet.ALL or organization in foresight.migrations:
        return
    if begun.least >= 1:
        foresight.began_migrations[organization] = foresight.day
    members.interrupt(each for each in members.cohorts if each.organization == organization and not each.migration)
    total = members.total(organization).expected
    foresight.need(organization, "all_features_migration_accounts", total)
    if silent := round(members.others[organization].expected):
        foresight.warn(_silent(silent, organization))
    foresight.migrations[organization] = [
        foresight.ask(each, organization, number, migration=True)
        for each in foresight.populations
        if (number := members.to_approve(each, organization).at_most(foresight.accounts(each))).most > 0
    ]
