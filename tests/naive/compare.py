"""The naive tables beside those of the warehouse, cell by cell.

Belongs here: what counts as the same value, and how a difference is told. Does not belong here: the tables.
"""

import json
import math
from collections import Counter
from collections.abc import Iterable
from fractions import Fraction
from typing import Any

from tests.naive.events import Line

Row = dict[str, Any]

# The warehouse adds and divides doubles where this package is exact: sums of up to some thousand doubles are off by
# less than 1e-12 of their terms, and a difference of two sums (overlapping_hours, a share near 1) is off by that in
# absolute terms. A wrong row, microsecond or rate is off by far more.
TOLERANCE = 1e-9


def same(naive: Any, warehouse: Any) -> bool:
    """Whether two values are the same: doubles within TOLERANCE, everything else exactly."""
    if naive is None or warehouse is None or isinstance(warehouse, str | bool):
        return naive == warehouse
    if isinstance(warehouse, float):
        return math.isclose(float(naive), warehouse, rel_tol=TOLERANCE, abs_tol=TOLERANCE)
    return Fraction(naive) == warehouse if isinstance(naive, float) else naive == warehouse


def differences(
    table: str, keys: tuple[str, ...], naive: list[Row], warehouse: list[Row], without: Iterable[str] = ()
) -> list[tuple[tuple, str]]:
    """Key and sentence of each cell of the naive rows' columns that differs, and of each row that only one side has."""
    here, there = (_by_key(table, keys, rows) for rows in (naive, warehouse))
    found = [(key, f"{table} {key}: only the naive side has this row") for key in here.keys() - there.keys()]
    found += [(key, f"{table} {key}: only the warehouse has this row") for key in there.keys() - here.keys()]
    for key in here.keys() & there.keys():
        for column in here[key].keys() - set(without):
            ours, theirs = here[key][column], there[key][column]
            if not same(ours, theirs):
                shown = float(ours) if isinstance(ours, Fraction) else ours
                found.append((key, f"{table} {key} {column}: naive {shown!s}, warehouse {theirs!s}"))
    return sorted(found, key=str)


def _by_key(table: str, keys: tuple[str, ...], rows: list[Row]) -> dict[tuple, Row]:
    found = {tuple(row[key] for key in keys): row for row in rows}
    twice = Counter(tuple(row[key] for key in keys) for row in rows) - Counter(found.keys())
    assert not twice, f"{table}: several rows of {next(iter(twice))}"
    return found


def report(found: list[tuple[tuple, str]], lines: dict[str, list[Line]], most: int = 5) -> str:
    """The first differences, each with the lines that name its thing; empty if there is none."""
    shown = []
    for key, sentence in found[:most]:
        shown += [sentence, *(f"    {said}" for said in _naming(key, lines))]
    return "\n".join([f"{len(found)} differences", *shown]) if found else ""


def _naming(key: tuple, lines: dict[str, list[Line]]) -> list[str]:
    """All lines of the events of which a line names the thing (a correction may name another)."""
    found = []
    for log, said in lines.items():
        events = {line["event_id"] for line in said if set(key) & {v for v in line.values() if isinstance(v, str)}}
        found += [f"{log} {json.dumps(line)}" for line in said if line["event_id"] in events]
    return found[:30]
