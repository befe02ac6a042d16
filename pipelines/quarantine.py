"""`doorstep quarantine`: what was refused and why, with counts and masked examples.

Belongs here: counting in quarantine and ledger, choosing examples, showing them. Does not belong here: how a line is
masked (`pipelines.masking`), refusing (`pipelines.ingest`).

Quarantine may hold millions of lines: counting does not read them, and of them only examples are read.
"""

import csv
from dataclasses import dataclass
from pathlib import Path
from typing import TextIO

import polars as pl
from rich import box
from rich.console import Console
from rich.table import Table
from rich.text import Text

from pipelines.contract import LOGS
from pipelines.ingest.ledger import REFUSED, SCHEMA, ledger_path
from pipelines.ingest_report import RefusedFile, print_refused
from pipelines.masking import preview
from pipelines.workspace import DoorstepError, Workspace

_COUNTED = {
    "file": pl.String,
    "reason": pl.String,
    "field": pl.String,
    "lines": pl.Int64,
    "part": pl.String,
}


@dataclass(frozen=True)
class Wanted:
    """Which refusals are meant: of one log, of reasons that start so, of one file below `landing/`. None: all."""

    log: str | None = None
    reason: str | None = None
    file: str | None = None

    @property
    def logs(self) -> list[str]:
        """The logs to look at."""
        return [log for log in LOGS if self.log in (None, log)]

    def of(self, log: str, file: str) -> pl.Expr:
        """Whether a row of `log` is meant; `file` is the column that has its path below `landing/<log>/`."""
        is_meant = pl.lit(value=True)
        if self.reason is not None:
            is_meant &= pl.col("reason").str.starts_with(self.reason)
        if self.file is not None:
            below = self.file.removeprefix("landing/").removeprefix(f"{log}/")
            is_meant &= pl.col(file).is_in([self.file, below])
        return is_meant


def print_quarantine(workspace: Workspace, wanted: Wanted, out: Console, *, examples: int = 1) -> None:
    """Per log a table of reasons, `examples` masked lines of each, and the files refused whole."""
    is_empty = True
    for log in wanted.logs:
        counted = refused_lines(workspace, log, wanted)
        if counted.height:
            is_empty = False
            _print_log(log, counted, out, examples)
        whole = refused_files(workspace, log, wanted)
        is_empty &= not whole
        print_refused(whole, out)
    if is_empty:
        out.print("Nothing in quarantine." if wanted == Wanted() else "Nothing in quarantine is of that kind.")
    elif examples:
        out.print("Examples are masked: a letter is x, a digit 9. Cause mended? doorstep ingest --again FILE")


def print_csv(workspace: Workspace, wanted: Wanted, out: TextIO) -> None:
    """Rows of log, file, reason, field, lines; a file refused whole has 0 lines."""
    writer = csv.writer(out, lineterminator="\n")
    writer.writerow(["log", "file", "reason", "field", "lines"])
    for log in wanted.logs:
        counted = refused_lines(workspace, log, wanted)
        writer.writerows((log, *row) for row in counted.select("file", "reason", "field", "lines").iter_rows())
        writer.writerows((log, each.file, each.reason, None, 0) for each in refused_files(workspace, log, wanted))


def refused_lines(workspace: Workspace, log: str, wanted: Wanted) -> pl.DataFrame:
    """One row per file, reason and field, in this order: how many lines, and the part of quarantine they are in.

    Raises DoorstepError if quarantine cannot be read.
    """
    folder = workspace.quarantine / log
    try:
        parts = _parts(folder)
        if not parts:
            return pl.DataFrame(schema=_COUNTED)
        return (
            pl.scan_parquet(parts, glob=False, hive_partitioning=False, include_file_paths="part")
            .filter(wanted.of(log, "file"))
            .group_by("file", "reason", "field", "part")
            .agg(lines=pl.len())
            .select(pl.col(name).cast(dtype) for name, dtype in _COUNTED.items())
            .sort("file", "reason", "field", "part")
            .collect(engine="streaming")
        )
    except (OSError, pl.exceptions.PolarsError) as error:
        raise _unreadable(folder, error) from error


def refused_files(workspace: Workspace, log: str, wanted: Wanted) -> list[RefusedFile]:
    """The files refused whole, in order of path. They are in the ledger, since quarantine has none of their lines."""
    path = ledger_path(workspace, log)
    if not path.exists():
        return []
    ledger = pl.read_parquet(path, columns=list(SCHEMA), glob=False, hive_partitioning=False)
    rows = ledger.filter(pl.col("status") == REFUSED, wanted.of(log, "path")).select("path", "reason", "message")
    return [RefusedFile(log, *row) for row in rows.iter_rows()]


def _parts(folder: Path) -> list[Path]:
    # Not by a pattern: it would pass over a folder that is another user's.
    days = sorted(folder.iterdir()) if folder.exists() else []
    return [part for day in days for part in sorted(day.iterdir()) if part.suffix == ".parquet"]


def _print_log(log: str, counted: pl.DataFrame, out: Console, examples: int) -> None:
    reasons = (
        counted.group_by("reason", "field")
        .agg(pl.col("lines").sum(), files=pl.col("file").n_unique())
        .sort(["lines", "reason"], descending=[True, False])
    )
    lines, files = counted["lines"].sum(), counted["file"].n_unique()
    out.print(f"[bold]{log}[/]: {lines:,} lines of {files:,} {'file' if files == 1 else 'files'} in quarantine")
    table = Table("reason", "field", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("lines", "files"):
        table.add_column(column, justify="right")
    for row in reasons.iter_rows(named=True):
        table.add_row(Text(row["reason"]), row["field"] or "", f"{row['lines']:,}", f"{row['files']:,}")
    out.print(table)
    for reason, field in reasons.select("reason", "field").iter_rows() if examples else ():
        out.print(Text(reason, style="yellow"))
        of_reason = counted.filter(pl.col("reason") == reason)
        for file, number, line in _first_lines(of_reason, examples):
            out.print(Text(f"  landing/{log}/{file}:{number}"), soft_wrap=True)
            out.print(Text(f"    {preview(line, field)}"), soft_wrap=True)
    out.print()


def _first_lines(of_reason: pl.DataFrame, limit: int) -> list[tuple[str, int, str]]:
    """File, line number and line of the first `limit` refusals, from as few parts as have them."""
    found: list[tuple[str, int, str]] = []
    for file, reason, part in of_reason.select("file", "reason", "part").iter_rows():
        if len(found) >= limit:
            break
        lazy = pl.scan_parquet(part, glob=False, hive_partitioning=False).filter(pl.col("reason") == reason)
        try:
            rows = lazy.select("line_number", "line").head(limit - len(found)).collect(engine="streaming").rows()
        except (OSError, pl.exceptions.PolarsError) as error:
            raise _unreadable(Path(part), error) from error
        found += [(file, number, line) for number, line in rows]
    return found


def _unreadable(path: Path, error: Exception) -> DoorstepError:
    return DoorstepError(
        f"{path}: cannot be read: {error}. Quarantine is its owner's alone, and a run may be changing it just now."
    )
