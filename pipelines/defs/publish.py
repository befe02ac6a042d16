"""The published file as an asset, after every table it holds."""

from time import monotonic
from typing import Any

import dagster as dg

from pipelines.defs.failures import in_plain_words
from pipelines.defs.metadata import records
from pipelines.defs.translator import MANIFEST, OWNERS, table_key
from pipelines.defs.warehouse import POOL, models, sources
from pipelines.progress import report
from pipelines.publish import SCHEMAS, Published, publish
from pipelines.table_facts import TableFacts, key_figures, table_facts
from pipelines.workspace import DoorstepError, hold, open_workspace


@dg.asset(
    key="warehouse",
    deps=[*models.keys, *sources.keys],
    group_name="warehouse",
    kinds={"duckdb"},
    owners=OWNERS,
    tags={"layer": "warehouse", "published": "yes"},
    pool=POOL,
)
@in_plain_words()
def warehouse(context: dg.AssetExecutionContext) -> dg.MaterializeResult:
    """`warehouse.duckdb`: facts, dimensions, metrics, reference and audit tables, replaced in one step.

    One file, made anew of the working database by every build whose checks pass; whoever has the old one open keeps it.
    Read-only for everybody; `describe`, comments on tables and columns and `metric_dictionary` say what is in it. For
    people cleared for pseudonymous rows: no raw driver id, no place finer than 0.01 degree.
    """
    report("publish")
    workspace = open_workspace()
    hold(workspace, is_patient=True)
    facts = table_facts(workspace.working_database)
    _refuse_half_built(facts)
    started = monotonic()
    published = publish(workspace)
    seconds = round(monotonic() - started, 3)
    for table, rows in published.rows.items():
        key = table_key(*table.split("."))
        if key in models.keys | sources.keys:
            measured = {"rows": rows, "row_fingerprint": published.fingerprints[table], "build_id": published.build_id}
            context.log_event(dg.AssetObservation(key, metadata=measured, description="As published."))
    return dg.MaterializeResult(metadata=published_metadata(published) | key_figures(facts) | {"seconds": seconds})


def _refuse_half_built(facts: dict[str, TableFacts]) -> None:
    """Raises DoorstepError where `sources` were made anew without all that rests on them."""
    models = [node for node in MANIFEST["nodes"].values() if node["resource_type"] == "model"]
    tables = {f"{node['schema']}.{node['name']}" for node in models if node["schema"] in SCHEMAS}
    if missing := sorted(tables - facts.keys()):
        raise DoorstepError(
            f"nothing was published: {len(missing)} of {len(tables)} tables are not built, {missing[0]} first. "
            "Materialize the job refresh, or all assets downstream of sources."
        )


def published_metadata(published: Published) -> dict[str, Any]:
    """What the UI shows of a published file: rows and fingerprint of each table, and the file itself."""
    tables = [
        {"table": table, "rows": rows, "row_fingerprint": published.fingerprints[table]}
        for table, rows in published.rows.items()
    ]
    return {
        "build_id": published.build_id,
        "path": dg.MetadataValue.path(str(published.path)),
        "bytes": published.path.stat().st_size,
        "rows": sum(published.rows.values()),
        "tables": records(tables),
    }
