"""What Dagster is shown."""

import subprocess
import sys

import dagster as dg
import pytest

from pipelines.contract import LOGS
from pipelines.dbt_build import NodeResult
from pipelines.definitions import defs
from pipelines.defs import automation, warehouse
from pipelines.ingest import ingest
from pipelines.reference_tables import REFERENCE
from pipelines.workspace import open_workspace


@pytest.fixture(scope="module")
def graph():
    return defs.resolve_asset_graph()


def test_assets_have_the_names_of_their_tables(graph):
    keys = {key.to_user_string() for key in graph.get_all_asset_keys()}
    assert {f"lake/{log}" for log in LOGS} <= keys
    assert {f"reference/{table}" for table in REFERENCE} <= keys
    assert {"audit/files", "audit/quarantine_reasons", "audit/logs", "audit/conflicts", "audit/orphans"} <= keys
    assert {"audit/money", "audit/drift", "audit/freshness"} <= keys
    assert {f"audit/{table}" for table in ("landed_days", "quarantine_totals", "orphan_totals")} <= keys
    assert {"stg_orders", "fct_deliveries", "fct_offers", "fct_blocks", "fct_trips", "dim_driver"} <= keys
    assert {"delivery_speed", "offer_acceptance", "driver_earnings", "warehouse", "pages/delivery_speed"} <= keys


def test_every_asset_has_a_group_a_description_and_an_owner(graph):
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.group_name != "default" and node.description and node.owners, key


def test_there_are_three_jobs_one_schedule_and_one_sensor():
    repository = defs.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    assert jobs == {"refresh", "ingest", "snapshot"}
    assert [schedule.cron_schedule for schedule in repository.schedule_defs] == ["0 6 * * *"]
    assert [sensor.name for sensor in repository.sensor_defs] == ["landing"]


def test_the_sensor_asks_once_for_files_that_are_not_published_taken_in_or_not(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(tmp_path))
    assert isinstance(automation.landing(), dg.SkipReason)
    path = tmp_path / "landing/orders/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    first, second = automation.landing(), automation.landing()
    assert isinstance(first, dg.RunRequest) and first.run_key == second.run_key
    ingest(open_workspace(), "orders", [])
    taken_in = automation.landing()
    assert isinstance(taken_in, dg.RunRequest) and taken_in.run_key == first.run_key
    path.write_text("[]\n")
    changed = automation.landing()
    assert isinstance(changed, dg.RunRequest) and changed.run_key != first.run_key


def test_every_dbt_data_test_is_an_asset_check(graph):
    tests = {node["name"] for node in warehouse.MANIFEST["nodes"].values() if node["resource_type"] == "test"}
    checks = {key.name for key in graph.asset_check_keys}
    assert tests and tests <= checks


def test_conservation_blocks_and_drift_warns(graph):
    blocking = {key.name for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    warning = {key.name for key in graph.asset_check_keys} - blocking
    assert {f"assert_{what}_conserved" for what in ("files_are", "lines_are", "money_is")} <= blocking
    assert warning == {"assert_fields_arrive_as_usual", "assert_refusals_are_as_usual"}


def test_a_check_that_did_not_pass_shows_its_first_rows():
    spec = next(iter(warehouse.models.check_specs))
    rows = ({"log": "orders", "found": "3"},)
    result = NodeResult("test.doorstep.x", "x", "warn", "Got 1 result", failures=1, seconds=0.1, failing_rows=rows)
    check = warehouse._check_result(spec, result)
    assert (check.passed, check.severity) == (False, dg.AssetCheckSeverity.WARN)
    assert [record.data for record in check.metadata["first_failing_rows"].records] == list(rows)


def test_loading_the_definitions_starts_no_dbt_when_the_manifest_is_fresh():
    code = "import sys, pipelines.definitions; print('dbt.cli.main' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"
