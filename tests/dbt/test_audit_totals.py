"""audit.landed_days, quarantine_totals, orphan_totals, freshness: what they say, and that they leave nothing out."""

import gzip
import json
from datetime import UTC, date, datetime
from decimal import Decimal

import duckdb
import polars as pl
import pytest

TABLES = "landed_days quarantine_totals orphan_totals freshness"
CHECK = "assert_audit_totals_are_whole"
SITES = {"las_vegas": "las_vegas_mall", "tysons": "tysons_mall"}
NOON = "2022-05-21T12:00:00Z"


def row_of(table_rows, **keys):
    [row] = [row for row in table_rows if keys.items() <= row.items()]
    return row


def told(log, event_type, thing, occurred_at=NOON, **fields):
    return {"event_type": event_type, "occurred_at": occurred_at, f"{log}_id": thing, **fields}


def text(*lines):
    """Lines as one file; a text stands as it is."""
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines)


def ready(event_id, **fields):
    return {"event_id": event_id, "received_at": NOON} | told("order", "ready", "o") | fields


GOOD, NO_TIME = ready("good"), ready("no-time", occurred_at="soon")
MIXED = text(GOOD, ready("good-2"), NO_TIME, NO_TIME, "no json")
DAMAGED = gzip.compress(b"{}\n" * 1000)[:-5]
FILES = {
    "orders/2022-05-21/mixed.jsonl": MIXED,
    "orders/2022-05-21/clean.jsonl": text(ready("good-3")),
    "orders/2022-05-23/another day.jsonl": text(NO_TIME),
    "orders/2022-05-24/mixed again.jsonl": MIXED,
    "orders/2022-05-24/damaged.jsonl.gz": DAMAGED,
}


@pytest.fixture(scope="module")
def landed(build_world):
    return build_world(files=FILES, select=f"{TABLES} {CHECK}")


def days(world):
    return {(row["log"], row["landed_on"].day): row for row in world.rows("from audit.landed_days")}


def test_a_day_counts_its_files_and_lines_and_the_share_refused(landed):
    day = days(landed)["orders", 21]
    counted = ("files", "refused_files", "lines", "accepted", "quarantined", "quarantined_share")
    assert [day[name] for name in counted] == [2, 0, 6, 3, 3, 0.5]


def test_a_file_of_the_same_bytes_counts_as_a_duplicate_on_the_day_of_the_first(landed):
    day = days(landed)["orders", 21]
    assert day["duplicate_files"] == 1
    assert day["bytes"] == 2 * len(MIXED) + len(FILES["orders/2022-05-21/clean.jsonl"])


def test_a_day_of_no_lines_has_files_and_no_share(landed):
    refused, empty = days(landed)["orders", 24], days(landed)["offers", 1]
    assert [refused[name] for name in ("files", "refused_files", "bytes")] == [0, 1, len(DAMAGED)]
    assert [empty[name] for name in ("files", "refused_files", "bytes")] == [1, 0, 0]
    assert [row["quarantined_share"] for row in (refused, empty)] == [None, None]


def test_a_day_was_first_seen_when_the_first_of_its_files_was(landed):
    seen = {row["first_ingested_at"] for row in landed.rows("from audit.files where landed_on = '2022-05-21'")}
    assert len(seen) > 1 and days(landed)["orders", 21]["first_ingested_at"] == min(seen)


def test_a_reason_counts_its_lines_and_files_from_its_first_day_to_its_last(landed):
    found = {row["reason"]: row for row in landed.rows("from audit.quarantine_totals")}
    assert found["bad_type:occurred_at"] == {
        "log": "orders",
        "reason": "bad_type:occurred_at",
        "field": "occurred_at",
        "files": 2,
        "lines": 3,
        "first_landed_on": date(2022, 5, 21),
        "last_landed_on": date(2022, 5, 23),
    }
    fieldless = [(row["files"], row["lines"]) for row in found.values() if row["field"] is None]
    assert sorted(fieldless) == [(1, 0), (1, 1)], "the damaged file, the line that is no JSON"


