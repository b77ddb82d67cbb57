"""Sessions and clients of boto3 and aiobotocore whose calls are answered by a simulation in the same process.

They are the real ones: what is changed is the endpoint of the clients that a session makes, by botocore's event
``creating-client-class``. Nothing is changed in other sessions.
"""
# botocore, boto3 and aiobotocore have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false
# pyright: reportMissingTypeStubs=false

from collections.abc import Callable
from contextvars import ContextVar
from functools import cache
from threading import Lock
from typing import Any

from ...engine.runtime.forked import in_forked_child
from ..simulation import Simulation
from .extras import BOTO, imported
from .wire import Wire, wire_of

_making = Lock()
"""Held while the session that is kept makes a client, which two threads must not do at once."""


def _make_anew() -> None:
    global _making
    _making = Lock()
    _kept_session.cache_clear()  # another thread may have been making a client in it


_made_for: ContextVar[Wire] = ContextVar("the simulation that answers the client which the kept session makes")


def boto3_session(
    sim: Simulation, account: str, role: str | None, region_name: str | None, *, passthrough: bool
) -> Any:
    """Make a ``boto3.Session``; see ``Simulation.boto3_session``."""
    boto3 = imported("boto3", BOTO)
    wire = wire_of(sim)
    keys = wire.keys(account, role)
    return boto3.Session(
        aws_access_key_id=keys.key_id,
        aws_secret_access_key=keys.secret,
        aws_session_token=keys.token,
        region_name=region_name or wire.region(account),
        botocore_session=_answered(imported("botocore.session", BOTO).Session(), lambda: wire, passthrough),
    )


def boto3_client(
    sim: Simulation, service: str, account: str, role: str | None, region_name: str | None, options: dict[str, Any]
) -> Any:
    """Make a client; see ``Simulation.boto3_client``."""
    imported("boto3", BOTO)
    wire = wire_of(sim)
    if service not in wire.services:
        known = ", ".join(wire.services)
        raise ValueError(
            f"orgsim answers no service {service!r}, only {known}; sim.boto3_session(…, passthrough=True) makes "
            "clients of others, which are not simulated"
        )
    keys = wire.keys(account, role)
    with _making:
        token = _made_for.set(wire)
        try:
            return _kept_session().create_client(
                service,
                aws_access_key_id=keys.key_id,
                aws_secret_access_key=keys.secret,
                aws_session_token=keys.token,
                region_name=region_name or wire.region(account),
                **options,
            )
        finally:
            _made_for.reset(token)


def aiobotocore_session(
    sim: Simulation, account: str, role: str | None, region_name: str | None, *, passthrough: bool
) -> Any:
    """Make an ``aiobotocore.session.AioSession``; see ``Simulation.aiobotocore_session``."""
    session = imported("aiobotocore.session", "aiobotocore").AioSession()
    wire = wire_of(sim)
    keys = wire.keys(account, role)
    session.set_credentials(keys.key_id, keys.secret, keys.token)
    session.set_config_variable("region", region_name or wire.region(account))
    return _answered(session, lambda: wire, passthrough)


def _answered(session: Any, wire: Callable[[], Wire], passthrough: bool) -> Any:
    """Have the clients that a session will make answered by a simulation.

    Args:
        session: botocore's or aiobotocore's.
        wire: returns what answers the client that is being made.
        passthrough: whether services that are not simulated go where they would have gone.
    """
    session.register_component("data_loader", _models())
    endpoint_in = imported("orgsim.api.testing.endpoints", BOTO).endpoint_in

    class InProcess:
        """Gives the client that is being made another endpoint."""

        def __init__(self, **parts: Any) -> None:
            service = parts["service_model"].service_name
            super().__init__(**{**parts, "endpoint": endpoint_in(wire(), parts["endpoint"], service, passthrough)})

    def add_base(base_classes: list[type], **_: object) -> None:
        base_classes.insert(0, InProcess)

    session.register("creating-client-class", add_base)
    return session


@cache
def _kept_session() -> Any:
    """Return a session that makes single clients of all simulations: the first client of a session is costly."""
    return _answered(imported("botocore.session", BOTO).Session(), _made_for.get, passthrough=False)


in_forked_child(_make_anew)


@cache
def _models() -> Any:
    """Return botocore's loader of service models, one for all sessions: reading the models is what costs most."""
    return imported("botocore.loaders", BOTO).create_loader()
