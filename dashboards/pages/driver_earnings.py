"""Driver earnings: what an hour pays, what gas, tolls and maintenance take, what is left on which clock.

Belongs here: which rows of `driver_earnings` are shown and how. Does not belong here: any figure's formula.
"""

from collections.abc import Mapping, Sequence

from dashboards.charts import Mark, waterfall
from dashboards.content import (
    KEYS,
    Key,
    Section,
    Site,
    Table,
    known,
    lead,
    market_ids,
    offer_types,
    paid,
    panel,
    where,
)
from dashboards.sections import columns_of, mark_keys, marks_by_market, shown_marks, weekly, whole_period
from dashboards.sentences import headline, sentence, side_by_side, subject
from dashboards.text import WITHHELD, Measure, Row, offer_label, quantity, sample
from dashboards.theme import Style

TITLE = "Driver earnings"
MENU_ORDER = 30
QUERY = {
    "weeks": """
        select
            period_start, market_id, offer_type, trips, drivers, gross_usd, costed_trips,
            net_per_hour_usd, net_per_hour_usd_low, net_per_hour_usd_high
        from main.driver_earnings
        where grain = 'week'
        qualify dense_rank() over (order by period_start desc) <= 26
        order by period_start, market_id, offer_type
    """,
    "whole": """
        select
            market_id, offer_type, is_suppressed, trips, drivers, pay_pending_trips,
            on_job_hours, door_to_door_hours, engaged_hours, scheduled_hours, overlapping_hours,
            unpaid_overrun_hours, early_finish_hours, total_miles, miles_coverage_share, gross_usd,
            costed_trips, costed_gross_usd, costed_tip_usd, costed_gas_usd, costed_toll_usd, costed_maintenance_usd,
            costed_net_usd,
            gross_per_hour_usd, gross_per_scheduled_hour_usd,
            net_per_hour_usd, net_per_scheduled_hour_usd, net_per_engaged_hour_usd, net_per_door_to_door_hour_usd,
            net_before_tips_per_hour_usd, net_at_constant_price_per_hour_usd,
            after_tax_rate_per_hour_usd, after_depreciation_per_hour_usd,
            advertised_range_share, below_minimum_wage_hours_share,
            driver_net_per_hour_usd_p10, driver_net_per_hour_usd_p25, driver_net_per_hour_usd_p50,
            driver_net_per_hour_usd_p75, driver_net_per_hour_usd_p90
        from main.driver_earnings
        where grain = 'all'
        order by market_id, offer_type
    """,
}

SOURCE = "driver_earnings"
ADVERTISED_USD_PER_HOUR = (18.0, 25.0)  # as drivers are told, per scheduled hour, tips included
PAY = "pay posted to trips (pay_posted)"
COST = "pay posted to trips, and their miles"
DRIVERS = (("drivers", "drivers"),)
TRIPS = (("trips", "trips"), *DRIVERS)
COSTED = (("costed_trips", "trips with known cost"), *DRIVERS)
GROSS_SCHEDULED = Measure("gross_per_scheduled_hour_usd", "Gross per scheduled hour", TRIPS)
GROSS = Measure("gross_per_hour_usd", "Gross per hour on the job", TRIPS)
NET = Measure("net_per_hour_usd", "Net per hour on the job", COSTED)
WITHIN_ADVERTISED = Measure("advertised_range_share", "Trips within 18-25", TRIPS)
LEFT = [
    Mark(GROSS_SCHEDULED, Style("purple", "diamond")),
    Mark(GROSS, Style("blue", "square")),
    Mark(NET, Style("green"), (NET.column, GROSS.column)),
]
CLOCKS = [
    Mark(Measure("net_per_engaged_hour_usd", "Engaged", COSTED), Style("blue", "square"), offset=-0.3),
    Mark(Measure("net_per_scheduled_hour_usd", "Scheduled", COSTED), Style("purple", "diamond"), offset=-0.1),
    Mark(Measure("net_per_hour_usd", "On the job", COSTED), Style("green"), offset=0.1),
    Mark(Measure("net_per_door_to_door_hour_usd", "Door to door", COSTED), Style("orange", "triangle-up"), offset=0.3),
]
EACH_DRIVER = {
    end: Measure(f"driver_net_per_hour_usd_{end}", label, (("drivers", "drivers in all"),))
    for end, label in (
        ("p10", "10th percentile"),
        ("p25", "25th percentile"),
        ("p50", "Median driver"),
        ("p75", "75th percentile"),
        ("p90", "90th percentile"),
    )
}
WITHHELD_SENTENCE = "Withheld: too few drivers stand behind these figures."
SPREAD = [
    Mark(EACH_DRIVER["p50"], Style("green"), (EACH_DRIVER["p10"].column, EACH_DRIVER["p90"].column)),
    Mark(EACH_DRIVER["p50"], Style("green"), (EACH_DRIVER["p25"].column, EACH_DRIVER["p75"].column), width=6),
]
STEPS = [
    ("costed_gross_usd", "Gross", "start"),
    ("costed_gas_usd", "Gas", "take"),
    ("costed_toll_usd", "Tolls", "take"),
    ("costed_maintenance_usd", "Maintenance", "take"),
    ("costed_net_usd", "Net", "end"),
]
FIGURES = {
    "trips": "Trips",
    "drivers": "Drivers",
    "pay_pending_trips": "Pay pending",
    "on_job_hours": "On the job",
    "overlapping_hours": "Overlapping",
    "unpaid_overrun_hours": "Unpaid overrun",
    "early_finish_hours": "Early finish",
    "total_miles": "Miles",
    "miles_coverage_share": "Hours with known cost",
    "gross_per_hour_usd": "Gross per hour",
    "net_per_hour_usd": "Net per hour",
    "net_before_tips_per_hour_usd": "Net before tips",
    "net_at_constant_price_per_hour_usd": "Net at constant gas price",
    "after_tax_rate_per_hour_usd": "After tax-rate mileage",
    "after_depreciation_per_hour_usd": "After depreciation",
    "advertised_range_share": "Trips within 18-25",
    "below_minimum_wage_hours_share": "Hours below minimum wage",
}


