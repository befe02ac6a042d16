"""The dagster code: assets, checks, jobs, schedule and sensor over the functions of the other rooms.

Belongs here: what Dagster shows and when it runs. Does not belong here: any work on data.
"""

import dagster as dg

from pipelines.defs import automation, dashboards, ingest, publish, retention, snapshot, warehouse


def definitions() -> dg.Definitions:
    """All definitions. The in-process executor, because a process per step costs 11 s and DuckDB has one writer."""
    return dg.Definitions(
        assets=[*ingest.ASSETS, warehouse.sources, warehouse.models, publish.warehouse, dashboards.pages],
        jobs=[automation.refresh, automation.ingest, snapshot.snapshot, retention.forget_runs],
        schedules=[automation.daily, retention.nightly],
        sensors=[automation.landing],
        executor=dg.in_process_executor,
    )
