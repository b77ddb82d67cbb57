"""Sweeps: one scenario, played for many values of its parameters and many seeds, on a Dask cluster.

``plan`` says which runs there are, ``run`` is what a worker does with one, ``cluster`` has them done, ``results`` keeps
what came of them, ``columns`` and ``table`` make one table of it, ``summary`` and ``plot`` what people look at,
``command`` is ``orgsim sweep``. Nothing here is imported by the rest; Dask, Arrow and Plotly are the extra ``sweep``.
"""
