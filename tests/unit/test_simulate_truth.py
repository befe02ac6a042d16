"""The truth itself: its definitions on numbers checked by hand, and the identities every simulated fact obeys."""

from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import polars as pl
import pytest

from pipelines.reference import read_reference
from pipelines.reference_tables import REFERENCE
from pipelines.simulate import simulate
from pipelines.simulate.truth_costs import with_costs
from pipelines.simulate.truth_time import hours, is_disordered, local_date, minutes
from pipelines.workspace import SHIPPED_DATA

NOON = datetime(2022, 5, 21, 12, tzinfo=UTC)
DAY = date(2022, 5, 21)


@pytest.fixture(scope="module")
def truth(tmp_path_factory: pytest.TempPathFactory) -> dict[str, pl.DataFrame]:
    root = tmp_path_factory.mktemp("truth")
    simulate(root, days=42, drivers=120, seed=2, starts_on=date(2022, 2, 21))
    return {path.stem: pl.read_parquet(path) for path in (root / "truth").glob("fct_*.parquet")}


def share(rows: pl.DataFrame, condition: pl.Expr) -> float:
    return rows.select(condition.fill_null(value=False).mean()).item()


# Costs by hand


def reference(*, gasoline: str = "5.199", week: date = date(2022, 5, 16)) -> dict[str, pl.DataFrame]:
    rows: dict[str, list[dict[str, Any]]] = {
        "vehicle_classes": [
            {"vehicle_class": "car", "fuel_type": "gasoline", "miles_per_gallon": 30.0},
            {"vehicle_class": "electric", "fuel_type": "electric", "kwh_per_100_miles": 32.0},
        ],
        "fuel_prices": [
            {"fuel_area": "here", "fuel_type": "gasoline", "week_starting_on": week, "usd_per_unit": Decimal(gasoline)},
            {
                "fuel_area": "here",
                "fuel_type": "electric",
                "week_starting_on": date(2021, 8, 2),
                "usd_per_unit": Decimal("0.1099"),
            },
        ],
        "mileage_rates": [
            {
                "vehicle_class": name,
                "valid_from": date(2022, 1, 1),
                "valid_to": date(2022, 12, 31),
                "maintenance_usd_per_mile": Decimal("0.0968"),
                "depreciation_usd_per_mile": Decimal("0.26"),
            }
            for name in ("car", "electric")
        ],
        "tax_mileage_rates": [
            {"valid_from": date(2022, 1, 1), "valid_to": date(2022, 6, 30), "usd_per_mile": Decimal("0.585")}
        ],
        "minimum_wages": [
            {
                "state": "NV",
                "valid_from": date(2021, 7, 1),
                "valid_to": date(2022, 6, 30),
                "usd_per_hour": Decimal("9.75"),
            }
        ],
    }
    return {name: pl.DataFrame(table, schema=REFERENCE[name].schema) for name, table in rows.items()}


def costs(tables: dict[str, pl.DataFrame], **changes: object) -> dict[str, Any]:
    """The costs of example 2: 41 miles, pay 63, toll 3.25, 3.75 hours on the job."""
    trip = {
        "market_id": "las_vegas",
        "fuel_area": "here",
        "state": "NV",
        "vehicle_class": "car",
        "trip_date": DAY,
        "started_at": NOON - timedelta(hours=0.75),
        "arrived_at": NOON,
        "ended_at": NOON + timedelta(hours=3.75),
        "total_miles": 41.0,
        "gross_usd": Decimal(63),
        "toll_usd": Decimal("3.25"),
    }
    return with_costs(pl.DataFrame([trip | changes]), tables).row(0, named=True)


def test_example_2_costs_and_net_pay_are_those_worked_out_by_hand():
    found = costs(reference())
    assert (found["gas_usd"], found["maintenance_usd"]) == (Decimal("7.1053"), Decimal("3.9688"))
    assert found["net_usd"] == Decimal("48.6759")
    assert round(found["net_per_hour_usd"], 2) == Decimal("12.98")
    after_tax_rate = (Decimal(63) - found["tax_rate_cost_usd"]) / Decimal("3.75")
    assert round(after_tax_rate, 2) == Decimal("9.54")


@pytest.mark.parametrize(("price", "gas"), [("5.513", "7.3507"), ("4.874", "6.4987")])
def test_example_11_gas_costs_what_it_cost_in_the_week_of_the_trip(price: str, gas: str):
    assert costs(reference(gasoline=price), total_miles=40.0)["gas_usd"] == Decimal(gas)


def test_example_19_missing_miles_are_unknown_costs_but_tolls_stay():
    found = costs(reference(), total_miles=None)
    assert found["toll_usd"] == Decimal("3.25")
    assert not found["is_cost_known"]
    names = ("gas_usd", "maintenance_usd", "cost_usd", "net_usd", "net_per_hour_usd", "depreciation_usd")
    assert {found[name] for name in names} == {None}


