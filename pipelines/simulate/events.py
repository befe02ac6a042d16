"""The record of the world as events: one line per stamp, as a faultless log would hold them.

Belongs here: which stamp is which event with which fields. Does not belong here: faults (`defects`, `refused`)
or how lines are written down (`files`).
"""

import polars as pl

from pipelines.contract import LOGS, Log
from pipelines.simulate.recording import Record

PICKED_UP, DELIVERED = "picked_up", "delivered"


def event_columns(log: Log) -> dict[str, pl.DataType]:
    """The typed columns of a log's events: its contract fields (driver_id raw), and the market for the clock."""
    return {each.name: each.kind.dtype for each in log.fields} | {"market_id": pl.String()}


def events_of(record: Record) -> dict[str, pl.DataFrame]:
    """Per log its events, ordered by (received_at, event_id); columns see `event_columns`, `retracted` all null."""
    events = {"orders": _order_events(record), "offers": _offer_events(record), "trips": _trip_events(record)}
    return {name: _assembled(LOGS[name], frames) for name, frames in events.items()}


def _assembled(log: Log, frames: list[pl.DataFrame]) -> pl.DataFrame:
    empty = pl.DataFrame(schema=event_columns(log))
    both = pl.concat([empty, *frames], how="diagonal_relaxed")
    return both.cast(empty.schema).sort("received_at", "event_id")


def _events(
    frame: pl.DataFrame, stamp: str, event_type: str | pl.Expr, name: str, **fields: pl.Expr | str
) -> pl.DataFrame:
    """One event for each row that has the stamp. `name`, with the id of the thing, makes the event's id."""
    kind = pl.lit(event_type) if isinstance(event_type, str) else event_type
    thing = next(column for column in frame.columns if column.endswith("_id"))
    return frame.filter(pl.col(f"{stamp}_at").is_not_null()).select(
        thing,
        "market_id",
        event_id=pl.format("{}-{}", thing, pl.lit(name)),
        event_type=kind,
        occurred_at=f"{stamp}_at",
        received_at=f"{stamp}_received_at",
        **fields,
    )


def _order_events(record: Record) -> list[pl.DataFrame]:
    orders = record.orders
    again = pl.coalesce("second_trip_id", "trip_id")
    said = {name: name for name in ("site_id", "store_id", "promised_at", "package_count")}
    place = {name: name for name in ("dropoff_latitude", "dropoff_longitude")}
    return [
        _events(orders, "placed", "placed", "p", **said, **place),
        _events(orders, "ready", "ready", "r"),
        _events(orders, PICKED_UP, PICKED_UP, "u", trip_id="picked_up_trip_id"),
        _events(orders, "second_picked_up", PICKED_UP, "u2", trip_id="second_trip_id"),
        _events(orders, "failed", "delivery_failed", "f", trip_id="trip_id", reason=pl.lit("nobody home, door locked")),
        _events(orders, DELIVERED, DELIVERED, "d", trip_id="delivered_trip_id"),
        _events(orders, "delivered_again", DELIVERED, "d2", trip_id=again),
        _events(orders, "returned", "returned", "b", trip_id="trip_id"),
        _events(orders, "cancelled", "cancelled", "c", reason="cancel_reason"),
        _events(orders, "lost", "lost", "l"),
    ]


def _offer_events(record: Record) -> list[pl.DataFrame]:
    offers = record.offers
    named = ("block_id", "driver_id", "site_id", "block_starts_at", "block_ends_at", "pay_usd", "expires_at", "wave")
    called_off = pl.when(pl.col("again") == "withdrawn").then(pl.lit("cancelled"))
    return [
        _events(offers, "sent", "sent", "s", **{name: name for name in named}),
        _events(offers, "answered", pl.col("answer"), "a", reason="reason"),
        _events(offers, "again", pl.col("again"), "a2", reason=called_off),
        _events(offers, "forfeited", "forfeited", "f"),
        _events(offers, "no_show", "no_show", "n"),
    ]


def _trip_events(record: Record) -> list[pl.DataFrame]:
    trips = record.trips
    named = {name: name for name in ("driver_id", "site_id", "block_id", "vehicle_class")}
    money = {"amount_usd": "amount_usd"}
    place = {"latitude": "latitude", "longitude": "longitude"}
    # Several of a kind in one trip: their place in the table tells their ids apart.
    dropoffs, tolls, pay, pings = (
        frame.with_columns(number=pl.int_range(pl.len()).over("trip_id"))
        for frame in (record.dropoffs, record.tolls, record.pay, record.pings)
    )
    events = [
        _events(trips, "started", "started", "s", trip_miles="started_miles", **named),
        _events(trips, "arrived", "arrived_at_pickup", "a", trip_miles="arrived_miles"),
        _events(trips, "departed", "departed_pickup", "d", trip_miles="departed_miles"),
        _events(trips, "ended_early", "ended", "e0"),
        _events(trips, "ended", "ended", "e", trip_miles="ended_miles"),
    ]
    several = [
        _events(
            dropoffs, "arrived", "arrived_at_dropoff", "o", trip_miles="miles", order_id="order_id", number="number"
        ),
        _events(tolls, "charged", "toll_charged", "t", facility="facility", number="number", **money),
        _events(pay, "posted", "pay_posted", "m", pay_kind="pay_kind", number="number", **money),
        _events(pings, "pinged", "position", "g", trip_miles="miles", number="number", **place),
    ]
    return events + [
        frame.with_columns(event_id=pl.format("{}{}", "event_id", "number")).drop("number") for frame in several
    ]
