"""What runs is not copied by Python's means: ``pickle``, ``copy`` and whoever sends objects to another process."""

from typing import NoReturn


class NotCopied:
    """Base of what belongs to the process, the threads and the files with which it runs."""

    def __reduce_ex__(self, protocol: object) -> NoReturn:
        raise TypeError(
            f"this {type(self).__name__} runs in this process, and is neither pickled nor copied: sim.fork() makes "
            "another world with the same past; another process begins one of its own, or opens a copy of the log"
        )
