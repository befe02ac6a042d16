"""Intervals that SQL should not make. numpy and scipy; no dagster, no duckdb, no dbt."""

from pipelines.statistics.acceptance import acceptance_curves, fit_curve, maximum_likelihood
from pipelines.statistics.bootstrap import expanded_interval, resampled_sums
from pipelines.statistics.cells import cell_intervals
from pipelines.statistics.readout import readout_differences

__all__ = [
    "acceptance_curves",
    "cell_intervals",
    "expanded_interval",
    "fit_curve",
    "maximum_likelihood",
    "readout_differences",
    "resampled_sums",
]
