"""What the reference tables allow but leave unknown, imputed or without effect: a sentence each.

Belongs here: looking at tables that were read, also beside the days on which trips were driven. Does not belong here:
what is broken (`pipelines.reference` refuses it), prices and rates as of a day (`dbt_project`).
"""

from collections.abc import Iterable, Iterator, Mapping
from datetime import date, timedelta
from itertools import pairwise
from typing import Final

import polars as pl

from pipelines.reference_tables import REFERENCE, Table
from pipelines.workspace import Workspace

Tables = Mapping[str, pl.DataFrame]
Days = tuple[date, date]

# Days after which the price of a week is out of date and its use is flagged (`int_fuel_prices.sql`).
GREATEST_AGE: Final = {"gasoline": timedelta(14), "electric": timedelta(400)}
_WEEK: Final = timedelta(7)
_ONE_DAY: Final = timedelta(1)
_FUEL_KEY: Final = ["fuel_area", "fuel_type"]


def reference_warnings(tables: Tables, driven: Mapping[str, Days] | None = None) -> list[str]:
    """The warnings on tables of `read_reference`; with `driven` (see `days_driven`) also what those days lack."""
    alone = [*_market_warnings(tables), *_vehicle_class_warnings(tables), *_gaps(tables), *_missing_weeks(tables)]
    return [*alone, *_beyond_the_ends(tables, driven or {})]


def series(table: Table, frame: pl.DataFrame) -> Iterator[tuple[tuple[str, ...], Days]]:
    """The key of each series of a table (a fuel area and type, a class, a state) with the first and last day it covers.

    A price covers the days up to its greatest age. A table without dates has no series.
    """
    if table.name == "fuel_prices":
        key, first, last = _FUEL_KEY, "week_starting_on", "week_starting_on"
    elif table.is_periodic:
        key, first, last = list(table.key[:-1]), "valid_from", "valid_to"
    else:
        return
    spans = frame.group_by(key or pl.lit("")).agg(first=pl.col(first).min(), last=pl.col(last).max()).sort(pl.all())
    for row in spans.iter_rows(named=True):
        names = tuple(row[column] for column in key)
        grace = GREATEST_AGE[row["fuel_type"]] if table.name == "fuel_prices" else timedelta(0)
        yield names, (row["first"], min(row["last"], date.max - grace) + grace)


def days_driven(workspace: Workspace, tables: Tables) -> dict[str, Days]:
    """First and last local day, by market, of the trips that were started by the lines in the lake."""
    if not (parts := sorted((workspace.lake / "trips").glob("landed_on=*/*.parquet"))):
        return {}
    started = (
        pl.scan_parquet(parts, glob=False, missing_columns="insert", extra_columns="ignore")
        .filter(pl.col("event_type") == "started")
        .group_by("site_id")
        .agg(first=pl.col("occurred_at").min(), last=pl.col("occurred_at").max())
        .collect()
    )
    places = tables["sites"].join(tables["markets"], on="market_id").select("site_id", "market_id", "time_zone")
    found: dict[str, Days] = {}
    for row in started.join(places, on="site_id").iter_rows(named=True):
        local = pl.Series([row["first"], row["last"]]).dt.convert_time_zone(row["time_zone"]).dt.date()
        ends = local.clip(date.min, date.max).to_list()  # a clock that was never set is in year 1 UTC, year 0 here
        before = found.get(row["market_id"], (ends[0], ends[1]))
        found[row["market_id"]] = (min(before[0], ends[0]), max(before[1], ends[1]))
    return dict(sorted(found.items()))


def _market_warnings(tables: Tables) -> Iterator[str]:
    sites, prices, wages = tables["sites"], tables["fuel_prices"], tables["minimum_wages"]
    priced = set(prices.select(_FUEL_KEY).unique().iter_rows())
    for market in tables["markets"].iter_rows(named=True):
        name, area, state = market["market_id"], market["fuel_area"], market["state"]
        if name not in sites["market_id"]:
            yield f"sites.csv: market {name} has no site, so no event can belong to it."
        for fuel in _fuels(tables):
            if (area, fuel) not in priced:
                yield f"fuel_prices.csv: no {fuel} price for {area}; {name}'s {fuel} costs stay unknown."
        if state not in wages["state"]:
            yield f"minimum_wages.csv: none for {state}; hours in {name} are compared with no minimum wage."
    early = sites.filter(pl.col("pilot_started_on").is_not_null() & (pl.col("site_kind") != "mall"))
    for site in early["site_id"]:
        yield f"sites.csv: {site} is no mall; its pilot_started_on has no effect."


