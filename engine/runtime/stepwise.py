"""Stepwise latency: what a reader was shown in progress ends right after the answer.

So a program that polls until an account is created or closed goes round its loop once and comes to an end, though
nobody moves the clock.
"""

from contextlib import suppress
from typing import Any

from msgspec import Struct

from ..operation import SIMULATION
from ..operations import finish_account_closure, finish_account_creation, publish_effective_policies
from ..operations.finish_account_creation import UnknownCreation
from ..rules.latency import Slow, latency_of
from .engine import Engine

SHOWS: dict[str, Slow] = {
    "DescribeCreateAccountStatus": "creation",
    "ListCreateAccountStatus": "creation",
    "DescribeAccount": "closure",
    "ListAccounts": "closure",
    "ListAccountsForParent": "closure",
    "DescribeEffectivePolicy": "policies",
}
"""Reading operations that show what is in progress."""


def end_what_was_shown(engine: Engine, operation: str, question: Any, reply: Any, account: str) -> bool:
    """Post the ends of what an answer has shown in progress, where the world's latency is stepwise.

    Nothing is awaited here, so that two readers cannot end the same thing.

    Args:
        engine: of the world.
        operation: the reading operation that was answered.
        question: its request.
        reply: its answer.
        account: the caller.

    Returns:
        Whether anything was posted, which ``Engine.flush`` makes durable.
    """
    what = SHOWS.get(operation)
    if what is None or latency_of(what, engine.state.settings) != "stepwise":
        return False
    before = engine.state.position
    for request in _endings(what, engine, question, reply, account):
        # Posting fires due timers first, so it may have ended by itself.
        with suppress(UnknownCreation):
            engine.post(request, SIMULATION)
    return engine.state.position > before


def _endings(what: Slow, engine: Engine, question: Any, reply: Any, account: str) -> list[Struct]:
    if what == "creation":
        statuses = getattr(reply, "create_account_statuses", None) or [getattr(reply, "create_account_status", None)]
        return [finish_account_creation.Request(each.id) for each in statuses if each and each.state == "IN_PROGRESS"]
    if what == "closure":
        accounts = [reply.account] if hasattr(reply, "account") else reply.accounts
        return [finish_account_closure.Request(each.id) for each in accounts if each.state == "PENDING_CLOSURE"]
    organization = engine.state.organization_of(account)
    publications = organization.policies.publications if organization else {}
    outdated = [policy_type for policy_type in publications if policy_type == question.policy_type]
    return [publish_effective_policies.Request(organization.id, each) for each in outdated if organization]