def test_electric_cars_pay_for_kilowatt_hours():
    # 41 miles x 0.32 kWh x 0.1099 USD
    assert costs(reference(), vehicle_class="electric")["gas_usd"] == Decimal("1.4419")


def test_half_a_ten_thousandth_is_rounded_up_exactly():
    # 7.5 / 30 x 3.581 = 0.89525, which binary fractions would take for less.
    assert costs(reference(gasoline="3.581"), total_miles=7.5)["gas_usd"] == Decimal("0.8953")


@pytest.mark.parametrize(
    ("week", "is_imputed"),
    [
        (date(2022, 5, 16), False),
        (date(2022, 5, 9), False),
        (date(2022, 5, 2), True),
        (date(2022, 5, 23), True),
    ],
)
def test_a_price_older_than_two_weeks_or_not_yet_valid_is_imputed(week: date, is_imputed: bool):
    found = costs(reference(week=week))
    assert found["gas_price_usd"] == Decimal("5.199")
    assert found["is_fuel_price_imputed"] is is_imputed


def test_of_an_old_price_and_a_coming_one_the_nearest_is_taken():
    tables = reference(week=date(2022, 4, 25))
    coming = (
        tables["fuel_prices"]
        .head(1)
        .with_columns(
            week_starting_on=pl.lit(date(2022, 5, 23)), usd_per_unit=pl.lit(Decimal("5.5")).cast(pl.Decimal(12, 4))
        )
    )
    found = costs(tables | {"fuel_prices": pl.concat([tables["fuel_prices"], coming])})
    assert (found["gas_price_usd"], found["is_fuel_price_imputed"]) == (Decimal("5.5"), True)


def test_outside_the_validity_of_the_rates_costs_and_wage_are_unknown():
    found = costs(reference(week=date(2023, 1, 2)), trip_date=date(2023, 1, 3))
    assert found["gas_usd"] is not None
    assert {found[name] for name in ("maintenance_usd", "cost_usd", "tax_rate_cost_usd", "minimum_wage_usd")} == {None}


# Time by hand


def evaluated(expression: pl.Expr, **columns: object) -> object:
    return pl.DataFrame([columns]).select(expression).item()


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).astimezone(UTC)


def test_example_7_a_delivery_in_the_evening_is_on_the_local_day():
    sites = pl.DataFrame({"time_zone": ["America/New_York", "America/Los_Angeles"]})
    found = evaluated(local_date("at", sites), at=utc("2022-05-21T20:30:00-07:00"), time_zone="America/Los_Angeles")
    assert found == DAY


@pytest.mark.parametrize(
    ("since", "until", "length"),
    [
        ("2022-03-13T01:30:00-05:00", "2022-03-13T03:30:00-04:00", 1.0),
        ("2021-11-07T00:30:00-04:00", "2021-11-07T03:00:00-05:00", 3.5),
    ],
)
def test_example_8_durations_are_differences_of_instants(since: str, until: str, length: float):
    assert evaluated(hours("a", "b"), a=utc(since), b=utc(until)) == length
    assert evaluated(minutes("a", "b"), a=utc(since), b=utc(until)) == 60 * length
    assert evaluated(hours("a", "b"), a=utc(until), b=utc(since)) is None


@pytest.mark.parametrize(
    ("clock", "disordered"), [((1, 2, 3), False), ((1, None, 3), False), ((3, None, 1), True), ((None, 2, 1), True)]
)
def test_stamps_are_in_disorder_where_a_known_one_precedes_the_known_one_before(clock, disordered: bool):
    stamps = [None if hour is None else NOON + timedelta(hours=hour) for hour in clock]
    frame = pl.DataFrame([dict(zip("abc", stamps, strict=True))], schema=dict.fromkeys("abc", pl.Datetime("us", "UTC")))
    assert frame.select(is_disordered("a", "b", "c")).item() is disordered


# Identities


def test_the_parts_of_click_to_door_sum_to_the_whole_where_all_are_known(truth: dict[str, pl.DataFrame]):
    known = truth["fct_deliveries"].drop_nulls(["preparation_minutes", "pickup_wait_minutes", "transit_minutes"])
    parts = pl.sum_horizontal("preparation_minutes", "pickup_wait_minutes", "transit_minutes")
    assert known.height > 1000
    assert known.select((parts - pl.col("click_to_door_minutes")).abs().max()).item() < 1e-6