def test_a_file_that_was_loaded_and_is_refused_when_read_again_counts_once_per_reason(build_world):
    world = build_world(files={"orders/2022-05-21/mixed.jsonl": MIXED}, select="quarantine_totals")
    ledger = world.workspace.build / "ledger" / "orders.parquet"
    looks = pl.read_parquet(ledger)
    refusal = {"status": pl.lit("refused"), "reason": pl.lit("file_too_large")} | {
        name: pl.lit(0, pl.Int64) for name in ("lines", "accepted", "quarantined")
    }
    again = looks.filter(pl.col("quarantined") > 0).with_columns(**refusal)
    pl.concat([looks, again]).write_parquet(ledger)
    world = world.built_again(f"{TABLES} {CHECK}")
    found = world.rows("select reason, files, lines from audit.quarantine_totals order by all")
    assert [tuple(row.values()) for row in found] == [
        ("bad_type:occurred_at", 1, 2),
        ("file_too_large", 1, 0),
        ("unparseable_line", 1, 1),
    ]
    assert days(world)["orders", 21] | {"files": 1, "refused_files": 1, "lines": 5} == days(world)["orders", 21]
    assert world.results[CHECK].status == "pass"


FILE_MISTAKES = {
    "a day is lost": "delete from audit.landed_days where landed_on = '2022-05-23'",
    "a refused file is lost": "update audit.landed_days set refused_files = 0",
    "a duplicate is counted as loaded too": "update audit.landed_days set files = files + duplicate_files",
    "bytes of one day are lost": "update audit.landed_days set bytes = 0 where log = 'orders' and lines = 1",
    "lines are counted as accepted": "update audit.landed_days set accepted = lines, quarantined = 0",
    "a reason is lost": "delete from audit.quarantine_totals where field is null and lines > 0",
    "a file refused whole is lost": "delete from audit.quarantine_totals where lines = 0",
    "a reason counts in two rows": "insert into audit.quarantine_totals from audit.quarantine_totals",
}
ORPHAN_MISTAKES = {
    "a problem is lost": "delete from audit.orphan_totals where problem = 'unknown_block'",
    "an orphan is lost": "update audit.orphan_totals set things = things - 1 where things > 1",
    "a cent is lost": "update audit.orphan_totals set pay_usd = pay_usd - 0.01 where pay_usd > 0",
    "a toll is doubled": "update audit.orphan_totals set toll_usd = toll_usd * 2",
    "a market is lost": "delete from audit.freshness where market_id = 'tysons'",
    "an event counts in two markets": "update audit.freshness set events = 1 where market_id = 'chandler'",
    "orphans count in a market": "update audit.freshness set events = events + 1 where market_id = 'las_vegas'",
}


def assert_found(world, mistake):
    """The check passes the world as built, and fails it after the mistake."""
    compiled = world.workspace.build / "dbt" / "compiled" / "doorstep" / "tests" / f"{CHECK}.sql"
    with duckdb.connect(str(world.path)) as connection:
        assert connection.execute(compiled.read_text()).fetchall() == []
        connection.execute("begin")
        connection.execute(mistake)
        assert connection.execute(compiled.read_text()).fetchall() != []
        connection.execute("rollback")


@pytest.mark.parametrize("mistake", FILE_MISTAKES)
def test_a_file_or_line_lost_or_doubled_in_the_totals_is_found(landed, mistake):
    assert_found(landed, FILE_MISTAKES[mistake])


@pytest.mark.parametrize("mistake", ORPHAN_MISTAKES)
def test_an_event_or_cent_lost_or_doubled_in_the_totals_is_found(heard, mistake):
    assert_found(heard, ORPHAN_MISTAKES[mistake])


