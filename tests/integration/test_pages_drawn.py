"""What is drawn: the data that Plotly was given are the figures of the warehouse for the chosen view."""

from datetime import date

import pytest

from tests.integration.browser import needs_chromium
from tests.integration.reader import ask, block, read

pytestmark = needs_chromium
VIEW = "market=tysons&offer=station&period=week:2022-01-17"
CELL = "market_id = 'tysons' and offer_type = 'station' and period_start = '2022-01-17' and grain = 'week'"


def drawn(browser, title, keys):
    """Traces of a section's chart as Plotly has them: for each key their values."""
    parts = ", ".join(f"{key}: trace.{key}" for key in keys)
    return browser.evaluate(f"{block(title)}.querySelector('.chart').data.map(trace => ({{{parts}}}))")


def figures(site, column, table, where=CELL, order="1"):
    rows = ask(site.parent / "warehouse.duckdb", f"select {column} from {table} where {where} order by {order}")
    return [float(value) for row in rows for value in row.values()]


def test_a_line_has_a_point_per_week_and_its_band_the_ends_of_its_interval(browser, site):
    read(browser, site / "index.html", VIEW)
    of_station = "market_id = 'tysons' and offer_type = 'station' and grain = 'week'"
    traces = drawn(browser, "Is the promise kept?", ("x", "y", "mode", "fill"))
    lines = [trace for trace in traces if trace["mode"] == "lines+markers"]
    expected = figures(site, "on_time_share", "delivery_speed", of_station, "period_start")
    assert any(trace["y"] == pytest.approx(expected, abs=1e-5) for trace in lines) and len(lines) == 3
    (band,) = [trace for trace in traces if trace.get("fill")]
    low, high = (
        figures(site, f"on_time_share_{end}", "delivery_speed", of_station, "period_start") for end in ("low", "high")
    )
    assert band["y"] == [*(pytest.approx(each, abs=1e-5) for each in low + high[::-1]), None]


def test_dots_stand_at_their_figures_and_their_lines_end_with_the_interval(browser, site):
    read(browser, site / "driver_earnings.html", VIEW)
    traces = drawn(browser, "From the advertised hour to what is left", ("x", "mode"))
    (net,) = figures(site, "net_per_hour_usd", "driver_earnings")
    ends = [
        *figures(site, "net_per_hour_usd_low", "driver_earnings"),
        *figures(site, "net_per_hour_usd_high", "driver_earnings"),
    ]
    assert {"x": [net], "mode": "markers"} in traces and {"x": ends, "mode": "lines"} in traces


def test_a_waterfall_adds_and_takes_what_the_warehouse_has_and_ends_at_net(browser, site):
    read(browser, site / "driver_earnings.html", VIEW)
    (trace,) = drawn(browser, "Where does the hour's pay come from, and go?", ("y", "measure"))
    steps = ("base", "tip", "incentive", "adjustment", "gross", "gas", "toll", "maintenance", "net")
    signs = [-1 if step in ("gas", "toll", "maintenance") else 1 for step in steps]
    found = [figures(site, f"{step}_per_hour_usd", "net_pay_parts")[0] for step in steps]
    assert trace["y"] == [sign * value for sign, value in zip(signs, found, strict=True)]
    assert [at for at, kind in enumerate(trace["measure"]) if kind == "total"] == [4, 8]


def test_arrivals_rise_as_the_curve_of_the_warehouse_and_the_funnel_falls_as_its_counts(browser, site):
    read(browser, site / "delivery_speed.html", VIEW)
    curve = figures(site, "delivered_share_censored", "delivery_curve", order="within_minutes")
    lines = [
        trace["y"]
        for trace in drawn(browser, "How soon is an order at the door?", ("y", "mode"))
        if trace["mode"] == "lines+markers"
    ]
    assert any(y == pytest.approx(curve, abs=1e-5) for y in lines)
    read(browser, site / "offers_and_acceptance.html", VIEW)
    (bars,) = drawn(browser, "How many offers become trips?", ("x",))
    assert bars["x"] == [
        figures(site, column, "offer_acceptance")[0] for column in ("offers", "at_risk", "accepted", "driven")
    ]


def test_squares_of_the_week_stand_at_their_weekday_and_hour(browser, site):
    read(browser, site / "delivery_speed.html", VIEW)
    (squares,) = drawn(browser, "When in the week is the promise kept?", ("x", "y", "z"))
    rows = ask(
        site.parent / "warehouse.duckdb", f"select weekday, hour, on_time_share from delivery_hours where {CELL}"
    )
    assert len(rows) == 6 and date(2022, 1, 17).isoweekday() == 1 and squares["y"][0] == "Mon"
    for row in rows:
        told = squares["z"][row["weekday"] - 1][squares["x"].index(row["hour"])]
        assert told == pytest.approx(row["on_time_share"], abs=1e-5)
