"""Overview: are we fast, do drivers take the offers, what is left per hour; one card each.

Belongs here: the headline figures and which charts stand under them. Does not belong here: any figure's formula.
"""

from collections.abc import Mapping, Sequence

from dashboards.charts import dots_by_market, lines_by_week
from dashboards.content import (
    ALL,
    KEYS,
    Panel,
    Section,
    Site,
    Stat,
    Table,
    known,
    lead,
    market_ids,
    offer_legend,
    paid,
    panel,
    where,
)
from dashboards.figures import value_range
from dashboards.sections import columns_of
from dashboards.sentences import by_offer, spread
from dashboards.text import Measure, Row, claim, offer_label

TITLE = "Overview"
QUERY = {
    "speed": """
        select
            market_id, offer_type, delivered, click_to_door_minutes_p50, click_to_door_minutes_p90,
            due, on_time_share, on_time_share_low, on_time_share_high
        from main.delivery_speed
        where grain = 'all'
        order by market_id, offer_type
    """,
    "speed_weeks": """
        select
            period_start, market_id, offer_type, delivered, click_to_door_minutes_p50,
            due, on_time_share, on_time_share_low, on_time_share_high
        from main.delivery_speed
        where grain = 'week'
        qualify dense_rank() over (order by period_start desc) <= 26
        order by period_start, market_id, offer_type
    """,
    "acceptance": """
        select
            market_id, offer_type, at_risk, acceptance_share,
            coalesce(acceptance_share_by_driver_low, acceptance_share_low) as acceptance_share_low,
            coalesce(acceptance_share_by_driver_high, acceptance_share_high) as acceptance_share_high,
            blocks_due, fill_share, fill_share_low, fill_share_high
        from main.offer_acceptance
        where grain = 'all'
        order by market_id, offer_type
    """,
    "acceptance_weeks": """
        select
            period_start, market_id, offer_type, at_risk,
            acceptance_share,
            coalesce(acceptance_share_by_driver_low, acceptance_share_low) as acceptance_share_low,
            coalesce(acceptance_share_by_driver_high, acceptance_share_high) as acceptance_share_high
        from main.offer_acceptance
        where grain = 'week'
        qualify dense_rank() over (order by period_start desc) <= 26
        order by period_start, market_id, offer_type
    """,
    "earnings": """
        select
            market_id, offer_type, trips, drivers, gross_usd, costed_trips,
            gross_per_hour_usd, gross_per_hour_usd_low, gross_per_hour_usd_high,
            net_per_hour_usd, net_per_hour_usd_low, net_per_hour_usd_high
        from main.driver_earnings
        where grain = 'all'
        order by market_id, offer_type
    """,
    "earnings_weeks": """
        select
            period_start, market_id, offer_type, drivers, gross_usd, costed_trips,
            net_per_hour_usd, net_per_hour_usd_low, net_per_hour_usd_high
        from main.driver_earnings
        where grain = 'week'
        qualify dense_rank() over (order by period_start desc) <= 26
        order by period_start, market_id, offer_type
    """,
}

MEDIAN = Measure("click_to_door_minutes_p50", "Click to door, median", (("delivered", "delivered orders"),))
SLOWEST = Measure("click_to_door_minutes_p90", "Nine of ten within", (("delivered", "delivered orders"),))
ON_TIME = Measure("on_time_share", "On time", (("due", "due orders"),))
ACCEPTED = Measure("acceptance_share", "Offers accepted", (("at_risk", "offers at risk"),))
FILLED = Measure("fill_share", "Blocks filled", (("blocks_due", "blocks due"),))
NET = Measure(
    "net_per_hour_usd", "Net per hour on the job", (("costed_trips", "trips with known cost"), ("drivers", "drivers"))
)
GROSS = Measure("gross_per_hour_usd", "Gross per hour", (("trips", "trips"), ("drivers", "drivers")))


def build(rows: Mapping[str, list[Row]], site: Site) -> Sequence[Section]:
    """Three cards."""
    return [
        card(
            "delivery_speed",
            (MEDIAN, SLOWEST, ON_TIME),
            (rows["speed"], rows["speed_weeks"]),
            site,
            title="Are we fast?",
            needs="orders",
            link=("delivery_speed", "Delivery speed in detail"),
            charted=ON_TIME if known(rows["speed"], ON_TIME.column) else MEDIAN,
        ),
        card(
            "offer_acceptance",
            (ACCEPTED, FILLED),
            (rows["acceptance"], rows["acceptance_weeks"]),
            site,
            title="Do drivers take the offers?",
            needs="offers that were accepted, declined or expired",
            link=("offers_and_acceptance", "Offers and acceptance in detail"),
        ),
        card(
            "driver_earnings",
            (NET, GROSS),
            (paid(rows["earnings"]), paid(rows["earnings_weeks"])),
            site,
            title="What is left per hour?",
            needs="pay posted to trips",
            link=("driver_earnings", "Driver earnings in detail"),
        ),
    ]


def card(
    source: str,
    measures: Sequence[Measure],
    whole_and_weeks: tuple[list[Row], list[Row]],
    site: Site,
    *,
    title: str,
    needs: str,
    link: tuple[str, str],
    charted: Measure | None = None,
) -> Section:
    """The first measure large, the others beside it; `charted`, else the first, by market and by week."""
    whole, weeks = whole_and_weeks
    drawn = charted or measures[0]
    rows = known(whole, drawn.column)
    parts = by_offer(rows, drawn.column) or "".join(claim(row, drawn) for row in [lead(rows, drawn.column)] if row)
    about = lead(whole, measures[0].column)
    return Section(
        title=title,
        scope=f"{offer_label(about['offer_type'])} · {site.market(market_ids(whole, site)[0])}" if about else "",
        needs=needs,
        stats=_stats(measures, about, whole) if about else [],
        caption=f"{drawn.label}: {parts}{spread(rows, drawn.column, site)}.",
        panels=_panels(drawn, rows, known(weeks, drawn.column), site),
        legend=offer_legend(rows, "marker"),
        table=Table(source, [*KEYS, *columns_of(measures, whole)], rows),
        link=link,
    )


def _stats(measures: Sequence[Measure], about: Row, whole: Sequence[Row]) -> list[Stat]:
    """The lead row's figures; beside the first the same for all offer types, where the lead row is about one."""
    first, *others = measures
    everything = where(whole, market_id=ALL, offer_type=ALL) if about["offer_type"] != ALL else []
    beside = "".join(f"{offer_label(ALL)}: {claim(row, first)}" for row in everything)
    return [Stat(first, about, is_main=True, beside=beside), *(Stat(measure, about) for measure in others)]


def _panels(measure: Measure, whole: Sequence[Row], weeks: Sequence[Row], site: Site) -> list[Panel]:
    if not whole:
        return []
    by_week = where(weeks, market_id=market_ids(whole, site)[0])
    lines = lines_by_week(by_week, [measure], value_range(by_week, [measure.column]))
    return [
        panel(f"{measure.label}, by market", dots_by_market(whole, site, measure)),
        Panel(f"{measure.label}, by week", lines, 190),
    ]
