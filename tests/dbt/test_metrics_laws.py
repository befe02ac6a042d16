"""What holds for the metric tables whatever the facts: totals, order, suppression, empty cells."""

import random
from collections import defaultdict
from datetime import UTC, datetime, timedelta
from statistics import quantiles

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from tests.dbt.metric_tables import metric_models, offer, order, trip

START = datetime(2022, 3, 2, 12, tzinfo=UTC)
MARKETS = ("las_vegas", "chandler", "tysons")
TYPES = ("retail", "station", "grocery")
GRAIN_ORDER = ("day", "week", "all")
FEW = settings(max_examples=8, deadline=None, suppress_health_check=list(HealthCheck))

seeds = st.integers(min_value=0, max_value=10**6)


def random_trips(seed, trips=80, days=20, drivers=8):
    dice = random.Random(seed)
    skew = dice.choice((1, 2, 3))
    rows = []
    for number in range(trips):
        market = MARKETS[int(len(MARKETS) * dice.random() ** skew)]
        hours = round(dice.uniform(0.5, 4), 3)
        rows.append(
            trip(
                number,
                market_id=market,
                offer_type=TYPES[int(len(TYPES) * dice.random() ** skew)],
                driver_key=f"{market}-{dice.randrange(drivers)}",
                started_at=START + timedelta(days=dice.randrange(days), hours=dice.uniform(0, 6)),
                on_job_hours=hours,
                base_usd=round(dice.uniform(0, 80), 4),
                is_cost_known=dice.random() < 0.9,
                is_pay_pending=dice.random() < 0.05,
            )
        )
    return rows


def week_of(day):
    return day - timedelta(days=day.weekday())


def sums_between(cells):
    """The cells that add up: each list is one total and its parts, or that cell alone."""
    sums = defaultdict(list)
    for cell in cells:
        grain, day, market, kind = cell
        sums["markets", grain, day, kind].append(cell)
        sums["types", grain, day, market].append(cell)
        if grain != "all":
            sums["days of a week", week_of(day), market, kind].append(cell)
        if grain != "day":
            sums["weeks", market, kind].append(cell)
    return [members for members in sums.values() if len(members) > 1]


def by_cell(rows):
    return {(row["grain"], row["period_start"], row["market_id"], row["offer_type"]): row for row in rows}


def is_total(cell, members):
    """Whether the cell is the total of the sum: nothing else in it is coarser in any key."""
    size = [(GRAIN_ORDER.index(each[0]), each[2] == "all", each[3] == "all") for each in members]
    return size[members.index(cell)] == tuple(max(column) for column in zip(*size, strict=True))


@FEW
@given(seed=seeds)
def test_every_total_is_the_sum_of_its_parts(seed):
    cells = by_cell(metric_models().over(fct_trips=random_trips(seed)).rows("driver_earnings"))
    for members in sums_between(cells):
        totals = [cell for cell in members if is_total(cell, members)]
        parts = [cell for cell in members if cell not in totals]
        if not parts:
            continue
        (total,) = totals
        for column in ("trips", "pay_pending_trips", "gross_usd", "costed_net_usd", "on_job_hours"):
            added = sum(cells[part][column] or 0 for part in parts)
            assert float(added) == pytest.approx(float(cells[total][column] or 0), abs=1e-7), (column, total, parts)


@FEW
@given(seed=seeds)
def test_the_total_of_totals_is_the_fact(seed):
    trips = random_trips(seed)
    row = metric_models().over(fct_trips=trips).cell("driver_earnings")
    earning = [each for each in trips if not each["is_pay_pending"]]
    assert row["trips"] == len(earning)
    assert row["drivers"] == len({each["driver_key"] for each in earning})
    assert row["gross_usd"] == sum(each["gross_usd"] for each in earning)
    assert row["period_start"] == min(each["trip_date"] for each in trips), "the least date of the whole fact"


@FEW
@given(seed=seeds)
def test_no_figure_depends_on_the_order_of_the_rows(seed):
    trips = random_trips(seed)
    tables = metric_models().over(fct_trips=trips)
    shuffled = metric_models().over(fct_trips=random.Random(seed).sample(trips, len(trips)))
    assert tables.rows("driver_earnings") == shuffled.rows("driver_earnings")


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
        private = [row[name] for name in row if name.startswith(("driver_net", "below_minimum"))]
        assert len(private) == 6
        assert not row["is_suppressed"] or private == [None] * 6, row
        if row["costed_trips"]:
            assert row["net_per_hour_usd"] is not None, "sums and rates of the cell stay"
        if row["costed_trips"] and not row["is_suppressed"]:
            assert row["below_minimum_wage_hours_share"] is not None, row
    if min_drivers == 1:
        assert not any(row["is_suppressed"] for row in tables.rows("driver_earnings", "trips > 0"))


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


