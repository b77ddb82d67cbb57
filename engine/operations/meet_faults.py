"""MeetFaults: show a call to the scripted faults, before it is carried out.

Caller: the simulation, for each of AWS's operations that is called in a world in which faults were scripted.
Refused, in this order: nothing; whoever carries the call out asks the events what is to go wrong.
Happens: FaultInjected for each script that hits the call; FaultPassedOver for each that counts it and lets it pass.
Goes on in: rules/faults.py says what a hit comes to. Faults of creations and closures are met in create_account.py,
    create_gov_cloud_account.py and close_account.py.
Sources: none; AWS's faults are not scripted.
"""

from msgspec import Struct

from ..operation import Events, Stamp
from ..rules import faults
from ..state import State


class Request(Struct, frozen=True):
    operation: str
    account: str


def decide(request: Request, state: State, stamp: Stamp) -> Events:
    return faults.meet(request.operation, request.account, state, stamp)
