"""`pilot_readout`: what is compared with what, since when, and what a reader is told of it."""

import random
from datetime import UTC, datetime, timedelta

import pytest

from tests.dbt.metric_tables import metric_models, offer, order, trip

START = datetime(2022, 3, 7, 18, tzinfo=UTC)  # a Monday


def rows_of(**facts):
    """metric, market -> row."""
    rows = metric_models().over(**facts).rows("pilot_readout")
    return {(row["metric"], row["market_id"]): row for row in rows}


def worked(number, usd, day=0, **fields):
    """A three-hour trip without any cost."""
    return trip(number, base_usd=usd, started_at=START + timedelta(days=day), **fields)


def crew(retail_usd, station_usd, drivers=8, market_id="las_vegas"):
    """Each driver has a retail trip and one from the station, which differ by the driver too."""
    for number in range(drivers):
        shared = {"market_id": market_id, "driver_key": f"{market_id}-{number}"}
        yield worked(f"{market_id}-{number}-r", retail_usd + number, **shared)
        yield worked(f"{market_id}-{number}-s", station_usd + number, offer_type="station", **shared)


def test_example_13_overall_is_what_holds_within_every_market():
    trips = [
        trip(1, market_id="las_vegas", on_job_hours=100, base_usd=1500, site_id="las_vegas_mall"),
        trip(2, market_id="las_vegas", on_job_hours=300, base_usd=4800, offer_type="station"),
        trip(3, market_id="tysons", on_job_hours=300, base_usd=6600, site_id="tysons_mall"),
        trip(4, market_id="tysons", on_job_hours=100, base_usd=2300, offer_type="grocery"),
    ]
    rows = rows_of(fct_trips=trips)
    differences = {market: rows["net_per_hour_usd", market]["difference"] for market in ("las_vegas", "tysons", "all")}
    assert differences == {"las_vegas": -1, "tysons": -1, "all": pytest.approx(-1)}, "+2.50 pools the markets"
    whole = rows["net_per_hour_usd", "all"]
    assert (whole["retail_numerator"], whole["retail_denominator"], whole["retail_value"]) == (8100, 400, 20.25)
    assert (whole["retail_drivers"], whole["baseline_drivers"], whole["retail_site_weeks"]) == (2, 2, 2)
    assert whole["difference_low"] is None and whole["verdict"] == "undecided"


def test_example_20_with_four_markets_it_says_that_no_test_could_reach_significance():
    markets = [f"market-{number}" for number in range(4)]
    rows = rows_of(fct_trips=[each for market in markets for each in crew(63, 60, market_id=market)])
    note = rows["net_per_hour_usd", "all"]["note"]
    assert "4 markets" in note and "p < 0.125" in note and "no significance is claimed" in note
    assert not any("*" in str(row) for row in rows.values()), "no stars"


@pytest.mark.parametrize(("retail", "verdict"), [(66, "better"), (60, "undecided"), (54, "worse")])
def test_the_verdict_follows_the_interval_and_the_dictionarys_direction(retail, verdict):
    row = rows_of(fct_trips=crew(retail, 60))["net_per_hour_usd", "las_vegas"]
    assert (row["verdict"], row["better"], row["difference"]) == (verdict, "up", pytest.approx((retail - 60) / 3))
    orders = [
        order(
            f"{week}-{kind}-{n}", offer_type=kind, minutes=minutes + n + week, placed_at=START + timedelta(weeks=week)
        )
        | {"placed_date": (START + timedelta(weeks=week)).date()}
        for week in range(6)
        for kind, minutes in (("retail", retail), ("station", 60))
        for n in range(3)
    ]
    slower = {"better": "worse", "worse": "better"}.get(verdict, verdict)
    row = rows_of(fct_deliveries=orders)["click_to_door_minutes_mean", "las_vegas"]
    assert (row["verdict"], row["better"], row["difference"]) == (slower, "down", pytest.approx(retail - 60))
    assert row["retail_drivers"] is None and "weeks" in row["method"]


