"""A second, simpler model of AWS Organizations, and comparing the simulation against it."""
