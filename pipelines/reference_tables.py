"""The eight reference tables as code: per table its columns, types, rules and their meaning.

Belongs here: what a row of `reference/*.csv` may say. Does not belong here: how the files are read and
checked (`pipelines.reference`), what the tables are used for (`dbt_project`).

A new reference column is one `Column` below; its type, its checks and its description follow.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass
from datetime import date
from functools import cache
from typing import Any, Final
from zoneinfo import available_timezones

import polars as pl

TEXT: Final = pl.String()
DAY: Final = pl.Date()
NUMBER: Final = pl.Float64()
RATE: Final = pl.Decimal(12, 4)

SITE_KINDS: Final = ("mall", "delivery_station", "grocery_store", "other")
FUEL_TYPES: Final = ("gasoline", "electric")
CONSUMPTION: Final = {"gasoline": "miles_per_gallon", "electric": "kwh_per_100_miles"}


def _no_monday(day: date) -> str | None:
    return None if day.weekday() == 0 else f"{day} is no Monday. Name the Monday the price's week starts on"


def _no_zone(name: str) -> str | None:
    known = name in _time_zones()
    return None if known else f"{name!r} is no IANA time zone. Write one such as America/New_York"


def _no_id(name: str) -> str | None:
    fits = re.fullmatch(r"[A-Za-z0-9._:-]{1,64}", name, re.ASCII)
    return None if fits else f"{name!r} is no id. Use 1 to 64 of A-Z a-z 0-9 . _ : -"


def _reserved(name: str) -> str | None:
    return "'all' stands for all markets together. Choose another id" if name == "all" else None


@cache
def _time_zones() -> frozenset[str]:
    return frozenset(available_timezones())


@dataclass(frozen=True)
class Column:
    """One column. `minimum`, `maximum` are inclusive, `above` is not; `fault` words what is wrong."""

    name: str
    dtype: pl.DataType
    description: str
    required: bool = True
    minimum: float | None = None
    maximum: float | None = None
    above: float | None = None
    choices: tuple[str, ...] = ()
    fault: Callable[[Any], str | None] | None = None


@dataclass(frozen=True)
class Table:
    """One reference table.

    `key` names a row. With `is_periodic` the columns before `valid_from` in the key have periods (`valid_to`
    included) that may not overlap. `refers` gives, per column, the table whose column of that name must have
    the value.
    """

    name: str
    description: str
    columns: tuple[Column, ...]
    key: tuple[str, ...]
    is_periodic: bool = False
    refers: tuple[tuple[str, str], ...] = ()
    may_be_absent: bool = False

    @property
    def schema(self) -> dict[str, pl.DataType]:
        """Column names and Polars types, in order."""
        return {column.name: column.dtype for column in self.columns}


_SOURCE = Column("source", TEXT, "Where the figure comes from.", required=False)
_MARKET = Column("market_id", TEXT, "The market.", fault=_reserved)
_CLASS = Column("vehicle_class", TEXT, "Class of the car.")
_FUEL_AREA = Column("fuel_area", TEXT, "The area whose fuel prices apply.")
_FUEL_TYPE = Column("fuel_type", TEXT, "What the car runs on.", choices=FUEL_TYPES)
_STATE = Column("state", TEXT, "The state whose minimum wage applies.")
_FROM = Column("valid_from", DAY, "First day it holds.")
_TO = Column("valid_to", DAY, "Last day it holds; 9999-12-31: until further notice.")

_TABLES: Final = (
    Table(
        "markets",
        "The markets of the pilot, one row each.",
        (
            _MARKET,
            Column("market_name", TEXT, "The market's name on the pages."),
            _STATE,
            Column("time_zone", TEXT, "IANA zone of the market's local days.", fault=_no_zone),
            _FUEL_AREA,
        ),
        key=("market_id",),
    ),
    Table(
        "sites",
        "Where drivers pick up, one row per site.",
        (
            Column("site_id", TEXT, "The site, as the logs name it.", fault=_no_id),
            Column("site_name", TEXT, "The site's name on the pages."),
            _MARKET,
            Column("site_kind", TEXT, "What kind of site it is; the offer type follows.", choices=SITE_KINDS),
            Column("latitude", NUMBER, "Degrees north, WGS 84.", required=False, minimum=-90, maximum=90),
            Column("longitude", NUMBER, "Degrees east, WGS 84.", required=False, minimum=-180, maximum=180),
            Column("pilot_started_on", DAY, "First day of the pilot there (malls).", required=False),
        ),
        key=("site_id",),
        refers=(("market_id", "markets"),),
    ),
    Table(
        "vehicle_classes",
        "What a class of car consumes, one row per class.",
        (
            _CLASS,
            _FUEL_TYPE,
            Column("miles_per_gallon", NUMBER, "Miles per gallon of gasoline.", required=False, above=0),
            Column("kwh_per_100_miles", NUMBER, "Kilowatt-hours per 100 miles.", required=False, minimum=0),
            _SOURCE,
        ),
        key=("vehicle_class",),
    ),
    Table(
        "fuel_prices",
        "Weekly prices of fuel by area, one row per area, fuel type and week.",
        (
            _FUEL_AREA,
            _FUEL_TYPE,
            Column("week_starting_on", DAY, "Monday the price holds from.", fault=_no_monday),
            Column("usd_per_unit", RATE, "USD per gallon of gasoline or per kilowatt-hour.", minimum=0),
            _SOURCE,
        ),
        key=("fuel_area", "fuel_type", "week_starting_on"),
    ),
    Table(
        "mileage_rates",
        "What a mile wears off a car, one row per class and period.",
        (
            _CLASS,
            _FROM,
            _TO,
            Column("maintenance_usd_per_mile", RATE, "Maintenance, repair, tyres, USD per mile.", minimum=0),
            Column("depreciation_usd_per_mile", RATE, "Loss of value, USD per mile.", minimum=0),
            _SOURCE,
        ),
        key=("vehicle_class", "valid_from"),
        is_periodic=True,
        refers=(("vehicle_class", "vehicle_classes"),),
    ),
    Table(
        "tax_mileage_rates",
        "The tax office's rate for all costs of a business mile, one row per period.",
        (
            _FROM,
            _TO,
            Column("usd_per_mile", RATE, "Standard mileage rate, USD per mile.", minimum=0),
            _SOURCE,
        ),
        key=("valid_from",),
        is_periodic=True,
    ),
    Table(
        "minimum_wages",
        "Minimum wages, one row per state and period.",
        (_STATE, _FROM, _TO, Column("usd_per_hour", RATE, "Minimum wage, USD per hour.", minimum=0), _SOURCE),
        key=("state", "valid_from"),
        is_periodic=True,
    ),
    Table(
        "rivals",
        "Published figures of other services, for comparison only; one row per rival, measure, population and period.",
        (
            Column("rival", TEXT, "The other service."),
            Column("measure", TEXT, "What was measured."),
            Column("value", NUMBER, "The published figure, in `unit`."),
            Column("unit", TEXT, "Unit of `value`."),
            Column("population", TEXT, "Whom or what the figure is about.", required=False),
            Column("period", TEXT, "When it was measured.", required=False),
            _SOURCE,
        ),
        key=("rival", "measure", "population", "period"),
        may_be_absent=True,
    ),
)
REFERENCE: Final[dict[str, Table]] = {table.name: table for table in _TABLES}