def build(rows: Mapping[str, list[Row]], site: Site) -> Sequence[Section]:
    """Six sections, from the hourly figures to the spread over drivers; none of them where no pay is posted."""
    weeks, whole = paid(rows["weeks"]), paid(rows["whole"])
    return [
        advertised(whole, site),
        gross_to_net(whole, site),
        weekly(
            SOURCE,
            [NET],
            weeks,
            whole,
            site,
            title="What is left per hour, week by week?",
            needs=COST,
            words="on the job was left after gas, tolls and maintenance",
            note="Net per hour on the job by week of the trip's start: sums of net over sums of hours.",
            rivals={"net_per_hour": "net"},
        ),
        clocks(whole, site),
        drivers_apart(whole, site),
        whole_period(
            SOURCE,
            FIGURES,
            whole,
            needs=PAY,
            caption=headline(whole, WITHIN_ADVERTISED, "paid within the advertised range", site),
        ),
    ]


def advertised(whole: list[Row], site: Site) -> Section:
    """Gross per scheduled hour against the advertised range; gross and net per hour on the job beside it."""
    rows = known(whole, GROSS.column)
    marks = shown_marks(LEFT, rows)
    low, high = ADVERTISED_USD_PER_HOUR
    return Section(
        title="From the advertised hour to what is left",
        needs=PAY,
        caption=side_by_side(lead(rows, GROSS.column), [mark.measure for mark in marks]),
        panels=marks_by_market(rows, marks, site, ADVERTISED_USD_PER_HOUR),
        legend=[
            *mark_keys(marks),
            Key(f"Advertised: ${low:.0f} to ${high:.0f} per scheduled hour", Style("grey"), "band"),
        ],
        note="The advertised range is gross pay, tips included, per scheduled hour. Net is after gas, tolls and "
        "maintenance, of trips whose miles are known.",
        table=Table(SOURCE, [*KEYS, *columns_of([mark.measure for mark in marks], rows)], rows),
    )


def gross_to_net(whole: list[Row], site: Site) -> Section:
    """A waterfall of sums from gross to net over all markets, a panel per offer type."""
    costed = [row for row in known(whole, *(name for name, _, _ in STEPS)) if row["costed_trips"]]
    rows = where(costed, market_id=market_ids(costed, site)[0]) if costed else []
    figures = {name: label for name, label, _ in STEPS} | {"costed_tip_usd": "Tips in gross"}
    return Section(
        title="What do gas, tolls and maintenance take?",
        needs=COST,
        caption=_waterfall_sentence(lead(costed, STEPS[0][0])),
        panels=[
            panel(offer_label(each), waterfall(where(rows, offer_type=each)[0], STEPS)) for each in offer_types(rows)
        ],
        note="Sums over trips with known cost, all markets. The bars close: gross less the three costs is net.",
        table=Table(
            SOURCE, [*KEYS, *columns_of([Measure(name, label, COSTED) for name, label in figures.items()], rows)], rows
        ),
    )


def _waterfall_sentence(row: Row | None) -> str:
    if row is None:
        return ""
    said = {name: quantity(row[name], name) for name in ("costed_tip_usd", *(name for name, _, _ in STEPS))}
    taken = ", ".join(f"{label.lower()} {said[name]}" for name, label, kind in STEPS if kind == "take")
    return sentence(
        f"{subject(row)}of {said['costed_gross_usd']} gross, {said['costed_tip_usd']} of it tips, costs took {taken}; "
        f"{said['costed_net_usd']} was left ({sample(row, NET)})."
    )


def clocks(whole: list[Row], site: Site) -> Section:
    """Net per hour on four clocks."""
    rows = known(whole, NET.column)
    marks = shown_marks(CLOCKS, rows)
    measures = [mark.measure for mark in marks]
    return Section(
        title="Whose hour? The same net pay on four clocks",
        needs=COST,
        caption=side_by_side(lead(rows, NET.column), measures),
        panels=marks_by_market(rows, marks, site),
        legend=mark_keys(marks),
        note="Scheduled: the block as offered. On the job: arrival at the pick-up to the end. Engaged: leaving the "
        "pick-up to the last drop-off. Door to door: setting off to the end.",
        table=Table(SOURCE, [*KEYS, *columns_of(measures, rows)], rows),
    )


def drivers_apart(whole: list[Row], site: Site) -> Section:
    """How net per hour spreads over drivers; withheld where few drivers stand behind it."""
    median = EACH_DRIVER["p50"]
    rows = [row for row in whole if row[median.column] is not None or row["is_suppressed"]]
    return Section(
        title="How far are drivers apart?",
        needs="drivers with three or more trips whose pay and miles are known",
        caption=headline(rows, median, "is what the median driver keeps", site) or WITHHELD_SENTENCE,
        panels=marks_by_market(known(rows, median.column), SPREAD, site),
        legend=[
            Key("median driver", Style("green"), "marker"),
            Key("middle half of drivers (25th to 75th percentile)", Style("green"), "thick"),
            Key("10th to 90th percentile", Style("green"), "range"),
        ],
        note=f"Net per hour on the job of each driver with three or more trips. “{WITHHELD}”: too few drivers to show "
        "figures about single ones.",
        table=Table(SOURCE, [*KEYS, *columns_of(list(EACH_DRIVER.values()), rows)], rows),
    )
