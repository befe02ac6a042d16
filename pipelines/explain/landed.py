"""The landed lines that speak of given rows: accepted ones in the lake, refused ones in quarantine.

Belongs here: finding lines by the id they name. Does not belong here: what a line became.
"""

from dataclasses import dataclass
from pathlib import Path

import duckdb
import polars as pl

from pipelines.explain.facts import Fact
from pipelines.workspace import DoorstepError, Workspace


@dataclass(frozen=True)
class FileLines:
    """How many lines of a landed file (`path`: below landing/<log>/) speak of the rows; the first and the last."""

    log: str
    path: str
    lines: int
    first_line: int
    last_line: int


def accepted_lines(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, fact: Fact, ids: pl.Series
) -> list[FileLines] | None:
    """Of each landed file, in order of path. None where the lake is gone."""
    parts = _parts(workspace.lake / fact.log)
    if not parts:
        return None
    lines = _scanned(parts).filter(pl.col(fact.key).is_in(ids.implode()))
    if workspace.as_of:
        lines = lines.filter(pl.col("received_at") <= workspace.as_of)
    number = pl.col("line_number")
    counted = _collected(
        lines.group_by("file_sha256").agg(pl.len(), first=number.min(), last=number.max()), workspace.lake / fact.log
    )
    sql = "select sha256, any_value(path) from audit.files where log = ? and status = 'loaded' group by sha256"
    paths = dict(connection.execute(sql, [fact.log]).fetchall())
    found = [FileLines(fact.log, paths.get(sha256, f"sha256 {sha256}"), *rest) for sha256, *rest in counted.rows()]
    return sorted(found, key=lambda each: each.path)


def refused_lines(workspace: Workspace, fact: Fact, ids: pl.Series) -> dict[str, int]:
    """Reason -> lines in quarantine that name one of the ids. JSON lines only: others do not name their fields."""
    parts = _parts(workspace.quarantine / fact.log)
    if not parts:
        return {}
    named = pl.col("line").str.extract(rf'"{fact.key}"\s*:\s*"([^"]*)"')
    lines = _scanned(parts).filter(named.is_in(ids.implode())).group_by("reason").agg(pl.len()).sort("reason")
    return dict(_collected(lines, workspace.quarantine / fact.log).rows())


def _parts(folder: Path) -> list[Path]:
    return sorted(part for part in folder.glob("landed_on=*/*.parquet") if not part.name.startswith("."))


def _scanned(parts: list[Path]) -> pl.LazyFrame:
    # Parts of older code lack columns that newer ones have; those asked for here are in all of them.
    return pl.scan_parquet(parts, glob=False, hive_partitioning=False, missing_columns="insert", extra_columns="ignore")


def _collected(lines: pl.LazyFrame, folder: Path) -> pl.DataFrame:
    try:
        return lines.collect(engine="streaming")
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DoorstepError(f"{folder}: cannot be read: {error}. A run may be changing it just now.") from error
