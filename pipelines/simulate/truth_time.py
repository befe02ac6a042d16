"""How the truth reckons with time: local dates, durations, clocks in disorder."""

import polars as pl


def local_date(instant: str, sites: pl.DataFrame) -> pl.Expr:
    """The date of `instant` on the calendar of the row's `time_zone`."""
    zones = sites["time_zone"].unique(maintain_order=True)
    return pl.coalesce(
        pl.when(pl.col("time_zone") == zone).then(pl.col(instant).dt.convert_time_zone(zone).dt.date())
        for zone in zones
    )


def minutes(since: str, until: str) -> pl.Expr:
    """Minutes between two instants, null where one is unknown or they are in the wrong order."""
    micros = (pl.col(until) - pl.col(since)).dt.total_microseconds()
    return pl.when(micros >= 0).then(micros / 60e6)


def hours(since: str, until: str) -> pl.Expr:
    """Hours between two instants, as `minutes`."""
    micros = (pl.col(until) - pl.col(since)).dt.total_microseconds()
    return pl.when(micros >= 0).then(micros / 3600e6)


def is_disordered(*stamps: str) -> pl.Expr:
    """Whether a known stamp lies before the known one that should precede it."""
    latest = pl.lit(None, pl.Datetime("us", "UTC"))
    disordered = pl.lit(value=False)
    for stamp in stamps:
        disordered |= (pl.col(stamp) < latest).fill_null(value=False)
        latest = pl.coalesce(stamp, latest)
    return disordered
