"""The facts as they must come out, from the record of the world: deliveries here, the others in `truth_*`.

Belongs here: the definitions of the warehouse contract, written a second time without SQL. Does not belong here:
the lines of the logs, nor anything that the pipeline computes: it is checked against this.

Columns and types are those of the contract, but for `driver_id` in place of `driver_key`.
"""

from datetime import datetime

import polars as pl

from pipelines.simulate.recording import Record
from pipelines.simulate.truth_offers import true_blocks, true_offers
from pipelines.simulate.truth_time import is_disordered, local_date, minutes
from pipelines.simulate.truth_trips import true_trips

Reference = dict[str, pl.DataFrame]


def true_facts(
    record: Record, sites: pl.DataFrame, reference: Reference, cuts: dict[str, datetime]
) -> dict[str, pl.DataFrame]:
    """The four fact tables by name, one row per thing, ordered by id.

    sites: the reference's with time_zone, fuel_area, state and offer_type. cuts: the greatest `received_at` of
    each log.
    """
    deliveries = true_deliveries(record, sites, cuts["orders"])
    offers = true_offers(record, sites, cuts["offers"])
    blocks = true_blocks(record, offers)
    return {
        "fct_deliveries": deliveries,
        "fct_offers": offers,
        "fct_blocks": blocks,
        "fct_trips": true_trips(
            record, sites, reference, deliveries=deliveries, offers=offers, blocks=blocks, cut=cuts["trips"]
        ),
    }


def true_orphans(record: Record) -> dict[str, int]:
    """Per log how many orders, offers, trips are known by some event, but not by the one that makes a fact row."""
    details = (record.dropoffs, record.tolls, record.pay, record.pings)
    known = pl.concat([frame.select("trip_id") for frame in details] + [_with_any_stamp(record.trips)])
    started = record.trips.filter(pl.col("started_at").is_not_null())
    return {
        "orders": _with_any_stamp(record.orders.filter(pl.col("placed_at").is_null())).height,
        "offers": _with_any_stamp(record.offers.filter(pl.col("sent_at").is_null())).height,
        "trips": known.unique().join(started, on="trip_id", how="anti").height,
    }


def _with_any_stamp(frame: pl.DataFrame) -> pl.DataFrame:
    """The first column, the id, of the rows that have a stamp."""
    stamps = [name for name in frame.columns if name.endswith("_received_at")]
    return frame.filter(pl.any_horizontal(pl.col(stamps).is_not_null())).select(frame.columns[0])


def true_deliveries(record: Record, sites: pl.DataFrame, cut: datetime) -> pl.DataFrame:
    """fct_deliveries: one row per order whose placing is known."""
    placed = record.orders.filter(pl.col("placed_at").is_not_null())
    return (
        placed.join(sites.select("site_id", "offer_type", "time_zone"), on="site_id", maintain_order="left")
        .join(_last_named_trip(placed), on="order_id", how="left", maintain_order="left")
        .with_columns(
            placed_date=local_date("placed_at", sites),
            delivered_date=local_date("delivered_at", sites),
            first_attempted_at=pl.min_horizontal("delivered_at", "failed_at"),
            trip_id=pl.when(pl.col("delivered_at").is_not_null())
            .then(pl.coalesce("delivered_trip_id", "last_trip_id"))
            .otherwise("last_trip_id"),
        )
        .select(
            *("order_id", "market_id", "site_id", "offer_type", "store_id", "trip_id"),
            pl.col("package_count").fill_null(1),
            *(pl.col(axis).round(2) for axis in ("dropoff_latitude", "dropoff_longitude")),
            *("placed_at", "ready_at", "picked_up_at", "first_attempted_at", "delivered_at", "returned_at"),
            *("cancelled_at", "lost_at", "promised_at", "placed_date", "delivered_date"),
            _status().alias("status"),
            pl.when(pl.col("cancelled_at").is_not_null()).then("cancel_reason").alias("cancel_reason"),
            pl.col("failed_at").is_not_null().cast(pl.Int64).alias("failed_attempts"),
            minutes("placed_at", "delivered_at").alias("click_to_door_minutes"),
            minutes("placed_at", "ready_at").alias("preparation_minutes"),
            minutes("ready_at", "picked_up_at").alias("pickup_wait_minutes"),
            minutes("picked_up_at", "delivered_at").alias("transit_minutes"),
            (pl.col("promised_at") <= cut).alias("is_promise_due"),
            _is_on_time(cut).alias("is_on_time"),
            (pl.col("delivered_date") == pl.col("placed_date")).alias("is_same_day"),
            (pl.col("delivered_date") - pl.col("placed_date")).dt.total_days().is_between(0, 1).alias("is_next_day"),
            is_disordered("placed_at", "ready_at", "picked_up_at", "delivered_at").alias("has_clock_disorder"),
        )
        .sort("order_id")
    )


def _last_named_trip(orders: pl.DataFrame) -> pl.DataFrame:
    """order_id, last_trip_id: the trip that the last of the order's events with a trip names."""
    naming = {
        "picked_up": "picked_up_trip_id",
        "second_picked_up": "second_trip_id",
        "failed": "trip_id",
        "returned": "trip_id",
        "delivered": "delivered_trip_id",
    }
    named = [
        orders.select("order_id", at=f"{stamp}_at", received_at=f"{stamp}_received_at", last_trip_id=trip)
        for stamp, trip in naming.items()
    ]
    again = pl.coalesce("second_trip_id", "trip_id")
    named.append(
        orders.select(
            "order_id", at="delivered_again_at", received_at="delivered_again_received_at", last_trip_id=again
        )
    )
    known = pl.concat(named).drop_nulls()
    return known.sort("at", "received_at").group_by("order_id").agg(pl.col("last_trip_id").last())


def _status() -> pl.Expr:
    """Of several ends the last one counts, but a delivery beats them all."""
    ends = pl.max_horizontal("returned_at", "cancelled_at", "lost_at")
    status = pl.when(pl.col("delivered_at").is_not_null()).then(pl.lit("delivered"))
    for name in ("returned", "cancelled", "lost"):
        status = status.when(pl.col(f"{name}_at") == ends).then(pl.lit(name))
    return status.otherwise(pl.lit("open"))


def _is_on_time(cut: datetime) -> pl.Expr:
    """A delivery beats a cancellation here too: what the customer got is judged, whatever was said before."""
    promised, delivered = pl.col("promised_at"), pl.col("delivered_at")
    withdrawn = (pl.col("cancel_reason") == "customer") & (pl.col("cancelled_at") <= promised)
    is_judged = delivered.is_not_null() | ~withdrawn.fill_null(value=False)
    return pl.when((promised <= cut) & is_judged).then((delivered <= promised).fill_null(value=False))
