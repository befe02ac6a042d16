"""audit.checks: what the checks of a build found, in the working database and in the published file."""

import json
from datetime import date, timedelta

import duckdb
import pytest

from pipelines.checks import further_query
from pipelines.dbt_build import MANIFEST, build, ensure_manifest
from pipelines.publish import publish
from pipelines.workspace import DoorstepError

FIELDS, MONEY = "assert_fields_arrive_as_usual", "assert_money_is_conserved"
WARNINGS = {FIELDS, "assert_refusals_are_as_usual", "assert_markets_are_heard_of", "assert_few_events_refer_to_nothing"}
NOON = "2022-05-21T12:00:00-07:00"
FIRST = date(2022, 5, 1)


def checks_of_the_project():
    ensure_manifest()
    nodes = json.loads(MANIFEST.read_bytes())["nodes"].values()
    return [node for node in nodes if node["resource_type"] == "test"]


def node_of(result):
    return next(node for node in checks_of_the_project() if node["unique_id"] == result.unique_id)


def change(world, sql):
    with duckdb.connect(str(world.path)) as connection:
        connection.execute(sql)


def checks(path):
    with duckdb.connect(str(path), read_only=True) as connection:
        cursor = connection.execute("from audit.checks")
        names = [column[0] for column in cursor.description]
        return {row[0]: dict(zip(names, row, strict=True)) for row in cursor.fetchall()}


def landed_days(count, lines_of):
    return {
        f"orders/{FIRST + timedelta(days=day)}/a.jsonl": "".join(json.dumps(line) + "\n" for line in lines_of(day))
        for day in range(count)
    }


@pytest.fixture
def clean(build_world):
    """A trip with pay, every model and check built."""
    fields = {"occurred_at": NOON, "trip_id": "t"}
    started = fields | {"event_type": "started", "driver_id": "d", "site_id": "las_vegas_mall"}
    return build_world(trips=[started, fields | {"event_type": "pay_posted", "pay_kind": "base", "amount_usd": 60}])


def test_of_logs_that_are_as_usual_every_check_is_published_as_passed(clean):
    published = checks(publish(clean.workspace).path)
    assert sorted(published) == sorted(node["name"] for node in checks_of_the_project())
    found = {(row["status"], row["failing_rows"], row["first_failing_rows"]) for row in published.values()}
    assert found == {("pass", 0, None)}
    warning = {name for name, row in published.items() if row["severity"] == "warn"}
    assert warning == WARNINGS
    assert {row["severity"] for row in published.values()} == {"warn", "error"}


def test_a_check_says_which_table_it_guards_and_what_mistake_it_catches(clean):
    rows = checks(clean.path)
    assert rows[MONEY]["table_name"] == "audit.money"
    assert rows["assert_miles_and_hours_are_counted_once"]["table_name"] == "main.fct_trips", "staging is not published"
    assert rows["assert_offers_add_up_to_blocks"]["table_name"] is None, "it compares two"
    assert rows[MONEY]["description"] == "Cents were lost or doubled between the accepted lines and the trips."
    generic = rows["relationships_fct_trips_site_id__site_id__ref_dim_site_"]
    assert generic["table_name"] == "main.fct_trips"
    assert generic["description"] == "relationships: main.fct_trips.site_id in main.dim_site"


def test_every_check_that_is_written_by_hand_says_in_one_sentence_what_mistake_it_catches():
    by_hand = [node for node in checks_of_the_project() if "test_metadata" not in node]
    assert len(by_hand) > 15
    wrong = [node["name"] for node in by_hand if node["description"].count(".") != 1 or node["description"][-1] != "."]
    assert wrong == []


def test_a_check_that_warns_is_published_with_its_rows(build_world):
    def lines_of(day):
        noon = f"{FIRST + timedelta(days=day)}T12:00:00Z"
        fields = {"event_type": "picked_up", "occurred_at": noon, "received_at": noon, "order_id": "o"}
        carried = {"trip_id": "t"} if day < 11 else {}
        return [{"event_id": f"e-{day}-{number}"} | fields | carried for number in range(60)]

    world = build_world(files=landed_days(12, lines_of))
    published = publish(world.workspace).path
    row = checks(published)[FIELDS]
    assert (row["severity"], row["status"], row["failing_rows"]) == ("warn", "warn", 1)
    [failing] = json.loads(row["first_failing_rows"])
    assert failing.items() >= {"name": "trip_id", "landed_on": "2022-05-12", "lines": "60", "found": "0"}.items()
    result = world.results[FIELDS]
    query = further_query(result, node_of(result), json.loads(MANIFEST.read_bytes()), world.path)
    assert "doorstep query" in query.splitlines()[0]
    with duckdb.connect(str(published), read_only=True) as connection:
        assert [row[5] for row in connection.sql(query).fetchall()] == ["trip_id"], "rows of the published file"


@pytest.mark.parametrize("way", ["any DuckDB", "the published file"])
def test_the_sql_of_a_check_that_stops_the_publication_shows_its_rows(clean, way):
    first = publish(clean.workspace).path
    change(clean, "update audit.money set accepted_usd = accepted_usd + 1")
    [result] = build(clean.workspace, [MONEY])
    query = further_query(result, node_of(result), json.loads(MANIFEST.read_bytes()), clean.path)
    with duckdb.connect(*([str(first), True] if way == "the published file" else [])) as connection:
        assert len(connection.sql(query).fetchall()) == result.failures == 2


def test_of_many_failing_rows_the_first_ten_are_kept(build_world):
    def lines_of(day):
        noon = f"{FIRST + timedelta(days=day)}T12:00:00Z"
        fields = {"event_type": "ready", "occurred_at": noon, "received_at": noon, "order_id": "o"}
        new = {f"field_{number}": 1 for number in range(13)} if day == 9 else {}
        return [{"event_id": f"e-{day}"} | fields | new]

    row = checks(build_world(files=landed_days(10, lines_of), select=f"drift {FIELDS}").path)[FIELDS]
    assert (row["failing_rows"], len(json.loads(row["first_failing_rows"]))) == (13, 10)


def test_a_build_of_some_models_replaces_only_the_checks_it_ran_and_drops_those_that_are_no_more(clean):
    before = set(checks(clean.path))
    change(clean, "update audit.checks set description = 'of before'")
    change(clean, "insert into audit.checks values ('assert_gone', null, 'error', 'fail', 1, null, 'of before')")
    ran = {result.name for result in build(clean.workspace, ["drift"])} & before
    after = checks(clean.path)
    assert set(after) == before
    assert {name for name, row in after.items() if row["description"] != "of before"} == ran
    assert ran == {FIELDS, "assert_refusals_are_as_usual"}


def test_nothing_is_published_while_the_last_build_has_a_check_that_failed(clean):
    change(clean, "update audit.money set accepted_usd = accepted_usd + 1")
    [result] = build(clean.workspace, [MONEY])
    assert result.is_bad
    with pytest.raises(DoorstepError, match=f"{MONEY}: fail"):
        publish(clean.workspace)
    assert not clean.workspace.warehouse.exists()
    build(clean.workspace, ["money"])
    assert checks(publish(clean.workspace).path)[MONEY]["status"] == "pass"
