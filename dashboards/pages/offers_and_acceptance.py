"""Offers and acceptance: do drivers take the offers, are the blocks filled, how fast do they answer.

Belongs here: which rows of `offer_acceptance` are shown and how. Does not belong here: any figure's formula.
"""

from collections.abc import Mapping, Sequence

from dashboards.charts import stacked_by_week
from dashboards.content import (
    WEEK_KEYS,
    Column,
    Key,
    Section,
    Site,
    Table,
    lead,
    market_ids,
    offer_types,
    panel,
    where,
)
from dashboards.sections import weekly, whole_period
from dashboards.sentences import counts, headline
from dashboards.text import Measure, Row, offer_label
from dashboards.theme import Style

TITLE = "Offers and acceptance"
MENU_ORDER = 20
QUERY = {
    "weeks": """
        select
            period_start, market_id, offer_type,
            offers, at_risk, accepted, declined, expired, withdrawn, pending,
            acceptance_share,
            coalesce(acceptance_share_by_driver_low, acceptance_share_low) as acceptance_share_low,
            coalesce(acceptance_share_by_driver_high, acceptance_share_high) as acceptance_share_high,
            seconds_to_answer_p50,
            blocks_due, blocks_filled, fill_share, fill_share_low, fill_share_high
        from main.offer_acceptance
        where grain = 'week'
        qualify dense_rank() over (order by period_start desc) <= 26
        order by period_start, market_id, offer_type
    """,
    "whole": """
        select
            market_id, offer_type, offers, at_risk, accepted, declined, expired, withdrawn, pending,
            acceptance_share,
            coalesce(acceptance_share_by_driver_low, acceptance_share_low) as acceptance_share_low,
            coalesce(acceptance_share_by_driver_high, acceptance_share_high) as acceptance_share_high,
            seconds_to_answer_p50,
            pay_per_hour_sent_usd, pay_per_hour_accepted_usd,
            blocks_due, blocks_filled, fill_share, fill_share_low, fill_share_high, first_wave_fill_share,
            minutes_to_fill_p50, price_to_fill_usd_mean, late_forfeits, no_shows
        from main.offer_acceptance
        where grain = 'all'
        order by market_id, offer_type
    """,
}

SOURCE = "offer_acceptance"
BLOCKS = (("blocks_due", "blocks due"),)
ACCEPTED = Measure("acceptance_share", "Accepted", (("at_risk", "offers at risk"),))
FILLED = Measure("fill_share", "Filled", BLOCKS)
FIRST_WAVE = Measure("first_wave_fill_share", "Filled in the first wave", BLOCKS)
SECONDS = Measure("seconds_to_answer_p50", "Median", (("accepted", "accepted"), ("declined", "declined")))
OUTCOMES = {
    "accepted": ("Accepted", Style("green")),
    "declined": ("Declined", Style("orange", pattern="/")),
    "expired": ("Expired", Style("grey", pattern=".")),
    "withdrawn": ("Withdrawn", Style("purple", pattern="\\")),
    "pending": ("Pending", Style("blue", pattern="-")),
}
FIGURES = {
    "offers": "Offers",
    "at_risk": "At risk",
    "accepted": "Accepted",
    "pay_per_hour_sent_usd": "Pay offered",
    "pay_per_hour_accepted_usd": "Pay accepted",
    "seconds_to_answer_p50": "Time to answer, median",
    "blocks_due": "Blocks due",
    "blocks_filled": "Filled",
    "first_wave_fill_share": "Filled in the first wave",
    "minutes_to_fill_p50": "Time to fill, median",
    "price_to_fill_usd_mean": "Price to fill, mean",
    "late_forfeits": "Late forfeits",
    "no_shows": "No-shows",
}


def build(rows: Mapping[str, list[Row]], site: Site) -> Sequence[Section]:
    """Five sections: acceptance, fill, outcomes and seconds to answer by week, all figures of the whole period."""
    weeks, whole = rows["weeks"], rows["whole"]
    return [
        weekly(
            SOURCE,
            [ACCEPTED],
            weeks,
            whole,
            site,
            title="Do drivers take the offers?",
            needs="offers that were accepted, declined or expired",
            words="were accepted",
            note="By week the offer was sent. At risk are offers accepted, declined or expired; one withdrawn, as "
            "when another driver took the block, is no refusal and left out. Intervals by driver: some are keener than "
            "others.",
        ),
        weekly(
            SOURCE,
            [FILLED],
            weeks,
            whole,
            site,
            title="Are the blocks filled?",
            needs="offered blocks whose start has passed",
            words="were filled",
            note="By week of a block's first offer. Filled: a driver took the block and did not give it back.",
        ),
        outcomes(weeks, whole, site),
        weekly(
            SOURCE,
            [SECONDS],
            weeks,
            whole,
            site,
            title="How fast do drivers answer?",
            needs="offers accepted or declined",
            words="is the median time to an answer",
            note="Median seconds from an offer to its acceptance or refusal, by week the offer was sent.",
        ),
        whole_period(
            SOURCE,
            FIGURES,
            whole,
            needs="offers",
            caption=headline(whole, FIRST_WAVE, "were filled in the first wave of offers", site),
        ),
    ]


def outcomes(weeks: list[Row], whole: list[Row], site: Site) -> Section:
    """What became of the offers, counts by week, a panel per offer type."""
    rows = [row for row in weeks if row["market_id"] in market_ids(weeks, site)[:1] and row["offers"]]
    panels = [
        panel(offer_label(each), stacked_by_week(where(rows, offer_type=each), OUTCOMES)) for each in offer_types(rows)
    ]
    labels = {column: label for column, (label, _) in OUTCOMES.items()}
    return Section(
        title="What becomes of the offers?",
        needs="offers",
        caption=counts(
            lead(whole, "offers"), "offers", "offers", {name: label.lower() for name, label in labels.items()}
        ),
        panels=panels,
        legend=[Key(label, style, "bar") for label, style in OUTCOMES.values()],
        note="Offers of all markets by week sent.",
        table=Table(
            SOURCE,
            [*WEEK_KEYS, Column("offers", "Offers"), *(Column(name, label) for name, label in labels.items())],
            rows,
        ),
    )
