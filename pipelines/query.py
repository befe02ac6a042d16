"""SQL on the published file, printed.

Belongs here: opening the file read-only and showing rows. Does not belong here: any query of ours.
"""

import csv
import sys

import duckdb
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.workspace import DoorstepError, Workspace


def open_warehouse(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    """The published file, read-only, in UTC. Raises DoorstepError if there is none or it cannot be opened."""
    path = workspace.warehouse
    if not path.exists():
        raise DoorstepError(f"{path}: nothing published yet. First: doorstep run --workspace {workspace.root}")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise DoorstepError(f"{path}: cannot be opened: {error}") from error
    connection.execute("set timezone = 'UTC'")
    return connection


def print_query(workspace: Workspace, sql: str, *, as_csv: bool = False) -> None:
    """Prints the rows of `sql` as a table, or as CSV. Raises DoorstepError with DuckDB's words if it fails."""
    with open_warehouse(workspace) as connection:
        try:
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or []]
            rows = cursor.fetchall()
        except duckdb.Error as error:
            raise DoorstepError(str(error)) from error
    if as_csv:
        writer = csv.writer(sys.stdout, lineterminator="\n")
        writer.writerow(names)
        writer.writerows(rows)
        return
    table = Table(*(escape(name) for name in names), caption=f"{len(rows)} rows", caption_justify="left")
    for row in rows:
        table.add_row(*("" if value is None else escape(str(value)) for value in row))
    Console(highlight=False).print(table)
