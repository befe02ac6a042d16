"""Figures as words: units by the names' suffixes, numbers, intervals, dates; text made safe for Plotly.

Belongs here: how a value of a column reads. Does not belong here: HTML (templates escape by themselves), charts.
"""

import html
import re
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import date, datetime
from decimal import Decimal
from typing import Any, Final

Row = Mapping[str, Any]
Value = str | int | float | Decimal | date | None

SPACE: Final = "\u00a0"  # no line break between a figure and its unit
UNKNOWN: Final = "–"
WITHHELD: Final = "withheld"
NO_DATA: Final = "No data in these logs"

OFFER_TYPES: Final = {
    "all": "All offer types",
    "retail": "Retail",
    "station": "Station",
    "grocery": "Grocery",
    "other": "Other",
}


@dataclass(frozen=True)
class Measure:
    """A metric column with what it is called and the counts behind it, (column, noun) pairs: no figure without n."""

    column: str
    label: str
    sizes: tuple[tuple[str, str], ...]


# First match wins; what matches nothing is a count.
_UNITS: Final = (
    ("_hour_", "USD/h"),
    ("_usd", "USD"),
    ("_share", "%"),
    ("minutes", "min"),
    ("seconds_", "s"),
    ("_hours", "h"),
    ("_miles", "mi"),
)
_DECIMALS: Final = {"USD/h": 2, "USD": 2, "%": 1, "min": 1, "h": 1, "mi": 1}


def unit(column: str) -> str:
    """The unit of a metric column by its name: `USD/h`, `USD`, `%`, `min`, `s`, `h`, `mi`, or empty for a count."""
    return next((unit for mark, unit in _UNITS if mark in column), "")


def number(value: Value, column: str) -> str:
    """`value` of `column` without its unit: shares as percent, money with cents, counts whole; a dash for null."""
    if value is None:
        return UNKNOWN
    if isinstance(value, datetime):
        return moment(value)
    if isinstance(value, date):
        return day(value)
    if isinstance(value, str):
        return value
    kind = unit(column)
    return f"{value * 100 if kind == '%' else value:,.{_DECIMALS.get(kind, 0)}f}"


def quantity(value: Value, column: str) -> str:
    """`value` of `column` with its unit, as a sentence has it: `$12.98/h`, `88.1%`, `142.0 min`."""
    kind = unit(column)
    if value is None or isinstance(value, (str, date)):
        return number(value, column)
    if kind.startswith("USD"):
        sign = "−" if value < 0 else ""
        return f"{sign}${number(abs(value), column)}" + ("/h" if kind == "USD/h" else "")
    return f"{number(value, column)}{_tail(kind)}"


def _tail(kind: str) -> str:
    return kind if kind in ("", "%") else f"{SPACE}{kind}"


def long_minutes(value: Value, column: str) -> str:
    """`6 h 17 min` for minutes from two hours up; empty for anything else."""
    if unit(column) != "min" or not isinstance(value, float) or value < 120:
        return ""
    hours, minutes = divmod(round(value), 60)
    return f"{hours:,}{SPACE}h {minutes}{SPACE}min"


def is_withheld(row: Row, column: str) -> bool:
    """True where the figure is missing because too few drivers stand behind it."""
    driver_level = column.startswith(("driver_", "below_minimum_wage"))
    return driver_level and row.get(column) is None and bool(row.get("is_suppressed"))


def cell(row: Row, column: str) -> str:
    """The text of a row's figure in a table: a number without its unit, `withheld`, or a dash."""
    return WITHHELD if is_withheld(row, column) else number(row.get(column), column)


def interval(row: Row, column: str) -> str:
    """`86.2–89.8%`, the 95% interval of a column; empty where the table has none."""
    low, high = row.get(f"{column}_low"), row.get(f"{column}_high")
    if low is None or high is None:
        return ""
    kind = unit(column)
    sign, tail = ("$", "") if kind.startswith("USD") else ("", _tail(kind))
    return f"{sign}{number(low, column)}–{sign}{number(high, column)}{tail}"


def sample(row: Row, measure: Measure) -> str:
    """How much stands behind a figure: `n = 1,204 due orders`."""
    return f"n{SPACE}={SPACE}" + ", ".join(
        f"{number(row.get(column), column)}{SPACE}{counted(noun, row.get(column))}" for column, noun in measure.sizes
    )


def counted(noun: str, count: Value) -> str:
    """`drivers`, or `driver` where the count is one."""
    return re.sub(r"(order|offer|block|trip|driver)s\b", r"\1", noun) if count == 1 else noun


def claim(row: Row, measure: Measure) -> str:
    """A figure as a sentence has it, with interval and n: `88.1% (95% interval 86.2–89.8%; n = 1,204 orders)`."""
    between = interval(row, measure.column)
    behind = f"95% interval {between}; " if between else ""
    return f"{quantity(row.get(measure.column), measure.column)} ({behind}{sample(row, measure)})"


def offer_label(offer_type: str) -> str:
    """What an offer type is called."""
    return OFFER_TYPES.get(offer_type, offer_type)


def day(value: date) -> str:
    """`11 Apr 2022`."""
    return f"{value.day}{SPACE}{value:%b}{SPACE}{value.year}"


def moment(value: datetime) -> str:
    """`18 Apr 2022, 05:00 UTC`; the instant must be in UTC already."""
    return f"{day(value)}, {value:%H:%M}{SPACE}UTC"


def plotly_safe(text: str, longest: int = 200) -> str:
    """Text from data for a Plotly label, which would read it as HTML; cut where longer than `longest` characters."""
    return html.escape(text if len(text) <= longest else text[: longest - 1] + "…", quote=False)
