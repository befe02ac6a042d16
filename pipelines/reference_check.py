"""`doorstep reference check`: what the reference tables of a folder cover, and what they lack.

Belongs here: showing it. Does not belong here: what is broken (`pipelines.reference`) or lacking
(`pipelines.reference_warnings`).
"""

from collections.abc import Iterator
from datetime import date
from pathlib import Path

import polars as pl
from rich import box
from rich.console import Console
from rich.markup import escape
from rich.table import Table

from pipelines.reference import read_reference
from pipelines.reference_tables import REFERENCE
from pipelines.reference_warnings import Days, days_driven, reference_warnings, series
from pipelines.workspace import Workspace

LOOK = "[yellow]look[/]"
_FOR_EVER = date(9999, 12, 31)


def print_reference(folder: Path, workspace: Workspace | None, out: Console) -> None:
    """Rows and covered days of each table in `folder`, then the warnings.

    workspace: its trips tell which days are needed; None: nobody's. Raises DoorstepError if a table is broken.
    """
    tables = read_reference(folder)
    out.print(escape(f"Reference tables in {folder}"), soft_wrap=True)
    shown = Table("table", box=box.SIMPLE_HEAD, pad_edge=False)
    for column in ("rows", "series", "all from", "to"):
        shown.add_column(column, justify="right")
    for name, rows, count, days in _contents(tables):
        period = (str(days[0]), "further notice" if days[1] == _FOR_EVER else str(days[1])) if days else ("", "")
        shown.add_row(name, f"{rows:,}", f"{count:,}" if count else "", *period)
    out.print(shown)
    for warning in reference_warnings(tables, days_driven(workspace, tables) if workspace else {}):
        out.print(f"{LOOK} {escape(warning)}", soft_wrap=True)


def _contents(tables: dict[str, pl.DataFrame]) -> Iterator[tuple[str, int, int, Days | None]]:
    """Name, rows, series and the days that all series cover; fuel prices by fuel, which age differently."""
    for name, frame in tables.items():
        parts = {name: frame}
        if name == "fuel_prices":
            fuels = frame["fuel_type"].unique().sort()
            parts = {f"{name}: {fuel}": frame.filter(pl.col("fuel_type") == fuel) for fuel in fuels}
        for label, part in parts.items():
            spans = [days for _, days in series(REFERENCE[name], part)]
            common = (max(first for first, _ in spans), min(last for _, last in spans)) if spans else None
            yield label, part.height, len(spans), common
