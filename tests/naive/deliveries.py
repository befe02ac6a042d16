"""fct_deliveries: one row per order, folded from its events.

Belongs here: what the orders log says of an order. Does not belong here: trips, metrics.
"""

from datetime import datetime, timedelta
from typing import Any

from tests.naive.arithmetic import between
from tests.naive.events import Event, Standing
from tests.naive.reference import Reference

Row = dict[str, Any]

MINUTE = timedelta(minutes=1)
ENDINGS = ("returned", "cancelled", "lost")


def first(events: list[Event], *event_types: str) -> Event:
    """The first event of these types, in order of time; empty where there is none."""
    return next((event for event in events if event["event_type"] in event_types), {})


def in_disorder(*stamps: datetime | None) -> bool:
    """Whether a known stamp lies before the known one that should precede it."""
    known = [stamp for stamp in stamps if stamp is not None]
    return known != sorted(known)


def deliveries(orders: Standing, reference: Reference) -> list[Row]:
    """The rows of fct_deliveries; an order without `placed` makes none."""
    return [
        _delivery(order_id, events, orders.cut, reference)
        for order_id, events in orders.by("order_id").items()
        if first(events, "placed")
    ]


def _delivery(order_id: str, events: list[Event], cut: datetime | None, reference: Reference) -> Row:
    placed = first(events, "placed")
    row: Row = {"order_id": order_id} | reference.place(placed["site_id"]) | {"package_count": placed["package_count"]}
    row |= {name: placed.get(name) for name in ("store_id", "promised_at")}
    row |= {name: _rounded(placed.get(name)) for name in ("dropoff_latitude", "dropoff_longitude")}
    kinds = ("placed", "ready", "picked_up", "delivered", *ENDINGS)
    row |= {f"{kind}_at": first(events, kind).get("occurred_at") for kind in kinds}
    row["first_attempted_at"] = first(events, "delivered", "delivery_failed").get("occurred_at")
    row["failed_attempts"] = sum(event["event_type"] == "delivery_failed" for event in events)
    row["trip_id"] = first(events, "delivered").get("trip_id") or _last(events, "trip_id")
    row["cancel_reason"] = first(events, "cancelled").get("reason")
    row["status"] = _status(events)
    return row | _durations(row) | _promise(row, cut) | _days(row, reference)


def _rounded(degrees: float | None) -> float | None:
    return None if degrees is None else round(degrees, 2)


def _last(events: list[Event], name: str) -> Any:
    return next((event[name] for event in reversed(events) if event.get(name)), None)


def _status(events: list[Event]) -> str:
    if first(events, "delivered"):
        return "delivered"
    return first(events[::-1], *ENDINGS).get("event_type", "open")


def _durations(row: Row) -> Row:
    placed, ready, picked_up, delivered = (row[f"{kind}_at"] for kind in ("placed", "ready", "picked_up", "delivered"))
    return {
        "click_to_door_minutes": between(placed, delivered, MINUTE),
        "preparation_minutes": between(placed, ready, MINUTE),
        "pickup_wait_minutes": between(ready, picked_up, MINUTE),
        "transit_minutes": between(picked_up, delivered, MINUTE),
        "has_clock_disorder": in_disorder(placed, ready, picked_up, delivered),
    }


def _promise(row: Row, cut: datetime | None) -> Row:
    promised, delivered = row["promised_at"], row["delivered_at"]
    is_due = None if promised is None or cut is None else promised <= cut
    is_called_off = row["cancel_reason"] == "customer" and promised is not None and row["cancelled_at"] <= promised
    if not is_due or (is_called_off and delivered is None):
        return {"is_promise_due": is_due, "is_on_time": None}
    return {"is_promise_due": is_due, "is_on_time": delivered is not None and delivered <= promised}


def _days(row: Row, reference: Reference) -> Row:
    placed, delivered = (reference.local_date(row["market_id"], row[name]) for name in ("placed_at", "delivered_at"))
    later = None if delivered is None else (delivered - placed).days
    return {
        "placed_date": placed,
        "delivered_date": delivered,
        "is_same_day": None if later is None else later == 0,
        "is_next_day": None if later is None else 0 <= later <= 1,
    }
