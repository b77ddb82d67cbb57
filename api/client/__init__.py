"""An account's client: one method per AWS operation, with boto3's parameters in snake case and typed replies.

Parameters are checked as AWS checks them; a refusal is raised as the exception of ``orgsim.engine.errors`` that is
named after AWS's. Each operation's refusals stand in ``docs/operations.md``.
"""

from .access import AccessCalls
from .accounts import AccountsCalls
from .calls import Members, as_dict
from .handshakes import HandshakesCalls
from .organizations import OrganizationsCalls
from .policies import PoliciesCalls
from .transfers import TransfersCalls

__all__ = ["Client", "Members", "as_dict"]


class Client(HandshakesCalls, AccountsCalls, OrganizationsCalls, PoliciesCalls, AccessCalls, TransfersCalls):
    """AWS Organizations as one account sees it; made by ``Simulation.client``."""
