"""The engine: the rules of AWS Organizations as pure functions, the log, and the writer that runs them.

The pure core, which is everything but ``log`` and ``runtime``, never awaits, reads no clock, draws no random number and
logs nothing:

- ``words``, ``ids``, ``errors``, ``settings``: the vocabulary;
- ``events``: the types of events, and the envelope in which one is stored;
- ``state``, ``evolve``: the current state with its timers, and the only code that changes it;
- ``operation``, ``rules``, ``authorization``, ``policies``, ``operations``: the decisions, one file per operation;
- ``shapes``: the answers in AWS's form;
- ``log``: where events and snapshots are stored, in memory or in SQLite;
- ``runtime``: one writer, one log, one clock. Only this and ``log`` await.

Import from the module that owns a name; this file re-exports nothing, so that events can be read without a database.
"""
