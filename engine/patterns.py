"""What the patterns of requests' members ask for, in plain words."""

from ast import literal_eval

SMALL = "small letters or digits"
LETTERS = "letters, digits or _"
WORDS = {
    r"[0-9]{12}": "an account's id, of twelve digits",
    r"r-[0-9a-z]{4,32}": f"a root's id, r- and 4 to 32 {SMALL}",
    r"ou-[0-9a-z]{4,32}-[a-z0-9]{8,32}": f"an OU's id, ou-, 4 to 32 {SMALL}, - and 8 to 32 more",
    r"p-[0-9a-zA-Z_]{8,128}": f"a policy's id, p- and 8 to 128 {LETTERS}",
    r"rp-[0-9a-zA-Z_]{4,128}": f"a resource policy's id, rp- and 4 to 128 {LETTERS}",
    r"rt-[0-9a-z]{8,32}": f"a transfer's id, rt- and 8 to 32 {SMALL}",
    r"rt-[0-9a-zA-Z_]{8,32}": f"a transfer's id, rt- and 8 to 32 {LETTERS}",
    r"h-[0-9a-z]{8,32}": f"a handshake's id, h- and 8 to 32 {SMALL}",
    r"car-[a-z0-9]{8,32}": f"the id of a request to create an account, car- and 8 to 32 {SMALL}",
    r"[^\s@]+@[^\s@]+\.[^\s@]+": "an email address, such as somebody@example.com",
    r"[\x20-\x7e]+": "of letters without accents, digits, blanks and the signs of ASCII",
    r"[ -~]+": "of letters without accents, digits, blanks and the signs of ASCII",
    r"[A-Za-z0-9_+=,.@-]{1,64}": "of 1 to 64 letters, digits and _+=,.@-",
    r"[A-Za-z0-9_+=,.@-]*": "of letters, digits and _+=,.@-",
    r"(?:[\w.:/=+\-@]|[^\S\t-\r\x1c-\x1f\x85])*": "of letters, digits, blanks and _.:/=+-@",
}
"""Patterns, or alternatives of one, without their anchors. A test looks at the patterns of all requests."""


def in_words(quoted: str) -> str:
    """What a text must be to match a pattern; a pattern that is not known is repeated.

    Args:
        quoted: the pattern as msgspec's messages have it, in Python's quotes.
    """
    pattern: str = literal_eval(quoted)
    whole = pattern.removeprefix("^").removesuffix(r"\Z")
    parts = [whole] if whole in WORDS else whole.removeprefix("(?:").removesuffix(")").split("|")
    known = [WORDS[each] for each in parts if each in WORDS]
    return f"must be {'; or '.join(known)}" if len(known) == len(parts) else f"must match {quoted}"
