"""What the logs finally say of the world: which stamps were made, with which clocks, and when they arrived.

Belongs here: lost scans, clocks that are wrong, transmission, the data cut, names and units of the logs. Does not
belong here: the single lines and what is wrong with those (`events`, `defects`).
"""

from dataclasses import dataclass

import numpy as np
import polars as pl

from pipelines.contract import MAX_CLOCK_SKEW_MINUTES
from pipelines.simulate.span import HOUR_S, MINUTE_S, Span
from pipelines.simulate.world import World

SECOND, MILLISECOND = 1.0, 0.001
USD = pl.Decimal(12, 4)


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


class _Recorder:
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


def record(world: World, seed: int) -> Record:
    """The record of a world; each log has a random stream of its own."""
    streams = np.random.default_rng([seed, 11]).spawn(3)
    orders = _record_orders(world, _Recorder(streams[0], world.span, SECOND))
    offers = _record_offers(world, _Recorder(streams[1], world.span, SECOND))
    return Record(orders, offers, *_record_trips(world, _Recorder(streams[2], world.span, MILLISECOND)))


def _named(prefix: str, rows: pl.Series | np.ndarray, width: int = 6) -> pl.Series:
    """Ids such as ord-000123; null for -1 and null."""
    row = pl.Series("row", rows, dtype=pl.Int64)
    return pl.select(pl.when(row >= 0).then(pl.lit(f"{prefix}-") + row.cast(pl.String).str.zfill(width))).to_series()


def _places(world: World, site: pl.Series) -> pl.DataFrame:
    return world.sites.select("site_id", "market_id")[site]


def _record_orders(world: World, recorder: _Recorder) -> pl.DataFrame:
    orders = world.orders
    n, at = orders.height, {name: orders[name].to_numpy() for name in ("placed", "ready", "picked_up", "delivered")}
    trip = _named("trip", orders["trip"])
    second = _named("trip", orders["second_trip"])
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
            _named("ord", np.arange(n)).alias("order_id"),
            *_places(world, orders["site"]),
            orders["store_id"],
            *_parcel(orders, recorder),
            recorder.instants(orders["promised"]).alias("promised_at"),
            trip.alias("trip_id"),
            second.alias("second_trip_id"),
            _unless(recorder.some(n, 0.02), trip).alias("picked_up_trip_id"),
            _unless(recorder.some(n, 0.01), second.fill_null(trip)).alias("delivered_trip_id"),
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


def _parcel(orders: pl.DataFrame, recorder: _Recorder) -> list[pl.Series]:
    """package_count, dropoff_latitude, dropoff_longitude; sometimes unsaid."""
    n = orders.height
    unplaced = recorder.some(n, 0.02)
    # Three decimals and a bit: never half-way between two hundredths, where rounding would be a matter of taste.
    latitude, longitude = ((orders[axis].round(3) + 0.0002).round(4) for axis in ("latitude", "longitude"))
    packages = _unless(recorder.some(n, 0.3) & (orders["packages"] == 1), orders["packages"])
    return [
        packages.alias("package_count"),
        _unless(unplaced, latitude).alias("dropoff_latitude"),
        _unless(unplaced, longitude).alias("dropoff_longitude"),
    ]


def _unless(is_void: pl.Series, values: pl.Series) -> pl.Series:
    return pl.select(pl.when(~is_void).then(values)).to_series()


def _record_offers(world: World, recorder: _Recorder) -> pl.DataFrame:
    offers = world.offers
    n = offers.height
    driver = world.drivers["driver_id"][offers["driver"]]
    block = world.blocks[offers["block"]]
    wave = _unless(recorder.some(n, 0.5) & (offers["wave"] == 1), offers["wave"])
    reason = pl.select(pl.when(offers["answer"].is_in(["declined", "withdrawn"])).then(offers["reason"])).to_series()
    again = np.where(world.offers["answered"].is_not_nan(), offers["again_at"], np.nan)
    return pl.DataFrame(
        [
            _named("off", np.arange(n)).alias("offer_id"),
            _named("blk", offers["block"], 5).alias("block_id"),
            driver,
            *_places(world, block["site"]),
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


def _record_trips(world: World, recorder: _Recorder) -> tuple[pl.DataFrame, ...]:
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
    trip = _named("trip", np.arange(n))
    places = _places(world, trips["site"])
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


def _record_details(world: World, recorder: _Recorder, trip: pl.Series, market: pl.Series) -> tuple[pl.DataFrame, ...]:
    def details(frame: pl.DataFrame, stamp: str, *columns: pl.Series) -> pl.DataFrame:
        rows = frame["trip"]
        stamps = recorder.stamp(stamp, frame["at"])
        return pl.DataFrame([trip[rows].alias("trip_id"), market[rows], *columns, *stamps]).filter(
            stamps[0].is_not_null()
        )

    stops, tolls, pay, pings = world.stops, world.tolls, world.pay, world.pings
    order = _unless(recorder.some(stops.height, 0.03), _named("ord", stops["order"])).alias("order_id")
    miles = _readings(stops["miles"], stops["trip"], world.trips).alias("miles")
    said = _unless(recorder.some(pings.height, 0.8), _readings(pings["miles"], pings["trip"], world.trips)).alias(
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


def _block_ids(trips: pl.DataFrame, recorder: _Recorder) -> pl.Series:
    """Mostly the block; some trips name none, a few one that was never offered."""
    never_offered = recorder.some(trips.height, 0.001)
    block = _named("blk", trips["block"], 5)
    named = pl.select(pl.when(never_offered).then(block.str.replace("blk", "blk-x")).otherwise(block)).to_series()
    return _unless(recorder.some(trips.height, 0.01), named)


def _car_classes(world: World, recorder: _Recorder) -> pl.Series:
    """Mostly the driver's; some trips name none, a few one that no reference table knows."""
    n = world.trips.height
    car = world.drivers["vehicle_class"][world.trips["driver"]]
    odd = recorder.some(n, 0.007)
    return _unless(
        recorder.some(n, 0.015), pl.select(pl.when(odd).then(pl.lit("cargo_bike")).otherwise(car)).to_series()
    )
