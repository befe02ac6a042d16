"""fct_trips: one row per trip, its clocks, miles and pay; what it costs is in `costs`.

Belongs here: what the trips log says, with the orders and offers that name the trip. Does not belong here: rates.
"""

import math
from datetime import datetime, timedelta
from decimal import Decimal
from fractions import Fraction
from itertools import pairwise
from typing import Any

from tests.naive.arithmetic import between
from tests.naive.costs import costs
from tests.naive.deliveries import first, in_disorder
from tests.naive.events import Event, Standing
from tests.naive.offers import HOUR
from tests.naive.reference import Reference

Row = dict[str, Any]

EARTH_RADIUS_MILES = 3958.7613
MAX_GAP = timedelta(minutes=10)
PAY_WAIT = timedelta(hours=72)


def trips(log: Standing, orders: Standing, facts: dict[str, list[Row]], reference: Reference) -> list[Row]:
    """The rows of fct_trips; a trip without `started` makes none. `facts` holds the other three facts."""
    naming = orders.by("trip_id")
    rows = [
        _trip(trip_id, events, naming.get(trip_id, []), facts, reference) | _pending(events, log.cut)
        for trip_id, events in log.by("trip_id").items()
        if first(events, "started")
    ]
    opened_on: dict[str, Any] = {}
    for row in sorted(rows, key=lambda row: row["trip_date"]):
        opened_on.setdefault(row["market_id"], row["trip_date"])
    return [row | costs(row, reference, opened_on[row["market_id"]]) for row in rows]


def _trip(
    trip_id: str,
    events: list[Event],
    naming: list[Event],
    facts: dict[str, list[Row]],
    reference: Reference,
) -> Row:
    started = first(events, "started")
    place = reference.place(started["site_id"])
    row: Row = {"trip_id": trip_id, "driver_key": started["driver_key"], "block_id": started.get("block_id")} | place
    row["vehicle_class"] = reference.vehicle_class(started["vehicle_class"])
    row["trip_date"] = reference.local_date(place["market_id"], started["occurred_at"])
    row |= _stamps(events, naming) | _block(row, facts)
    row["orders_picked_up"] = len({event["order_id"] for event in naming if event["event_type"] == "picked_up"})
    row["orders_delivered"] = sum(
        order["trip_id"] == trip_id and order["status"] == "delivered" for order in facts["fct_deliveries"]
    )
    return row | _clocks(row) | _miles(events) | _pay(events)


def _pending(events: list[Event], cut: datetime) -> Row:
    ended = first(events[::-1], "ended")
    is_recent = bool(ended) and cut - ended["occurred_at"] < PAY_WAIT
    return {"is_pay_pending": is_recent and not first(events, "pay_posted")}


def _stamps(events: list[Event], naming: list[Event]) -> Row:
    kinds = {
        "started": "started_at",
        "arrived_at_pickup": "arrived_at_pickup_at",
        "departed_pickup": "departed_pickup_at",
    }
    row = {name: first(events, kind).get("occurred_at") for kind, name in kinds.items()}
    drops = [event for event in events if event["event_type"] == "arrived_at_dropoff"]
    drops += [event for event in naming if event["event_type"] in ("delivered", "delivery_failed")]
    row["last_dropoff_at"] = max((event["occurred_at"] for event in drops), default=None)
    row["ended_at"] = first(events[::-1], "ended").get("occurred_at")
    row["has_clock_disorder"] = in_disorder(
        row["started_at"], row["arrived_at_pickup_at"], row["departed_pickup_at"], row["ended_at"]
    )
    row["status"] = "open" if row["ended_at"] is None else "ended"
    return row


def _block(row: Row, facts: dict[str, list[Row]]) -> Row:
    """The driver's first accepted offer of the block, and how long the block is."""
    if row["block_id"] is None:
        return {"offer_id": None, "scheduled_hours": None}
    accepted = [
        offer
        for offer in facts["fct_offers"]
        if offer["is_accepted"] and (offer["block_id"], offer["driver_key"]) == (row["block_id"], row["driver_key"])
    ]
    offer = min(accepted, key=lambda offer: offer["answer_order"], default={})
    hours = [block["block_hours"] for block in facts["fct_blocks"] if block["block_id"] == row["block_id"]]
    return {"offer_id": offer.get("offer_id"), "scheduled_hours": hours[0] if hours else None}


def _clocks(row: Row) -> Row:
    arrived_at = row["arrived_at_pickup_at"] or row["started_at"]
    on_job = between(arrived_at, row["ended_at"], HOUR)
    scheduled = row["scheduled_hours"]
    over = None if on_job is None or scheduled is None else on_job - scheduled
    return {
        "door_to_door_hours": between(row["started_at"], row["ended_at"], HOUR),
        "on_job_hours": on_job,
        "engaged_hours": between(row["departed_pickup_at"], row["last_dropoff_at"], HOUR),
        "unpaid_overrun_hours": None if over is None else max(Fraction(), over),
        "early_finish_hours": None if over is None else max(Fraction(), -over),
    }


def _miles(events: list[Event]) -> Row:
    """Miles as Decimal by the meter, as float by positions."""
    readings = {event["event_id"]: event["trip_miles"] for event in events if "trip_miles" in event}
    if any(event["event_id"] in readings for event in events if event["event_type"] != "started"):
        total = max(readings.values())
        at_pickup = first(events, "arrived_at_pickup").get("trip_miles")
        job = None if at_pickup is None else total - at_pickup
        return {"total_miles": total, "miles_source": "meter", "deadhead_miles": at_pickup, "job_miles": job}
    pings = [event for event in events if event["event_type"] == "position"]
    bridged = [
        great_circle_miles(one, other)
        for one, other in pairwise(pings)
        if other["occurred_at"] - one["occurred_at"] <= MAX_GAP
    ]
    source, total = ("positions", math.fsum(bridged)) if bridged else ("missing", None)
    return {"total_miles": total, "miles_source": source, "deadhead_miles": None, "job_miles": None}


def great_circle_miles(one: Event, other: Event) -> float:
    """The distance of two places on a sphere, by the haversine formula."""
    north, other_north = math.radians(one["latitude"]), math.radians(other["latitude"])
    east = math.radians(other["longitude"] - one["longitude"])
    chord = math.sin((other_north - north) / 2) ** 2 + math.cos(north) * math.cos(other_north) * math.sin(east / 2) ** 2
    return 2 * EARTH_RADIUS_MILES * math.asin(math.sqrt(chord))


def _pay(events: list[Event]) -> Row:
    posted = [event for event in events if event["event_type"] == "pay_posted"]
    row = {
        f"{kind}_usd": sum((event["amount_usd"] for event in posted if event["pay_kind"] == kind), Decimal())
        for kind in ("base", "tip", "incentive", "adjustment")
    }
    row["gross_usd"] = sum(row.values(), Decimal())
    row["gross_before_tips_usd"] = row["gross_usd"] - row["tip_usd"]
    tolls = (event["amount_usd"] for event in events if event["event_type"] == "toll_charged")
    return row | {"toll_usd": sum(tolls, Decimal())}
