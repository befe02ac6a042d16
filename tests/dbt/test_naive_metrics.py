"""The metric tables agree, cell by cell, with what plain Python makes of the naive facts (`tests/naive`)."""

from dataclasses import replace
from decimal import Decimal
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.naive_worlds import compared_worlds
from tests.naive.cells import KEYS
from tests.naive.earnings import WITHHELD
from tests.naive.warehouse import metrics
from tests.random_logs import WORLDS

# Few drivers, so that many have three trips in a cell.
CASES, DRIVERS, MIN_DRIVERS = 300, 12, 2
TABLES = {
    "delivery_speed": KEYS,
    "delivery_curve": (*KEYS, "within_minutes"),
    "delivery_hours": (*KEYS, "weekday", "hour"),
    "offer_acceptance": KEYS,
    "acceptance_by_pay": (*KEYS, "pay_per_hour_from_usd"),
    "acceptance_pay_needed": KEYS,
    "driver_earnings": KEYS,
    "net_pay_parts": KEYS,
    "driver_pay_distribution": (*KEYS, "percentile"),
    "store_performance": ("grain", "period_start", "site_id", "store_id"),
}
ELSEWHERE = {"is_suppressed"}  # `test_metrics_suppression.py` says what of it

# Random orders arrive too seldom for it; `test_golden.py` has values.
NEVER_REACHED = {"click_to_door_minutes_p50_censored_high"}


@pytest.fixture(scope="module")
def worlds_of(build_world):
    """The compared worlds of a seed; built once, since the first example of the law is the others' seed."""

    def worlds(seed):
        compared = compared_worlds(build_world, seed, TABLES, CASES, DRIVERS, min_drivers=MIN_DRIVERS)
        return [replace(each, naive=metrics(each.naive, each.reference, MIN_DRIVERS)) for each in compared]

    return lru_cache(maxsize=1)(worlds)


def shown(each):
    """The naive earnings and distribution without what the warehouse withholds: `is_suppressed` tells which cells."""
    suppressed = {keys_of(row) for row in each.built["driver_earnings"] if row["is_suppressed"]}
    rows = [
        row | dict.fromkeys(WITHHELD) if keys_of(row) in suppressed else row for row in each.naive["driver_earnings"]
    ]
    spread = [row for row in each.naive["driver_pay_distribution"] if keys_of(row) not in suppressed]
    return replace(each, naive=each.naive | {"driver_earnings": rows, "driver_pay_distribution": spread})


def keys_of(row):
    return tuple(row[name] for name in KEYS)


@WORLDS
@given(seed=st.integers(0, 10**9))
def test_every_cell_of_the_metrics_is_what_plain_python_makes_of_the_lines(worlds_of, seed):
    for each in worlds_of(seed):
        for table, keys in TABLES.items():
            assert (told := shown(each).told(table, keys)) == "", told


@pytest.mark.parametrize("table", TABLES)
def test_no_metric_is_left_uncompared(worlds_of, table):
    each = worlds_of(0)[0]
    built, naive = each.built[table][0].keys() - ELSEWHERE, each.naive[table][0].keys()
    assert built == naive, f"{table}: {sorted(built ^ naive)} stand in one only; compute them in tests/naive too"


def test_cells_of_too_few_drivers_are_suppressed_and_not_all_are(worlds_of):
    rows = [row for each in worlds_of(0) for row in each.built["driver_earnings"]]
    assert all(row["is_suppressed"] for row in rows if row["drivers"] < MIN_DRIVERS)
    assert sum(not row["is_suppressed"] for row in rows) > 50


def test_at_the_prices_and_rates_of_a_cell_the_what_if_gives_its_net_per_hour_to_the_cent(worlds_of):
    rows = [row for each in worlds_of(0) for row in each.built["net_pay_parts"] if row["on_job_hours"]]
    assert {bool(row["fuel_gallons"]) for row in rows} == {True, False}, "cells of electric cars only, and others"
    assert any(0 < row["fuel_usd"] < row["gas_usd"] for row in rows), "cells of both"
    for row in rows:
        gallons = row["fuel_gallons"] and row["fuel_miles"] / row["fuel_miles_per_gallon"]
        fuel_usd = gallons and gallons * row["gas_price_usd_per_gallon"]
        maintenance_usd = row["total_miles"] and row["total_miles"] * row["maintenance_usd_per_mile"]
        kept_usd = float(row["gross_usd"] - (row["gas_usd"] - row["fuel_usd"]) - row["toll_usd"])
        net_per_hour_usd = (kept_usd - fuel_usd - maintenance_usd) / row["on_job_hours"]
        assert net_per_hour_usd == pytest.approx(float(row["net_per_hour_usd"]), abs=0.0001), row


@pytest.mark.parametrize("table", TABLES)
def test_every_metric_has_values_to_compare(worlds_of, table):
    rows = [row for each in worlds_of(0) for row in shown(each).naive[table]]
    for name in rows[0].keys() - set(TABLES[table]) - NEVER_REACHED:
        assert len({row[name] for row in rows} - {None}) > 1, name


def test_a_changed_metric_is_named(worlds_of):
    each = shown(worlds_of(0)[0])
    for table, keys in TABLES.items():
        first, *others = each.built[table]
        name = next(name for name, value in first.items() if isinstance(value, float | Decimal) and name not in keys)
        other = first[name] + (Decimal("0.0001") if isinstance(first[name], Decimal) else 1e-8 * (1 + first[name]))
        told = replace(each, built={table: [first | {name: other}, *others]}).told(table, keys)
        key = tuple(first[key] for key in keys)
        assert told.startswith(f"as of None: 1 differences\n{table} {key} {name}: naive ")
