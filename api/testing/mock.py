"""``mock_organizations``: code that makes its own clients of boto3 or aiobotocore is answered by a simulation.

While a block is open, three functions of botocore (and those of aiobotocore that override them) ask whether they are
called from within a block: the one that sends a request, the one that signs it, and the one that looks for credentials.
So it does not matter which session made a client, or when. Outside of any block they are as they were.
"""
# botocore and aiobotocore have no types.
# pyright: reportUnknownMemberType=false, reportUnknownVariableType=false, reportUnknownArgumentType=false

import os
from collections.abc import Callable, Generator, Iterator
from contextlib import AbstractContextManager, ExitStack, contextmanager, nullcontext
from functools import cache, wraps
from importlib.util import find_spec
from inspect import getattr_static, isasyncgenfunction, isclass, iscoroutinefunction, isfunction, isgeneratorfunction
from typing import Any, ParamSpec, TypeVar, cast, overload
from unittest import TestCase

from ..population import require_account
from ..server.identity import DEFAULT_ACCOUNT, TWELVE_DIGITS
from ..simulation import Simulation
from .extras import BOTO, imported
from .patches import Function, Patch, Patches, Scope
from .recent import keep
from .wire import Wire, wire_of

P = ParamSpec("P")
R = TypeVar("R")

FOUND_OUTSIDE = {
    "assume-role", "assume-role-with-web-identity", "boto-config", "config-file", "container-role", "custom-process",
    "ec2-credentials-file", "env", "iam-role", "login", "shared-credentials-file", "sso",
}  # fmt: skip
"""What botocore calls the places where it looks for credentials that the code does not give."""
FROM_BLOCK = "orgsim"
OF_CLASS = "_orgsim_mock_organizations"
"""The attribute of a decorated class, where the pytest plugin finds that tests have blocks."""
UNDECORATED = "_orgsim_undecorated"
"""The attribute of a decorated method, with the method as it was: a subclass may be decorated too."""


class _Block:
    """A block that is open."""

    def __init__(self, wire: Wire, account: str | None, passthrough: bool) -> None:
        self.wire = wire
        self.passthrough = passthrough
        self._account = account
        self._endpoints: dict[Any, Any] = {}
        """Endpoints of clients that have called within this block, with those that are used instead."""
        founded = [each for each in wire.sim.engine.state.organizations.values() if not each.deleted]
        self._default = founded[0].management_account if len(founded) == 1 else DEFAULT_ACCOUNT

    def endpoint_for(self, endpoint: Any, service: str) -> Any:
        """Return the endpoint to use instead of that of a service's client."""
        twin = self._endpoints.get(endpoint)
        if twin is None:
            endpoint_in = imported("orgsim.api.testing.endpoints", BOTO).endpoint_in
            twin = self._endpoints.setdefault(endpoint, endpoint_in(self.wire, endpoint, service, self.passthrough))
        return twin

    def credentials(self, asynchronous: bool = False) -> Any:
        """Make the credentials of code that gives none."""
        digits = os.environ.get("AWS_ACCESS_KEY_ID", "")
        account = self._account or (digits if TWELVE_DIGITS.fullmatch(digits) else self._default)
        keys = self.wire.keys(account, None)
        library, name = ("aiobotocore", "AioCredentials") if asynchronous else ("botocore", "Credentials")
        make = getattr(imported(f"{library}.credentials", BOTO), name)
        return make(keys.key_id, keys.secret, method=FROM_BLOCK)


_blocks: Scope[_Block] = Scope("orgsim mock_organizations")

_standing: "list[tuple[MockOrganizations, _Block]]" = []
"""Blocks of decorated classes, which hold in the whole process while a test runs: its parts may run in other tasks."""


def _here() -> _Block | None:
    """Return the block that is open where this is called."""
    return _blocks.current or (_standing[-1][1] if _standing else None)


