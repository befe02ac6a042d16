"""A small published warehouse for tests of the pages: the columns of the contract, figures drawn from a seed.

Belongs here: tables as the pages read them. Does not belong here: how the pipeline computes them.
"""

import random
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from pathlib import Path

import duckdb

KEYS = "grain varchar, period_start date, market_id varchar, offer_type varchar"
COLUMNS = {
    "delivery_speed": {
        "bigint": "orders delivered cancelled open_orders due on_time attempted clock_disorders",
        "double": "on_time_share on_time_share_low on_time_share_high same_day_share next_day_share"
        " first_attempt_share click_to_door_minutes_mean click_to_door_minutes_p50 click_to_door_minutes_p80"
        " click_to_door_minutes_p90 click_to_door_minutes_p95 preparation_minutes_p50 preparation_minutes_p90"
        " pickup_wait_minutes_p50 pickup_wait_minutes_p90 transit_minutes_p50 transit_minutes_p90",
    },
    "offer_acceptance": {
        "bigint": "offers at_risk accepted declined expired withdrawn pending blocks_due blocks_filled"
        " late_forfeits no_shows",
        "double": "acceptance_share acceptance_share_low acceptance_share_high seconds_to_answer_p50"
        " acceptance_share_by_driver_low acceptance_share_by_driver_high"
        " fill_share fill_share_low fill_share_high first_wave_fill_share minutes_to_fill_p50",
        "decimal(12, 4)": "pay_per_hour_sent_usd pay_per_hour_accepted_usd price_to_fill_usd_mean",
    },
    "driver_earnings": {
        "boolean": "is_suppressed",
        "bigint": "trips drivers pay_pending_trips costed_trips",
        "double": "on_job_hours door_to_door_hours engaged_hours scheduled_hours overlapping_hours"
        " unpaid_overrun_hours early_finish_hours total_miles miles_coverage_share advertised_range_share"
        " below_minimum_wage_hours_share",
        "decimal(12, 4)": "gross_usd costed_gross_usd costed_tip_usd costed_gas_usd costed_toll_usd"
        " costed_maintenance_usd costed_net_usd gross_per_scheduled_hour_usd"
        " gross_per_hour_usd gross_per_hour_usd_low gross_per_hour_usd_high"
        " net_per_hour_usd net_per_hour_usd_low net_per_hour_usd_high"
        " net_per_scheduled_hour_usd net_per_engaged_hour_usd net_per_door_to_door_hour_usd"
        " net_before_tips_per_hour_usd net_at_constant_price_per_hour_usd after_tax_rate_per_hour_usd"
        " after_depreciation_per_hour_usd driver_net_per_hour_usd_p10 driver_net_per_hour_usd_p25"
        " driver_net_per_hour_usd_p50 driver_net_per_hour_usd_p75 driver_net_per_hour_usd_p90",
    },
}
MARKETS = {"chandler": "Chandler", "las_vegas": "Las Vegas", "tysons": "Tysons Corner"}
OFFER_TYPES = ("retail", "station", "grocery")
FIRST_WEEK = date(2022, 1, 10)
RIVAL = ("Rival", "click_to_door_p50", 42.0, "minutes", "Elsewhere", "2014-10", "A paper")


