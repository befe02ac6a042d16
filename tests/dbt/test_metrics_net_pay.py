"""net_pay_parts: from base to net over one set of trips, and what a what-if needs."""

from decimal import Decimal

import pytest
from hypothesis import given

from tests.dbt.metric_tables import metric_models, trip
from tests.dbt.random_facts import FEW, by_cell, random_trips, seeds

CLASSES = [
    {"vehicle_class": "thirty", "fuel_type": "gasoline", "miles_per_gallon": 30},
    {"vehicle_class": "twenty", "fuel_type": "gasoline", "miles_per_gallon": 20},
    {"vehicle_class": "volts", "fuel_type": "electric", "kwh_per_100_miles": 32},
]


def driven(number, vehicle_class, miles, gas_usd, **fields):
    """A trip of so many miles, maintained at 0.10 USD per mile."""
    costs = {"gas_usd": gas_usd, "maintenance_usd": round(miles * 0.1, 4)}
    return trip(number, vehicle_class=vehicle_class, total_miles=miles, **costs, **fields)


def parts(*trips, **keys):
    return metric_models().over(fct_trips=trips, dim_vehicle_class=CLASSES).cell("net_pay_parts", **keys)


def test_the_parts_of_net_pay_have_the_same_trips_and_hours_behind_them():
    pay = {"base_usd": 60, "tip_usd": 9, "incentive_usd": 3, "adjustment_usd": -1.5}
    row = parts(
        driven(1, "thirty", 40, 6, toll_usd=2.25, on_job_hours=3, **pay),
        driven(2, "thirty", 20, 3, on_job_hours=2, driver_key="driver-1"),
        trip(3, is_cost_known=False, toll_usd=5),
        driven(4, "thirty", 10, 1) | {"on_job_hours": None},
        driven(5, "thirty", 10, 1, is_pay_pending=True),
        driven(6, "thirty", 10, 1, status="open"),
    )
    assert (row["trips"], row["drivers"], row["on_job_hours"], row["total_miles"]) == (2, 1, 5, 60)
    names = ("base", "tip", "incentive", "adjustment", "gross", "gas", "toll", "maintenance", "net")
    sums = [120, 9, 3, Decimal("-1.5"), Decimal("130.5"), 9, Decimal("2.25"), 6, Decimal("113.25")]
    assert [row[f"{name}_usd"] for name in names] == sums
    assert [row[f"{name}_per_hour_usd"] for name in names] == [amount / Decimal(5) for amount in sums]


def test_gallons_are_those_of_each_class_and_electricity_is_the_rest_of_gas():
    row = parts(driven(1, "thirty", 60, 10), driven(2, "twenty", 20, 5.5), driven(3, "volts", 100, 4))
    assert (row["fuel_miles"], row["fuel_gallons"], row["fuel_usd"]) == (80, 3, Decimal("15.5"))
    assert row["gas_usd"] - row["fuel_usd"] == 4
    assert row["fuel_miles_per_gallon"] == pytest.approx(80 / 3, rel=1e-15), "25 is the mean of the two classes"
    assert row["gas_price_usd_per_gallon"] == pytest.approx(15.5 / 3, rel=1e-15), "a price is not rounded"
    assert row["maintenance_usd_per_mile"] == pytest.approx(0.1)


def test_without_fuel_there_are_no_gallons_and_no_price_of_them():
    row = parts(driven(1, "volts", 100, 4))
    assert (row["fuel_miles"], row["fuel_gallons"], row["fuel_usd"]) == (0, 0, 0)
    assert (row["gas_price_usd_per_gallon"], row["fuel_miles_per_gallon"]) == (None, None)
    assert row["gas_usd"] == 4


def test_without_miles_there_is_no_maintenance_per_mile():
    row = parts(driven(1, "thirty", 0, 0))
    assert (row["maintenance_usd"], row["maintenance_usd_per_mile"], row["fuel_miles_per_gallon"]) == (0, None, None)


def test_the_minimum_wages_of_a_cell_are_the_least_and_the_greatest_of_its_trips():
    row = parts(*(trip(n, minimum_wage_usd=wage) for n, wage in enumerate((12.8, 9.75, None, 10.5))))
    assert (row["minimum_wage_usd_least"], row["minimum_wage_usd_greatest"]) == (Decimal("9.75"), Decimal("12.8"))


def test_a_cell_whose_costs_are_all_unknown_has_earnings_and_no_parts():
    tables = metric_models().over(fct_trips=[trip(1, is_cost_known=False)])
    assert len(tables.rows("driver_earnings")) == 12
    assert tables.rows("net_pay_parts") == []


@FEW
@given(seed=seeds)
def test_the_net_per_hour_is_that_of_driver_earnings_in_every_cell(seed):
    tables = metric_models().over(fct_trips=random_trips(seed))
    known = {
        cell: row["net_per_hour_usd"]
        for cell, row in by_cell(tables.rows("driver_earnings")).items()
        if row["net_per_hour_usd"] is not None
    }
    assert {cell: row["net_per_hour_usd"] for cell, row in by_cell(tables.rows("net_pay_parts")).items()} == known
