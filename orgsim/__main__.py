"""The command ``orgsim``, also ``python -m orgsim``: whenever Ctrl-C comes, one line says so and the exit code is 130.

While modules are imported there is nothing to clean up, and a KeyboardInterrupt might get lost in between or end in a
traceback: the process ends at once. The same goes for the end, when all is done and Python shuts down. Between the two
the command answers by itself. What takes long to import is not imported here before that is arranged.
"""

import atexit
import os
import signal
from collections.abc import Callable
from importlib import import_module
from typing import NoReturn


def main() -> None:
    """The entry point of the command."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        # A shell that runs it in the background has it ignore Ctrl-C.
        import_module("orgsim.api.cli.app").main()
        return
    signal.signal(signal.SIGINT, _leave)
    # Registered before all others, so it comes last: from then on Python would let the signal kill the process.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    command = import_module("orgsim.api.cli.app")
    try:
        _run(command.main)
    except KeyboardInterrupt:
        _leave()


def _run(command: Callable[[], None]) -> None:
    """Run it under the handler of Python's own, which event loops replace by theirs, and no other."""
    signal.signal(signal.SIGINT, signal.default_int_handler)
    try:
        command()
    finally:
        signal.signal(signal.SIGINT, _leave)


def _leave(*_: object) -> NoReturn:
    """Say that it was interrupted, and be gone."""
    try:
        os.write(2, b"orgsim: interrupted\n")
    finally:
        os._exit(130)


if __name__ == "__main__":
    main()
