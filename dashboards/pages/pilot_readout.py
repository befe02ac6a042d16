"""Pilot read-out: retail against the other offer types of the same market, and when no verdict can be given.

Belongs here: which metrics of `pilot_readout` are shown and how. Does not belong here: differences and verdicts.
"""

from dashboards.content import Measure, Query, Section
from dashboards.theme import Style

TITLE = "Pilot read-out"
MENU_ORDER = 50
PICKERS = ("market",)
WORDS = (
    "Observational: retail offers less the other offer types of the same market over the same days. Nothing was "
    "assigned at random, so whatever else differs between offer types is in the difference too. A verdict is given "
    "only where the interval leaves zero out and the comparison with every other offer type agrees."
)
QUERY = {
    "readout": Query(
        "pilot_readout",
        """
        select
            metric, table_name, market_id, unit, better, retail_value, baseline_value, retail_denominator,
            baseline_denominator, retail_drivers, baseline_drivers, retail_site_weeks, baseline_site_weeks,
            difference, difference_low, difference_high, least_difference, least_difference_offer_type,
            greatest_difference, greatest_difference_offer_type, verdict, note
        from main.pilot_readout
        where unit <> 'USD/hour' or retail_numerator <> 0 or baseline_numerator <> 0
        order by metric, case market_id when 'overall' then 0 else 1 end, market_id
        """,
    )
}
# metric: (what it is called, its unit as the dictionary has it, what the denominators count)
METRICS = {
    "on_time_share": ("On time", "share", "due orders"),
    "same_day_share": ("Same day", "share", "delivered orders"),
    "click_to_door_minutes_mean": ("Click to door, mean", "minutes", "delivered orders"),
    "acceptance_share": ("Offers accepted", "share", "offers at risk"),
    "fill_share": ("Blocks filled", "share", "blocks due"),
    "gross_per_hour_usd": ("Gross per hour on the job", "USD/hour", "hours"),
    "net_per_hour_usd": ("Net per hour on the job", "USD/hour", "hours"),
    "net_at_constant_price_per_hour_usd": ("Net per hour at the first gas price", "USD/hour", "hours"),
}


SECTIONS = [
    *(
        Section(
            "differences",
            f"{label}: retail less the rest",
            "readout",
            [Measure("difference", "Difference", unit=unit, style=Style("grey"))],
            "retail and another offer type in one market",
            more={
                "metric": metric,
                "totals": [
                    Measure("retail_value", "Retail", (("retail_denominator", noun),), unit=unit),
                    Measure("baseline_value", "The rest", (("baseline_denominator", noun),), unit=unit),
                ],
                "after": [
                    Measure("least_difference", "Least, by offer type", unit=unit),
                    Measure("least_difference_offer_type", "Against"),
                    Measure("greatest_difference", "Greatest, by offer type", unit=unit),
                    Measure("greatest_difference_offer_type", "Against"),
                    Measure("retail_drivers", "Retail drivers"),
                    Measure("retail_site_weeks", "Retail site-weeks"),
                    Measure("verdict", "Verdict"),
                    Measure("note", "Note"),
                ],
            },
        )
        for metric, (label, unit, noun) in METRICS.items()
    ),
    Section(
        "table",
        "All verdicts",
        "readout",
        [
            Measure("metric", "Metric", names={metric: label for metric, (label, *_) in METRICS.items()}),
            Measure("market_id", "Market"),
            Measure("retail_value", "Retail", unit="row"),
            Measure("baseline_value", "The rest", unit="row"),
            Measure("difference", "Difference", unit="row"),
            Measure("retail_site_weeks", "Retail site-weeks"),
            Measure("verdict", "Verdict"),
            Measure("note", "Note"),
        ],
        "retail and another offer type in one market",
    ),
]
