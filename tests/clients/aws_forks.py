"""The AWS CLI, imported once: each command runs in a process of its own, which is forked off.

Reads commands from stdin, one JSON object a line: ``words`` of the command line, ``keys`` for its environment, and the
files ``out`` and ``err`` for what it prints. Answers with the exit code on a line. Run in the clients' environment.
"""

import json
import os
import sys
from typing import Any, NoReturn

import awscli.clidriver  # pyright: ignore[reportMissingImports]


def run(command: dict[str, Any]) -> NoReturn:
    """Run a command in this process, which ends with it."""
    os.environ.update(command["keys"])
    for stream, file in ((sys.stdin, os.devnull), (sys.stdout, command["out"]), (sys.stderr, command["err"])):
        os.dup2(os.open(file, os.O_RDWR | os.O_CREAT | os.O_TRUNC), stream.fileno())
    sys.argv[1:] = command["words"]
    sys.exit(awscli.clidriver.main())


if __name__ == "__main__":
    # Imports what the driver imports when it is made; each command makes its own.
    awscli.clidriver.create_clidriver()
    for line in sys.stdin:
        child = os.fork()
        if not child:
            run(json.loads(line))
        print(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]), flush=True)
