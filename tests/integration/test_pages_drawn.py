"""What is drawn: the data that Plotly was given are the figures of the warehouse for the chosen view."""

from datetime import date
from itertools import pairwise

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


def test_a_bar_of_the_histogram_is_as_high_as_orders_come_in_per_hour_and_as_wide_as_its_step(browser, site):
    read(browser, site / "delivery_speed.html", VIEW)
    (bars,) = drawn(browser, "How do the delivered ones spread?", ("x", "y", "width"))
    edges = [0, *figures(site, "within_minutes", "delivery_curve", order="within_minutes")]
    assert bars["y"] == pytest.approx(figures(site, "delivered_per_hour", "delivery_curve", order="within_minutes"))
    steps = list(pairwise(edges))
    assert bars["width"] == pytest.approx([(high - low) / 60 for low, high in steps]), "in hours, as the axis"
    assert bars["x"] == pytest.approx([(high + low) / 120 for low, high in steps])
    (line,) = shapes(browser, "How do the delivered ones spread?")
    assert (
        line["x0"]
        == line["x1"]
        == pytest.approx(figures(site, "promise_minutes_p50", "delivery_speed")[0] / 60, abs=1e-3)
    )


def shapes(browser, title):
    return browser.evaluate(f"{block(title)}.querySelector('.chart').layout.shapes")


def test_stages_lie_end_to_end_and_the_second_of_two_opposed_series_hangs_below_the_line(browser, site):
    read(browser, site / "delivery_speed.html", VIEW)
    bars = [trace for trace in drawn(browser, "Where does the time go?", ("x", "type")) if trace.get("type") == "bar"]
    columns = [f"staged_{stage}_minutes_mean" for stage in ("preparation", "pickup_wait", "transit")]
    where = "market_id in ('all', 'tysons') and offer_type <> 'all' and period_start = '2022-01-17' and grain = 'week'"
    for bar, column in zip(bars, columns, strict=True):
        rows = figures(
            site,
            column,
            "delivery_speed",
            where,
            "market_id, array_position(['retail', 'station', 'grocery'], offer_type)",
        )
        assert bar["x"] == pytest.approx(rows, abs=6e-3)
    read(browser, site / "driver_earnings.html", VIEW)
    up, down = drawn(browser, "Do blocks run over, or end early?", ("y",))
    of_weeks = "market_id = 'tysons' and offer_type = 'station' and grain = 'week'"
    for series, column, sign in ((up, "unpaid_overrun_hours", 1), (down, "early_finish_hours", -1)):
        expected = figures(site, column, "driver_earnings", of_weeks, "period_start")
        assert series["y"] == pytest.approx([sign * each for each in expected])


def test_drivers_stand_at_their_percentile_beside_the_advertised_range_and_the_minimum_wage(browser, site):
    read(browser, site / "driver_earnings.html", VIEW)
    curves = drawn(browser, "How far do drivers lie apart?", ("x", "y"))
    assert {tuple(curve["y"]) for curve in curves} == {tuple(percent / 100 for percent in range(5, 100, 5))}
    assert figures(site, "net_per_hour_usd", "driver_pay_distribution", order="percentile") in [
        curve["x"] for curve in curves
    ]
    band, *wages = shapes(browser, "How far do drivers lie apart?")
    assert (band["x0"], band["x1"]) == (18, 25)
    expected = [figures(site, f"minimum_wage_usd_{end}", "net_pay_parts")[0] for end in ("least", "greatest")]
    assert [line["x0"] for line in wages] == expected


def test_pay_dots_their_curve_and_the_pay_for_80_of_100_are_those_of_the_warehouse(browser, site):
    read(browser, site / "offers_and_acceptance.html", VIEW)
    traces = drawn(browser, "What pay does it take?", ("x", "y", "mode"))
    by_pay = {"table": "acceptance_by_pay", "order": "pay_per_hour_from_usd"}
    pay = [each + 0.5 for each in figures(site, "pay_per_hour_from_usd", **by_pay)]
    for column, mode in (("acceptance_share", "markers"), ("fitted_share", "lines")):
        expected = pytest.approx(figures(site, column, **by_pay), abs=1e-5)
        assert [trace for trace in traces if trace["mode"] == mode and trace["x"] == pay and trace["y"] == expected]
    needed = figures(site, "pay_per_hour_for_80_percent_usd", "acceptance_pay_needed")
    assert {"x": needed, "y": [0.8], "mode": "markers"} in traces


def test_published_figures_lie_at_their_value_and_the_chosen_week_is_shaded(browser, site):
    read(browser, site / "delivery_speed.html", VIEW)
    lines = shapes(browser, "How soon is an order at the door?")
    assert [line["x0"] for line in lines] == [pytest.approx(42 / 60)], "the one rival of the test's world, in hours"
    (chosen,) = shapes(browser, "Is the promise kept?")
    assert (chosen["x0"], chosen["x1"]) == ("2022-01-13T12:00", "2022-01-20T12:00")


def test_retails_difference_is_drawn_with_its_interval(browser, site):
    read(browser, site / "pilot_readout.html", "market=tysons")
    traces = drawn(browser, "On time: retail less the rest", ("x", "mode"))
    where = "metric = 'on_time_share' and market_id in ('all', 'tysons')"
    found = [trace["x"][0] for trace in traces if trace["mode"] == "markers"]
    assert found == pytest.approx(figures(site, "difference", "pilot_readout", where, "market_id"), rel=1e-6)
    ends = [trace["x"] for trace in traces if trace["mode"] == "lines"]
    expected = zip(
        *(figures(site, f"difference_{end}", "pilot_readout", where, "market_id") for end in ("low", "high")),
        strict=True,
    )
    assert ends == [pytest.approx(list(each), rel=1e-6) for each in expected]


def test_a_sparkline_rises_where_its_figures_rise(browser, site):
    read(browser, site / "index.html", VIEW)
    path = browser.evaluate("document.querySelectorAll('.spark path')[1].getAttribute('d')")
    heights = [-float(point.split()[1]) for point in path[1:].split("L")]
    of_weeks = "market_id = 'tysons' and offer_type = 'station' and grain = 'week'"
    values = figures(site, "on_time_share", "delivery_speed", of_weeks, "period_start")
    ranks = [sorted(each).index(value) for each in (heights, values) for value in each]
    assert ranks[: len(values)] == ranks[len(values) :]
