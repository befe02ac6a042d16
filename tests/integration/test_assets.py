"""What an analyst reads of a run in the UI: materializations, observations and checks, from the run's own events."""

import json
import shutil
from contextlib import contextmanager
from pathlib import Path

import dagster as dg
import duckdb
import polars as pl
import pytest

from pipelines.definitions import defs
from tests.integration.conftest import doorstep, fingerprints

KEYS = sorted(defs.resolve_asset_graph().materializable_asset_keys)
CHECKS = sorted(defs.resolve_asset_graph().asset_check_keys)


@contextmanager
def instance_of(root: Path):
    with dg.DagsterInstance.from_config(str(root / "build/dagster")) as instance:
        yield instance


@pytest.fixture(scope="module")
def told(built: Path, tmp_path_factory: pytest.TempPathFactory):
    """By asset, the metadata of the materialization of the one run."""
    home = tmp_path_factory.mktemp("home")
    shutil.copytree(built / "build/dagster", home / "build/dagster")
    with instance_of(home) as instance:
        events = {key: instance.get_latest_materialization_event(key) for key in KEYS}
    return {key.to_user_string(): event.asset_materialization.metadata for key, event in events.items() if event}


@pytest.fixture
def copied(built: Path, tmp_path: Path) -> Path:
    shutil.copytree(built, tmp_path / "copy")
    return tmp_path / "copy"


def checks_of(root: Path):
    """By name, the latest evaluation of each check that was run."""
    with instance_of(root) as instance:
        records = instance.event_log_storage.get_latest_asset_check_execution_by_key(CHECKS)
    events = [record.event.dagster_event for record in records.values() if record.event and record.event.dagster_event]
    done = [event for event in events if event.event_type is dg.DagsterEventType.ASSET_CHECK_EVALUATION]
    evaluations = [event.asset_check_evaluation_data for event in done]
    return {evaluation.check_name: evaluation for evaluation in evaluations}


def query(root: Path, sql: str):
    with duckdb.connect(str(root / "warehouse.duckdb"), read_only=True) as connection:
        return connection.execute(sql).fetchall()


def test_every_asset_tells_of_its_materialization(told):
    assert set(told) == {key.to_user_string() for key in KEYS}
    for key, metadata in told.items():
        counted = "page" if key.startswith("pages/") else "rows" if key == "warehouse" else "dagster/row_count"
        assert key.startswith("lake/") or counted in metadata, key


def test_the_rows_told_are_those_published(told, built):
    tables = {table.removeprefix("main."): rows for table, (rows, _) in fingerprints(built, "main", "audit").items()}
    del tables["audit.checks"]  # filled once all models are made, and no asset
    names = {table: told[table.replace(".", "/")]["dagster/row_count"].value for table in tables}
    assert names == tables


def test_every_published_table_is_observed_with_its_fingerprint(built, told, tmp_path):
    shutil.copytree(built / "build/dagster", tmp_path / "build/dagster")
    with instance_of(tmp_path) as instance:
        found = {
            key.to_user_string(): instance.fetch_observations(key, limit=1).records[0].asset_observation
            for key in KEYS
            if key.to_user_string() in ("fct_trips", "audit/files", "reference/sites")
        }
    published = fingerprints(built, "main", "audit", "reference")
    for table, key in (("main.fct_trips", "fct_trips"), ("audit.files", "audit/files")):
        values = found[key].metadata
        assert (values["rows"].value, values["row_fingerprint"].value) == published[table]
    assert found["reference/sites"].metadata["build_id"] == told["warehouse"]["build_id"]


def test_the_warehouse_tells_each_table_its_size_and_the_key_figures(told, built):
    metadata = told["warehouse"]
    rows = {(row.data["table"], (row.data["rows"], row.data["row_fingerprint"])) for row in metadata["tables"].records}
    assert rows == set(fingerprints(built, "main", "audit", "reference").items())
    assert metadata["bytes"].value == (built / "warehouse.duckdb").stat().st_size
    assert metadata["seconds"].value > 0
    whole = "where grain = 'all' and market_id = 'all' and offer_type = 'all'"
    [(orders, on_time)] = query(built, f"select orders, on_time_share from delivery_speed {whole}")
    [(trips, net)] = query(built, f"select trips, net_per_hour_usd from driver_earnings {whole}")
    [(acceptance,)] = query(built, f"select acceptance_share from offer_acceptance {whole}")
    found = [metadata[n].value for n in ("orders", "on_time_share", "trips", "net_per_hour_usd", "acceptance_share")]
    assert found == [orders, on_time, trips, float(net), acceptance]
    assert told["driver_earnings"]["net_per_hour_usd"].value == float(net)


