"""Overview: are we fast, do drivers take the offers, what is left per hour; better or worse than before, how sure.

Belongs here: the headline figures and a chart of each. Does not belong here: any figure's formula.
"""

from dashboards.content import Card, Cards, Measure, Section
from dashboards.queries import cells, posted

TITLE = "Overview"
QUERY = {
    "speed": cells(
        "delivery_speed", "orders", "delivered", "due", "on_time_share", "on_time_share_low", "on_time_share_high",
        "click_to_door_minutes_p50_censored", "click_to_door_minutes_p50_censored_low",
        "click_to_door_minutes_p50_censored_high",
    ),
    "offers": cells(
        "offer_acceptance", "at_risk", "acceptance_share",
        "coalesce(acceptance_share_by_driver_low, acceptance_share_low) as acceptance_share_low",
        "coalesce(acceptance_share_by_driver_high, acceptance_share_high) as acceptance_share_high",
        "blocks_due", "fill_share", "fill_share_low", "fill_share_high",
    ),
    "earnings": cells(
        "driver_earnings", "trips", "drivers", "costed_trips",
        posted("gross_per_hour_usd"),
        *(posted(f"gross_per_hour_usd_{end}") for end in ("low", "high")),
        posted("net_per_hour_usd"),
        *(posted(f"net_per_hour_usd_{end}") for end in ("low", "high")),
    ),
}  # fmt: skip

ORDERS = (("orders", "orders"),)
ON_TIME = Measure("on_time_share", "On time", (("due", "due orders"),))
MEDIAN = Measure("click_to_door_minutes_p50_censored", "Click to door, median", ORDERS)
ACCEPTED = Measure("acceptance_share", "Offers accepted", (("at_risk", "offers at risk"),))
FILLED = Measure("fill_share", "Blocks filled", (("blocks_due", "blocks due"),))
NET = Measure(
    "net_per_hour_usd", "Net per hour on the job", (("costed_trips", "trips with known cost"), ("drivers", "drivers"))
)
GROSS = Measure("gross_per_hour_usd", "Gross per hour on the job", (("trips", "trips"), ("drivers", "drivers")))
PROMISES = "orders with a promise (promised_at) that has fallen due"
TOO_FEW = "too few drivers for an interval"


PAY_AND_MILES = "pay posted to trips, and their miles"
SECTIONS = [
    Cards(
        "Headline figures",
        [
            Card("delivery_speed", "speed", MEDIAN, "orders"),
            Card("delivery_speed", "speed", ON_TIME, PROMISES),
            Card("offers_and_acceptance", "offers", ACCEPTED, "answered offers"),
            Card("offers_and_acceptance", "offers", FILLED, "blocks that are due"),
            Card("driver_earnings", "earnings", GROSS, "pay posted to trips", TOO_FEW),
            Card("driver_earnings", "earnings", NET, PAY_AND_MILES, TOO_FEW),
        ],
    ),
    Section("over_time", "Is the promise kept?", "speed", [ON_TIME], PROMISES),
    Section("by_market", "Where is the promise kept?", "speed", [ON_TIME], PROMISES),
    Section("over_time", "Do drivers take the offers?", "offers", [ACCEPTED], "offers taken, declined or expired"),
    Section("by_market", "Where do drivers take the offers?", "offers", [ACCEPTED], "answered offers"),
    Section("over_time", "What is left per hour?", "earnings", [NET], PAY_AND_MILES),
    Section("by_market", "Where is how much left per hour?", "earnings", [NET], PAY_AND_MILES),
]
