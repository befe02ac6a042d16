"""Parquet files into records, slice by slice.

Belongs here: Parquet's types as what a text format would say. Does not belong here: whether a value is any good
(`validate.py`).
"""

import json
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.contract import Field, Kind, Log
from pipelines.ingest.files import FileRefusedError, LandedFile, printable
from pipelines.ingest.lines import NESTED

SLICE_ROWS = 100_000
_SLICE_BYTES = 64 << 20
_FIRST_ROWS = 100  # until it is seen how much a row is
_MAX_WHOLE = 10**18  # any whole number an Int64 holds, by a digit less


@dataclass(frozen=True)
class ParquetSlice:
    """Some rows of a Parquet file.

    records: every field of the log, as String or typed as its kind is in the lake. line_numbers: the rows, from 1.
    share_done: of the file's rows, 0 to 1, this slice included.
    """

    records: pl.DataFrame
    line_numbers: np.ndarray
    frame: pl.DataFrame
    unknown_fields: Counter[str]
    share_done: float

    def texts(self, line_numbers: list[int]) -> list[str]:
        """These rows as JSON objects, since Parquet has no lines to show."""
        rows = self.frame[[number - int(self.line_numbers[0]) for number in line_numbers]]
        # Python has no year 10000.
        plain = rows.with_columns(pl.col(pl.Datetime, pl.Date).dt.to_string("iso"), pl.col(pl.Duration).cast(pl.Int64))
        return [json.dumps(row, default=str, ensure_ascii=False) for row in plain.to_dicts()]


def slices(file: LandedFile, log: Log, max_bytes: float) -> Iterator[ParquetSlice]:
    """The file's rows in order.

    Raises FileRefusedError: `corrupt_file` where it cannot be read, `file_too_large` as soon as its values come to
    more than `max_bytes`: a few bytes of Parquet may stand for very many equal values.
    """
    names = [each.name for each in log.fields]
    expanded = 0
    try:
        lazy = pl.scan_parquet(file.path, glob=False, hive_partitioning=False)
        schema = lazy.collect_schema()
        height = int(lazy.select(pl.len()).collect().item())
        offset, rows = 0, _FIRST_ROWS
        while offset < height or offset == 0:
            frame = lazy.slice(offset, rows).collect()
            size = _bytes(frame)
            expanded += size
            if expanded > max_bytes:
                raise FileRefusedError(
                    "file_too_large", f"{file.bytes:,} bytes hold values of more than {max_bytes:,.0f}"
                )
            given = [_field(each, frame[each.name]) for each in log.fields if each.name in schema]
            absent = [pl.lit(None, pl.String).alias(name) for name in names if name not in schema]
            unknown = {name: frame.height - frame[name].null_count() for name in schema if name not in names}
            yield ParquetSlice(
                frame.with_columns(*given, *absent).select(names),
                offset + 1 + np.arange(frame.height),
                frame,
                Counter({name: count for name, count in unknown.items() if count}),
                min(1.0, (offset + rows) / max(height, 1)),
            )
            offset += rows
            rows = min(SLICE_ROWS, 10 * rows, max(1, _SLICE_BYTES * rows // max(size, 1)))
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        why = printable(str(error).partition("\n")[0])
        raise FileRefusedError("corrupt_file", f"Parquet cannot be read: {why}") from error


def _bytes(frame: pl.DataFrame) -> int:
    """What the frame's values come to, equal ones counted as often as they occur."""
    columns = frame.get_columns()
    lengths = [column.str.len_bytes() for column in columns if column.dtype == pl.String]
    lengths += [column.bin.size() for column in columns if column.dtype == pl.Binary]
    return int(frame.estimated_size()) + sum(int(each.sum() or 0) for each in lengths)


def _field(field: Field, column: pl.Series) -> pl.Series:
    if field.kind is Kind.NUMBER and column.dtype == pl.Float64:
        return column
    if isinstance(column.dtype, pl.Datetime):
        return _instants(column, is_typed=field.kind is Kind.TIMESTAMP)
    if isinstance(column.dtype, pl.Binary):
        return pl.Series(column.name, [_decoded(value) for value in column], pl.String)
    if column.dtype.is_float():  # as JSON writes it: 12345.0 is 12345
        is_whole = (column == column.floor()) & (column.abs() < _MAX_WHOLE)
        whole = column.zip_with(is_whole, pl.Series([None], dtype=column.dtype)).cast(pl.Int64).cast(pl.String)
        return column.cast(pl.String).zip_with(~is_whole.fill_null(value=False), whole)
    if column.dtype.is_nested() or isinstance(column.dtype, pl.Duration | pl.Object):
        return pl.Series(column.name, [None if is_null else NESTED for is_null in column.is_null()], pl.String)
    return column.cast(pl.String)


def _decoded(value: bytes | None) -> str | None:
    try:
        return None if value is None else value.decode()
    except UnicodeDecodeError:
        return NESTED


def _instants(column: pl.Series, *, is_typed: bool) -> pl.Series:
    if column.dtype.time_zone is None:  # pyright: ignore[reportAttributeAccessIssue] - a Datetime's
        return column.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f")
    instants = column.dt.convert_time_zone("UTC")
    years = instants.dt.year()
    if is_typed and years.null_count() == column.null_count() and years.drop_nulls().is_between(1, 9999).all():
        return instants.dt.cast_time_unit("us")
    return instants.dt.to_string("%Y-%m-%dT%H:%M:%S%.6fZ")