def test_the_baseline_counts_from_the_markets_first_day_of_retail_on():
    trips = [worked(1, 30, day=-30, offer_type="station"), worked(2, 60), worked(3, 57, offer_type="station")]
    elsewhere = [worked(4, 90, day=-30, market_id="tysons"), worked(5, 60, market_id="tysons", offer_type="other")]
    rows = rows_of(fct_trips=trips + elsewhere)
    assert rows["net_per_hour_usd", "las_vegas"]["baseline_value"] == 19, "the trip of winter is not in it"
    assert rows["net_per_hour_usd", "tysons"]["baseline_value"] == 20


def test_open_trips_pending_pay_and_unknown_costs_are_left_out_where_they_are_unknown():
    trips = [
        *(worked(1, 60), worked(2, 45, offer_type="station")),
        worked(3, 0, is_pay_pending=True),
        worked(4, 90, status="open"),
        worked(5, 90, is_cost_known=False),
    ]
    rows = rows_of(fct_trips=trips)
    assert rows["net_per_hour_usd", "las_vegas"]["retail_value"] == 20
    assert rows["gross_per_hour_usd", "las_vegas"]["retail_value"] == 25


def test_what_holds_against_one_offer_type_only_decides_nothing():
    def over(grocery_usd):
        grocer = [worked(f"g{n}", grocery_usd + n, offer_type="grocery", driver_key=f"las_vegas-{n}") for n in range(8)]
        return rows_of(fct_trips=[*crew(63, 51), *grocer])["net_per_hour_usd", "las_vegas"]

    mixed = over(69)
    assert mixed["difference_low"] > 0, "pooled, retail is above"
    assert (mixed["least_difference"], mixed["least_difference_offer_type"]) == (-2, "grocery")
    assert (mixed["greatest_difference"], mixed["greatest_difference_offer_type"]) == (4, "station")
    assert mixed["verdict"] == "undecided" and "below grocery, above station" in mixed["note"]
    assert over(60)["verdict"] == "better"


def test_a_dearer_gallon_on_one_side_is_no_difference_at_constant_price():
    later = {"gas_usd": 12, "constant_price_gas_usd": 9}
    trips = [worked(1, 60, gas_usd=9, constant_price_gas_usd=9), worked(2, 60, offer_type="station", **later)]
    rows = rows_of(fct_trips=trips)
    assert rows["net_per_hour_usd", "las_vegas"]["difference"] == pytest.approx(1)
    assert rows["net_at_constant_price_per_hour_usd", "las_vegas"]["difference"] == 0


def test_shares_are_of_what_is_at_risk_or_due():
    offers = [
        offer(1, "accepted"),
        offer(2, "declined"),
        offer(3, "withdrawn"),
        offer(4, "expired", offer_type="other"),
    ]
    orders = [order(1, is_on_time=True), order(2, is_on_time=None), order(3, is_on_time=False, offer_type="grocery")]
    rows = rows_of(fct_offers=[each | {"driver_key": "d"} for each in offers], fct_deliveries=orders)
    accepted = rows["acceptance_share", "las_vegas"]
    assert (accepted["retail_value"], accepted["retail_denominator"], accepted["baseline_value"]) == (0.5, 2, 0)
    on_time = rows["on_time_share", "las_vegas"]
    assert (on_time["retail_value"], on_time["retail_denominator"], on_time["baseline_value"]) == (1, 1, 0)


def test_a_market_of_retail_alone_has_a_value_and_no_verdict_and_one_without_retail_no_row():
    rows = rows_of(fct_trips=[worked(1, 60), worked(2, 60, market_id="tysons", offer_type="station")])
    alone = rows["net_per_hour_usd", "las_vegas"]
    assert (alone["retail_value"], alone["difference"], alone["verdict"]) == (20, None, "no data")
    assert "nothing to compare with" in alone["note"]
    assert {market for _, market in rows} == {"las_vegas"}, "no market to be compared, so no overall row"


def seen(week, site, **fields):
    """An order of a site, that many weeks after the start."""
    placed_on = START.date() + timedelta(weeks=week)
    return order(f"{week}-{site}", site_id=site, placed_date=placed_on, **fields)


