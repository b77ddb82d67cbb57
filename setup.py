"""Which packages are installed: the scenarios, and every folder with an ``__init__.py`` under the three floors."""

from setuptools import find_packages, setup

FLOORS = ("engine", "projections", "api")

setup(
    packages=[
        "orgsim",
        "orgsim.scenarios",
        *(f"orgsim.{name}" for floor in FLOORS for name in (floor, *(f"{floor}.{p}" for p in find_packages(floor)))),
    ]
)