def test_driver_percentiles_are_over_drivers_with_three_trips_and_withheld_under_the_least_number():
    def over(regulars):
        rates = [10 + 2 * driver for driver in range(regulars)]
        often = [
            trip(100 * n + rate, driver_key=f"d{rate}", base_usd=3 * rate, started_at=START + timedelta(days=n))
            for n in range(3)
            for rate in rates
        ]
        once = [trip(1000 + n, driver_key=f"once-{n}", base_usd=600) for n in range(5)]
        return metric_models().over(fct_trips=often + once).cell("driver_earnings"), rates

    row, rates = over(5)
    names = ("p10", "p25", "p50", "p75", "p90")
    found = [float(row[f"driver_net_per_hour_usd_{name}"]) for name in names]
    tenths = quantiles(rates, n=20, method="inclusive")
    assert found == pytest.approx([tenths[1], tenths[4], tenths[9], tenths[14], tenths[17]])
    row, _ = over(4)
    assert row["drivers"] == 9
    assert not row["is_suppressed"]
    assert row["driver_net_per_hour_usd_p50"] is None, "four drivers stand behind it"


def test_shares_without_a_denominator_are_null_and_days_without_data_have_no_row():
    tables = metric_models().over(
        fct_offers=[offer(1, "pending", seconds_to_answer=None)], fct_deliveries=[order(1, minutes=None)]
    )
    acceptance = tables.cell("offer_acceptance")
    assert [acceptance[f"acceptance_share{end}"] for end in ("", "_low", "_high")] == [None] * 3
    assert (acceptance["blocks_due"], acceptance["fill_share"]) == (0, None)
    speed = tables.cell("delivery_speed")
    assert [speed[name] for name in ("on_time_share", "same_day_share", "first_attempt_share")] == [None] * 3
    assert len(tables.rows("delivery_speed")) == 12
    assert tables.rows("driver_earnings") == []


def test_a_block_counts_from_its_start_by_the_offers_cut_and_on_the_date_of_its_first_offer():
    cut = datetime(2022, 5, 22, 6, tzinfo=UTC)
    sent = {"first_sent_at": datetime(2022, 5, 22, 5, tzinfo=UTC), "market_id": "las_vegas", "offer_type": "retail"}
    starts = {"begun": cut, "to_come": cut + timedelta(minutes=1), "cancelled": cut}
    blocks = [
        sent | {"block_id": name, "block_starts_at": start, "is_cancelled": name == "cancelled", "is_filled": False}
        for name, start in starts.items()
    ]
    offers = [offer(n, "expired", block_id=name, sent_date="2022-05-21") for n, name in enumerate(starts)]
    tables = metric_models().over(fct_offers=offers, fct_blocks=blocks, cut=cut)
    row = tables.cell("offer_acceptance", grain="day", period_start="2022-05-21")
    assert (row["blocks_due"], row["fill_share"]) == (1, 0), "22:00 on the 21st in Las Vegas"


def test_first_attempts_are_deliveries_without_a_failure_before():
    failed_at = datetime(2022, 5, 21, 12, 30, tzinfo=UTC)
    orders = [
        order(1),
        order(2, failed_attempts=1, first_attempted_at=failed_at),
        order(3, minutes=None, failed_attempts=1, first_attempted_at=failed_at),
        order(4, minutes=None),
    ]
    row = metric_models().over(fct_deliveries=orders).cell("delivery_speed")
    assert (row["attempted"], row["first_attempt_share"]) == (3, 1 / 3)


def test_a_stores_dwell_counts_a_trip_once_and_only_where_it_served_one_store():
    def served(number, store, trip_number):
        return order(number, store_id=store, trip_id=f"trip-{trip_number}", cancel_reason=None)

    def waited(number, minutes):
        left = START + timedelta(minutes=minutes)
        return trip(number, started_at=START, arrived_at_pickup_at=START, departed_pickup_at=left)

    orders = [served(1, "a", 1), served(2, "a", 1), served(3, "a", 2), served(4, "a", 3), served(5, "b", 3)]
    refused = order(6, store_id="a", status="cancelled", cancel_reason="store", minutes=None)
    tables = metric_models().over(
        fct_deliveries=[*orders, refused | {"status": "cancelled"}, order(7)],
        fct_trips=[waited(1, 10), waited(2, 40), waited(3, 300)],
    )
    a, b = tables.rows("store_performance", "grain = 'all'")
    assert (a["store_id"], a["orders"], a["dwell_trips"], a["dwell_minutes_p50"]) == ("a", 5, 2, 25)
    assert a["cancelled_by_store_share"] == 0.2
    assert (b["store_id"], b["dwell_trips"], b["dwell_minutes_p50"]) == ("b", 0, None), "300 belongs to two stores"
    assert {row["grain"] for row in tables.rows("store_performance")} == {"week", "all"}
