"""Answers to questions: views that are folds of events, and the reading operations of AWS on them.

``reads.READS`` maps AWS's name of a reading operation to its request and its query. ``views.Views`` holds all views; it
is fed inline by the engine, or built from a log up to a position or a moment by ``rebuild.build_views``.
"""
