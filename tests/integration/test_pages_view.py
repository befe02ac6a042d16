"""The view of a page: chosen by pickers, told by its link, the same wherever the link is opened."""

import re

import duckdb
import pytest

from dashboards.page import render_site
from tests.integration.browser import needs_chromium, open_browser
from tests.integration.reader import PAGES, PICKERS, pick, read, seen, settle, turn_to, view_of, words
from tests.unit.dashboards_world import make_warehouse

pytestmark = needs_chromium
LINK = "market=tysons&offer=station&period=week%3A2022-01-17"
USUAL = "Shown: All markets · Retail · Week of 31 Jan 2022"
CHOICES = {"market": "chandler", "offer": "station", "period": "week:2022-01-24"}


def test_a_page_opens_with_retail_in_all_markets_over_the_latest_whole_week(browser, site, tmp_path):
    read(browser, site / "index.html")
    assert words(browser, "#shown") == USUAL
    warehouse = make_warehouse(tmp_path / "w.duckdb", weeks=15, logs=("delivery_speed",))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update audit.builds set as_of = timestamptz '2022-04-20 05:00+00'")
    render_site(warehouse, tmp_path / "out")
    read(browser, tmp_path / "out" / "index.html")
    assert words(browser, "#shown").endswith("Week of 11 Apr 2022")
    assert "Week of 18 Apr 2022 (part, to the data cut)" in words(browser, "#period"), "the last week is not whole"


@pytest.fixture(scope="module")
def elsewhere(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("profile of another reader")) as browser:
        yield browser


@pytest.mark.parametrize("page", [page for page in PAGES if PICKERS[page]])
def test_each_picker_changes_every_card_chart_and_table_and_the_link_shows_the_same_elsewhere(
    browser, elsewhere, site, page
):
    read(browser, site / page)
    for name in PICKERS[page]:
        former = seen(browser)
        pick(browser, name, CHOICES[name])
        now = seen(browser)
        assert set(now) == set(former)
        assert [heading for heading in now if now[heading] == former[heading]] == [], f"{name} did not change it"
        assert browser.evaluate("location.hash").count(f"{name}=") == 1
    read(elsewhere, site / page, browser.evaluate("location.hash").removeprefix("#"))
    assert view_of(elsewhere) == view_of(browser)
    assert browser.complaints() == elsewhere.complaints() == []


def test_what_is_searched_in_the_dictionary_stands_in_the_link(browser, site):
    read(browser, site / "metric_dictionary.html")
    browser.click("#find")
    for sign in "fill":
        browser.press(sign)
    found = browser.evaluate("[...document.querySelectorAll('tbody tr')].map(each => each.innerText)")
    assert 0 < len(found) < 20 and all("fill" in each for each in found)
    browser.press("Enter")
    settle(browser)
    assert browser.evaluate("location.hash") == "#find=fill"
    read(browser, site / "metric_dictionary.html", "find=fill")
    assert browser.evaluate("[...document.querySelectorAll('tbody tr')].map(each => each.innerText)") == found


def test_back_and_forward_show_the_former_views_again(browser, site):
    read(browser, site / "driver_earnings.html")
    views = [view_of(browser)]
    pick(browser, "market", "las_vegas")
    views.append(view_of(browser))
    browser.evaluate("document.querySelector('#slider-gas').focus()")
    browser.press("ArrowRight")
    views.append(view_of(browser))
    assert views[1] != views[2]
    while browser.evaluate("location.hash") not in ("", "#"):
        browser.evaluate("history.back()")
        settle(browser)
        if view_of(browser) != views[-1]:
            views.append(view_of(browser))
    assert views[3] == views[1] and views[-1] == views[0]
    while "gas=" not in browser.evaluate("location.hash"):
        browser.evaluate("history.forward()")
        settle(browser)
    assert view_of(browser) == views[2]


def test_menu_and_cards_carry_the_view_to_the_other_pages(browser, site):
    read(browser, site / "index.html", LINK)
    places = ["nav [data-page=delivery_speed]", "nav [data-page=metric_dictionary]", "nav [data-page=overview]"]
    for place in [*places, ".card:last-child .more a"]:
        browser.evaluate("delete document.body.dataset.view")
        browser.click(place)
        browser.wait_for("document.readyState === 'complete' && document.body.dataset.view")
        if place != places[1]:
            assert words(browser, "#shown") == "Shown: Tysons Corner · Station · Week of 17 Jan 2022"
    assert browser.evaluate("location.pathname").endswith("driver_earnings.html")


def test_a_link_that_names_what_is_not_here_says_so_and_shows_what_is_usual(browser, site):
    read(browser, site / "stores.html")
    for link, named in {
        "market=atlantis": "a market",
        "offer=teleport&period=week:1999-01-04": "an offer type and a period",
        "period=year:2022-01-10&market=__proto__": "a market and a period",
        "market=%3Cimg%20src%3Dx%20onerror%3Dalert(1)%3E": "a market",
    }.items():
        turn_to(browser, link)
        message = f"The link names {named} that is not on this page; what is usual is shown instead."
        assert words(browser, ".message[role=status]") == message
        assert words(browser, "#shown") == USUAL
    assert browser.complaints() == []


def test_whatever_stands_in_a_link_the_page_is_whole(browser, site):
    read(browser, site / "driver_earnings.html")
    blocks = len(seen(browser))
    for link in ("main", "&&=", "%", "market", "gas=NaN&mpg=1e999&rate=-", "gas=&mpg=0&rate=-1", "find=(&page=nowhere"):
        turn_to(browser, link)
        assert words(browser, "#shown") == USUAL and len(seen(browser)) == blocks
        assert re.fullmatch(r"\$\d+\.\d\d/h", words(browser, "#what-if-net")), link
    assert browser.complaints() == []
