"""What a user touches: ``Simulation`` and its client; load simulation, the server and the command line beside them.

    from orgsim.api import Simulation

The refusals, each under AWS's name, are in ``orgsim.engine.errors``; all of them are ``Refused``.
"""

from ..engine.errors import Refused
from ..engine.errors.connection import ConnectionDropped
from ..engine.log import LogDamaged, LogError, LogInUse
from ..engine.runtime.clock import PacedClock, Signal, SimulatedClock, WallClock
from ..engine.runtime.engine import EngineStopped
from ..engine.runtime.processes import Deadlock
from ..engine.settings import Quotas, Settings
from .client import Client, as_dict
from .past import Past, ReadOnly
from .population import Actor, Population
from .retries import Retry
from .simulation import Simulation

__all__ = [
    "Actor",
    "Client",
    "ConnectionDropped",
    "Deadlock",
    "EngineStopped",
    "LogDamaged",
    "LogError",
    "LogInUse",
    "PacedClock",
    "Past",
    "Population",
    "Quotas",
    "ReadOnly",
    "Refused",
    "Retry",
    "Settings",
    "Signal",
    "SimulatedClock",
    "Simulation",
    "WallClock",
    "as_dict",
]
