"""The pages in a real browser."""

import base64
import re
import shutil

import pytest

from dashboards.page import find_pages, render_site
from tests.integration.browser import needs_chromium, open_browser
from tests.unit.dashboards_world import make_warehouse

pytestmark = needs_chromium
HOSTILE = "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1><a href='javascript:1'>x</a>"
PAGES = [page.file for page in find_pages()]
DRAWN = "[...document.querySelectorAll('.chart')].map(each => each.querySelectorAll('.main-svg').length > 0)"
PHONE = 360


@pytest.fixture(scope="module")
def browser(tmp_path_factory):
    with open_browser(tmp_path_factory.mktemp("profile")) as browser:
        yield browser


@pytest.fixture(scope="module")
def site(tmp_path_factory):
    folder = tmp_path_factory.mktemp("pages of a pilot")
    render_site(make_warehouse(folder / "warehouse.duckdb"), folder / "dashboards")
    return folder / "dashboards"


@pytest.mark.parametrize("page", PAGES)
@pytest.mark.parametrize("scheme", ["light", "dark"])
@pytest.mark.parametrize("width", [1280, PHONE])
def test_a_page_draws_every_chart_complains_of_nothing_and_asks_the_network_for_nothing(
    browser, site, page, scheme, width
):
    browser.show(site / page, width, scheme=scheme)
    drawn = browser.evaluate(DRAWN)
    assert drawn and all(drawn)
    assert browser.complaints() == []
    assert set(browser.requests()) == {(site / page).as_uri(), (site / "plotly.min.js").as_uri()}
    assert browser.evaluate("document.documentElement.scrollWidth") <= width, "nothing hangs out of the window"


def test_hostile_text_in_every_field_runs_nothing(browser, tmp_path):
    rival = (HOSTILE, "click_to_door_p50", 42.0, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    world = {"markets": {"m1": HOSTILE, "m2": "Plain"}, "title": HOSTILE, "rivals": (rival,)}
    render_site(make_warehouse(tmp_path / "w.duckdb", **world), tmp_path / "out")
    for page in PAGES:
        browser.show(tmp_path / "out" / page)
        assert browser.evaluate("window.hacked") is None
        assert browser.evaluate("document.querySelectorAll('img, .chart a, svg image').length") == 0
        assert all(browser.evaluate(DRAWN)) and browser.complaints() == []


def test_without_logs_the_pages_are_whole_and_draw_nothing(browser, tmp_path):
    render_site(make_warehouse(tmp_path / "w.duckdb", logs=()), tmp_path / "out")
    for page in PAGES:
        browser.show(tmp_path / "out" / page)
        assert browser.evaluate(DRAWN) == [] and browser.complaints() == []
        assert "No data in these logs" in browser.evaluate("document.body.innerText")


def test_a_point_tells_its_figure_interval_and_n(browser, site):
    browser.show(site / "delivery_speed.html")
    x, y = browser.evaluate(
        "(() => { const box = document.querySelector('#chart-1-1 .scatterlayer .points path').getBoundingClientRect();"
        " return [box.x + box.width / 2, box.y + box.height / 2]; })()"
    )
    browser.send("Input.dispatchMouseEvent", type="mouseMoved", x=x, y=y)
    words = browser.evaluate(
        "new Promise(done => setTimeout(() => done(document.querySelector('#chart-1-1 .hoverlayer').textContent), 500))"
    ).replace("\u00a0", " ")
    assert re.search(r"Retail, week from 10 Jan 2022.*On time: .*% \(95% interval .*; n = \d+ due orders\)", words)


def test_a_term_opens_its_definition_with_the_keyboard(browser, site):
    browser.show(site / "index.html")
    browser.evaluate("document.querySelector('.term').focus()")
    browser.send("Input.dispatchKeyEvent", type="keyDown", key="Enter", code="Enter", text="\r")
    browser.send("Input.dispatchKeyEvent", type="keyUp", key="Enter", code="Enter")
    assert browser.evaluate("document.querySelector(':popover-open').innerText").startswith("Click to door, median")


def test_charts_change_their_colours_with_the_system(browser, site):
    line = "document.querySelector('#chart-1-1 .js-line').style.stroke"
    browser.show(site / "delivery_speed.html", scheme="light")
    light = browser.evaluate(line)
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    assert browser.evaluate(f"new Promise(done => setTimeout(() => done({line}), 500))") != light


def test_a_print_has_every_chart_in_light_colours_and_within_the_paper(browser, site):
    browser.show(site / "delivery_speed.html", scheme="dark")
    browser.evaluate("dispatchEvent(new Event('beforeprint'))")
    widths = browser.evaluate(
        "[...document.querySelectorAll('.main-svg')].map(each => each.getBoundingClientRect().width)"
    )
    assert widths and max(widths) <= 325, "two charts beside each other on A4"
    assert browser.evaluate("document.querySelector('#chart-1-1 .js-line').style.stroke") == "rgb(26, 95, 176)"
    browser.evaluate("dispatchEvent(new Event('afterprint'))")
    pdf = base64.b64decode(browser.send("Page.printToPDF")["data"])
    assert pdf.startswith(b"%PDF") and len(pdf) > 50_000


def test_a_page_sent_without_plotly_still_has_figures_and_tables(browser, site, tmp_path):
    shutil.copy(site / "index.html", tmp_path)
    browser.show(tmp_path / "index.html")
    words = browser.evaluate("document.querySelector('.fallback').innerText")
    assert "plotly.min.js beside this page" in words
    assert browser.evaluate("document.querySelectorAll('.value').length") == 7
    assert browser.evaluate("document.querySelectorAll('tbody tr').length") > 20
