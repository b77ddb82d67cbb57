"""Importing what only the tests of code for AWS need."""

from importlib import import_module
from types import ModuleType

BOTO = ".[boto]"
"""What to install for boto3, in a clone: no index has orgsim, and whatever has its name there is something else."""


def imported(module: str, install: str) -> ModuleType:
    """Import a module that is not required by orgsim itself.

    Args:
        module: its dotted name.
        install: what to install for it, as pip takes it.

    Raises:
        ModuleNotFoundError: its package is not installed; the message says what to do.
    """
    try:
        return import_module(module)
    except ModuleNotFoundError as error:
        package = module.partition(".")[0]
        if error.name != package:
            raise
        where = ", in a clone of orgsim's repository" if install.startswith(".") else ""
        raise ModuleNotFoundError(f"{package} is not installed: pip install '{install}'{where}", name=package) from None
