"""Sweeps: play one scenario for many values of its parameters and many seeds, on a Dask cluster.

``plan`` enumerates the runs, ``cluster`` hands them to workers, ``run`` is what a worker executes, ``journal`` and
``results`` store the rows, ``columns`` and ``table`` build the table of all runs, ``summary`` and ``verdict`` evaluate
it, ``page`` shows it, with ``charts`` on an ``axis`` of values, and
``carry_out`` puts these together. Only ``orgsim sweep`` imports this package, when it is called: Dask, Arrow and Plotly
are the optional dependency ``sweep``.
"""
