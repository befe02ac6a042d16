"""Driver earnings: what an hour pays, what gas, tolls and maintenance take, what is left on which clock and for whom.

Belongs here: which rows of the earnings tables are shown and how. Does not belong here: any figure's formula.
"""

from dashboards.content import Elsewhere, Measure, Section
from dashboards.queries import cells, posted
from dashboards.theme import Style

TITLE = "Driver earnings"
MENU_ORDER = 30
HOURLY = ("base", "tip", "incentive", "adjustment", "gross", "gas", "toll", "maintenance", "net")
QUERY = {
    "earnings": cells(
        "driver_earnings", "trips", "drivers", "pay_pending_trips", "costed_trips", "is_suppressed",
        "on_job_hours", "scheduled_hours", "unpaid_overrun_hours", "early_finish_hours", "overlapping_hours",
        "total_miles", "miles_coverage_share",
        posted("gross_per_hour_usd"),
        *(posted(f"gross_per_hour_usd_{end}") for end in ("low", "high")),
        posted("gross_per_scheduled_hour_usd"),
        posted("net_per_hour_usd"),
        *(posted(f"net_per_hour_usd_{end}") for end in ("low", "high")),
        "net_per_scheduled_hour_usd", "net_per_engaged_hour_usd", "net_per_door_to_door_hour_usd",
        "net_before_tips_per_hour_usd", "net_at_constant_price_per_hour_usd", "after_tax_rate_per_hour_usd",
        "after_depreciation_per_hour_usd", "advertised_range_share", "below_minimum_wage_hours_share",
    ),
    "parts": cells(
        "net_pay_parts", "trips", "drivers", "on_job_hours", "gross_usd", "gas_usd", "toll_usd", "maintenance_usd",
        "net_usd", "total_miles", "fuel_miles", "fuel_usd", "gas_price_usd_per_gallon", "fuel_miles_per_gallon",
        "maintenance_usd_per_mile", *(f"{part}_per_hour_usd" for part in HOURLY),
        "minimum_wage_usd_least", "minimum_wage_usd_greatest",
    ),
    "spread": cells(
        "driver_pay_distribution", "rated_drivers", "net_per_hour_usd", along=("percentile",), has_days=False
    ),
}  # fmt: skip

