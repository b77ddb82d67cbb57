"""The least time that AWS's rates and quotas make of the calls of a step."""

import math

from ....engine.rules.latency import MEASURED, Slow, latency_of
from ....engine.rules.quotas import closures_allowed_among, invitations_allowed
from ....engine.settings import CLOSURE_WINDOW, HOUR, SECOND, Quotas, Settings
from ....engine.throttling import RATES, Rate
from ..scenario.pace import Pace
from .cohorts import PlannedCohort

FLUCTUATION = 4.0
"""Standard deviations by which fewer may say nothing than expected."""


def rate_hours(rate: Rate | None, number: float) -> float:
    """The least time from the first of so many calls to the last, from a full bucket."""
    return max(0.0, number - rate.burst) * rate.seconds / rate.calls / 3600 if rate else 0.0


def management_rate(operation: str) -> Rate | None:
    """The rate at which one account may call an operation; None: AWS publishes none."""
    return RATES[operation].account if operation in RATES else None


def members_rate(operation: str) -> Rate | None:
    """The rate at which all accounts of an organization together may call an operation."""
    return RATES[operation].organization if operation in RATES else None


def paced_hours(pace: Pace | None, number: float) -> float:
    """The least time that the pace of a step takes."""
    return pace.least_days(int(number)) * 24 if pace else 0.0


def creation_hours(number: float, settings: Settings) -> float:
    """The least time in which so many accounts are created, as many at once as the quota allows."""
    return _in_rounds("creation", "CreateAccount", number, settings.quotas.concurrent_account_creations, settings)


def closure_hours(number: float, members: float, settings: Settings) -> float:
    """The least time in which so many accounts are closed: few at once, and a number in thirty days."""
    quotas = settings.quotas
    allowed = closures_allowed_among(int(members), quotas)
    windows = max(0, math.ceil(number / allowed) - 1) if allowed else 0
    rest = number - windows * allowed
    return windows * CLOSURE_WINDOW / HOUR + _in_rounds(
        "closure", "CloseAccount", rest, quotas.concurrent_account_closures, settings
    )


def _in_rounds(what: Slow, operation: str, number: float, at_once: int, settings: Settings) -> float:
    if number < 1:
        return 0.0
    latency = latency_of(what, settings)
    shortest = latency if isinstance(latency, int) else MEASURED[what][0] / SECOND if latency == "realistic" else 0
    rounds = (math.ceil(number / at_once) - 1) * shortest / 3600
    rates = rate_hours(management_rate(operation), number) if settings.throttle == "aws" else 0.0
    return max(rounds, rates) + shortest / 3600


def invitation_hours(number: float, cohort: PlannedCohort, quotas: Quotas) -> float:
    """The least time in which so many invitations are sent, if only so many in a day may be without an answer."""
    allowed, silent = invitations_allowed(quotas), 1 - cohort.accepting(1.0)
    unanswered = number * silent - FLUCTUATION * math.sqrt(number * silent * max(0.0, 1 - silent))
    return max(0, math.ceil(unanswered / allowed) - 1) * 24.0 if allowed else 0.0


def busiest_day(number: float, pace: Pace | None) -> int:
    """The greatest number of calls within a day."""
    return pace.most_in_a_day(math.ceil(number)) if pace else math.ceil(number)
