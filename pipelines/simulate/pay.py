"""Tolls and pay of the trips. Does not belong here: what driving costs (`truth_costs`)."""

import numpy as np
import polars as pl

from pipelines.simulate.parameters import Parameters
from pipelines.simulate.span import HOUR_S, MINUTE_S

TOLL_ROADS = {
    "tysons": ("Dulles Toll Road", [2.0, 4.0, 5.25]),
    "friendswood": ("Sam Houston Tollway", [1.5, 1.75, 3.5]),
}
TOLL_SHARE = 0.2


def make_tolls(rng: np.random.Generator, trips: pl.DataFrame, sites: pl.DataFrame) -> pl.DataFrame:
    """Toll charges: trip (row), at (seconds), amount (USD), facility. Only markets with a toll road have any."""
    market = sites["market_id"].to_numpy()[trips["site"]]
    has_road = np.isin(market, list(TOLL_ROADS))
    count = np.where(has_road, (rng.random(trips.height) < TOLL_SHARE) * rng.integers(1, 3, trips.height), 0)
    trip = np.repeat(np.arange(trips.height), count)
    started, ended = (trips[name].to_numpy()[trip] for name in ("started", "ended"))
    roads = [TOLL_ROADS[each] for each in market[trip]]
    return pl.DataFrame(
        {
            "trip": trip,
            "at": started + rng.uniform(0.05, 0.9, trip.size) * (ended - started),
            "amount": [rates[pick] for (_, rates), pick in zip(roads, rng.integers(0, 3, trip.size), strict=True)],
            "facility": [name if rng.random() < 0.9 else None for name, _ in roads],
        },
        schema_overrides={"facility": pl.String, "amount": pl.Float64},
    )


def make_pay(
    rng: np.random.Generator, parameters: Parameters, trips: pl.DataFrame, orders: pl.DataFrame, sites: pl.DataFrame
) -> pl.DataFrame:
    """Postings of pay: trip (row), at (seconds), kind, amount (USD). A trip given back gets none."""
    paid = trips.with_row_index("trip").filter(pl.col("forfeited").is_nan())
    ended, n = paid["ended"].to_numpy(), paid.height
    base = paid.select(
        "trip", at=pl.Series(ended + rng.uniform(0.2, 7, n) * HOUR_S), amount=pl.col("pay") + pl.col("extra_pay")
    )
    extra = paid.select(
        "trip",
        at=pl.Series(ended + rng.uniform(1, 40, n) * HOUR_S),
        amount=pl.Series(np.round(rng.uniform(3, 15, n) * 4) / 4),
    ).filter(pl.Series(rng.random(n) < 0.06))
    mended = paid.select(
        "trip",
        at=pl.Series(ended + rng.uniform(10, 120, n) * HOUR_S),
        # Adjustments come out of a calculation, so they use all the places money may have.
        amount=pl.Series(np.round(rng.normal(2, 5, n), 4)),
    ).filter(pl.Series(rng.random(n) < 0.02))
    tipping = np.array([parameters.work[kind].tipping_share for kind in sites["offer_type"]])
    kinds = {"base": base, "incentive": extra, "adjustment": mended, "tip": _tips(rng, orders, tipping[orders["site"]])}
    return pl.concat(
        frame.select(pl.col("trip").cast(pl.Int64), "at", pl.lit(kind).alias("kind"), "amount")
        for kind, frame in kinds.items()
    ).sort("trip", "at", maintain_order=True)


def _tips(rng: np.random.Generator, orders: pl.DataFrame, share: np.ndarray) -> pl.DataFrame:
    n = orders.height
    amount = np.where(rng.random(n) < 0.02, 0.0, np.round(np.clip(rng.lognormal(1.5, 0.6, n), 1, 40), 2))
    at = orders["delivered"].to_numpy() + np.where(rng.random(n) < 0.7, MINUTE_S, rng.uniform(1, 60, n) * HOUR_S)
    return orders.select(trip=pl.coalesce("second_trip", "trip"), at=pl.Series(at), amount=pl.Series(amount)).filter(
        pl.col("at").is_not_nan(), pl.Series(rng.random(n) < share)
    )
