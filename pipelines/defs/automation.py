"""When the pipeline runs by itself: once a day, and when files land."""

import hashlib

import dagster as dg

from pipelines.contract import LOGS
from pipelines.ingest import waiting_files
from pipelines.workspace import open_workspace

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Whatever is new in landing, through to the pages.",
)

daily = dg.ScheduleDefinition(
    name="daily",
    job=refresh,
    cron_schedule="0 6 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 06:00 UTC.",
)


@dg.sensor(
    name="landing",
    job=refresh,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a run when complete files lie in landing that the ledger does not know.",
)
def landing() -> dg.RunRequest | dg.SkipReason:
    """One run per set of waiting files: the same set asks once only."""
    workspace = open_workspace()
    waiting = [(log, file) for log in LOGS for file in waiting_files(workspace, log)]
    if not waiting:
        return dg.SkipReason("every file in landing is in the ledger")
    names = "\n".join(f"{log}/{file.name} {file.bytes} {file.changed_ns}" for log, file in waiting)
    return dg.RunRequest(run_key=hashlib.sha256(names.encode()).hexdigest())
