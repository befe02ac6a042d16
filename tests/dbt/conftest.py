"""Small worlds for the tests of the SQL: rows in, a built working database out.

Belongs here: making `lake`, `reference`, `audit` and `run` from Python rows, running dbt on them in process.
Does not belong here: what any model should say (the test files beside this one).

A world is written as contract lines: `{"event_type": "placed", "occurred_at": "2022-05-21T19:00-07:00", ..}`.
Left out, `event_id` is made up, `received_at` is `occurred_at`, defaults of the contract are filled in.
"""

import os
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import UTC, date, datetime
from decimal import Decimal
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest
from dbt.adapters.duckdb.connections import DuckDBConnectionManager
from dbt.adapters.factory import reset_adapters
from dbt.cli.main import dbtRunner

from pipelines.contract import LOGS, Kind, Log
from pipelines.workspace import DBT_PROJECT, SHIPPED_DATA

Row = dict[str, Any]

FAILURES = ("error", "fail")

REFERENCE_TYPES = {
    "latitude": "double",
    "longitude": "double",
    "miles_per_gallon": "double",
    "kwh_per_100_miles": "double",
    "value": "double",
    "usd_per_unit": "decimal(12,4)",
    "usd_per_mile": "decimal(12,4)",
    "usd_per_hour": "decimal(12,4)",
    "maintenance_usd_per_mile": "decimal(12,4)",
    "depreciation_usd_per_mile": "decimal(12,4)",
    "pilot_started_on": "date",
    "week_starting_on": "date",
    "valid_from": "date",
    "valid_to": "date",
}


@dataclass(frozen=True)
class World:
    """A built working database, read-only."""

    path: Path

    def rows(self, sql: str) -> list[Row]:
        """The result of a query as dicts; instants in UTC."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, sql: str) -> Row:
        """The only row of a query."""
        (only,) = self.rows(sql)
        return only

    def value(self, sql: str) -> Any:
        """The only value of a query."""
        (only,) = self.row(sql).values()
        return only


def instant(text: str | datetime | None) -> datetime | None:
    """An RFC 3339 text as a UTC instant."""
    if text is None or isinstance(text, datetime):
        return text
    parsed = datetime.fromisoformat(text)
    assert parsed.tzinfo is not None, f"{text}: an instant needs an offset"
    return parsed.astimezone(UTC)


def typed(value: Any, kind: Kind) -> Any:
    """A field of a written row as the lake's type."""
    if value is None:
        return None
    if kind is Kind.TIMESTAMP:
        return instant(value)
    return Decimal(str(value)) if kind is Kind.MONEY else value


def lake_frame(log: Log, lines: Iterable[Row]) -> pl.DataFrame:
    """Contract lines as the rows ingest would have put into the lake (one file per log)."""
    rows = []
    for number, line in enumerate(lines, start=1):
        filled = {"event_id": f"{log.name}-{number}", "received_at": line["occurred_at"], **line}
        row: Row = {"file_sha256": f"{log.name}-file", "line_number": number, "landed_on": date(2022, 1, 1)}
        for each in log.fields:
            default = each.default if line["event_type"] in log.event_types_with(each.name) else None
            name = "driver_key" if each.name == "driver_id" else each.name
            row[name] = typed(filled.pop(each.name, filled.pop(name, default)), each.kind)
        row |= {name: filled.pop(name) for name in list(filled) if name in row}
        assert not filled, f"{log.name} has no field {', '.join(filled)}"
        rows.append(row)
    return pl.DataFrame(rows, schema={**log.lake_schema, "landed_on": pl.Date()}, orient="row")


def write_reference(connection: duckdb.DuckDBPyConnection, folder: Path, given: dict[str, list[Row]]) -> None:
    """The shipped reference tables, those in `given` replaced by its rows."""
    connection.execute("create schema reference")
    for csv in sorted((SHIPPED_DATA / "reference").glob("*.csv")):
        frame = pl.read_csv(csv, infer_schema=False)
        if csv.stem in given:
            rows = [{k: None if v is None else str(v) for k, v in row.items()} for row in given[csv.stem]]
            frame = pl.DataFrame(rows, schema=frame.schema)
        casts = ", ".join(f'cast("{c}" as {REFERENCE_TYPES.get(c, "varchar")}) as "{c}"' for c in frame.columns)
        frame.write_parquet(folder / csv.name)
        source = f"read_parquet('{folder / csv.name}')"
        connection.execute(f'create table reference."{csv.stem}" as select {casts} from {source}')


def write_working_database(
    path: Path,
    logs: dict[str, list[Row]],
    reference: dict[str, list[Row]],
    as_of: str | None,
    min_drivers: int,
) -> None:
    """A fresh working database as dbt expects to find it."""
    with duckdb.connect(str(path)) as connection:
        connection.execute("set TimeZone = 'UTC'")
        connection.execute("create schema lake")
        for name, log in LOGS.items():
            part = path.parent / f"{name}.parquet"
            lake_frame(log, logs.get(name, [])).write_parquet(part)
            connection.execute(f"create view lake.{name} as select * from read_parquet('{part}')")
        write_reference(connection, path.parent, reference)
        connection.execute("create schema audit")
        connection.execute("create table audit.files (path varchar, sha256 varchar, lines bigint)")
        connection.execute(
            "create table audit.quarantine_reasons"
            " (log varchar, file varchar, reason varchar, field varchar, lines bigint)"
        )
        connection.execute("create schema run")
        connection.execute(
            "create table run.settings as select cast(? as timestamptz) as as_of_limit,"
            " cast(? as integer) as min_drivers, 'recorded' as origin, 'A small world' as title",
            [instant(as_of), min_drivers],
        )


def run_dbt(database: Path, *arguments: str) -> None:
    """Run dbt on a working database and let go of the file; a failing node fails the test, named."""
    os.environ["DOORSTEP_WORKING_DATABASE"] = str(database)
    target = database.parents[1] / "target"  # shared by the worlds of a session, so that dbt parses once
    common = ["--project-dir", str(DBT_PROJECT), "--profiles-dir", str(DBT_PROJECT)]
    quiet = ["--target-path", str(target), "--log-path", str(target), "--quiet"]
    try:
        result = dbtRunner().invoke([*arguments, *common, *quiet])
    finally:
        reset_adapters()
        DuckDBConnectionManager.close_all_connections()
    if result.exception:
        raise result.exception
    failed = [f"{each.node.name}: {each.message}" for each in result.result if each.status in ("error", "fail")]
    assert result.success, "\n".join(failed)


@pytest.fixture(scope="session")
def build_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """A function that builds a world once: `build_world(orders=[...], trips=[...], select="fct_trips")`.

    `reference` replaces shipped reference tables by rows, `as_of` is an RFC 3339 text, `select` names models
    that are built together with all they need (default: everything).
    """

    def build(
        *,
        orders: Iterable[Row] = (),
        offers: Iterable[Row] = (),
        trips: Iterable[Row] = (),
        reference: dict[str, list[Row]] | None = None,
        as_of: str | None = None,
        min_drivers: int = 5,
        select: str | None = None,
    ) -> World:
        path = tmp_path_factory.mktemp("world") / "working.duckdb"
        logs = {"orders": list(orders), "offers": list(offers), "trips": list(trips)}
        write_working_database(path, logs, reference or {}, as_of, min_drivers)
        selection = ["--select", *(f"+{each}" for each in select.split())] if select else []
        run_dbt(path, "build", *selection)
        return World(path)

    return build
