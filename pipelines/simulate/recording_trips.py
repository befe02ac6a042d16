"""What the trip log finally says: stamps, meter, tolls, pay and pings. See `recording` for what belongs here."""

import numpy as np
import polars as pl

from pipelines.simulate.recorder import USD, Recorder, named, places_of, unless
from pipelines.simulate.span import HOUR_S, MINUTE_S
from pipelines.simulate.world import World


def record_trips(world: World, recorder: Recorder) -> tuple[pl.DataFrame, ...]:
    """The tables trips, dropoffs, tolls, pay and pings of `recording.Record`."""
    trips = world.trips
    n, at = trips.height, {name: trips[name].to_numpy() for name in ("started", "arrived", "departed", "ended")}
    left_first = np.where(recorder.some(n, 0.003), at["departed"] - at["arrived"] + MINUTE_S, 0.0)
    there_first = np.where(recorder.some(n, 0.002), at["arrived"] - at["started"] + MINUTE_S, 0.0)
    hours_slow = np.where(recorder.some(n, 0.001), 5 * HOUR_S, 0.0)
    zero = pl.Series(np.where(trips["has_meter"] | recorder.some(n, 0.5), 0.0, np.nan)).fill_nan(None)
    ended = recorder.stamp("ended", at["ended"], lost=0.003, slow=hours_slow)
    # The button pressed too early as well; the last press counts, so only where that is known.
    early = np.where(
        recorder.some(n, 0.004) & ended[0].is_not_null() & pl.Series(hours_slow == 0), at["ended"] - 240, np.nan
    )
    trip = named("trip", np.arange(n))
    places = places_of(world, trips["site"])
    record = pl.DataFrame(
        [
            trip.alias("trip_id"),
            world.drivers["driver_id"][trips["driver"]],
            *places,
            _block_ids(trips, recorder).alias("block_id"),
            _car_classes(world, recorder).alias("vehicle_class"),
            zero.alias("started_miles"),
            *(
                _readings(trips[f"{name}_miles"], np.arange(n), trips).alias(f"{name}_miles")
                for name in ("arrived", "departed", "ended")
            ),
            *recorder.stamp("started", at["started"], lost=0.004),
            *recorder.stamp("arrived", at["arrived"], lost=0.01, slow=there_first),
            *recorder.stamp("departed", at["departed"], lost=0.01, slow=left_first),
            *recorder.stamp("ended_early", early),
            *ended,
        ]
    )
    return record, *_record_details(world, recorder, trip, places["market_id"])


def _record_details(world: World, recorder: Recorder, trip: pl.Series, market: pl.Series) -> tuple[pl.DataFrame, ...]:
    def details(frame: pl.DataFrame, stamp: str, *columns: pl.Series) -> pl.DataFrame:
        rows = frame["trip"]
        stamps = recorder.stamp(stamp, frame["at"])
        return pl.DataFrame([trip[rows].alias("trip_id"), market[rows], *columns, *stamps]).filter(
            stamps[0].is_not_null()
        )

    stops, tolls, pay, pings = world.stops, world.tolls, world.pay, world.pings
    order = unless(recorder.some(stops.height, 0.03), named("ord", stops["order"])).alias("order_id")
    miles = _readings(stops["miles"], stops["trip"], world.trips).alias("miles")
    said = unless(recorder.some(pings.height, 0.8), _readings(pings["miles"], pings["trip"], world.trips)).alias(
        "miles"
    )
    return (
        details(stops, "arrived", order, miles),
        details(tolls, "charged", tolls["amount"].cast(USD).alias("amount_usd"), tolls["facility"]),
        details(pay, "posted", pay["kind"].alias("pay_kind"), pay["amount"].cast(USD).alias("amount_usd")),
        details(pings, "pinged", pings["latitude"].round(5), pings["longitude"].round(5), said),
    )


def _readings(miles: pl.Series, trip: pl.Series | np.ndarray, trips: pl.DataFrame) -> pl.Series:
    """The meter's display: tenths of a mile, in some cars hundredths; null without a meter."""
    rows = np.asarray(trip)
    shown = np.where(rows % 10 == 0, miles.round(2), miles.round(1))
    return pl.Series(np.where(trips["has_meter"].to_numpy()[rows], shown, np.nan)).fill_nan(None)


def _block_ids(trips: pl.DataFrame, recorder: Recorder) -> pl.Series:
    """Mostly the block; some trips name none, a few one that was never offered."""
    never_offered = recorder.some(trips.height, 0.001)
    block = named("blk", trips["block"], 5)
    said = pl.select(pl.when(never_offered).then(block.str.replace("blk", "blk-x")).otherwise(block)).to_series()
    return unless(recorder.some(trips.height, 0.01), said)


def _car_classes(world: World, recorder: Recorder) -> pl.Series:
    """Mostly the driver's; some trips name none, a few one that no reference table knows."""
    n = world.trips.height
    car = world.drivers["vehicle_class"][world.trips["driver"]]
    odd = recorder.some(n, 0.007)
    return unless(
        recorder.some(n, 0.015), pl.select(pl.when(odd).then(pl.lit("cargo_bike")).otherwise(car)).to_series()
    )
