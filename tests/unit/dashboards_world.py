"""A small published warehouse for tests of the pages: the tables as the models' .yml declare them, figures from a seed.

Belongs here: tables as the pages read them. Does not belong here: how the pipeline computes them.
"""

import random
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from itertools import product
from pathlib import Path

import duckdb
import yaml

MODELS = Path(__file__).resolve().parents[2] / "dbt_project" / "models"
MARKETS = {"chandler": "Chandler", "las_vegas": "Las Vegas", "tysons": "Tysons Corner"}
OFFER_TYPES = ("retail", "station", "grocery")
FIRST_WEEK = date(2022, 1, 10)
CUT = datetime(2022, 4, 18, 5, tzinfo=UTC)
RIVAL = ("Rival", "click_to_door_p50", 42.0, "minutes", "Elsewhere", "2014-10", "A paper")
# Keys beside those of a cell, and what a table holds of them.
ALONG = {
    "delivery_curve": {"within_minutes": (30, 60, 120, 180, 360, 1440)},
    "delivery_hours": {"weekday": (1, 6), "hour": (10, 11, 17)},
    "acceptance_by_pay": {"pay_per_hour_from_usd": tuple(Decimal(pay) for pay in range(18, 25))},
    "driver_pay_distribution": {"percentile": tuple(range(5, 100, 5))},
    "store_performance": {"site_id": ("mall",), "store_id": ("shoes-1", "toys-2")},
}
METRICS = ("on_time_share", "same_day_share", "click_to_door_minutes_mean", "acceptance_share", "fill_share",
           "gross_per_hour_usd", "net_per_hour_usd", "net_at_constant_price_per_hour_usd")  # fmt: skip


def declared(folder: str) -> dict[str, list[dict]]:
    """Columns of every model of a folder, as its .yml has them."""
    models = [
        model
        for path in sorted((MODELS / folder).glob("*.yml"))
        for model in yaml.safe_load(path.read_text())["models"]
    ]
    return {model["name"]: model["columns"] for model in models}


METRIC_TABLES = {name: columns for name, columns in declared("metrics").items() if name != "metric_dictionary"}
# `pipelines/checks.py` makes this one.
CHECKS = dict.fromkeys(("check_name", "table_name", "severity", "status"), "varchar") | {"failing_rows": "bigint"}
CHECKS |= dict.fromkeys(("first_failing_rows", "description"), "varchar")
AUDIT_TABLES = declared("audit") | {"checks": [{"name": name, "data_type": kind} for name, kind in CHECKS.items()]}
CELL_TABLES = tuple(name for name, columns in METRIC_TABLES.items() if columns[0]["name"] == "grain")


