"""The client of an account for code without ``await``: the methods of ``Client``, which return replies at once."""

from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from inspect import getmembers, isfunction
from typing import Any, NoReturn, Protocol, TypeVar

from msgspec import Struct

from . import Client
from .calls import Members, PageType

T = TypeVar("T")


class Run(Protocol):
    """Runs a coroutine to its end and returns its result."""

    def __call__(self, coroutine: Coroutine[Any, Any, T], /) -> T:
        """Run the coroutine; raises what it raises."""
        ...


class _WithoutAwait:
    """A client's methods, each run to its end; base class of ``SyncClient``, which gets them on being defined."""

    def __init__(self, client: Client, run: Run) -> None:
        self._client = client
        self._run = run

    def __init_subclass__(cls) -> None:
        super().__init_subclass__()
        for name, method in getmembers(Client, isfunction):
            if not (name.startswith("_") or name in vars(cls)):
                setattr(cls, name, cls._without_await(method))

    @staticmethod
    def _without_await(method: Callable[..., Coroutine[Any, Any, Any]]) -> Callable[..., Any]:
        name = method.__name__

        @wraps(method)
        def call(self: "_WithoutAwait", *arguments: Any, **keywords: Any) -> Any:
            # Of the client, which may be one of a subclass.
            return self._run(getattr(self._client, name)(*arguments, **keywords))

        return call

    def __getattr__(self, name: str) -> NoReturn:
        raise AttributeError(f"a client has no method {name!r}")


class SyncClient(_WithoutAwait):
    """The client of one account; made by ``sim.sync.client``.

    It has every method of ``Client``, with the same parameters, replies and exceptions.
    """

    def call(self, operation: str, members: Members) -> Struct:
        """Call an operation by AWS's name; see ``Client.call``."""
        return self._run(self._client.call(operation, members))

    def paginate(self, method: Callable[..., PageType], **parameters: Any) -> Iterator[PageType]:
        """Iterate over all pages of a list: ``for page in org.paginate(org.list_accounts, max_results=10)``."""
        token: str | None = None
        while True:
            page = method(**parameters, next_token=token)
            yield page
            token = page.next_token
            if token is None:
                return