def test_orders_are_drawn_by_the_weeks_of_a_market_in_which_all_its_sites_are():
    def over(weeks):
        kinds = {"mall": "retail", "second_mall": "retail", "station": "station", "grocer": "grocery"}
        orders = [seen(week, site, offer_type=kind) for week in range(weeks) for site, kind in kinds.items()]
        return rows_of(fct_deliveries=orders)["click_to_door_minutes_mean", "las_vegas"]

    three, five = over(3), over(5)
    assert (three["retail_site_weeks"], three["baseline_site_weeks"]) == (6, 6)
    assert three["difference_low"] is None and three["note"] == "Too few weeks on one side: no interval."
    assert five["difference_low"] == five["difference_high"] == 0


def test_too_few_drivers_and_looks_of_more_than_a_week_are_said():
    row = rows_of(fct_trips=crew(63, 60, drivers=4))
    assert row["net_per_hour_usd", "las_vegas"]["note"] == "Too few drivers on one side: no interval."
    assert "Looking" not in row["net_per_hour_usd", "all"]["note"], "one week, one look"
    later = [worked(f"late-{n}", 60, day=8, driver_key=f"las_vegas-{n}") for n in range(4)]
    note = rows_of(fct_trips=[*crew(63, 60, drivers=4), *later])["net_per_hour_usd", "all"]["note"]
    assert "Looking every week (2 so far)" in note and "22 %" in note


def random_sides(seed):
    """Facts of two markets with retail and a station from the first day on, each kind with what it leaves out."""
    dice = random.Random(seed)
    facts = {"fct_deliveries": [], "fct_offers": [], "fct_blocks": [], "fct_trips": []}
    for n in range(160):
        kind = ("retail", "station")[n % 2]
        market = ("las_vegas", "tysons")[n // 2 % 2]
        at = START + timedelta(days=0 if n < 4 else dice.randrange(40))
        shared = {"market_id": market, "offer_type": kind, "site_id": f"{market}_{kind}"}
        came = n < 4 or dice.random() < 0.7
        kept = {"is_on_time": dice.choice([True, False, None]), "is_same_day": dice.random() < 0.6 if came else None}
        facts["fct_deliveries"].append(
            order(n, minutes=dice.uniform(20, 400) if came else None, placed_at=at, **kept, **shared)
        )
        outcome = dice.choice(["accepted", "declined", "expired", "withdrawn", "pending"])
        sent = {"sent_date": at.date(), "driver_key": f"d{dice.randrange(9)}"}
        facts["fct_offers"].append(offer(n, "accepted" if n < 4 else outcome, **sent, **shared))
        begun = {
            "block_id": f"block-{n}",
            "first_sent_at": at,
            "block_starts_at": at + timedelta(days=300 * (n % 7 == 6)),
        }
        flags = {"is_filled": dice.random() < 0.6, "is_cancelled": n > 4 and dice.random() < 0.1}
        facts["fct_blocks"].append(begun | flags | shared)
        pay = {"gas_usd": dice.choice([3, 4.5]), "constant_price_gas_usd": 3} if n % 5 else {"is_cost_known": False}
        worked_hours = {"on_job_hours": dice.choice([0, 1.25, 7 / 3]) if n > 4 else 3, "is_pay_pending": n % 11 == 10}
        facts["fct_trips"].append(
            trip(n, base_usd=dice.choice([0, 63.5]), started_at=at, **pay, **worked_hours, **shared)
        )
    return facts


TABLES = {
    **dict.fromkeys(("on_time_share", "same_day_share", "click_to_door_minutes_mean"), "delivery_speed"),
    **dict.fromkeys(("acceptance_share", "fill_share"), "offer_acceptance"),
    **dict.fromkeys(("gross", "net", "net_at_constant_price"), "driver_earnings"),
}


@pytest.mark.parametrize("seed", range(4))
def test_both_sides_are_the_metrics_of_that_name_where_retail_is_there_from_the_first_day(seed):
    tables = metric_models().over(**random_sides(seed))
    rows = tables.rows("pilot_readout", "market_id <> 'all'")
    assert len(rows) == 2 * len(TABLES), "two markets"
    for row in rows:
        for side, kind in (("retail", "retail"), ("baseline", "station")):
            assert row["table_name"] == TABLES[row["metric"].removesuffix("_per_hour_usd")]
            cell = tables.cell(row["table_name"], market_id=row["market_id"], offer_type=kind)
            # Rates per hour are rounded to 4 places in the metric tables.
            assert row[f"{side}_value"] == pytest.approx(float(cell[row["metric"]]), abs=5.1e-5), (row, side)
