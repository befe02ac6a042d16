"""The working database of one run: what dbt finds in it before it builds.

Belongs here: the sources of the dbt project (`lake`, `reference`, `audit`, `run`) as views and tables of
`working.duckdb`. Does not belong here: any model; those are dbt's.
"""

import tempfile
from pathlib import Path

import duckdb
import polars as pl

from pipelines.checks import create_checks
from pipelines.contract import LOGS, Field, Log
from pipelines.ingest.ledger import SCHEMA as LEDGER_SCHEMA
from pipelines.ingest.ledger import ledger_path
from pipelines.ingest.parts import QUARANTINE_SCHEMA
from pipelines.reference_tables import REFERENCE, Table
from pipelines.workspace import Workspace

_FILES_COMMENTS = {
    "log": "The log: orders, offers or trips.",
    "path": "Path below landing/<log>/, unprintable characters escaped.",
    "sha256": "SHA-256 of the file's bytes; empty where it could not be read.",
    "bytes": "Size, bytes.",
    "status": "loaded; refused (whole, see reason); duplicate (the bytes of a file loaded before).",
    "reason": "Why the file was refused whole, null otherwise.",
    "message": "The same in words.",
    "lines": "Records that are not blank; 0 for a refused or duplicate file. Equals accepted + quarantined.",
    "accepted": "Lines loaded into the lake.",
    "quarantined": "Lines refused.",
    "landed_on": "Partition of the lake: first date in the path, else UTC date of the first ingest.",
    "first_ingested_at": "When the file was first seen, UTC.",
    "drifted_fields": "JSON: field the contract does not have -> lines that carry it. Such fields are not loaded.",
}
_REASONS_COMMENTS = {
    "log": "The log: orders, offers or trips.",
    "file": "Path below landing/<log>/.",
    "file_sha256": "SHA-256 of the file's bytes; see audit.files.",
    "reason": "Reason of the contract, with its field.",
    "field": "The field at fault, null where the line could not be read.",
    "lines": "Lines refused for it; 0 for a file refused whole.",
}
_FIELD_COUNTS_COMMENTS = {
    "log": "The log: orders, offers or trips.",
    "landed_on": "Partition of the lake.",
    "event_type": "Event type of the lines.",
    "field": "A field that lines of the event type may carry and need not.",
    "lines": "Lines of the lake of that event type that landed on that day.",
    "found": "Those of them with a value in the field other than its default.",
}
_SETTINGS_COMMENTS = {
    "as_of_limit": "Only lines received up to here count; null: all.",
    "min_drivers": "Fewer drivers than this in a cell: its driver-level figures are suppressed.",
    "origin": "simulated or recorded.",
    "title": "Title of the workspace.",
}

_FIELD_COUNTS_SCHEMA = {
    "log": pl.String,
    "landed_on": pl.Date,
    "event_type": pl.String,
    "field": pl.String,
    "lines": pl.Int64,
    "found": pl.Int64,
}


def prepare_working_database(workspace: Workspace, reference: dict[str, pl.DataFrame]) -> None:
    """Makes the workspace's working database anew with the sources of the dbt project.

    reference: the tables of `pipelines.reference.read_reference`. Lines received after `workspace.as_of` will not
    count.
    """
    path = workspace.working_database
    path.parent.mkdir(parents=True, exist_ok=True)
    for stale in (path, path.with_name(path.name + ".wal")):
        stale.unlink(missing_ok=True)
    with duckdb.connect(str(path)) as connection:
        connection.execute("set timezone = 'UTC'")
        for schema in ("lake", "reference", "audit", "run"):
            connection.execute(f"create schema {schema}")
        for log in LOGS.values():
            _create_lake_view(connection, workspace, log)
        for name, frame in reference.items():
            comments = {column.name: column.description for column in REFERENCE[name].columns}
            _create_table(connection, f"reference.{name}", frame, comments)
            _constrain(connection, REFERENCE[name])
            _comment(connection, "table", f"reference.{name}", REFERENCE[name].description)
        files = ledger_files(workspace).select(*_FILES_COMMENTS)
        _create_table(connection, "audit.files", files, _FILES_COMMENTS)
        _comment(connection, "table", "audit.files", "The ledger: one row per landed file.")
        _create_table(connection, "audit.quarantine_reasons", _quarantine_reasons(workspace), _REASONS_COMMENTS)
        _comment(connection, "table", "audit.quarantine_reasons", "Refused lines per log, file, reason and field.")
        create_checks(connection)
        _create_table(connection, "run.settings", _settings(workspace), _SETTINGS_COMMENTS)
        _create_table(connection, "run.field_counts", _field_counts(connection), _FIELD_COUNTS_COMMENTS)


def _create_lake_view(connection: duckdb.DuckDBPyConnection, workspace: Workspace, log: Log) -> None:
    # A typed part without rows stands in front, because read_parquet refuses a pattern that matches nothing.
    empty = workspace.build / "empty" / log.name / "landed_on=1970-01-01" / "none.parquet"
    empty.parent.mkdir(parents=True, exist_ok=True)
    pl.DataFrame(schema=log.lake_schema).write_parquet(empty)
    patterns = [_literal_pattern(empty)]
    if next((workspace.lake / log.name).glob("landed_on=*/*.parquet"), None):
        patterns.append(f"{_literal_pattern(workspace.lake / log.name)}/landed_on=*/*.parquet")
    columns = ", ".join(log.lake_schema)
    files = ", ".join(_quoted(pattern) for pattern in patterns)
    connection.execute(
        # Not by hive_partitioning: it reads the whole path, and a folder above may be called site_id=...
        f"create view lake.{log.name} as select {columns}, "
        "cast(regexp_extract(filename, 'landed_on=([0-9-]+)/[^/]+$', 1) as date) as landed_on "
        f"from read_parquet([{files}], union_by_name = true, hive_partitioning = false, filename = true)"
    )


