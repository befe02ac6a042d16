"""Landed files into chunks of records: every contract field as text, with the line each came from.

Belongs here: lines, JSON, CSV and Parquet, up to "this is a record and these are its fields". Does not belong
here: whether a field's text is any good (`validate.py`).

Polars parses whole blocks. Only a block it refuses is looked at line by line in Python, which finds the bad lines,
so that clean files never pay for dirty ones.
"""

import csv
import io
import json
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any, BinaryIO

import numpy as np
import orjson
import polars as pl

from pipelines.contract import Log
from pipelines.ingest.files import FileRefusedError, LandedFile, opened

BLOCK_BYTES = 16 << 20
PARQUET_ROWS = 200_000
_BOM = b"\xef\xbb\xbf"
_Unreadable = tuple[int, str, str]  # line number, reason, the line verbatim
_NEWLINE, _QUOTE, _COMMA = ord("\n"), ord('"'), ord(",")


@dataclass(frozen=True)
class Chunk:
    """Some records of a file.

    records: one row per readable record: `line_number` Int64 and every field of the log as String.
    unreadable: `line_number`, `reason`, `line` of the records that are none.
    texts: given line numbers of `records`, those lines verbatim.
    unknown_fields: how many records carry a value under each name that the log's contract does not have.
    """

    records: pl.DataFrame
    unreadable: pl.DataFrame
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


def verbatim(line: bytes) -> str:
    """A line as text; bytes that are not UTF-8 stay readable as escapes."""
    return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")


# Blocks of text


@dataclass(frozen=True)
class _Block:
    """Whole records of a text file: their bytes, and where each starts and ends (the line's end included)."""

    data: bytes
    starts: np.ndarray
    ends: np.ndarray
    line_numbers: np.ndarray

    def record(self, index: int) -> bytes:
        return self.data[self.starts[index] : self.ends[index]]

    def texts(self, line_numbers: list[int]) -> list[str]:
        return [verbatim(self.record(int(i))) for i in np.searchsorted(self.line_numbers, line_numbers)]

    def only(self, keep: np.ndarray) -> "_Block":
        data = b"".join(self.record(int(i)) for i in np.flatnonzero(keep))
        lengths = (self.ends - self.starts)[keep]
        ends = np.cumsum(lengths)
        return _Block(data, ends - lengths, ends, self.line_numbers[keep])


def _blocks(stream: BinaryIO, *, quoted: bool, is_sealed: bool) -> Iterator[tuple[_Block, list[_Unreadable]]]:
    """Blocks of whole records, blank ones left out; with the last, the fragment that ends the file.

    quoted: a newline within double quotes ends no record (CSV). is_sealed: the file's end is vouched for by a
    checksum, so a last line without newline is whole.
    """
    rest = stream.read(len(_BOM)).removeprefix(_BOM)
    line_number, at_end = 1, False
    while not at_end:
        piece = stream.read(BLOCK_BYTES)
        at_end = not piece
        data = rest + piece
        if at_end and data and is_sealed and not data.endswith(b"\n"):
            data += b"\n"
        ends = _record_ends(data, quoted=quoted)
        if not at_end and not ends.size:
            rest = data
            continue
        cut = int(ends[-1]) if ends.size else 0
        rest = data[cut:]
        block, line_number = _block(data[:cut], ends, line_number, quoted=quoted)
        is_cut_off = at_end and rest.strip()
        yield block, [(line_number, "incomplete_line", verbatim(rest))] if is_cut_off else []


def _record_ends(data: bytes, *, quoted: bool) -> np.ndarray:
    array = np.frombuffer(data, np.uint8)
    is_end = array == _NEWLINE
    if quoted and b'"' in data:
        is_end &= np.cumsum(array == _QUOTE) % 2 == 0
    return np.flatnonzero(is_end) + 1


def _block(data: bytes, ends: np.ndarray, line_number: int, *, quoted: bool) -> tuple[_Block, int]:
    starts = np.concatenate(([0], ends[:-1])) if ends.size else ends
    if quoted and b'"' in data:
        newlines = np.flatnonzero(np.frombuffer(data, np.uint8) == _NEWLINE)
        line_numbers = line_number + np.searchsorted(newlines, starts)
        next_line = line_number + newlines.size
    else:
        line_numbers = line_number + np.arange(ends.size)
        next_line = line_number + ends.size
    block = _Block(data, starts, ends, line_numbers)
    return _without_blank_records(block), next_line


def _without_blank_records(block: _Block) -> _Block:
    # A record that starts with white space may be blank; looking at those only keeps this off the hot path.
    first = np.frombuffer(block.data, np.uint8)[block.starts] if block.starts.size else block.starts
    blank = np.zeros(block.starts.size, bool)
    for index in np.flatnonzero(first <= ord(" ")):
        blank[index] = not block.record(int(index)).strip()
    return block.only(~blank) if blank.any() else block


