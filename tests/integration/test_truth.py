"""The pipeline against the simulator's truth: every fact row for row, every line accounted for."""

import hashlib
import hmac
import json
import math
from collections.abc import Iterator
from datetime import date
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.simulate import simulate
from pipelines.workspace import open_workspace
from tests.integration.conftest import doorstep

KEYS = {"fct_deliveries": "order_id", "fct_offers": "offer_id", "fct_blocks": "block_id", "fct_trips": "trip_id"}
ORPHANS = {"orders": "order_without_placed", "offers": "offer_without_sent", "trips": "trip_without_started"}
DUCKDB_TYPES = {
    pl.String: "VARCHAR",
    pl.Int64: "BIGINT",
    pl.Float64: "DOUBLE",
    pl.Boolean: "BOOLEAN",
    pl.Date: "DATE",
    pl.Datetime: "TIMESTAMP WITH TIME ZONE",
    pl.Decimal: "DECIMAL(12,4)",
}
SHOWN = 10


@pytest.fixture(scope="module")
def built_truth(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A built workspace over the day the clocks change (2022-03-13) and the last mall's first day (2022-03-21)."""
    root = tmp_path_factory.mktemp("truth")
    simulate(root, days=28, drivers=60, seed=3, starts_on=date(2022, 3, 7))
    done = doorstep("run", "--workspace", root)
    assert done.returncode == 0, done.stdout + done.stderr
    return root


@pytest.fixture
def warehouse(built_truth: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    with duckdb.connect(str(built_truth / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        yield connection


@pytest.fixture(scope="module")
def lines(built_truth: Path) -> dict[str, Any]:
    return json.loads((built_truth / "truth/lines.json").read_text())


def expected(root: Path, table: str) -> pl.DataFrame:
    """The true fact, with the pseudonym that the workspace's key gives each driver."""
    truth = pl.read_parquet(root / f"truth/{table}.parquet")
    if "driver_id" not in truth.columns:
        return truth
    key = open_workspace(root).driver_key()
    pseudonyms = {
        driver: hmac.new(key, driver.encode(), hashlib.sha256).hexdigest()[:16]
        for driver in truth["driver_id"].unique()
    }
    return truth.with_columns(pl.col("driver_id").replace_strict(pseudonyms)).rename({"driver_id": "driver_key"})


def is_same(truth: object, found: object) -> bool:
    if isinstance(truth, float) and isinstance(found, float):
        return math.isclose(truth, found, rel_tol=1e-9, abs_tol=1e-12)
    return truth == found


def differences(table: str, truth: pl.DataFrame, found: list[dict[str, Any]]) -> list[str]:
    """One sentence per missing row, surplus row or differing cell."""
    key = KEYS[table]
    rows = {row[key]: row for row in found}
    surplus = sorted(rows.keys() - set(truth[key]))
    report = [f"{table} {name}: in the warehouse, not in the truth" for name in surplus]
    for row in truth.iter_rows(named=True):
        if (other := rows.get(row[key])) is None:
            report.append(f"{table} {row[key]}: in the truth, not in the warehouse")
            continue
        report += [
            f"{table} {row[key]} {column}: expected {value!r}, found {other[column]!r}"
            for column, value in row.items()
            if not is_same(value, other[column])
        ]
    return report


@pytest.mark.parametrize("table", KEYS)
def test_every_cell_of_a_fact_is_the_truth(built_truth: Path, warehouse: duckdb.DuckDBPyConnection, table: str):
    truth = expected(built_truth, table)
    cursor = warehouse.execute(f"select * from {table}")
    assert {column[0] for column in cursor.description or []} == set(truth.columns)
    cursor = warehouse.execute(f"select {', '.join(truth.columns)} from {table}")
    found = [dict(zip(truth.columns, row, strict=True)) for row in cursor.fetchall()]
    assert truth.height > 500
    assert len(found) == len({row[KEYS[table]] for row in found}), "a key comes twice"
    report = differences(table, truth, found)
    assert not report, f"{len(report)} differences, of which:\n" + "\n".join(report[:SHOWN])


@pytest.mark.parametrize("table", KEYS)
def test_the_columns_of_a_fact_have_the_types_of_the_contract(
    built_truth: Path, warehouse: duckdb.DuckDBPyConnection, table: str
):
    types = {name: kind for name, kind, *_ in warehouse.execute(f"describe {table}").fetchall()}
    truth = expected(built_truth, table)
    wanted = {name: DUCKDB_TYPES[kind.base_type()] for name, kind in truth.schema.items()}
    assert {name: types.get(name) for name in wanted} == wanted


def test_every_accepted_line_has_the_fate_that_was_planted(warehouse: duckdb.DuckDBPyConnection, lines: dict[str, Any]):
    fates = ("accepted", "current", "superseded", "duplicates", "conflicts", "retracted")
    rows = warehouse.execute(f"select log, {', '.join(fates)}, after_cut, cut from audit.logs").fetchall()
    found = {
        log: {**dict(zip((*fates, "after_cut"), counts, strict=True)), "cut": cut.isoformat()}
        for log, *counts, cut in rows
    }
    truth = {log: {fate: counts[fate] for fate in (*fates, "cut")} | {"after_cut": 0} for log, counts in lines.items()}
    assert {log: found[log]["cut"][:26] for log in found} == {log: truth[log]["cut"][:26] for log in truth}
    assert {log: counts | {"cut": None} for log, counts in found.items()} == {
        log: counts | {"cut": None} for log, counts in truth.items()
    }


def test_every_refused_line_has_the_reason_that_was_planted(
    warehouse: duckdb.DuckDBPyConnection, lines: dict[str, Any]
):
    rows = warehouse.execute(
        "select log, reason, sum(lines)::bigint from audit.quarantine_reasons group by all"
    ).fetchall()
    found: dict[str, dict[str, int]] = {log: {} for log in lines}
    for log, reason, count in rows:
        found[log][reason] = count
    assert found == {log: counts["quarantined"] for log, counts in lines.items()}


def test_every_file_and_line_is_in_the_ledger(warehouse: duckdb.DuckDBPyConnection, lines: dict[str, Any]):
    rows = warehouse.execute("select log, count(*), sum(lines)::bigint from audit.files group by log").fetchall()
    assert {log: (files, count) for log, files, count in rows} == {
        log: (counts["files"], counts["lines"]) for log, counts in lines.items()
    }


def test_things_without_their_first_event_are_orphans(warehouse: duckdb.DuckDBPyConnection, lines: dict[str, Any]):
    rows = warehouse.execute(
        "select problem, count(distinct missing_id) from audit.orphans group by problem"
    ).fetchall()
    found = dict(rows)
    assert {log: found.get(problem, 0) for log, problem in ORPHANS.items()} == {
        log: counts["orphans"] for log, counts in lines.items()
    }


def test_the_default_simulation_is_as_large_as_a_pilot_and_has_drivers_in_every_cell(tmp_path: Path):
    summary = simulate(tmp_path)
    expected_sizes = {"fct_deliveries": (20_000, 30_000), "fct_blocks": (8_000, 11_000), "fct_trips": (8_000, 9_000)}
    expected_sizes["fct_offers"] = (40_000, 60_000)
    for table, (low, high) in expected_sizes.items():
        assert low <= summary.facts[table] <= high, table
    assert 400_000 <= sum(summary.lines.values()) <= 600_000
    trips = pl.read_parquet(summary.truth / "fct_trips.parquet")
    cells = trips.group_by("market_id", "offer_type").agg(pl.col("driver_id").n_unique())
    assert cells.height == 12
    assert cells["driver_id"].min() >= 5
