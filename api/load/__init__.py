"""Load simulation: scenario files, how they are played, the report about a run, and sweeps over parameters."""
