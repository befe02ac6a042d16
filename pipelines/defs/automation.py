"""When the pipeline runs by itself: once a day, and when files land."""

import hashlib

import dagster as dg

from pipelines.contract import LOGS
from pipelines.ingest import is_quiet, waiting_files
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


# A file that is copied into landing grows for a while under its final name.
QUIET_SECONDS = 30
_PATIENTLY = {"ops": {f"lake__{log}": {"config": {"quiet_seconds": QUIET_SECONDS}} for log in LOGS}}


@dg.sensor(
    name="landing",
    job=refresh,
    minimum_interval_seconds=30,
    default_status=dg.DefaultSensorStatus.RUNNING,
    description="Asks for a run when complete files lie in landing that the published file does not know of. Files "
    f"that changed in the last {QUIET_SECONDS} seconds are left alone.",
)
def landing(context: dg.SensorEvaluationContext) -> dg.RunRequest | dg.SkipReason:
    """One run per set of files: the same ones ask once only, also when a run has taken them in without publishing them.

    The cursor is the set asked for last, a line each: of two runs asked for, the first leaves a part of it to be seen.
    """
    workspace = open_workspace()
    files = unpublished_files(workspace)
    waiting = [(log, file) for log in LOGS for file in waiting_files(workspace, log)]
    files |= {(log, file.name, file.bytes, file.changed_ns) for log, file in waiting if is_quiet(file, QUIET_SECONDS)}
    if not files:
        busy = sum(not is_quiet(file, QUIET_SECONDS) for _, file in waiting)
        return dg.SkipReason(
            f"{busy} files are still being written" if busy else "the published file knows of every file in landing"
        )
    names = {f"{log}/{path} {size} {changed_ns}" for log, path, size, changed_ns in files}
    if names <= set((context.cursor or "").splitlines()):
        return dg.SkipReason(f"a run for these {len(files)} files was asked for before")
    asked = "\n".join(sorted(names))
    context.update_cursor(asked)
    return dg.RunRequest(run_key=hashlib.sha256(asked.encode()).hexdigest(), run_config=_PATIENTLY)