def make_warehouse(
    path: Path,
    *,
    markets: dict[str, str] = MARKETS,
    offer_types: tuple[str, ...] = OFFER_TYPES,
    weeks: int = 4,
    days: int = 0,
    logs: tuple[str, ...] = (*METRIC_TABLES, *AUDIT_TABLES),
    origin: str = "simulated",
    title: str = "A pilot",
    rivals: tuple[tuple, ...] = (RIVAL,),
    words: str | None = None,
    seed: int = 1,
) -> Path:
    """Write the tables the pages read; those not in `logs` stay empty. `words` stand wherever a table has text."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema reference; create schema audit")
        connection.execute("create table dim_market (market_id varchar, market_name varchar)")
        if markets:
            connection.executemany("insert into dim_market values (?, ?)", list(markets.items()))
        connection.execute(
            "create table reference.rivals (rival varchar, measure varchar, value decimal(12, 4), unit varchar,"
            " population varchar, period varchar, source varchar)"
        )
        if rivals:
            connection.executemany("insert into reference.rivals values (?, ?, ?, ?, ?, ?, ?)", rivals)
        _add_builds(connection, title, origin)
        _add_dictionary(connection, words)
        cells = list(_cells(markets, offer_types, weeks, days))
        for table, columns in METRIC_TABLES.items():
            keys = list(_keys(table, cells, markets)) if table in logs else []
            _add(connection, f"main.{table}", columns, _rows(table, columns, keys, words, random.Random(seed)))
        for table, columns in AUDIT_TABLES.items():
            keys = list(_audit_keys(columns, markets)) if table in logs else []
            _add(connection, f"audit.{table}", columns, _rows(table, columns, keys, words, random.Random(seed)))
    return path


def _cells(markets: dict[str, str], offer_types: tuple[str, ...], weeks: int, days: int) -> Iterator[dict]:
    starts = [("all", FIRST_WEEK), *(("week", FIRST_WEEK + timedelta(weeks=at)) for at in range(weeks))]
    starts += [("day", FIRST_WEEK + timedelta(days=at)) for at in range(days)]
    for (grain, start), market, offer_type in product(starts, ("all", *markets), ("all", *offer_types)):
        yield {"grain": grain, "period_start": start, "market_id": market, "offer_type": offer_type}


def _keys(table: str, cells: list[dict], markets: dict[str, str]) -> Iterator[dict]:
    if table == "pilot_readout":
        units = {"usd": "USD/hour", "mean": "minutes"}
        for metric, market in product(METRICS, ("all", *markets)):
            yield {
                "metric": metric,
                "market_id": market,
                "unit": units.get(metric.rsplit("_", 1)[-1], "share"),
                "verdict": "undecided",
            }
        return
    along = ALONG.get(table, {})
    for cell, values in product(cells, product(*along.values())):
        if not (along and cell["grain"] == "day") and not (
            table == "store_performance" and "all" in (cell["market_id"], cell["offer_type"])
        ):
            yield cell | dict(zip(along, values, strict=True))


def _audit_keys(columns: list[dict], markets: dict[str, str]) -> Iterator[dict]:
    names = [column["name"] for column in columns]
    for at, log in enumerate(("offers", "orders", "trips")):
        for market in markets if "market_id" in names else ("",):
            given = {"log": log, "landed_on": FIRST_WEEK + timedelta(days=at), "market_id": market, "status": "pass"}
            yield {name: value for name, value in given.items() if name in names}


def _add_builds(connection: duckdb.DuckDBPyConnection, title: str, origin: str) -> None:
    connection.execute(
        "create table audit.builds (build_id varchar, as_of timestamptz, started_at timestamptz,"
        " finished_at timestamptz, code_version varchar, table_name varchar, row_count bigint,"
        " row_fingerprint varchar, origin varchar, title varchar)"
    )
    row = ("b1", CUT, CUT, CUT, "0.1.0", "main.delivery_speed", 1, "f", origin, title)
    connection.execute("insert into audit.builds values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _add_dictionary(connection: duckdb.DuckDBPyConnection, words: str | None) -> None:
    names = "name, table_name, meaning, unit, formula, better, source_tables, source_columns, shown_on"
    connection.execute(f"create table metric_dictionary ({', '.join(f'{name} varchar' for name in names.split(', '))})")
    for table, columns in METRIC_TABLES.items():
        for column in columns:
            meta = column.get("config", {}).get("meta")
            if meta:
                meaning, formula = words or f"Meaning of {column['name']}.", words or str(meta["formula"])
                row = (column["name"], table, meaning, meta["unit"], formula, meta.get("better"), None, words, words)
                connection.execute("insert into metric_dictionary values (?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _add(connection: duckdb.DuckDBPyConnection, table: str, columns: list[dict], rows: list[tuple]) -> None:
    typed = ", ".join(f"{each['name']} {each['data_type']}" for each in columns)
    connection.execute(f"create table {table} ({typed})")
    if rows:  # one statement with all rows: row by row DuckDB takes a second
        marks = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
        connection.execute(f"insert into {table} values {marks}", [value for row in rows for value in row])


def _rows(table: str, columns: list[dict], keys: list[dict], words: str | None, rng: random.Random) -> list[tuple]:
    return [tuple(_figures(table, columns, key, words, rng).values()) for key in keys]


def _figures(table: str, columns: list[dict], key: dict, words: str | None, rng: random.Random) -> dict:
    """One row's figures: each plausible in itself, waterfall, what-if and intervals consistent."""
    shift = {"retail": 0.0, "station": 0.25, "grocery": 0.5}.get(key.get("offer_type", ""), 0.2)
    row = {
        each["name"]: key.get(each["name"], _figure(each["name"], each["data_type"], words, rng, shift))
        for each in columns
    }
    for name in [name for name in row if f"{name}_low" in row and row[name] is not None]:
        is_money = isinstance(row[name], Decimal)
        row |= {f"{name}_low": row[name] - (Decimal("0.4") if is_money else row[name] * 0.05)}
        row |= {f"{name}_high": row[name] + (Decimal("0.3") if is_money else row[name] * 0.04)}
    if table == "offer_acceptance" and row["acceptance_share"] is not None:
        for end, room in (("low", 0.94), ("high", 1.05)):
            row[f"acceptance_share_by_driver_{end}"] = row["acceptance_share"] * room
    if table == "net_pay_parts":
        row |= _parts(row, rng)
    if table == "driver_pay_distribution":
        row["net_per_hour_usd"] = Decimal(8 + row["percentile"] // 8)
    return row


def _parts(row: dict, rng: random.Random) -> dict:
    """Sums that close: net is gross less gas, tolls and maintenance, per hour as well."""
    usual = {"base": 14000, "tip": 4000, "incentive": 900, "adjustment": -100, "gas": 1800, "toll": 90}
    sums = {name: Decimal(round(usd * rng.uniform(80, 120))) / 100 for name, usd in usual.items()}
    miles = {"total_miles": rng.uniform(9e3, 2e4), "on_job_hours": rng.uniform(900, 1100)}
    miles |= {"fuel_miles": miles["total_miles"] * 0.8, "fuel_gallons": miles["total_miles"] / 37}
    rate, fuel = rng.uniform(0.08, 0.12), sums["gas"] * Decimal("0.95")
    sums["maintenance"] = round(Decimal(miles["total_miles"] * rate), 4)
    sums["gross"] = sum(sums[name] for name in ("base", "tip", "incentive", "adjustment"))
    sums["net"] = sums["gross"] - sums["gas"] - sums["toll"] - sums["maintenance"]
    rates = {
        "gas_price_usd_per_gallon": float(fuel) / miles["fuel_gallons"],
        "fuel_miles_per_gallon": miles["fuel_miles"] / miles["fuel_gallons"],
        "maintenance_usd_per_mile": float(sums["maintenance"]) / miles["total_miles"],
    }
    money = {f"{name}_usd": value for name, value in sums.items()} | {"fuel_usd": fuel}
    hours = Decimal(miles["on_job_hours"])
    hourly = {f"{name}_per_hour_usd": round(value / hours, 4) for name, value in sums.items()}
    return {name: value for name, value in (money | hourly | miles | rates).items() if name in row}


def _figure(name: str, kind: str, words: str | None, rng: random.Random, shift: float):
    if kind == "varchar":
        return words or f"a {name}"
    if kind == "boolean":
        return False
    if kind in ("date", "timestamptz"):
        return FIRST_WEEK if kind == "date" else CUT
    if kind in ("bigint", "integer"):
        return rng.randint(40, 900)
    if kind == "double":
        return _number(name, rng, shift)
    return Decimal(str(round(_money(name, shift) * rng.uniform(0.9, 1.1), 4)))


def _number(name: str, rng: random.Random, shift: float) -> float:
    if "_share" in name:
        return rng.uniform(0.5, 0.7) + shift / 2
    if "minutes" in name:
        scale = {"p80": 1.4, "p90": 1.7, "p95": 2.0}.get(name[-3:], 1.0)
        return rng.uniform(90, 110) * scale * (1 - shift) * (1 if "click" in name else 0.3)
    return rng.uniform(10, 1000)


def _money(name: str, shift: float) -> float:
    if "hour" in name or "minimum_wage" in name:
        return {"net_per": 13, "gross_": 19, "after_": 11}.get(name[:6], 14) + 4 * shift
    return {"gross_usd": 30000}.get(name, 1500)
