"""Cards, captions and the what-if tell the figures of the warehouse, for whatever view is chosen."""

from datetime import date, timedelta
from decimal import Decimal
from itertools import product
from typing import NamedTuple

import duckdb
import pytest

from dashboards.page import render_site
from tests.integration.browser import needs_chromium
from tests.integration.reader import (
    ask,
    hourly,
    minutes,
    pick,
    read,
    rounded,
    seen,
    settle,
    share,
    turn_to,
    view_of,
    words,
)  # fmt: skip
from tests.unit.dashboards_world import MARKETS, OFFER_TYPES, make_warehouse

pytestmark = needs_chromium
LINK = "market=tysons&offer=station&period=week%3A2022-01-17"
# The card: its table, figure, its interval where that has another name, words for it, counts behind it.
CARDS = {
    "Click to door, median": (
        "delivery_speed", "click_to_door_minutes_p50_censored", "", minutes, {"orders": "orders"},
    ),
    "On time": ("delivery_speed", "on_time_share", "", share, {"due": "due orders"}),
    "Offers accepted": (
        "offer_acceptance", "acceptance_share", "acceptance_share_by_driver", share, {"at_risk": "offers at risk"},
    ),
    "Blocks filled": ("offer_acceptance", "fill_share", "", share, {"blocks_due": "blocks due"}),
    "Gross per hour on the job": (
        "driver_earnings", "gross_per_hour_usd", "", hourly, {"trips": "trips", "drivers": "drivers"},
    ),
    "Net per hour on the job": (
        "driver_earnings", "net_per_hour_usd", "", hourly,
        {"costed_trips": "trips with known cost", "drivers": "drivers"},
    ),
}  # fmt: skip


@pytest.fixture(scope="module")
def cells(site):
    """A row of the warehouse by table, grain, start, market and offer type."""
    return cells_of(site.parent / "warehouse.duckdb")


def cells_of(warehouse):
    return {
        (table, row["grain"], row["period_start"].isoformat(), row["market_id"], row["offer_type"]): row
        for table in ("delivery_speed", "offer_acceptance", "driver_earnings", "net_pay_parts")
        for row in ask(warehouse, f"select * from {table}")
    }


def test_cards_and_captions_tell_the_figure_of_the_chosen_cell(browser, site, cells):
    read(browser, site / "index.html")
    for name, value in {"market": "tysons", "offer": "station", "period": "week:2022-01-17"}.items():
        pick(browser, name, value)
    row = cells["delivery_speed", "week", "2022-01-17", "tysons", "station"]
    text, _ = seen(browser)["On time"]
    assert text.startswith(f"On time{share(row['on_time_share'])}")
    caption, _ = seen(browser)["Is the promise kept?"]
    low, high = share(row["on_time_share_low"]), share(row["on_time_share_high"])
    claim = f"on time {share(row['on_time_share'])} (95% interval {low} to {high}; n = {row['due']} due orders)"
    assert f"Station, Tysons Corner, week of 17 Jan 2022: {claim}." in caption


VIEWS = [
    *(("week", "2022-01-31", *which) for which in product(("all", "tysons"), ("all", *OFFER_TYPES))),
    *(("week", start, "all", "retail") for start in ("2022-01-10", "2022-01-17", "2022-01-24")),
    *(("day", f"2022-01-{day}", "chandler", "grocery") for day in (10, 14, 23)),
    ("all", "2022-01-10", "las_vegas", "retail"),
]


def test_every_card_tells_figure_change_interval_and_n_as_the_warehouse_has_them(browser, site, cells):
    dictionary = "select table_name, name, better from metric_dictionary where better is not null"
    better = {tuple(row.values())[:2]: row["better"] for row in ask(site.parent / "warehouse.duckdb", dictionary)}
    read(browser, site / "index.html")
    verdicts = set()
    for grain, start, *which in VIEWS:
        period = grain if grain == "all" else f"{grain}:{start}"
        turn_to(browser, f"market={which[0]}&offer={which[1]}&period={period}")
        shown = browser.evaluate("[...document.querySelectorAll('.card')].map(each => each.innerText)")
        for text, (label, (table, column, interval, tell, counts)) in zip(shown, CARDS.items(), strict=True):
            at = [cells.get((table, *when, *which)) for when in ((grain, start), before(grain, start))]
            row, old, whole = (
                each and figure(each, column, interval or column, counts)
                for each in (*at, cells[table, "all", "2022-01-10", *which])
            )
            change = changed(row, old, tell, better[table, column], grain)
            ends = f"95% interval {tell(row.low)} to {tell(row.high)}; {row.n}"
            lines = [label, tell(row.value), change, ends]
            lines += [] if grain == "all" else [f"Whole period: {tell(whole.value)} ({whole.n})"]
            told = [line for line in text.replace("\u00a0", " ").split("\n") if line]
            assert told == [*lines, "In detail", f": {label}"]
            verdicts.add(change.rpartition(": ")[2])
    assert {"better", "worse", "not clear, the intervals overlap"} < verdicts


class Figure(NamedTuple):
    """What a card tells of one cell."""

    value: float | Decimal
    low: float | Decimal
    high: float | Decimal
    n: str


def figure(row, column, interval, counts):
    n = "n = " + ", ".join(f"{row[name]:,} {noun}" for name, noun in counts.items())
    return Figure(row[column], row[f"{interval}_low"], row[f"{interval}_high"], n)


def before(grain, start):
    """The cell that a card compares with: the same weekday a week before, or the day before."""
    return grain, (date.fromisoformat(start) - timedelta(days=7 if grain == "week" else 1)).isoformat()


