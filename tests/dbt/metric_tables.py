"""Metric tables over hand-made facts: the compiled SQL of the metric models, run in memory in milliseconds.

Belongs here: making facts of Python rows and running the models' SQL on them.
Does not belong here: what a metric should say (`test_metrics*.py`), contracts and comments (`build_world`).
"""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from decimal import Decimal
from functools import cache
from importlib.util import module_from_spec, spec_from_file_location
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

import duckdb
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner

from pipelines.workspace import DBT_PROJECT

Row = dict[str, Any]

CUT = datetime(2022, 12, 31, tzinfo=UTC)
INPUTS = ("fct_deliveries", "fct_offers", "fct_blocks", "fct_trips", "dim_vehicle_class", "dim_market", "logs")
MODELS = (
    *("int_blocks_due", "int_delivery_survival", "int_driver_cells", "int_driver_figures", "int_driver_intervals"),
    *("int_offer_driver_cells", "int_acceptance_intervals", "int_offer_pay_answers", "int_acceptance_fit"),
    *("delivery_speed", "delivery_curve", "delivery_hours"),
    *("offer_acceptance", "acceptance_by_pay", "acceptance_pay_needed"),
    *("driver_earnings", "net_pay_parts", "driver_pay_distribution", "store_performance", "metric_dictionary"),
    *("int_pilot_sums", "int_pilot_clusters", "int_pilot_differences", "pilot_readout"),
)
MARKET_DEFAULTS = {"market_name": "A market", "state": "NV", "time_zone": "America/Los_Angeles", "fuel_area": "here"}


@dataclass(frozen=True)
class MetricModels:
    """Column types of the models' inputs and the compiled SQL of the models, in order of dependency."""

    inputs: dict[str, dict[str, str]]
    compiled: dict[str, str]

    def over(
        self,
        *,
        min_drivers: int = 5,
        cut: datetime = CUT,
        handed_over: Iterable[tuple[str, str]] = (),
        **facts: Iterable[Row],
    ) -> "MetricTables":
        """The metric tables over the rows of `fct_..`; columns left out are null, every market is made up.

        `handed_over`: trips that an order's events name besides the one it ended with, as (trip_id, order_id).
        """
        given = {name: list(facts.pop(name, ())) for name in INPUTS}
        assert not facts, f"no such fact: {facts.keys()}"
        markets = sorted({row["market_id"] for name in INPUTS[:4] for row in given[name]})
        given["dim_market"] = [{"market_id": market} | MARKET_DEFAULTS for market in markets]
        given["logs"] = [{"log": log, "cut": cut} for log in ("orders", "offers", "trips")]
        connection = duckdb.connect()
        connection.execute("attach ':memory:' as working; use working; set timezone = 'UTC'")
        connection.execute("create schema audit; create schema intermediate; create schema run; create schema staging")
        connection.execute(f"create table run.settings as select {min_drivers} as min_drivers")
        for name, rows in given.items():
            self._create(connection, name, rows)
        connection.execute("create table staging.stg_orders as select trip_id, order_id from fct_deliveries")
        for pair in handed_over:
            connection.execute("insert into staging.stg_orders values (?, ?)", pair)
        for name, code in self.compiled.items():
            schema = "intermediate" if name.startswith("int_") else "main"
            if (path := DBT_PROJECT / f"models/intermediate/{name}.py").exists():
                connection.register("made", python_model(path)(_Refs(connection), connection))
                code = "select * from made"  # noqa: PLW2901
            connection.execute(f"create table {schema}.{name} as {code}")
        return MetricTables(connection)

    def _create(self, connection: duckdb.DuckDBPyConnection, name: str, rows: list[Row]) -> None:
        types = self.inputs[name]
        table = f"audit.{name}" if name == "logs" else f"main.{name}"
        columns = ", ".join(f"{column} {dtype}" for column, dtype in types.items())
        connection.execute(f"create table {table} ({columns})")
        unknown = {column for row in rows for column in row} - types.keys()
        assert not unknown, f"{name} has no column {unknown}"
        if rows:
            one_row = f"({', '.join('?' * len(types))})"
            values = [row.get(column) for row in rows for column in types]
            connection.execute(f"insert into {table} values {', '.join([one_row] * len(rows))}", values)


@dataclass(frozen=True)
class _Refs:
    """What a Python model asks of `dbt`: the table of a model."""

    connection: duckdb.DuckDBPyConnection

    def ref(self, name: str) -> duckdb.DuckDBPyRelation:
        return self.connection.table(f"intermediate.{name}")


def python_model(path: Path) -> Callable[..., Any]:
    """The function `model` of a Python model."""
    spec = spec_from_file_location(path.stem, path)
    assert spec and spec.loader
    module = module_from_spec(spec)
    spec.loader.exec_module(module)
    return module.model


