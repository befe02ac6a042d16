"""Intervals by drivers drawn anew, of the naive facts.

Belongs here: which rows of a cell enter an interval, and whose they are. Does not belong here: the drawing, which is
the product's own (`pipelines.statistics`; `tests/unit/test_statistics.py` holds it to scipy's).
"""

from collections import defaultdict
from collections.abc import Callable, Mapping
from fractions import Fraction
from typing import Any

import numpy as np

from pipelines.statistics import cell_intervals
from tests.naive.cells import KEYS

Row = dict[str, Any]
Part = Callable[[Row], Any]
Ends = tuple[float | None, float | None]


def drawn(cells: Mapping[tuple, list[Row]], part: Part, whole: Part) -> dict[tuple, Ends]:
    """Low and high of sum(part) / sum(whole) per cell, over the rows where both are known."""
    rows = [(*key, *sums) for key, of_cell in cells.items() for sums in _by_driver(of_cell, part, whole)]
    if not rows:
        return {}
    names = (*KEYS, "part", "whole")
    columns = {name: np.array([row[at] for row in rows], dtype=object) for at, name in enumerate(names)}
    result = cell_intervals(columns, ratio=("part", "whole"))
    ends = zip(*(result[name].tolist() for name in (*KEYS, "ratio_low", "ratio_high")), strict=True)
    return {tuple(key): tuple(None if np.isnan(end) else end for end in (low, high)) for *key, low, high in ends}


def _by_driver(rows: list[Row], part: Part, whole: Part) -> list[tuple[float, float]]:
    sums: dict[str, list[Fraction]] = defaultdict(lambda: [Fraction(), Fraction()])
    for row in rows:
        if part(row) is not None and whole(row) is not None:
            sums[row["driver_key"]][0] += Fraction(part(row))
            sums[row["driver_key"]][1] += Fraction(whole(row))
    return [(float(one), float(other)) for one, other in sums.values()]
