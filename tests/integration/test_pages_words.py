"""Figures in words: what `site/words.js` makes of a value and its unit, evaluated in a blank page."""

import json
from importlib import resources

import pytest

from tests.integration.browser import needs_chromium

pytestmark = needs_chromium
WORDS = (resources.files("dashboards") / "site" / "words.js").read_text()


@pytest.fixture(scope="module")
def say(browser):
    """Calls a function of the file; the words with spaces as on a keyboard."""
    browser.send("Page.navigate", url="about:blank")
    browser.wait_for("location.href === 'about:blank' && document.readyState === 'complete'")
    browser.evaluate(f"{WORDS}; 0")

    def call(function, *arguments):
        return browser.evaluate(f"{function}({', '.join(map(json.dumps, arguments))})").replace("\u00a0", " ")

    return call


@pytest.mark.parametrize(
    ("value", "unit", "words"),
    [
        (0.881, "share", "88.1%"),
        (1, "share", "100.0%"),
        (0.00049, "share", "0.0%"),
        (12.98, "USD/hour", "$12.98/h"),
        (-3.5, "USD/hour", "−$3.50/h"),
        (-0.001, "USD/hour", "$0.00/h"),
        (1234567.891, "USD", "$1,234,567.89"),
        (4.25, "USD/gallon", "$4.25/gal"),
        (0.1017, "USD/mile", "$0.1017/mi"),
        (29.62, "miles/gallon", "29.6 mpg"),
        (57, "seconds", "57 s"),
        (1204, "orders", "1,204"),
        (1204, None, "1,204"),
        (12.34, "hours", "12.3 h"),
        (7, "miles", "7.0 mi"),
        (None, "share", "–"),
        (True, None, "yes"),
        ("2022-04-18", None, "2022-04-18"),
        ("undecided", None, "undecided"),
    ],
)
def test_a_figure_has_its_unit(say, value, unit, words):
    assert say("quantity", value, unit) == words


@pytest.mark.parametrize(
    ("name", "value", "words"),
    [("day", "2022-04-18", "18 Apr 2022"), ("moment", "2022-04-18T05:00:00Z", "18 Apr 2022, 05:00 UTC")],
)
def test_a_day_and_a_moment_leave_no_doubt(say, name, value, words):
    assert say(name, value) == words


@pytest.mark.parametrize(
    ("minutes", "words"),
    [
        (57, "57.0 min"),
        (119.94, "119.9 min"),
        (120, "2 h 0 min"),
        (377.4, "6 h 17 min"),
        (377.6, "6 h 18 min"),
        (179.7, "3 h 0 min"),
        (1440, "24 h 0 min"),
    ],
)
def test_minutes_from_two_hours_on_are_told_in_hours_and_minutes(say, minutes, words):
    assert say("spoken", minutes, "minutes") == words


@pytest.mark.parametrize(
    ("change", "unit", "words"),
    [
        (0.012, "share", "+1.2 points"),
        (-0.012, "share", "−1.2 points"),
        (0.35, "USD/hour", "+$0.35/h"),
        (-12.34, "minutes", "−12.3 min"),
        (0, "USD/hour", "$0.00/h"),
    ],
)
def test_a_change_has_its_sign(say, change, unit, words):
    assert say("signed", change, unit) == words


MEASURE = {"column": "share", "unit": "share", "label": "On time", "n": [["due", "due orders"], ["drivers", "drivers"]]}


def test_one_order_is_no_orders(say):
    assert say("sample", {"due": 1, "drivers": 2}, MEASURE) == "n = 1 due order, 2 drivers"
    assert say("sample", {"due": 1204, "drivers": 1}, MEASURE) == "n = 1,204 due orders, 1 driver"
    assert say("sample", {"due": 0, "drivers": 0}, MEASURE) == "n = 0 due orders, 0 drivers"


def test_a_figure_in_a_sentence_has_interval_and_n_and_half_an_interval_is_none(say):
    row = {"share": 0.881, "share_low": 0.862, "share_high": 0.898, "due": 9, "drivers": 3}
    assert say("claim", row, MEASURE) == "88.1% (95% interval 86.2% to 89.8%; n = 9 due orders, 3 drivers)"
    assert say("claim", row | {"share_low": None}, MEASURE) == "88.1% (n = 9 due orders, 3 drivers)"


def test_text_of_data_is_no_markup_in_a_label_and_is_cut_before_it_is_escaped(say):
    assert say("plain", "<b>&</b>") == "&lt;b&gt;&amp;&lt;/b&gt;"
    assert say("plain", "<" * 30, 22) == "&lt;" * 21 + "…"


@pytest.mark.parametrize(
    ("start", "days", "day"),
    [("2022-02-28", 1, "2022-03-01"), ("2022-03-13", 1, "2022-03-14"), ("2022-01-03", -7, "2021-12-27")],
)
def test_days_are_counted_on_the_calendar_whatever_the_clock_does(say, start, days, day):
    assert say("later", start, days) == day


def test_weekdays_are_those_of_the_calendar(say):
    assert [say("weekday", f"2022-04-{day}") for day in (17, 18, 23)] == ["Sunday", "Monday", "Saturday"]
