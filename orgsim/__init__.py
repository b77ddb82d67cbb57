"""A simulator of AWS Organizations. What users touch is ``orgsim.api``; its refusals are in ``orgsim.engine.errors``.

Nothing is imported here, so that the command can be interrupted before it has imported anything (``__main__``).
"""


def __getattr__(name: str) -> str:
    """``__version__``, looked up when somebody asks for it."""
    if name != "__version__":
        raise AttributeError(f"module {__name__!r} has no attribute {name!r}")
    from importlib.metadata import version

    return version("orgsim")
