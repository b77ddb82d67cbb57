"""The language of scenario files, and how they are read and checked.

A scenario is TOML, decoded into the structs of this package. Unknown keys, impossible values and unknown names are
refused with the file and the path in it. Durations are in days unless their names say otherwise. The package ``play``
plays a scenario; the folder ``scenarios`` at the root of the repository holds examples.
"""

from .model import OrganizationTable, Parameter, Scenario
from .populations import Behaviour, PopulationTable
from .problems import Problem, ScenarioError
from .reading import load_scenario, parse_scenario
from .thresholds import Threshold

__all__ = [
    "Behaviour",
    "OrganizationTable",
    "Parameter",
    "PopulationTable",
    "Problem",
    "Scenario",
    "ScenarioError",
    "Threshold",
    "load_scenario",
    "parse_scenario",
]
