"""Delivery speed: are orders at the door when promised, how long do they take, where does the time go.

Belongs here: which rows of `delivery_speed` are shown and how. Does not belong here: any figure's formula.
"""

from collections.abc import Mapping, Sequence

from dashboards.charts import Mark
from dashboards.content import KEYS, Key, Section, Site, Table, known
from dashboards.sections import columns_of, marks_by_market, weekly, whole_period
from dashboards.sentences import by_offer, headline
from dashboards.text import Measure, Row
from dashboards.theme import Style

TITLE = "Delivery speed"
MENU_ORDER = 10
QUERY = {
    "weeks": """
        select
            period_start, market_id, offer_type, delivered, due,
            on_time_share, on_time_share_low, on_time_share_high,
            click_to_door_minutes_p50, click_to_door_minutes_p90
        from main.delivery_speed
        where grain = 'week'
        qualify dense_rank() over (order by period_start desc) <= 26
        order by period_start, market_id, offer_type
    """,
    "whole": """
        select
            market_id, offer_type, orders, delivered, cancelled, open_orders, due, attempted, clock_disorders,
            on_time_share, on_time_share_low, on_time_share_high,
            same_day_share, next_day_share, first_attempt_share,
            click_to_door_minutes_mean, click_to_door_minutes_p50, click_to_door_minutes_p80,
            click_to_door_minutes_p90, click_to_door_minutes_p95,
            preparation_minutes_p50, preparation_minutes_p90,
            pickup_wait_minutes_p50, pickup_wait_minutes_p90,
            transit_minutes_p50, transit_minutes_p90
        from main.delivery_speed
        where grain = 'all'
        order by market_id, offer_type
    """,
}

SOURCE = "delivery_speed"
DELIVERED = (("delivered", "delivered orders"),)
ON_TIME = Measure("on_time_share", "On time", (("due", "due orders"),))
MEDIAN = Measure("click_to_door_minutes_p50", "Median", DELIVERED)
SLOWEST = Measure("click_to_door_minutes_p90", "90th percentile", DELIVERED)
SAME_DAY = Measure("same_day_share", "Same day", DELIVERED)
FIRST_ATTEMPT = Measure("first_attempt_share", "First attempt", (("attempted", "attempted orders"),))
STAGES = {
    "preparation_minutes": ("Preparation", "click to ready", Style("blue", "circle"), -0.27),
    "pickup_wait_minutes": ("Wait for the driver", "ready to picked up", Style("orange", "square"), 0),
    "transit_minutes": ("Transit", "picked up to door", Style("green", "diamond"), 0.27),
}
FIGURES = {
    "orders": "Orders",
    "delivered": "Delivered",
    "cancelled": "Cancelled",
    "open_orders": "Open",
    "same_day_share": "Same day",
    "next_day_share": "By next day",
    "attempted": "Attempted",
    "first_attempt_share": "First attempt",
    "click_to_door_minutes_mean": "Click to door, mean",
    "click_to_door_minutes_p50": "Median",
    "click_to_door_minutes_p80": "80th percentile",
    "click_to_door_minutes_p90": "90th percentile",
    "click_to_door_minutes_p95": "95th percentile",
    "clock_disorders": "Clock disorders",
}


def build(rows: Mapping[str, list[Row]], site: Site) -> Sequence[Section]:
    """Four sections: on time by week, click to door by week, stages, all figures of the whole period."""
    weeks, whole = rows["weeks"], rows["whole"]
    return [
        weekly(
            SOURCE,
            [ON_TIME],
            weeks,
            whole,
            site,
            title="Is the promise kept?",
            needs="orders with a promise (promised_at) that has fallen due",
            words="arrived by the end of their promise",
            note="On-time share by week of order. A due order that was never delivered counts as not on time.",
        ),
        weekly(
            SOURCE,
            [MEDIAN, SLOWEST],
            weeks,
            whole,
            site,
            title="How long from click to door?",
            needs="delivered orders",
            words="is the median from click to door",
            note="Minutes by week of order, of delivered orders only: orders still open are in none of these figures.",
            rivals={
                "click_to_door_p50": "click to door, median",
                "click_to_door_p90": "click to door, 90th percentile",
            },
        ),
        stages(whole, site),
        whole_period(
            SOURCE,
            FIGURES,
            whole,
            needs="orders",
            caption=headline(whole, SAME_DAY, "came on the day of the order", site)
            + headline(whole, FIRST_ATTEMPT, "came at the first attempt", site),
        ),
    ]


def stages(whole: list[Row], site: Site) -> Section:
    """Median and 90th percentile of the three stages, by market and offer type."""
    rows = [row for row in whole if any(row[f"{stage}_p50"] is not None for stage in STAGES)]
    stamped = {stage: look for stage, look in STAGES.items() if known(rows, f"{stage}_p50")}
    marks = [
        Mark(Measure(f"{stage}_p50", f"{label}, median", DELIVERED), style, (f"{stage}_p50", f"{stage}_p90"), offset)
        for stage, (label, _, style, offset) in stamped.items()
    ]
    slowest = [
        Measure(f"{stage}_p90", f"{label}, 90th percentile", DELIVERED) for stage, (label, *_) in stamped.items()
    ]
    said = {mark.measure.label: by_offer(rows, mark.measure.column) for mark in marks}
    return Section(
        title="Where does the time go?",
        needs="the events ready, picked_up and delivered of orders",
        caption=" ".join(f"{label}: {parts}." for label, parts in said.items() if parts),
        panels=marks_by_market(rows, marks, site),
        legend=[
            *(Key(f"{label} ({words}), median", style) for label, words, style, _ in stamped.values()),
            Key("from there to the 90th percentile", Style("grey"), "range"),
        ],
        note="Medians of the stages do not add up to the median of the whole.",
        table=Table(SOURCE, [*KEYS, *columns_of([*(mark.measure for mark in marks), *slowest], rows)], rows),
    )
