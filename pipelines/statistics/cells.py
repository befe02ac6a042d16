"""Intervals of the metric tables: ratios of sums in each cell, by drivers drawn anew.

Belongs here: from rows of a cell and driver to ends of intervals. Does not belong here: the figures themselves (SQL).
"""

from collections.abc import Iterator
from typing import Any

import numpy as np
from numpy.typing import NDArray

from pipelines.statistics.bootstrap import FEWEST_CLUSTERS, expanded_interval, resampled_sums
from pipelines.statistics.columns import Columns, Floats, floats, group_starts

CELL = ("grain", "period_start", "market_id", "offer_type")
_CELLS_AT_ONCE = 64  # 64 cells x 2,000 replicates x 2 sums are 2 MB


def cell_intervals(drivers: Columns, **ratios: tuple[str, str]) -> dict[str, NDArray[Any]]:
    """Per cell the 95 % interval of each ratio, `<name>_low` and `<name>_high` (DOUBLE, in the ratio's unit).

    drivers: one row per cell and driver, sorted by `CELL`, with `CELL` and the columns that `ratios` names: per ratio
    its numerator and denominator (numbers, masked or NaN where unknown). Drivers without both are no cluster of it.
    The result has a row per cell, `CELL` included; NaN where fewer than FEWEST_CLUSTERS drivers have the ratio, or its
    denominator is 0.
    """
    starts = group_starts(drivers, CELL)
    cells = np.repeat(np.arange(starts.size), np.diff(starts, append=drivers[CELL[0]].size))
    result: dict[str, NDArray[Any]] = {key: drivers[key][starts] for key in CELL}
    for name, columns in ratios.items():
        parts = np.column_stack([floats(drivers[column]) for column in columns])
        low, high = _ratio_intervals(cells, parts, starts.size)
        result |= {f"{name}_low": low, f"{name}_high": high}
    return result


def _ratio_intervals(cells: NDArray[np.intp], parts: Floats, count: int) -> tuple[Floats, Floats]:
    low, high = np.full(count, np.nan), np.full(count, np.nan)
    is_known = ~np.isnan(parts).any(axis=1)
    parts, cells = parts[is_known], cells[is_known]
    for clusters, of_cells, first in _alike(cells, count):
        values = parts[first[:, None] + np.arange(clusters)]
        sums, replicates = values.sum(axis=1), resampled_sums(values)
        with np.errstate(divide="ignore", invalid="ignore"):
            figure = np.where(sums[:, 1] > 0, sums[:, 0] / sums[:, 1], np.nan)
            drawn = np.where(replicates[..., 1] > 0, replicates[..., 0] / replicates[..., 1], np.nan)
        # Drivers without any of the denominator have no ratio; they are drawn, and are no evidence by themselves.
        figure[(values[..., 1] > 0).sum(axis=1) < FEWEST_CLUSTERS] = np.nan
        for ends, found in zip((low, high), expanded_interval(drawn, figure, clusters), strict=True):
            ends[of_cells] = np.round(found, 9)
    return low, high


def _alike(cells: NDArray[np.intp], count: int) -> Iterator[tuple[int, NDArray[np.intp], NDArray[np.intp]]]:
    """Some cells of one number of clusters at a time: that number, the cells, the first row of each."""
    sizes = np.bincount(cells, minlength=count)
    firsts = np.cumsum(sizes) - sizes
    for clusters in np.unique(sizes[sizes > 0]).tolist():
        of_cells = np.flatnonzero(sizes == clusters)
        for start in range(0, of_cells.size, _CELLS_AT_ONCE):
            some = of_cells[start : start + _CELLS_AT_ONCE]
            yield clusters, some, firsts[some]
