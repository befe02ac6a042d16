"""The sentence above a chart says what the warehouse has for the chosen view, kind by kind."""

import pytest

from tests.integration.browser import needs_chromium
from tests.integration.reader import ask, block, hourly, minutes, read, share
from tests.unit.dashboards_world import METRIC_TABLES

pytestmark = needs_chromium
VIEW = "market=tysons&offer=station&period=week:2022-01-17"
ABOUT = "Station, Tysons Corner, week of 17 Jan 2022"


@pytest.fixture(scope="module")
def rows(site):
    """By table the rows of the chosen cell, in the order of their further keys."""

    def of(
        table,
        where="market_id = 'tysons' and offer_type = 'station' and period_start = '2022-01-17' and grain = 'week'",
    ):
        return ask(site.parent / "warehouse.duckdb", f"select * from {table} where {where} order by all")

    return {table: of(table) for table in METRIC_TABLES if table != "pilot_readout"} | {
        "pilot_readout": of("pilot_readout", "market_id = 'tysons' and metric = 'on_time_share'")
    }


def sentence(browser, title):
    return browser.evaluate(f"{block(title)}.querySelector('.caption').innerText").replace("\u00a0", " ")


def test_on_delivery_speed(browser, site, rows):
    read(browser, site / "delivery_speed.html", VIEW)
    (speed,), curve = rows["delivery_speed"], rows["delivery_curve"]
    (within,) = [row for row in curve if row["within_minutes"] == 180]
    low, high = (share(within[f"delivered_share_censored_{end}"]) for end in ("low", "high"))
    told = sentence(browser, "How soon is an order at the door?")
    claim = f"{share(within['delivered_share_censored'])} (95% interval {low} to {high}; n = {within['orders']} orders)"
    assert told.startswith(f"{ABOUT}, share of orders at the door: within 3 hours {claim}")
    edges = [0, *(row["within_minutes"] for row in curve)]
    half = next(at for at, row in enumerate(curve) if row["delivered_share_censored"] >= 0.5)
    assert f"half after {minutes(edges[half])} to {minutes(edges[half + 1])}" in told
    most = max(range(len(curve)), key=lambda at: curve[at]["delivered_per_hour"])
    told = sentence(browser, "How do the delivered ones spread?")
    assert (
        f"time is {minutes(edges[most])} to {minutes(edges[most + 1])}, with {curve[most]['delivered']} deliveries"
        in told
    )
    assert (
        f"the median promise is {minutes(speed['promise_minutes_p50'])} (n = {speed['promised_orders']} orders" in told
    )
    stages = {"preparation": "preparation", "wait for the driver": "pickup_wait", "transit": "transit"}
    means = ", ".join(f"{words} {minutes(speed[f'staged_{name}_minutes_mean'])}" for words, name in stages.items())
    behind = f"(n = {speed['staged_orders']} delivered orders with all stamps)"
    assert sentence(browser, "Where does the time go?") == f"{ABOUT}, means: {means} {behind}."


def test_the_extremes_of_hours_are_named_with_their_hour(browser, site, rows):
    read(browser, site / "delivery_speed.html", VIEW)
    days = {1: "Monday", 6: "Saturday"}
    ordered = sorted((row for row in rows["delivery_hours"] if row["due"] >= 30), key=lambda row: row["on_time_share"])
    ends = [
        f"{share(row['on_time_share'])} ({days[row['weekday']]} {row['hour']}:00)" for row in (ordered[0], ordered[-1])
    ]
    assert (
        sentence(browser, "When in the week is the promise kept?") == f"{ABOUT}: on time from {ends[0]} to {ends[1]}."
    )


def test_on_offers(browser, site, rows):
    read(browser, site / "offers_and_acceptance.html", VIEW)
    (offers,), (needed,) = rows["offer_acceptance"], rows["acceptance_pay_needed"]
    columns = {"sent": "offers", "at risk": "at_risk", "accepted": "accepted", "driven": "driven"}
    steps = ", ".join(f"{words} {offers[column]}" for words, column in columns.items())
    assert sentence(browser, "How many offers become trips?").startswith(f"{ABOUT}: {steps} offers. Accepted ")
    pay = "pay_per_hour_for_80_percent_usd"
    ends = " to ".join(hourly(needed[f"{pay}_{end}"]) for end in ("low", "high"))
    behind = f"n = {needed['at_risk']} offers at risk, {needed['drivers']} drivers"
    expected = f"{ABOUT}: 80 of 100 accept at {hourly(needed[pay])} (95% interval {ends}; {behind}). {needed['note']}"
    assert sentence(browser, "What pay does it take?") == expected


def test_on_earnings(browser, site, rows):
    read(browser, site / "driver_earnings.html", VIEW)
    (parts,), spread = rows["net_pay_parts"], {row["percentile"]: row for row in rows["driver_pay_distribution"]}
    told = sentence(browser, "Where does the hour's pay come from, and go?")
    assert f"= gross {hourly(parts['gross_per_hour_usd'])}, less gas {hourly(parts['gas_per_hour_usd'])}" in told
    assert (
        f"= net {hourly(parts['net_per_hour_usd'])} on the job (n = {parts['trips']} trips, {parts['drivers']}" in told
    )
    middle, low, high = (hourly(spread[percent]["net_per_hour_usd"]) for percent in (50, 25, 75))
    told = sentence(browser, "How far do drivers lie apart?")
    assert f"the median driver is left with {middle}, the middle half with {low} to {high}" in told
    assert (
        f"(n = {spread[50]['rated_drivers']} drivers); the minimum wage is {hourly(parts['minimum_wage_usd_least'])}"
        in told
    )


def test_on_the_read_out(browser, site, rows):
    read(browser, site / "pilot_readout.html", "market=tysons")
    (row,) = rows["pilot_readout"]
    sides = [
        f"{words} {share(row[f'{side}_value'])} (n = {row[f'{side}_denominator']:,.0f} due orders)"
        for words, side in (("retail", "retail"), ("the rest", "baseline"))
    ]
    told = sentence(browser, "On time: retail less the rest")
    difference = share(row["difference"]).rstrip("%")
    assert told.startswith(f"Tysons Corner: {row['verdict']}, +{difference} points (95% interval ")
    assert told.endswith(f": {', '.join(sides)}.")
    note = browser.evaluate(f"{block('On time: retail less the rest')}.querySelector('.note').innerText")
    assert note == row["note"]
