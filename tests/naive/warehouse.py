"""All tables at once, of the lines of a workspace.

Belongs here: the order in which the tables follow from one another. Does not belong here: any of them.
"""

from datetime import datetime
from typing import Any

from tests.naive.acceptance import offer_acceptance
from tests.naive.audits import drivers, orphans
from tests.naive.curve import delivery_curve
from tests.naive.deliveries import deliveries
from tests.naive.earnings import driver_earnings, driver_pay_distribution
from tests.naive.events import Line, standing
from tests.naive.offers import blocks, offers
from tests.naive.pay import net_pay_parts
from tests.naive.pay_answers import acceptance_by_pay, acceptance_pay_needed
from tests.naive.reference import Reference
from tests.naive.speed import delivery_hours, delivery_speed, store_performance
from tests.naive.trips import trips

Tables = dict[str, list[dict[str, Any]]]


def facts(
    lines: dict[str, list[Line]], reference: Reference, driver_key: bytes, as_of: datetime | None = None
) -> Tables:
    """Facts, dim_driver and audit tables by name, of the lines of each log received by `as_of`.

    `mentions` is no table: the current order events that name a trip.
    """
    logs = {log: standing(log, lines[log], driver_key, as_of) for log in ("orders", "offers", "trips")}
    tables: Tables = {"fct_deliveries": deliveries(logs["orders"], reference)}
    tables["fct_offers"] = offers(logs["offers"], reference)
    tables["fct_blocks"] = blocks(tables["fct_offers"])
    tables["fct_trips"] = trips(logs["trips"], logs["orders"], tables, reference)
    tables["dim_driver"] = drivers(tables["fct_offers"], tables["fct_trips"])
    tables["orphans"] = orphans(logs, tables)
    tables["conflicts"] = [row for log in logs.values() for row in log.conflicts]
    tables["logs"] = [log.counts for log in logs.values()]
    tables["mentions"] = [event for event in logs["orders"].current if "trip_id" in event]
    return tables


def metrics(tables: Tables, reference: Reference, min_drivers: int) -> Tables:
    """The metric tables by name, of the tables that `facts` returns."""
    cuts = {row["log"]: row["cut"] for row in tables["logs"]}
    orders, trip_rows = tables["fct_deliveries"], tables["fct_trips"]
    return {
        "delivery_speed": delivery_speed(orders, cuts["orders"]),
        "delivery_curve": delivery_curve(orders, cuts["orders"]),
        "delivery_hours": delivery_hours(orders, reference),
        "offer_acceptance": offer_acceptance(tables, cuts["offers"], reference),
        "acceptance_by_pay": acceptance_by_pay(tables["fct_offers"]),
        "acceptance_pay_needed": acceptance_pay_needed(tables["fct_offers"]),
        "driver_earnings": driver_earnings(trip_rows, min_drivers),
        "net_pay_parts": net_pay_parts(trip_rows, reference),
        "driver_pay_distribution": driver_pay_distribution(trip_rows, min_drivers),
        "store_performance": store_performance(orders, trip_rows, tables["mentions"]),
    }