def changed(row, old, tell, better, grain):
    """`▲ +1.2 points on the week before (86.9%): better`; judged only where the intervals do not meet."""
    if grain == "all":
        return "Choose a week or a day to compare"
    if old is None:
        return f"No figure for the {grain} before"
    change = row.value - old.value
    size = {share: f"{rounded(abs(change) * 100, 1)} points", minutes: f"{rounded(abs(change), 1)} min"}
    is_apart = row.low > old.high or row.high < old.low
    verdict = (
        "not clear, the intervals overlap"
        if not is_apart
        else "better"
        if (change > 0) == (better == "up")
        else "worse"
    )
    told = f"{'▲ +' if change > 0 else '▼ −'}{size.get(tell) or hourly(abs(change))}"
    return f"{told} on the {grain} before ({tell(old.value)}): {verdict}"


def test_a_figure_that_is_null_is_not_enough_data_and_a_gap_in_time_is_no_comparison(browser, tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb", markets={"m": "M"}, logs=("delivery_speed",))
    with duckdb.connect(str(warehouse)) as connection:
        late = "where grain = 'week' and period_start = date '2022-01-31'"
        connection.execute(f"update delivery_speed set on_time_share = null, due = 1 {late}")
        early = "where grain = 'week' and period_start = date '2022-01-24'"
        connection.execute(f"update delivery_speed set click_to_door_minutes_p50_censored = null {early}")
    render_site(warehouse, tmp_path / "out")
    read(browser, tmp_path / "out" / "index.html")
    shown = seen(browser)
    assert shown["On time"][0].startswith("On timenot enough datan = 1 due order. It needs orders with a promise")
    assert "No figure for the week before" in shown["Click to door, median"][0]


def net(row, gas, mpg, rate):
    """What is left per hour at another price, mileage and rate; power and tolls as they were."""
    power = float(row["gas_usd"] - row["fuel_usd"])
    costs = row["fuel_miles"] / mpg * gas + power + float(row["toll_usd"]) + row["total_miles"] * rate
    return round(Decimal((float(row["gross_usd"]) - costs) / row["on_job_hours"]), 4)


def test_where_no_slider_was_moved_the_what_if_is_the_net_pay_of_the_warehouse_to_the_cent(browser, tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb", logs=("net_pay_parts",))
    render_site(warehouse, tmp_path / "out")
    read(browser, tmp_path / "out" / "driver_earnings.html")
    cells, told = cells_of(warehouse), set()
    for market, offer in product(("all", *MARKETS), ("all", *OFFER_TYPES)):
        turn_to(browser, f"market={market}&offer={offer}&period=all")
        row = cells["net_pay_parts", "all", "2022-01-10", market, offer]
        told.add(words(browser, "#what-if-net"))
        assert words(browser, "#what-if-net") == hourly(row["net_per_hour_usd"])
        assert f"As in the data: net {hourly(row['net_per_hour_usd'])} (n = {row['trips']} trips" in words(browser)
    assert len(told) > 10, "of cells that differ"


def test_a_moved_slider_gives_what_the_published_sums_give_stands_in_the_link_and_goes_back(browser, site, cells):
    row = cells["net_pay_parts", "week", "2022-01-17", "tysons", "station"]
    read(browser, site / "driver_earnings.html", LINK)
    untouched = view_of(browser)
    for name, key, times in (("gas", "ArrowUp", 120), ("mpg", "ArrowLeft", 25), ("rate", "ArrowRight", 7)):
        browser.evaluate(f"document.querySelector('#slider-{name}').focus()")
        browser.press(key, times)
    asked = dict(pair.split("=") for pair in browser.evaluate("location.hash.slice(1)").split("&"))
    values = {name: float(asked[name]) for name in ("gas", "mpg", "rate")}
    assert values == {
        "gas": pytest.approx(row["gas_price_usd_per_gallon"] + 1.20, abs=0.006),
        "mpg": pytest.approx(row["fuel_miles_per_gallon"] - 2.5, abs=0.06),
        "rate": pytest.approx(row["maintenance_usd_per_mile"] + 0.007, abs=0.0006),
    }
    expected = net(row, **values)
    assert words(browser, "#what-if-net") == hourly(expected)
    assert words(browser, "output[for=slider-gas]") == f"${values['gas']:.2f}/gal"
    assert f"−${rounded(row['net_per_hour_usd'] - expected, 2)}/h on the" in words(browser)
    moved = view_of(browser)
    read(browser, site / "driver_earnings.html", browser.evaluate("location.hash").removeprefix("#"))
    assert view_of(browser) == moved, "restored by the link"
    browser.evaluate(
        "[...document.querySelectorAll('button')].find(each => each.innerText === 'Back to the data').click()"
    )
    settle(browser)
    assert view_of(browser) == untouched and "gas=" not in browser.evaluate("location.hash")


def test_sliders_stay_behind_when_the_page_is_left_and_stay_put_when_the_market_changes(browser, site, cells):
    read(browser, site / "driver_earnings.html", f"{LINK}&gas=6.5")
    assert "gas" not in browser.evaluate("document.querySelector('nav [data-page=overview]').hash")
    pick(browser, "market", "chandler")
    row = cells["net_pay_parts", "week", "2022-01-17", "chandler", "station"]
    usual = {"mpg": row["fuel_miles_per_gallon"], "rate": row["maintenance_usd_per_mile"]}
    assert words(browser, "#what-if-net") == hourly(net(row, gas=6.5, **usual))
