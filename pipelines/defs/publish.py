"""The published file as an asset, after every table it holds."""

import dagster as dg

from pipelines.defs.warehouse import POOL, models, sources
from pipelines.progress import report
from pipelines.publish import publish
from pipelines.workspace import open_workspace


@dg.asset(
    key="warehouse",
    deps=[*models.keys, *sources.keys],
    group_name="warehouse",
    kinds={"duckdb"},
    owners=["team:data"],
    pool=POOL,
)
def warehouse() -> dg.MaterializeResult:
    """`warehouse.duckdb`: facts, dimensions, metrics, reference and audit tables, replaced in one step."""
    report("publish")
    published = publish(open_workspace())
    return dg.MaterializeResult(
        metadata={
            "build_id": published.build_id,
            "path": dg.MetadataValue.path(str(published.path)),
            "rows": dg.MetadataValue.json(published.rows),
            "row_fingerprints": dg.MetadataValue.json(published.fingerprints),
        }
    )
