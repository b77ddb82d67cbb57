"""How much a random test tries: little in the suite, as much as asked for in a campaign."""

import os

CAMPAIGN = int(os.environ.get("ORGSIM_CAMPAIGN", "0"))
"""How many examples a campaign asks for; 0 in the suite."""


def examples(few: int) -> int:
    """How many examples a test tries: few in the suite, in a campaign at least as many as it asks for."""
    return max(few, CAMPAIGN)
