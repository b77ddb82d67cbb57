"""What a scenario will ask of AWS, before it is played: its calls, their least time, and the quotas to have raised."""

from .foresee import Plan, plan_scenario
from .limits import Ticket
from .rows import PlannedCalls

__all__ = ["Plan", "PlannedCalls", "Ticket", "plan_scenario"]
