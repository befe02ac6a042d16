"""What the logs finally say of the world: which stamps were made, with which clocks, and when they arrived.

Belongs here: the fields and units of the logs; which scans get lost and whose clocks are wrong. Does not belong here:
the single lines and what is wrong with those (`events`, `defects`).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.simulate.recorder import MILLISECOND, SECOND, USD, Recorder, named, places_of, unless
from pipelines.simulate.recording_trips import record_trips
from pipelines.simulate.span import HOUR_S, MINUTE_S
from pipelines.simulate.world import World


@dataclass(frozen=True)
class Record:
    """The world as its logs know it at the data cut, corrections applied.

    A stamp `x` is a pair of columns x_at (the device's clock) and x_received_at (the platform's), Datetime us UTC,
    both null where the logs have no such event. Ids are those of the logs; money is Decimal(12, 4).

    orders: order_id, market_id, site_id, store_id, package_count (null: not said, so 1), promised_at,
    dropoff_latitude, dropoff_longitude, picked_up_trip_id, trip_id, second_trip_id, delivered_trip_id,
    cancel_reason; stamps placed, ready, picked_up, second_picked_up, failed, delivered, delivered_again, returned,
    cancelled, lost.
    offers: offer_id, block_id, driver_id, market_id, site_id, block_starts_at, block_ends_at, pay_usd, expires_at,
    wave, answer, reason, again; stamps sent, answered, again, forfeited, no_show.
    trips: trip_id, driver_id, market_id, site_id, block_id, vehicle_class (null: not said), started_miles,
    arrived_miles, departed_miles, ended_miles; stamps started, arrived, departed, ended_early, ended.
    dropoffs: trip_id, order_id, miles, stamp arrived. tolls: trip_id, amount_usd, facility, stamp charged.
    pay: trip_id, pay_kind, amount_usd, stamp posted. pings: trip_id, latitude, longitude, miles, stamp pinged.
    The last four also have market_id.
    """

    orders: pl.DataFrame
    offers: pl.DataFrame
    trips: pl.DataFrame
    dropoffs: pl.DataFrame
    tolls: pl.DataFrame
    pay: pl.DataFrame
    pings: pl.DataFrame


def record(world: World, seed: int) -> Record:
    """The record of a world; each log has a random stream of its own."""
    streams = np.random.default_rng([seed, 11]).spawn(3)
    orders = _record_orders(world, Recorder(streams[0], world.span, SECOND))
    offers = _record_offers(world, Recorder(streams[1], world.span, SECOND))
    return Record(orders, offers, *record_trips(world, Recorder(streams[2], world.span, MILLISECOND)))


def _record_orders(world: World, recorder: Recorder) -> pl.DataFrame:
    orders = world.orders
    n, at = orders.height, {name: orders[name].to_numpy() for name in ("placed", "ready", "picked_up", "delivered")}
    trip = named("trip", orders["trip"])
    second = named("trip", orders["second_trip"])
    early = recorder.between(n, 1, 8) * MINUTE_S
    scanned_first = np.where(recorder.some(n, 0.004), at["picked_up"] - at["ready"] + early, 0.0)
    packed_first = np.where(recorder.some(n, 0.001), at["ready"] - at["placed"] + early, 0.0)
    hours_slow = np.where(recorder.some(n, 0.001), 5 * HOUR_S, 0.0)
    picked_up = recorder.stamp("picked_up", at["picked_up"], lost=0.007, slow=scanned_first)
    delivered = recorder.stamp("delivered", at["delivered"], lost=0.001, slow=hours_slow)
    # A second scan of what was scanned before; only where the first is known, so that it stays the second.
    twice = recorder.some(n, 0.004) & delivered[0].is_not_null()
    return pl.DataFrame(
        [
            named("ord", np.arange(n)).alias("order_id"),
            *places_of(world, orders["site"]),
            orders["store_id"],
            *_parcel(orders, recorder),
            recorder.instants(orders["promised"]).alias("promised_at"),
            trip.alias("trip_id"),
            second.alias("second_trip_id"),
            unless(recorder.some(n, 0.02), trip).alias("picked_up_trip_id"),
            unless(recorder.some(n, 0.01), second.fill_null(trip)).alias("delivered_trip_id"),
            orders["cancel_reason"],
            *recorder.stamp("placed", at["placed"], lost=0.003),
            *recorder.stamp("ready", at["ready"], lost=0.01, slow=packed_first),
            *picked_up,
            # Before the first pick-up there is none by another trip.
            *recorder.stamp("second_picked_up", np.where(picked_up[0].is_null(), np.nan, orders["second_picked_up"])),
            *recorder.stamp("failed", orders["failed"]),
            *delivered,
            *recorder.stamp("delivered_again", np.where(twice, at["delivered"] + 2 * MINUTE_S, np.nan)),
            *(column for name in ("returned", "cancelled", "lost") for column in recorder.stamp(name, orders[name])),
        ]
    )


def _parcel(orders: pl.DataFrame, recorder: Recorder) -> list[pl.Series]:
    """package_count, dropoff_latitude, dropoff_longitude; sometimes unsaid."""
    n = orders.height
    unplaced = recorder.some(n, 0.02)
    # Three decimals and a bit: never half-way between two hundredths, where rounding would be a matter of taste.
    latitude, longitude = ((orders[axis].round(3) + 0.0002).round(4) for axis in ("latitude", "longitude"))
    packages = unless(recorder.some(n, 0.3) & (orders["packages"] == 1), orders["packages"])
    return [
        packages.alias("package_count"),
        unless(unplaced, latitude).alias("dropoff_latitude"),
        unless(unplaced, longitude).alias("dropoff_longitude"),
    ]


def _record_offers(world: World, recorder: Recorder) -> pl.DataFrame:
    offers = world.offers
    n = offers.height
    driver = world.drivers["driver_id"][offers["driver"]]
    block = world.blocks[offers["block"]]
    wave = unless(recorder.some(n, 0.5) & (offers["wave"] == 1), offers["wave"])
    reason = pl.select(pl.when(offers["answer"].is_in(["declined", "withdrawn"])).then(offers["reason"])).to_series()
    again = np.where(world.offers["answered"].is_not_nan(), offers["again_at"], np.nan)
    return pl.DataFrame(
        [
            named("off", np.arange(n)).alias("offer_id"),
            named("blk", offers["block"], 5).alias("block_id"),
            driver,
            *places_of(world, block["site"]),
            recorder.instants(block["starts_s"]).alias("block_starts_at"),
            recorder.instants(offers["ends"]).alias("block_ends_at"),
            offers["pay"].cast(USD).alias("pay_usd"),
            recorder.instants(offers["expires"]).alias("expires_at"),
            wave.alias("wave"),
            offers["answer"],
            reason.alias("reason"),
            offers["again"],
            *recorder.stamp("sent", offers["sent"], lost=0.001),
            *recorder.stamp("answered", offers["answered"], lost=0.002),
            *recorder.stamp("again", again),
            *recorder.stamp("forfeited", offers["forfeited"]),
            *recorder.stamp("no_show", offers["no_show"]),
        ]
    )
