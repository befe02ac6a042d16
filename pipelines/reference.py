"""Reads `reference/*.csv` into typed frames, or says in one message what is broken there.

Belongs here: parsing, keys, periods, references between the tables. Does not belong here: the tables themselves
(`pipelines.reference_tables`), what is allowed and worth a warning (`pipelines.reference_warnings`).
"""

import csv
import re
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import date
from decimal import Decimal
from itertools import pairwise
from math import isfinite
from pathlib import Path
from typing import Any, Final, NoReturn

import polars as pl

from pipelines.reference_tables import CONSUMPTION, REFERENCE, Column, Table
from pipelines.workspace import DoorstepError

_NUMBER: Final = re.compile(r"[+-]?(\d+\.?\d*|\.\d+)([eE][+-]?\d{1,2})?", re.ASCII)
_DAY: Final = re.compile(r"\d{4}-\d{2}-\d{2}", re.ASCII)


@dataclass(frozen=True)
class _Row:
    """A record of a table: the line of the file it begins on (the header's is 1) and its values."""

    path: Path
    line: int
    values: dict[str, Any]

    def refuse(self, column: str, problem: str) -> NoReturn:
        raise DoorstepError(f"{self.path}: row {self.line}, column {column}: {problem}.")

    def key(self, columns: tuple[str, ...]) -> tuple[Any, ...]:
        return tuple(self.values[name] for name in columns)


def read_reference(folder: Path) -> dict[str, pl.DataFrame]:
    """The reference tables in `folder`, by name, typed as `REFERENCE` says; rows in the order of the files.

    Cells are stripped; columns the contract does not name are not read; an absent rivals.csv is an empty
    table. Raises DoorstepError that names file, row (the line of the file, the header's being 1), column and
    remedy of the first thing that is broken.
    """
    rows = {name: _read_table(table, folder / f"{name}.csv") for name, table in REFERENCE.items()}
    for name, table in REFERENCE.items():
        _check_keys(table, rows[name])
        _check_references(table, rows)
    _check_consumption(rows["vehicle_classes"])
    return {
        name: pl.DataFrame([tuple(row.values.values()) for row in rows[name]], schema=table.schema, orient="row")
        for name, table in REFERENCE.items()
    }


def _read_table(table: Table, path: Path) -> list[_Row]:
    if table.may_be_absent and not path.exists():
        return []
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            return list(_parse(table, path, csv.reader(file, strict=True)))
    except FileNotFoundError as error:
        raise DoorstepError(f"{path}: no such file. Every reference table but rivals.csv is needed.") from error
    except (OSError, UnicodeDecodeError, csv.Error) as error:
        raise DoorstepError(f"{path}: cannot be read as UTF-8 CSV: {error}. Save it as such.") from error


def _parse(table: Table, path: Path, records: Any) -> Iterator[_Row]:  # noqa: ANN401 - csv's reader has no public type
    header = [cell.strip() for cell in next(records, [])]
    top = _Row(path, 1, {})
    for column in table.columns:
        if header.count(column.name) != 1:
            fault = "given twice" if column.name in header else f"missing; the header is {','.join(header)!r}"
            top.refuse(column.name, f"{fault}. Give the table exactly one such column")
    begins_on = records.line_num + 1
    for record in records:
        row = _Row(path, begins_on, {})
        begins_on = records.line_num + 1
        if not any(cell.strip() for cell in record):
            continue
        if len(record) != len(header):
            row.refuse(header[-1], f"the row has {len(record)} cells, the header {len(header)}. Mend the commas")
        cells = dict(zip(header, record, strict=True))
        for column in table.columns:
            row.values[column.name] = _value(column, cells[column.name].strip(), row)
        yield row


def _value(column: Column, text: str, row: _Row) -> str | date | Decimal | float | None:
    if not text:
        if column.required:
            row.refuse(column.name, "empty. Fill it in or delete the row")
        return None
    parse: Callable[[str], Any] = _PARSERS[column.dtype]
    try:
        value = parse(text)
    except ValueError as error:
        row.refuse(column.name, f"{text!r} is {error}")
    if fault := _fault(column, value):
        row.refuse(column.name, fault)
    return value


def _fault(column: Column, value: Any) -> str | None:  # noqa: ANN401 - a cell of any column
    if column.minimum is not None and value < column.minimum:
        return f"{value} is less than {column.minimum}. Correct it"
    if column.maximum is not None and value > column.maximum:
        return f"{value} is more than {column.maximum}. Correct it"
    if column.above is not None and value <= column.above:
        return f"{value} is not above {column.above}. Correct it"
    if column.choices and value not in column.choices:
        return f"{value!r} is none of {', '.join(column.choices)}. Choose one of them"
    return column.fault(value) if column.fault else None


def _day(text: str) -> date:
    try:
        if _DAY.fullmatch(text):
            return date.fromisoformat(text)
    except ValueError:
        pass
    raise ValueError("no date. Write it as YYYY-MM-DD")


def _number(text: str) -> float:
    if not _NUMBER.fullmatch(text) or not isfinite(float(text)):
        raise ValueError("no number. Write it as 12.5, without units or thousands separators")
    return float(text) + 0.0  # -0 is 0


def _rate(text: str) -> Decimal:
    rounded = round(Decimal(text), 4) if _number(text) < 10**8 else None
    if rounded is None or rounded != Decimal(text):
        raise ValueError("no amount of at most 8 digits before and 4 behind the point. Round it")
    return rounded


_PARSERS: Final[dict[pl.DataType, Callable[[str], Any]]] = {
    pl.String(): str,
    pl.Date(): _day,
    pl.Float64(): _number,
    pl.Decimal(12, 4): _rate,
}


def _check_keys(table: Table, rows: list[_Row]) -> None:
    """No key twice; no period that ends before it begins or meets another of its kind."""
    seen: dict[tuple[Any, ...], _Row] = {}
    for row in rows:
        first = seen.setdefault(row.key(table.key), row)
        if first is not row:
            row.refuse(table.key[-1], f"the key ({', '.join(table.key)}) of row {first.line} again. Keep one")
    if not table.is_periodic:
        return
    for row in rows:
        if row.values["valid_to"] < row.values["valid_from"]:
            row.refuse("valid_to", "before valid_from. Correct one of them")
    ordered = sorted(rows, key=lambda row: row.key(table.key))
    for before, after in pairwise(ordered):
        same = before.key(table.key[:-1]) == after.key(table.key[:-1])
        if same and after.values["valid_from"] <= before.values["valid_to"]:
            text = f"the period overlaps that of row {before.line}, which holds to {before.values['valid_to']}"
            after.refuse("valid_from", f"{text}. Let each end the day before the next begins")


def _check_references(table: Table, rows: dict[str, list[_Row]]) -> None:
    for column, other in table.refers:
        known = {row.values[column] for row in rows[other]}
        for row in rows[table.name]:
            if row.values[column] not in known:
                problem = f"{row.values[column]!r} is not in {other}.csv. Add it there or correct it here"
                row.refuse(column, problem)


def _check_consumption(vehicle_classes: list[_Row]) -> None:
    for row in vehicle_classes:
        column = CONSUMPTION[row.values["fuel_type"]]
        if row.values[column] is None:
            row.refuse(column, f"empty, but the class runs on {row.values['fuel_type']}. Fill it in")
