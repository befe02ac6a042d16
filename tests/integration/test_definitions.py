"""What Dagster is shown."""

import re
import subprocess
import sys
from datetime import date

import dagster as dg
import pytest
import yaml

from pipelines.contract import LOGS
from pipelines.dagster_home import dagster_home
from pipelines.definitions import defs
from pipelines.defs import automation, warehouse
from pipelines.defs.partitions import DAYS, MOST_DAYS, day_partitions
from pipelines.ingest import ingest
from pipelines.reference_tables import REFERENCE
from pipelines.table_facts import SHOWN
from pipelines.workspace import open_workspace
from tests.integration.conftest import ask


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


def test_every_asset_has_a_group_a_description_an_owner_and_a_kind(graph):
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        assert node.group_name != "default" and node.description and node.kinds, key
        assert node.owners == ["team:data"], key


def test_every_asset_of_the_project_says_its_layer_and_a_model_which_logs_it_rests_on(graph):
    for key in graph.materializable_asset_keys:
        if key.path[0] != "lake":
            assert graph.get(key).tags["layer"], key
    tags = graph.get(dg.AssetKey("offer_acceptance")).tags
    assert {name for name in tags if name.startswith("log/")} == {"log/orders", "log/offers", "log/trips"}
    assert (tags["layer"], tags["published"]) == ("metrics", "yes")
    staging = graph.get(dg.AssetKey("stg_offers")).tags
    assert {name for name in staging if name.startswith("log/")} == {"log/offers"}
    assert (staging["layer"], staging["published"]) == ("staging", "no")


def test_every_table_says_what_a_row_is(graph):
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        if node.group_name not in ("warehouse", "pages") and key.path[0] != "run":
            text = " ".join(node.description.split()).lower()
            assert re.search(r"\bone (row|line)\b|row each|per log, file", text), key


def test_every_model_says_what_it_reads_and_shows_its_code(graph):
    for name in ("fct_trips", "int_driver_intervals"):
        text = graph.get(dg.AssetKey(name)).description
        assert "**Reads** `int_" in text and f"/{name}." in text
    assert "```python\n" in graph.get(dg.AssetKey("int_driver_intervals")).description
    assert "**Reads** `delivery_curve`" in graph.get(dg.AssetKey(["pages", "delivery_speed"])).description


def test_every_published_table_shows_its_columns_with_type_and_text(graph):
    for key in graph.materializable_asset_keys:
        node = graph.get(key)
        if key.path[0] in ("lake", "reference") or node.tags.get("layer") in ("marts", "metrics", "audit"):
            columns = node.metadata["dagster/column_schema"].columns
            assert columns and [column for column in columns if not (column.type and column.description)] == [], key


def test_columns_show_their_rules_unit_and_formula(graph):
    def columns(name):
        schema = graph.get(dg.AssetKey(name)).metadata["dagster/column_schema"]
        return schema.constraints.other, {column.name: column for column in schema.columns}

    rules, speed = columns("delivery_speed")
    assert rules == ["primary key (grain, period_start, market_id, offer_type)"]
    share = speed["on_time_share"]
    assert share.tags == {"unit": "share", "better": "up"} and "Formula: `on_time / due`" in share.description
    assert not speed["grain"].constraints.nullable and not speed["grain"].constraints.unique
    assert columns("fct_trips")[1]["trip_id"].constraints.unique
    assert columns(["audit", "freshness"])[1]["hours_behind_cut"].constraints.other == ["hours_behind_cut >= 0"]


def test_a_table_is_named_as_one_asks_for_it(graph):
    for key, name in {"fct_trips": "main.fct_trips", "stg_orders": "staging.stg_orders"}.items():
        assert graph.get(dg.AssetKey(key)).metadata["dagster/table_name"] == name
    for name in ("audit.logs", "audit.files", "reference.sites"):
        assert graph.get(dg.AssetKey(name.split("."))).metadata["dagster/table_name"] == name


def test_the_groups_of_the_graph_stand_in_one_order_from_left_to_right(graph):
    follows = {
        (graph.get(parent).group_name, graph.get(key).group_name)
        for key in graph.materializable_asset_keys
        for parent in graph.get(key).parent_keys
    }
    order = ["logs", "sources", "staging", "marts", "metrics", "audit", "warehouse", "pages"]
    assert {name for pair in follows for name in pair} == set(order)
    assert [pair for pair in follows if order.index(pair[0]) > order.index(pair[1])] == []


