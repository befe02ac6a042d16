"""Two published files side by side: `old` and `new`, attached read-only, with the tables and columns they have.

Belongs here: opening them and what their catalogs say. Does not belong here: any comparison of rows.
"""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import duckdb

from pipelines.builds import read_build
from pipelines.workspace import DoorstepError

_COLUMNS = """
    select schema_name || '.' || table_name, column_name, data_type from duckdb_columns()
    where database_name = ? and not internal order by 1, column_index
"""
_KEYS = """
    select schema_name || '.' || table_name, constraint_column_names from duckdb_constraints()
    where database_name = ? and constraint_type = 'PRIMARY KEY'
"""


@dataclass(frozen=True)
class Table:
    """A published table: its columns (name to type, in order) and its primary key, () without one."""

    columns: dict[str, str]
    key: tuple[str, ...]


@dataclass(frozen=True)
class Pair:
    """Two published files, attached as `old` and `new` to one connection in UTC, and their tables by full name."""

    connection: duckdb.DuckDBPyConnection
    old: dict[str, Table]
    new: dict[str, Table]

    def rows(self, sql: str) -> list[tuple[Any, ...]]:
        """The rows of a query over both."""
        return self.connection.execute(sql).fetchall()

    def common(self, name: str) -> list[str]:
        """The columns that a table has in both files, in the order of the new one; none where one lacks the table."""
        if name not in self.old or name not in self.new:
            return []
        return [column for column in self.new[name].columns if column in self.old[name].columns]

    def key(self, name: str) -> tuple[str, ...]:
        """The primary key that a table has in both files; () where they have none or not the same."""
        key = self.new[name].key if name in self.new else ()
        return key if name in self.old and self.old[name].key == key else ()

    def compared(self, side: str, name: str, column: str) -> str:
        """A column of the table called `side`, as text where the two files have it in different types."""
        is_same_type = self.old[name].columns[column] == self.new[name].columns[column]
        return f"{side}.{quoted(column)}" + ("" if is_same_type else "::varchar")


@contextmanager
def open_pair(old: Path, new: Path) -> Iterator[Pair]:
    """Both files, open. Raises DoorstepError if one cannot be read, both are one, or DuckDB refuses a comparison."""
    if read_build(old).build_id == read_build(new).build_id:
        raise DoorstepError(f"{old} and {new} are the same build, nothing differs. doorstep builds lists the builds.")
    try:
        with duckdb.connect() as connection:
            connection.execute("set timezone = 'UTC'")
            for name, path in (("old", old), ("new", new)):
                literal = str(path).replace("'", "''")
                connection.execute(f"attach '{literal}' as {name} (read_only)")
            yield Pair(connection, _tables(connection, "old"), _tables(connection, "new"))
    except duckdb.Error as error:
        text = str(error).splitlines()[0]
        raise DoorstepError(
            f"{old} and {new} cannot be compared: {text}. doorstep verify says if one is bad."
        ) from error


def _tables(connection: duckdb.DuckDBPyConnection, database: str) -> dict[str, Table]:
    columns: dict[str, dict[str, str]] = {}
    for table, column, kind in connection.execute(_COLUMNS, [database]).fetchall():
        columns.setdefault(table, {})[column] = kind
    keys = dict(connection.execute(_KEYS, [database]).fetchall())
    return {name: Table(found, tuple(keys.get(name, ()))) for name, found in columns.items()}


def quoted(name: str) -> str:
    """A column's name as SQL takes it."""
    return '"' + name.replace('"', '""') + '"'