def _unreadable(entries: Iterable[_Unreadable]) -> pl.DataFrame:
    schema = {"line_number": pl.Int64, "reason": pl.String, "line": pl.String}
    return pl.DataFrame(list(entries), schema=schema, orient="row")


def _text_frame(rows: list[dict[str, str | None]], names: list[str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))


def _numbered(records: pl.DataFrame, line_numbers: np.ndarray) -> pl.DataFrame:
    return records.with_columns(pl.Series("line_number", line_numbers, pl.Int64))


# JSON Lines


def _json_chunks(stream: BinaryIO, names: list[str], *, is_sealed: bool) -> Iterator[Chunk]:
    for block, fragment in _blocks(stream, quoted=False, is_sealed=is_sealed):
        records, kept, bad = _parse_json(block, names)
        unreadable = [(int(block.line_numbers[i]), "unparseable_line", verbatim(block.record(i))) for i in bad]
        yield Chunk(
            _numbered(records, kept.line_numbers),
            _unreadable(unreadable + fragment),
            kept.texts,
            _unknown_json_fields(kept, records),
        )


def _parse_json(block: _Block, names: list[str]) -> tuple[pl.DataFrame, _Block, list[int]]:
    """The records as text columns, the block of just these records, the indexes of the lines that are none."""
    try:
        return _read_ndjson(block, names), block, []
    except pl.exceptions.ComputeError:
        pass
    is_strict = np.array([_is_json_object(block.record(i)) for i in range(block.starts.size)], bool)
    strict = block.only(is_strict)
    rows = {int(i): _json_row(block.record(int(i)), names) for i in np.flatnonzero(~is_strict)}
    try:
        frame = _read_ndjson(strict, names)
    except pl.exceptions.ComputeError:
        rows |= {int(i): _json_row(block.record(int(i)), names) for i in np.flatnonzero(is_strict)}
        is_strict[:] = False
        frame = _text_frame([], names)
    good = {i: row for i, row in rows.items() if row is not None}
    keep = is_strict.copy()
    keep[list(good)] = True
    order = np.concatenate((np.flatnonzero(is_strict), np.array(list(good), np.int64))).astype(np.int64)
    frame = pl.concat([frame, _text_frame(list(good.values()), names)])[np.argsort(order, kind="stable")]
    return frame, block.only(keep), sorted(i for i, row in rows.items() if row is None)


def _read_ndjson(block: _Block, names: list[str]) -> pl.DataFrame:
    schema = dict.fromkeys(names, pl.String)
    if not block.starts.size:
        return pl.DataFrame(schema=schema)
    frame = pl.read_ndjson(io.BytesIO(block.data), schema=schema)
    if frame.height != block.starts.size:
        raise pl.exceptions.ComputeError("lines and records differ")
    return frame


def _is_json_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _json_row(line: bytes, names: list[str]) -> dict[str, str | None] | None:
    """The fields of a line as text, reading also what strict JSON has no number for (NaN, Infinity, 1e400).

    None if the line is no JSON object. Of a repeated key the first counts, as in Polars.
    """
    try:
        value = json.loads(
            line.decode(),
            parse_float=str,
            parse_int=str,
            parse_constant=str,
            object_pairs_hook=_first_of_each,
        )
    except (ValueError, RecursionError):
        return None
    return {name: _as_text(value.get(name)) for name in names} if isinstance(value, dict) else None


def _first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _as_text(value: Any) -> str | None:  # noqa: ANN401 - whatever JSON holds
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _unknown_json_fields(block: _Block, records: pl.DataFrame) -> Counter[str]:
    # Counting `":` costs next to nothing; only where it differs from the values found are keys looked at.
    known = sum(records.height - column.null_count() for column in records.get_columns())
    if block.data.count(b'":') == known:
        return Counter()
    counts: Counter[str] = Counter()
    for index in range(block.starts.size):
        try:
            line = orjson.loads(block.record(index))
        except orjson.JSONDecodeError:
            continue
        counts.update(key for key, value in line.items() if value is not None and key not in records.columns)
    return counts


# CSV


def _csv_chunks(stream: BinaryIO, names: list[str], *, is_sealed: bool) -> Iterator[Chunk]:
    header: list[str] | None = None
    for block, fragment in _blocks(stream, quoted=True, is_sealed=is_sealed):
        if header is None and block.starts.size:
            header = next(csv.reader([verbatim(block.record(0))]))
            block = block.only(np.arange(block.starts.size) > 0)  # noqa: PLW2901
        columns = _csv_columns(names if header is None else header, names)
        records, kept, bad = _parse_csv(block, columns)
        unreadable = [(int(block.line_numbers[i]), "unparseable_line", verbatim(block.record(i))) for i in bad]
        unknown = {
            column.name.removeprefix("?"): column.len() - column.null_count()
            for column in records.get_columns()
            if column.name.startswith("?")
        }
        known = records.select(
            pl.col(name) if name in columns else pl.lit(None, pl.String).alias(name) for name in names
        )
        yield Chunk(
            _numbered(known, kept.line_numbers),
            _unreadable(unreadable + fragment),
            kept.texts,
            Counter({name: count for name, count in unknown.items() if count}),
        )


