"""The worked examples of the contract as cells of the metric tables; the wrong number stands in the message."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal

import pytest

from tests.dbt.metric_tables import metric_models, offer, order, trip

NOON = datetime(2022, 5, 21, 12, tzinfo=UTC)


def earnings(trips, min_drivers=5, **keys):
    return metric_models().over(fct_trips=trips, min_drivers=min_drivers).cell("driver_earnings", **keys)


def per_hour(row, column="net_per_hour_usd"):
    return round(row[column], 2)


def test_example_1_an_hours_net_is_a_ratio_of_sums():
    row = earnings([trip(1, base_usd=42), trip(2, base_usd=30, on_job_hours=1), trip(3, base_usd=40, on_job_hours=5)])
    assert per_hour(row) == Decimal("12.44"), f"{row['net_per_hour_usd']}: 17.33 is the mean of the ratios"


def test_example_2_each_clock_has_its_own_rate_and_the_tax_rate_adds_no_gas():
    costs = {"gas_usd": 7.1053, "maintenance_usd": 3.9688, "toll_usd": 3.25, "tax_rate_cost_usd": 41 * 0.585 + 3.25}
    clocks = {"scheduled_hours": 3, "on_job_hours": 3.75, "door_to_door_hours": 4.5, "engaged_hours": 3}
    row = earnings([trip(1, base_usd=63, depreciation_usd=4.1, **costs, **clocks)])
    assert row["costed_net_usd"] == Decimal("48.6759")
    assert per_hour(row, "net_per_scheduled_hour_usd") == Decimal("16.23")
    assert per_hour(row) == Decimal("12.98"), "16.23 is per scheduled hour, 10.82 door to door"
    assert per_hour(row, "net_per_door_to_door_hour_usd") == Decimal("10.82")
    assert per_hour(row, "after_tax_rate_per_hour_usd") == Decimal("9.54"), "7.64 has gas in it twice"
    assert row["after_depreciation_per_hour_usd"] == Decimal("11.8869")
    assert row["advertised_range_share"] == 1, "63 USD in 3 hours lie in 18 to 25"


def test_example_4_a_due_order_that_never_arrived_is_late():
    kept = [order(n, is_on_time=True) for n in range(7)]
    missed = [order(7, is_on_time=False), *(order(n, is_on_time=False, minutes=None) for n in (8, 9))]
    undecided = [order(10, is_on_time=None, minutes=None)]
    row = metric_models().over(fct_deliveries=kept + missed + undecided).cell("delivery_speed")
    assert (row["due"], row["on_time"], row["orders"], row["open_orders"]) == (10, 7, 11, 3)
    assert row["on_time_share"] == 0.7, "0.9 counts the undelivered as on time, 0.875 leaves them out"


def survival(seen):
    """delivery_speed of orders with their minutes, negative where the order was still open after them; cut at 300."""
    cut = NOON + timedelta(minutes=300)
    orders = [
        order(n, minutes=minutes)
        if minutes > 0
        else order(n, minutes=None, placed_at=cut + timedelta(minutes=minutes), placed_date=NOON.date())
        for n, minutes in enumerate(seen)
    ]
    row = metric_models().over(fct_deliveries=orders, cut=cut).cell("delivery_speed")
    return row["click_to_door_minutes_p50_censored"], row["within_180_minutes_share_censored"]


def test_example_5_orders_still_open_are_no_survivors_to_leave_out():
    median, within_180 = survival([90, 120, 150, 180, 240, -300, -300, -300])
    assert median == 180, f"{median}: 150 is the median of the delivered"
    assert within_180 == pytest.approx(0.5), f"{within_180}: 0.8 is of the delivered"
    median, within_180 = survival([60, 90, -100, 120, 150, -180, 200, -240])
    assert (median, within_180) == (150, pytest.approx(0.55))


def test_example_6_acceptance_is_of_offers_at_risk_and_fill_of_blocks():
    outcomes = {"A": ["accepted"] + ["withdrawn"] * 5, "C": ["declined"] * 2}
    outcomes["B"] = ["expired"] * 6 + ["accepted"] + ["withdrawn"] * 5
    offers = [
        offer(f"{block}{n}", each, block_id=block) for block in outcomes for n, each in enumerate(outcomes[block])
    ]
    shared = {"market_id": "las_vegas", "offer_type": "retail", "first_sent_at": NOON, "block_starts_at": NOON}
    blocks = [
        shared | {"block_id": block, "is_filled": block != "C", "is_first_wave_fill": block == "A"}
        for block in outcomes
    ]
    blocks = [block | {"is_cancelled": False} for block in blocks]
    row = metric_models().over(fct_offers=offers, fct_blocks=blocks).cell("offer_acceptance")
    assert (row["offers"], row["at_risk"], row["accepted"]) == (20, 10, 2)
    assert row["acceptance_share"] == 0.2, "0.1 is of all offers, 0.5 of the answered ones"
    assert (round(row["acceptance_share_low"], 3), round(row["acceptance_share_high"], 3)) == (0.057, 0.510)
    assert (row["blocks_due"], row["blocks_filled"], row["fill_share"]) == (3, 2, 2 / 3)
    assert row["first_wave_fill_share"] == 1 / 3, "2/3 counts the second wave"


def test_example_12_a_dearer_gallon_is_no_change_of_the_work():
    first_price_gas = round(41 / 30 * 3.782, 4)
    shared = {"on_job_hours": 3.75, "base_usd": 63, "constant_price_gas_usd": first_price_gas}
    june = datetime(2022, 6, 15, 12, tzinfo=UTC)
    tables = metric_models().over(
        fct_trips=[
            trip(1, gas_usd=first_price_gas, **shared),
            trip(2, gas_usd=round(41 / 30 * 5.456, 4), started_at=june, **shared),
        ]
    )
    days = [tables.cell("driver_earnings", grain="day", period_start=day) for day in ("2022-05-21", "2022-06-15")]
    assert per_hour(days[0]) - per_hour(days[1]) == Decimal("0.61")
    constant = {day["net_at_constant_price_per_hour_usd"] for day in days}
    assert len(constant) == 1, f"{constant}: at the first price the two days are the same, not 0.61 apart"


def test_example_13_within_every_market_retail_earns_less_though_pooled_it_earns_more():
    trips = [
        trip(1, market_id="las_vegas", on_job_hours=100, base_usd=1500),
        trip(2, market_id="las_vegas", on_job_hours=300, base_usd=4800, offer_type="station"),
        trip(3, market_id="tysons", on_job_hours=300, base_usd=6600),
        trip(4, market_id="tysons", on_job_hours=100, base_usd=2300, offer_type="station"),
    ]
    tables = metric_models().over(fct_trips=trips)

    def difference(market):
        cells = [tables.cell("driver_earnings", market_id=market, offer_type=kind) for kind in ("retail", "station")]
        return cells[0]["net_per_hour_usd"] - cells[1]["net_per_hour_usd"]

    assert difference("las_vegas") == difference("tysons") == -1, "what holds within every market"
    assert difference("all") == Decimal("2.5"), "the pooled figure, which the read-out must not use"


def test_example_14_the_total_has_its_own_percentile():
    slow = [order(n, market_id="a", minutes=60 if n < 85 else 180) for n in range(100)]
    quick = [order(n, market_id="b") for n in range(100, 1000)]
    tables = metric_models().over(fct_deliveries=slow + quick)
    p90 = {market: tables.cell("delivery_speed", market_id=market)["click_to_door_minutes_p90"] for market in "ab"}
    assert p90 == {"a": 180, "b": 60}
    total = tables.cell("delivery_speed")["click_to_door_minutes_p90"]
    assert total == 60, f"{total}: 120 is the average of the sites' percentiles"


def test_example_15_a_trip_without_pay_keeps_its_hours_and_costs():
    paid = [trip(n, base_usd=48) for n in (1, 2)]
    unpaid = trip(3, base_usd=0, on_job_hours=0.5, gas_usd=3.78)
    row = earnings([*paid, unpaid])
    assert row["trips"] == 3
    assert per_hour(row) == Decimal("14.19"), "16.00 leaves the unpaid trip out"


def test_example_16_an_overrun_is_not_made_good_by_an_early_finish():
    late = trip(1, on_job_hours=3.75, scheduled_hours=3, unpaid_overrun_hours=0.75, early_finish_hours=0)
    early = trip(2, on_job_hours=2.5, scheduled_hours=3, unpaid_overrun_hours=0, early_finish_hours=0.5)
    row = earnings([late, early])
    assert per_hour(row, "gross_per_hour_usd") == Decimal("19.20"), "20.00 is per scheduled hour"
    assert row["gross_per_scheduled_hour_usd"] == 20
    assert (row["unpaid_overrun_hours"], row["early_finish_hours"]) == (0.75, 0.5), "netted they would be 0.25 and 0"


def test_example_17_wilsons_interval_says_something_at_the_edge():
    def interval(accepted, declined):
        answers = ["accepted"] * accepted + ["declined"] * declined
        tables = metric_models().over(fct_offers=[offer(n, answer) for n, answer in enumerate(answers)])
        row = tables.cell("offer_acceptance")
        return row["acceptance_share_low"], round(row["acceptance_share_high"], 3)

    assert interval(0, 8) == (0, 0.324), "a plain normal interval would be 0 to 0"
    low, high = interval(18, 2)
    assert (round(low, 3), high) == (0.699, 0.972), "a plain normal interval would pass 1"


def test_example_18_the_wage_floor_is_that_of_the_day():
    shared = {"base_usd": 10, "on_job_hours": 1}
    before = trip(1, started_at=datetime(2022, 6, 30, 12, tzinfo=UTC), minimum_wage_usd=9.75, **shared)
    after = trip(2, started_at=datetime(2022, 7, 1, 12, tzinfo=UTC), minimum_wage_usd=10.5, **shared)
    tables = metric_models().over(fct_trips=[before, after], min_drivers=1)
    rows = tables.rows("driver_earnings", "grain = 'day' and market_id = 'all' and offer_type = 'all'")
    found = {str(row["period_start"]): row["below_minimum_wage_hours_share"] for row in rows}
    assert found == {"2022-06-30": 0, "2022-07-01": 1}
    assert tables.cell("driver_earnings")["below_minimum_wage_hours_share"] == 0.5, "by hours, over all days"


def test_example_19_a_trip_without_a_meter_is_out_of_the_net_and_in_the_coverage():
    known = trip(1, base_usd=60, gas_usd=9, total_miles=40)
    unknown = trip(2, base_usd=60, on_job_hours=1, is_cost_known=False, toll_usd=2)
    row = earnings([known, unknown])
    assert row["net_per_hour_usd"] == 17, "25.75 takes missing miles for no miles, 27.75 drops the toll as well"
    assert row["miles_coverage_share"] == 0.75
    assert (row["trips"], row["costed_trips"], row["total_miles"]) == (2, 1, 40)
    assert row["gross_per_hour_usd"] == 30, "gross needs no miles"
    waterfall = row["costed_gross_usd"] - row["costed_gas_usd"] - row["costed_toll_usd"] - row["costed_maintenance_usd"]
    assert waterfall == row["costed_net_usd"] == 51


def test_unknown_miles_of_every_trip_are_unknown_and_not_0():
    row = earnings([trip(1, is_cost_known=False)])
    assert row["total_miles"] is None
    assert row["net_per_hour_usd"] is None
    assert row["miles_coverage_share"] == 0


def test_a_trip_whose_pay_is_to_come_is_counted_and_in_no_sum():
    later = NOON + timedelta(days=1)
    tables = metric_models().over(
        fct_trips=[trip(1), trip(2, base_usd=0, is_pay_pending=True), trip(3, is_pay_pending=True, started_at=later)]
    )
    row = tables.cell("driver_earnings")
    assert (row["trips"], row["drivers"], row["pay_pending_trips"], row["on_job_hours"]) == (1, 1, 2, 3)
    assert row["gross_per_hour_usd"] == 20, "10 counts the hours of pay that is still to come"
    lonely = tables.cell("driver_earnings", grain="day", period_start="2022-05-22")
    assert (lonely["trips"], lonely["drivers"], lonely["pay_pending_trips"], lonely["gross_usd"]) == (0, 0, 1, 0)
    assert lonely["net_per_hour_usd"] is None


def test_two_jobs_at_once_are_seen_as_overlapping_hours():
    jobs = [(0, 4), (1, 2), (3, 6), (8, 1)]
    trips = [
        trip(n, driver_key="d", started_at=NOON + timedelta(hours=start), on_job_hours=hours)
        for n, (start, hours) in enumerate(jobs)
    ]
    row = earnings([*trips, trip(9, driver_key="e", started_at=NOON, on_job_hours=4)])
    assert row["on_job_hours"] == 17
    assert row["overlapping_hours"] == 4, "the union of 12-16, 13-15, 15-21 and 20-21 is 9 of 13 hours"