def _fuels(tables: Tables) -> list[str]:
    needing = tables["vehicle_classes"].filter(pl.col("kwh_per_100_miles").ne_missing(0))
    return needing["fuel_type"].unique().sort().to_list()


def _vehicle_class_warnings(tables: Tables) -> Iterator[str]:
    classes = tables["vehicle_classes"]["vehicle_class"]
    if "unknown" not in classes:
        yield "vehicle_classes.csv: no class `unknown`; costs of trips without a known class stay unknown."
    rated = tables["mileage_rates"]["vehicle_class"]
    if unrated := [name for name in classes if name not in rated]:
        yield f"mileage_rates.csv: none for {', '.join(unrated)}; costs of such trips stay unknown."


def _gaps(tables: Tables) -> Iterator[str]:
    for name, table in REFERENCE.items():
        if not table.is_periodic:
            continue
        ordered = tables[name].sort(table.key)
        for before, after in pairwise(ordered.iter_rows(named=True)):
            of = [before[column] for column in table.key[:-1]]
            first, last = before["valid_to"], after["valid_from"]
            if of == [after[column] for column in table.key[:-1]] and last - first > _ONE_DAY:
                days = f"{first + _ONE_DAY} to {last - _ONE_DAY}"
                yield f"{name}.csv: {' '.join([*of, 'nothing valid'])} from {days}; unknown (null) there."


def _missing_weeks(tables: Tables) -> Iterator[str]:
    """Weeks without a price between two with one; of electricity, priced by the year, only where it is out of date."""
    for (area, fuel), prices in tables["fuel_prices"].sort(_FUEL_KEY).group_by(_FUEL_KEY, maintain_order=True):
        usual = _WEEK if fuel == "gasoline" else GREATEST_AGE[str(fuel)]
        gaps = [each for each in pairwise(sorted(prices["week_starting_on"])) if each[1] - each[0] > usual]
        if gaps:
            weeks = sum((after - before) // _WEEK - 1 for before, after in gaps)
            missing = f"{weeks} {'week' if weeks == 1 else 'weeks'}"
            yield (
                f"fuel_prices.csv: {area} {fuel} lacks {missing} between others, first {gaps[0][0] + _WEEK}; "
                f"a price holds {GREATEST_AGE[str(fuel)].days} days, then the nearest is used and flagged as imputed."
            )


def _beyond_the_ends(tables: Tables, driven: Mapping[str, Days]) -> Iterator[str]:
    """Series that begin after the first trips that need them, or end before the last."""
    for market in tables["markets"].filter(pl.col("market_id").is_in(list(driven))).iter_rows(named=True):
        name, days = market["market_id"], driven[market["market_id"]]
        prices = [(market["fuel_area"], fuel) for fuel in _fuels(tables)]
        for text in _uncovered(tables, "fuel_prices", prices, days):
            yield f"{text} in {name}; the nearest price is used and flagged as imputed."
        for text in _uncovered(tables, "minimum_wages", [(market["state"],)], days):
            yield f"{text} in {name}; unknown (null) there."
    if driven:
        whole = (min(first for first, _ in driven.values()), max(last for _, last in driven.values()))
        classes = [(name,) for name in tables["vehicle_classes"]["vehicle_class"]]
        for name, keys in (("mileage_rates", classes), ("tax_mileage_rates", [()])):
            for text in _uncovered(tables, name, keys, whole):
                yield f"{text}; unknown (null) there."


def _uncovered(tables: Tables, name: str, keys: Iterable[tuple[str, ...]], days: Days) -> Iterator[str]:
    """What the series of `keys` lack of the days, in one text where they lack the same; having none is said before."""
    spans = dict(series(REFERENCE[name], tables[name]))
    lacking: dict[str, list[str]] = {}
    for key in keys:
        first, last = spans.get(key, days)
        if days[0] < first:
            lacking.setdefault(f"begins on {first}, after trips from {days[0]} on", []).append(" ".join(key))
        if days[1] > last:
            lacking.setdefault(f"ends on {last}, before trips up to {days[1]}", []).append(" ".join(key))
    for text, of in lacking.items():
        yield f"{name}.csv: {', '.join(of)} {text}".replace(":  ", ": ")
