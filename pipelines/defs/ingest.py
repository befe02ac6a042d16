"""The lake's three assets, partitioned by landed day: what is new in landing, typed.

That each file's lines add up is checked by dbt (`assert_files_are_conserved`), over all files ever taken in.
"""

import time
import warnings
from collections import defaultdict
from collections.abc import Iterable
from datetime import date
from typing import Any

import dagster as dg
from pydantic import Field

from pipelines.contract import LOGS, Log
from pipelines.dbt_build import FIRST_ROWS, MOST_ROWS
from pipelines.defs.failures import in_plain_words
from pipelines.defs.metadata import records
from pipelines.defs.partitions import DAYS, chosen_days
from pipelines.defs.translator import OWNERS
from pipelines.ingest import (
    Entry,
    IngestSummary,
    days_not_arrived,
    files_of_days,
    ingest,
    landed_paths,
    refused_files,
    stored_entries,
)
from pipelines.progress import report
from pipelines.reference import read_reference
from pipelines.workspace import Workspace, hold, open_workspace

_REASONS = dg.TableSchema([dg.TableColumn("reason"), dg.TableColumn("lines", "int")])
_REFUSED = dg.TableSchema([dg.TableColumn("file"), dg.TableColumn("reason"), dg.TableColumn("message")])
ARRIVED, READABLE = "files_arrive_every_day", "files_can_be_read"
_MISTAKES = {
    ARRIVED: "A delivery that did not come: on these days other logs have files and this one has none.",
    READABLE: "Files in landing that were refused whole: their lines are missing.",
}
_REMEDIES = {
    ARRIVED: "Ask whoever delivers the log for these days; a file put into landing is taken in by itself. "
    "The warehouse is published all the same.",
    READABLE: "Deliver the file again, whole, under the same name: it is read by itself. "
    "The warehouse is published all the same.",
}


class LakeConfig(dg.Config):
    """What a run may ask of a lake asset."""

    again: list[str] = Field(
        default=[],
        description="Paths below landing/<log>/ of files to read anew, these and no others; their lake part and "
        "quarantine are replaced. Empty: whatever is new.",
    )
    anew: bool = Field(
        default=False,
        description="Read all files of the chosen days anew, also those taken in before (no day chosen: of all days).",
    )
    quiet_seconds: int = Field(
        default=0, ge=0, description="Leave files alone that changed less than so many seconds ago."
    )


def _asset(log: Log) -> dg.AssetsDefinition:
    key = dg.AssetKey(["lake", log.name])

    @dg.asset(
        key=key,
        group_name="logs",
        kinds={"polars", "parquet"},
        owners=OWNERS,
        tags={"layer": "logs", "published": "no", f"log/{log.name}": ""},
        description=f"{log.description}\n\n**Grain**: one row per accepted line of `landing/{log.name}/`, typed, "
        "driver ids pseudonymized.\n\n**Source**: the files there; a partition is a landed day: the first date in a "
        "file's path, else the UTC date it was first taken in.\n\n**Caveats**: refused lines are in quarantine, and "
        "corrections, retractions and duplicates are still in it; the staging model sorts them out. A day stays "
        f"green though a file of it was refused: the check `{READABLE}` tells.",
        metadata={"dagster/column_schema": _column_schema(log), "dagster/table_name": f"lake.{log.name}"},
        partitions_def=DAYS,
        backfill_policy=dg.BackfillPolicy.single_run(),
        check_specs=[
            dg.AssetCheckSpec(name, asset=key, description=f"{mistake}\n\n**What to do** {_REMEDIES[name]}")
            for name, mistake in _MISTAKES.items()
        ],
    )
    @in_plain_words()
    def lake(context: dg.AssetExecutionContext, config: LakeConfig) -> dg.MaterializeResult:
        started = time.monotonic()
        workspace = open_workspace()
        hold(workspace, is_patient=True)
        days = chosen_days(context)
        summary = _ingest(workspace, log, days, config)
        _record_days(context, workspace, summary, days)
        # Of several days each has counts of its own; sums would be shown as each day's.
        counts = {} if days and len(days) > 1 else {**_new(summary.entries), **_new_lists(summary)}
        if days is None:
            known = _known(stored_entries(workspace, log.name))
            counts |= {**known, "dagster/row_count": known["accepted"]}
        return dg.MaterializeResult(
            metadata={**counts, "seconds": time.monotonic() - started},
            check_results=[_arrived(workspace, log, days), _readable(workspace, log, days)],
        )

    return lake


def _ingest(workspace: Workspace, log: Log, days: set[date] | None, config: LakeConfig) -> IngestSummary:
    files = files_of_days(workspace, log.name, days, quiet_seconds=config.quiet_seconds)
    return ingest(
        workspace,
        log.name,
        read_reference(workspace.reference)["sites"]["site_id"].to_list(),
        among=files,
        again=files if config.anew else landed_paths(workspace, log.name, config.again),
        on_progress=lambda done, total: report(f"ingest {log.name}, MB", done >> 20, total >> 20),
    )


