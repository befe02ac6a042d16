"""Old runs of Dagster are forgotten, or its database grows with every run.

Belongs here: which runs, the daily job. Does not belong here: ticks of sensor and schedules (`dagster.yaml` in
`pipelines.dagster_home`), builds (`pipelines.builds`).
"""

from datetime import UTC, datetime, timedelta

import dagster as dg

from pipelines.workspace import open_workspace

_ENDED = [dg.DagsterRunStatus.SUCCESS, dg.DagsterRunStatus.FAILURE, dg.DagsterRunStatus.CANCELED]


def forget_old_runs(instance: dg.DagsterInstance, keep_days: int) -> int:
    """Deletes runs that ended and are older than `keep_days` days, with their events and logs; says how many.

    A run stays while an asset, or a day of it, was last materialized by it: without it they would look missing.
    """
    before = datetime.now(UTC) - timedelta(days=keep_days)
    old = instance.get_run_ids(dg.RunsFilter(statuses=_ENDED, created_before=before))
    if not old:
        return 0
    gone = set(old) - _runs_that_last_materialized(instance)
    for run_id in gone:
        instance.delete_run(run_id)
        instance.compute_log_manager.delete_logs(prefix=[run_id])
    return len(gone)


def _runs_that_last_materialized(instance: dg.DagsterInstance) -> set[str]:
    kept: set[str] = set()
    for key in instance.all_asset_keys():
        if event := instance.get_latest_materialization_event(key):
            kept.add(event.run_id)
        ids = instance.event_log_storage.get_latest_storage_id_by_partition(
            key, dg.DagsterEventType.ASSET_MATERIALIZATION
        )
        if ids:
            found = instance.event_log_storage.get_event_records(
                dg.EventRecordsFilter(
                    dg.DagsterEventType.ASSET_MATERIALIZATION, asset_key=key, storage_ids=list(ids.values())
                )
            )
            kept |= {record.event_log_entry.run_id for record in found}
    return kept


@dg.op
def forget(context: dg.OpExecutionContext) -> None:
    """Forgets runs that ended before `[dagster] keep_runs_days` of workspace.toml."""
    days = open_workspace().settings.dagster.keep_runs_days
    context.log.info(f"forgot {forget_old_runs(context.instance, days)} runs older than {days} days")


@dg.job(description="Forgets old runs with their events and logs, but none by which an asset was last materialized.")
def forget_runs() -> None:
    """One step."""
    forget()


nightly = dg.ScheduleDefinition(
    name="nightly",
    job=forget_runs,
    cron_schedule="0 5 * * *",
    execution_timezone="UTC",
    default_status=dg.DefaultScheduleStatus.RUNNING,
    description="Every day at 05:00 UTC.",
)
