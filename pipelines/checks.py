"""`audit.checks`: what the checks (dbt tests) of the build found, kept in the working database until it is published.

Belongs here: the table, what a row of it says, which rows forbid a publication. Does not belong here: running dbt
(`dbt_build.py`), any check (`dbt_project/tests` and the models' `.yml`).

Neither when a check ran nor how long it took is in it: two builds of the same logs have the same rows.
"""

import json
from collections.abc import Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any

import duckdb

from pipelines.workspace import DoorstepError

if TYPE_CHECKING:
    from pipelines.dbt_build import NodeResult

Manifest = Mapping[str, Any]  # dbt's, as JSON

_TABLE = "audit.checks"
_COMMENT = "Checks of the build that made this file, one row per check (dbt test)."
_PUBLISHED = ("main", "reference", "audit")
_CONSEQUENCES = {
    "error": "Nothing was published, and the file of before stands. When what the rows show is mended: doorstep run.",
    "warn": "The file was published all the same.",
}
_COLUMNS = {
    "check_name": ("varchar primary key", "Names the check."),
    "table_name": ("varchar", "The published table it guards, with its schema; null where it compares several."),
    "severity": ("varchar not null", "error: what it finds stops the publication; warn: it does not."),
    "status": ("varchar not null", "pass; warn where a check that only warns found rows. Nothing else is published."),
    "failing_rows": ("bigint", "Rows it found that should not be; 0 where it passed."),
    "first_failing_rows": (
        "varchar",
        "JSON: the first of these rows, 10 at most, each column -> value as text, empty for null; null where none.",
    ),
    "description": ("varchar not null", "The mistake it catches."),
}


def create_checks(connection: duckdb.DuckDBPyConnection) -> None:
    """Makes the table, without rows, in a working database that does not have it yet."""
    columns = ", ".join(f"{name} {kind}" for name, (kind, _) in _COLUMNS.items())
    connection.execute(f"create table if not exists {_TABLE} ({columns})")
    for what, text in [(f"table {_TABLE}", _COMMENT), *((f"column {_TABLE}.{c}", t) for c, (_, t) in _COLUMNS.items())]:
        connection.execute(f"comment on {what} is '{text}'")


def record_checks(database: Path, manifest: Manifest, results: "list[NodeResult]") -> None:
    """Puts the rows of the checks among `results` in place of older ones; those of checks that are no more go.

    database: the working database, closed. A check that was not run keeps what the last build that ran it found.
    """
    tests = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "test"}
    ran = sorted((result for result in results if result.unique_id in tests), key=lambda result: result.name)
    rows = [_row(tests[result.unique_id], result, manifest) for result in ran]
    names = [node["name"] for node in tests.values()]
    with duckdb.connect(str(database)) as connection:
        connection.execute("begin")
        create_checks(connection)  # the database may be of code that did not have the table
        connection.execute(f"delete from {_TABLE} where not list_contains(?, check_name)", [names])
        if rows:
            marks = ", ".join("?" * len(_COLUMNS))
            connection.executemany(f"insert or replace into {_TABLE} values ({marks})", rows)
        connection.execute("commit")


def refuse_failed(connection: duckdb.DuckDBPyConnection, catalog: str) -> None:
    """Raises DoorstepError if a check of the working database attached as `catalog` forbids its publication."""
    bad = connection.execute(
        f"select check_name || ': ' || status from {catalog}.{_TABLE} where status not in ('pass', 'warn') order by all"
    ).fetchall()
    if bad:
        found = ", ".join(text for (text,) in bad)
        raise DoorstepError(f"nothing was published, a check of the last build did not pass: {found}. Build it anew.")


def _row(node: dict[str, Any], result: "NodeResult", manifest: Manifest) -> tuple[object, ...]:
    """The values of _COLUMNS."""
    tables = _published_tables(node, manifest)
    guarded = tables[0] if node.get("attached_node") or len(tables) == 1 else None
    return (
        node["name"],
        guarded,
        node["config"]["severity"].lower(),
        result.status,
        result.failures,
        json.dumps(result.failing_rows, ensure_ascii=False) if result.failing_rows else None,
        mistake(node, manifest),
    )


def mistake(node: dict[str, Any], manifest: Manifest) -> str:
    """The mistake a check catches, in a sentence; of a generic one what it demands of which column."""
    return node["description"] or _generated(node, _published_tables(node, manifest))


def remedy(node: dict[str, Any]) -> str:
    """What to do when a check does not pass."""
    own = node["config"]["meta"].get("remedy")
    return " ".join(filter(None, [own, _CONSEQUENCES[node["config"]["severity"].lower()]]))


def further_query(result: "NodeResult", node: dict[str, Any], manifest: Manifest, database: Path) -> str:
    """SQL that yields all failing rows of a check that was run, and says in its first line where it can be run.

    A check that only warns can be looked at in the published file, if that holds all it reads. What stops the
    publication is in the working database alone (`database`), which the SQL attaches.
    """
    sql = (result.sql or "").strip()
    # The comments are no `--`, which the command would take for an option.
    is_published = len(_published_tables(node, manifest)) == len(node["depends_on"]["nodes"])
    if is_published and result.status == "warn":
        return "/* in the published file: doorstep query */\n" + sql.replace('"working".', "")
    path = str(database).replace("'", "''")
    return f"/* in the working database: doorstep query, any DuckDB */\nattach '{path}' as working (read_only);\n{sql}"


def _published_tables(node: dict[str, Any], manifest: Manifest) -> list[str]:
    """The published tables a check reads, with their schemas; the one it is written beside, if any, first."""
    beside = node.get("attached_node")
    keys = sorted(node["depends_on"]["nodes"], key=lambda key: key != beside)
    read = [manifest["nodes"].get(key) or manifest["sources"][key] for key in keys]
    return [f"{each['schema']}.{each['name']}" for each in read if each["schema"] in _PUBLISHED]


def _generated(node: dict[str, Any], tables: list[str]) -> str:
    """What a generic check says of itself: `not null: main.fct_trips.trip_id`."""
    if "test_metadata" not in node:
        raise DoorstepError(f"{node['name']}: no sentence. Say in dbt_project/tests/checks.yml what it catches.")
    kind = node["test_metadata"]["name"].replace("_", " ")
    column = ".".join(filter(None, [tables[0], node.get("column_name")]))
    return f"{kind}: {' in '.join([column, *tables[1:]])}"
