"""The command ``orgsim``, also ``python -m orgsim``: whenever Ctrl-C comes, one line says so and the exit code is 130.

While modules are imported there is nothing to clean up, and a KeyboardInterrupt might get lost in between or end in a
traceback: the process ends at once. The same goes for the end, when all is done and Python shuts down. Between the two
the command answers by itself. What takes long to import is not imported here before that is arranged.
"""

import atexit
import gc
import os
import signal
import sys
from collections.abc import Callable
from importlib import import_module
from typing import Any, NoReturn


def main() -> None:
    """The entry point of the command."""
    if signal.getsignal(signal.SIGINT) is not signal.default_int_handler:
        # A shell that runs it in the background has it ignore Ctrl-C.
        _imported().main()
        return
    signal.signal(signal.SIGINT, _leave)
    # Registered before all others, so it comes last: from then on Python would let the signal kill the process.
    atexit.register(signal.signal, signal.SIGINT, signal.SIG_IGN)
    command = _imported()
    try:
        _run(command.main)
    except KeyboardInterrupt:
        _leave()


def _imported() -> Any:
    """Import the command line, and what the command that is asked for needs.

    Next to nothing of that ever becomes garbage, so it is not searched for garbage, neither now nor later.
    """
    gc.disable()
    command = import_module("orgsim.api.cli.app")
    command.load(sys.argv[1:])
    gc.freeze()
    gc.enable()
    return command


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
