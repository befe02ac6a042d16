"""Drivers' runs of their blocks: the clock, the road, the meter and the position pings.

Belongs here: where and when each trip is. Does not belong here: what its orders go through (`delivery`), pay.
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.simulate.geometry import great_circle_miles
from pipelines.simulate.span import HOUR_S, MINUTE_S

APPROACH_MILES_PER_HOUR = 28.0
ROOM = [1, 2, 3, 4, 5]
ROOM_SHARES = [0.05, 0.25, 0.35, 0.25, 0.1]
PING_EVERY_S = 390.0
PING_EVERY_WITHOUT_METER_S = 170.0
_KEY_PER_TRIP_S = 1e8  # more than any simulation lasts, so that trips' times do not meet on one axis


def plan_trips(
    rng: np.random.Generator, offers: pl.DataFrame, blocks: pl.DataFrame, drivers: pl.DataFrame, sites: pl.DataFrame
) -> pl.DataFrame:
    """One row per offer that is worked, by start of the block; times in seconds, others are rows of their tables.

    Columns: offer, block, driver, site, pay, extra_pay, delay_s (by which the way to every door and back is longer),
    road (miles driven per mile of great circle), started, arrived,
    departed, back (latest end), room (orders it can take), forfeited. A trip given back on the way has NaN for
    arrived, departed, back and no room.
    """
    worked = offers.with_row_index("offer").filter("is_working").sort("block", "offer")
    site, starts = (blocks[name].to_numpy()[worked["block"]] for name in ("site", "starts_s"))
    hours, delay = (blocks[name].to_numpy()[worked["block"]] for name in ("hours", "delay_s"))
    home, place = (
        [frame[axis].to_numpy()[rows] for axis in ("latitude", "longitude")]
        for frame, rows in ((drivers, worked["driver"].to_numpy()), (sites, site))
    )
    n = worked.height
    road = rng.uniform(1.2, 1.45, n)
    approach = great_circle_miles(*home, *place) * road / APPROACH_MILES_PER_HOUR * HOUR_S + 4 * MINUTE_S
    given_back = worked["forfeited"].to_numpy()
    is_kept = np.isnan(given_back)
    arrived = starts + rng.normal(-2, 6, n) * MINUTE_S
    room = rng.choice(ROOM, n, p=ROOM_SHARES)
    ratio = np.clip(rng.normal(1.22, 0.17, n), 0.55, 1.8)
    departed = arrived + np.clip(rng.lognormal(np.log(13), 0.5, n), 3, 45) * MINUTE_S
    return worked.select("offer", "block", "driver", "pay", "forfeited").with_columns(
        site=pl.Series(site),
        extra_pay=blocks["extra_pay"][worked["block"]],
        delay_s=pl.Series(delay),
        road=pl.Series(road),
        started=pl.Series(np.where(is_kept, arrived - approach, given_back - rng.uniform(15, 45, n) * MINUTE_S)),
        arrived=pl.Series(np.where(is_kept, arrived, np.nan)),
        departed=pl.Series(np.where(is_kept, departed, np.nan)),
        back=pl.Series(np.where(is_kept, arrived + hours * ratio * HOUR_S + delay, np.nan)),
        released=pl.Series(arrived + hours * HOUR_S * rng.uniform(0.45, 0.95, n)),
        room=pl.Series(np.where(is_kept, room, 0)),
    )


def stops_of(orders: pl.DataFrame) -> pl.DataFrame:
    """One row per arrival at a drop-off, by trip and time: trip, order (rows), at (seconds), latitude, longitude."""
    order = orders.with_row_index("order")
    place = ("order", "latitude", "longitude")
    second_trip = pl.coalesce("second_trip", "trip")
    return (
        pl.concat(
            [
                order.select("trip", *place, at="stop"),
                order.select(*place, trip=second_trip, at="second_stop").select("trip", *place, "at"),
            ]
        )
        .filter(pl.col("at").is_not_nan(), pl.col("trip") >= 0)
        .sort("trip", "at", "order")
    )


def end_trips(
    rng: np.random.Generator, trips: pl.DataFrame, orders: pl.DataFrame, goes_back: tuple[str, ...]
) -> np.ndarray:
    """When each trip ends, seconds: back at the site with undelivered parcels, else minutes after the last stop."""
    last = pl.col("at").max()
    stops = stops_of(orders).group_by("trip").agg(last)
    returns = orders.filter(pl.col("fate").is_in(goes_back)).select(pl.col("trip").unique(), is_back=True)
    trip = (
        trips.with_row_index("trip")
        .with_columns(pl.col("trip").cast(pl.Int64))
        .join(stops, on="trip", how="left", maintain_order="left")
        .join(returns, on="trip", how="left", maintain_order="left")
    )
    wrap_up = pl.Series(rng.uniform(4, 10, trips.height) * MINUTE_S)
    ended = (
        pl.when(pl.col("arrived").is_nan())
        .then(pl.col("forfeited") + wrap_up / 4)
        .when(pl.col("is_back"))
        .then("back")
        .when(pl.col("at").is_null())
        .then(pl.max_horizontal("released", pl.col("departed") + 5 * MINUTE_S))
        .otherwise(pl.col("at") + wrap_up)
    )
    return trip.select(ended.alias("ended"))["ended"].to_numpy()


@dataclass(frozen=True)
class Road:
    """Where each trip is at any time of it: way-points on one axis of trip and time, linear in between."""

    key: np.ndarray
    latitude: np.ndarray
    longitude: np.ndarray
    miles: np.ndarray

    def at(self, trip: np.ndarray, seconds: np.ndarray) -> tuple[np.ndarray, np.ndarray, np.ndarray]:
        """Latitude, longitude (degrees) and miles since the start; after its last way-point a trip stands still."""
        if not trip.size:  # nobody drove at all
            return seconds, seconds, seconds
        last = self.key[np.searchsorted(self.key, (trip + 0.5) * _KEY_PER_TRIP_S) - 1]
        key = np.minimum(trip * _KEY_PER_TRIP_S + seconds, last)
        latitude, longitude, miles = (np.interp(key, self.key, v) for v in (self.latitude, self.longitude, self.miles))
        start = np.searchsorted(self.key, (trip - 0.5) * _KEY_PER_TRIP_S)
        return latitude, longitude, miles - self.miles[start]


def build_road(trips: pl.DataFrame, stops: pl.DataFrame, drivers: pl.DataFrame, sites: pl.DataFrame) -> Road:
    """The way-points home, site, drop-offs, end of each trip; a trip given back is driven half-way to the site."""
    trip = trips.with_row_index("trip").with_columns(pl.col("trip").cast(pl.Int64))
    home = drivers.select("latitude", "longitude")[trips["driver"]]
    site = sites.select("latitude", "longitude")[trips["site"]]
    base, there = pl.concat([trip, home], how="horizontal"), pl.concat([trip, site], how="horizontal")
    half_way = pl.concat([trip, (home + site) / 2], how="horizontal")
    points = pl.concat(
        frame.select("trip", "latitude", "longitude", at=name).filter(pl.col("at").is_not_nan())
        for frame, name in (
            (base, "started"),
            (there, "arrived"),
            (there, "departed"),
            (stops, "at"),
            (there.filter("goes_back"), "ended"),
            (half_way.filter(pl.col("arrived").is_nan()), "ended"),
        )
    ).sort("trip", "at")
    row, latitude, longitude = (points[name].to_numpy() for name in ("trip", "latitude", "longitude"))
    leg = great_circle_miles(latitude[:-1], longitude[:-1], latitude[1:], longitude[1:])
    leg = np.where(row[1:] == row[:-1], leg * trips["road"].to_numpy()[row[1:]], 0.0)
    miles = np.concatenate(([0.0], np.cumsum(leg))) if row.size else np.zeros(0)
    return Road(row * _KEY_PER_TRIP_S + points["at"].to_numpy(), latitude, longitude, miles)


def make_pings(rng: np.random.Generator, trips: pl.DataFrame, road: Road) -> pl.DataFrame:
    """Position pings of the trips that send any: trip (row), at (seconds), latitude, longitude, miles.

    Trips without a meter send them every few minutes, some of them with a silence of more than ten.
    """
    every = np.where(trips["has_meter"], PING_EVERY_S, PING_EVERY_WITHOUT_METER_S)
    started, ended = (trips[name].to_numpy() for name in ("started", "ended"))
    count = np.where(trips["has_pings"], np.floor((ended - started) / every), 0).astype(int)
    trip = np.repeat(np.arange(trips.height), count)
    tick = np.arange(trip.size) - np.repeat(np.cumsum(count) - count, count)
    at = started[trip] + (tick + rng.uniform(0.05, 0.95, trip.size)) * every[trip]
    silent_from = started + rng.uniform(0.1, 0.6, trips.height) * (ended - started)
    is_silent = ~trips["has_meter"].to_numpy() & (rng.random(trips.height) < 0.4)
    silent_to = np.where(is_silent, silent_from + rng.uniform(12, 40, trips.height) * MINUTE_S, silent_from)
    heard = (at < silent_from[trip]) | (at > silent_to[trip])
    trip, at = trip[heard], at[heard]
    latitude, longitude, miles = road.at(trip, at)
    return pl.DataFrame({"trip": trip, "at": at, "latitude": latitude, "longitude": longitude, "miles": miles})
