"""The cells of the metric tables: grain x period x market x offer type, each with its rows.

Belongs here: which rows a cell has. Does not belong here: what is made of them.
"""

from collections import defaultdict
from collections.abc import Iterable
from datetime import date, timedelta
from typing import Any

Row = dict[str, Any]

KEYS = ("grain", "period_start", "market_id", "offer_type")
ALL = "all"


def week_of(day: date) -> date:
    """The Monday of the day's week."""
    return day - timedelta(days=day.weekday())


def periods(day: date, least: date, grains: Iterable[str] = ("day", "week", ALL)) -> list[tuple[str, date]]:
    """Grain and start of each period that the day is in; `least` is the least date of the whole fact."""
    starts = {"day": day, "week": week_of(day), ALL: least}
    return [(grain, starts[grain]) for grain in grains]


def cells(rows: Iterable[Row], date_name: str, least: date) -> dict[tuple, list[Row]]:
    """The rows of each cell that has any, by KEYS."""
    found: dict[tuple, list[Row]] = defaultdict(list)
    for row in rows:
        for period in periods(row[date_name], least):
            for market in (row["market_id"], ALL):
                for offer_type in (row["offer_type"], ALL):
                    found[*period, market, offer_type].append(row)
    return found


def count(rows: Iterable[Row], **wanted: Any) -> int:
    """How many rows have these values."""
    return sum(all(row[name] == value for name, value in wanted.items()) for row in rows)


def known(rows: Iterable[Row], name: str) -> list[Any]:
    """The values of a column that are not null."""
    return [row[name] for row in rows if row[name] is not None]
