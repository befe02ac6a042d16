"""Drivers and the blocks of work there are for them.

Belongs here: supply before anybody is asked. Does not belong here: offers and answers (`dispatch`).
"""

import numpy as np
import polars as pl

from pipelines.simulate.geometry import scattered
from pipelines.simulate.parameters import Parameters
from pipelines.simulate.span import HOUR_S, Span

BLOCKS_PER_DRIVER_DAY = 0.48
OFFER_TYPES = {"mall": "retail", "delivery_station": "station", "grocery_store": "grocery", "other": "other"}
WEEKDAY_DEMAND = np.array([0.9, 0.9, 0.95, 1.0, 1.1, 1.15, 1.0])
BLOCK_HOURS, BLOCK_SHARES = [2.0, 2.5, 3.0, 3.5, 4.0, 5.0], [0.15, 0.15, 0.3, 0.15, 0.2, 0.05]
CARS = {"compact_car": 24, "midsize_car": 28, "small_suv": 18, "large_suv": 6, "minivan": 5, "pickup": 6}
CARS |= {"hybrid": 8, "electric": 5}


def make_drivers(rng: np.random.Generator, parameters: Parameters, sites: pl.DataFrame, count: int) -> pl.DataFrame:
    """One row per driver: driver_id, market_id, latitude, longitude of home, vehicle_class, keenness."""
    homes = sites.group_by("market_id", maintain_order=True).agg(pl.col("latitude", "longitude").mean())
    market = np.arange(count) % homes.height
    centre = homes[market]
    latitude, longitude = scattered(rng, centre["latitude"].to_numpy(), centre["longitude"].to_numpy(), 6.0)
    weights = np.array(list(CARS.values())) / sum(CARS.values())
    return pl.DataFrame(
        {
            # Multiplying modulo 16^6 - 1 scatters the ids and, being prime to it, repeats none.
            "driver_id": [f"{(index + 11) * 48_271 % 0xFFFFFF:06X}" for index in range(count)],
            "market_id": centre["market_id"],
            "latitude": latitude,
            "longitude": longitude,
            "vehicle_class": rng.choice(list(CARS), count, p=weights),
            "keenness": rng.normal(0, parameters.keenness_log_odds_sd, count),
        }
    )


def make_blocks(
    rng: np.random.Generator, parameters: Parameters, span: Span, sites: pl.DataFrame, drivers: pl.DataFrame
) -> pl.DataFrame:
    """One row per block, by start: site (row of `sites`), starts_s, hours, pay (first, USD), lead_s, shift_s, appeal.

    `shift_s`: by how much the end moves after the first wave, mostly 0. `appeal`: early and late hours are disliked.
    """
    days = span.days + 1  # the blocks of the day after the cut are offered before it
    site, day = (axis.ravel() for axis in np.mgrid[: sites.height, :days])
    expected = blocks_per_day(sites, drivers)[site] * WEEKDAY_DEMAND[(span.starts_on.weekday() + day) % 7]
    count = np.where(open_days(span, sites)[site, day], rng.poisson(expected), 0)
    site, day = np.repeat(site, count), np.repeat(day, count)
    midnights = np.array([span.midnights(zone) for zone in sites["time_zone"]]).reshape(sites.height, days)
    hours = rng.choice(BLOCK_HOURS, site.size, p=BLOCK_SHARES)
    first, last = np.array([parameters.work[kind].starts_hours for kind in sites["offer_type"]]).reshape(-1, 2)[site].T
    hour = rng.integers(first * 4, last * 4 + 1) * 0.25
    rate = np.clip(rng.normal(20.2, 1.7, site.size), 16, 27)
    lead = np.clip(rng.lognormal(np.log(9 * HOUR_S), 0.6, site.size), 1.5 * HOUR_S, 40 * HOUR_S)
    shift = np.where(rng.random(site.size) < 0.01, 0.5 * HOUR_S, 0.0)
    return pl.DataFrame(
        {
            "site": site,
            "starts_s": midnights[site, day] + hour * HOUR_S,
            "hours": hours,
            "pay": np.round(rate * hours * 2) / 2,
            "lead_s": lead,
            "shift_s": shift,
            "appeal": np.where((hour < 7) | (hour >= 17), parameters.log_odds_at_odd_hours, 0.0),
        }
    ).sort("starts_s", maintain_order=True)


def blocks_per_day(sites: pl.DataFrame, drivers: pl.DataFrame) -> np.ndarray:
    """Blocks expected at each site on an average day: the market's drivers share its sites."""
    crew = dict(drivers["market_id"].value_counts().iter_rows())
    shared_by = dict(sites["market_id"].value_counts().iter_rows())
    markets = sites["market_id"].to_list()
    return np.array([BLOCKS_PER_DRIVER_DAY * crew.get(market, 0) / shared_by[market] for market in markets])


def open_days(span: Span, sites: pl.DataFrame) -> np.ndarray:
    """Booleans (sites, days + 1): a site takes part from its `pilot_started_on`, one without from the first day."""
    opened = [day or span.starts_on for day in sites["pilot_started_on"]]
    return np.array([[span.day(i) >= first for i in range(span.days + 1)] for first in opened])
