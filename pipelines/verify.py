"""Is a published file still what was written? Its tables against its own `audit.builds`.

Belongs here: looking, and one line per file. Does not belong here: how rows and fingerprint are counted (`publish.py`).
"""

from collections.abc import Iterator, Sequence
from pathlib import Path

import duckdb
from rich.console import Console
from rich.markup import escape

from pipelines.builds import build_files, find_build
from pipelines.publish import measure
from pipelines.workspace import DoorstepError, Workspace

_BUILDS = "audit.builds"
_TABLES = "select schema_name || '.' || table_name from duckdb_tables() where not internal order by 1"
_BARE = f"""
    select schema_name || '.' || table_name, null from duckdb_tables() where not internal and comment is null
    union all
    select schema_name || '.' || table_name, column_name from duckdb_columns()
    where not internal and comment is null and schema_name || '.' || table_name in ({_TABLES.partition(" order")[0]})
    order by all
"""


def verify(workspace: Workspace, names: Sequence[str], out: Console) -> None:
    """Looks through the builds named (none: the published file and all kept ones) and prints a line for each file.

    Raises DoorstepError if one of them is not as it was written.
    """
    files = [find_build(workspace, name) for name in names] or _all(workspace)
    bad = 0
    for path in files:
        found = list(faults(path))
        bad += bool(found)
        shown = path.relative_to(workspace.root) if path.is_relative_to(workspace.root) else path
        text = "; ".join(found) or "every table is as it was written"
        out.print(f"{'[red]bad [/]' if found else '[green]ok  [/]'} {escape(f'{shown}: {text}')}", soft_wrap=True)
    if bad:
        back = "doorstep run publishes anew, doorstep rollback BUILD goes back to one that is good."
        raise DoorstepError(f"{bad} of {len(files)} files {'is' if bad == 1 else 'are'} not as written. {back}")


def _all(workspace: Workspace) -> list[Path]:
    """The published file, and the kept ones that are other files, newest first."""
    published = [workspace.warehouse] if workspace.warehouse.exists() else []
    kept = reversed(build_files(workspace).values())
    files = published + [path for path in kept if not any(_is_same(path, each) for each in published)]
    if not files:
        raise DoorstepError(f"{workspace.root}: no build yet. First: doorstep run --workspace {workspace.root}")
    return files


def _is_same(path: Path, other: Path) -> bool:
    try:
        return path.samefile(other)
    except OSError:  # gone meanwhile, or a link to nothing: it is told of as what cannot be read
        return False


def faults(path: Path) -> Iterator[str]:
    """What is wrong with the published file at `path`, each in words that name the table; nothing if it is good."""
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            connection.execute("set timezone = 'UTC'")
            yield from _faults(connection)
    except duckdb.Error as error:
        yield f"cannot be read: {str(error).splitlines()[0]}"


def _faults(connection: duckdb.DuckDBPyConnection) -> Iterator[str]:
    there = {name for (name,) in connection.execute(_TABLES).fetchall()}
    if _BUILDS not in there:
        yield f"{_BUILDS}: is not there, so this is no published file"
        return
    written = connection.execute(f"select table_name, row_count, row_fingerprint from {_BUILDS} order by 1").fetchall()
    names = {name for name, _, _ in written}
    yield from (f"{name}: is not there" for name in sorted(names - there))
    yield from (f"{name}: was not published" for name in sorted(there - names - {_BUILDS}))
    for name, count, fingerprint in written:
        if name in there:
            yield from _changed(connection, name, count, fingerprint)
    for table, column in connection.execute(_BARE).fetchall():
        yield f"{table}: no comment on {column or 'the table'}"


def _changed(connection: duckdb.DuckDBPyConnection, name: str, count: int, fingerprint: str) -> Iterator[str]:
    try:
        rows, found = measure(connection, name)
    except duckdb.Error as error:
        yield f"{name}: cannot be read: {str(error).splitlines()[0]}"
        return
    if rows != count:
        yield f"{name}: {rows:,} rows, {count:,} were written"
    elif found != fingerprint:
        yield f"{name}: its rows are not those written (fingerprint {found}, {fingerprint} was written)"
