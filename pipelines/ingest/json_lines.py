"""Blocks of JSON Lines into records.

Belongs here: what is a JSON object and what its values are. Does not belong here: whether a value is any good
(`validate.py`).

Polars reads whole blocks. Only a block it refuses is looked at line by line, and only records with other keys than
values are looked at for keys that the contract does not have, so that clean files never pay for dirty ones.
"""

import io
import json
import math
import re
from collections import Counter
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import polars as pl

from pipelines.contract import Kind, Log
from pipelines.ingest.lines import COMMA, NESTED, Block

_SURROGATES = (b"\\ud", b"\\uD")  # Polars makes of half a pair what nobody wrote
_OBJECT = ord("{")
_NESTING = re.compile(rb":[ \t\r]*[{\[]")
_TINY = re.compile(rb"[0-9.][eE]-[0-9]{3}")
_MAX_SEEN = 100  # a file with more names than this is read by those it began with


@dataclass(frozen=True)
class JsonRecords:
    """The records of a block.

    records: every field of the log as String, numbers as Float64 where all of them were written as JSON numbers.
    kept: the block of just these. unreadable: the indexes of the lines of `lines` that are none.
    unknown_fields: how many records carry a value under each name that the log's contract does not have.
    """

    records: pl.DataFrame
    kept: Block
    unreadable: list[int]
    lines: Block
    unknown_fields: Counter[str]


class JsonReader:
    """Reads the blocks of one file; what it learns from one makes the next faster, never different."""

    def __init__(self, log: Log) -> None:
        self._names = [each.name for each in log.fields]
        self._numbers = [each.name for each in log.fields if each.kind is Kind.NUMBER]
        self._numeric = [each.name for each in log.fields if each.kind in (Kind.NUMBER, Kind.MONEY, Kind.INTEGER)]
        self._trust_in_numbers = 2
        self._seen: frozenset[str] = frozenset()

    def read(self, block: Block) -> JsonRecords:
        """One block. May be called for several at once."""
        # Looking for few fields is faster; a block with another one says so, and is read anew.
        every = self._seen.union(self._names)
        read = self._read_for(block, self._seen or every)
        if any(name in read.unknown_fields for name in self._names):
            read = self._read_for(block, every)
        return read

    def _read_for(self, block: Block, columns: frozenset[str]) -> JsonRecords:
        lines = block
        frame = self._at_once(lines, columns)
        if frame is None:
            lines = block.without_blank()
            frame = self._at_once(lines, columns) if lines is not block else None
        kept, unreadable = lines, []
        if frame is None:
            frame, kept, unreadable = self._line_by_line(lines)
        found = _counted(frame, frame.columns) + _other_keys(kept, frame)
        if len(seen := self._seen.union(found)) <= _MAX_SEEN:
            self._seen = seen
        read_as_fields = set(self._names).intersection(frame.columns)
        unknown = Counter({name: count for name, count in found.items() if name not in read_as_fields})
        return JsonRecords(self._contract_fields(frame), kept, unreadable, lines, unknown)

    def _contract_fields(self, frame: pl.DataFrame) -> pl.DataFrame:
        return frame.select(
            pl.col(name) if name in frame.columns else pl.lit(None, pl.String).alias(name) for name in self._names
        )

    def _at_once(self, block: Block, columns: frozenset[str]) -> pl.DataFrame | None:
        """All records of the block by Polars, None if it does not do."""
        if not block.data.startswith((b"{", b" ", b"\t")):  # Polars would unpack what starts like a gzip file
            return pl.DataFrame(schema=dict.fromkeys(columns, pl.String)) if not block.data else None
        if b"\\" in block.data and any(mark in block.data for mark in _SURROGATES):
            return None
        texts = dict.fromkeys(sorted(columns), pl.String())
        numbers = [name for name in self._numbers if name in columns]
        if numbers and self._trust_in_numbers > 0:
            frame = _read(block, texts | dict.fromkeys(numbers, pl.Float64()))
            if frame is not None:
                self._trust_in_numbers += 1
                return None if self._may_underflow(frame, block) else frame
            self._trust_in_numbers -= 1
        frame = _read(block, texts)
        return None if frame is None or self._may_underflow(frame, block) else frame

    def _may_underflow(self, frame: pl.DataFrame, block: Block) -> bool:
        """Whether a 0 may be a number too small for a double, which only its text can tell."""
        columns = [pl.col(name) for name in self._numeric if name in frame.columns]
        if not columns:
            return False
        zeros = frame.select(pl.any_horizontal(column.cast(pl.Float64, strict=False) == 0 for column in columns))
        return any(_TINY.search(block.record(index)) for index in zeros.to_series().arg_true())

    def _line_by_line(self, lines: Block) -> tuple[pl.DataFrame, Block, list[int]]:
        """The records as text, the block of just these, and the indexes of the lines that are none."""
        is_strict = np.array([_is_strict(lines.record(i)) for i in range(lines.size)], bool)
        schema = dict.fromkeys(self._names, pl.String())
        frame = _read(lines.only(is_strict), schema)
        if frame is None:  # Polars and orjson disagree on a line: read all of them in Python
            is_strict[:] = False
            frame = pl.DataFrame(schema=schema)
        rows = {int(i): _row(lines.record(int(i)), self._names) for i in np.flatnonzero(~is_strict)}
        good = {i: row for i, row in rows.items() if row is not None}
        order = np.concatenate((np.flatnonzero(is_strict), np.array(list(good), np.int64)))
        frame = pl.concat([frame, pl.DataFrame(list(good.values()), schema=schema)])[np.argsort(order, kind="stable")]
        is_strict[list(good)] = True
        return frame, lines.only(is_strict), [i for i, row in rows.items() if row is None]


