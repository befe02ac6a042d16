"""The published file as an asset, after every table it holds."""

import dagster as dg

from pipelines.defs.warehouse import POOL, models, sources
from pipelines.progress import report
from pipelines.publish import Published, publish
from pipelines.workspace import hold, open_workspace


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
    workspace = open_workspace()
    hold(workspace, is_patient=True)
    return dg.MaterializeResult(metadata=published_metadata(publish(workspace)))


def published_metadata(published: Published) -> dict[str, dg.MetadataValue]:
    """What the UI shows of a published file."""
    return {
        "build_id": dg.MetadataValue.text(published.build_id),
        "path": dg.MetadataValue.path(str(published.path)),
        "rows": dg.MetadataValue.json(published.rows),
        "row_fingerprints": dg.MetadataValue.json(published.fingerprints),
    }