class MockOrganizations:
    """A block in which botocore's calls are answered; made by ``mock_organizations``."""

    def __init__(self, sim: Simulation | None, account: str | None, passthrough: bool) -> None:
        if sim is not None and not isinstance(cast("object", sim), Simulation):
            raise TypeError(f"mock_organizations takes a Simulation, not {sim!r}")
        self._sim = sim
        self._account = account if account is None else require_account(account)
        self._passthrough = passthrough
        self._open: ExitStack | None = None
        self._world: Simulation | None = None

    def __enter__(self) -> Simulation:
        if self._open is not None:
            raise RuntimeError("this block is open already: each has a mock_organizations() of its own")
        if _here() is not None:
            raise RuntimeError(
                "mock_organizations is open here already, and one world answers at a time: leave it first"
            )
        with ExitStack() as stack:
            sim = self._world = self._sim or stack.enter_context(Simulation())
            block = _Block(wire_of(sim), self._account, self._passthrough)
            stack.enter_context(_PATCHES.applied())
            stack.enter_context(_blocks.within(block))
            self._open = stack.pop_all()
        return sim

    def __exit__(self, *exception: Any) -> None:
        opened, self._open = self._open, None
        if exception[0] is not None:
            keep(self._world)
        self._world = None
        assert opened is not None, "left after it was entered"
        opened.close()

    async def __aenter__(self) -> Simulation:
        return self.__enter__()

    async def __aexit__(self, *exception: Any) -> None:
        self.__exit__(*exception)

    def __call__(self, decorated: Callable[P, R]) -> Callable[P, R]:
        """Decorate a function, a coroutine function, or a class of tests: each call and each test has its own block."""
        if isclass(decorated):
            self._decorate_class(decorated)
            return cast("Callable[P, R]", decorated)
        if isgeneratorfunction(decorated) or isasyncgenfunction(decorated):
            raise TypeError(
                f"{decorated.__name__} is a generator, which runs after its call: write with mock_organizations() in it"
            )
        return cast("Callable[P, R]", self._decorate(decorated, self._again))

    def for_test(self) -> AbstractContextManager[Any]:
        """Return a block for one test of a decorated class, from before its preparation until after its end.

        It holds in the whole process. Within it, this returns a block that changes nothing.
        """
        return nullcontext() if any(owner is self for owner, _ in _standing) else self._stand()

    @contextmanager
    def _stand(self) -> Generator[Simulation]:
        with self._again() as sim:
            assert _blocks.current is not None, "the block was entered here"
            standing = self, _blocks.current
            _standing.append(standing)
            try:
                yield sim
            finally:
                _standing.remove(standing)

    def _decorate_class(self, decorated: type) -> None:
        """Give each test a block: ``run`` of a TestCase, or the test functions; the pytest plugin opens it earlier."""
        setattr(decorated, OF_CLASS, self)
        unittest = issubclass(decorated, TestCase)
        for name in dir(decorated):
            member = getattr_static(decorated, name)
            bound = type(member) if isinstance(member, staticmethod | classmethod) else None
            function = member.__func__ if bound else member
            if (name == "run" if unittest else name.startswith("test")) and isfunction(function):
                original = getattr(function, UNDECORATED, function)
                replaced = self._decorate(original, self.for_test)
                setattr(replaced, UNDECORATED, original)
                setattr(decorated, name, bound(replaced) if bound else replaced)

    def _again(self) -> "MockOrganizations":
        return MockOrganizations(self._sim, self._account, self._passthrough)

    def _decorate(self, function: Function, block: Callable[[], AbstractContextManager[Any]]) -> Function:
        if iscoroutinefunction(function):

            @wraps(function)
            async def awaited(*arguments: Any, **keywords: Any) -> Any:
                with block():
                    return await function(*arguments, **keywords)

            return awaited

        @wraps(function)
        def called(*arguments: Any, **keywords: Any) -> Any:
            with block():
                return function(*arguments, **keywords)

        return called


