"""An organization with accounts, founded before a test begins."""

from typing import Any

from ...engine.operation import Caller, read_request
from ...engine.operations import OPERATIONS
from ..simulation import Simulation

MANAGEMENT = "111111111111"
"""The management account of a founded organization."""


def found_organization(sim: Simulation, accounts: int, management: str = MANAGEMENT) -> list[str]:
    """Found an organization with all features, and create accounts below its root.

    They are called "Account 1", "Account 2" and so on, with the addresses ``account-1@example.com`` and so on. AWS's
    rates do not hold the calls back, nor does ``sim.calls`` record them. Where creations or other writes take their
    time, the clock moves on until they are done.

    Args:
        sim: an open simulation with a simulated clock.
        accounts: how many.
        management: the management account, twelve digits, in no organization yet.

    Returns:
        The ids of the created accounts, in order.

    Raises:
        Refused: the settings of the world do not allow it.
    """
    settings = sim.engine.state.settings
    _submit(sim, management, "CreateOrganization", FeatureSet="ALL")
    sim.sync.advance(seconds=max(settings.organization_finalization_seconds, settings.write_conflict_seconds))
    before = set(sim.engine.state.accounts)
    for number in range(1, accounts + 1):
        email, name = f"account-{number}@example.com", f"Account {number}"
        _submit(sim, management, "CreateAccount", Email=email, AccountName=name)
        if settings.latency != "instant":
            sim.sync.run_until_idle()
    sim.sync.advance(seconds=max(settings.read_lag_seconds, settings.write_conflict_seconds))
    return [account for account in sim.engine.state.accounts if account not in before]


def _submit(sim: Simulation, account: str, operation: str, **members: Any) -> None:
    """Call an operation past what a client's calls go through: rates, write conflicts, and whoever records calls."""
    sim.run(sim.engine.submit(read_request(OPERATIONS[operation].Request, members), Caller(account)))
