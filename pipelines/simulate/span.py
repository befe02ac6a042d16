"""The days a simulation covers, and how its seconds become instants.

Belongs here: the clock of the simulated world. Does not belong here: anything that happens in it.

Inside the world a time is a float: seconds since `starts_on` 00:00 UTC, NaN where it never happened.
"""

from dataclasses import dataclass
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo

import numpy as np
import polars as pl

DAY_S = 86_400.0
HOUR_S = 3_600.0
MINUTE_S = 60.0


@dataclass(frozen=True)
class Span:
    """`days` days from `starts_on`. The logs end (the data cut) at the last midnight UTC."""

    starts_on: date
    days: int

    @property
    def end_s(self) -> float:
        """The moment from which on nothing more is received, seconds."""
        return self.days * DAY_S

    def day(self, index: int) -> date:
        """The `index`-th day, from 0."""
        return self.starts_on + timedelta(days=index)

    def midnights(self, time_zone: str) -> np.ndarray:
        """When each local day begins, seconds, for `days` + 1 days.

        By the offset at noon, so that clock hours after 3 a.m. are right on the days the clocks change.
        """
        zone = ZoneInfo(time_zone)
        noons = [datetime.combine(self.day(i), time(12), zone) for i in range(self.days + 1)]
        return np.array([i * DAY_S - _utc_offset_s(noon) for i, noon in enumerate(noons)])

    def instants(self, seconds: np.ndarray, *, resolution_s: float) -> pl.Series:
        """Seconds as instants (Datetime us UTC), rounded down to `resolution_s`; NaN becomes null."""
        start_us = int(datetime.combine(self.starts_on, time(), UTC).timestamp()) * 1_000_000
        known = np.isfinite(seconds)
        steps = np.floor(np.where(known, seconds, 0.0) / resolution_s + 1e-6)
        micros = start_us + (steps * round(resolution_s * 1e6)).astype(np.int64)
        instants = pl.Series(micros).cast(pl.Datetime("us", "UTC"))
        return pl.select(pl.when(pl.Series(known)).then(instants)).to_series()


def _utc_offset_s(moment: datetime) -> float:
    offset = moment.utcoffset()
    return offset.total_seconds() if offset else 0.0
