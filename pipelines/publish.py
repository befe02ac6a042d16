"""The working database into the one file that everybody reads.

Belongs here: what is published, the check of the copy, the rename. Does not belong here: any figure.

The published file is never written in place: a fresh file is made beside it, closed, read back, flushed to disk and
renamed over it (`builds.py`). Whoever holds the old file open keeps the whole old snapshot.
"""

import contextlib
import subprocess
import uuid
from dataclasses import dataclass
from datetime import UTC, datetime
from importlib.metadata import version
from pathlib import Path

import duckdb

from pipelines.builds import build_files, put_in_place, settle
from pipelines.checks import refuse_failed
from pipelines.macros import create_macros
from pipelines.working import ledger_files
from pipelines.workspace import PROJECT_ROOT, DoorstepError, Workspace

SCHEMAS = ("main", "reference", "audit")
STORAGE_VERSION = "v1.4.0"

_BUILDS_COLUMNS = {
    "build_id": ("varchar", "Names the build."),
    "table_name": ("varchar", "The published table, with its schema."),
    "row_count": ("bigint", "Its rows."),
    "row_fingerprint": ("varchar", "Hex sum of the MD5s of its rows: equal rows in any order, equal fingerprint."),
    "as_of": ("timestamptz", "The greatest received_at among the lines that count, UTC; null without any."),
    "as_of_limit": ("timestamptz", "Only lines received up to here count, UTC; null: all of them."),
    "started_at": ("timestamptz", "When the build of the file began, UTC."),
    "finished_at": ("timestamptz", "When it was complete, UTC."),
    "code_version": ("varchar", "Version of doorstep, with the commit where known."),
    "origin": ("varchar", "simulated or recorded."),
    "title": ("varchar", "Title of the workspace."),
}


@dataclass(frozen=True)
class Published:
    """What was published: the file, the build's id, rows and fingerprint per table."""

    path: Path
    build_id: str
    rows: dict[str, int]
    fingerprints: dict[str, str]


def publish(workspace: Workspace) -> Published:
    """Makes the workspace's published file (of `workspace.as_of`: its snapshot) anew from the working database.

    The process holds the workspace (`hold`). The file also stays as a build, see `builds.py`. Raises DoorstepError, and
    leaves the old file as it was, if a check of the last build failed or the copy does not read back as what was
    written.
    """
    started_at = datetime.now(UTC)
    target = workspace.warehouse
    settle(workspace)
    unfinished = target.with_name(f".{target.name}.{uuid.uuid4().hex}.tmp")
    try:
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            connection.execute(f"attach {_quoted(str(workspace.working_database))} as working (read_only)")
            refuse_failed(connection, "working")
            connection.execute(f"attach {_quoted(str(unfinished))} as published (storage_version '{STORAGE_VERSION}')")
            tables = _tables(connection)
            for table in tables:
                _copy_table(connection, table)
            measured = {table.name: measure(connection, f"working.{table.name}") for table in tables}
            build_id = _write_builds(connection, started_at, measured)
            create_macros(connection, "published.main")
            connection.execute("use working.main")
            connection.execute("detach published")
        _check_copy(unfinished, measured)
        put_in_place(workspace, unfinished, build_id)
    finally:
        for left in (unfinished, unfinished.with_name(unfinished.name + ".wal")):
            left.unlink(missing_ok=True)
    rows = {name: count for name, (count, _) in measured.items()}
    return Published(target, build_id, rows, {name: fingerprint for name, (_, fingerprint) in measured.items()})


@dataclass(frozen=True)
class _Table:
    name: str
    ddl: str
    comments: list[tuple[str, str]]


def _tables(connection: duckdb.DuckDBPyConnection) -> list[_Table]:
    """The tables to publish with their definition (constraints included) and comments."""
    found = connection.execute(
        "select schema_name, table_name, sql, comment from duckdb_tables() "
        f"where database_name = 'working' and schema_name in {SCHEMAS} order by schema_name, table_name"
    ).fetchall()
    return [
        _Table(f"{schema}.{table}", ddl, _comments(connection, schema, table, comment))
        for schema, table, ddl, comment in found
    ]


