"""An account's client: one method per AWS operation, with boto3's parameters in snake case and typed replies.

Parameters are checked as AWS checks them. A refusal is raised as an exception of ``orgsim.engine.errors`` that has the
name of AWS's. ``docs/operations.md`` lists the refusals of each operation.
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
    """The client of one account; made by ``Simulation.client``."""
