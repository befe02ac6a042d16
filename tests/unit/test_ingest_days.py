"""Days of landed files: which files belong to one, which days are known, and which did not arrive."""

import time
from datetime import UTC, date, datetime

import time_machine
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.contract import LOGS
from pipelines.ingest import days_not_arrived, files_of_days, ingest, landed_days
from pipelines.workspace import open_workspace
from tests.unit.ingesting import LINES, PLACED, SITES, jsonl, land, take_in

FIRST, SECOND = date(2022, 5, 21), date(2022, 5, 22)


def names(paths):
    return sorted(path.name for path in paths)


def order(number):
    return jsonl(PLACED | {"event_id": f"o-{number}", "order_id": f"ord-{number}"})


def test_a_file_belongs_to_the_first_date_in_its_path_and_without_one_to_today_until_it_was_taken_in(tmp_path):
    land(tmp_path, "orders", "2022-05-21/a.jsonl", order(1))
    land(tmp_path, "orders", "b.jsonl", order(2))
    workspace, today = open_workspace(tmp_path), datetime.now(UTC).date()
    assert names(files_of_days(workspace, "orders", {FIRST})) == ["a.jsonl"]
    assert names(files_of_days(workspace, "orders", {today})) == ["b.jsonl"]
    take_in(tmp_path, "orders")
    with time_machine.travel(datetime(2100, 1, 1, tzinfo=UTC)):
        assert names(files_of_days(workspace, "orders", {today})) == ["b.jsonl"]
        assert files_of_days(workspace, "orders", {date(2100, 1, 1)}) == set()


def test_taking_in_the_files_of_some_days_leaves_the_others_for_later(tmp_path):
    land(tmp_path, "orders", "2022-05-21.jsonl", order(1))
    land(tmp_path, "orders", "2022-05-22.jsonl", order(2))
    among = files_of_days(open_workspace(tmp_path), "orders", {SECOND})
    assert [entry.landed_on for entry in take_in(tmp_path, "orders", among=among).entries] == [SECOND]
    assert [entry.landed_on for entry in take_in(tmp_path, "orders").entries] == [FIRST]


def test_days_without_a_file_take_nothing_in(tmp_path):
    land(tmp_path, "orders", "2022-05-21.jsonl", order(1))
    among = files_of_days(open_workspace(tmp_path), "orders", {SECOND})
    assert take_in(tmp_path, "orders", among=among, again=among).entries == []


def test_a_file_that_changed_a_moment_ago_is_left_alone_until_it_is_quiet(tmp_path):
    land(tmp_path, "orders", "2022-05-21.jsonl", order(1))
    workspace = open_workspace(tmp_path)
    assert files_of_days(workspace, "orders", None, quiet_seconds=30) == set()
    with time_machine.travel(time.time() + 31):
        assert names(files_of_days(workspace, "orders", None, quiet_seconds=30)) == ["2022-05-21.jsonl"]


def test_a_day_whose_files_were_all_refused_has_not_landed(tmp_path):
    land(tmp_path, "orders", "2022-05-21.txt", b"notes")
    land(tmp_path, "orders", "2022-05-22.jsonl", order(1))
    take_in(tmp_path, "orders")
    assert landed_days(open_workspace(tmp_path), "orders") == {SECOND}


def test_a_day_that_another_log_has_and_this_one_lacks_did_not_arrive(tmp_path):
    for log, days in {"orders": (21, 22, 23), "offers": (21, 23), "trips": ()}.items():
        for day in days:
            land(tmp_path, log, f"2022-05-{day}.jsonl", jsonl(LINES[log]))
    workspace = open_workspace(tmp_path)
    assert days_not_arrived(workspace, "offers") == {SECOND: ["orders"]}
    assert days_not_arrived(workspace, "orders") == {}
    assert days_not_arrived(workspace, "trips") == {}, "a log that was never sent is not awaited"


DAYS = st.sets(st.integers(1, 28), max_size=6)


@settings(deadline=None, max_examples=15)
@given(st.fixed_dictionaries(dict.fromkeys(LOGS, DAYS)))
def test_days_taken_in_one_by_one_are_the_days_taken_in_at_once(tmp_path_factory, days):
    one_by_one, at_once = tmp_path_factory.mktemp("one"), tmp_path_factory.mktemp("all")
    for root in (one_by_one, at_once):
        for log, numbers in days.items():
            for day in numbers:
                land(root, log, f"2022-05-{day:02}.jsonl", jsonl(LINES[log] | {"event_id": f"e-{day}"}))
        (root / ".driver_key").write_text("a key for tests")
    for log, numbers in days.items():
        whole = take_in(at_once, log)
        workspace = open_workspace(one_by_one)
        for day in sorted(numbers, reverse=True):
            ingest(workspace, log, SITES, among=files_of_days(workspace, log, {date(2022, 5, day)}))
        parts = take_in(one_by_one, log)
        assert parts.entries == [], "nothing was left for the last, which looked at all"
        assert parts.lake.sort("event_id").equals(whole.lake.sort("event_id"))
        assert landed_days(workspace, log) == {date(2022, 5, day) for day in numbers}
