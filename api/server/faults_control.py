"""``/_orgsim/faults``, ``accounts`` and ``creations``: what is to go wrong in a world."""

from typing import Any, get_args

from ...engine.errors import Refused
from ...engine.operations.clear_faults import UnknownFault
from ...engine.operations.finish_account_creation import FailureReason
from ...engine.operations.script_fault import ImpossibleFault
from ...engine.rules.faults import KINDS
from ...engine.words import Condition
from ..faults import fault_request
from ..population import require_account
from ..simulation import Simulation
from .control_body import Member, read_body_members
from .faults import ControlRefused
from .message import Request
from .routes import ANY_NAME, Routes
from .served_world import ServedWorld

FAULTS = "/_orgsim/faults"
ACCOUNTS = "/_orgsim/accounts"
CREATIONS = "/_orgsim/creations"

_WHEN = 'a moment such as "2026-03-01T00:00:00Z", or a time from now such as "10m"'
_TEXTS = "a text or a list of texts"
FAULT = {
    "fault": Member(str, f"one of {', '.join(KINDS)}"),
    "operations": Member((list, str), f'{_TEXTS}: names of operations such as "ListAccounts", or "*" for all'),
    "account": Member((list, str), f"{_TEXTS} of twelve digits"),
    "share": Member((float, int), "a number above 0 and up to 1"),
    "times": Member(int, "a whole number"),
    "after_calls": Member(int, "a whole number"),
    "since": Member(str, _WHEN),
    "until": Member(str, _WHEN),
    "code": Member(str, 'an exception such as "ConstraintViolationException"'),
    "reason": Member(str, 'a reason such as "EMAIL_ALREADY_EXISTS"'),
    "duration": Member(str, 'a duration such as "30s"'),
}
FAULT_EXAMPLE = (
    '{"fault": "throttle", "operations": ["ListAccounts"]}, and what is wanted of "account", "share", "times", '
    '"after_calls", "since", "until", "code", "reason", "duration"'
)
ACCOUNT = {
    "email": Member(str, "an address"),
    "name": Member(str, "a text"),
    "conditions": Member(list, "a list of conditions"),
}
ACCOUNT_EXAMPLE = '{"email": "me@example.com", "name": "Me", "conditions": ["SUSPENDED"]}, or some of it'
CREATION = {"reason": Member(str, f"one of {', '.join(get_args(FailureReason))}")}
CREATION_EXAMPLE = '{"reason": "EMAIL_ALREADY_EXISTS"}'


class FaultsControl:
    """The routes that are about what goes wrong in a world.

    Args:
        world: the served world.
    """

    def __init__(self, world: ServedWorld) -> None:
        self._world = world

    @property
    def routes(self) -> Routes:
        """The routes, for the control plane of a world."""
        return {
            FAULTS: {"GET": self._list, "POST": self._script, "DELETE": self._clear},
            f"{FAULTS}/{ANY_NAME}": {"GET": self._show, "DELETE": self._clear_one},
            f"{ACCOUNTS}/{ANY_NAME}": {"POST": self._describe},
            f"{CREATIONS}/{ANY_NAME}": {"POST": self._fail},
        }

    @property
    def _sim(self) -> Simulation:
        return self._world.live.sim

    async def _list(self, request: Request) -> dict[str, Any]:
        return {"faults": [script.as_dict() for script in self._sim.faults.list()]}

    async def _script(self, request: Request) -> dict[str, Any]:
        members = read_body_members(request.body, FAULT, FAULT_EXAMPLE)
        kind = members.pop("fault", None)
        if kind is None:
            raise ControlRefused(f"say which fault: {', '.join(KINDS)}; as in {FAULT_EXAMPLE}")
        sim = self._sim
        try:
            script = sim.faults.script(fault_request(sim.engine.now, kind, **members))
        except ImpossibleFault as error:
            raise ControlRefused(error.message) from None
        await sim.engine.flush()
        return script.as_dict()

    async def _clear(self, request: Request) -> dict[str, Any]:
        sim = self._sim
        cleared = [script.as_dict() for script in sim.faults.list()]
        sim.faults.clear()
        await sim.engine.flush()
        return {"faults": cleared}

    async def _show(self, request: Request) -> dict[str, Any]:
        name = _name_in(request)
        found = [script.as_dict() for script in self._sim.faults.list() if script.id == name]
        if not found:
            raise ControlRefused(f"there is no fault {name!r}; GET {FAULTS} lists those that there are", status=404)
        return found[0]

    async def _clear_one(self, request: Request) -> dict[str, Any]:
        sim, cleared = self._sim, await self._show(request)
        try:
            sim.faults.clear(_name_in(request))
        except UnknownFault as error:
            raise ControlRefused(error.message, status=404) from None
        await sim.engine.flush()
        return cleared

    async def _describe(self, request: Request) -> dict[str, Any]:
        account, sim = _name_in(request), self._sim
        try:
            require_account(account)
        except ValueError as error:
            raise ControlRefused(str(error)) from None
        facts = read_body_members(request.body, ACCOUNT, ACCOUNT_EXAMPLE)
        for condition in facts.get("conditions", ()):
            if condition not in list(Condition):
                raise ControlRefused(f"there is no condition {condition!r}; there are: {', '.join(Condition)}")
        try:
            await sim.describe_account(account, **facts)
        except Refused as error:
            raise ControlRefused(str(error)) from None
        state = sim.engine.state
        conditions = list(state.conditions_of(account))
        return {
            "account": account,
            "email": state.email_of(account),
            "name": state.name_of(account),
            "conditions": conditions,
        }

    async def _fail(self, request: Request) -> dict[str, Any]:
        creation = _name_in(request)
        reason: str = read_body_members(request.body, CREATION, CREATION_EXAMPLE).get("reason", "")
        if reason not in get_args(FailureReason):
            raise ControlRefused(f"reason is {CREATION['reason'].what}; not {reason!r}")
        try:
            await self._sim.fail_account_creation(creation, reason)
        except Refused as error:
            raise ControlRefused(error.message, status=404) from None
        return {"creation": creation, "state": "FAILED", "reason": reason}


def _name_in(request: Request) -> str:
    return request.path.rpartition("/")[2]
