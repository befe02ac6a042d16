"""Blocks of CSV into records of text, as RFC 4180 says, without one stray quote swallowing what follows.

Belongs here: headers, quotes, records of several lines. Does not belong here: whether a value is any good
(`validate.py`).

A line with an even number of quotes is a record by itself. One with an odd number opens a quoted field that goes on
over lines up to the next such line, if both together read as one record; if they do not, the first is refused alone.
"""

import csv
import io
from collections import Counter
from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.ingest.files import FileRefusedError
from pipelines.ingest.lines import COMMA, NEWLINE, QUOTE, Block, Unreadable, verbatim

csv.field_size_limit(1 << 30)  # the default refuses fields of 128 KiB
MAX_RECORD_LINES = 1000
_NOT_TEXT = (b"\xef\xbb\xbf", b"\x1f\x8b", b"x\x01", b"x^", b"x\x9c", b"x\xda", b"(\xb5/\xfd")
_BEFORE_OPENING = [COMMA, NEWLINE, QUOTE]
_AFTER_CLOSING = [COMMA, NEWLINE, ord("\r"), QUOTE]
UNKNOWN = "?"  # stands before the name of a column that is not the log's


@dataclass(frozen=True)
class Header:
    """The columns of a CSV file, made unique; a name that is not the log's, or comes again, starts with `?`."""

    columns: list[str]

    @classmethod
    def of(cls, line: bytes, names: list[str]) -> "Header":
        """Reads the header line; `names` are the log's fields.

        Raises FileRefusedError(`unsupported_file`) where it has none of them.
        """
        columns: list[str] = []
        try:
            written = next(csv.reader([verbatim(line)], strict=True), [])
        except csv.Error:
            written = []
        if not any(name.strip() in names for name in written):
            raise FileRefusedError(
                "unsupported_file",
                "the first line names none of the log's fields: no header, or no commas between names",
            )
        for name in written:
            known = name.strip()
            candidate = known if known in names and known not in columns else f"{UNKNOWN}{known}"
            while candidate in columns:
                candidate += "'"
            columns.append(candidate)
        return cls(columns)


def join_lines(block: Block, header: Header, *, is_last: bool) -> tuple[Block, Block | None]:
    """Lines into records, and the lines held back because a quoted field may go on in the next block."""
    if b'"' not in block.data:
        return block.without_blank(), None
    odd = np.flatnonzero(block.per_record(block.bytes_array == QUOTE) % 2)
    inner = np.zeros(block.size, bool)  # lines that go on the record of the line before
    position = 0
    while position < odd.size:
        opens = int(odd[position])
        closes = int(odd[position + 1]) if position + 1 < odd.size else None
        if closes is None and not is_last and block.size - opens < MAX_RECORD_LINES:
            lines = np.arange(block.size)
            return _records(block.only(lines < opens), inner[:opens]), block.only(lines >= opens)
        if closes is not None and closes - opens < MAX_RECORD_LINES:
            record = block.data[block.starts[opens] : block.ends[closes]]
            if csv_row(record, header) is not None:
                inner[opens + 1 : closes + 1] = True
                position += 1
        position += 1
    return _records(block, inner), None


def at_the_end(held: Block, header: Header) -> tuple[Block, list[Unreadable]]:
    """Records of lines held back to the end of the file, whose first opens a quoted field that nothing closes.

    If each of the others is a record by itself, the quote was a stray one; else all of them are one that was cut off.
    """
    lines = held.without_blank()
    if all(csv_row(lines.record(index), header) is not None for index in range(1, lines.size)):
        return join_lines(held, header, is_last=True)[0], []
    return held.only(np.zeros(held.size, bool)), [held.incomplete()]


def _records(block: Block, inner: np.ndarray) -> Block:
    if not inner.any():
        return block.without_blank()
    is_end = np.append(~inner[1:], True)
    return Block(block.data, block.first_line, block.ends[is_end], block.line_numbers[~inner]).without_blank()


def held_before(held: Block | None, block: Block) -> Block:
    """The lines held back, then the block's."""
    if held is None:
        return block
    return Block(held.data + block.data, int(held.line_numbers[0]))