@dataclass(frozen=True)
class MetricTables:
    """Metric tables in memory."""

    connection: duckdb.DuckDBPyConnection

    def rows(self, table: str, where: str = "true") -> list[Row]:
        """The rows of a metric table as dicts."""
        cursor = self.connection.execute(f"select * from {table} where {where} order by all")
        names = [column[0] for column in cursor.description or ()]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def cell(self, table: str, **keys: str | int) -> Row:
        """One row of a metric table; keys left out are `all`."""
        wanted = {"grain": "all", "market_id": "all", "offer_type": "all"} | keys
        (only,) = self.rows(table, " and ".join(f"{key} = '{value}'" for key, value in wanted.items()))
        return only


@cache
def metric_models() -> MetricModels:
    """Compiles the dbt project, once per process; about three seconds."""
    with TemporaryDirectory() as folder:
        manifest = invoke_dbt(["parse"], folder)
        results = invoke_dbt(["compile", "--select", *MODELS], folder)
    inputs = {
        node.name: {column.name: column.data_type for column in node.columns.values()}
        for node in manifest.nodes.values()
        if node.name in INPUTS
    }
    compiled = {result.node.name: result.node.compiled_code for result in results}
    return MetricModels(inputs, {name: compiled[name] for name in MODELS})


def invoke_dbt(arguments: list[str], folder: str) -> Any:
    """What dbt has to say of the project, written below `folder`."""
    common = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT), "--quiet"]
    try:
        with pytest.MonkeyPatch.context() as environment:
            environment.setenv("DOORSTEP_WORKING_DATABASE", f"{folder}/working.duckdb")
            outcome = dbtRunner().invoke([*arguments, *common, "--target-path", folder, "--log-path", folder])
    finally:
        DuckDBConnectionManager.close_all_connections()
        reset_adapters()
    assert outcome.success, outcome.exception
    return outcome.result


def order(number: int, **fields: Any) -> Row:
    """A delivered order of fct_deliveries, placed at noon UTC; `minutes` is click to door, None: still open."""
    minutes = fields.pop("minutes", 60)
    placed_at = fields.pop("placed_at", datetime(2022, 5, 21, 12, tzinfo=UTC))
    delivered_at = None if minutes is None else placed_at + timedelta(minutes=minutes)
    return {
        "order_id": f"order-{number}",
        "market_id": "las_vegas",
        "site_id": "las_vegas_mall",
        "offer_type": "retail",
        "placed_at": placed_at,
        "placed_date": placed_at.date(),
        "delivered_at": delivered_at,
        "first_attempted_at": delivered_at,
        "click_to_door_minutes": minutes,
        "status": "open" if minutes is None else "delivered",
        "has_clock_disorder": False,
    } | fields


def offer(number: int, outcome: str, **fields: Any) -> Row:
    """An offer of fct_offers for a three-hour block at 60 USD, sent at noon UTC."""
    return {
        "offer_id": f"offer-{number}",
        "block_id": f"block-{number}",
        "market_id": "las_vegas",
        "offer_type": "retail",
        "sent_date": "2022-05-21",
        "outcome": outcome,
        "is_at_risk": outcome in ("accepted", "declined", "expired"),
        "is_accepted": outcome == "accepted",
        "pay_usd": 60,
        "block_hours": 3,
    } | fields


def trip(number: int, **fields: Any) -> Row:
    """An ended trip of fct_trips: 3 hours on the job from noon UTC, 60 USD base pay, no cost.

    net_usd and what follows from it are filled in; `is_cost_known=False` leaves every cost but the toll unknown.
    """
    hours = fields.get("on_job_hours", 3)
    started_at = fields.pop("started_at", datetime(2022, 5, 21, 12, tzinfo=UTC))
    costs = {"gas_usd": 0, "maintenance_usd": 0, "constant_price_gas_usd": fields.get("gas_usd", 0)}
    row = {
        "trip_id": f"trip-{number}",
        "driver_key": f"driver-{number}",
        "market_id": "las_vegas",
        "offer_type": "retail",
        "status": "ended",
        "started_at": started_at,
        "arrived_at_pickup_at": started_at,
        "ended_at": started_at + timedelta(hours=hours),
        "trip_date": started_at.date(),
        "on_job_hours": hours,
        "base_usd": 60,
        "tip_usd": 0,
        "incentive_usd": 0,
        "adjustment_usd": 0,
        "toll_usd": 0,
        "minimum_wage_usd": 9.75,
        "is_pay_pending": False,
        "is_cost_known": True,
        **(costs if fields.get("is_cost_known", True) else {}),
    } | fields
    pay = sum(Decimal(str(row[f"{kind}_usd"])) for kind in ("base", "tip", "incentive", "adjustment"))
    row["gross_usd"] = pay
    if row["is_cost_known"]:
        net = pay - sum(Decimal(str(row[f"{cost}_usd"])) for cost in ("gas", "toll", "maintenance"))
        row |= {"net_usd": net, "net_per_hour_usd": net / Decimal(str(hours)) if hours else None}
    return row
