"""What a build tells of its tables beside the rows themselves: how many, of which columns, key figures, the first few.

Belongs here: reading that from the working database, and which tables may be shown. Does not belong here: any figure
that is not a column of a metric table, and how it is shown (`pipelines.defs`).
"""

from dataclasses import dataclass
from datetime import datetime
from decimal import Decimal
from math import isfinite
from pathlib import Path

import duckdb

Cell = str | int | float | bool | None
Column = tuple[str, str, str | None]  # name, type, comment

FIRST_ROWS = 10
FIGURES = {  # of the row of all markets, offer types and days
    "main.delivery_speed": ("orders", "delivered", "on_time_share", "click_to_door_minutes_p50"),
    "main.offer_acceptance": ("offers", "acceptance_share", "fill_share"),
    "main.driver_earnings": ("trips", "drivers", "gross_per_hour_usd", "net_per_hour_usd"),
}
# Tables whose rows are about no driver, store, order, offer, block, trip or file. A list, so that a new table has to be
# thought about before its rows are copied into logs of runs.
SHOWN = frozenset({
    *("main.dim_date", "main.dim_market", "main.dim_site", "main.dim_vehicle_class"),
    *("main.delivery_speed", "main.delivery_curve", "main.delivery_hours"),
    *("main.offer_acceptance", "main.acceptance_by_pay", "main.acceptance_pay_needed"),
    *("main.driver_earnings", "main.net_pay_parts", "main.driver_pay_distribution"),
    *("main.pilot_readout", "main.metric_dictionary"),
    *("audit.logs", "audit.money", "audit.drift", "audit.freshness", "audit.landed_days"),
    *("audit.quarantine_totals", "audit.orphan_totals"),
})  # fmt: skip


@dataclass(frozen=True)
class TableFacts:
    """Of one table.

    columns: in their order. figures: by name, those that are known. first_rows: at most FIRST_ROWS, column -> value,
    sorted by all columns; none unless the table is one of SHOWN.
    """

    rows: int
    columns: tuple[Column, ...]
    figures: dict[str, int | float]
    first_rows: tuple[dict[str, Cell], ...]


def table_facts(database: Path) -> dict[str, TableFacts]:
    """By schema.name, the facts of every table of a working database that nobody writes; instants in UTC."""
    with duckdb.connect(str(database), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        found = connection.execute(
            "select schema_name || '.' || table_name, column_name, data_type, columns.comment "
            "from duckdb_columns() as columns join duckdb_tables() using (database_name, schema_name, table_name) "
            "where database_name = current_database() order by 1, column_index"
        ).fetchall()
        columns: dict[str, list[Column]] = {}
        for table, name, kind, comment in found:
            columns.setdefault(table, []).append((name, kind, comment))
        return {table: _facts(connection, table, tuple(of_table)) for table, of_table in columns.items()}


def key_figures(facts: dict[str, TableFacts]) -> dict[str, int | float]:
    """The key figures of all the tables together."""
    return {name: value for table in facts.values() for name, value in table.figures.items()}


def metric_sources(database: Path) -> dict[str, dict[str, list[tuple[str, str]]]]:
    """By metric table and metric, the columns its formula draws on as (table, column); as metric_dictionary has it."""
    found: dict[str, dict[str, list[tuple[str, str]]]] = {}
    with duckdb.connect(str(database), read_only=True) as connection:
        for table, metric, sources in connection.execute(
            "select table_name, name, source_columns from main.metric_dictionary where source_columns is not null"
        ).fetchall():
            pairs = (source.strip().rsplit(".", 1) for source in sources.split(","))
            found.setdefault(table, {})[metric] = [(of, column) for of, column in pairs]
    return found


def _facts(connection: duckdb.DuckDBPyConnection, table: str, columns: tuple[Column, ...]) -> TableFacts:
    rows = connection.execute(f"select count(*) from {table}").fetchall()[0][0]
    shown = f"select * from {table} order by all limit {FIRST_ROWS}"
    first_rows = _rows(connection, shown) if table in SHOWN else []
    return TableFacts(rows, columns, _figures(connection, table), tuple(first_rows))


def _figures(connection: duckdb.DuckDBPyConnection, table: str) -> dict[str, int | float]:
    if table not in FIGURES:
        return {}
    whole = "grain = 'all' and market_id = 'all' and offer_type = 'all'"
    found = _rows(connection, f"select {', '.join(FIGURES[table])} from {table} where {whole}")
    return {name: value for row in found for name, value in row.items() if isinstance(value, int | float)}


def _rows(connection: duckdb.DuckDBPyConnection, sql: str) -> list[dict[str, Cell]]:
    cursor = connection.execute(sql)
    names = [column[0] for column in cursor.description or ()]
    return [{name: _cell(value) for name, value in zip(names, row, strict=True)} for row in cursor.fetchall()]


def _cell(value: object) -> Cell:
    if value is None or isinstance(value, str | bool | int):
        return value
    if isinstance(value, float | Decimal):
        return float(value) if isfinite(value) else str(value)
    return value.isoformat() if isinstance(value, datetime) else str(value)