ORDERS = [
    told("order", "placed", "early", "2022-05-21T09:00:00Z", site_id=SITES["las_vegas"]),
    told("order", "ready", "early", "2022-05-21T10:30:00Z"),
    told("order", "placed", "east", "2022-05-21T08:00:00Z", site_id=SITES["tysons"]),
    told("order", "cancelled", "east", "2022-05-21T08:15:00Z", retracted=True),
    told("order", "ready", "headless", "2022-05-21T12:00:00Z"),
    # A clock three minutes ahead: it happened after all that the platform has heard.
    told("order", "picked_up", "early", "2022-05-21T12:03:00Z", received_at="2022-05-21T12:00:00Z"),
]
TRIPS = [
    told("trip", "started", "t", "2022-05-21T09:00:00Z", driver_id="ann", site_id=SITES["tysons"], block_id="none"),
    told("trip", "pay_posted", "lost", "2022-05-21T09:30:00Z", pay_kind="tip", amount_usd=2.5),
    told("trip", "toll_charged", "lost", "2022-05-21T09:10:00Z", amount_usd=4),
    told("trip", "pay_posted", "lost-too", "2022-05-21T11:00:00Z", pay_kind="base", amount_usd=10.0001),
]


@pytest.fixture(scope="module")
def heard(build_world):
    return build_world(orders=ORDERS, trips=TRIPS, select=f"{TABLES} {CHECK}")


def test_a_problem_counts_its_things_events_and_cents(heard):
    rows = heard.rows("from audit.orphan_totals")
    assert {row["problem"] for row in rows} == {"order_without_placed", "trip_without_started", "unknown_block"}
    assert row_of(rows, problem="trip_without_started") == {
        "log": "trips",
        "problem": "trip_without_started",
        "things": 2,
        "events": 3,
        "pay_usd": Decimal("12.5001"),
        "toll_usd": Decimal("4.0000"),
        "first_event_at": datetime(2022, 5, 21, 9, 10, tzinfo=UTC),
        "last_event_at": datetime(2022, 5, 21, 11, tzinfo=UTC),
    }


def test_orphans_beyond_the_money_of_a_row_do_not_overflow(build_world):
    most = Decimal("999999.9999")
    lines = [
        told("trip", "pay_posted", f"lost-{number}", pay_kind="base", amount_usd=str(most)) for number in range(200)
    ]
    world = build_world(trips=lines, select=f"{TABLES} {CHECK}")
    assert world.value("select pay_usd from audit.orphan_totals") == 200 * most > Decimal(10**8)


def test_a_market_is_as_fresh_as_its_last_event_that_is_not_after_the_cut(heard):
    rows = heard.rows("from audit.freshness")
    assert row_of(rows, log="orders", market_id="las_vegas") == {
        "market_id": "las_vegas",
        "log": "orders",
        "events": 3,
        "last_occurred_at": datetime(2022, 5, 21, 10, 30, tzinfo=UTC),
        "cut": datetime(2022, 5, 21, 12, tzinfo=UTC),
        "hours_behind_cut": 1.5,
    }


def test_an_event_that_was_taken_back_or_that_no_fact_is_made_of_makes_no_market_fresh(heard):
    orders = row_of(heard.rows("from audit.freshness"), log="orders", market_id="tysons")
    trips = row_of(heard.rows("from audit.freshness"), log="trips", market_id="tysons")
    assert (orders["events"], orders["hours_behind_cut"]) == (1, 4)
    assert (trips["events"], trips["hours_behind_cut"]) == (1, 2), "pay of no trip was posted until 11:00"


def test_a_market_that_was_never_heard_of_is_there_with_no_event(heard):
    rows = heard.rows("from audit.freshness")
    assert len(rows) == 3 * heard.value("select count(*) from dim_market")
    silent = row_of(rows, log="orders", market_id="chandler")
    assert (silent["events"], silent["last_occurred_at"], silent["hours_behind_cut"]) == (0, None, None)
    assert silent["cut"] == datetime(2022, 5, 21, 12, tzinfo=UTC)
    assert {row["cut"] for row in rows if row["log"] == "offers"} == {None}


def test_as_of_a_moment_a_market_is_judged_by_what_was_known_then(build_world):
    world = build_world(orders=ORDERS, as_of="2022-05-21T10:00:00Z", select=f"freshness {CHECK}")
    row = row_of(world.rows("from audit.freshness"), log="orders", market_id="tysons")
    assert (row["events"], row["cut"], row["hours_behind_cut"]) == (1, datetime(2022, 5, 21, 9, tzinfo=UTC), 1)