def parse_csv(block: Block, header: Header) -> tuple[pl.DataFrame, Block, list[int]]:
    """Records as text columns, the block of just these, the indexes of records that do not fit the header."""
    if _is_plain(block):
        # Polars refuses a record of too many fields and fills up one of too few: as many commas as are due means
        # none of either.
        commas = block.size * (len(header.columns) - 1)
        if block.count(QUOTE) == 0 and block.count(COMMA) == commas:
            is_whole = np.ones(block.size, bool)
        else:
            is_whole = _field_counts(block) == len(header.columns)
        whole = block.only(is_whole)
        if (frame := _read_csv(whole, header)) is not None:
            return frame, whole, [int(i) for i in np.flatnonzero(~is_whole)]
    rows = [csv_row(block.record(i), header) for i in range(block.size)]
    is_good = np.array([row is not None for row in rows], bool)
    frame = pl.DataFrame([row for row in rows if row], schema=dict.fromkeys(header.columns, pl.String))
    return frame, block.only(is_good), [int(i) for i in np.flatnonzero(~is_good)]


def _is_plain(block: Block) -> bool:
    """Whether Polars and RFC 4180 read these records alike.

    Polars is lenient with quotes within a field and with carriage returns, drops a byte order mark before any block,
    and unpacks what starts like a compressed file.
    """
    if block.data.startswith(_NOT_TEXT):
        return False
    if b"\r" in block.data and block.data.count(b"\r") != block.data.count(b"\r\n"):
        return False
    if b'"' not in block.data:
        return True
    places = np.flatnonzero(block.bytes_array == QUOTE)
    before = np.concatenate(([NEWLINE], block.bytes_array))[places]
    after = np.concatenate((block.bytes_array, [NEWLINE]))[places + 1]
    opens = np.zeros(places.size, bool)
    opens[::2] = True
    is_regular = np.where(opens, np.isin(before, _BEFORE_OPENING), np.isin(after, _AFTER_CLOSING))
    return bool(is_regular.all())


def known_columns(records: pl.DataFrame, names: list[str]) -> pl.DataFrame:
    """The log's fields, null where the file has no such column."""
    return records.select(
        pl.col(name) if name in records.columns else pl.lit(None, pl.String).alias(name) for name in names
    )


def unknown_columns(records: pl.DataFrame) -> Counter[str]:
    """How many records carry a value in each column that is not the log's."""
    counts = {
        column.name.removeprefix(UNKNOWN): column.len() - column.null_count()
        for column in records.get_columns()
        if column.name.startswith(UNKNOWN)
    }
    return Counter({name: count for name, count in counts.items() if count})


def csv_row(record: bytes, header: Header) -> dict[str, str | None] | None:
    """One record as text by column; None if it is not one record of as many fields as the header has."""
    try:
        rows = list(csv.reader(io.StringIO(record.decode().rstrip("\r\n"), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError):
        return None
    if len(rows) != 1 or len(rows[0]) != len(header.columns):
        return None
    return {name: value or None for name, value in zip(header.columns, rows[0], strict=True)}


def _field_counts(block: Block) -> np.ndarray:
    is_comma = block.bytes_array == COMMA
    if b'"' in block.data:
        # The last bit of the number of quotes so far in the record: 1 within a quoted field.
        quotes = np.cumsum(block.bytes_array == QUOTE, dtype=np.uint8)
        before = np.concatenate((np.zeros(1, np.uint8), quotes[block.ends[:-1] - 1]))
        is_comma &= (quotes - np.repeat(before, block.ends - block.starts)) % 2 == 0
    return block.per_record(is_comma) + 1


def _read_csv(block: Block, header: Header) -> pl.DataFrame | None:
    """The records by Polars, None where it refuses one or does not find as many as there are."""
    schema = dict.fromkeys(header.columns, pl.String())
    if not block.data:
        return pl.DataFrame(schema=schema)
    try:
        frame = pl.read_csv(block.data, has_header=False, schema=schema, glob=False)
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
        return None
    return frame if frame.height == block.size else None
