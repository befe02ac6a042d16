"""How moments of the world become stamps of a log: by a device's clock, over a network, or not at all.

Belongs here: transmission, lost scans, the data cut, ids. Does not belong here: which stamps there are (`recording`).
"""

import numpy as np
import polars as pl

from pipelines.contract import MAX_CLOCK_SKEW_MINUTES
from pipelines.simulate.span import HOUR_S, MINUTE_S, Span
from pipelines.simulate.world import World

SECOND, MILLISECOND = 1.0, 0.001
USD = pl.Decimal(12, 4)


class Recorder:
    """Turns moments of the world into stamps of a log, some of them lost, late or by a wrong clock."""

    def __init__(self, rng: np.random.Generator, span: Span, resolution_s: float) -> None:
        self._rng = rng
        self._span = span
        self._resolution_s = resolution_s

    def stamp(
        self, name: str, at: pl.Series | np.ndarray, *, lost: float = 0.0, slow: np.ndarray | float = 0.0
    ) -> list[pl.Series]:
        """The columns `name`_at and `name`_received_at. `slow`: seconds the device's clock is behind."""
        seconds = np.asarray(at, float)
        received = seconds + self._delays(seconds.size)
        known = np.isfinite(seconds) & (received < self._span.end_s) & (self._rng.random(seconds.size) >= lost)
        recorded = np.where(known, seconds - slow, np.nan)
        return [
            self.instants(recorded).alias(f"{name}_at"),
            self._span.instants(np.where(known, received, np.nan), resolution_s=MILLISECOND).alias(
                f"{name}_received_at"
            ),
        ]

    def instants(self, seconds: pl.Series | np.ndarray) -> pl.Series:
        """Moments without transmission, such as promises."""
        return self._span.instants(np.asarray(seconds, float), resolution_s=self._resolution_s)

    def some(self, size: int, share: float) -> pl.Series:
        """Booleans, true for about `share` of `size` rows."""
        return pl.Series(self._rng.random(size) < share)

    def between(self, size: int, low: float, high: float) -> np.ndarray:
        """Uniform random numbers."""
        return self._rng.uniform(low, high, size)

    def _delays(self, size: int) -> np.ndarray:
        """Seconds to the platform: mostly a few; some minutes, a few days; negative where a device's clock is fast."""
        luck = self._rng.random(size)
        cases = [luck < 0.004, luck < 0.03, luck < 0.036]
        late, slow, fast = self._rng.random((3, size))
        delays = [HOUR_S + late * 70 * HOUR_S, 10 + slow * 20 * MINUTE_S, -fast * MAX_CLOCK_SKEW_MINUTES * MINUTE_S]
        return np.select(cases, delays, 0.2 + self._rng.exponential(1.5, size))


def named(prefix: str, rows: pl.Series | np.ndarray, width: int = 6) -> pl.Series:
    """Ids such as ord-000123; null for -1 and null."""
    row = pl.Series("row", rows, dtype=pl.Int64)
    return pl.select(pl.when(row >= 0).then(pl.lit(f"{prefix}-") + row.cast(pl.String).str.zfill(width))).to_series()


def places_of(world: World, site: pl.Series) -> pl.DataFrame:
    """site_id and market_id of rows of the sites."""
    return world.sites.select("site_id", "market_id")[site]


def unless(is_void: pl.Series, values: pl.Series) -> pl.Series:
    """The values, null where `is_void`."""
    return pl.select(pl.when(~is_void).then(values)).to_series()
