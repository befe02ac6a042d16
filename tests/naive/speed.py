"""delivery_speed, delivery_hours and store_performance, of the naive facts.

Belongs here: what is counted over orders. Does not belong here: how a percentile or a curve is computed.
"""

import math
from collections import defaultdict
from datetime import datetime
from fractions import Fraction
from typing import Any

from tests.naive.arithmetic import between, log_log, mean, percentile, ratio, survival, wilson
from tests.naive.cells import ALL, KEYS, cells, count, known, periods
from tests.naive.deliveries import MINUTE
from tests.naive.reference import Reference

Row = dict[str, Any]

STAGES = ("preparation_minutes", "pickup_wait_minutes", "transit_minutes")
WITHIN_MINUTES = 180


def delivery_speed(orders: list[Row], cut: datetime) -> list[Row]:
    """The rows of delivery_speed."""
    least = min(order["placed_date"] for order in orders)
    found = cells(orders, "placed_date", least)
    return [dict(zip(KEYS, key, strict=True)) | _cell(rows, cut) for key, rows in found.items()]


def _cell(orders: list[Row], cut: datetime) -> Row:
    delivered = [order for order in orders if order["status"] == "delivered"]
    attempted = [order for order in orders if order["first_attempted_at"] is not None]
    at_first = [order for order in delivered if order["first_attempted_at"] == order["delivered_at"]]
    row = {
        "orders": len(orders),
        "delivered": len(delivered),
        "cancelled": count(orders, status="cancelled"),
        "open_orders": count(orders, status="open"),
        "same_day_share": ratio(count(delivered, is_same_day=True), len(delivered)),
        "next_day_share": ratio(count(delivered, is_next_day=True), len(delivered)),
        "attempted": len(attempted),
        "first_attempt_share": ratio(len(at_first), len(attempted)),
        "click_to_door_minutes_mean": mean(known(delivered, "click_to_door_minutes")),
        "clock_disorders": count(orders, has_clock_disorder=True),
    }
    row |= _percentiles(delivered, "click_to_door_minutes", 50, 80, 90, 95)
    for stage in STAGES:
        row |= _percentiles(delivered, stage, 50, 90)
    return row | on_time(orders) | _staged(delivered) | _promised(orders) | _censored(orders, cut)


def _percentiles(rows: list[Row], name: str, *percents: int) -> Row:
    return {f"{name}_p{percent}": percentile(known(rows, name), f"0.{percent}") for percent in percents}


def on_time(orders: list[Row]) -> Row:
    """Due orders, those on time, their share with Wilson's interval."""
    due, kept = len(known(orders, "is_on_time")), count(orders, is_on_time=True)
    low, high = wilson(kept, due)
    share = {"on_time_share": ratio(kept, due), "on_time_share_low": low, "on_time_share_high": high}
    return {"due": due, "on_time": kept} | share


def _staged(delivered: list[Row]) -> Row:
    """Means that add up: of delivered orders whose stages are all known."""
    names = (*STAGES, "click_to_door_minutes")
    staged = [order for order in delivered if all(order[name] is not None for name in names)]
    means = {f"staged_{name}_mean": mean(known(staged, name)) for name in names}
    return {"staged_orders": len(staged)} | means


def _promised(orders: list[Row]) -> Row:
    promises = [minutes for order in orders if (minutes := promise_minutes(order)) is not None]
    return {"promised_orders": len(promises), "promise_minutes_p50": percentile(promises, "0.5")}


def promise_minutes(order: Row) -> Fraction | None:
    """Minutes from placed to the end of the promise."""
    return between(order["placed_at"], order["promised_at"], MINUTE)


def times_seen(orders: list[Row], cut: datetime) -> list[tuple[Fraction | float, bool]]:
    """Minutes each order was seen to be under way, and whether it then arrived; unknown ones are left out."""
    times = []
    for order in orders:
        match order["status"]:
            case "delivered":
                time, happened = order["click_to_door_minutes"], True
            case "open":
                time, happened = between(order["placed_at"], cut, MINUTE), False
            case _:
                time, happened = math.inf, False
        if time is not None:
            times.append((time, happened))
    return times


