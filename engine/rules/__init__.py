"""Checks that several operations share: functions that raise a refusal, or build events. None changes the state."""
