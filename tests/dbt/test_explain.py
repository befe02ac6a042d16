"""What `doorstep explain` says of a figure is so: its query gives it again, and no row of its cell is passed over."""

import random
from datetime import date, timedelta

import duckdb
import pytest

from pipelines.explain.cells import Asked, Cell, find_cell, rows
from pipelines.explain.evidence import agrees, gather
from pipelines.explain.facts import FACTS, TABLES
from pipelines.workspace import DoorstepError
from tests.dbt.metric_tables import metric_models, offer, order, trip
from tests.random_days import random_days

# Bootstraps, fitted curves, Kaplan and Meier's curve, unions of intervals: worked out while building, not in one query.
RULES = {
    *(f"acceptance_by_pay.fitted_share{end}" for end in ("", "_low", "_high")),
    *(f"acceptance_pay_needed.log_odds_per_usd{end}" for end in ("", "_low", "_high")),
    *(f"acceptance_pay_needed.pay_per_hour_for_80_percent_usd{end}" for end in ("", "_low", "_high")),
    *(f"delivery_curve.{name}" for name in ("orders", "delivered", "delivered_per_hour", "at_risk")),
    *(f"delivery_curve.delivered_share_censored{end}" for end in ("", "_low", "_high")),
    *(f"delivery_speed.click_to_door_minutes_p50_censored{end}" for end in ("", "_low", "_high")),
    "delivery_speed.within_180_minutes_share_censored",
    "driver_earnings.overlapping_hours",
    *(f"driver_earnings.{name}_per_hour_usd{end}" for name in ("gross", "net") for end in ("_low", "_high")),
    *(f"offer_acceptance.acceptance_share_by_driver{end}" for end in ("_low", "_high")),
    *(f"store_performance.dwell_{name}" for name in ("minutes_p50", "minutes_p90", "trips")),
}
DATED = {"fct_deliveries": "placed_date", "fct_offers": "sent_date", "fct_trips": "trip_date"}
CELLS_TRIED = 5


