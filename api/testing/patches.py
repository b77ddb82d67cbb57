"""Replacing functions of other packages while a block is open, for the code within that block alone.

A replacement asks a ``Scope`` whether the code that calls it is within a block, and calls the original if not. When the
last block is left the originals are back. A block reaches the tasks and threads that are started within it: tasks have
the context variables of whoever started them, and for threads that is done here.
"""

from collections.abc import Callable, Generator, Iterable
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from contextvars import ContextVar
from functools import partial
from threading import RLock, Thread
from types import FunctionType
from typing import Any, Generic, TypeVar
from weakref import WeakSet

from ...engine.runtime.forked import in_forked_child

T = TypeVar("T")

Function = Callable[..., Any]
Patch = tuple[object, str, Callable[[Function], Function]]
"""A module or class, the name of a function of it, and what makes the replacement from the original."""

ORIGINAL = "orgsim_original"
"""The attribute of a replacement that tells the function in whose place it was put."""


def unpatched(function: Any) -> Any:
    """Return the function for which a replacement stands; anything else itself.

    A replacement may come back after its block: somebody replaced it within, and put it back when the block had ended.
    It does what the original does then, and goes with the next block.
    """
    while isinstance(function, FunctionType) and ORIGINAL in vars(function):
        function = vars(function)[ORIGINAL]
    return function


class Patches:
    """Replacements that are there while at least one block is open, in whatever thread.

    Args:
        find: lists them; called when the first block is entered.
    """

    def __init__(self, find: Callable[[], Iterable[Patch]]) -> None:
        self._find = find
        self._lock = RLock()
        self._blocks = 0
        self._replaced: list[tuple[object, str, Function, Function]] = []
        """Module or class, name, the original and its replacement."""
        _all.add(self)

    @contextmanager
    def applied(self) -> Generator[None]:
        """Replace the functions while the block is open."""
        with self._lock:
            if not self._blocks:
                self._apply()
            self._blocks += 1
        try:
            yield
        finally:
            with self._lock:
                self._blocks -= 1
                if not self._blocks:
                    self._restore()

    def _apply(self) -> None:
        try:
            for owner, name, replace in self._find():
                original = unpatched(vars(owner)[name])
                replacement = replace(original)
                if isinstance(replacement, FunctionType):
                    vars(replacement)[ORIGINAL] = original
                self._replaced.append((owner, name, original, replacement))
                setattr(owner, name, replacement)
        except BaseException:
            self._restore()
            raise

    def _restore(self) -> None:
        while self._replaced:
            owner, name, original, replacement = self._replaced.pop()
            # What somebody else has put there meanwhile, and will take away again, is not ours to remove.
            if vars(owner).get(name) is replacement:
                setattr(owner, name, original)

    def begin_anew(self) -> None:
        """Be usable in a forked process, though another thread may have been replacing or restoring at that moment."""
        self._lock = RLock()
        if not self._blocks:
            self._restore()


def _begin_anew() -> None:
    for patches in list(_all):
        patches.begin_anew()


_all: WeakSet[Patches] = WeakSet()
in_forked_child(_begin_anew)


class _Entry(Generic[T]):
    """A block that was entered, and whether it is open still: a thread may have outlived it."""

    def __init__(self, value: T) -> None:
        self.value = value
        self.open = True


class Scope(Generic[T]):
    """What holds for the code within a block, and for the tasks and threads that it starts; for no other.

    Args:
        name: of its context variable.
    """

    all: "list[Scope[Any]]" = []  # noqa: RUF012  # shared by all scopes, which is its purpose

    def __init__(self, name: str) -> None:
        self._variable: ContextVar[_Entry[T] | None] = ContextVar(name, default=None)
        self.all.append(self)

    @property
    def current(self) -> T | None:
        """What holds here; None outside any open block."""
        entry = self._variable.get()
        return entry.value if entry is not None and entry.open else None

    @contextmanager
    def within(self, value: T) -> Generator[None]:
        """Let a value hold while the block is open."""
        before, entry = self._variable.get(), _Entry(value)
        self._variable.set(entry)
        try:
            with _THREADS.applied():
                yield
        finally:
            entry.open = False
            # Not by a token, which another context than that of the entry does not take: fixtures are left in one.
            self._variable.set(before)

    @contextmanager
    def without(self) -> Generator[None]:
        """Let nothing hold while the block is open."""
        token = self._variable.set(None)
        try:
            yield
        finally:
            self._variable.reset(token)

    def inherit(self) -> Callable[[], Callable[[], None]]:
        """Return a function that a thread calls to be where this code is, and that returns how to undo it."""
        entry = self._variable.get()

        def begin() -> Callable[[], None]:
            return partial(self._variable.reset, self._variable.set(entry))

        return begin


def _inheriting(function: Function) -> Function:
    """Return a function that runs within the blocks that are open here, in whatever thread."""
    begins = [scope.inherit() for scope in Scope.all]

    def inside(*arguments: Any, **keywords: Any) -> Any:
        ends = [begin() for begin in begins]
        try:
            return function(*arguments, **keywords)
        finally:
            for end in ends:
                end()

    return inside


def _starting(original: Function) -> Function:
    def start(self: Thread) -> None:
        self.run = _inheriting(self.run)
        original(self)

    return start


def _submitting(original: Function) -> Function:
    def submit(self: ThreadPoolExecutor, function: Function, /, *arguments: Any, **keywords: Any) -> Any:
        return original(self, _inheriting(function), *arguments, **keywords)

    return submit


_THREADS = Patches(lambda: [(Thread, "start", _starting), (ThreadPoolExecutor, "submit", _submitting)])
