"""How the core runs: the engine that alone writes the log, the clocks, and the tasks that move simulated time.

Works on asyncio and on trio. Beside ``engine/log`` this is the only part of the engine that awaits anything.
"""