def _comments(connection: duckdb.DuckDBPyConnection, schema: str, table: str, comment: str) -> list[tuple[str, str]]:
    columns = connection.execute(
        "select column_name, comment from duckdb_columns() where database_name = 'working' and schema_name = ? "
        "and table_name = ? order by column_index",
        [schema, table],
    ).fetchall()
    bare = [column for column, text in [("the table", comment), *columns] if not text]
    if bare:
        raise DoorstepError(f"{schema}.{table}: no description of {', '.join(bare)}. Describe it in the model's .yml.")
    name = f"published.{schema}.{table}"
    return [(f"table {name}", comment), *((f'column {name}."{column}"', text) for column, text in columns)]


def _copy_table(connection: duckdb.DuckDBPyConnection, table: _Table) -> None:
    schema, name = table.name.split(".")
    connection.execute(f"create schema if not exists published.{schema}")
    connection.execute(f"use published.{schema}")
    connection.execute(table.ddl.replace(f"CREATE TABLE {schema}.{name}", f"CREATE TABLE {name}", 1))
    connection.execute("use working.main")
    connection.execute(f"insert into published.{table.name} select * from working.{table.name}")
    for what, text in table.comments:
        connection.execute(f"comment on {what} is {_quoted(text)}")


def measure(connection: duckdb.DuckDBPyConnection, table: str) -> tuple[int, str]:
    """Rows and order-free fingerprint of a table, as `audit.builds` has them. The connection's timezone is UTC."""
    count, total = connection.execute(
        f"select count(*), coalesce(sum(md5_number_lower(rows::varchar)::hugeint), 0) from {table} as rows"
    ).fetchall()[0]
    return int(count), f"{int(total):x}"


def _write_builds(
    connection: duckdb.DuckDBPyConnection, started_at: datetime, measured: dict[str, tuple[int, str]]
) -> str:
    build_id = f"{started_at:%Y%m%dT%H%M%S}-{uuid.uuid4().hex[:6]}"
    as_of = connection.execute("select max(cut) from working.audit.logs").fetchall()[0][0]
    limit, origin, title = connection.execute("select as_of_limit, origin, title from working.run.settings").fetchall()[
        0
    ]
    name = "published.audit.builds"
    columns = ", ".join(f"{column} {dtype}" for column, (dtype, _) in _BUILDS_COLUMNS.items())
    connection.execute(f"create table {name} ({columns}, primary key (build_id, table_name))")
    shared = (as_of, limit, started_at, datetime.now(UTC), code_version(), origin, title)
    rows = [(build_id, table, *counted, *shared) for table, counted in measured.items()]
    connection.executemany(f"insert into {name} values ({', '.join('?' * len(_BUILDS_COLUMNS))})", rows)
    connection.execute(f"comment on table {name} is 'The build that made this file: one row per published table.'")
    for column, (_, text) in _BUILDS_COLUMNS.items():
        connection.execute(f"comment on column {name}.{column} is {_quoted(text)}")
    return build_id


def _check_copy(path: Path, measured: dict[str, tuple[int, str]]) -> None:
    with duckdb.connect(str(path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for table, expected in measured.items():
            found = measure(connection, table)
            if found != expected:
                raise DoorstepError(
                    f"{path}: {table} reads back as {found}, not {expected} (rows, fingerprint). Nothing was "
                    "published; check the disk and run again."
                )


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def unpublished_files(workspace: Workspace) -> set[tuple[str, str, int, int]]:
    """Log, path, bytes and `changed_ns` of the files of which the ledger says what no publication did.

    So it is after an ingest that was not followed by a publication, but not after the return to an earlier build, which
    would be undone at once. All of them where no published file can be read.
    """
    ledger = ledger_files(workspace)
    shown = ledger.drop("changed_ns")
    known: set[tuple[object, ...]] = set()
    # Nothing published, or not by this code: publishing anew mends that.
    with contextlib.suppress(duckdb.Error):
        for path in (workspace.warehouse, *list(build_files(workspace).values())[-1:]):
            with duckdb.connect(str(path), read_only=True) as connection:
                known |= set(connection.execute(f"select {', '.join(shown.columns)} from audit.files").fetchall())
    files = ledger.select("log", "path", "bytes", "changed_ns").rows()
    return {file for file, row in zip(files, shown.rows(), strict=True) if row not in known}


def code_version() -> str:
    """Version of doorstep, with the commit of the checkout it runs from, where there is one."""
    command = ["git", "-C", str(PROJECT_ROOT), "describe", "--always", "--dirty"]
    try:
        commit = subprocess.run(command, capture_output=True, text=True, check=True, timeout=5).stdout.strip()
    except (OSError, subprocess.SubprocessError):
        return version("doorstep")
    return f"{version('doorstep')}+{commit}"
