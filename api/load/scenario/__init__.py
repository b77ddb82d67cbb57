"""The language of scenario files: what they may say, and how they are read.

TOML, decoded into the structs of the modules beside this one. Unknown keys, impossible values and names of nothing are
refused with the file and the path in it. Durations are numbers of days unless their names say otherwise. ``play`` plays
a scenario; the folder ``scenarios`` at the root of the repository holds examples.
"""

from .model import OrganizationTable, Parameter, Scenario, ScenarioError
from .populations import Behaviour, Population
from .reading import load_scenario, parse_scenario
from .thresholds import Threshold

__all__ = [
    "Behaviour",
    "OrganizationTable",
    "Parameter",
    "Population",
    "Scenario",
    "ScenarioError",
    "Threshold",
    "load_scenario",
    "parse_scenario",
]
