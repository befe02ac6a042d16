"""Which cell of which metric is meant, and the rows of its fact.

Belongs here: finding the one row of a metric table that a user names, in words that say what is wrong if there is none.
Does not belong here: formulas, evidence.
"""

import re
from dataclasses import dataclass, field
from datetime import date, timedelta
from decimal import Decimal
from difflib import get_close_matches
from typing import Any

import duckdb

from pipelines.explain.facts import FACTS, TABLES
from pipelines.workspace import DoorstepError

Row = dict[str, Any]
Figure = int | float | Decimal | None


@dataclass(frozen=True)
class Asked:
    """What the user named: the metric (`table.name`) and its cell. None: `all`, or the only one there is."""

    metric: str
    market: str | None = None
    offer_type: str | None = None
    day: date | None = None
    week: date | None = None
    keys: dict[str, str] = field(default_factory=dict)

    @property
    def grain(self) -> str:
        """Length of the period."""
        return "day" if self.day else "week" if self.week else "all"


@dataclass(frozen=True)
class Cell:
    """One row of a metric table.

    entry: the metric's row of `metric_dictionary`. row: the cell's own.
    """

    entry: Row
    row: Row

    @property
    def table(self) -> str:
        """The metric table."""
        return self.entry["table_name"]

    @property
    def name(self) -> str:
        """The metric's column."""
        return self.entry["name"]

    @property
    def value(self) -> Figure:
        """The published figure."""
        return self.row[self.name]

    @property
    def is_withheld(self) -> bool:
        """Whether the figure is null for privacy's sake: of a suppressed cell, or of too few rated drivers."""
        is_of_drivers = " over driver_key " in self.entry["formula"]
        return self.value is None and (is_of_drivers or bool(self.row.get("is_suppressed")))

    def holds(self, fact: str) -> tuple[str, ...]:
        """SQL conditions that pick the cell's rows of a fact, whatever the metric makes of them."""
        found = [f"{key} = {literal(self.row[key])}" for key in ("market_id", "offer_type") if self.row[key] != "all"]
        if self.row["grain"] != "all":
            first, dated_by = self.row["period_start"], FACTS[fact].dated_by
            last = first + timedelta(days=6 if self.row["grain"] == "week" else 0)
            found.append(f"{dated_by} between date '{first}' and date '{last}'")
        keys = TABLES[self.table].keys
        return (*found, *(f"{sql} = {literal(self.row[key])}" for key, sql in keys.items() if sql))

    def filled_in(self, sql: str) -> str:
        """The SQL with the values of those keys that are no condition on rows."""
        for key in (key for key, of_rows in TABLES[self.table].keys.items() if not of_rows):
            sql = re.sub(rf"\b{key}\b", literal(self.row[key]), sql)
        return sql


def literal(value: object) -> str:
    """A value as SQL."""
    return "'" + str(value).replace("'", "''") + "'" if isinstance(value, str | date) else str(value)


def rows(connection: duckdb.DuckDBPyConnection, sql: str, parameters: list[Any] | None = None) -> list[Row]:
    """The rows of a query as dicts."""
    cursor = connection.execute(sql, parameters or [])
    names = [column[0] for column in cursor.description or ()]
    return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def find_cell(connection: duckdb.DuckDBPyConnection, asked: Asked) -> Cell:
    """The cell meant. Raises DoorstepError that names what there is where it is unknown, missing or not one."""
    entry = _entry(connection, asked.metric)
    table = entry["table_name"]
    _check_period(connection, asked, table)
    wanted = {"grain": asked.grain} | ({"period_start": asked.day or asked.week} if asked.grain != "all" else {})
    for key, value in (("market_id", asked.market), ("offer_type", asked.offer_type)):
        known = _values(connection, table, key)
        if value is not None and value not in known:
            raise DoorstepError(f"{table}: no {key} {value!r}. There are: {', '.join(known)}.")
        if value is not None or "all" in known:
            wanted[key] = value or "all"
    wanted |= _further_keys(connection, table, asked.keys)
    return Cell(entry, _only(connection, table, wanted))


def _entry(connection: duckdb.DuckDBPyConnection, metric: str) -> Row:
    entries = rows(connection, "select * from metric_dictionary")
    by_name = {f"{entry['table_name']}.{entry['name']}": entry for entry in entries if entry["table_name"] in TABLES}
    if metric in by_name:
        return by_name[metric]
    if metric.startswith("pilot_readout"):
        raise DoorstepError(
            "pilot_readout compares metrics that are in other tables: its columns metric and table_name say which. "
            "Explain those, as in: doorstep explain driver_earnings.net_per_hour_usd"
        )
    same_name = sorted(name for name in by_name if name.endswith(f".{metric}"))
    close = same_name or get_close_matches(metric, by_name, n=5, cutoff=0.5)
    hint = f"Do you mean {', '.join(close)}?" if close else "They are called TABLE.COLUMN."
    raise DoorstepError(f"{metric}: no such metric. {hint} All of them: doorstep query 'from metric_dictionary'")


def _values(connection: duckdb.DuckDBPyConnection, table: str, key: str) -> list[str]:
    sql = f"select distinct {key} from {table} where {key} is not null order by all"
    found = connection.execute(sql).fetchall()
    return [str(value) for (value,) in found]


def _check_period(connection: duckdb.DuckDBPyConnection, asked: Asked, table: str) -> None:
    grains = _values(connection, table, "grain")
    if grains and asked.grain not in grains:
        flags = " or ".join(f"--{grain}" for grain in grains)
        raise DoorstepError(f"{table} has no figures by {asked.grain}, only {' and '.join(grains)}: {flags}.")
    if asked.week and asked.week.weekday():
        monday = asked.week - timedelta(days=asked.week.weekday())
        raise DoorstepError(f"--week {asked.week}: weeks begin on Monday. Its week is --week {monday}.")
    period = asked.day or asked.week
    sql = f"select min(period_start), max(period_start) from {table} where grain = ?"
    first, last = connection.execute(sql, [asked.grain]).fetchall()[0]
    if period and first and not first <= period <= last:
        raise DoorstepError(
            f"{table} has no {asked.grain} {period}: the data go from {asked.grain} {first} to {asked.grain} {last}."
        )


def _further_keys(connection: duckdb.DuckDBPyConnection, table: str, given: dict[str, str]) -> dict[str, str]:
    keys = TABLES[table].keys
    if unknown := given.keys() - keys.keys():
        there_are = f"Its further keys are {', '.join(keys)}." if keys else "It has no further keys."
        raise DoorstepError(f"{table}: --where {', '.join(sorted(unknown))}: no such key. {there_are}")
    for key, value in given.items():
        if value not in (known := _values(connection, table, key)):
            shown = ", ".join(known[:20]) + (", .." if len(known) > 20 else "")
            raise DoorstepError(f"{table}: no {key} {value!r}. There are: {shown}.")
    return given


def _only(connection: duckdb.DuckDBPyConnection, table: str, wanted: Row) -> Row:
    condition = " and ".join(f"cast({key} as varchar) = ?" for key in wanted)
    found = rows(connection, f"select * from {table} where {condition}", [str(value) for value in wanted.values()])
    if len(found) == 1:
        return found[0]
    named = ", ".join(f"{key} {value}" for key, value in wanted.items())
    if not found:
        raise DoorstepError(f"{table} has no row of {named}: nothing of that kind happened then.")
    missing = [key for key in TABLES[table].keys if key not in wanted]
    first = " ".join(f"--where {key}={found[0][key]}" for key in missing)
    raise DoorstepError(f"{table}: {len(found)} rows of {named}; say also {' and '.join(missing)}, as in: {first}")
