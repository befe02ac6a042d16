"""Retail less the other offer types within each market; the work is done in `pipelines.statistics`."""

from pipelines.statistics import readout_differences


def model(dbt, session):
    """One row per metric and market, and overall; see `readout_differences`."""
    return readout_differences(dbt.ref("int_pilot_clusters").order("metric, market_id, cluster_id").fetchnumpy())
