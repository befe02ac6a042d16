"""Figures of few drivers are withheld, and what is withheld cannot be had another way."""

from datetime import timedelta
from statistics import quantiles

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tests.dbt.metric_tables import metric_models, trip
from tests.dbt.random_facts import FEW, START, by_cell, random_trips, seeds, sums_between


@FEW
@given(seed=seeds, min_drivers=st.integers(min_value=1, max_value=6))
def test_what_is_withheld_cannot_be_had_by_subtraction(seed, min_drivers):
    tables = metric_models().over(fct_trips=random_trips(seed, trips=150), min_drivers=min_drivers)
    cells = by_cell(tables.rows("driver_earnings"))
    costed = {cell for cell, row in cells.items() if row["costed_trips"]}
    for members in sums_between(costed):
        withheld = [cell for cell in members if cells[cell]["is_suppressed"]]
        assert len(withheld) != 1, f"{withheld[0]} is the total less its other parts, of {members}"


@FEW
@given(seed=seeds, min_drivers=st.integers(min_value=1, max_value=6))
def test_few_drivers_hide_the_driver_level_figures_and_nothing_else(seed, min_drivers):
    tables = metric_models().over(fct_trips=random_trips(seed), min_drivers=min_drivers)
    for row in tables.rows("driver_earnings"):
        assert row["is_suppressed"] or row["drivers"] >= min_drivers, row
        private = [row[name] for name in row if name.startswith(("driver_net", "rated_drivers", "below_minimum"))]
        assert len(private) == 7
        assert not row["is_suppressed"] or private == [None] * 7, row
        if row["costed_trips"]:
            assert row["net_per_hour_usd"] is not None, "sums and rates of the cell stay"
        if row["costed_trips"] and not row["is_suppressed"]:
            assert row["below_minimum_wage_hours_share"] is not None, row
    if min_drivers == 1:
        assert not any(row["is_suppressed"] for row in tables.rows("driver_earnings", "trips > 0"))


def test_few_drivers_with_known_costs_hide_the_share_below_the_minimum_wage():
    trips = [trip(driver, driver_key=f"driver-{driver}", is_cost_known=driver < 2) for driver in range(9)]
    row = metric_models().over(fct_trips=trips).cell("driver_earnings")
    assert row["drivers"] == 9 and row["costed_trips"] == 2
    assert row["is_suppressed"] and row["below_minimum_wage_hours_share"] is None, "it tells on two drivers"


def test_a_market_hidden_alone_takes_a_second_one_with_it():
    crews = {"las_vegas": 9, "chandler": 7, "tysons": 2}
    trips = [
        trip(10 * n + driver, market_id=market, driver_key=f"{market}-{driver}")
        for n, (market, crew) in enumerate(crews.items())
        for driver in range(crew)
    ]
    tables = metric_models().over(fct_trips=trips)
    suppressed = {
        row["market_id"]: row["is_suppressed"]
        for row in tables.rows("driver_earnings", "grain = 'all' and offer_type = 'all'")
    }
    assert suppressed == {"all": False, "las_vegas": False, "chandler": True, "tysons": True}


def regulars(rates, **fields):
    """Three trips, in three days of a week, of each driver that is paid so much per hour."""
    return [
        trip(100 * day + n, driver_key=f"d{n}", base_usd=3 * rate, started_at=START + timedelta(days=day), **fields)
        for day in range(3)
        for n, rate in enumerate(rates)
    ]


TWICE = [trip(1000 + n, driver_key=f"twice-{n % 5}", base_usd=600) for n in range(10)]


def test_driver_percentiles_are_over_drivers_with_three_trips_and_withheld_under_the_least_number():
    rates = [10, 12, 14, 16, 18]
    row = metric_models().over(fct_trips=regulars(rates) + TWICE).cell("driver_earnings")
    names = ("p10", "p25", "p50", "p75", "p90")
    found = [float(row[f"driver_net_per_hour_usd_{name}"]) for name in names]
    tenths = quantiles(rates, n=20, method="inclusive")
    assert found == pytest.approx([tenths[1], tenths[4], tenths[9], tenths[14], tenths[17]])
    assert (row["drivers"], row["rated_drivers"]) == (10, 5)
    row = metric_models().over(fct_trips=regulars(rates[:4]) + TWICE).cell("driver_earnings")
    assert row["drivers"] == 9
    assert not row["is_suppressed"]
    assert row["driver_net_per_hour_usd_p50"] is None, "four drivers stand behind it"
    assert row["rated_drivers"] is None, "and nobody is told that they are four"


def test_a_driver_without_a_known_net_per_hour_is_not_rated():
    unknown = [trip(2000 + n, driver_key="unknown", is_cost_known=False) for n in range(3)]
    no_time = [trip(3000 + n, driver_key="no-time", on_job_hours=0) for n in range(3)]
    row = metric_models().over(fct_trips=regulars([10, 12, 14, 16, 18]) + unknown + no_time).cell("driver_earnings")
    assert (row["drivers"], row["rated_drivers"]) == (7, 5)


def test_the_distribution_is_every_fifth_percentile_of_the_drivers_with_three_trips():
    rates = [10, 11, 13, 20, 20.5, 31, 17]
    tables = metric_models().over(fct_trips=regulars(rates) + TWICE, min_drivers=1)
    rows = tables.rows("driver_pay_distribution", "grain = 'all' and market_id = 'all' and offer_type = 'all'")
    assert [row["percentile"] for row in rows] == list(range(5, 100, 5))
    expected = quantiles(rates, n=20, method="inclusive")
    assert [float(row["net_per_hour_usd"]) for row in rows] == pytest.approx(expected, abs=5e-5)
    assert {row["rated_drivers"] for row in rows} == {7}
    assert {row["grain"] for row in tables.rows("driver_pay_distribution")} == {"week", "all"}


@FEW
@given(seed=seeds, min_drivers=st.integers(min_value=1, max_value=6))
def test_the_distribution_shows_the_cells_whose_percentiles_are_shown_if_drivers_are_many(seed, min_drivers):
    tables = metric_models().over(fct_trips=random_trips(seed, trips=150), min_drivers=min_drivers)
    shown = {}
    for row in tables.rows("driver_pay_distribution"):
        (cell,) = by_cell([row])
        shown.setdefault(cell, {"n": row["rated_drivers"]})[row["percentile"]] = row["net_per_hour_usd"]
    wanted = f"grain <> 'day' and driver_net_per_hour_usd_p50 is not null and rated_drivers >= {4 * min_drivers}"
    earnings = by_cell(tables.rows("driver_earnings", wanted))
    assert shown.keys() == earnings.keys()
    for cell, row in earnings.items():
        assert not row["is_suppressed"] and row["rated_drivers"] >= min_drivers
        assert len(shown[cell]) == 20 and shown[cell]["n"] == row["rated_drivers"]
        for percent in (10, 25, 50, 75, 90):
            assert shown[cell][percent] == row[f"driver_net_per_hour_usd_p{percent}"], (cell, percent)
