"""The lake's three assets: what is new in landing, typed.

That each file's lines add up is checked by dbt (`assert_files_are_conserved`), over all files ever taken in.
"""

import dagster as dg
from pydantic import Field

from pipelines.contract import LOGS, Log
from pipelines.ingest import IngestSummary, ingest, landed_paths
from pipelines.progress import report
from pipelines.reference import read_reference
from pipelines.workspace import hold, open_workspace

_REASONS = dg.TableSchema([dg.TableColumn("reason"), dg.TableColumn("lines", "int")])
_REFUSED = dg.TableSchema([dg.TableColumn("file"), dg.TableColumn("reason"), dg.TableColumn("message")])


class LakeConfig(dg.Config):
    """What a run may ask of a lake asset."""

    again: list[str] = Field(
        default=[],
        description="Paths below landing/<log>/ of files to read anew, these and no others; their lake part and "
        "quarantine are replaced. Empty: whatever is new.",
    )


def _asset(log: Log) -> dg.AssetsDefinition:
    key = dg.AssetKey(["lake", log.name])

    @dg.asset(
        key=key,
        group_name="logs",
        kinds={"polars", "parquet"},
        owners=["team:data"],
        description=f"{log.description}\n\nOne row per accepted line of `landing/{log.name}/`, typed, driver ids "
        "pseudonymized. Refused lines are in quarantine.",
        metadata={"dagster/column_schema": _column_schema(log)},
    )
    def lake(config: LakeConfig) -> dg.MaterializeResult:
        workspace = open_workspace()
        hold(workspace, is_patient=True)
        site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
        summary = ingest(
            workspace,
            log.name,
            site_ids,
            again=landed_paths(workspace, log.name, config.again),
            on_progress=lambda done, total: report(f"ingest {log.name}, MB", done >> 20, total >> 20),
        )
        return dg.MaterializeResult(metadata=_metadata(summary))

    return lake


def _column_schema(log: Log) -> dg.TableSchema:
    return dg.TableSchema(
        [dg.TableColumn(name, type=str(dtype), description=text) for name, dtype, text in log.lake_columns()]
    )


def _metadata(summary: IngestSummary) -> dict[str, dg.MetadataValue]:
    reasons = [{"reason": reason, "lines": lines} for reason, lines in summary.reasons.most_common()]
    refused = [
        {"file": entry.path, "reason": entry.reason or "", "message": entry.message or ""} for entry in summary.refused
    ]
    return {
        "new_files": dg.MetadataValue.int(len(summary.loaded)),
        "new_lines": dg.MetadataValue.int(summary.total("lines")),
        "new_accepted": dg.MetadataValue.int(summary.total("accepted")),
        "new_quarantined": dg.MetadataValue.int(summary.total("quarantined")),
        "new_reasons": dg.MetadataValue.table([dg.TableRecord(row) for row in reasons], _REASONS),
        "refused_files": dg.MetadataValue.table([dg.TableRecord(row) for row in refused], _REFUSED),
    }


ASSETS = [_asset(log) for log in LOGS.values()]
