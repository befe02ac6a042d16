"""SQL on the published file, printed.

Belongs here: opening the file read-only and showing rows. Does not belong here: any query of ours.
"""

import csv
import shutil
import sys

import duckdb

from pipelines.workspace import DoorstepError, Workspace

MAX_ROWS = 200  # shown in a terminal; --csv prints all


def open_warehouse(workspace: Workspace) -> duckdb.DuckDBPyConnection:
    """The published file or the snapshot, read-only, in UTC. Raises DoorstepError if none can be opened."""
    path = workspace.warehouse
    if not path.exists():
        moment = f" --as-of {workspace.as_of.isoformat()}" if workspace.as_of else ""
        raise DoorstepError(f"{path}: not made yet. First: doorstep run --workspace {workspace.root}{moment}")
    try:
        connection = duckdb.connect(str(path), read_only=True)
    except duckdb.Error as error:
        raise DoorstepError(f"{path}: cannot be opened: {error}") from error
    connection.execute("set timezone = 'UTC'")
    return connection


def print_query(workspace: Workspace, sql: str, *, as_csv: bool = False) -> None:
    """Prints the rows of `sql` as a table as wide as the terminal, or whole as CSV.

    Raises DoorstepError with DuckDB's words if it fails.
    """
    with open_warehouse(workspace) as connection:
        try:
            relation = connection.sql(sql)
            if relation is None:
                return
            if not as_csv:
                relation.show(max_width=shutil.get_terminal_size().columns, max_rows=MAX_ROWS)
                return
            names, rows = relation.columns, relation.fetchall()
        except duckdb.Error as error:
            raise DoorstepError(str(error)) from error
    writer = csv.writer(sys.stdout, lineterminator="\n")
    writer.writerow(names)
    writer.writerows(rows)
