"""Tables as columns, the form in which DuckDB hands them over and takes them back without another library."""

from collections.abc import Mapping, Sequence
from typing import Any, TypeAlias

import numpy as np
from numpy.typing import NDArray

Floats: TypeAlias = NDArray[np.float64]
Columns: TypeAlias = Mapping[str, NDArray[Any]]


def group_starts(rows: Columns, keys: Sequence[str]) -> NDArray[np.intp]:
    """The first row of each group of equal keys; the rows are sorted by them."""
    size = rows[keys[0]].size
    is_first = np.zeros(size, dtype=bool)
    is_first[:1] = True
    for key in keys:
        is_first[1:] |= rows[key][1:] != rows[key][:-1]
    return np.flatnonzero(is_first)


def floats(column: NDArray[Any]) -> Floats:
    """The column as numbers, NaN where it is masked."""
    return np.ma.filled(np.ma.asarray(column, dtype=np.float64), np.nan)
