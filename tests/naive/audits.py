"""audit.orphans, orphan_totals, freshness and dim_driver, as their published comments define them.

Belongs here: what is missing or silent, and who drives. Does not belong here: conservation (`events`).
"""

from collections import Counter
from datetime import timedelta
from typing import Any

from tests.naive.events import Standing
from tests.naive.reference import Reference

Row = dict[str, Any]

THINGS = {
    "orders": ("order_id", "fct_deliveries", "order_without_placed"),
    "offers": ("offer_id", "fct_offers", "offer_without_sent"),
    "trips": ("trip_id", "fct_trips", "trip_without_started"),
}
REFERENCES = (
    ("orders", "trip_id", "fct_trips", "unknown_trip"),
    ("trips", "order_id", "fct_deliveries", "unknown_order"),
    ("trips", "block_id", "fct_blocks", "unknown_block"),
)


def orphans(logs: dict[str, Standing], facts: dict[str, list[Row]]) -> list[Row]:
    """The rows of audit.orphans: events of things without a fact row, and references to no fact row."""
    looked_for = [(log, *thing) for log, thing in THINGS.items()] + list(REFERENCES)
    found = []
    for log, name, table, problem in looked_for:
        there = {row[name] for row in facts[table]}
        for missing_id, events in logs[log].by(name).items():
            if missing_id not in there:
                is_trip = problem == "trip_without_started"
                found.append({"log": log, "problem": problem, "missing_id": missing_id} | _sums(events, is_trip))
    return found


def _sums(events: list[Row], is_trip: bool) -> Row:
    row: Row = {"events": len(events), "pay_usd": 0, "toll_usd": 0}
    row |= {"first_event_at": events[0]["occurred_at"], "last_event_at": events[-1]["occurred_at"]}
    for event in events:
        names = {"pay_posted": "pay_usd", "toll_charged": "toll_usd"}
        if is_trip and event["event_type"] in names:
            row[names[event["event_type"]]] += event["amount_usd"]
    return row


def orphan_totals(found: list[Row]) -> list[Row]:
    """The rows of audit.orphan_totals, of those of audit.orphans."""
    grouped: dict[tuple[str, str], list[Row]] = {}
    for row in found:
        grouped.setdefault((row["log"], row["problem"]), []).append(row)
    return [
        {"log": log, "problem": problem, "things": len(rows)}
        | {name: sum(row[name] for row in rows) for name in ("events", "pay_usd", "toll_usd")}
        | {"first_event_at": min(row["first_event_at"] for row in rows)}
        | {"last_event_at": max(row["last_event_at"] for row in rows)}
        for (log, problem), rows in grouped.items()
    ]


def freshness(logs: dict[str, Standing], facts: dict[str, list[Row]], reference: Reference) -> list[Row]:
    """The rows of audit.freshness: every market in every log."""
    return [
        {"market_id": market_id, "log": log} | _heard(logs[log], name, _in_market(market_id, facts[table], name))
        for log, (name, table, _) in THINGS.items()
        for market_id in reference.market_ids
    ]


def _in_market(market_id: str, rows: list[Row], name: str) -> set[str]:
    return {row[name] for row in rows if row["market_id"] == market_id}


def _heard(log: Standing, name: str, things: set[str]) -> Row:
    moments = [event["occurred_at"] for event in log.current if event[name] in things]
    last = max((moment for moment in moments if log.cut and moment <= log.cut), default=None)
    behind = (log.cut - last) / timedelta(hours=1) if log.cut and last else None
    return {"events": len(moments), "last_occurred_at": last, "cut": log.cut, "hours_behind_cut": behind}


def drivers(offers: list[Row], trips: list[Row]) -> list[Row]:
    """The rows of dim_driver."""
    keys = {row["driver_key"] for row in (*offers, *trips)}
    return [_driver(key, _of(key, offers), _of(key, trips)) for key in keys]


def _of(driver_key: str, rows: list[Row]) -> list[Row]:
    return [row for row in rows if row["driver_key"] == driver_key]


def _driver(driver_key: str, offers: list[Row], trips: list[Row]) -> Row:
    seen = [offer["sent_at"] for offer in offers] + [trip["started_at"] for trip in trips]
    trips_in, offers_in = (Counter(row["market_id"] for row in rows) for rows in (trips, offers))
    classes = Counter(trip["vehicle_class"] for trip in trips)
    return {
        "driver_key": driver_key,
        "first_seen_at": min(seen),
        "last_seen_at": max(seen),
        "home_market_id": min(trips_in | offers_in, key=lambda market: (-trips_in[market], -offers_in[market], market)),
        "usual_vehicle_class": min(classes, key=lambda name: (-classes[name], name), default=None),
        "trips": len(trips),
        "offers": len(offers),
    }
