"""The sentence above each chart, made of the chart's own rows.

Belongs here: how a finding is put in words. Does not belong here: any arithmetic; the least and the greatest row
are picked, not computed.
"""

from collections.abc import Mapping, Sequence

from dashboards.content import ALL, Site, in_offer_order, known, lead, where
from dashboards.text import Measure, Row, claim, day, offer_label, quantity, sample


def headline(whole: Sequence[Row], measure: Measure, words: str, site: Site) -> str:
    """The lead row's figure with interval and n, and how far the markets lie apart; empty where it is unknown."""
    row = lead(whole, measure.column)
    if row is None:
        return ""
    return f"{subject(row)}{claim(row, measure)} {words}{spread(whole, measure.column, site)}. "


def subject(row: Row) -> str:
    """`Retail: ` where a row is about one offer type, else nothing."""
    return "" if row["offer_type"] == ALL else f"{offer_label(row['offer_type'])}: "


def spread(whole: Sequence[Row], column: str, site: Site) -> str:
    """`; retail by market from 84.0% (Las Vegas) to 91.2% (Chandler)`, of the lead row's type; empty for one market."""
    row = lead(whole, column)
    if row is None:
        return ""
    alike = known(where(whole, offer_type=row["offer_type"]), column)
    rows = [each for each in alike if each["market_id"] != ALL]
    if len(rows) < 2:
        return ""
    low, high = min(rows, key=lambda row: row[column]), max(rows, key=lambda row: row[column])
    ends = [f"{quantity(row[column], column)} ({site.market(row['market_id'])})" for row in (low, high)]
    whose = "" if row["offer_type"] == ALL else f"{offer_label(row['offer_type']).lower()} "
    return f"; {whose}by market from {ends[0]} to {ends[1]}"


def latest(weeks: Sequence[Row], measure: Measure) -> str:
    """The latest week of the lead row's offer type: `In the latest week, from 11 Apr 2022: ...`."""
    row = lead(weeks, measure.column)  # rows come in order of weeks, so the last one counts
    return f"In the latest week, from {day(row['period_start'])}: {claim(row, measure)}." if row else ""


def by_offer(whole: Sequence[Row], column: str) -> str:
    """`Retail 141.2 min, Station 95.0 min`: offer types over all markets; empty for a single one."""
    rows = in_offer_order(known(where(whole, market_id=ALL), column))
    parts = [f"{offer_label(row['offer_type'])} {quantity(row[column], column)}" for row in rows]
    return ", ".join(parts) if len(parts) > 1 else ""


def side_by_side(row: Row | None, measures: Sequence[Measure]) -> str:
    """`Retail: gross $21.24/h, net $17.48/h (n = 1,602 trips).`: several figures of one row, each n once."""
    if row is None:
        return ""
    shown = [measure for measure in measures if row.get(measure.column) is not None]
    said = ", ".join(f"{measure.label.lower()} {quantity(row[measure.column], measure.column)}" for measure in shown)
    behind = "; ".join(dict.fromkeys(sample(row, measure) for measure in shown))
    return sentence(f"{subject(row)}{said} ({behind}).")


def counts(row: Row | None, of: str, noun: str, parts: Mapping[str, str]) -> str:
    """`Of 20 offers: 2 accepted, 3 declined.`: counts of one row; `parts` maps a column to its word."""
    if row is None:
        return ""
    said = ", ".join(f"{quantity(row[column], column)} {word}" for column, word in parts.items())
    return sentence(f"{subject(row)}of {quantity(row[of], of)} {noun}: {said}.")


def sentence(words: str) -> str:
    """The words with a capital at the beginning."""
    return words[:1].upper() + words[1:]
