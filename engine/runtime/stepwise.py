"""Stepwise latency: what a reader has seen in progress ends as soon as it was answered.

So a program that polls until an account is created or closed goes round its loop once and comes to an end, though
nobody moves the clock.
"""

from msgspec import Struct

from ..operations import finish_account_closure, finish_account_creation, publish_effective_policies
from ..rules.latency import Slow, latency_of
from ..state import Organization
from .engine import Engine

SHOWS: dict[str, Slow] = {
    "DescribeCreateAccountStatus": "creation",
    "ListCreateAccountStatus": "creation",
    "DescribeAccount": "closure",
    "ListAccounts": "closure",
    "ListAccountsForParent": "closure",
    "DescribeEffectivePolicy": "policies",
}
"""Which reading operations show what is in progress."""


async def end_what_was_seen(engine: Engine, operation: str, question: Struct, account: str) -> None:
    """End what an answer has shown in progress, where the world's latency is stepwise.

    Args:
        engine: of the world.
        operation: the reading operation that was answered.
        question: its members; without the id of one thing, all that is in progress counts as seen.
        account: the caller.
    """
    what = SHOWS.get(operation)
    if what is None or latency_of(what, engine.state.settings) != "stepwise":
        return
    organization = engine.state.organization_of(account)
    if organization is not None:
        for request in _endings(what, question, organization):
            await engine.perform(request)


def _endings(what: Slow, question: Struct, organization: Organization) -> list[Struct]:
    if what == "creation":
        asked = getattr(question, "create_account_request_id", None)
        running = [request for request in organization.creations.values() if asked in (None, request)]
        return [finish_account_creation.Request(request) for request in running]
    if what == "closure":
        asked = getattr(question, "account_id", None)
        closing = [account for account in organization.closures.pending if asked in (None, account)]
        return [finish_account_closure.Request(account) for account in closing]
    asked = getattr(question, "policy_type", None)
    outdated = [policy_type for policy_type in organization.policies.publications if policy_type == asked]
    return [publish_effective_policies.Request(organization.id, policy_type) for policy_type in outdated]
