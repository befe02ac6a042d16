"""What Dagster is shown."""

import subprocess
import sys
import time
from datetime import date

import dagster as dg
import pytest
import time_machine

from pipelines.contract import LOGS
from pipelines.dbt_build import NodeResult
from pipelines.definitions import defs
from pipelines.defs import automation, warehouse
from pipelines.defs.partitions import DAYS, MOST_DAYS, day_partitions
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


def test_there_are_four_jobs_two_schedules_and_one_sensor():
    repository = defs.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    assert jobs == {"refresh", "ingest", "snapshot", "forget_runs"}
    schedules = {schedule.name: (schedule.job_name, schedule.cron_schedule) for schedule in repository.schedule_defs}
    assert schedules == {"daily": ("refresh", "0 6 * * *"), "nightly": ("forget_runs", "0 5 * * *")}
    assert [sensor.name for sensor in repository.sensor_defs] == ["landing"]


def ask(cursor=None):
    """What the sensor says a minute from now, when every file is quiet, and its cursor."""
    context = dg.build_sensor_context(cursor=cursor)
    with time_machine.travel(time.time() + 60):
        return automation.landing(context), context.cursor


def test_the_sensor_asks_once_for_files_that_are_not_published_taken_in_or_not(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(tmp_path))
    assert isinstance(ask()[0], dg.SkipReason)
    path = tmp_path / "landing/orders/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    first, cursor = ask()
    assert isinstance(first, dg.RunRequest) and cursor == first.run_key
    assert isinstance(ask(cursor)[0], dg.SkipReason)
    ingest(open_workspace(), "orders", [])
    assert isinstance(ask(cursor)[0], dg.SkipReason), "taken in, not published: the same files"
    path.write_text("[]\n")
    changed, _ = ask(cursor)
    assert isinstance(changed, dg.RunRequest) and changed.run_key != first.run_key


def test_the_sensor_and_its_run_leave_a_file_alone_that_is_still_being_written(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(tmp_path))
    path = tmp_path / "landing/orders/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    skipped = automation.landing(dg.build_sensor_context())
    assert isinstance(skipped, dg.SkipReason) and "1 files are still being written" in skipped.skip_message
    request, _ = ask()
    config = {each["config"]["quiet_seconds"] for each in request.run_config["ops"].values()}
    assert config == {automation.QUIET_SECONDS} and len(request.run_config["ops"]) == len(LOGS)


@pytest.mark.parametrize(
    ("toml", "first", "last"),
    [
        ('origin = "simulated"', "2022-05-21", "2022-05-23"),
        ("", "2022-05-21", date.today().isoformat()),
        ("[partitions]\nfirst_day = 2022-01-01\nlast_day = 2022-01-31", "2022-01-01", "2022-01-31"),
    ],
)
def test_partitions_go_from_the_first_to_the_last_day_of_the_workspace(tmp_path, toml, first, last):
    (tmp_path / "workspace.toml").write_text(toml)
    for name in ("2022-05-21.jsonl", "2022-05-23/x.jsonl", "9999-12-31.jsonl"):
        path = tmp_path / "landing/orders" / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text("{}\n")
    days = day_partitions(open_workspace(tmp_path))
    assert (days.get_first_partition_key(), days.get_last_partition_key()) == (first, last)


def test_a_file_called_after_an_absurd_day_makes_no_million_partitions(tmp_path):
    path = tmp_path / "landing/orders/0001-01-01.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    assert len(day_partitions(open_workspace(tmp_path)).get_partition_keys()) == MOST_DAYS + 1


def test_the_lake_is_partitioned_and_a_backfill_of_it_is_one_run(graph):
    for log in LOGS:
        node = graph.get(dg.AssetKey(["lake", log]))
        assert node.partitions_def == DAYS
        assert node.backfill_policy == dg.BackfillPolicy.single_run()


def test_every_dbt_data_test_is_an_asset_check(graph):
    tests = {node["name"] for node in warehouse.MANIFEST["nodes"].values() if node["resource_type"] == "test"}
    checks = {key.name for key in graph.asset_check_keys}
    assert tests and tests <= checks


def test_conservation_blocks_and_drift_warns(graph):
    blocking = {key.name for key in graph.asset_check_keys if graph.get_check_spec(key).blocking}
    warning = {key.name for key in graph.asset_check_keys} - blocking
    assert {f"assert_{what}_conserved" for what in ("files_are", "lines_are", "money_is")} <= blocking
    assert warning == {
        "assert_fields_arrive_as_usual",
        "assert_refusals_are_as_usual",
        "files_arrive_every_day",
        "files_can_be_read",
    }


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
