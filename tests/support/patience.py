"""How long tests wait for what should happen soon: only what is broken makes them wait for so long."""

PATIENCE = 100
"""Seconds after which what has not happened counts as never happening.

It says nothing about speed: a machine that others use may take many times as long as one that is idle.
"""