ADVERTISED = {"bandAt": [18, 25], "bandLabel": "Advertised: $18 to $25 per scheduled hour, tips included"}
DRIVERS = (("drivers", "drivers"),)
TRIPS = (("trips", "trips"), *DRIVERS)
COSTED = (("costed_trips", "trips with known cost"), *DRIVERS)
ON_CLOCKS = (("costed_trips", "trips with known cost in all"), *DRIVERS)
PAY = "pay posted to trips (pay_posted)"
COST = "pay posted to trips, and their miles"
NET = Measure("net_per_hour_usd", "Net per hour on the job", COSTED)
GROSS = Measure("gross_per_hour_usd", "Gross per hour on the job", TRIPS, Style("blue", "square"))
GROSS_SCHEDULED = Measure("gross_per_scheduled_hour_usd", "Gross per scheduled hour", TRIPS, Style("purple", "diamond"))
NET_BESIDE = Measure("net_per_hour_usd", "Net per hour on the job", COSTED, Style("green"))
CLOCKS = [
    Measure("net_per_engaged_hour_usd", "Engaged", ON_CLOCKS),
    Measure("net_per_scheduled_hour_usd", "Scheduled", ON_CLOCKS),
    Measure("net_per_hour_usd", "On the job", ON_CLOCKS),
    Measure("net_per_door_to_door_hour_usd", "Door to door", ON_CLOCKS),
]
BASES = [
    Measure("net_per_hour_usd", "Gas, tolls, upkeep", COSTED),
    Measure("net_at_constant_price_per_hour_usd", "At first gas price", COSTED),
    Measure("after_depreciation_per_hour_usd", "With depreciation", COSTED),
    Measure("after_tax_rate_per_hour_usd", "Tax mileage rate", COSTED),
    Measure("net_before_tips_per_hour_usd", "Net before tips", COSTED),
]
STEPS = [
    Measure(f"{part}_per_hour_usd", label, TRIPS, step=step)
    for part, label, step in (
        ("base", "Base", "add"),
        ("tip", "Tips", "add"),
        ("incentive", "Incentives", "add"),
        ("adjustment", "Adjustments", "add"),
        ("gross", "Gross", "total"),
        ("gas", "Gas", "take"),
        ("toll", "Tolls", "take"),
        ("maintenance", "Maintenance", "take"),
        ("net", "Net", "total"),
    )
]
# In the link each has a short name.
SLIDERS = [
    Elsewhere(
        "parts",
        Measure("gas_price_usd_per_gallon", "Gas price", TRIPS),
        {"name": "gas", "from": 1.5, "to": 8.0, "step": 0.01},
    ),
    Elsewhere(
        "parts",
        Measure("fuel_miles_per_gallon", "Miles per gallon", TRIPS),
        {"name": "mpg", "from": 8.0, "to": 60.0, "step": 0.1},
    ),
    Elsewhere(
        "parts",
        Measure("maintenance_usd_per_mile", "Maintenance per mile", TRIPS),
        {"name": "rate", "from": 0.0, "to": 0.4, "step": 0.001},
    ),
]
SECTIONS = [
    Section(
        "by_market",
        "From the advertised hour to what is left",
        "earnings",
        [GROSS_SCHEDULED, GROSS, NET_BESIDE],
        PAY,
        "The advertised range is gross pay, tips included, per scheduled hour. Net is after gas, tolls and "
        "maintenance, of trips whose miles are known.",
        ADVERTISED,
    ),
    Section(
        "over_time",
        "What is left per hour?",
        "earnings",
        [NET],
        COST,
        "By day or week of the trip's start: sums of net over sums of hours.",
        rivals={"net_per_hour": "net"},
    ),
    Section(
        "waterfall",
        "Where does the hour's pay come from, and go?",
        "parts",
        STEPS,
        COST,
        "Per hour on the job, over trips whose cost and hours are known. The bars close: what is added less "
        "what is taken is net.",
        {"wide": True},
    ),
    Section(
        "over_time",
        "What would be left without tips?",
        "earnings",
        [Measure("net_before_tips_per_hour_usd", "Net before tips per hour on the job", COSTED)],
        COST,
        "Net less tips, over the hours on the job.",
        rivals={"net_per_hour_before_tips": "net before tips"},
    ),
    Section(
        "drivers",
        "How far do drivers lie apart?",
        "spread",
        [Measure("net_per_hour_usd", "Net per hour on the job", (("rated_drivers", "drivers"),))],
        "known net pay of 20 drivers with three trips or more (four times privacy.min_drivers)",
        "Drivers with at least three trips in the period. The shaded range is what drivers are told, gross; the "
        "curves are net.",
        ADVERTISED
        | {
            "wage": Elsewhere(
                "parts", Measure("minimum_wage_usd_least", "Minimum wage"), {"top": "minimum_wage_usd_greatest"}
            )
        },
    ),
    Section(
        "stacked_over_time",
        "Do blocks run over, or end early?",
        "earnings",
        [
            Measure("unpaid_overrun_hours", "Unpaid overrun", TRIPS, Style("orange", pattern="/")),
            Measure("early_finish_hours", "Early finish", TRIPS, Style("green")),
        ],
        "trips with a block",
        "Hours beyond the block, and hours of the block not needed; one does not make up for the other.",
        {"opposed": True, "totals": [Measure("scheduled_hours", "Scheduled")]},
    ),
    Section(
        "measures",
        "On which clock?",
        "earnings",
        CLOCKS,
        COST,
        "Net pay over four ways to count hours: from pick-up to last drop-off, the block, from arrival at the "
        "pick-up to the end, from leaving home to the end. Each over the trips that have that clock: one without a "
        "delivery has no engaged hours, one without a block no scheduled ones, so clocks differ in trips too.",
    ),
    Section(
        "measures",
        "At which cost?",
        "earnings",
        BASES,
        COST,
        "Per hour on the job, on different cost bases, never mixed. The tax mileage rate covers gas, maintenance "
        "and depreciation together.",
    ),
    Section(
        "over_time",
        "What would be left at the first gas price?",
        "earnings",
        [NET, Measure("net_at_constant_price_per_hour_usd", "At the market's first gas price", COSTED)],
        COST,
        "Where the lines part, the price of gas made the difference.",
    ),
    Section(
        "over_time",
        "What did gas cost?",
        "parts",
        [Measure("gas_price_usd_per_gallon", "Gas price", (("trips", "trips, electric ones among them"), *DRIVERS))],
        COST,
        "What a gallon cost over the trips of the period.",
    ),
    Section(
        "what_if",
        "What if gas, mileage or upkeep were different?",
        "parts",
        [Measure("net_per_hour_usd", "Net per hour", TRIPS)],
        COST,
        "Move a slider: net per hour is computed anew from the published sums of the chosen view, every trip and "
        "driver as before. Electric cars keep their cost of power.",
        {"sliders": SLIDERS},
    ),
    Section(
        "table",
        "All figures by market",
        "earnings",
        [
            Measure("market_id", "Market"),
            Measure("offer_type", "Offer type"),
            Measure("trips", "Trips"),
            Measure("drivers", "Drivers"),
            Measure("pay_pending_trips", "Pay pending"),
            Measure("on_job_hours", "On the job"),
            Measure("overlapping_hours", "Overlapping"),
            Measure("total_miles", "Miles"),
            Measure("miles_coverage_share", "Hours with known cost", TRIPS),
            GROSS_SCHEDULED,
            GROSS,
            NET,
            *BASES[1:],
            Measure("advertised_range_share", "Trips within 18-25", TRIPS),
            Measure("below_minimum_wage_hours_share", "Hours below minimum wage", COSTED),
            Measure("is_suppressed", "Driver figures withheld"),
        ],
        PAY,
        more={"by": ["market_id", "offer_type"]},
    ),
]