def _record_days(
    context: dg.AssetExecutionContext, workspace: Workspace, summary: IngestSummary, days: set[date] | None
) -> None:
    """What Dagster is to know of each day: of the chosen ones, else of those with new files and those it lacks."""
    by_day: dict[date, list[Entry]] = defaultdict(list)
    for entry in stored_entries(workspace, summary.log):
        by_day[entry.landed_on].append(entry)
    touched: dict[date, list[Entry]] = defaultdict(list)
    for entry in summary.entries:
        touched[entry.landed_on].append(entry)
    for day in sorted(days or ()):
        counts = {**_known(by_day[day]), **_new(touched[day])}
        context.add_asset_metadata(counts, asset_key=context.asset_key, partition_key=day.isoformat())
    if days is None:
        shown = context.instance.get_materialized_partitions(context.asset_key)
        for day, entries in sorted(by_day.items()):
            key = day.isoformat()
            if (day in touched or key not in shown) and DAYS.has_partition_key(key):
                event = dg.AssetMaterialization(context.asset_key, metadata=_known(entries), partition=key)
                context.log_event(event)


def _known(entries: Iterable[Entry]) -> dict[str, int]:
    """What the ledger has of a day."""
    by_status: dict[str, list[Entry]] = defaultdict(list)
    for entry in entries:
        by_status[entry.status].append(entry)
    loaded = by_status["loaded"]
    return {
        "files": len(loaded),
        "duplicate_files": len(by_status["duplicate"]),
        "refused_files": len(by_status["refused"]),
        **{name: sum(getattr(entry, name) for entry in loaded) for name in ("bytes", "lines", "accepted")},
        "quarantined": sum(entry.quarantined for entry in loaded),
    }


def _new(entries: Iterable[Entry]) -> dict[str, int]:
    return {f"new_{name}": count for name, count in _known(entries).items()}


def _new_lists(summary: IngestSummary) -> dict[str, dg.TableMetadataValue]:
    reasons = [dg.TableRecord({"reason": each, "lines": lines}) for each, lines in summary.reasons.most_common()]
    refused = [dg.TableRecord(_refusal(entry)) for entry in summary.refused]
    return {
        "new_reasons": dg.MetadataValue.table(reasons, _REASONS),
        "new_refused": dg.MetadataValue.table(refused, _REFUSED),
    }


def _refusal(entry: Entry) -> dict[str, str]:
    return {"file": entry.path, "reason": entry.reason or "", "message": entry.message or ""}


def _arrived(workspace: Workspace, log: Log, days: set[date] | None) -> dg.AssetCheckResult:
    late = days_not_arrived(workspace, log.name)
    rows = [
        {"landed_on": day.isoformat(), "log": log.name, "other_logs_with_files": ", ".join(others)}
        for day, others in late.items()
        if days is None or day in days
    ]
    return _result(
        ARRIVED,
        rows,
        expected=f"a file of {log.name} on every day on which another log has one, from its first day on",
        found=f"days without one: {len(rows)}",
        sql=f"select * from audit.landed_days where log = '{log.name}' order by landed_on",
    )


def _readable(workspace: Workspace, log: Log, days: set[date] | None) -> dg.AssetCheckResult:
    rows = [_refusal(entry) for entry in refused_files(workspace, log.name) if days is None or entry.landed_on in days]
    return _result(
        READABLE,
        rows,
        expected="no file refused whole",
        found=f"files in landing that were refused whole: {len(rows)}",
        sql=f"select path, reason, message from audit.files where log = '{log.name}' and status = 'refused'",
    )


def _result(name: str, rows: list[dict[str, str]], *, expected: str, found: str, sql: str) -> dg.AssetCheckResult:
    """In the words of `pipelines.defs.checks`; it only warns, as the lines that did come are as good as ever."""
    metadata: dict[str, Any] = {
        "expected": expected,
        "found": found,
        "failing_rows": len(rows),
        "catches": _MISTAKES[name],
    }
    if rows:
        metadata |= {FIRST_ROWS: records(rows[:MOST_ROWS]), "what_to_do": _REMEDIES[name]}
        metadata["sql"] = dg.MetadataValue.md(f"```sql\n-- in the published file: doorstep query\n{sql}\n```")
    return dg.AssetCheckResult(check_name=name, passed=not rows, severity=dg.AssetCheckSeverity.WARN, metadata=metadata)


def _column_schema(log: Log) -> dg.TableSchema:
    return dg.TableSchema(
        [dg.TableColumn(name, type=str(dtype), description=text) for name, dtype, text in log.lake_columns()]
    )


with warnings.catch_warnings():
    warnings.simplefilter("ignore", dg.BetaWarning)  # backfill policies are in beta; dagster is pinned
    ASSETS = [_asset(log) for log in LOGS.values()]
