"""Intervals that SQL should not make. numpy and scipy; no dagster, no duckdb, no dbt."""

from pipelines.statistics.bootstrap import expanded_interval, resampled_sums
from pipelines.statistics.cells import cell_intervals
from pipelines.statistics.readout import readout_differences

__all__ = [
    "cell_intervals",
    "expanded_interval",
    "readout_differences",
    "resampled_sums",
]
