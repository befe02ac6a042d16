"""Why a metric moved: one workspace published after each of the things that move metrics."""

import json
from dataclasses import asdict, replace

import duckdb
import pytest

from dashboards.diff import render_diff
from pipelines.diff import compare
from pipelines.publish import publish
from pipelines.verify import faults
from pipelines.workspace import DoorstepError, PublishSettings, Settings
from tests.dbt.conftest import PUBLISHABLE, take_in_files
from tests.dbt.lines import after, at, order, trip

NOON = at("2022-05-21T12:00")
MONDAY = at("2022-05-23T12:00")
LATE = at("2022-06-02T12:00")
SITE, OTHER_SITE = "las_vegas_mall", "tysons_station"
GAS = "driver_earnings", "costed_gas_usd"


def text(log, lines):
    """A file of lines, each received as it happened unless it says otherwise."""
    rows = [
        {"event_id": f"{log}-{line.get('order_id') or line['trip_id']}-{line['event_type']}"}
        | {"received_at": line["occurred_at"]} | line
        for line in lines
    ]  # fmt: skip
    return "".join(json.dumps(row) + "\n" for row in rows)


@pytest.fixture(scope="module")
def published(build_world):
    """The file published after each step: `start`, `same`, `late`, `corrected`, `reference`, `code`."""
    orders = [*order("done", SITE, NOON, delivered=after(NOON, 2)), *order("open", SITE, NOON)]
    orders += order("early", OTHER_SITE, NOON, delivered=after(NOON, 3))
    trips = [*trip("paid", SITE, NOON, miles=40, car="compact_car"), *trip("else", OTHER_SITE, MONDAY, miles=30)]
    world = build_world(files={"orders/2022-05-21/a.jsonl": text("orders", orders),
                               "trips/2022-05-21/a.jsonl": text("trips", trips)}, select=PUBLISHABLE)  # fmt: skip
    workspace = replace(world.workspace, settings=Settings(publish=PublishSettings(keep=9)))
    files = {}

    def again(name):
        world.built_again(PUBLISHABLE)
        build_id = publish(workspace).build_id
        files[name] = workspace.snapshots / f"{build_id}.duckdb"

    again("start")
    again("same")
    late = [*order("open", SITE, NOON, delivered=after(NOON, 5))][1:]
    take_in_files(workspace, {"orders/2022-05-22/late.jsonl": text("orders", late)})
    again("late")
    other = [line for line in trip("paid", SITE, NOON, base_usd=70) if "amount_usd" in line]
    corrected = text("trips", [line | {"received_at": LATE.isoformat()} for line in other])
    take_in_files(workspace, {"trips/2022-06-02/corrected.jsonl": corrected})
    again("corrected")
    rates = workspace.root / "reference/vehicle_classes.csv"
    rates.write_text(rates.read_text().replace("compact_car,gasoline,29,", "compact_car,gasoline,20,"))
    again("reference")
    with duckdb.connect(str(workspace.working_database)) as connection:
        connection.execute("update main.driver_earnings set on_job_hours = on_job_hours * 2")
    build_id = publish(workspace).build_id
    files["code"] = workspace.snapshots / f"{build_id}.duckdb"
    return files


def reasons(old, new):
    """Of each metric that moved the reasons named for any of its cells."""
    return {(each.table, each.name): set(each.why) for each in compare(old, new).metrics}


def test_two_builds_of_the_same_lines_and_code_differ_in_nothing(published):
    found = compare(published["start"], published["same"])
    assert not found.tables and not found.metrics and not found.inputs.files and not found.inputs.settings
    assert not list(faults(published["same"]))


def test_an_open_order_that_is_delivered_is_late_data_in_its_cells_and_in_no_others(published):
    found = compare(published["same"], published["late"])
    files = [(each.what, each.path, each.new_lines) for each in found.inputs.files]
    assert files == [("new", "2022-05-22/late.jsonl", 1)]
    moved = {each.name: each for each in found.metrics if each.table == "delivery_speed"}
    assert moved["delivered"].why == {"late data": moved["delivered"].moved}
    assert moved["open_orders"].cells[0].difference == -1
    assert not any("tysons" in cell.where for each in found.metrics for cell in each.cells)
    assert {table.name for table in found.tables} >= {"main.fct_deliveries", "audit.files"}


def test_pay_posted_otherwise_is_a_correction(published):
    found = reasons(published["late"], published["corrected"])
    assert found["driver_earnings", "gross_usd"] == {"correction"}
    assert GAS not in found


def test_other_miles_per_gallon_are_reference_and_change_no_pay(published):
    found = reasons(published["corrected"], published["reference"])
    assert found[GAS] == {"reference"} and found["driver_earnings", "net_per_hour_usd"] == {"reference"}
    assert ("driver_earnings", "gross_usd") not in found


def test_what_no_row_explains_is_unexplained_and_code_where_the_versions_differ(published, tmp_path):
    hours = "driver_earnings", "on_job_hours"
    assert reasons(published["reference"], published["code"]) == {hours: {"unexplained"}}
    other = tmp_path / "other.duckdb"
    other.write_bytes(published["code"].read_bytes())
    with duckdb.connect(str(other)) as connection:
        connection.execute("update audit.builds set code_version = 'another'")
    assert reasons(published["reference"], other) == {hours: {"code"}}
    assert reasons(published["corrected"], other)[GAS] == {"reference", "code"}, "code changes known values as well"


def test_several_reasons_are_all_named_and_the_same_backwards(published):
    forth = reasons(published["same"], published["reference"])
    assert forth["driver_earnings", "net_per_hour_usd"] == {"correction", "reference"}
    assert forth["driver_earnings", "gross_usd"] == {"correction"}
    assert reasons(published["late"], published["same"])["delivery_speed", "delivered"] == {"late data"}


def test_the_same_build_twice_and_a_table_that_neither_has_are_refused(published):
    with pytest.raises(DoorstepError, match="the same build"):
        compare(published["late"], published["late"])
    with pytest.raises(DoorstepError, match="neither build has such a table"):
        compare(published["same"], published["late"], table="fct_nothing")
    (only,) = {each.table for each in compare(published["same"], published["late"], table="delivery_speed").metrics}
    assert only == "delivery_speed"


def test_the_page_holds_what_was_found_escaped_under_a_policy_without_scripts(published, tmp_path):
    found = asdict(compare(published["same"], published["late"], limit=1))
    found["inputs"]["settings"].append(("title", "<script>alert(1)</script>", "b"))
    page = render_diff(found, tmp_path / "diff.html").read_text()
    assert "<script" not in page and "&lt;script&gt;alert(1)" in page
    assert "script-src" not in page and "default-src 'none'" in page and "'unsafe-inline'" not in page
    assert page.count("<details>") == len(found["metrics"]) + 1
    assert "late data" in page and "2022-05-22/late.jsonl" in page
    assert "http" not in page.replace("http-equiv", "")
