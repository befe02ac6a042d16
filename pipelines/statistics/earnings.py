"""Intervals of `driver_earnings`: pay per hour of each cell, by drivers drawn anew.

Belongs here: from rows of `int_driver_cells` to ends of intervals. Does not belong here: the figures themselves (SQL).
"""

from collections.abc import Iterator, Mapping
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

from pipelines.statistics.bootstrap import Floats, expanded_interval, resampled_sums

Columns: TypeAlias = Mapping[str, NDArray[Any]]

CELL = ("grain", "period_start", "market_id", "offer_type")
FIGURES = ("gross", "net")
_CELLS_AT_ONCE = 64  # 64 cells x 2,000 replicates x 2 sums are 2 MB


def earnings_intervals(drivers: Columns) -> dict[str, NDArray[Any]]:
    """Per cell `gross_per_hour_usd_low`, `_high`, `net_per_hour_usd_low`, `_high` (USD per hour on the job, DOUBLE).

    drivers: one row per cell and driver, sorted by `CELL`, with `CELL`, `gross_usd`, `gross_hours`, `net_usd`,
    `net_hours` (numbers, masked or NaN where unknown). Drivers without a figure are no cluster of it. The result has a
    row per cell; NaN where fewer than FEWEST_CLUSTERS drivers have the figure, or no hours.
    """
    rows = drivers[CELL[0]].size
    is_first = np.ones(rows, dtype=bool)
    if rows:
        is_first[1:] = np.any([drivers[key][1:] != drivers[key][:-1] for key in CELL], axis=0)
    cells = np.cumsum(is_first) - 1
    result: dict[str, NDArray[Any]] = {key: drivers[key][is_first] for key in CELL}
    for figure in FIGURES:
        usd, hours = (_floats(drivers[f"{figure}_{unit}"]) for unit in ("usd", "hours"))
        low, high = _ratio_intervals(cells, np.column_stack([usd, hours]), int(is_first.sum()))
        result |= {f"{figure}_per_hour_usd_low": low, f"{figure}_per_hour_usd_high": high}
    return result


def _floats(column: NDArray[Any]) -> Floats:
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)


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
        low[of_cells], high[of_cells] = expanded_interval(drawn, figure, clusters)
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
