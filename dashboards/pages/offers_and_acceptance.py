"""Offers and acceptance: do drivers take the offers, at what pay, are the blocks filled.

Belongs here: which rows of the offer tables are shown and how. Does not belong here: any figure's formula.
"""

from dashboards.content import Elsewhere, Measure, Section
from dashboards.queries import cells
from dashboards.theme import Style

TITLE = "Offers and acceptance"
MENU_ORDER = 20
QUERY = {
    "offers": cells(
        "offer_acceptance", "offers", "at_risk", "accepted", "driven", "declined", "expired", "withdrawn", "pending",
        "acceptance_share",
        "coalesce(acceptance_share_by_driver_low, acceptance_share_low) as acceptance_share_low",
        "coalesce(acceptance_share_by_driver_high, acceptance_share_high) as acceptance_share_high",
        "seconds_to_answer_p50", "pay_per_hour_sent_usd", "pay_per_hour_accepted_usd",
        "blocks_due", "blocks_filled", "fill_share", "fill_share_low", "fill_share_high",
        "first_wave_fill_share", "minutes_to_fill_p50", "price_to_fill_usd_mean", "late_forfeits", "no_shows",
    ),
    "pay": cells(
        "acceptance_by_pay", "at_risk", "accepted", "acceptance_share", "acceptance_share_low", "acceptance_share_high",
        "fitted_share", "fitted_share_low", "fitted_share_high", along=("pay_per_hour_from_usd",), has_days=False,
    ),
    "needed": cells(
        "acceptance_pay_needed", "at_risk", "drivers", "pay_per_hour_for_80_percent_usd",
        "pay_per_hour_for_80_percent_usd_low", "pay_per_hour_for_80_percent_usd_high", "note", has_days=False,
    ),
}  # fmt: skip

AT_RISK = (("at_risk", "offers at risk"),)
ANSWERS = (("accepted", "accepted"), ("declined", "declined"))
ACCEPTED = Measure("acceptance_share", "Accepted", AT_RISK)
BLOCKS = (("blocks_due", "blocks due"),)
FILLED_BLOCKS = (("blocks_filled", "blocks filled"),)
SENT = (("offers", "offers"),)
TAKEN = (("accepted", "offers accepted"),)
FILLED = Measure("fill_share", "Filled", BLOCKS)
FIRST_WAVE = Measure("first_wave_fill_share", "In the first wave", BLOCKS)
NEEDED = Measure(
    "pay_per_hour_for_80_percent_usd", "Pay needed for 80%", (("at_risk", "offers at risk"), ("drivers", "drivers"))
)
OUTCOMES = [
    Measure("accepted", "Accepted", style=Style("green")),
    Measure("declined", "Declined", style=Style("orange", pattern="/")),
    Measure("expired", "Expired", style=Style("purple", pattern="\\")),
    Measure("withdrawn", "Withdrawn", style=Style("grey", pattern=".")),
    Measure("pending", "Pending", style=Style("blue", pattern="-")),
]
ANSWERED = "offers that were accepted, declined or expired"


SECTIONS = [
    Section(
        "over_time",
        "Do drivers take the offers?",
        "offers",
        [ACCEPTED],
        ANSWERED,
        "At risk are offers accepted, declined or expired; one withdrawn, as when another driver took the block, "
        "is no refusal. Intervals by driver: some are keener than others.",
    ),
    Section("by_market", "Where do drivers take the offers?", "offers", [ACCEPTED], ANSWERED),
    Section(
        "pay_curve",
        "What pay does it take?",
        "pay",
        [ACCEPTED],
        ANSWERED,
        "Offers at risk by pay per hour of the block, in steps of 1 USD; bars are intervals of each step. The "
        "curve is a logistic fit, its band and the pay needed take account of drivers who answer many offers. "
        "Observational: better paid offers may differ in other ways.",
        {
            "fit": Elsewhere("needed", NEEDED),
            "totals": [Measure("accepted", "Accepted"), Measure("fitted_share", "Fitted share", AT_RISK)],
        },
    ),
    Section(
        "funnel",
        "How many offers become trips?",
        "offers",
        [
            Measure("offers", "Sent"),
            Measure("at_risk", "At risk"),
            Measure("accepted", "Accepted"),
            Measure("driven", "Driven"),
        ],
        "offers",
        "Sent offers that were withdrawn or are pending are not at risk. Driven: a trip was started on the offer.",
        {"totals": [ACCEPTED]},
    ),
    Section("stacked_over_time", "What becomes of the offers?", "offers", OUTCOMES, "offers"),
    Section(
        "over_time",
        "Are the blocks filled?",
        "offers",
        [FILLED, FIRST_WAVE],
        "offered blocks whose start has passed",
        "By the block's first offer. Filled: a driver took the block and did not give it back.",
    ),
    Section(
        "over_time",
        "What do offers pay?",
        "offers",
        [
            Measure("pay_per_hour_sent_usd", "Offered pay per hour", SENT),
            Measure("pay_per_hour_accepted_usd", "Accepted pay per hour", TAKEN),
        ],
        "offers with pay",
        "Sums of pay over sums of block hours.",
    ),
    Section(
        "over_time",
        "How fast do drivers answer?",
        "offers",
        [Measure("seconds_to_answer_p50", "Median seconds to answer", ANSWERS)],
        "offers accepted or declined",
    ),
    Section(
        "table",
        "All figures by market",
        "offers",
        [
            Measure("market_id", "Market"),
            Measure("offer_type", "Offer type"),
            Measure("offers", "Sent"),
            ACCEPTED,
            *OUTCOMES,
            Measure("driven", "Driven"),
            Measure("pay_per_hour_sent_usd", "Offered pay", SENT),
            Measure("pay_per_hour_accepted_usd", "Accepted pay", TAKEN),
            FILLED,
            FIRST_WAVE,
            Measure("minutes_to_fill_p50", "To fill, median", FILLED_BLOCKS),
            Measure("price_to_fill_usd_mean", "Price to fill, mean", FILLED_BLOCKS),
            Measure("seconds_to_answer_p50", "To answer, median", ANSWERS),
            Measure("late_forfeits", "Late forfeits"),
            Measure("no_shows", "No-shows"),
        ],
        "offers",
        more={"by": ["market_id", "offer_type"]},
    ),
]