@overload
def mock_organizations(sim: Callable[P, R], /) -> Callable[P, R]: ...
@overload
def mock_organizations(
    sim: Simulation | None = None, *, account: str | None = None, passthrough: bool = False
) -> MockOrganizations: ...
def mock_organizations(sim: Any = None, *, account: str | None = None, passthrough: bool = False) -> Any:
    """Answer the calls to Organizations and STS that any client of boto3 or aiobotocore makes within a block.

    ::

        with mock_organizations() as sim:
            boto3.client("organizations").create_organization()

        @mock_organizations
        async def test_vending() -> None: ...

    It holds for the code within, and for the tasks and threads that it starts, whichever session made a client and
    when; two blocks in two tasks or threads do not see each other. Who calls follows the keys that the code gives:
    those of AssumeRole, twelve digits, or any others. Profiles, instance metadata and other places where botocore looks
    for keys are not asked. Nothing that is simulated leaves the process.

    In a decorated class each test has a block of its own, which holds for what prepares it too: ``setUp``, ``tearDown``
    and cleanups of a ``TestCase``; under pytest ``setup_method``, ``teardown_method`` and fixtures. The fixtures of a
    decorated function are made before its block: there, make the block a fixture.

    Args:
        sim: what answers, which has begun; by default a new ``Simulation`` for each block, which ``as`` gives.
        account: who calls where the code gives no keys: twelve digits; by default those in ``AWS_ACCESS_KEY_ID`` if it
            has twelve, else the management account of the one organization that the world has when the block opens,
            else ``123456789012``.
        passthrough: let calls to other services go where they would have gone; by default they raise ``NotSimulated``.

    Raises:
        ModuleNotFoundError: on entering: botocore is not installed.
        RuntimeError: on entering: another block is open here.
        TypeError: it decorates a generator.
        ValueError: not twelve digits.
    """
    if callable(sim):
        return MockOrganizations(None, None, passthrough=False)(sim)
    return MockOrganizations(sim, account, passthrough)


def _sending(original: Function) -> Function:
    endpoints = imported("orgsim.api.testing.endpoints", BOTO)

    def make_request(self: Any, operation_model: Any, request_dict: Any) -> Any:
        block = _here()
        if block is None or endpoints.is_in_process(self):
            return original(self, operation_model, request_dict)
        endpoint = block.endpoint_for(self, operation_model.service_model.service_name)
        return original(endpoint, operation_model, request_dict)

    return make_request


def _given(credentials: Any) -> bool:
    """Whether credentials are the code's own, rather than found where botocore looks for them."""
    return credentials is not None and credentials.method not in FOUND_OUTSIDE | {FROM_BLOCK}


def _signing(asynchronous: bool) -> Callable[[Function], Function]:
    def replace(original: Function) -> Function:
        def get_auth_instance(self: Any, *arguments: Any, request_credentials: Any = None, **keywords: Any) -> Any:
            block = _here()
            if block is not None and not _given(request_credentials or self._credentials):
                request_credentials = block.credentials(asynchronous)
            return original(self, *arguments, request_credentials=request_credentials, **keywords)

        return get_auth_instance

    return replace


def _looking_for_credentials(original: Function) -> Function:
    def get_credentials(self: Any) -> Any:
        block = _here()
        return original(self) if block is None or _given(self._credentials) else block.credentials()

    return get_credentials


def _looking_asynchronously(original: Function) -> Function:
    async def get_credentials(self: Any) -> Any:
        block = _here()
        if block is None or _given(self._credentials):
            return await original(self)
        return block.credentials(asynchronous=True)

    return get_credentials


def _reading_the_profile(original: Function) -> Function:
    profile_not_found = imported("botocore.exceptions", BOTO).ProfileNotFound

    def get_scoped_config(self: Any) -> Any:
        try:
            return original(self)
        except profile_not_found:
            if _here() is None:
                raise
            return {}  # Who calls does not depend on profiles, so that one need not exist.

    return get_scoped_config


def _patches() -> Iterator[Patch]:
    endpoint, signers, session = (imported(f"botocore.{name}", BOTO) for name in ("endpoint", "signers", "session"))
    yield endpoint.Endpoint, "make_request", _sending
    yield signers.RequestSigner, "get_auth_instance", _signing(asynchronous=False)
    yield session.Session, "get_credentials", _looking_for_credentials
    yield session.Session, "get_scoped_config", _reading_the_profile
    if _has_aiobotocore():
        yield imported("aiobotocore.signers", "").AioRequestSigner, "get_auth_instance", _signing(asynchronous=True)
        yield imported("aiobotocore.session", "").AioSession, "get_credentials", _looking_asynchronously


@cache
def _has_aiobotocore() -> bool:
    return find_spec("aiobotocore") is not None


_PATCHES = Patches(_patches)