def _csv_columns(header: list[str], names: list[str]) -> list[str]:
    """The header's names, made unique; a name that is not the log's (or comes again) starts with `?`."""
    columns: list[str] = []
    for name in (each.strip() for each in header):
        candidate = name if name in names and name not in columns else f"?{name}"
        while candidate in columns:
            candidate += "'"
        columns.append(candidate)
    return columns


def _parse_csv(block: _Block, columns: list[str]) -> tuple[pl.DataFrame, _Block, list[int]]:
    """Records as text columns, the block of just these, the indexes of records whose field count is another."""
    is_whole = _field_counts(block) == len(columns)
    whole = block if is_whole.all() else block.only(is_whole)
    bad = [int(i) for i in np.flatnonzero(~is_whole)]
    try:
        return _read_csv(whole, columns), whole, bad
    except (pl.exceptions.ComputeError, pl.exceptions.SchemaError):
        pass
    rows = [_csv_row(whole.record(i), columns) for i in range(whole.starts.size)]
    is_good = np.array([row is not None for row in rows], bool)
    bad += [int(i) for i in np.flatnonzero(is_whole)[~is_good]]
    return _text_frame([row for row in rows if row is not None], columns), whole.only(is_good), sorted(bad)


def _field_counts(block: _Block) -> np.ndarray:
    array = np.frombuffer(block.data, np.uint8)
    is_comma = array == _COMMA
    if b'"' in block.data:
        is_comma &= np.cumsum(array == _QUOTE) % 2 == 0
    commas = np.concatenate(([0], np.cumsum(is_comma)))
    return commas[block.ends] - commas[block.starts] + 1


def _read_csv(block: _Block, columns: list[str]) -> pl.DataFrame:
    schema = dict.fromkeys(columns, pl.String)
    if not block.starts.size:
        return pl.DataFrame(schema=schema)
    frame = pl.read_csv(io.BytesIO(block.data), has_header=False, schema=schema, glob=False)
    if frame.height != block.starts.size:
        raise pl.exceptions.ComputeError("lines and records differ")
    return frame


def _csv_row(record: bytes, columns: list[str]) -> dict[str, str | None] | None:
    try:
        rows = list(csv.reader(io.StringIO(record.decode().rstrip("\r\n"), newline=""), strict=True))
    except (csv.Error, UnicodeDecodeError):
        return None
    if len(rows) != 1 or len(rows[0]) != len(columns):
        return None
    return {name: value or None for name, value in zip(columns, rows[0], strict=True)}


# Parquet


def _parquet_chunks(file: LandedFile, names: list[str]) -> Iterator[Chunk]:
    try:
        lazy = pl.scan_parquet(file.path, glob=False)
        schema = lazy.collect_schema()
        height = int(lazy.select(pl.len()).collect().item())
        for offset in range(0, max(height, 1), PARQUET_ROWS):
            yield _parquet_chunk(lazy.slice(offset, PARQUET_ROWS).collect(), schema, names, offset)
    except (pl.exceptions.PolarsError, OSError) as error:
        raise FileRefusedError("corrupt_file", f"Parquet cannot be read: {error}") from error


def _parquet_chunk(frame: pl.DataFrame, schema: pl.Schema, names: list[str], offset: int) -> Chunk:
    records = frame.select(
        _parquet_text(name, schema[name]) if name in schema else pl.lit(None, pl.String).alias(name) for name in names
    )
    unknown = {name: frame.height - frame[name].null_count() for name in schema if name not in names}

    def texts(line_numbers: list[int]) -> list[str]:
        rows = frame[[number - 1 - offset for number in line_numbers]]
        return [json.dumps(row, default=str, ensure_ascii=False) for row in rows.to_dicts()]

    return Chunk(
        _numbered(records, offset + 1 + np.arange(frame.height)),
        _unreadable([]),
        texts,
        Counter({name: count for name, count in unknown.items() if count}),
    )


def _parquet_text(name: str, dtype: pl.DataType) -> pl.Expr:
    column = pl.col(name)
    if dtype.is_nested():
        return pl.struct(column).struct.json_encode().alias(name)
    if isinstance(dtype, pl.Datetime):
        zoned = dtype.time_zone is not None
        instants = column.dt.convert_time_zone("UTC") if zoned else column
        return instants.dt.to_string("%Y-%m-%dT%H:%M:%S%.6f" + ("Z" if zoned else ""))
    return column.cast(pl.String, strict=False)
