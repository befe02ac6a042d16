"""The days of the lake as partitions, and what a run that names some of them means.

Belongs here: the partitions' first and last day, the days of a run. Does not belong here: the day of a file
(`pipelines.ingest.days`).
"""

from datetime import UTC, date, datetime, timedelta

import dagster as dg

from pipelines.contract import LOGS
from pipelines.ingest import landed_days
from pipelines.workspace import DoorstepError, Workspace, open_workspace

MOST_DAYS = 3_660  # a file may be called after any date, and the UI draws every partition


def day_partitions(workspace: Workspace) -> dg.DailyPartitionsDefinition:
    """Partitions from the first to the last day of the workspace, both included, by its settings or its files.

    Without a setting the last day is today and moves on; where the logs are simulated it is the last day with a file.
    """
    chosen = workspace.settings.partitions
    today = datetime.now(UTC).date()
    days = {day for log in LOGS for day in landed_days(workspace, log) if day <= today} or {today}
    is_over = workspace.settings.origin == "simulated"
    last = chosen.last_day or (max(days) if is_over else None)
    first = chosen.first_day or max(min(days), (last or today) - timedelta(days=MOST_DAYS))
    return dg.DailyPartitionsDefinition(
        start_date=first.isoformat(),
        end_date=(last + timedelta(days=1)).isoformat() if last else None,
        end_offset=0 if last else 1,
    )


def _of_this_workspace() -> dg.DailyPartitionsDefinition:
    try:
        return day_partitions(open_workspace())
    except DoorstepError:
        # Whoever only looks at the definitions need have no workspace; a run says what is wrong with it.
        return dg.DailyPartitionsDefinition(start_date=f"{datetime.now(UTC):%Y-%m-%d}", end_offset=1)


DAYS = _of_this_workspace()


def chosen_days(context: dg.AssetExecutionContext) -> set[date] | None:
    """The days a run was asked for; None where it was asked for none: whatever is new, of any day."""
    if not (context.has_partition_key or context.has_partition_key_range):
        return None
    return {date.fromisoformat(key) for key in context.partition_keys}
