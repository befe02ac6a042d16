"""Every metric explains itself: the dictionary, the comments and the contracts of the metric tables, built by dbt."""

import re

import pytest

from dashboards.page import find_pages
from pipelines.workspace import DBT_PROJECT, PROJECT_ROOT

KEYS = {"grain", "period_start", "market_id", "offer_type", "site_id", "store_id", "pay_per_hour_from_usd"}
KEYS |= {"percentile", "within_minutes", "weekday", "hour"}
NO_METRICS = KEYS | {"is_suppressed", "is_beyond_offered", "note"}


@pytest.fixture(scope="module")
def world(build_world):
    placed = {
        "event_type": "placed",
        "occurred_at": "2022-05-21T12:00:00-07:00",
        "order_id": "o",
        "site_id": "las_vegas_mall",
    }
    return build_world(orders=[placed])


@pytest.fixture(scope="module")
def columns(world):
    """(table, column) to (type, comment) of main."""
    rows = world.rows("select * from duckdb_columns() where schema_name = 'main'")
    return {(row["table_name"], row["column_name"]): (row["data_type"], row["comment"]) for row in rows}


@pytest.fixture(scope="module")
def dictionary(world):
    return world.rows("select * from metric_dictionary")


def test_the_dictionary_holds_every_metric_column_and_nothing_else(columns, dictionary):
    listed = {(row["table_name"], row["name"]) for row in dictionary}
    models = {path.stem for path in DBT_PROJECT.glob("models/metrics/*.sql")}
    tables = models - {"metric_dictionary", "pilot_readout"}  # which compares metrics and has none of its own
    assert len(tables) >= 4
    assert listed == {(table, name) for table, name in columns if table in tables and name not in NO_METRICS}


def test_every_metric_has_a_direction_from_the_contract_and_a_source_that_exists(world, columns, dictionary):
    audit = world.rows("select table_name, column_name from duckdb_columns() where schema_name = 'audit'")
    known = set(columns) | {(row["table_name"], row["column_name"]) for row in audit}
    for row in dictionary:
        where = f"{row['table_name']}.{row['name']}"
        assert row["better"] in ("up", "down", None), where
        assert row["source_tables"], f"{where}: its formula names no column of the facts: {row['formula']}"
        for source in (row["source_columns"] or "").split(", ") if row["source_columns"] else []:
            assert tuple(source.split(".")) in known, f"{where}: {source} does not exist"


def test_a_formula_that_reaches_over_other_metrics_ends_at_the_facts(dictionary):
    sources = {(row["table_name"], row["name"]): row["source_columns"] for row in dictionary}
    assert sources["driver_earnings", "net_per_hour_usd"] == "fct_trips.net_usd, fct_trips.on_job_hours"
    assert sources["offer_acceptance", "acceptance_share"] == "fct_offers.outcome, fct_offers.is_at_risk"
    assert "fct_offers.block_starts_at" not in sources["offer_acceptance", "blocks_due"], "blocks have their own start"


def test_a_metrics_comment_says_meaning_unit_and_formula(columns, dictionary):
    for row in dictionary:
        _, comment = columns[row["table_name"], row["name"]]
        assert comment == f"{row['meaning']} Unit: {row['unit']}. Formula: {row['formula']}."


def test_units_are_in_the_types(columns, dictionary):
    by_unit = {"USD": "DECIMAL(12,4)", "USD/hour": "DECIMAL(12,4)"}
    by_unit |= dict.fromkeys(("share", "minutes", "hours", "miles", "seconds", "gallons"), "DOUBLE")
    by_unit |= dict.fromkeys(("miles/gallon", "USD/gallon", "USD/mile"), "DOUBLE")
    by_unit |= dict.fromkeys(("log-odds per USD/hour", "orders/hour"), "DOUBLE")
    for row in dictionary:
        dtype, _ = columns[row["table_name"], row["name"]]
        assert dtype == by_unit.get(row["unit"], "BIGINT"), f"{row['table_name']}.{row['name']} in {row['unit']}"


def test_the_dictionary_knows_the_pages_that_read_a_table(dictionary):
    queries = {page.name: [query.sql for query in page.module.QUERY.values()] for page in find_pages()}
    for table in {row["table_name"] for row in dictionary}:
        reading = {name for name, texts in queries.items() if any(f"from main.{table}\n" in text for text in texts)}
        (listed,) = {row["shown_on"] for row in dictionary if row["table_name"] == table}
        said = set((listed or "").split(", ")) - {""}
        assert said == reading, f"{table}: exposures.yml says {said}, the pages that select from it are {reading}"


def test_facts_without_rows_make_metric_tables_without_rows(build_world):
    empty = build_world()
    for table in {row["table_name"] for row in empty.rows("from metric_dictionary")}:
        assert empty.value(f"select count(*) from {table}") == 0


def test_every_interval_is_held_to_its_figure_by_a_check(world):
    text = (PROJECT_ROOT / "dbt_project/tests/assert_intervals_hold_their_value.sql").read_text(encoding="utf-8")
    checked = {(table, interval) for table, interval in re.findall(r"\('(\w+)', '\w+', '(\w+)'\)", text)}
    rows = world.rows(
        "select table_name, column_name from duckdb_columns() "
        "where schema_name = 'main' and column_name like '%\\_low' escape '\\'"
    )
    intervals = {(row["table_name"], row["column_name"].removesuffix("_low")) for row in rows}
    assert intervals == checked, "assert_intervals_hold_their_value.sql lists other intervals than there are"
