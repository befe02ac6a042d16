"""What holds for every model: described, typed by its name, built also from empty logs."""

import json
import re

import duckdb
import pytest

from pipelines.publish import publish
from tests.dbt.conftest import PUBLISHABLE

TYPES = {
    r".*_at": "TIMESTAMP WITH TIME ZONE",
    r".*_date": "DATE",
    r"(?!within_).*_(minutes|hours|miles)(_(mean|p\d\d(_censored)?))?": "DOUBLE",  # edges of a curve are whole
    r".*(?<!_per)_usd": "DECIMAL(12,4)",  # what is per USD is no money
    r".*_share": "DOUBLE",
    r"(is|has)_.*": "BOOLEAN",
}
SUMS_OVER_A_LOG = ("money", "orphan_totals")  # whose amounts would not fit the columns of one row's money


@pytest.fixture(scope="module")
def empty_world(build_world):
    return build_world()


def test_empty_logs_build_every_table_with_no_rows(empty_world):
    facts = ("fct_deliveries", "fct_offers", "fct_blocks", "fct_trips", "dim_date", "dim_driver", "dim_store")
    counts = {name: empty_world.value(f"select count(*) from {name}") for name in facts}
    assert counts == dict.fromkeys(facts, 0)


def test_every_published_table_and_column_says_what_it_means(empty_world):
    tables = empty_world.rows("""
        select schema_name || '.' || table_name as name, comment from duckdb_tables()
        where schema_name in ('main', 'audit', 'reference')
    """)
    columns = empty_world.rows("""
        select schema_name || '.' || table_name || '.' || column_name as name, comment from duckdb_columns()
        where schema_name in ('main', 'audit', 'reference') and not internal
    """)
    assert len(tables) > 20
    assert [row["name"] for row in [*tables, *columns] if not row["comment"]] == []


def test_a_columns_type_follows_from_its_name(empty_world):
    columns = empty_world.rows("""
        select table_name, column_name, data_type from duckdb_columns()
        where schema_name in ('main', 'audit') and not internal
    """)
    wrong = [
        f"{row['table_name']}.{row['column_name']}: {row['data_type']}, not {expected}"
        for row in columns
        for pattern, expected in TYPES.items()
        if re.fullmatch(pattern, row["column_name"]) and row["data_type"] != expected
        if row["table_name"] not in SUMS_OVER_A_LOG or row["data_type"] != "DECIMAL(38,4)"
    ]
    assert wrong == []


def test_a_build_knows_what_its_last_line_knew(build_landed):
    line = {"event_id": "e", "order_id": "a", "event_type": "placed", "site_id": "las_vegas_mall"}
    early, late = "2022-05-21T19:00:00Z", "2022-05-22T09:00:00Z"
    orders = json.dumps(line | {"occurred_at": early, "received_at": early}) + "\n"
    trip = {"event_id": "t", "trip_id": "t", "event_type": "ended", "occurred_at": early, "received_at": late}
    landed = {"orders": [("a.jsonl", orders.encode())], "trips": [("a.jsonl", (json.dumps(trip) + "\n").encode())]}
    published = publish(build_landed([landed], PUBLISHABLE).workspace)
    with duckdb.connect(str(published.path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute("select distinct cast(as_of as varchar) from audit.builds").fetchall()
    assert rows == [("2022-05-22 09:00:00+00",)]
