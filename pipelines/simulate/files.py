"""Lines into log files: JSON Lines, CSV and Parquet, plain and compressed, byte for byte the same each time.

Belongs here: formats, file names, lines that are no record at all. Does not belong here: what lines say.
"""

from collections import Counter
from dataclasses import dataclass
from io import BytesIO

import polars as pl
from isal import igzip

from pipelines.contract import Kind, Log
from pipelines.simulate.span import Span

# One file per log and day, the formats in turn; mostly gzipped JSON Lines. The first of the two Parquet kinds has
# typed columns, the second has text.
ROTATION = ("jsonl.gz", "jsonl", "jsonl.gz", "csv", "jsonl.gz", "typed", "jsonl.gz", "csv.gz", "jsonl.gz", "parquet")
SHIFT = {"orders": 0, "offers": 3, "trips": 6}
BOM = b"\xef\xbb\xbf"
NO_RECORDS = {
    "jsonl": (b'{"event_id":"cut-off","event_ty', b"--- log rotated ---", b'["no","object"]', b'{"event_id":"\xff"}'),
    "csv": (b"too,few",),
}


@dataclass(frozen=True)
class LogFile:
    """One file to be: its path below landing/, its bytes, and how many of its lines fare how."""

    path: str
    data: bytes
    fates: Counter[str]


def format_of(log: str, day: int) -> str:
    """The format of the log's file of a day: an ending, or `typed` for Parquet with typed columns."""
    return ROTATION[(day + SHIFT[log]) % len(ROTATION)]


def log_files(span: Span, log: Log, texts: pl.DataFrame, typed: pl.DataFrame) -> list[LogFile]:
    """One file per day that has lines.

    texts: see `spelled`, in the order they are to be written. typed: the lines of the days whose format is `typed`.
    """
    texts = texts.with_columns(json=_json(log))
    by_day = {day: rows for (day,), rows in texts.partition_by("landed", as_dict=True).items()}
    typed_by_day = {day: rows for (day,), rows in typed.partition_by("landed", as_dict=True).items()}
    return [_file(span, log, int(day), by_day[day], typed_by_day.get(day)) for day in sorted(by_day)]


def _file(span: Span, log: Log, day: int, texts: pl.DataFrame, typed: pl.DataFrame | None) -> LogFile:
    kind = format_of(log.name, day)
    fates = Counter(texts["fate"].to_list())
    folder = f"{log.name}/{span.day(day)}"
    if kind in ("typed", "parquet"):
        rows = typed if kind == "typed" and typed is not None else texts
        return LogFile(f"{folder}/{log.name}.parquet", _parquet(log, rows), fates)
    newline = b"\r\n" if day % 7 == 3 else b"\n"
    lines = _csv_lines(log, texts, day) if "csv" in kind else _json_lines(texts)
    if day % 3 == 0:
        spoilt = NO_RECORDS["csv" if "csv" in kind else "jsonl"]
        fates["unparseable_line"] += len(spoilt)
        middle = len(lines) // 2 + 1
        lines[middle:middle] = [*spoilt, b""]  # a blank line is no line
    data = (BOM if day % 5 == 1 else b"") + newline.join(lines) + newline
    if kind in ("jsonl", "csv") and day % 4 < 2:
        fates["incomplete_line"] += 1
        data += lines[-1][: len(lines[-1]) // 2]
    data = igzip.compress(data, 2, mtime=0) if kind.endswith(".gz") else data
    return LogFile(f"{folder}/{log.name}.{kind}", data, fates)


def _json(log: Log) -> pl.Expr:
    """The line as JSON; numbers and booleans bare or as strings, fields without a value left out."""
    pairs = [_pair(each.name, each.kind) for each in log.fields]
    return pl.lit("{") + pl.concat_str([*pairs, pl.col("extra")], separator=",", ignore_nulls=True) + pl.lit("}")


def _pair(name: str, kind: Kind) -> pl.Expr:
    column = pl.col(name)
    if kind is Kind.TEXT:
        column = column.str.replace_all('"', '\\"', literal=True)
    quoted = pl.format(f'"{name}":"{{}}"', column)
    if kind not in (Kind.INTEGER, Kind.NUMBER, Kind.MONEY, Kind.BOOLEAN):
        return quoted
    return pl.when("has_quotes").then(quoted).otherwise(pl.format(f'"{name}":{{}}', column))


def _json_lines(texts: pl.DataFrame) -> list[bytes]:
    return [line.encode() for line in texts["json"].to_list()]


def _csv_lines(log: Log, texts: pl.DataFrame, day: int) -> list[bytes]:
    columns = [each.name for each in log.fields]
    if day % 2:  # a column that upstream added without telling
        texts = texts.with_columns(app_version=pl.when(pl.col("extra").is_not_null()).then(pl.lit("7.3.1")))
        columns.append("app_version")
    return texts.select(columns).write_csv().encode().splitlines()


def _parquet(log: Log, rows: pl.DataFrame) -> bytes:
    buffer = BytesIO()
    rows.select(each.name for each in log.fields).write_parquet(buffer)
    return buffer.getvalue()
