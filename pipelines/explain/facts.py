"""What a formula of `metric_dictionary` leaves unsaid: which rows a table is over, and why a row may not be among them.

Belongs here: one entry per fact, one per metric table. Does not belong here: any metric, any condition of one.
"""

from dataclasses import dataclass, field


@dataclass(frozen=True)
class Fact:
    """A fact table as its metrics read it.

    key: the column that names a row, as the log's lines name it too. dated_by: SQL, the date that places a row.
    joins: dimension -> shared column, joined where a formula names the dimension.
    why: column -> SQL text, never null, that says why a row is left out by a condition on that column.
    """

    key: str
    log: str
    dated_by: str
    joins: dict[str, str]
    why: dict[str, str]


@dataclass(frozen=True)
class MetricTable:
    """A metric table: the metric whose rows those of its formulas are that name no others, and its keys.

    keys: besides grain, period, market and offer type; column -> SQL over the fact, None where it picks no rows.
    """

    rows_of: str
    keys: dict[str, str | None] = field(default_factory=dict)


_NO_COST = (
    "case when total_miles is null then 'cost unknown: miles missing' else 'cost unknown: no rate on its date' end"
)
_NO_HOURS = "case when has_clock_disorder then 'hours unknown: clock disorder' else 'hours unknown' end"
_NO_BLOCK = "case when block_id is null then 'no block' else 'block without a schedule' end"
_NO_STAGE = "case when has_clock_disorder then 'duration unknown: clock disorder' else 'duration unknown: no stamp' end"

FACTS = {
    "fct_deliveries": Fact(
        "order_id",
        "orders",
        "placed_date",
        {"dim_market": "market_id"},
        {
            "status": "'order is ' || status",
            "is_on_time": "case when is_on_time is not null then 'late' when promised_at is null then 'no promise' "
            "when not is_promise_due then 'promise not due yet' else 'cancelled by the customer in time' end",
            "is_same_day": "case when delivered_at is null then 'undelivered' else 'delivered on a later day' end",
            "is_next_day": "case when delivered_at is null then 'undelivered' else 'delivered later still' end",
            "first_attempted_at": "case when first_attempted_at is null then 'never attempted' "
            "else 'delivered after a failed attempt, or not at all' end",
            "promised_at": "case when promised_at is null then 'no promise' "
            "when promised_at < placed_at then 'promise before the order' else 'promise is later' end",
            "store_id": "'names no store'",
            "has_clock_disorder": "'clocks in order'",
            "click_to_door_minutes": f"case when delivered_at is null then 'undelivered' else {_NO_STAGE} end",
            "preparation_minutes": _NO_STAGE,
            "pickup_wait_minutes": _NO_STAGE,
            "transit_minutes": _NO_STAGE,
        },
    ),
    "fct_offers": Fact(
        "offer_id",
        "offers",
        "sent_date",
        {},
        {
            "is_at_risk": "'offer is ' || outcome",
            "is_accepted": "'offer is ' || outcome",
            "outcome": "'offer is ' || outcome",
            "offer_id": "'no trip of it'",
            "seconds_to_answer": "case when outcome in ('accepted', 'declined') then 'answer before the offer' "
            "else 'offer is ' || outcome end",
            "pay_per_hour_usd": "'pay or hours unknown'",
            "pay_usd": "'pay unknown'",
            "block_hours": "'hours unknown'",
            "is_late_forfeit": "case when forfeited_at is null then 'not forfeited' else 'forfeited in time' end",
            "is_no_show": "'no no-show'",
        },
    ),
    "fct_blocks": Fact(
        "block_id",
        "offers",
        "cast(timezone(dim_market.time_zone, first_sent_at) as date)",
        {"dim_market": "market_id"},
        {
            "block_starts_at": "'block not begun yet'",
            "is_cancelled": "'block cancelled'",
            "is_filled": "'not filled'",
            "is_first_wave_fill": "'not filled in the first wave'",
            "minutes_to_fill": "case when is_filled then 'filled before it was sent' else 'not filled' end",
            "price_to_fill_usd": "case when is_filled then 'pay unknown' else 'not filled' end",
        },
    ),
    "fct_trips": Fact(
        "trip_id",
        "trips",
        "trip_date",
        {"dim_vehicle_class": "vehicle_class"},
        {
            "status": "'trip not ended'",
            "is_pay_pending": "case when is_pay_pending then 'pay pending' else 'pay posted' end",
            "is_cost_known": _NO_COST,
            "net_per_hour_usd": f"case when net_usd is null then {_NO_COST} when on_job_hours is null then {_NO_HOURS} "
            "when minimum_wage_usd is null then 'no minimum wage on its date' else 'minimum wage or more' end",
            "net_usd": _NO_COST,
            "gas_usd": _NO_COST,
            "maintenance_usd": _NO_COST,
            "total_miles": "'miles missing'",
            "tax_rate_cost_usd": "case when total_miles is null then 'miles missing' else 'no tax rate' end",
            "depreciation_usd": "case when total_miles is null then 'miles missing' else 'no depreciation rate' end",
            "minimum_wage_usd": "'no minimum wage on its date'",
            "scheduled_hours": _NO_BLOCK,
            "unpaid_overrun_hours": f"case when scheduled_hours is null then {_NO_BLOCK} else {_NO_HOURS} end",
            "early_finish_hours": f"case when scheduled_hours is null then {_NO_BLOCK} else {_NO_HOURS} end",
            "on_job_hours": _NO_HOURS,
            "door_to_door_hours": _NO_HOURS,
            "engaged_hours": _NO_HOURS,
            "driver_key": "'driver has fewer than 3 trips in the cell'",
            "fuel_type": "'electric, or of an unknown class'",
        },
    ),
}

TABLES = {
    "delivery_speed": MetricTable("orders"),
    "delivery_hours": MetricTable(
        "orders",
        {
            "weekday": "isodow(placed_date)",
            "hour": "hour(timezone(dim_market.time_zone, placed_at))",
        },
    ),
    "delivery_curve": MetricTable("delivery_speed.orders", {"within_minutes": None}),
    "store_performance": MetricTable("orders", {"site_id": "site_id", "store_id": "store_id"}),
    "offer_acceptance": MetricTable("offers"),
    "acceptance_by_pay": MetricTable("at_risk", {"pay_per_hour_from_usd": "floor(pay_per_hour_usd)"}),
    "acceptance_pay_needed": MetricTable("at_risk"),
    "driver_earnings": MetricTable("trips"),
    "driver_pay_distribution": MetricTable("driver_earnings.trips", {"percentile": None}),
    "net_pay_parts": MetricTable("trips"),
}
