"""What Dagster shows of a table once it was made: rows, seconds, key figures, first rows, columns and their lineage.

Belongs here: facts of `pipelines.table_facts` in Dagster's types. Does not belong here: any query, any text on a table.
"""

from collections.abc import Iterable, Iterator, Mapping
from itertools import chain
from pathlib import Path
from typing import Any

import dagster as dg

from pipelines.contract import LOGS
from pipelines.defs.translator import MANIFEST, Node, is_enforced, reached, table_key
from pipelines.table_facts import Cell, TableFacts
from pipelines.workspace import Workspace

Sources = Mapping[str, Iterable[tuple[str, str]]]  # of a metric table: metric -> (table, column) it draws on

_CONTRACT = {name: text for log in LOGS.values() for name, _, text in log.lake_columns()}
_SCHEMAS = {node["name"]: node["schema"] for node in MANIFEST["nodes"].values() if node["resource_type"] == "model"}


def table_metadata(facts: TableFacts) -> dict[str, Any]:
    """Rows, key figures and, where they may be seen, the first rows."""
    metadata: dict[str, Any] = {"dagster/row_count": facts.rows, **facts.figures}
    return metadata | ({"first_rows": records(facts.first_rows)} if facts.first_rows else {})


def source_metadata(facts: TableFacts) -> dict[str, Any]:
    """The same of a table that dbt reads, with its columns."""
    columns = [dg.TableColumn(name, type=kind.lower(), description=text) for name, kind, text in facts.columns]
    return table_metadata(facts) | {"dagster/column_schema": dg.TableSchema(columns)}


def model_metadata(
    workspace: Workspace, node: Node, facts: TableFacts, seconds: float, sources: Sources
) -> dict[str, Any]:
    """The same of a dbt model, with what it took and the pages that draw it; with its columns where no `.yml` types
    them, with their lineage where the dictionary knows it.
    """
    metadata = table_metadata(facts) | {"seconds": seconds}
    if node["fqn"][1] == "metrics":
        paths = {page: str(page_file(workspace, page)) for page in _pages(node)}
        metadata |= {f"page_{page}": dg.MetadataValue.path(path) for page, path in paths.items()}
    if not is_enforced(node):
        columns = [dg.TableColumn(name, kind.lower(), column_text(node, name)) for name, kind, _ in facts.columns]
        metadata["dagster/column_schema"] = dg.TableSchema(columns)
    if lineage := {metric: [_dep(*pair) for pair in pairs] for metric, pairs in sources.items()}:
        metadata["dagster/column_lineage"] = dg.TableColumnLineage(lineage)
    return metadata


def page_file(workspace: Workspace, page: str) -> Path:
    """Where the page of `dashboards/pages/<page>.py` lies."""
    from dashboards.page import FRONT_PAGE  # plotly takes a while to import, loading the definitions should not

    return workspace.dashboards / f"{'index' if page == FRONT_PAGE else page}.html"


def records(rows: Iterable[Mapping[str, Cell]]) -> dg.TableMetadataValue:
    """Rows as a table, all with the columns of the first."""
    found = [dg.TableRecord(dict(row)) for row in rows]
    return dg.MetadataValue.table(found, dg.TableSchema([dg.TableColumn(name) for name in found[0].data]))


def column_text(node: Node, column: str) -> str | None:
    """What a column says of a model whose `.yml` does not type its columns.

    Its own text; of a line the contract's; else that of the column of this name in the nearest fact, metric or audit
    table made of the model, or the nearest fact it is made of.
    """
    if own := node["columns"].get(column, {}).get("description"):
        return own
    if node["fqn"][1] == "staging":
        return _CONTRACT.get(column)
    below, above = reached(node, "child_map"), reached(node, "parent_map")
    places = ((below, "marts"), (below, "metrics"), (below, "audit"), (above, "marts"))
    return next(chain.from_iterable(_texts(keys, layer, column) for keys, layer in places), None)


def _texts(keys: Iterable[str], layer: str, column: str) -> Iterator[str]:
    for model in (MANIFEST["nodes"][key] for key in keys if key.startswith("model.")):
        if model["fqn"][1] == layer and column in model["columns"]:
            yield model["columns"][column]["description"].strip()


def _pages(node: Node) -> list[str]:
    """The pages that draw a model, by their files' names."""
    children = MANIFEST["child_map"][node["unique_id"]]
    names = (MANIFEST["exposures"][key]["name"] for key in sorted(children) if key.startswith("exposure."))
    return [name.removeprefix("page_") for name in names]


def _dep(table: str, column: str) -> dg.TableColumnDep:
    return dg.TableColumnDep(asset_key=table_key(_SCHEMAS[table], table), column_name=column)