def _counted(frame: pl.DataFrame, names: Iterable[str]) -> Counter[str]:
    """How many values each of these columns has, if any."""
    return +Counter({name: frame.height - frame[name].null_count() for name in names})


def _other_keys(block: Block, frame: pl.DataFrame) -> Counter[str]:
    """How many records carry a value under each name that `frame` has no column for."""
    known = frozenset(frame.columns)
    counts: Counter[str] = Counter()
    for index in _records_with_more_keys_than_values(block, frame):
        line = _loads(block.record(int(index)))
        counts.update(key for key in line.keys() - known if line[key] is not None)
    return counts


def _records_with_more_keys_than_values(block: Block, frame: pl.DataFrame) -> np.ndarray:
    """Indexes of all records with an unknown field, and of some others (text with commas, null, nested values).

    A record has one key more than commas, unless there are commas in its values: so one with as many values in
    `frame` as keys has no other key.
    """
    values = sum(frame.height - column.null_count() for column in frame.get_columns())
    if block.count(COMMA) + block.size == values:
        return np.empty(0, np.int64)
    each_values = frame.select(pl.sum_horizontal(pl.all().is_not_null())).to_series().to_numpy()
    return np.flatnonzero(block.per_record(block.bytes_array == COMMA) + 1 != each_values)


def _read(block: Block, schema: Mapping[str, pl.DataType]) -> pl.DataFrame | None:
    """The records by Polars, None where it refuses one or does not find one per line."""
    try:
        frame = pl.read_ndjson(io.BytesIO(block.data), schema=schema) if block.data else pl.DataFrame(schema=schema)
    except pl.exceptions.ComputeError:
        return None
    return _without_nested(frame, block) if frame.height == block.size else None


def _without_nested(frame: pl.DataFrame, block: Block) -> pl.DataFrame:
    """Objects and arrays, which Polars hands over as text, replaced by NESTED."""
    if b"[" not in block.data and block.count(_OBJECT) == block.size:
        return frame
    cells: dict[str, list[int]] = {}
    for index in _records_with_nested_values(block, frozenset(frame.columns)):
        for key, value in json.loads(block.record(index), object_pairs_hook=_first_of_each).items():
            if isinstance(value, dict | list):
                cells.setdefault(key, []).append(index)
    rows = pl.int_range(pl.len())
    return frame.with_columns(
        pl.when(rows.is_in(indexes)).then(pl.lit(NESTED)).otherwise(pl.col(key)).alias(key)
        for key, indexes in cells.items()
        if key in frame.columns
    )


def _records_with_nested_values(block: Block, names: frozenset[str]) -> list[int]:
    """Indexes of all records with an object or array under one of the names, and of some without."""
    places: list[int] = []
    for found in _NESTING.finditer(block.data):
        closing = block.data.rfind(b'"', 0, found.start())
        key = block.data[block.data.rfind(b'"', 0, closing) + 1 : closing]
        if b"\\" in key or key.decode("utf-8", "replace") in names:
            places.append(found.start())
    return np.unique(np.searchsorted(block.ends, places, side="right")).tolist()


def _is_strict(line: bytes) -> bool:
    if _TINY.search(line):
        return False
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _loads(line: bytes) -> dict[str, Any]:
    try:
        return orjson.loads(line)
    except orjson.JSONDecodeError:  # NaN and other numbers that are none
        return json.loads(line)


def _row(line: bytes, names: list[str]) -> dict[str, str | None] | None:
    """The fields of a line as text, reading also what strict JSON has no number for (NaN, Infinity, 1e400).

    None if the line is no JSON object. Of a repeated key the first counts, as in Polars.
    """
    try:
        value = json.loads(
            line.decode(),
            parse_float=_plain,
            parse_int=_plain_integer,
            parse_constant=str,
            object_pairs_hook=_first_of_each,
        )
        json.dumps(value, ensure_ascii=False).encode()  # half a surrogate pair is no text
    except (ValueError, RecursionError):
        return None
    return {name: _as_text(value.get(name)) for name in names} if isinstance(value, dict) else None


def _first_of_each(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    return dict(reversed(pairs))


def _as_text(value: Any) -> str | None:  # noqa: ANN401 - whatever JSON holds
    if isinstance(value, dict | list):
        return NESTED
    return value if value is None or isinstance(value, str) else json.dumps(value)


def _plain_integer(number: str) -> str:
    return "0" if number == "-0" else number


def _plain(number: str) -> str:
    """A JSON number as Polars writes it: the shortest decimal without exponent; beyond range as it stands."""
    value = float(number)
    is_tiny = value == 0 and any(digit in number.lower().partition("e")[0] for digit in "123456789")
    return number if math.isinf(value) or is_tiny else f"{Decimal(repr(value)):f}".removesuffix(".0")
