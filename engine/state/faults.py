"""The scripted faults of a world, with what is left of each."""

from msgspec import Struct

from ..events.faults import FaultScripted


class FaultScript(Struct):
    """A scripted fault, and what it has done."""

    scripted: FaultScripted
    calls: int = 0
    """How many calls it has looked at, those that it hit included; counted only where share or ``after_calls`` ask."""
    hits: int = 0

    @property
    def left(self) -> int | None:
        """How many calls it can still hit; None: any number."""
        times = self.scripted.times
        return None if times is None else times - self.hits

    @property
    def counts(self) -> bool:
        """Whether it lets calls pass of which it must know how many there were."""
        return self.scripted.share < 1 or self.scripted.after_calls > 0


class Faults(Struct):
    """All scripted faults that were not cleared, in the order in which they were scripted; spent ones too."""

    scripts: dict[str, FaultScript] = {}
    scripted: int = 0
    """How many there ever were."""

    @property
    def lagging(self) -> bool:
        """Whether one of them lets reads lag: what they still show is in no snapshot."""
        return any(script.scripted.fault == "lag" for script in self.scripts.values())
