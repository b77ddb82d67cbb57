"""Which operation a request is of: by the type of the request, its name and its ``decide``."""

from collections.abc import Callable
from typing import Any

from msgspec import Struct

from ..operation import Events, Stamp
from ..operations import INTERNAL_OPERATIONS, OPERATIONS, record_call, take_record
from ..state import State

DECIDE: dict[type[Struct], tuple[str, Callable[[Any, State, Stamp], Events]]] = {
    operation.Request: (name, operation.decide) for name, operation in (OPERATIONS | INTERNAL_OPERATIONS).items()
}

RECORD_CALL, TAKE_RECORD = (DECIDE[operation.Request][0] for operation in (record_call, take_record))
