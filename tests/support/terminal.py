"""A pseudo-terminal for a command, and the text that stands on its screen."""

import fcntl
import os
import pty
import re
import struct
import subprocess
import sys
import termios
from codecs import getincrementaldecoder
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from pathlib import Path

SEQUENCE = re.compile(r"\x1b\[\??([0-9;]*)([A-Za-z])|\x1b[^\[]|([\r\n])|([^\x1b\r\n]+)")
"""A control sequence, the carriage return or line feed, or text."""

ANEW = "\r\x1b[2K"
"""What a picture begins with that is drawn over the one before: only then is that one whole."""

OWN_TERMINAL = """
import fcntl, os, sys, termios
fcntl.ioctl(0, termios.TIOCSCTTY, 0)
os.execv(sys.argv[1], sys.argv[1:])
"""
"""A command whose standard input is its own terminal: Ctrl-C there reaches it."""


def screen(output: str) -> list[str]:
    """The lines that stand on a screen of any height after an output, as far as pictures that change need it."""
    lines, row, column = [""], 0, 0
    for number, letter, move, text in SEQUENCE.findall(output):
        if move == "\r":
            column = 0
        elif move == "\n":
            row, column = row + 1, 0
            lines += [""] * (row + 1 - len(lines))
        elif letter == "A":
            row = max(0, row - int(number or 1))
        elif letter == "K":
            lines[row] = ""
        elif text:
            lines[row] = lines[row][:column].ljust(column) + text + lines[row][column + len(text) :]
            column += len(text)
    return [line.rstrip() for line in lines]


class Terminal:
    """A terminal in which a command runs, its standard output apart.

    Args:
        process: the command.
        end: our end of the terminal.
    """

    def __init__(self, process: "subprocess.Popen[bytes]", end: int) -> None:
        self.process = process
        self.output = ""
        """What the command has written to the terminal so far."""
        self._end = end
        self._decoder = getincrementaldecoder("utf-8")()

    @property
    def screen(self) -> list[str]:
        """The lines that stand on the screen."""
        return screen(self.output)

    def press(self, keys: bytes) -> None:
        """Press keys, also such as Ctrl-C."""
        os.write(self._end, keys)

    def read_until(self, enough: Callable[[list[str]], bool]) -> list[str]:
        """Read until a whole picture shows what is waited for, and return it; fails if the command ends before.

        Output arrives in pieces: a picture is looked at when the next one begins, never while it is half drawn.
        """
        looked_at = 0
        while True:
            drawn = self.output.rfind(ANEW)
            if drawn > looked_at:
                looked_at = drawn
                picture = screen(self.output[:drawn])
                if enough(picture):
                    return picture
            assert self._read(), f"the command has ended: {self.screen}"

    def read_to_end(self) -> list[str]:
        """Read until the command has ended."""
        while self._read():
            pass
        self.process.wait()
        return self.screen

    def _read(self) -> bool:
        try:
            piece = os.read(self._end, 65_536)
        except OSError:  # how Linux tells that the other end is closed
            return False
        # A sign may have arrived in part.
        self.output += self._decoder.decode(piece)
        return bool(piece)


@contextmanager
def terminal(
    command: Sequence[str | Path], folder: Path, environment: Mapping[str, str], *, rows: int = 40, columns: int = 100
) -> Iterator[Terminal]:
    """Run a command whose standard error is a terminal, which is also where its keys come from.

    Args:
        command: the command.
        folder: where it runs.
        environment: its variables.
        rows: the height of the terminal.
        columns: its width.
    """
    ours, its = pty.openpty()
    fcntl.ioctl(its, termios.TIOCSWINSZ, struct.pack("HHHH", rows, columns, 0, 0))
    process = subprocess.Popen(
        [sys.executable, "-c", OWN_TERMINAL, *command],
        cwd=folder,
        env=environment,
        stdin=its,
        stdout=subprocess.PIPE,
        stderr=its,
        start_new_session=True,
    )
    os.close(its)
    try:
        yield Terminal(process, ours)
    finally:
        if process.poll() is None:
            process.kill()
        process.communicate()
        os.close(ours)
