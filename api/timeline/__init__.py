"""What happened to an organization: its history from a log, timelines, differences between two moments, and causes.

``history`` keeps temporal facts in an SQLite file beside the log and catches up with it; ``schema`` is its tables and
the documented views. ``timeline``, ``difference`` and ``causes`` ask it; ``moments`` reads what people call a moment.
"""
