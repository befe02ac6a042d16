"""Blocks of JSON Lines into records of text.

Belongs here: what is a JSON object and what its values are as text. Does not belong here: whether a value is any
good (`validate.py`).
"""

import io
import json
import math
import re
from collections import Counter
from decimal import Decimal
from typing import Any

import numpy as np
import orjson
import polars as pl

from pipelines.ingest.lines import NESTED, Block

_SURROGATES = (b"\\ud", b"\\uD")  # Polars makes of half a pair what nobody wrote
_NESTING = re.compile(rb":[ \t]*[{\[]")


def parse_json(block: Block, names: list[str]) -> tuple[pl.DataFrame, Block, list[int], Block]:
    """The records as text columns, the block of just these, and the indexes of the lines that are none in the last."""
    if not any(mark in block.data for mark in _SURROGATES):
        try:
            frame = _read_ndjson(block, names)
            if frame.height == block.size:
                return _without_nested(frame, block), block, [], block
        except pl.exceptions.ComputeError:
            pass
    lines = block.without_blank()
    is_strict = np.array([_is_object(lines.record(i)) for i in range(lines.size)], bool)
    try:
        strict = lines.only(is_strict)
        frame = _without_nested(_read_ndjson(strict, names), strict)
        if frame.height != is_strict.sum():
            raise pl.exceptions.ComputeError("lines and records differ")
    except pl.exceptions.ComputeError:  # Polars and orjson disagree on a line: read all of them in Python
        is_strict[:] = False
        frame = _text_frame([], names)
    rows = {int(i): _row(lines.record(int(i)), names) for i in np.flatnonzero(~is_strict)}
    good = {i: row for i, row in rows.items() if row is not None}
    order = np.concatenate((np.flatnonzero(is_strict), np.array(list(good), np.int64)))
    frame = pl.concat([frame, _text_frame(list(good.values()), names)])[np.argsort(order, kind="stable")]
    is_strict[list(good)] = True
    return frame, lines.only(is_strict), [i for i, row in rows.items() if row is None], lines


def unknown_fields(block: Block, records: pl.DataFrame) -> Counter[str]:
    """How many records carry a value under each name that `records` has no column for."""
    # Counting `":` costs next to nothing; only where it differs from the values found are keys looked at.
    known = sum(records.height - column.null_count() for column in records.get_columns())
    if block.data.count(b'":') == known:
        return Counter()
    names = frozenset(records.columns)
    counts: Counter[str] = Counter()
    for index in range(block.size):
        try:
            line = orjson.loads(block.record(index))
        except orjson.JSONDecodeError:
            continue
        counts.update(key for key in line.keys() - names if line[key] is not None)
    return counts


def _read_ndjson(block: Block, names: list[str]) -> pl.DataFrame:
    schema = dict.fromkeys(names, pl.String)
    return pl.read_ndjson(io.BytesIO(block.data), schema=schema) if block.data else pl.DataFrame(schema=schema)


def _without_nested(frame: pl.DataFrame, block: Block) -> pl.DataFrame:
    """Objects and arrays, which Polars hands over as text, replaced by NESTED."""
    places = [found.start() for found in _NESTING.finditer(block.data)]
    if not places:
        return frame
    cells: dict[str, list[int]] = {}
    names = frozenset(frame.columns)
    for index in np.unique(np.searchsorted(block.ends, places, side="right")).tolist():
        for key, value in orjson.loads(block.record(index)).items():
            if isinstance(value, dict | list) and key in names:
                cells.setdefault(key, []).append(index)
    rows = pl.int_range(pl.len())
    return frame.with_columns(
        pl.when(rows.is_in(indexes)).then(pl.lit(NESTED)).otherwise(pl.col(key)).alias(key)
        for key, indexes in cells.items()
    )


def _text_frame(rows: list[dict[str, str | None]], names: list[str]) -> pl.DataFrame:
    return pl.DataFrame(rows, schema=dict.fromkeys(names, pl.String))


def _is_object(line: bytes) -> bool:
    try:
        return isinstance(orjson.loads(line), dict)
    except orjson.JSONDecodeError:
        return False


def _row(line: bytes, names: list[str]) -> dict[str, str | None] | None:
    """The fields of a line as text, reading also what strict JSON has no number for (NaN, Infinity, 1e400).

    None if the line is no JSON object. Of a repeated key the first counts, as in Polars.
    """
    try:
        value = json.loads(
            line.decode(), parse_float=_plain, parse_int=str, parse_constant=str, object_pairs_hook=_first_of_each
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


def _plain(number: str) -> str:
    """A JSON number as Polars writes it: the shortest decimal without exponent; beyond range as it stands."""
    value = float(number)
    return number if math.isinf(value) else f"{Decimal(repr(value)):f}".removesuffix(".0")