def test_first_rows_are_those_of_the_table_and_of_no_fact(told, built):
    rows = [row.data for row in told["dim_market"]["first_rows"].records]
    markets = query(built, "select market_id from dim_market order by 1")
    assert [(row["market_id"],) for row in rows] == markets
    shown = {key for key, metadata in told.items() if "first_rows" in metadata}
    assert not [key for key in shown if key.startswith(("fct_", "stg_", "int_", "dim_driver", "dim_store", "store_"))]


def test_no_driver_is_named_in_what_a_run_tells(told, built):
    drivers = [key for (key,) in query(built, "select driver_key from dim_driver")]
    text = str(told)
    assert drivers and not [driver for driver in drivers if driver in text]


def test_columns_of_tables_that_are_not_published_are_told_with_type_and_text(told):
    kinds = ("stg_", "int_", "run/", "audit/files", "audit/quarantine_reasons")
    staged = [key for key in told if key.startswith(kinds)]
    assert len(staged) > 20
    for key in staged:
        columns = told[key]["dagster/column_schema"].schema.columns
        assert [column.name for column in columns if not (column.type and column.description)] == [], key


def test_a_metric_tells_the_columns_it_comes_from_and_where_it_is_drawn(told, built):
    lineage = told["delivery_speed"]["dagster/column_lineage"].column_lineage.deps_by_column
    sources = {(dep.asset_key.to_user_string(), dep.column_name) for dep in lineage["on_time_share"]}
    assert ("fct_deliveries", "is_on_time") in sources
    page = told["driver_earnings"]["page_driver_earnings"].path
    assert page == told["pages/driver_earnings"]["page"].path and Path(page).is_file()
    assert told["pages/overview"]["page"].path.endswith("index.html")
    assert told["pages/overview"]["bytes"].value == (built / "dashboards/index.html").stat().st_size


def test_a_check_that_failed_says_what_it_expected_and_found_and_how_to_see_more(copied: Path):
    part = max((copied / "lake/orders").rglob("*.parquet"), key=lambda path: path.stat().st_size)
    pl.read_parquet(part, glob=False, hive_partitioning=False).head(-1).write_parquet(part)
    before = (copied / "warehouse.duckdb").read_bytes()
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 1 and "assert_files_are_conserved" in done.stderr
    assert (copied / "warehouse.duckdb").read_bytes() == before
    checks = checks_of(copied)
    failed = checks["assert_files_are_conserved"]
    assert not failed.passed and failed.severity is dg.AssetCheckSeverity.ERROR and failed.blocking
    assert (failed.metadata["expected"].value, failed.metadata["found"].value) == ("no row", "1 row")
    [row] = failed.metadata["first_failing_rows"].records
    assert part.stem in row.data.values()
    assert "doorstep ingest --again" in failed.metadata["what_to_do"].value
    sql = failed.metadata["sql"].value.removeprefix("```sql\n").removesuffix("\n```")
    with duckdb.connect() as connection:
        assert len(connection.sql(sql).fetchall()) == 1
    shown = doorstep("query", sql, "--csv", "--workspace", copied)
    assert shown.returncode == 0 and part.stem in shown.stdout
    assert checks["assert_money_is_conserved"].passed


def test_a_market_that_falls_silent_warns_and_is_published(copied: Path):
    noon = "2022-02-26T12:00:00-08:00"
    line = {"event_id": "e", "event_type": "placed", "occurred_at": noon, "received_at": noon, "order_id": "new-order"}
    (copied / "landing/orders/2022-02-27").mkdir()
    text = json.dumps(line | {"site_id": "las_vegas_mall"})
    (copied / "landing/orders/2022-02-27/a.jsonl").write_text(text + "\n")
    done = doorstep("run", "--workspace", copied)
    assert done.returncode == 0 and "look assert_markets_are_heard_of" in done.stdout, done.stderr
    assert query(copied, "select count(*) from fct_deliveries where order_id = 'new-order'") == [(1,)]
    warned = checks_of(copied)["assert_markets_are_heard_of"]
    assert not warned.passed and warned.severity is dg.AssetCheckSeverity.WARN and not warned.blocking
    silent = {(row.data["log"], row.data["market_id"]) for row in warned.metadata["first_failing_rows"].records}
    assert ("trips", "las_vegas") in silent and ("orders", "las_vegas") not in silent
    sql = warned.metadata["sql"].value.removeprefix("```sql\n").removesuffix("\n```")
    shown = doorstep("query", sql, "--csv", "--workspace", copied)
    assert len(shown.stdout.splitlines()) == 1 + warned.metadata["failing_rows"].value
