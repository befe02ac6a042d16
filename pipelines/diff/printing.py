"""A comparison as lines in a terminal, or as a page.

Belongs here: wording, and how much is shown. Does not belong here: comparing (`compare.py`), the page's looks
(`dashboards.diff`).
"""

from collections.abc import Iterator, Sequence
from dataclasses import asdict
from itertools import groupby
from pathlib import Path

from rich.console import Console
from rich.markup import escape

from pipelines.builds import Build, find_build
from pipelines.diff.compare import Diff, compare
from pipelines.diff.inputs import Inputs
from pipelines.diff.moved import MetricDiff
from pipelines.diff.tables import TableDiff
from pipelines.workspace import DoorstepError, Workspace

_METRICS = 5  # of a table that are printed
_CELLS_ON_PAGE = 10  # of a metric
_FEW = 4  # names in a line


def print_diff(
    workspace: Workspace, old: str, new: str, out: Console, *, table: str | None = None, is_all: bool = False
) -> None:
    """Prints what differs between two builds, named as in `find_build`.

    Of the metrics with most cells that moved the largest one; with is_all every metric and cell. Raises DoorstepError.
    """
    files = find_build(workspace, old), find_build(workspace, new)
    for line in _lines(compare(*files, table=table, limit=None if is_all else 1), is_all=is_all):
        out.print(escape(line), soft_wrap=True)


def write_page(
    workspace: Workspace, old: str, new: str, path: Path, *, table: str | None = None, is_all: bool = False
) -> Path:
    """Writes the same as one HTML file, with ten cells of each metric, or all; the path. Raises DoorstepError."""
    from dashboards.diff import render_diff  # jinja takes a while to import

    files = find_build(workspace, old), find_build(workspace, new)
    found = compare(*files, table=table, limit=None if is_all else _CELLS_ON_PAGE)
    try:
        return render_diff(asdict(found), path)
    except OSError as error:
        raise DoorstepError(f"{path}: cannot be written: {error}") from error


def _lines(diff: Diff, *, is_all: bool) -> Iterator[str]:
    yield f"From {_build(diff.old)}"
    yield f"to   {_build(diff.new)}"
    yield from _inputs(diff.inputs)
    yield "Tables:" if diff.tables else "Tables: no row differs"
    yield from (f"  {_table(each)}" for each in diff.tables)
    yield "Metrics:" if diff.metrics else "Metrics: no cell moved"
    for table, group in groupby(diff.metrics, key=lambda each: each.table):
        metrics = list(group)
        shown = metrics if is_all else metrics[:_METRICS]
        for metric in shown:
            yield from _metric(metric)
        if rest := len(metrics) - len(shown):
            yield f"  {table}: {rest} more metrics moved; --all names them"


def _build(build: Build) -> str:
    cut = f"data up to {build.as_of:%Y-%m-%d %H:%M} UTC" if build.as_of else "no line"
    return f"{build.build_id}: {cut}, code {build.code_version}, {build.rows:,} rows"


def _inputs(inputs: Inputs) -> Iterator[str]:
    if not inputs.settings and not inputs.files:
        yield "Inputs: the same files, title, origin and code"
        return
    yield "Inputs:"
    yield from (f"  {name}: {old} -> {new}" for name, old, new in inputs.settings)
    for what in ("new", "changed", "gone"):
        if paths := [f"{each.log}/{each.path}" for each in inputs.files if each.what == what]:
            yield f"  files {what}: {len(paths):,} ({_few(paths)})"


def _table(table: TableDiff) -> str:
    parts = [
        "" if table.state == "both" else f"table is {table.state}",
        f"{table.added:,} rows added, {table.gone:,} gone"
        + ("" if table.changed is None else f", {table.changed:,} changed"),
        _named("in", [f"{name} {count:,}" for name, count in table.columns]),
        _named("new columns", table.columns_new),
        _named("columns gone", table.columns_gone),
    ]
    return f"{table.name.removeprefix('main.')}: " + "; ".join(filter(None, parts))


def _metric(metric: MetricDiff) -> Iterator[str]:
    why = ", ".join(f"{reason} {count:,}" for reason, count in metric.why.items())
    cells = f"{metric.moved:,} cell{'' if metric.moved == 1 else 's'} moved"
    yield f"  {metric.table}.{metric.name} ({metric.unit}): {cells}; {why}"
    for cell in metric.cells:
        change = "" if cell.difference is None else f" ({cell.difference:+,.6g})"
        yield f"    {cell.where}: {_value(cell.old)} -> {_value(cell.new)}{change}: {', '.join(cell.why)}"


def _value(value: float | None) -> str:
    return "none" if value is None else f"{value:,.6g}"


def _named(what: str, names: Sequence[str]) -> str:
    return f"{what} {_few(names)}" if names else ""


def _few(names: Sequence[str]) -> str:
    rest = len(names) - _FEW
    return ", ".join(names[:_FEW]) + (f" and {rest:,} more" if rest > 0 else "")
