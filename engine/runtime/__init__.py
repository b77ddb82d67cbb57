"""How the core runs: the one writer (``engine``), the log (``log``, ``sqlite_log``), and time (``clock``).

The only part of the engine that awaits. It works on asyncio and on trio; only ``sqlite_log`` knows of asyncio.
"""
