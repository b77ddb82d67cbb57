"""Plays a scenario: the parts of a run, which ``run`` beside this package puts together."""
