"""What holds for every model: described, typed by its name, empty logs build, SQL stays in the shared subset."""

import json
import re

import duckdb
import pytest

from pipelines.publish import publish
from pipelines.workspace import DBT_PROJECT

TYPES = {
    r".*_at": "TIMESTAMP WITH TIME ZONE",
    r".*_date": "DATE",
    r".*_(minutes|hours|miles)(_(mean|p\d\d(_censored)?))?": "DOUBLE",
    r".*_usd": "DECIMAL(12,4)",
    r".*_share": "DOUBLE",
    r"(is|has)_.*": "BOOLEAN",
}
SUMS_OVER_A_LOG = "money"  # whose amounts would not fit the columns of one row's money
NOT_SHARED = {
    "asof join": r"\basof\b",
    "select * exclude": r"\bexclude\b",
    "strftime": r"\bstrftime\b",
    "timezone()": r"\btimezone\s*\(",
    "quantile_cont": r"\bquantile_cont\b",
    "arg_max": r"\barg_(max|min)\b",
    "list()": r"\blist\s*\(",
    "integer division //": r"//",
    "generate_series": r"\bgenerate_series\b",
    "cast by ::": r"::",
    "epoch_us and the like": r"\bepoch_\w+",
    "date_diff": r"\bdate_?diff\b",
    "day of week": r"\b(iso)?dow\b",
}


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
        if (row["table_name"], row["data_type"]) != (SUMS_OVER_A_LOG, "DECIMAL(38,4)")
    ]
    assert wrong == []


def sql_files():
    """Models, tests and macros but the portable ones, which are there to hide the differences."""
    files = [
        *DBT_PROJECT.glob("models/**/*.sql"),
        *DBT_PROJECT.glob("tests/*.sql"),
        *DBT_PROJECT.glob("macros/**/*.sql"),
    ]
    return [path for path in files if path.parent.name != "portable"]


def bare(sql):
    """SQL without comments, texts and template tags, which may say anything."""
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|--[^\n]*|'[^'\n]*'", " ", sql, flags=re.DOTALL)


def test_sql_outside_the_portable_macros_is_what_duckdb_and_spark_share():
    found = [
        f"{path.name}: {what}"
        for path in sql_files()
        for what, pattern in NOT_SHARED.items()
        if re.search(pattern, bare(path.read_text()), flags=re.IGNORECASE)
    ]
    assert len(sql_files()) > 30
    assert found == []


def test_every_dispatched_macro_is_written_for_both_engines():
    text = "".join(path.read_text() for path in DBT_PROJECT.glob("macros/portable/*.sql"))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
    assert dispatched
    missing = [
        f"{engine}__{name}"
        for name in sorted(dispatched)
        for engine in ("duckdb", "spark")
        if f"macro {engine}__{name}(" not in text
    ]
    assert missing == []


def test_no_model_reads_the_environment_so_that_one_manifest_serves_all_workspaces():
    reading = [path.name for path in sql_files() if re.search(r"\b(env_var|var)\s*\(", path.read_text())]
    assert reading == []


def test_no_sql_asks_what_time_it_is_so_that_the_wall_clock_never_enters_a_fact():
    clock = r"\b(now|today|(get_)?current_(date|time)\w*|localtime\w*|transaction_timestamp)\b"
    files = [*sql_files(), *DBT_PROJECT.glob("macros/portable/*.sql")]
    assert [path.name for path in files if re.search(clock, bare(path.read_text()), flags=re.IGNORECASE)] == []
    assert re.search(clock, bare("select current_date - 1")), "the pattern finds one"


def test_a_build_knows_what_its_last_line_knew(build_landed):
    line = {"event_id": "e", "order_id": "a", "event_type": "placed", "site_id": "las_vegas_mall"}
    early, late = "2022-05-21T19:00:00Z", "2022-05-22T09:00:00Z"
    orders = json.dumps(line | {"occurred_at": early, "received_at": early}) + "\n"
    trip = {"event_id": "t", "trip_id": "t", "event_type": "ended", "occurred_at": early, "received_at": late}
    landed = {"orders": [("a.jsonl", orders.encode())], "trips": [("a.jsonl", (json.dumps(trip) + "\n").encode())]}
    published = publish(build_landed([landed], "logs conflicts").workspace)
    with duckdb.connect(str(published.path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        rows = connection.execute("select distinct cast(as_of as varchar) from audit.builds").fetchall()
    assert rows == [("2022-05-22 09:00:00+00",)]
