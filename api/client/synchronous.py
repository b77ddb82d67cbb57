"""The client of an account for code without ``await``: the methods of ``Client``, which return replies at once."""

from collections.abc import Callable, Coroutine, Iterator
from functools import wraps
from typing import Any, Protocol, TypeVar

from msgspec import Struct

from . import Client
from .calls import Members, PageType

T = TypeVar("T")


class Run(Protocol):
    """Runs a coroutine to its end and returns its result."""

    def __call__(self, coroutine: Coroutine[Any, Any, T], /) -> T:
        """Run the coroutine; raises what it raises."""
        ...


class SyncClient:
    """The client of one account; made by ``sim.sync.client``.

    It has every method of ``Client``, with the same parameters, replies and exceptions.
    """

    def __init__(self, client: Client, run: Run) -> None:
        self._client = client
        self._run = run

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

    def __getattr__(self, name: str) -> Callable[..., Any]:
        method: Callable[..., Coroutine[Any, Any, Any]] | None = None
        if not name.startswith("_"):
            method = getattr(self._client, name, None)
        if method is None:
            raise AttributeError(f"a client has no method {name!r}")

        @wraps(method)
        def call(*arguments: Any, **keywords: Any) -> Any:
            return self._run(method(*arguments, **keywords))

        return call
