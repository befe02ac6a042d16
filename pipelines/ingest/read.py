"""Landed files into chunks of records: every contract field as text, with the line each came from.

Belongs here: a file's way into chunks, by format. Does not belong here: the formats themselves (`lines.py`,
`json_lines.py`, `csv_records.py`), whether a field's text is any good (`validate.py`).

Polars parses whole blocks. Only a block it refuses is looked at line by line in Python, which finds the bad lines,
so that clean files never pay for dirty ones.
"""

import json
from collections import Counter
from collections.abc import Callable, Iterator
from dataclasses import dataclass, field
from typing import BinaryIO

import numpy as np
import polars as pl

from pipelines.contract import Log
from pipelines.ingest.csv_records import (
    Header,
    held_before,
    join_lines,
    known_columns,
    parse_csv,
    unknown_columns,
)
from pipelines.ingest.files import FileRefusedError, LandedFile, opened
from pipelines.ingest.json_lines import parse_json, unknown_fields
from pipelines.ingest.lines import NESTED, Block, Unreadable, blocks

PARQUET_ROWS = 200_000


@dataclass(frozen=True)
class Chunk:
    """Some records of a file.

    records: one row per readable record: `line_number` Int64 and every field of the log as String.
    unreadable: line number, reason and text of the records that are none.
    texts: given line numbers of `records`, those lines verbatim.
    unknown_fields: how many records carry a value under each name that the log's contract does not have.
    """

    records: pl.DataFrame
    unreadable: list[Unreadable]
    texts: Callable[[list[int]], list[str]]
    unknown_fields: Counter[str] = field(default_factory=Counter)


def read_chunks(file: LandedFile, log: Log) -> Iterator[Chunk]:
    """The file's records, chunk by chunk, in order.

    Raises FileRefusedError(`corrupt_file`) for a Parquet file that cannot be read.
    """
    names = [each.name for each in log.fields]
    if file.format == "parquet":
        yield from _parquet_chunks(file, names)
        return
    with opened(file) as stream:
        if file.format == "csv":
            yield from _csv_chunks(stream, names, is_sealed=file.is_compressed)
        else:
            yield from _json_chunks(stream, names, is_sealed=file.is_compressed)


def _numbered(records: pl.DataFrame, line_numbers: np.ndarray) -> pl.DataFrame:
    return records.hstack([pl.Series("line_number", line_numbers, pl.Int64)])


def _json_chunks(stream: BinaryIO, names: list[str], *, is_sealed: bool) -> Iterator[Chunk]:
    for block, fragment in blocks(stream, is_sealed=is_sealed):
        records, kept, bad, lines = parse_json(block, names)
        yield Chunk(
            _numbered(records, kept.line_numbers),
            lines.unparseable(bad) + fragment,
            kept.texts,
            unknown_fields(kept, records),
        )


def _csv_chunks(stream: BinaryIO, names: list[str], *, is_sealed: bool) -> Iterator[Chunk]:
    header: Header | None = None
    held: Block | None = None
    for block, fragment in blocks(stream, is_sealed=is_sealed):
        lines = held_before(held, block)
        if header is None and (written := lines.without_blank()).size:
            header = Header.of(written.record(0), names)
            lines = lines.only(lines.line_numbers > written.line_numbers[0])
        if header is None:
            yield Chunk(_numbered(_no_records(names), np.empty(0)), fragment, block.texts)
            continue
        records, held = join_lines(lines, header, is_last=False)
        yield _csv_chunk(records, header, names, fragment)
    if header and held:
        yield _csv_chunk(join_lines(held, header, is_last=True)[0], header, names, [])


def _csv_chunk(block: Block, header: Header, names: list[str], fragment: list[Unreadable]) -> Chunk:
    records, kept, bad = parse_csv(block, header)
    return Chunk(
        _numbered(known_columns(records, names), kept.line_numbers),
        block.unparseable(bad) + fragment,
        kept.texts,
        unknown_columns(records),
    )


def _no_records(names: list[str]) -> pl.DataFrame:
    return pl.DataFrame(schema=dict.fromkeys(names, pl.String))


def _parquet_chunks(file: LandedFile, names: list[str]) -> Iterator[Chunk]:
    try:
        lazy = pl.scan_parquet(file.path, glob=False)
        schema = lazy.collect_schema()
        height = int(lazy.select(pl.len()).collect().item())
        for offset in range(0, max(height, 1), PARQUET_ROWS):
            yield _parquet_chunk(lazy.slice(offset, PARQUET_ROWS).collect(), schema, names, offset)
    except (pl.exceptions.PolarsError, pl.exceptions.PanicException, OSError) as error:
        raise FileRefusedError("corrupt_file", f"Parquet cannot be read: {error}") from error


def _parquet_chunk(frame: pl.DataFrame, schema: pl.Schema, names: list[str], offset: int) -> Chunk:
    given = [_parquet_text(name, schema[name]) for name in names if name in schema]
    absent = [pl.lit(None, pl.String).alias(name) for name in names if name not in schema]
    records = frame.with_columns(*given, *absent).select(names)
    unknown = {name: frame.height - frame[name].null_count() for name in schema if name not in names}

    def texts(line_numbers: list[int]) -> list[str]:
        rows = frame[[number - 1 - offset for number in line_numbers]]
        return [json.dumps(row, default=str, ensure_ascii=False) for row in rows.to_dicts()]

    return Chunk(
        _numbered(records, offset + 1 + np.arange(frame.height)),
        [],
        texts,
        Counter({name: count for name, count in unknown.items() if count}),
    )


def _parquet_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_nested():
        return pl.when(column.is_not_null()).then(pl.lit(NESTED)).alias(name)
    if dtype.is_float():  # as JSON writes it: 12345.0 is 12345
        return column.cast(pl.String).str.replace(r"\.0$", "")
    if isinstance(dtype, pl.Datetime):
        zoned = dtype.time_zone is not None
        instants = column.dt.convert_time_zone("UTC") if zoned else column
        return instants.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f" + ("Z" if zoned else ""))
    return column.cast(pl.String, strict=False)
