"""``finalize``: the management account finalizes the migration to all features."""

from ....engine.operations import accept_handshake
from ..plan.foresight import Foresight
from ..plan.number import Number
from ..play.context import StepContext
from ..scenario.steps import Finalize


async def play(step: Finalize, context: StepContext) -> None:
    """Accept the handshake of the organization's migration, as its management account."""
    parent = context.asking.parents.get(context.organizations[step.organization])
    if parent is None:
        # EnableAllFeatures was refused and counted there, or never called: there is no handshake to accept.
        context.timetable.warn("nothing is to be finalized: no migration to all features was begun")
        return
    management = context.management(step)

    def finalize() -> None:
        context.engine.post(accept_handshake.Request(parent), management)

    await context.send(step, step.operation, "Finalizing", [finalize], 1)


def foresee(step: Finalize, foresight: Foresight) -> float:
    """Foresee one call, if there is a migration."""
    number = Number.exactly(step.organization in foresight.migrations)
    if step.organization in foresight.shared_organizations:
        number = Number(0.0, number.expected, 1.0)
    hours, why = foresight.send(step, step.operation, number), _why_refused(step.organization, number, foresight)
    foresight.refuse(number.least if why else 0.0, why)
    return hours


def _why_refused(organization: str, number: Number, foresight: Foresight) -> str:
    """Why the call is surely refused; empty if it may be accepted, which is noted."""
    if foresight.is_doubtful(organization):
        foresight.finalized[organization] = False
        return ""
    silent = foresight.members.others[organization]
    for each in foresight.migrations.get(organization, ()):
        silent += each.to_remove(foresight.day, silent=True)
    if foresight.finalized.get(organization):
        return "HandshakeAlreadyInStateException"
    if silent.least >= 1:
        return "some have not approved all features"
    if number.most:
        foresight.finalized[organization] = silent.most < 1 <= number.least
    return ""