def test_first_rows_are_shown_of_no_table_about_a_driver_a_store_or_a_single_thing():
    models = [node for node in warehouse.MANIFEST["nodes"].values() if node["resource_type"] == "model"]
    columns = {f"{node['schema']}.{node['name']}": set(node["columns"]) for node in models}
    things = {"driver_key", "store_id", "order_id", "offer_id", "block_id", "trip_id", "event_id", "missing_id", "path"}
    assert {table for table in SHOWN if columns[table] & things} == set()
    assert {"main.driver_earnings", "main.dim_market", "audit.logs"} <= SHOWN


def test_there_are_four_jobs_two_schedules_and_one_sensor():
    repository = defs.get_repository_def()
    jobs = {job.name for job in repository.get_all_jobs() if not job.name.startswith("__")}
    assert jobs == {"refresh", "ingest", "snapshot", "forget_runs"}
    schedules = {schedule.name: (schedule.job_name, schedule.cron_schedule) for schedule in repository.schedule_defs}
    assert schedules == {"daily": ("refresh", "0 6 * * *"), "nightly": ("forget_runs", "0 5 * * *")}
    assert [sensor.name for sensor in repository.sensor_defs] == ["landing"]


def test_the_sensor_asks_once_for_files_that_are_not_published_taken_in_or_not(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(tmp_path))
    assert isinstance(ask()[0], dg.SkipReason)
    path = tmp_path / "landing/orders/a.jsonl"
    path.parent.mkdir(parents=True)
    path.write_text("{}\n")
    first, cursor = ask()
    assert isinstance(first, dg.RunRequest) and cursor
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
        "assert_markets_are_heard_of",
        "assert_few_events_refer_to_nothing",
    }


def test_every_check_says_what_mistake_it_catches_and_what_to_do(graph):
    for key in graph.asset_check_keys:
        mistake, _, remedy = graph.get_check_spec(key).description.partition("\n\n**What to do** ")
        assert mistake and remedy.endswith(("all the same.", "doorstep run.")), key


def test_loading_the_definitions_starts_no_dbt_when_the_manifest_is_fresh():
    code = "import sys, pipelines.definitions; print('dbt.cli.main' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert done.stdout.strip() == "False"


def test_a_step_that_fails_by_a_users_mistake_says_just_the_sentence(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(tmp_path))
    config = {"ops": {"make": {"config": {"as_of": "yesterday"}}}}
    done = defs.resolve_job_def("snapshot").execute_in_process(run_config=config, raise_on_error=False)
    [failure] = [event.step_failure_data for event in done.all_events if event.is_step_failure]
    assert failure.user_failure_data.description.startswith("'yesterday' is no timestamp with offset")
    assert failure.error.cause is None


def test_every_model_reads_something_so_that_a_backfill_builds_it_after_the_lake(graph):
    for node in warehouse.MANIFEST["nodes"].values():
        if node["resource_type"] == "model":
            assert node["depends_on"]["nodes"], node["name"]


def test_dagster_tells_nobody_asks_nobody_and_runs_one_at_a_time(tmp_path, monkeypatch):
    monkeypatch.setenv("DAGSTER_HOME", "")
    said = yaml.safe_load((dagster_home(open_workspace(tmp_path)) / "dagster.yaml").read_text())
    assert said["telemetry"] == {"enabled": False} and said["nux"] == {"enabled": False}
    assert said["concurrency"]["runs"]["max_concurrent_runs"] == 1
    assert said["retention"]["schedule"]["purge_after_days"] > 0


def test_the_sensor_does_not_ask_again_for_a_part_of_what_it_asked_for(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_WORKSPACE", str(tmp_path))
    folder = tmp_path / "landing/orders"
    folder.mkdir(parents=True)
    for name in ("a.jsonl", "b.jsonl"):
        (folder / name).write_text("{}\n")
    first, cursor = ask()
    assert isinstance(first, dg.RunRequest)
    (folder / "b.jsonl").unlink()
    assert isinstance(ask(cursor)[0], dg.SkipReason)