def _censored(orders: list[Row], cut: datetime) -> Row:
    """Kaplan-Meier over all orders: the median with its interval, and the share within three hours."""
    times = times_seen(orders, cut)
    curve = survival(times)
    within = [share for time, share, _ in curve if time <= WITHIN_MINUTES]
    is_anybody_left = any(time >= WITHIN_MINUTES for time, _ in times)
    bounds = [(time, *log_log(share, greenwood)) for time, share, greenwood in curve]
    median = "click_to_door_minutes_p50_censored"
    return {
        median: next((time for time, share, _ in curve if share <= 0.5 + 1e-12), None),
        f"{median}_low": next((time for time, low, _ in bounds if low is not None and low <= 0.5), None),
        f"{median}_high": next((time for time, _, high in bounds if high is not None and high <= 0.5), None),
        "within_180_minutes_share_censored": 1 - (within[-1] if within else 1.0) if is_anybody_left else None,
    }


def delivery_hours(orders: list[Row], reference: Reference) -> list[Row]:
    """The rows of delivery_hours."""
    least = min(order["placed_date"] for order in orders)
    hours: dict[tuple, list[Row]] = defaultdict(list)
    for key, rows in cells(orders, "placed_date", least).items():
        for order in rows if key[0] != "day" else ():
            clock = reference.local_time(order["market_id"], order["placed_at"])
            hours[*key, clock.isoweekday(), clock.hour].append(order)
    return [dict(zip((*KEYS, "weekday", "hour"), key, strict=True)) | _hour(rows) for key, rows in hours.items()]


def _hour(orders: list[Row]) -> Row:
    delivered = [order for order in orders if order["status"] == "delivered"]
    row = {"orders": len(orders), "delivered": len(delivered)}
    return row | on_time(orders) | _percentiles(delivered, "click_to_door_minutes", 50)


def store_performance(orders: list[Row], trips: list[Row], mentions: list[Row]) -> list[Row]:
    """The rows of store_performance; orders that name no store are left out. `mentions`: events that name a trip."""
    least = min(order["placed_date"] for order in orders)
    dwells = _dwells(orders, trips, mentions)
    stores: dict[tuple, list[Row]] = defaultdict(list)
    for order in orders:
        for period in periods(order["placed_date"], least, ("week", ALL)):
            if order["store_id"] is not None:
                stores[*period, order["site_id"], order["store_id"]].append(order)
    return [_store(key, rows, dwells) for key, rows in stores.items()]


def _dwells(orders: list[Row], trips: list[Row], mentions: list[Row]) -> dict[str, list[Fraction]]:
    """Minutes at the store of the trips that served one store only, each with the first by id of the trip's orders.

    A trip served an order if any event of it names the trip; where the store of one is unknown, so is the trip's.
    """
    by_id = {order["order_id"]: order for order in orders}
    served: dict[str, set[str]] = defaultdict(set)
    for event in mentions:
        served[event["trip_id"]].add(event["order_id"])
    dwells: dict[str, list[Fraction]] = defaultdict(list)
    for trip in trips:
        minutes = between(trip["arrived_at_pickup_at"], trip["departed_pickup_at"], MINUTE)
        carried = sorted(served[trip["trip_id"]])
        stores = {(order.get("site_id"), order.get("store_id")) for order in (by_id.get(name, {}) for name in carried)}
        if len(stores) == 1 and stores.pop()[1] is not None and minutes is not None:
            dwells[carried[0]].append(minutes)
    return dwells


def _store(key: tuple, orders: list[Row], dwells: dict[str, list[Fraction]]) -> Row:
    grain, start, site_id, store_id = key
    dwell = [minutes for order in orders for minutes in dwells.get(order["order_id"], ())]
    by_store = count(orders, status="cancelled", cancel_reason="store")
    row = {"grain": grain, "period_start": start, "site_id": site_id, "store_id": store_id, "orders": len(orders)}
    row |= {name: orders[0][name] for name in ("market_id", "offer_type")}
    row |= {"dwell_minutes_p50": percentile(dwell, "0.5"), "dwell_minutes_p90": percentile(dwell, "0.9")}
    row |= {"dwell_trips": len(dwell), "cancelled_by_store": by_store}
    row["cancelled_by_store_share"] = ratio(by_store, len(orders))
    for stage in STAGES[:2]:
        row |= _percentiles(orders, stage, 50, 90)
    return row | on_time(orders)