def make_warehouse(
    path: Path,
    *,
    markets: dict[str, str] = MARKETS,
    offer_types: tuple[str, ...] = OFFER_TYPES,
    weeks: int = 4,
    logs: tuple[str, ...] = tuple(COLUMNS),
    origin: str = "simulated",
    title: str = "A pilot",
    rivals: tuple[tuple, ...] = (RIVAL,),
    seed: int = 1,
) -> Path:
    """Write the tables the pages read; those of metrics not in `logs` stay empty."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("create schema reference; create schema audit")
        connection.execute("create table dim_market (market_id varchar, market_name varchar)")
        connection.executemany("insert into dim_market values (?, ?)", list(markets.items()))
        connection.execute(
            "create table reference.rivals (rival varchar, measure varchar, value decimal(12, 4), unit varchar,"
            " population varchar, period varchar, source varchar)"
        )
        if rivals:
            connection.executemany("insert into reference.rivals values (?, ?, ?, ?, ?, ?, ?)", rivals)
        _add_builds(connection, title, origin)
        connection.execute(
            "create table metric_dictionary (name varchar, table_name varchar, meaning varchar, formula varchar,"
            " better varchar)"
        )
        cells = [
            (grain, start, market, offer_type)
            for grain, start in [
                ("all", FIRST_WEEK),
                *(("week", FIRST_WEEK + timedelta(weeks=at)) for at in range(weeks)),
            ]
            for market in ("all", *markets)
            for offer_type in ("all", *offer_types)
        ]
        for table in COLUMNS:
            _add_metrics(connection, table, _rows(table, cells, random.Random(seed)) if table in logs else [])
    return path


def _add_builds(connection, title: str, origin: str) -> None:
    connection.execute(
        "create table audit.builds (build_id varchar, as_of timestamptz, started_at timestamptz,"
        " finished_at timestamptz, code_version varchar, table_name varchar, row_count bigint,"
        " row_fingerprint varchar, origin varchar, title varchar)"
    )
    cut = datetime(2022, 4, 18, 5, tzinfo=UTC)
    for table in COLUMNS:
        row = ("b1", cut, cut, cut, "0.1.0", table, 1, "f", origin, title)
        connection.execute("insert into audit.builds values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?)", row)


def _types(table: str) -> dict[str, str]:
    return {name: kind for kind, names in COLUMNS[table].items() for name in names.split()}


def _add_metrics(connection, table: str, rows: list[tuple]) -> None:
    columns = ", ".join(f"{name} {kind}" for name, kind in _types(table).items())
    connection.execute(f"create table {table} ({KEYS}, {columns})")
    for name in _types(table):
        better = "up" if name.endswith("_share") else None
        words = (name, table, f"Meaning of {name}.", f"formula of {name}", better)
        connection.execute("insert into metric_dictionary values (?, ?, ?, ?, ?)", words)
    if rows:  # one statement with all rows: row by row DuckDB takes a second
        marks = ", ".join([f"({', '.join('?' * len(rows[0]))})"] * len(rows))
        connection.execute(f"insert into {table} values {marks}", [value for row in rows for value in row])


def _rows(table: str, cells: list[tuple], rng: random.Random) -> list[tuple]:
    return [(*cell, *_figures(table, _types(table), rng, cell[-1]).values()) for cell in cells]


def _figures(table: str, typed: dict[str, str], rng: random.Random, offer_type: str) -> dict:
    """One row's figures: each plausible in itself, waterfall and intervals consistent."""
    shift = {"retail": 0.0, "station": 0.25, "grocery": 0.5}.get(offer_type, 0.2)
    row = {name: _figure(name, kind, rng, shift) for name, kind in typed.items()}
    for name in [name for name in typed if f"{name}_low" in typed]:
        if name.endswith("_usd"):
            row |= {f"{name}_low": row[name] - Decimal("0.4"), f"{name}_high": row[name] + Decimal("0.3")}
        else:
            row |= {f"{name}_low": max(0.0, row[name] - 0.04), f"{name}_high": min(1.0, row[name] + 0.03)}
    if table == "offer_acceptance":
        row["acceptance_share_by_driver_low"] = max(0.0, row["acceptance_share"] - 0.06)
        row["acceptance_share_by_driver_high"] = min(1.0, row["acceptance_share"] + 0.05)
    if table == "driver_earnings":
        costs = row["costed_gas_usd"] + row["costed_toll_usd"] + row["costed_maintenance_usd"]
        row["costed_net_usd"] = row["costed_gross_usd"] - costs
        spread = {"p10": 8, "p25": 11, "p50": 13, "p75": 16, "p90": 19}
        row |= {f"driver_net_per_hour_usd_{end}": Decimal(value) for end, value in spread.items()}
    return row


def _figure(name: str, kind: str, rng: random.Random, shift: float):
    if kind == "boolean":
        return False
    if kind == "bigint":
        return rng.randint(40, 900)
    if kind == "double":
        return _number(name, rng, shift)
    return Decimal(str(round(_money(name, shift) * rng.uniform(0.9, 1.1), 4)))


def _number(name: str, rng: random.Random, shift: float) -> float:
    if name.endswith(("_share", "_low", "_high")):
        return rng.uniform(0.5, 0.7) + shift / 2
    if "minutes" in name:
        scale = {"p80": 1.4, "p90": 1.7, "p95": 2.0}.get(name[-3:], 1.0)
        return rng.uniform(90, 110) * scale * (1 - shift) * (1 if "click" in name else 0.3)
    return rng.uniform(10, 1000)


def _money(name: str, shift: float) -> float:
    if "hour_usd" in name:
        return {"net_per": 13, "gross_": 19, "after_": 11}.get(name[:6], 14) + 4 * shift
    return {"gross_usd": 30000, "costed_gross_usd": 29000, "costed_tip_usd": 5000, "costed_gas_usd": 4000}.get(
        name, 1500
    )
