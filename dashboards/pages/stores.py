"""Stores: preparation, wait, cancelled and on time, store by store; a table that a retailer could be sent.

Belongs here: which rows of `store_performance` are shown and how. Does not belong here: any figure's formula.
"""

from dashboards.content import Measure, Section
from dashboards.queries import cells

TITLE = "Stores"
MENU_ORDER = 40
QUERY = {
    "stores": cells(
        "store_performance", "orders", "preparation_minutes_p50", "preparation_minutes_p90", "pickup_wait_minutes_p50",
        "pickup_wait_minutes_p90", "dwell_trips", "dwell_minutes_p50", "dwell_minutes_p90",
        "cancelled_by_store", "cancelled_by_store_share",
        "due", "on_time_share", "on_time_share_low", "on_time_share_high",
        along=("site_id", "store_id"), has_days=False, weeks=8,
    ),
}  # fmt: skip


ORDERS = (("orders", "orders"),)
DWELL = (("dwell_trips", "trips"),)
SECTIONS = [
    Section(
        "table",
        "Store by store",
        "stores",
        [
            Measure("store_id", "Store"),
            Measure("site_id", "Site"),
            Measure("market_id", "Market"),
            Measure("offer_type", "Offer type"),
            Measure("preparation_minutes_p50", "Preparation, median", ORDERS),
            Measure("preparation_minutes_p90", "Preparation, 90th percentile", ORDERS),
            Measure("pickup_wait_minutes_p50", "Wait for the driver, median", ORDERS),
            Measure("pickup_wait_minutes_p90", "Wait for the driver, 90th percentile", ORDERS),
            Measure("dwell_minutes_p50", "Driver at the store, median", DWELL),
            Measure("dwell_minutes_p90", "Driver at the store, 90th percentile", DWELL),
            Measure("cancelled_by_store_share", "Cancelled by the store", (("cancelled_by_store", "cancelled"),)),
            Measure("on_time_share", "On time", (("due", "due orders"),)),
        ],
        "orders that name a store",
        "Preparation is from click to ready, the wait from ready to picked up. The driver's time at the store is "
        "of trips that served that store only.",
    )
]
