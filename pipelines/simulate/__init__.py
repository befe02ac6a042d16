"""The seeded log generator with planted truth. numpy and Polars; no dagster.

parameters -> world (supply, retail, dispatch, demand, delivery, trips, pay) -> recording -> events -> defects ->
spelling, refused -> files, and recording -> truth. Everything that happens is decided in the world; the record is what
the logs know of it in the end; the truth follows from the record, never from the lines, and what was planted
(`truth_parameters`) from the world alone.
"""

from pipelines.simulate.parameters import Parameters
from pipelines.simulate.simulation import SimulationSummary, simulate

__all__ = ["Parameters", "SimulationSummary", "simulate"]
