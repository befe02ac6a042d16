"""fct_trips as it must come out: clocks, miles and pay. See `truth` for what belongs here, `truth_costs` for costs."""

from datetime import datetime, timedelta

import numpy as np
import polars as pl

from pipelines.simulate.geometry import great_circle_miles
from pipelines.simulate.recorder import USD
from pipelines.simulate.recording import Record
from pipelines.simulate.truth_costs import with_costs
from pipelines.simulate.truth_time import hours, is_disordered, local_date

MAX_PING_GAP_S = 600
PAY_IS_DUE_AFTER = timedelta(hours=72)
PAY_KINDS = ("base", "tip", "incentive", "adjustment")


def true_trips(
    record: Record,
    sites: pl.DataFrame,
    reference: dict[str, pl.DataFrame],
    *,
    deliveries: pl.DataFrame,
    offers: pl.DataFrame,
    blocks: pl.DataFrame,
    cut: datetime,
) -> pl.DataFrame:
    """fct_trips: one row per trip whose start is known."""
    trips = (
        record.trips.filter(pl.col("started_at").is_not_null())
        .join(
            sites.select("site_id", "offer_type", "time_zone", "fuel_area", "state"),
            on="site_id",
            maintain_order="left",
        )
        .with_columns(trip_date=local_date("started_at", sites))
    )
    trips = _joined(trips, "trip_id", _miles(record), _pay(record), _loads(record, deliveries), _last_dropoffs(record))
    trips = _joined(trips, "block_id", blocks.select("block_id", scheduled_hours="block_hours"))
    trips = _joined(trips, ["block_id", "driver_id"], _first_accepted(offers))
    known = reference["vehicle_classes"]["vehicle_class"].implode()
    trips = trips.with_columns(
        vehicle_class=pl.when(pl.col("vehicle_class").is_in(known)).then("vehicle_class").otherwise(pl.lit("unknown")),
        status=pl.when(pl.col("ended_at").is_null()).then(pl.lit("open")).otherwise(pl.lit("ended")),
        has_clock_disorder=is_disordered("started_at", "arrived_at", "departed_at", "ended_at"),
        is_pay_pending=(pl.lit(cut) - pl.col("ended_at") < PAY_IS_DUE_AFTER).fill_null(value=False)
        & pl.col("postings").is_null(),
        **_clocks(),
        **_money(),
    )
    trips = trips.with_columns(_schedule()).with_columns(
        gross_before_tips_usd=(pl.col("gross_usd") - pl.col("tip_usd")).cast(USD)
    )
    return with_costs(trips, reference).select(COLUMNS).sort("trip_id")


def _joined(frame: pl.DataFrame, key: str | list[str], *others: pl.DataFrame) -> pl.DataFrame:
    for other in others:
        frame = frame.join(other, on=key, how="left", maintain_order="left")
    return frame


def _clocks() -> dict[str, pl.Expr]:
    on_job = pl.when(pl.col("arrived_at").is_not_null()).then(hours("arrived_at", "ended_at"))
    return {
        "door_to_door_hours": hours("started_at", "ended_at"),
        "on_job_hours": on_job.when(pl.col("arrived_at").is_null()).then(hours("started_at", "ended_at")),
        "engaged_hours": hours("departed_at", "last_dropoff_at"),
        "orders_picked_up": pl.col("orders_picked_up").fill_null(0),
        "orders_delivered": pl.col("orders_delivered").fill_null(0),
    }


def _schedule() -> list[pl.Expr]:
    overrun = pl.col("on_job_hours") - pl.col("scheduled_hours")
    return [
        overrun.clip(lower_bound=0).alias("unpaid_overrun_hours"),
        (-overrun).clip(lower_bound=0).alias("early_finish_hours"),
    ]


def _money() -> dict[str, pl.Expr]:
    parts = {f"{kind}_usd": pl.col(f"{kind}_usd").fill_null(0).cast(USD) for kind in (*PAY_KINDS, "toll")}
    gross = sum((parts[f"{kind}_usd"] for kind in PAY_KINDS[1:]), parts["base_usd"])
    return parts | {"gross_usd": gross.cast(USD)}


def _pay(record: Record) -> pl.DataFrame:
    """trip_id, postings, and the sums base_usd, tip_usd, incentive_usd, adjustment_usd, toll_usd."""
    sums = [pl.col("amount_usd").filter(pl.col("pay_kind") == kind).sum().alias(f"{kind}_usd") for kind in PAY_KINDS]
    pay = record.pay.group_by("trip_id").agg(pl.len().alias("postings"), *sums)
    tolls = record.tolls.group_by("trip_id").agg(toll_usd=pl.col("amount_usd").sum())
    return pay.join(tolls, on="trip_id", how="full", coalesce=True)


