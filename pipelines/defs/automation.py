"""When the pipeline runs by itself: once a day, and when files land."""

import hashlib

import dagster as dg

from pipelines.contract import LOGS
from pipelines.ingest import waiting_files
from pipelines.publish import unpublished_files
from pipelines.workspace import open_workspace

refresh = dg.define_asset_job(
    "refresh",
    selection=dg.AssetSelection.all(),
    description="Whatever is new in landing, through to the pages.",
)

ingest = dg.define_asset_job(
    "ingest",
    selection=dg.AssetSelection.groups("logs"),
    description="Whatever is new in landing, into the lake and no further.",
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
    description="Asks for a run when complete files lie in landing that the published file does not know of.",
)
def landing() -> dg.RunRequest | dg.SkipReason:
    """One run per set of files: the same set asks once only, also when a run has taken it in without publishing it."""
    workspace = open_workspace()
    files = unpublished_files(workspace)
    files |= {(log, file.name, file.bytes, file.changed_ns) for log in LOGS for file in waiting_files(workspace, log)}
    if not files:
        return dg.SkipReason("the published file knows of every file in landing")
    names = "\n".join(f"{log}/{path} {size} {changed_ns}" for log, path, size, changed_ns in sorted(files))
    return dg.RunRequest(run_key=hashlib.sha256(names.encode()).hexdigest())
