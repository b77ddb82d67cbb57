"""What AWS Organizations is and does, and the machine that runs it.

The pure core (everything here but ``runtime``) never awaits, reads no clock, draws no random number and logs nothing:

- ``ids``, ``errors``, ``settings``: the vocabulary;
- ``events``: every fact there can be, and the envelope in which it is stored;
- ``state``, ``timers``, ``evolve``: what is true now, and the only code that changes it;
- ``operation``, ``rules``, ``operations``: what may be asked, one file per operation;
- ``shapes``: the answers in AWS's form;
- ``runtime``: one writer, one log, one clock. Only this part awaits.

Import from the module that owns a name; this file re-exports nothing, so that events can be read without a database.
"""