def _literal_pattern(path: Path) -> str:
    """A path as a DuckDB glob pattern that matches it alone."""
    return "".join(f"[{char}]" if char in "*?[" else char for char in str(path))


def _create_table(
    connection: duckdb.DuckDBPyConnection, table: str, frame: pl.DataFrame, comments: dict[str, str]
) -> None:
    # By way of a file: handing over a frame in memory would need pyarrow.
    with tempfile.NamedTemporaryFile(suffix=".parquet") as file:
        frame.write_parquet(file.name)
        connection.execute(f"create table {table} as select * from read_parquet({_quoted(file.name)})")
    for column in frame.columns:
        _comment(connection, "column", f"{table}.{column}", comments[column])


def _constrain(connection: duckdb.DuckDBPyConnection, table: Table) -> None:
    """What the reader has checked, for whoever opens the file: what is never null and, if no part may be, the key."""
    required = [column.name for column in table.columns if column.required]
    for column in required:
        connection.execute(f"alter table reference.{table.name} alter column {column} set not null")
    if set(table.key) <= set(required):
        connection.execute(f"alter table reference.{table.name} add primary key ({', '.join(table.key)})")


def _comment(connection: duckdb.DuckDBPyConnection, kind: str, name: str, text: str) -> None:
    connection.execute(f"comment on {kind} {name} is {_quoted(text)}")


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def ledger_files(workspace: Workspace) -> pl.DataFrame:
    """The ledgers of all logs as one table: `log`, then the columns of `pipelines.ingest.ledger.SCHEMA`."""
    ledgers = [
        pl.read_parquet(path, glob=False).select(pl.lit(log).alias("log"), *LEDGER_SCHEMA)
        for log in LOGS
        if (path := ledger_path(workspace, log)).exists()
    ]
    empty = pl.DataFrame(schema={"log": pl.String, **LEDGER_SCHEMA})
    return pl.concat([empty, *ledgers]).sort("log", "path")


def _quarantine_reasons(workspace: Workspace) -> pl.DataFrame:
    keys = ["log", "file", "file_sha256", "reason", "field"]
    parts = [
        pl.scan_parquet(found, glob=False).with_columns(log=pl.lit(log)).group_by(keys).agg(lines=pl.len())
        for log in LOGS
        if (found := list((workspace.quarantine / log).glob("landed_on=*/*.parquet")))
    ]
    whole = (
        ledger_files(workspace)
        .lazy()
        .filter(pl.col("status") == "refused")
        .select("log", "reason", file="path", file_sha256="sha256", field=pl.lit(None, pl.String), lines=pl.lit(0))
    )
    schema = {"log": pl.String, **{key: QUARANTINE_SCHEMA[key] for key in keys[1:]}, "lines": pl.Int64}
    frames = [lazy.select(pl.col(name).cast(dtype) for name, dtype in schema.items()) for lazy in [*parts, whole]]
    return pl.concat([pl.DataFrame(schema=schema).lazy(), *frames]).sort(keys).collect()


def _field_counts(connection: duckdb.DuckDBPyConnection) -> pl.DataFrame:
    """Of each landed day and event type, how many lines carry each field they may leave out.

    Counted here and not by a model, because which event type may carry what is known to the contract alone.
    """
    empty = pl.DataFrame(schema=_FIELD_COUNTS_SCHEMA)
    return pl.concat([empty, *(_field_counts_of(connection, log) for log in LOGS.values())]).sort(pl.all())


def _field_counts_of(connection: duckdb.DuckDBPyConnection, log: Log) -> pl.DataFrame:
    may_carry = [(event, each.name) for each in log.fields for event in log.event_types_allowing(each.name)]
    names = {name: None for _, name in may_carry}
    counts = ", ".join(_carrying(each) for each in log.fields if each.name in names)
    rows = connection.execute(
        f"select landed_on, event_type, count(*), {counts} from lake.{log.name} group by landed_on, event_type"
    ).fetchall()
    keys = {"landed_on": pl.Date, "event_type": pl.String, "lines": pl.Int64}
    table = pl.DataFrame(rows, schema={**keys, **dict.fromkeys(names, pl.Int64)}, orient="row")
    pairs = pl.DataFrame(may_carry, schema=["event_type", "field"], orient="row")
    return (
        table.unpivot(index=list(keys), variable_name="field", value_name="found")
        .join(pairs, on=["event_type", "field"])
        .select(pl.lit(log.name).alias("log"), *list(_FIELD_COUNTS_SCHEMA)[1:])
    )


def _carrying(field: Field) -> str:
    # Where a line leaves a field out that has a default, the lake holds the default.
    if field.default is None:
        return f"count({field.name})"
    value = _quoted(field.default) if isinstance(field.default, str) else str(field.default).lower()
    return f"count(*) filter (where {field.name} <> {value})"


def _settings(workspace: Workspace) -> pl.DataFrame:
    settings = workspace.settings
    row = (workspace.as_of, settings.privacy.min_drivers, settings.origin, settings.title)
    schema = {
        "as_of_limit": pl.Datetime("us", "UTC"),
        "min_drivers": pl.Int32,
        "origin": pl.String,
        "title": pl.String,
    }
    return pl.DataFrame([row], schema=schema, orient="row")
