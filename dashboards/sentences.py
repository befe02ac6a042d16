"""The sentence above each chart, made of the chart's own rows.

Belongs here: how a finding is put in words. Does not belong here: any arithmetic; the least and the greatest row
are picked, not computed.
"""

from collections.abc import Mapping, Sequence

from dashboards.content import ALL, Site, in_offer_order, known, total, where
from dashboards.text import Measure, Row, claim, day, offer_label, quantity


def headline(whole: Sequence[Row], measure: Measure, words: str, site: Site) -> str:
    """The total over all logs with interval and n, and how far the markets lie apart; empty where it is unknown."""
    row = total(whole)
    if row is None or row.get(measure.column) is None:
        return ""
    return f"{claim(row, measure)} {words}{spread(whole, measure.column, site)}. "


def spread(whole: Sequence[Row], column: str, site: Site) -> str:
    """`; by market from 84.0 % (Las Vegas) to 91.2 % (Chandler)`, empty for a single market."""
    rows = [row for row in known(where(whole, offer_type=ALL), column) if row["market_id"] != ALL]
    if len(rows) < 2:
        return ""
    low, high = min(rows, key=lambda row: row[column]), max(rows, key=lambda row: row[column])
    ends = [f"{quantity(row[column], column)} ({site.market(row['market_id'])})" for row in (low, high)]
    return f"; by market from {ends[0]} to {ends[1]}"


def latest(weeks: Sequence[Row], measure: Measure) -> str:
    """The total of the latest week that has one: `In the latest week, from 11 Apr 2022: ...`."""
    rows = known(where(weeks, market_id=ALL, offer_type=ALL), measure.column)
    if not rows:
        return ""
    row = max(rows, key=lambda each: each["period_start"])
    return f"In the latest week, from {day(row['period_start'])}: {claim(row, measure)}."


def by_offer(whole: Sequence[Row], column: str) -> str:
    """`Retail 141.2 min, Station 95.0 min`: the parts over all markets; empty for a single offer type."""
    rows = in_offer_order(known(where(whole, market_id=ALL), column))
    parts = [f"{offer_label(row['offer_type'])} {quantity(row[column], column)}" for row in rows]
    return ", ".join(parts) if len(parts) > 1 else ""


def counts(row: Row | None, of: str, noun: str, parts: Mapping[str, str]) -> str:
    """`Of 20 offers: 2 accepted, 3 declined.`: counts of one row; `parts` maps a column to its word."""
    if row is None or not row.get(of):
        return ""
    said = ", ".join(f"{quantity(row[column], column)} {word}" for column, word in parts.items())
    return f"Of {quantity(row[of], of)} {noun}: {said}."
