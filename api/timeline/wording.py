"""What is said to people about changes and facts: one line each."""

from ...projections.history.changes import ATTACHED, TAG, WITHOUT_DEFAULT

LONGEST = 60
"""The characters of a value that are shown; ids and names are shorter."""

LISTED = {
    ATTACHED: ("policy {key} attached", "policy {key} detached"),
    WITHOUT_DEFAULT: ("policy {key} detached", "policy {key} attached"),
    "policy type": ("{key} enabled", "{key} disabled"),
    "trusted service": ("trusted service {key} enabled", "trusted service {key} disabled"),
    "delegated service": ("delegated administrator of {key}", "no more delegated administrator of {key}"),
}
"""For attributes whose key says everything: what it means that the fact begins, and that it ends."""

INFERRED = " (inferred)"
"""Behind what neither a trail nor a dump says."""

LONG = ("content",)
"""Attributes whose values are documents of many lines."""


def change_text(attribute: str, key: str, before: str | None, after: str | None) -> str:
    """A change in words, such as ``parent r-ab12 → ou-ab12-11111111``."""
    if attribute in LISTED:
        begins, ends = LISTED[attribute]
        return (ends if after is None else begins).format(key=key)
    name = f"tag {key}" if attribute == TAG else attribute
    if attribute in LONG:
        return f"{name} {'written' if before is None else 'gone' if after is None else 'rewritten'}"
    if before is None:
        return f"{name} {shortened(after or '')}"
    return f"{name} {shortened(before)} → {shortened(after) if after is not None else 'none'}"


def shortened(text: str) -> str:
    """A text on one line, cut where it is long; an empty one is shown as such."""
    line = " ".join(text.split())
    return (line if len(line) <= LONGEST else line[: LONGEST - 1] + "…") or '""'
