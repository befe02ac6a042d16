"""Why this number: what a cell of a metric table rests on, down to the landed lines.

Belongs here: putting together cell, formula, rows, files and checks. Does not belong here: any metric's own logic; the
formulas of `metric_dictionary` are read (`formulas.py`) and run over the facts of the published file (`evidence.py`).
"""

import csv
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

import duckdb
import polars as pl

from pipelines.explain.cells import Asked, Cell, Row, find_cell, rows
from pipelines.explain.evidence import Evidence, agrees, checks, gather
from pipelines.explain.facts import FACTS
from pipelines.explain.formulas import UnreadableFormula
from pipelines.explain.landed import FileLines, accepted_lines, refused_lines
from pipelines.query import open_warehouse
from pipelines.workspace import DoorstepError, Workspace


@dataclass(frozen=True)
class Explanation:
    """All that is known of a figure.

    evidence: None where the figure is withheld; then nothing behind it is shown either. files: None where the lake is
    gone. build: the row of `audit.builds`.
    """

    cell: Cell
    interval: tuple[Any, Any] | None
    build: Row
    evidence: Evidence | None
    files: list[FileLines] | None
    refused: dict[str, int]
    checks: list[Row]

    @property
    def agrees(self) -> bool:
        """Whether the query that was run gave what is published; true where there is none to run."""
        evidence = self.evidence
        return not (evidence and evidence.sql) or agrees(self.cell.value, evidence.recomputed)


def explain_figure(workspace: Workspace, asked: Asked, csv_file: Path | None = None) -> Explanation:
    """Explains one figure of the published file or the snapshot; every row of its cell goes into `csv_file`.

    Raises DoorstepError if there is no such figure, or the file was made by code that does not know these formulas.
    """
    with open_warehouse(workspace) as connection:
        try:
            return _explain(workspace, connection, asked, csv_file)
        except (duckdb.Error, UnreadableFormula) as error:
            raise DoorstepError(
                f"{workspace.warehouse}: {asked.metric} cannot be explained: {error}. Made by another version? "
                f"Build it anew: doorstep run --workspace {workspace.root}"
            ) from error


def _explain(
    workspace: Workspace, connection: duckdb.DuckDBPyConnection, asked: Asked, csv_file: Path | None
) -> Explanation:
    cell = find_cell(connection, asked)
    build = rows(connection, "select * from audit.builds limit 1")[0]
    low, high = (cell.row.get(f"{cell.name}_{end}") for end in ("low", "high"))
    interval = None if low is None and high is None else (low, high)
    tables = cell.entry["source_tables"].split(", ")
    guards = checks(connection, [cell.table, *tables])
    if cell.is_withheld:
        return Explanation(cell, interval, build, None, None, {}, guards)
    formulas = {
        f"{each['table_name']}.{each['name']}": each["formula"] for each in rows(connection, "from metric_dictionary")
    }
    evidence = gather(connection, cell, formulas)
    if cell.row.get("is_suppressed"):
        # Row by row they would tell what is withheld of the same cell.
        evidence = replace(evidence, first_rows=[])
        csv_file = None
    if csv_file:
        _write_rows(connection, evidence, csv_file)
    fact = FACTS[evidence.fact]
    ids = pl.Series([key for (key,) in connection.execute(evidence.of_used).fetchall()], dtype=pl.String)
    files = accepted_lines(workspace, connection, fact, ids)
    return Explanation(cell, interval, build, evidence, files, refused_lines(workspace, fact, ids), guards)


def _write_rows(connection: duckdb.DuckDBPyConnection, evidence: Evidence, path: Path) -> None:
    cursor = connection.execute(f"from ({evidence.all_rows}) order by 1")
    names = [column[0] for column in cursor.description or ()]
    try:
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.writer(file, lineterminator="\n")
            writer.writerow(names)
            while some := cursor.fetchmany(10_000):
                writer.writerows(some)
    except OSError as error:
        raise DoorstepError(f"{path}: cannot be written: {error}. Name another file with --csv.") from error
