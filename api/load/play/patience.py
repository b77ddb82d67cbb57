"""When AWS's passing limits let a call through: what a caller needs who knows them and waits."""

from ....engine.errors import Refused
from ....engine.operation import Caller
from ....engine.rules.limits import LIMITS
from ....engine.runtime.engine import Engine


def free_at(engine: Engine, operation: str, caller: Caller) -> int:
    """The moment from which on no write of the same kind is under way; now, where writes do not conflict."""
    if engine.conflicts is None or caller.account is None:
        return engine.now
    return engine.conflicts.free_at(operation, caller.account, engine.now, engine.state)


def limit_passes_at(engine: Engine, refusal: Refused, caller: Caller) -> int:
    """The moment at which the limit that refused a call will let it through; now, if waiting does not help."""
    limit = LIMITS.get(refusal.reason or "")
    assert caller.account is not None, "an account calls"
    organization = engine.state.organization_of(caller.account)
    return limit(organization, engine.state, engine.now) if limit and organization else engine.now