def _loads(record: Record, deliveries: pl.DataFrame) -> pl.DataFrame:
    """trip_id, orders_picked_up, orders_delivered."""
    orders = record.orders
    scans = [
        orders.filter(pl.col(at).is_not_null()).select("order_id", trip_id=trip)
        for at, trip in (("picked_up_at", "picked_up_trip_id"), ("second_picked_up_at", "second_trip_id"))
    ]
    picked = pl.concat(scans).drop_nulls().unique().group_by("trip_id").agg(orders_picked_up=pl.len().cast(pl.Int64))
    done = deliveries.filter(pl.col("status") == "delivered", pl.col("trip_id").is_not_null())
    delivered = done.group_by("trip_id").agg(orders_delivered=pl.len().cast(pl.Int64))
    return picked.join(delivered, on="trip_id", how="full", coalesce=True)


def _last_dropoffs(record: Record) -> pl.DataFrame:
    """trip_id, last_dropoff_at: by the driver's arrivals and by the orders' attempts that name the trip."""
    orders = record.orders.with_columns(again_trip_id=pl.coalesce("second_trip_id", "trip_id"))
    attempts = {"delivered_at": "delivered_trip_id", "delivered_again_at": "again_trip_id", "failed_at": "trip_id"}
    seen = [orders.select(trip_id=trip, at=at).drop_nulls() for at, trip in attempts.items()]
    seen.append(record.dropoffs.select("trip_id", at="arrived_at"))
    return pl.concat(seen).group_by("trip_id").agg(last_dropoff_at=pl.col("at").max())


def _first_accepted(offers: pl.DataFrame) -> pl.DataFrame:
    accepted = offers.filter("is_accepted").sort("answered_at", "offer_id")
    return accepted.group_by("block_id", "driver_id").agg(pl.col("offer_id").first())


def _miles(record: Record) -> pl.DataFrame:
    """trip_id, total_miles, miles_source, deadhead_miles, job_miles for every recorded trip."""
    trips = record.trips
    readings = [
        trips.filter(pl.col(f"{stamp}_at").is_not_null()).select("trip_id", miles=f"{stamp}_miles")
        for stamp in ("arrived", "departed", "ended")
    ]
    readings += [frame.select("trip_id", "miles") for frame in (record.dropoffs, record.pings)]
    meter = pl.concat(readings).drop_nulls().group_by("trip_id").agg(metered=pl.col("miles").max())
    at_pickup = pl.when(pl.col("arrived_at").is_not_null()).then("arrived_miles")
    return (
        trips.select("trip_id", deadhead_miles=at_pickup)
        .join(meter, on="trip_id", how="left")
        .join(_ping_miles(record.pings), on="trip_id", how="left")
        .select(
            "trip_id",
            pl.coalesce("metered", "bridged").alias("total_miles"),
            "deadhead_miles",
            (pl.col("metered") - pl.col("deadhead_miles")).alias("job_miles"),
            pl.when(pl.col("metered").is_not_null())
            .then(pl.lit("meter"))
            .when(pl.col("bridged").is_not_null())
            .then(pl.lit("positions"))
            .otherwise(pl.lit("missing"))
            .alias("miles_source"),
        )
    )


def _ping_miles(pings: pl.DataFrame) -> pl.DataFrame:
    """trip_id, bridged: great-circle miles from ping to ping, over gaps of up to ten minutes."""
    ordered = pings.sort("trip_id", "pinged_at", "pinged_received_at")
    latitude, longitude = ordered["latitude"].to_numpy(), ordered["longitude"].to_numpy()
    trip = ordered["trip_id"].to_numpy()
    gap_s = np.diff(ordered["pinged_at"].dt.epoch("us").to_numpy()) / 1e6
    leg = great_circle_miles(latitude[:-1], longitude[:-1], latitude[1:], longitude[1:])
    bridged = (trip[1:] == trip[:-1]) & (gap_s <= MAX_PING_GAP_S)
    legs = pl.DataFrame({"trip_id": ordered["trip_id"][1:].filter(pl.Series(bridged)), "bridged": leg[bridged]})
    return legs.group_by("trip_id").agg(pl.col("bridged").sum())


COLUMNS = [
    *("trip_id", "block_id", "offer_id", "driver_id", "market_id", "site_id", "offer_type", "vehicle_class"),
    *("started_at", pl.col("arrived_at").alias("arrived_at_pickup_at")),
    *(pl.col("departed_at").alias("departed_pickup_at"), "last_dropoff_at", "ended_at", "trip_date"),
    *("orders_picked_up", "orders_delivered", "status", "door_to_door_hours", "on_job_hours", "engaged_hours"),
    *("scheduled_hours", "unpaid_overrun_hours", "early_finish_hours"),
    *("total_miles", "miles_source", "deadhead_miles", "job_miles"),
    *("base_usd", "tip_usd", "incentive_usd", "adjustment_usd", "gross_usd", "gross_before_tips_usd"),
    *("gas_usd", "toll_usd", "maintenance_usd", "cost_usd", "is_cost_known", "net_usd", "net_per_hour_usd"),
    *("depreciation_usd", "tax_rate_cost_usd", "gas_price_usd", "is_fuel_price_imputed", "minimum_wage_usd"),
    *("constant_price_gas_usd", "is_pay_pending", "has_clock_disorder"),
]
