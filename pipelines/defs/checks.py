"""What Dagster shows of a check that was run.

Belongs here: results of dbt's tests as asset checks. Does not belong here: any check (`dbt_project/tests`), what one
says of itself (`pipelines.checks`).
"""

from typing import Any

import dagster as dg

from pipelines import checks, dbt_build
from pipelines.defs.metadata import records
from pipelines.defs.translator import MANIFEST
from pipelines.workspace import Workspace


def check_result(spec: dg.AssetCheckSpec, result: dbt_build.NodeResult, workspace: Workspace) -> dg.AssetCheckResult:
    """Expected, found and the first failing rows; of a check that did not pass the SQL for more and what to do."""
    node = MANIFEST["nodes"][result.unique_id]
    metadata: dict[str, Any] = {
        "expected": "no row",
        "found": _found(result),
        "failing_rows": result.failures or 0,
        "catches": checks.mistake(node, MANIFEST),
    }
    if result.failing_rows:
        metadata[dbt_build.FIRST_ROWS] = records(result.failing_rows)
    if result.status != "pass":
        query = checks.further_query(result, node, MANIFEST, workspace.working_database)
        metadata |= {"sql": dg.MetadataValue.md(f"```sql\n{query}\n```"), "what_to_do": checks.remedy(node)}
    return dg.AssetCheckResult(
        asset_key=spec.asset_key,
        check_name=spec.name,
        passed=result.status == "pass",
        severity=dg.AssetCheckSeverity.ERROR if spec.blocking else dg.AssetCheckSeverity.WARN,
        metadata=metadata,
    )


def _found(result: dbt_build.NodeResult) -> str:
    if result.failures is None:
        return result.message or result.status
    return {0: "no row", 1: "1 row"}.get(result.failures, f"{result.failures:,} rows")
