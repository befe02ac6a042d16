"""`doorstep export`: the published file as plain files, for whoever has no DuckDB.

Belongs here: what is written where, whole or not at all, and the checksums. Does not belong here: what the tables are
(`pipelines.publish`), how they are described (`pipelines.data_dictionary`).
"""

import hashlib
import json
import shutil
import uuid
from dataclasses import dataclass
from pathlib import Path
from typing import Any, Literal

import duckdb

from pipelines.data_dictionary import as_markdown, read_dictionary
from pipelines.query import open_warehouse
from pipelines.workspace import DoorstepError, Workspace

Format = Literal["parquet", "csv"]
_OPTIONS: dict[Format, str] = {"parquet": "format parquet, compression zstd", "csv": "format csv, header"}


@dataclass(frozen=True)
class Exported:
    """What was written: the folder, the build it shows, tables and rows in all."""

    folder: Path
    build_id: str
    tables: int
    rows: int


def export(workspace: Workspace, folder: Path, file_format: Format, wanted: list[str]) -> Exported:
    """Writes the published tables into `folder` (absolute; new or empty): SCHEMA/TABLE.parquet, or .csv.

    Rows in order of the table's key, else of all columns: the same build gives the same files. Beside them
    dictionary.json, dictionary.md and SHA256SUMS. wanted: names of tables, those of main also without it; none: all.

    Raises DoorstepError, and leaves no file, if the folder holds anything, a table is not there or writing fails.
    """
    folder = workspace.writable(folder).resolve()
    if folder == Path.cwd():
        raise DoorstepError(f"{folder}: is where you are, and would be replaced. Name a new folder with --out.")
    if folder.exists() and (not folder.is_dir() or any(folder.iterdir())):
        raise DoorstepError(f"{folder}: not an empty folder. Name a new one with --out.")
    unfinished = folder.with_name(f".{folder.name}.{uuid.uuid4().hex}.tmp")
    try:
        with open_warehouse(workspace) as connection:
            dictionary = read_dictionary(connection)
            dictionary["tables"] = _chosen(dictionary["tables"], wanted)
            for table in dictionary["tables"]:
                table["file"] = f"{table['schema']}/{table['name']}.{file_format}"
                _write(connection, table, unfinished / table["file"], file_format)
        text = json.dumps(dictionary, indent=2, ensure_ascii=False)
        (unfinished / "dictionary.json").write_text(text + "\n", encoding="utf-8")
        (unfinished / "dictionary.md").write_text(as_markdown(dictionary), encoding="utf-8")
        (unfinished / "SHA256SUMS").write_text(_checksums(unfinished), encoding="utf-8")
        unfinished.replace(folder)
    except (OSError, duckdb.Error) as error:
        raise DoorstepError(f"{folder}: nothing was written: {error}") from error
    finally:
        shutil.rmtree(unfinished, ignore_errors=True)
    tables = dictionary["tables"]
    return Exported(folder, dictionary["build_id"], len(tables), sum(table["rows"] for table in tables))


def _chosen(tables: list[dict[str, Any]], wanted: list[str]) -> list[dict[str, Any]]:
    names = {f"{table['schema']}.{table['name']}": table for table in tables}
    full = {name if "." in name else f"main.{name}" for name in wanted} or names.keys()
    if unknown := sorted(full - names.keys()):
        raise DoorstepError(f"--table: no published table {', '.join(unknown)}. There are {', '.join(names)}.")
    return [table for name, table in names.items() if name in full]


def _write(connection: duckdb.DuckDBPyConnection, table: dict[str, Any], path: Path, file_format: Format) -> None:
    path.parent.mkdir(parents=True, exist_ok=True)
    order = ", ".join(f'"{column}"' for column in table["key"] or ()) or "all"
    target = str(path).replace("'", "''")
    connection.execute(
        f"copy (from {table['schema']}.{table['name']} order by {order}) to '{target}' ({_OPTIONS[file_format]})"
    )


def _checksums(folder: Path) -> str:
    """A line per file, as `sha256sum -c` reads them."""
    lines = []
    for path in sorted(path for path in folder.rglob("*") if path.is_file()):
        with path.open("rb") as file:
            lines.append(f"{hashlib.file_digest(file, 'sha256').hexdigest()}  {path.relative_to(folder).as_posix()}\n")
    return "".join(lines)
