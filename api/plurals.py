"""Numbers of things, as text for people."""


def counted(number: int, what: str) -> str:
    """Format a number of things: ``1 call``, ``2,000 calls``."""
    return f"{number:,} {what}{'' if number == 1 else 's'}"
