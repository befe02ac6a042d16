"""Delivery speed: are orders at the door when promised, how long do they take, where does the time go, when is it slow.

Belongs here: which rows of the delivery tables are shown and how. Does not belong here: any figure's formula.
"""

from dashboards.content import Elsewhere, Measure, Section
from dashboards.queries import cells
from dashboards.theme import Style

TITLE = "Delivery speed"
MENU_ORDER = 10
QUERY = {
    "speed": cells(
        "delivery_speed", "orders", "delivered", "cancelled", "open_orders", "due", "attempted", "clock_disorders",
        "on_time_share", "on_time_share_low", "on_time_share_high",
        "same_day_share", "next_day_share", "first_attempt_share",
        "click_to_door_minutes_p50_censored", "click_to_door_minutes_p50_censored_low",
        "click_to_door_minutes_p50_censored_high", "within_180_minutes_share_censored",
        "click_to_door_minutes_mean", "click_to_door_minutes_p50", "click_to_door_minutes_p80",
        "click_to_door_minutes_p90", "click_to_door_minutes_p95", "promised_orders", "promise_minutes_p50",
        "preparation_minutes_p50", "preparation_minutes_p90", "pickup_wait_minutes_p50", "pickup_wait_minutes_p90",
        "transit_minutes_p50", "transit_minutes_p90",
        "staged_orders", "staged_preparation_minutes_mean", "staged_pickup_wait_minutes_mean",
        "staged_transit_minutes_mean", "staged_click_to_door_minutes_mean",
    ),
    "curve": cells(
        "delivery_curve", "orders", "delivered", "delivered_per_hour",
        "delivered_share_censored", "delivered_share_censored_low",
        "delivered_share_censored_high", "promised_orders", "promised_share",
        along=("within_minutes",), has_days=False, weeks=6,
    ),
    "hours": cells(
        "delivery_hours", "orders", "delivered", "due", "on_time_share", "click_to_door_minutes_p50",
        along=("weekday", "hour"), has_days=False, weeks=3,
    ),
}  # fmt: skip

ORDERS = (("orders", "orders"),)
DELIVERED = (("delivered", "delivered orders"),)
STAGED = (("staged_orders", "delivered orders with all stamps"),)
DUE = (("due", "due orders"),)
ON_TIME = Measure("on_time_share", "On time", DUE)
MEDIAN = Measure("click_to_door_minutes_p50_censored", "Median click to door", ORDERS)
HOURLY_MEDIAN = Measure("click_to_door_minutes_p50", "Median click to door", DELIVERED)
PROMISED = (("promised_orders", "orders with a promise"),)
ARRIVED = Measure("delivered_share_censored", "At the door", ORDERS)
STAGES = [
    Measure("staged_preparation_minutes_mean", "Preparation", STAGED, Style("blue")),
    Measure("staged_pickup_wait_minutes_mean", "Wait for the driver", STAGED, Style("orange", pattern="/")),
    Measure("staged_transit_minutes_mean", "Transit", STAGED, Style("green", pattern=".")),
]
FIGURES = [
    Measure("delivered", "Delivered", ORDERS),
    Measure("cancelled", "Cancelled"),
    Measure("open_orders", "Open (the rest was returned or lost)"),
    ON_TIME,
    Measure("same_day_share", "Same day", DELIVERED),
    Measure("next_day_share", "By the next day", DELIVERED),
    Measure("first_attempt_share", "At the first attempt", (("attempted", "attempted orders"),)),
    MEDIAN,
    Measure("within_180_minutes_share_censored", "Within 3 hours", ORDERS),
    Measure("promise_minutes_p50", "Promise, median", PROMISED),
    Measure("click_to_door_minutes_mean", "Delivered orders: mean", DELIVERED),
    Measure("click_to_door_minutes_p50", "Delivered orders: median", DELIVERED),
    Measure("click_to_door_minutes_p80", "Delivered orders: 80th percentile", DELIVERED),
    Measure("click_to_door_minutes_p90", "Delivered orders: 90th percentile", DELIVERED),
    Measure("click_to_door_minutes_p95", "Delivered orders: 95th percentile", DELIVERED),
    *(
        Measure(f"{stage}_minutes_{end}", f"{label}, {words}", DELIVERED)
        for stage, label in (("preparation", "Preparation"), ("pickup_wait", "Wait"), ("transit", "Transit"))
        for end, words in (("p50", "median"), ("p90", "90th percentile"))
    ),
    Measure("clock_disorders", "Clock disorders"),
]


DUE_PROMISES = "orders with a promise (promised_at) that has fallen due"
SECTIONS = [
    Section(
        "over_time",
        "Is the promise kept?",
        "speed",
        [ON_TIME],
        DUE_PROMISES,
        "By day or week of the order. A due order that was never delivered counts as not on time.",
    ),
    Section("by_market", "Where is the promise kept?", "speed", [ON_TIME], DUE_PROMISES),
    Section(
        "arrivals",
        "How soon is an order at the door?",
        "curve",
        [ARRIVED, Measure("promised_share", "Promised by then", PROMISED)],
        "orders",
        "All orders count: those still open are censored at the data cut, those cancelled, lost or returned never "
        "arrive (Kaplan-Meier). Rivals' lines are medians and 90th percentiles of delivered orders.",
        {"totals": [Measure("delivered", "Delivered since the line before")]},
        {"click_to_door_p50": "click to door, median", "click_to_door_p90": "click to door, 90th percentile"},
    ),
    Section(
        "histogram",
        "How do the delivered ones spread?",
        "curve",
        [
            Measure("delivered_per_hour", "Per hour between the edges", ORDERS),
            Measure("delivered", "Delivered", ORDERS),
        ],
        "delivered orders",
        "Delivered orders only, by time from click to door; the curve beside has all orders.",
        {"promise": Elsewhere("speed", Measure("promise_minutes_p50", "Median promise", PROMISED))},
    ),
    Section(
        "over_time",
        "Is the median getting shorter?",
        "speed",
        [MEDIAN, Measure("promise_minutes_p50", "Median promise", PROMISED)],
        "orders",
        "Median click to door of all orders, open ones censored at the data cut; the median length of the promises "
        "dotted.",
    ),
    Section(
        "stacked_rows",
        "Where does the time go?",
        "speed",
        STAGES,
        "the events ready, picked_up and delivered of orders",
        "Mean minutes from click to door of delivered orders whose every stamp is known: the stages add up to the "
        "whole. Medians of stages would not.",
        {"totals": [Measure("staged_click_to_door_minutes_mean", "Click to door, mean", STAGED)]},
    ),
    Section(
        "hours",
        "When in the week is the promise kept?",
        "hours",
        [ON_TIME],
        DUE_PROMISES,
        "By hour and weekday of the order on the market's clock.",
        {"colour": "green", "totals": [Measure("orders", "Orders")]},
    ),
    Section(
        "hours",
        "When in the week does it take long?",
        "hours",
        [HOURLY_MEDIAN],
        "delivered orders",
        "Median minutes from click to door of delivered orders, by hour and weekday of the order.",
        {"colour": "orange", "totals": [Measure("orders", "Orders")]},
    ),
    Section(
        "table",
        "All figures by market",
        "speed",
        [Measure("market_id", "Market"), Measure("offer_type", "Offer type"), *FIGURES],
        "orders",
        more={"by": ["market_id", "offer_type"]},
    ),
]
