"""What a user touches: ``Simulation`` and its client; the scenarios and the command line beside them.

from orgsim.api import Simulation
"""

from .client import Client, as_dict
from .simulation import Simulation

__all__ = ["Client", "Simulation", "as_dict"]
