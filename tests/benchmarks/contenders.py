"""One measurement: `python -m tests.benchmarks.contenders WHO LOG SOURCE OUT` prints one JSON object.

Belongs here: how ours and the bare engines turn a log file into Parquet of the lake's types. Does not belong here:
which measurements are made (`bench_ingest.py`).

Bare means: the lake's columns and types, same Parquet compression, nothing checked, line numbers counted and not found,
a file name for a hash, raw driver ids, no ledger, told beforehand which columns the file has. Each engine in the
fastest way found that gives the right values. Polars: instants by `%+` without cache (0.08 s for a million; by `%z`
0.14 s, by an inferred format 0.26 s, by the schema of the JSON reader ten times the rest of the scan), other values
by the reader's schema, but money of JSON by way of a double, as the JSON reader has no decimals.
"""

import json
import re
import sys
import time
from collections.abc import Callable
from pathlib import Path

import duckdb
import polars as pl

from pipelines.contract import LOGS, Field, Kind, Log
from pipelines.ingest import IngestSummary, ingest
from pipelines.reference import read_reference
from pipelines.workspace import open_workspace

_DUCKDB_TYPES = {
    Kind.TIMESTAMP: "timestamptz",
    Kind.BOOLEAN: "boolean",
    Kind.INTEGER: "bigint",
    Kind.NUMBER: "double",
    Kind.MONEY: "decimal(12, 4)",
}


def ours(log: Log, source: Path, out: Path) -> Callable[[], object]:
    """Everything that ingest does, in a fresh workspace `out`; a source that is a folder is landed whole."""
    folder = source if source.is_dir() else source.parent
    for path in source.rglob("*.*") if source.is_dir() else [source]:
        target = out / "landing" / log.name / path.relative_to(folder)
        target.parent.mkdir(parents=True, exist_ok=True)
        target.hardlink_to(path)
    workspace = open_workspace(out)
    site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
    return lambda: _outcome(ingest(workspace, log.name, site_ids))


def bare_polars(log: Log, source: Path, out: Path) -> Callable[[], object]:
    """Scan with types, cast, sink_parquet."""
    names = _columns(log, source)
    if source.suffix == ".gz":
        types = {field.name: _json_type(field) for field in log.fields}
        lazy = pl.scan_ndjson(source, schema=types)
    elif source.suffix == ".csv":
        types = {field.name: _text_type(field) for field in log.fields if field.name in names}
        lazy = pl.scan_csv(source, schema={name: types[name] for name in names})
    else:
        lazy = pl.scan_parquet(source)
        types = dict(lazy.collect_schema())
    typed = lazy.with_row_index("line_number", 1).select(
        *(_typed(field, types.get(field.name)) for field in log.fields),
        pl.lit(source.name).alias("file_sha256"),
        pl.col("line_number").cast(pl.Int64),
    )
    return lambda: typed.sink_parquet(out)


def bare_duckdb(log: Log, source: Path, out: Path) -> Callable[[], object]:
    """read_json, read_csv or read_parquet with types, copy to Parquet."""
    types = {field.name: _DUCKDB_TYPES.get(field.kind, "varchar") for field in log.fields}
    given = {name: types[name] for name in _columns(log, source)}
    reader = {
        ".gz": f"read_json('{source}', format = 'newline_delimited', columns = {given})",
        ".csv": f"read_csv('{source}', header = true, columns = {given})",
        ".parquet": f"read_parquet('{source}')",
    }[source.suffix]
    columns = [f"cast({name if name in given else 'null'} as {kind}) as {name}" for name, kind in types.items()]
    columns += [f"'{source.name}' as file_sha256", "row_number() over () as line_number"]
    query = f"copy (select {', '.join(columns)} from {reader}) to '{out}' (format parquet, compression zstd)"
    return lambda: duckdb.connect().execute(query)


def _outcome(summary: IngestSummary) -> dict[str, int]:
    counts = {column: summary.total(column) for column in ("accepted", "quarantined")}
    return {**counts, "refused_files": len(summary.refused)}


CONTENDERS = {"ours": ours, "polars": bare_polars, "duckdb": bare_duckdb}


def _columns(log: Log, source: Path) -> list[str]:
    """The fields the file has, in its order; of JSON all that it may have."""
    if source.suffix == ".gz":
        return [field.name for field in log.fields]
    if source.suffix == ".csv":
        with source.open() as file:
            return file.readline().strip().split(",")
    return list(pl.read_parquet_schema(source))


def _text_type(field: Field) -> pl.DataType:
    return pl.String() if field.kind is Kind.TIMESTAMP else field.kind.dtype


def _json_type(field: Field) -> pl.DataType:
    return pl.Float64() if field.kind is Kind.MONEY else _text_type(field)


def _typed(field: Field, given: pl.DataType | None) -> pl.Expr:
    column = pl.col(field.name)
    if given is None:
        return pl.lit(None, field.kind.dtype).alias(field.name)
    if field.kind is Kind.TIMESTAMP and given == pl.String:
        return column.str.to_datetime("%+", time_unit="us", time_zone="UTC", cache=False)
    return column if given == field.kind.dtype else column.cast(field.kind.dtype)


def peak_megabytes() -> float:
    """The most memory this process has held. By Linux's /proc: getrusage hands on the parent's peak."""
    status = Path("/proc/self/status").read_text()
    return int(re.findall(r"VmHWM:\s+(\d+)", status)[0]) / 1000


if __name__ == "__main__":
    who, log_name, *paths = sys.argv[1:]
    work = CONTENDERS[who](LOGS[log_name], *map(Path, paths))
    started = time.perf_counter()
    outcome = work()
    told = {"seconds": time.perf_counter() - started, "peak_mb": peak_megabytes()}
    sys.stdout.write(json.dumps(told | ({"outcome": outcome} if who == "ours" else {})))
