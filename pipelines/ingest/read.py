"""Landed files into chunks of records, with the line each came from.

Belongs here: a file's way into chunks, by format. Does not belong here: the formats themselves (`lines.py`,
`json_lines.py`, `csv_records.py`, `parquet.py`), whether a field's value is any good (`validate.py`).
"""

from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from functools import partial

import numpy as np
import polars as pl

from pipelines.contract import Log
from pipelines.ingest.csv_records import (
    Header,
    at_the_end,
    held_before,
    join_lines,
    known_columns,
    parse_csv,
    unknown_columns,
)
from pipelines.ingest.files import LandedFile, allowed_bytes, pieces
from pipelines.ingest.json_lines import JsonReader
from pipelines.ingest.lines import Block, Unreadable, blocks
from pipelines.ingest.parquet import slices


@dataclass(frozen=True)
class Chunk:
    """Some records of a file.

    records: one row per readable record: `line_number` Int64 and every field of the log, as String or, where the
    format vouches for it, as the type its kind has in the lake.
    unreadable: line number, reason and text of the records that are none.
    texts: given line numbers of `records`, those lines verbatim.
    unknown_fields: how many records carry a value under each name that the log's contract does not have.
    """

    records: pl.DataFrame
    unreadable: list[Unreadable]
    texts: Callable[[list[int]], list[str]]
    unknown_fields: Counter[str] = field(default_factory=Counter)


ReadChunk = Callable[[], Chunk]
_Cut = Iterable[tuple[Block, list[Unreadable]]]


def chunks(
    file: LandedFile, log: Log, max_expansion: float, on_position: Callable[[int], None] = lambda position: None
) -> Iterator[ReadChunk]:
    """The file's chunks in order, at least one, each still to be read by calling it, on any thread.

    max_expansion: how many times its size the file may hold, beyond what is free. on_position is told how many of its
    bytes are read. Iterating raises FileRefusedError for a file that is damaged or does not fit in memory, maybe as
    late as at its end: what came before is then not to be used.
    """
    if file.format == "parquet":
        for part in slices(file, log, allowed_bytes(file, max_expansion)):
            on_position(int(part.share_done * file.bytes))
            records = _numbered(part.records, part.line_numbers)
            yield partial(Chunk, records, [], part.texts, part.unknown_fields)
        return
    cut = blocks(pieces(file, max_expansion, on_position), is_sealed=file.is_compressed)
    yield from (_csv_chunks if file.format == "csv" else _json_chunks)(cut, log)


def _numbered(records: pl.DataFrame, line_numbers: np.ndarray) -> pl.DataFrame:
    return records.hstack([pl.Series("line_number", line_numbers, pl.Int64)])


def _json_chunks(cut: _Cut, log: Log) -> Iterator[ReadChunk]:
    reader = JsonReader(log)
    for block, fragment in cut:
        yield partial(_json_chunk, block, reader, fragment)


def _json_chunk(block: Block, reader: JsonReader, fragment: list[Unreadable]) -> Chunk:
    read = reader.read(block)
    return Chunk(
        _numbered(read.records, read.kept.line_numbers),
        read.lines.unparseable(read.unreadable) + fragment,
        read.kept.texts,
        read.unknown_fields,
    )


def _csv_chunks(cut: _Cut, log: Log) -> Iterator[ReadChunk]:
    names = [each.name for each in log.fields]
    header: Header | None = None
    held: Block | None = None
    for block, fragment in cut:
        lines = held_before(held, block)
        if header is None and (written := lines.without_blank()).size:
            header = Header.of(written.record(0), names)
            lines = lines.only(lines.line_numbers > written.line_numbers[0])
        if header is None:
            yield partial(Chunk, _no_records(names), fragment, block.texts)
            continue
        records, held = join_lines(lines, header, is_last=False)
        cut_off = fragment
        if held and fragment:  # within a quoted field: what follows the quote is its text, and no record
            cut_off, held = [held.incomplete(fragment[0])], None
        yield partial(_csv_chunk, records, header, names, cut_off)
    if header and held:
        records, incomplete = at_the_end(held, header)
        yield partial(_csv_chunk, records, header, names, incomplete)


def _csv_chunk(block: Block, header: Header, names: list[str], fragment: list[Unreadable]) -> Chunk:
    records, kept, bad = parse_csv(block, header)
    return Chunk(
        _numbered(known_columns(records, names), kept.line_numbers),
        block.unparseable(bad) + fragment,
        kept.texts,
        unknown_columns(records),
    )


def _no_records(names: list[str]) -> pl.DataFrame:
    return _numbered(pl.DataFrame(schema=dict.fromkeys(names, pl.String)), np.empty(0))
