"""Temporal facts: what was true of each thing, from which event on and up to which.

A fact is (subject, attribute, key, value, since, until): since and until are positions in the log; until is None while
it holds. The key tells apart several facts of one attribute, such as the tags of an account; most attributes have one
fact at a time, and the key "". ``folding`` says what each event changes, ``batch`` applies that to the facts that hold.
Neither knows where facts are stored: that is ``api/timeline``, which feeds them from a log until it is caught up.
"""
