"""The facts agree, cell by cell, with a second computation of them in plain Python (`tests/naive`)."""

import random
from dataclasses import replace
from datetime import date, datetime, timedelta
from decimal import Decimal
from functools import lru_cache

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.naive_worlds import compared_worlds
from tests.naive.compare import differences
from tests.naive.offers import HELPERS
from tests.random_logs import WORLDS

CASES, DRIVERS = 300, 40
KEYS = {
    "fct_deliveries": ("order_id",),
    "fct_offers": ("offer_id",),
    "fct_blocks": ("block_id",),
    "fct_trips": ("trip_id",),
    "dim_driver": ("driver_key",),
    "logs": ("log",),
    "orphans": ("log", "problem", "missing_id"),
    "orphan_totals": ("log", "problem"),
    "freshness": ("market_id", "log"),
    "conflicts": ("log", "event_id", "received_at", "content_sha256"),
}
# Where a conflicting line stood is a matter of files, which plain lines do not have.
OF_FILES = {"file_sha256", "line_number"}
# What the days must bring about to prove anything.
FOUND = {
    "fct_deliveries": {
        "status": {"delivered", "returned", "cancelled", "lost", "open"},
        "is_on_time": {True, False, None},
        "is_next_day": {True, False, None},
        "has_clock_disorder": {True, False},
    },
    "fct_offers": {
        "outcome": {"accepted", "declined", "expired", "withdrawn", "pending"},
        "is_late_forfeit": {True, False, None},
        "is_no_show": {True, False, None},
    },
    "fct_blocks": {"is_filled": {True, False}, "is_cancelled": {True, False}, "is_first_wave_fill": {True, False}},
    "fct_trips": {
        "miles_source": {"meter", "positions", "missing"},
        "is_fuel_price_imputed": {True, False, None},
        "is_cost_known": {True, False},
        "is_pay_pending": {True, False},
        "has_clock_disorder": {True, False},
    },
    "orphans": {
        "problem": {"order_without_placed", "offer_without_sent", "trip_without_started"}
        | {"unknown_trip", "unknown_order", "unknown_block"},
    },
}


@pytest.fixture(scope="module")
def worlds_of(build_world):
    """The compared worlds of a seed; built once, since the first example of the law is the others' seed."""
    return lru_cache(maxsize=1)(lambda seed: compared_worlds(build_world, seed, KEYS, CASES, DRIVERS))


@WORLDS
@given(seed=st.integers(0, 10**9))
def test_every_cell_of_the_facts_is_what_plain_python_makes_of_the_lines(worlds_of, seed):
    for each in worlds_of(seed):
        for table, keys in KEYS.items():
            assert (told := each.told(table, keys, HELPERS)) == "", told


@pytest.mark.parametrize("table", KEYS)
def test_no_column_of_a_fact_is_left_uncompared(worlds_of, table):
    each = worlds_of(0)[0]
    assert each.built[table][0].keys() - OF_FILES == each.naive[table][0].keys() - set(HELPERS)


@pytest.mark.parametrize(("table", "column"), [(table, column) for table in FOUND for column in FOUND[table]])
def test_the_random_days_bring_about_every_case(worlds_of, table, column):
    assert {row[column] for each in worlds_of(0) for row in each.built[table]} == FOUND[table][column]


@pytest.mark.parametrize("table", KEYS)
def test_a_changed_cell_is_named(worlds_of, table):
    keys, each, dice = KEYS[table], worlds_of(0)[0], random.Random(table)
    for column in each.built[table][0].keys() - OF_FILES - set(keys):
        rows = [dict(row) for row in each.built[table]]
        row = dice.choice([row for row in rows if row[column] is not None])
        row[column] = another(row[column])
        ((key, sentence),) = differences(table, keys, each.naive[table], rows, HELPERS)
        assert key == tuple(row[name] for name in keys)
        assert sentence.startswith(f"{table} {key} {column}: naive ") and str(row[column]) in sentence


def another(value):
    """A value next to it: one step of its type, or a little more than what doubles may differ by."""
    if isinstance(value, bool):
        return not value
    if isinstance(value, float):
        return value * (1 + 1e-8) + 1e-8
    steps = {Decimal: Decimal("0.0001"), datetime: timedelta(microseconds=1), date: timedelta(days=1), str: "?"}
    return value + steps.get(type(value), 1)


@pytest.mark.parametrize("table", KEYS)
def test_a_row_too_few_or_too_many_is_named(worlds_of, table):
    keys, each = KEYS[table], worlds_of(0)[0]
    row, *others = each.built[table]
    ((key, sentence),) = differences(table, keys, each.naive[table], others, HELPERS)
    assert key == tuple(row[name] for name in keys) and "only the naive side has this row" in sentence
    strange = row | {keys[0]: "strange"}
    ((key, sentence),) = differences(table, keys, each.naive[table], [row, strange, *others], HELPERS)
    assert key[0] == "strange" and "only the warehouse has this row" in sentence


def test_a_difference_is_told_with_the_lines_of_its_thing(worlds_of):
    each = worlds_of(0)[0]
    row, *others = each.built["fct_trips"]
    built = {"fct_trips": [row | {"toll_usd": row["toll_usd"] + 1}, *others]}
    told = replace(each, built=built).told("fct_trips", ("trip_id",), HELPERS)
    first, second, *lines = told.splitlines()
    assert first == "as of None: 1 differences" and f"'{row['trip_id']}',) toll_usd: naive " in second
    assert lines and all("event_id" in line for line in lines)
    assert any(row["trip_id"] in line and '"started"' in line for line in lines)