@pytest.fixture(scope="module")
def connection(build_world):
    """A world of random little days, with all the gaps that real ones have; cells of few drivers are shown."""
    select = " ".join([*TABLES, "metric_dictionary"])
    world = build_world(**random_days(random.Random(11), 300, 12), select=select, min_drivers=2)
    with duckdb.connect(str(world.path), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


@pytest.fixture(scope="module")
def entries(connection):
    return rows(connection, "select * from metric_dictionary")


@pytest.fixture(scope="module")
def told(connection, entries):
    """Cells and the evidence of every metric: the whole of each table, and some of its other cells."""
    formulas = formulas_of(entries)
    cells = {table: some_cells(connection, table) for table in TABLES}
    each = [Cell(entry, row) for entry in entries for row in cells[entry["table_name"]]]
    return [(cell, gather(connection, cell, formulas)) for cell in each if not cell.is_withheld]


def formulas_of(entries):
    return {f"{each['table_name']}.{each['name']}": each["formula"] for each in entries}


def some_cells(connection, table):
    found = rows(connection, f"select * from {table} order by all")
    whole = [row for row in found if row["grain"] == "all" and row["market_id"] == row["offer_type"] == "all"]
    dice = random.Random(table)
    return [*dice.sample(whole, min(len(whole), 1)), *dice.sample(found, CELLS_TRIED)]


def test_the_query_of_every_figure_gives_what_is_published(told):
    differing = [
        (f"{cell.table}.{cell.name}", cell.value, evidence.recomputed)
        for cell, evidence in told
        if evidence.sql and not agrees(cell.value, evidence.recomputed)
    ]
    assert not differing


def test_every_figure_but_a_few_has_a_query(told, entries):
    assert {f"{cell.table}.{cell.name}" for cell, evidence in told if evidence.sql is None} == RULES
    assert {f"{cell.table}.{cell.name}" for cell, _ in told} == {*formulas_of(entries)}


def test_rows_used_and_rows_left_out_are_all_rows_of_the_cell(connection, told):
    facts = {fact: rows(connection, f"select * from {fact}") for fact in DATED}
    compared = 0
    for cell, evidence in told:
        if evidence.fact in DATED and not TABLES[cell.table].keys:
            of_cell = [row for row in facts[evidence.fact] if is_in(cell.row, row, DATED[evidence.fact])]
            assert evidence.used + sum(evidence.left_out.values()) == len(of_cell), (cell, evidence)
            compared += evidence.used > 0 < sum(evidence.left_out.values())
    assert compared > 100


def is_in(cell, row, date_column):
    days = {"day": 1, "week": 7, "all": 10_000}[cell["grain"]]
    is_then = cell["period_start"] <= row[date_column] < cell["period_start"] + timedelta(days=days)
    return is_then and all(cell[key] in ("all", row[key]) for key in ("market_id", "offer_type"))


@pytest.mark.parametrize(("table", "counted"), [(table, each.rows_of) for table, each in TABLES.items()])
def test_what_a_table_is_over_is_one_of_its_counts_or_another_tables(entries, table, counted):
    assert (counted if "." in counted else f"{table}.{counted}") in formulas_of(entries)


def test_every_metric_table_can_be_explained(entries):
    assert {entry["table_name"] for entry in entries} == {*TABLES}


@pytest.mark.parametrize("fact", FACTS)
def test_a_reason_is_never_unknown(connection, fact):
    for column, why in FACTS[fact].why.items():
        joined = " ".join(f"left join {name} using ({key})" for name, key in FACTS[fact].joins.items())
        sql = f"select count(*) from {fact} {joined} where ({why}) is null"
        assert connection.execute(sql).fetchall() == [(0,)], column


def explained(tables, metric, **asked):
    formulas = formulas_of(tables.rows("metric_dictionary"))
    return gather(tables.connection, find_cell(tables.connection, Asked(metric, **asked)), formulas)


def test_trips_left_out_of_net_pay_say_why():
    no_miles = {"is_cost_known": False, "total_miles": None}
    tables = metric_models().over(
        fct_trips=[
            trip(1, gas_usd=10),
            trip(2, status="open", ended_at=None),
            trip(3, is_pay_pending=True),
            trip(4, **no_miles),
            trip(5, **no_miles),
            trip(6, is_cost_known=False, total_miles=12),
        ]
    )
    evidence = explained(tables, "driver_earnings.net_per_hour_usd", market="las_vegas", week=date(2022, 5, 16))
    assert evidence.used == 1 and [row["trip_id"] for row in evidence.first_rows] == ["trip-1"]
    assert evidence.sums == {"sum(net_usd)": 50, "sum(on_job_hours)": 3}
    assert evidence.left_out == {
        "cost unknown: miles missing": 2,
        "cost unknown: no rate on its date": 1,
        "pay pending": 1,
        "trip not ended": 1,
    }


def test_orders_left_out_of_the_share_on_time_say_why():
    promised = {"promised_at": "2022-05-21T15:00:00Z", "is_promise_due": True}
    tables = metric_models().over(
        fct_deliveries=[
            order(1, **promised, is_on_time=True),
            order(2, **promised, is_on_time=False),
            order(3),
            order(4, promised_at="2023-05-21T15:00:00Z", is_promise_due=False),
            order(5, minutes=None, status="cancelled", cancel_reason="customer", **promised),
        ]
    )
    evidence = explained(tables, "delivery_speed.on_time_share")
    assert (evidence.recomputed, evidence.used) == (0.5, 2)
    assert evidence.left_out == {
        "no promise": 1,
        "promise not due yet": 1,
        "cancelled by the customer in time": 1,
    }


def test_offers_left_out_of_acceptance_say_what_became_of_them():
    outcomes = ["accepted", "expired", "withdrawn", "pending", "pending"]
    tables = metric_models().over(fct_offers=[offer(n, outcome) for n, outcome in enumerate(outcomes)])
    evidence = explained(tables, "offer_acceptance.acceptance_share", offer_type="retail")
    assert (evidence.recomputed, evidence.used) == (0.5, 2)
    assert evidence.left_out == {"offer is pending": 2, "offer is withdrawn": 1}


def test_a_driver_of_two_trips_is_left_out_of_what_drivers_earn():
    trips = [trip(number, driver_key=f"driver-{number // 3}") for number in range(8)]
    evidence = explained(
        metric_models().over(fct_trips=trips, min_drivers=1), "driver_earnings.driver_net_per_hour_usd_p50"
    )
    assert (evidence.recomputed, evidence.used) == (20, 6)
    assert evidence.left_out == {"driver has fewer than 3 trips in the cell": 2}


def test_a_figure_withheld_for_too_few_drivers_is_known_as_such():
    tables = metric_models().over(fct_trips=[trip(number, driver_key="driver-1") for number in range(5)])
    for metric in ("driver_net_per_hour_usd_p50", "rated_drivers", "below_minimum_wage_hours_share"):
        assert find_cell(tables.connection, Asked(f"driver_earnings.{metric}")).is_withheld
    assert not find_cell(tables.connection, Asked("driver_earnings.net_per_hour_usd")).is_withheld


def test_a_key_is_data_and_never_sql():
    tables = metric_models().over(fct_deliveries=[order(1, market_id="o'hare' or 'x"), order(2)])
    evidence = explained(tables, "delivery_speed.orders", market="o'hare' or 'x")
    assert (evidence.recomputed, evidence.used, evidence.left_out) == (1, 1, {})


@pytest.mark.parametrize(
    ("asked", "words"),
    [
        (Asked("delivery_speed.on_time_shre"), "Do you mean delivery_speed.on_time_share,"),
        (Asked("on_time_share"), "Do you mean delivery_hours.on_time_share, delivery_speed.on_time_share,"),
        (Asked("zzz"), "TABLE.COLUMN"),
        (Asked("pilot_readout.difference"), "Explain those"),
        (Asked("delivery_speed.orders", market="reno"), "There are: all, "),
        (Asked("delivery_speed.orders", offer_type="shoes"), "There are: all, "),
        (Asked("delivery_speed.orders", week=date(2022, 5, 18)), "--week 2022-05-16"),
        (Asked("delivery_speed.orders", week=date(2002, 5, 20)), "the data go from week 20"),
        (Asked("store_performance.orders", day=date(2022, 5, 18)), "--all or --week"),
        (Asked("delivery_hours.orders"), "say also weekday and hour"),
        (Asked("delivery_hours.orders", keys={"weekday": "8"}), "There are: 1"),
        (Asked("delivery_speed.orders", keys={"weekday": "1"}), "no further keys"),
    ],
)
def test_a_cell_that_is_not_there_is_one_message_that_says_what_is(connection, asked, words):
    with pytest.raises(DoorstepError) as error:
        find_cell(connection, asked)
    assert words in str(error.value)
