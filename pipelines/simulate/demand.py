"""Customers' orders up to the moment a driver could take them: placed, promised, packed, perhaps called off.

Belongs here: demand and the stores. Does not belong here: which trip carries an order (`delivery`).
"""

import numpy as np
import polars as pl

from pipelines.simulate.geometry import scattered
from pipelines.simulate.parameters import Parameters, Work
from pipelines.simulate.span import HOUR_S, MINUTE_S, Span
from pipelines.simulate.supply import WEEKDAY_DEMAND, blocks_per_day, open_days

STORES = {
    "retail": ["shoes-114", "toys-027", "books-203", "sports-310", "home-118", "beauty-009", "denim-221"],
    "grocery": ["grocer-1"],
    "station": [None],
    "other": [None],
}
MAX_PACKAGES = {"retail": 3, "grocery": 8, "station": 2, "other": 4}
HOURLY_DEMAND = np.array([1, 1, 0, 0, 0, 2, 4, 8, 11, 13, 14, 14, 13, 12, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1.0])


def make_orders(
    rng: np.random.Generator, parameters: Parameters, span: Span, sites: pl.DataFrame, drivers: pl.DataFrame
) -> pl.DataFrame:
    """One row per order, by placing, times in seconds.

    Columns: site (row of `sites`), store_id, packages, latitude, longitude of the drop-off, placed, promised,
    ready, and cancelled with cancel_reason where it is called off before a driver has it (then ready may be NaN).
    """
    expected = blocks_per_day(sites, drivers)[:, None] * parameters.orders_per_block
    weekday = WEEKDAY_DEMAND[(span.starts_on.weekday() + np.arange(span.days)) % 7]
    count = np.where(open_days(span, sites)[:, :-1], rng.poisson(expected * weekday), 0)
    site, day = (np.repeat(axis.ravel(), count.ravel()) for axis in np.indices(count.shape))
    kind = sites["offer_type"].to_numpy()[site]
    hour = rng.choice(24, site.size, p=HOURLY_DEMAND / HOURLY_DEMAND.sum()) + rng.random(site.size)
    midnights = np.array([span.midnights(zone) for zone in sites["time_zone"]])
    today, tomorrow = midnights[site, day], midnights[site, day + 1]
    latitude, longitude = (sites[axis].to_numpy()[site] for axis in ("latitude", "longitude"))
    latitude, longitude = scattered(rng, latitude, longitude, 5.2)
    orders = pl.DataFrame(
        {
            "site": site,
            "store_id": _by_kind(rng, kind, {k: np.array(v, object) for k, v in STORES.items()}).tolist(),
            "packages": _by_kind(rng, kind, {k: np.arange(1, v + 1) for k, v in MAX_PACKAGES.items()}),
            "latitude": latitude,
            "longitude": longitude,
            "placed": today + hour * HOUR_S,
            "promised": _promises(rng, kind, hour, today, tomorrow),
            "ready": _ready(rng, [parameters.work[each] for each in kind], hour, today, tomorrow),
        },
        schema_overrides={"store_id": pl.String},
    )
    return _with_cancellations(rng, orders).sort("placed", maintain_order=True)


def _by_kind(rng: np.random.Generator, kind: np.ndarray, choices: dict[str, np.ndarray]) -> np.ndarray:
    """A random element of its kind's choices for each row; the first ones are the likeliest."""
    picked = np.empty(kind.size, next(iter(choices.values())).dtype)
    for each, values in choices.items():
        rows = np.flatnonzero(kind == each)
        picked[rows] = values[(rng.random(rows.size) ** 1.7 * values.size).astype(int)]
    return picked


def _promises(
    rng: np.random.Generator, kind: np.ndarray, hour: np.ndarray, today: np.ndarray, tomorrow: np.ndarray
) -> np.ndarray:
    """End of the promise: same day for the morning's orders, else next day; 4 % have none."""
    evening = np.where((hour < 13) & (rng.random(kind.size) < 0.8), today, tomorrow) + 21 * HOUR_S
    soon = np.where(hour < 12, today + np.ceil(hour + 7) * HOUR_S, tomorrow + 15 * HOUR_S)
    next_day = tomorrow + 21 * HOUR_S
    promised = np.select([kind == "retail", kind == "grocery"], [evening, soon], next_day)
    return np.where(rng.random(kind.size) < 0.04, np.nan, promised)


def _ready(
    rng: np.random.Generator, work: list[Work], hour: np.ndarray, today: np.ndarray, tomorrow: np.ndarray
) -> np.ndarray:
    """Packing begins when the order comes in or the store opens."""
    opens, closes = np.array([each.open_hours for each in work]).reshape(-1, 2).T
    minutes = rng.lognormal(np.log([each.preparation_minutes for each in work]), 0.45)
    begins = np.where(hour < closes, today + np.maximum(hour, opens) * HOUR_S, tomorrow + opens * HOUR_S)
    return begins + np.clip(minutes, 4, 240) * MINUTE_S


def _with_cancellations(rng: np.random.Generator, orders: pl.DataFrame) -> pl.DataFrame:
    luck = rng.random(orders.height)
    placed, ready = orders["placed"].to_numpy(), orders["ready"].to_numpy()
    by_customer = placed + rng.exponential(50, orders.height) * MINUTE_S + MINUTE_S
    out_of_stock = placed + (ready - placed) * rng.uniform(0.5, 0.9, orders.height)
    reasons = ["customer", "store", "platform", "item damaged"]
    cases = [luck < 0.022, luck < 0.035, luck < 0.037, luck < 0.039]
    cancelled = np.select(cases, [by_customer, out_of_stock, by_customer, out_of_stock], np.nan)
    return orders.with_columns(
        ready=pl.Series(np.where(ready < np.nan_to_num(cancelled, nan=np.inf), ready, np.nan)),
        cancelled=pl.Series(cancelled),
        cancel_reason=pl.Series(np.select(cases, reasons, ""), dtype=pl.String).replace("", None),
    )
