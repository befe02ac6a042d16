"""When the pipeline runs by itself: once a day, and when files land."""

import hashlib

import dagster as dg

from pipelines.contract import LOGS
from pipelines.ingest.files import landed_files
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
    description="Every day at 06:00 UTC.",
)


@dg.sensor(name="landing", job=refresh, minimum_interval_seconds=30)
def landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """Asks for a run when complete files in landing are others than at the last look."""
    workspace = open_workspace()
    seen = hashlib.sha256()
    for log in LOGS:
        for file in landed_files(workspace.landing / log):
            seen.update(f"{log}\0{file.name}\0{file.bytes}\0{file.modified_ns}\n".encode())
    cursor = seen.hexdigest()
    if cursor == context.cursor:
        return dg.SkipReason("nothing new in landing")
    context.update_cursor(cursor)
    return dg.RunRequest(run_key=cursor)
