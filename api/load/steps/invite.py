"""``invite``: the management account invites a population, whose accounts answer later."""

from functools import partial

from ....engine.events import HandshakeRequested
from ....engine.operations.invite_account_to_organization import Request, Target
from ..plan.foresight import Foresight
from ..play.context import StepContext
from ..scenario.steps import Invite


async def play(step: Invite, context: StepContext) -> None:
    """Invite those who are no members and have no invitation; they answer at moments drawn when they are invited."""
    engine, population, organization = context.engine, step.population, context.organization(step)
    members, invitations, everybody = organization.members, organization.invitations, context.accounts_of(population)
    invitees = [each for each in everybody if each not in members and each not in invitations]
    if not invitees:
        are = f"all {len(everybody):,} are members or have an open invitation"
        why = are if everybody else "there are no accounts yet"
        context.timetable.warn(f"nobody of {population} is left to invite: {why}")
    cohort = context.asking.begin(population, organization.id, "invitation")
    management = context.management(step)

    def invite(account: str) -> None:
        requested = engine.post(Request(Target("ACCOUNT", account)), management)[0]
        assert isinstance(requested, HandshakeRequested)
        cohort.add(account, requested.handshake)

    attempts = (partial(invite, account) for account in invitees)
    await context.send(step, step.operation, f"Inviting {population}", attempts, len(invitees), invitees)
    cohort.growing = False


def foresee(step: Invite, foresight: Foresight) -> float:
    """Foresee the invitations, and the answers to them."""
    population, organization, members = step.population, step.organization, foresight.members
    number = foresight.accounts(population) - members.of(population, organization)
    number -= members.open(population, organization)
    foresight.need_accounts(organization, number)
    hours = foresight.send(step, step.operation, number)
    return max(hours, foresight.ask_to_join(step, population, number))
