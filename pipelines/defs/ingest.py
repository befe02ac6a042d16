"""The lake's three assets: what is new in landing, typed.

That each file's lines add up is checked by dbt (`assert_files_are_conserved`), over all files ever taken in.
"""

import dagster as dg

from pipelines.contract import LOGS, Log
from pipelines.ingest import IngestSummary, ingest
from pipelines.progress import report
from pipelines.reference import read_reference
from pipelines.workspace import hold, open_workspace


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
    def lake() -> dg.MaterializeResult:
        workspace = open_workspace()
        hold(workspace)
        site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
        summary = ingest(
            workspace,
            log.name,
            site_ids,
            on_file=lambda done, total: report(f"ingest {log.name}", done, total),
        )
        return dg.MaterializeResult(metadata=_metadata(summary))

    return lake


def _column_schema(log: Log) -> dg.TableSchema:
    return dg.TableSchema(
        [dg.TableColumn(name, type=str(dtype), description=text) for name, dtype, text in log.lake_columns()]
    )


def _metadata(summary: IngestSummary) -> dict[str, dg.MetadataValue]:
    refused = "\n".join(f"- `{entry.path}`: {entry.reason}: {entry.message}" for entry in summary.refused)
    return {
        "new_files": dg.MetadataValue.int(len(summary.loaded)),
        "new_lines": dg.MetadataValue.int(summary.total("lines")),
        "new_accepted": dg.MetadataValue.int(summary.total("accepted")),
        "new_quarantined": dg.MetadataValue.int(summary.total("quarantined")),
        "refused_files": dg.MetadataValue.md(refused or "none"),
    }


ASSETS = [_asset(log) for log in LOGS.values()]