def test_money_adds_up_on_every_trip(truth: dict[str, pl.DataFrame]):
    trips = truth["fct_trips"]
    gross = pl.col("base_usd") + pl.col("tip_usd") + pl.col("incentive_usd") + pl.col("adjustment_usd")
    cost = pl.col("gas_usd") + pl.col("toll_usd") + pl.col("maintenance_usd")
    assert share(trips, gross == pl.col("gross_usd")) == 1
    known = trips.filter("is_cost_known")
    assert share(known, cost == pl.col("cost_usd")) == 1
    assert share(known, pl.col("gross_usd") - cost == pl.col("net_usd")) == 1


def test_overrun_and_early_finish_never_meet(truth: dict[str, pl.DataFrame]):
    trips = truth["fct_trips"].drop_nulls(["unpaid_overrun_hours", "early_finish_hours"])
    difference = pl.col("on_job_hours") - pl.col("scheduled_hours")
    assert share(trips, (pl.col("unpaid_overrun_hours") == 0) | (pl.col("early_finish_hours") == 0)) == 1
    net = pl.col("unpaid_overrun_hours") - pl.col("early_finish_hours")
    assert trips.select((net - difference).abs().max()).item() < 1e-9


def test_an_accepted_offer_fills_its_block_unless_given_back(truth: dict[str, pl.DataFrame]):
    kept = truth["fct_offers"].filter("is_accepted", pl.col("forfeited_at").is_null(), ~pl.col("is_no_show"))
    blocks = truth["fct_blocks"]
    assert set(kept["block_id"]) == set(blocks.filter("is_filled")["block_id"])
    assert share(blocks, pl.col("is_cancelled") & pl.col("is_filled")) == 0


def test_the_world_has_every_case_that_a_definition_distinguishes(truth: dict[str, pl.DataFrame]):
    orders, offers, trips = truth["fct_deliveries"], truth["fct_offers"], truth["fct_trips"]
    assert set(orders["status"]) == {"delivered", "returned", "cancelled", "lost", "open"}
    assert set(offers["outcome"]) == {"accepted", "declined", "expired", "withdrawn", "pending"}
    assert set(trips["status"]) == {"ended", "open"}
    assert set(trips["miles_source"]) == {"meter", "positions", "missing"}
    cases = {
        "fct_deliveries": ["has_clock_disorder", "is_promise_due", "is_on_time", "is_same_day"],
        "fct_offers": ["is_at_risk", "is_late_forfeit", "is_no_show"],
        "fct_blocks": ["is_filled", "is_first_wave_fill", "is_cancelled"],
        "fct_trips": ["is_cost_known", "is_pay_pending", "has_clock_disorder"],
    }
    for table, columns in cases.items():
        for column in columns:
            assert {True, False} <= set(truth[table][column]), (table, column)
    assert orders["is_on_time"].null_count() > 0
    assert share(offers.filter("is_accepted"), pl.col("answered_at").is_null()) == 0
    assert share(offers.filter(pl.col("outcome") == "expired"), pl.col("answered_at").is_null()) > 0
    assert share(offers, pl.col("forfeit_notice_minutes") < 0) > 0
    assert share(orders, (pl.col("failed_attempts") > 0) & (pl.col("status") == "delivered")) > 0
    assert share(trips, (pl.col("gross_usd") == 0) & (pl.col("status") == "ended") & (pl.col("total_miles") > 0)) > 0
    assert share(trips, pl.col("block_id").is_null()) > 0
    assert share(trips, pl.col("offer_id").is_null() & pl.col("block_id").is_not_null()) > 0


def test_tolls_are_charged_only_where_there_is_a_toll_road(truth: dict[str, pl.DataFrame]):
    paying = truth["fct_trips"].filter(pl.col("toll_usd") > 0)
    assert set(paying["market_id"]) == {"tysons", "friendswood"}


def test_malls_take_part_from_their_first_day(truth: dict[str, pl.DataFrame]):
    sites = read_reference(SHIPPED_DATA / "reference")["sites"]
    starts = dict(sites.select("site_id", "pilot_started_on").iter_rows())
    first = truth["fct_deliveries"].group_by("site_id").agg(pl.col("placed_date").min())
    for site, day in first.iter_rows():
        assert starts[site] is None or day >= starts[site]
    assert "friendswood_mall" in set(first["site_id"])


def test_what_a_driver_keeps_is_plausible_in_every_market_and_kind_of_offer(truth: dict[str, pl.DataFrame]):
    earning = truth["fct_trips"].filter(~pl.col("is_pay_pending"), pl.col("status") == "ended", "is_cost_known")
    net = pl.col("net_usd").cast(pl.Float64).sum() / pl.col("on_job_hours").sum()
    cells = earning.group_by("market_id", "offer_type").agg(net.alias("net"), drivers=pl.col("driver_id").n_unique())
    assert cells.height == 12
    assert cells["drivers"].min() >= 5
    assert 12 < cells["net"].min() < cells["net"].max() < 22
