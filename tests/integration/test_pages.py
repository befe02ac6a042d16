"""The pages in a real browser: drawn, silent, asking for nothing; whole in any world; harmless whatever logs say."""

import re
import shutil
import sys

import duckdb
import pytest

from dashboards.page import find_pages, render_file, render_site
from tests.integration.browser import needs_chromium
from tests.integration.reader import CHARTS, DRAWN, PAGES, look, read, seen, turn_to, words
from tests.unit.dashboards_world import CELL_TABLES, METRIC_TABLES, make_warehouse

pytestmark = needs_chromium
PHONE = 360
LOOKS = [(PHONE, "dark"), (PHONE, "light"), (1280, "light"), (1280, "dark")]
MARKUP = (
    "</script><script>window.hacked=1</script><img src=x onerror=window.hacked=1><a href='javascript:hacked=1'>x</a>"
    "<b>bold</b>&lt;i&gt;\"'`${1}%{y}"
)
SMALL = {"markets": {"tysons": "Tysons Corner"}, "weeks": 2}
WORLDS = {
    "no rows at all": {"logs": ()},
    "no market and no rows": {"logs": (), "markets": {}, "rivals": ()},
    "one market": SMALL,
    "one offer type": SMALL | {"offer_types": ("station",)},
    "one day": SMALL | {"weeks": 1, "days": 1},
    "only deliveries": {"logs": tuple(table for table in METRIC_TABLES if table.startswith("delivery"))},
}


def asked(browser):
    """Addresses the page asked for; a heat map's picture is data within the page."""
    return {address for address in browser.requests() if not address.startswith("data:image/png;base64,")}


@pytest.mark.parametrize("page", PAGES)
def test_a_page_draws_every_chart_in_any_look_complains_of_nothing_and_asks_the_network_for_nothing(
    browser, site, page
):
    read(browser, site / page, width=PHONE, scheme="dark")
    for width, scheme in LOOKS:
        look(browser, width, scheme)
        drawn = browser.evaluate(DRAWN)
        assert len(drawn) == CHARTS[page] and all(drawn)
        assert browser.evaluate("document.documentElement.scrollWidth") <= width, "nothing hangs out of the window"
        ends = "[...document.querySelectorAll('.chart .main-svg')].map(each => each.getBoundingClientRect().right)"
        assert max(browser.evaluate(ends), default=0) <= width
    assert browser.complaints() == []
    assert asked(browser) == {(site / page).as_uri(), (site / "plotly.min.js").as_uri()}


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    folder = tmp_path_factory.mktemp("hostile")
    rivals = [
        (MARKUP, measure, 42.0, MARKUP, MARKUP, MARKUP, MARKUP) for measure in ("click_to_door_p50", "net_per_hour")
    ]
    world = {"markets": {"m1": MARKUP, MARKUP: "Plain"}, "title": MARKUP, "rivals": tuple(rivals), "words": MARKUP}
    return render_file(make_warehouse(folder / "w.duckdb", weeks=2, **world), folder / "site.html")


@pytest.fixture(scope="module")
def attacked(browser, hostile):
    """The same, open."""
    read(browser, hostile)
    return browser


@pytest.mark.parametrize("page", [page.name for page in find_pages()])
def test_hostile_text_in_every_field_runs_nothing_and_stands_there_as_text(attacked, page):
    turn_to(attacked, f"page={page}")
    attacked.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for selector in (".workspace", "main", "footer"):
        assert MARKUP in words(attacked, selector)
    assert MARKUP in attacked.evaluate("document.title")
    for at in range(attacked.evaluate("document.querySelectorAll('.term').length")):
        attacked.evaluate(f"document.querySelectorAll('.term')[{at}].click()")
        assert words(attacked, "#definition").count(MARKUP) >= 1
    made = "img, iframe, script:not(#data), main b:not(.references b), .chart a, [onerror]"
    scripts = attacked.evaluate(f"[...document.querySelectorAll({made!r})].map(each => each.textContent.slice(0, 12))")
    assert len(scripts) == 2 and scripts[1].startswith('"use strict"'), "plotly.js and our own"
    assert attacked.evaluate("[...document.links].every(each => each.protocol === 'file:')")
    assert attacked.evaluate("window.hacked") is None and attacked.complaints() == []
    assert all(attacked.evaluate(DRAWN))


def test_labels_and_hover_words_of_charts_show_hostile_text_as_it_is(attacked):
    turn_to(attacked, "page=overview")
    labels = attacked.evaluate("[...document.querySelectorAll('.ytick text')].map(each => each.textContent)")
    assert any(label.startswith("</script><script>") for label in labels)
    hovers = attacked.evaluate("document.querySelector('#chart-2').data.flatMap(each => each.hovertext ?? [])")
    hover = next(each for each in hovers if "bold" in each)
    assert hover.startswith("<b>&lt;/script&gt;") and hover.count("<") == 3, "our own <b>, </b> and <br> only"


@pytest.mark.parametrize("world", WORLDS)
def test_in_an_odd_world_every_page_is_whole_and_says_what_is_missing(browser, tmp_path, world):
    path = render_file(make_warehouse(tmp_path / "w.duckdb", **WORLDS[world]), tmp_path / "site.html")
    texts = walk(browser, path)
    assert browser.complaints() == []
    if "logs" in WORLDS[world]:
        assert "not enough data" in texts["overview"] and "No data for this view. It needs" in texts["overview"]
    if world == "one offer type":
        assert "Station · " in texts["overview"] and "All offer types" not in texts["overview"]


def test_where_every_figure_is_null_cards_and_charts_say_so(browser, tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb", **SMALL)
    with duckdb.connect(str(warehouse)) as connection:
        for table in CELL_TABLES:
            for column in METRIC_TABLES[table]:
                if column["data_type"] == "double" or column["name"].endswith("_usd"):
                    connection.execute(f"update {table} set {column['name']} = null")
    texts = walk(browser, render_file(warehouse, tmp_path / "site.html"))
    assert browser.complaints() == []
    assert texts["overview"].count("not enough data") == 6 and texts["overview"].count("No data for this view") == 6
    for page, text in texts.items():
        assert page == "metric_dictionary" or not re.search(r"\b(NaN|null|undefined|Infinity)\b", text), page


def walk(browser, path):
    """The text of every page of a single file, each reached by the menu."""
    read(browser, path)
    texts = {}
    for page in find_pages():
        browser.evaluate(f"document.querySelector('nav [data-page={page.name}]').click()")
        browser.wait_for(f"location.hash.includes('page={page.name}') && document.body.dataset.view === location.hash")
        texts[page.name] = words(browser)
        assert words(browser, "h1") == page.title and browser.evaluate("document.title").startswith(page.title)
        assert all(browser.evaluate(DRAWN))
        assert (
            browser.evaluate("document.querySelectorAll('.block:not(:has(.no-data, .chart, table, output))').length")
            == 0
        )
    return texts


def test_one_file_shows_the_same_figures_as_the_pages_and_asks_for_nothing(browser, site, tmp_path):
    path = render_file(site.parent / "warehouse.duckdb", tmp_path / "site.html")
    pages = [page for page in find_pages() if page.name in ("overview", "driver_earnings", "data_quality")]
    apart = {}
    for page in pages:
        read(browser, site / page.file)
        apart[page.name] = words(browser), seen(browser)
    read(browser, path)
    for page in pages:
        turn_to(browser, f"page={page.name}")
        assert (words(browser), seen(browser)) == apart[page.name]
        assert browser.evaluate("document.querySelector('nav [aria-current]').dataset.page") == page.name
    assert browser.complaints() == [] and asked(browser) == {path.as_uri()}


def test_a_page_sent_without_plotly_still_has_cards_sentences_and_tables(browser, site, tmp_path):
    read(browser, site / "index.html")
    whole = browser.evaluate("document.querySelectorAll('.value').length")
    captions = browser.evaluate("[...document.querySelectorAll('.caption')].map(each => each.innerText)")
    shutil.copy(site / "index.html", tmp_path)
    read(browser, tmp_path / "index.html")
    assert browser.evaluate(DRAWN) == [False] * 6
    assert browser.evaluate("document.querySelectorAll('.value').length") == whole == 6
    assert browser.evaluate("[...document.querySelectorAll('.caption')].map(each => each.innerText)") == captions
    assert words(browser, ".fallback").startswith("The chart needs the file plotly.min.js beside this page.")
    assert browser.evaluate("document.querySelectorAll('details tbody tr').length") > 50


def test_the_overview_of_a_real_size_paints(browser, tmp_path, record_property):
    """Prints after how long; `pytest -rP` shows it."""
    tables = ("delivery_speed", "offer_acceptance", "driver_earnings")
    warehouse = make_warehouse(tmp_path / "w.duckdb", weeks=26, days=28, logs=tables)
    page = render_site(warehouse, tmp_path / "out")[-1]
    read(browser, page)
    paint, drawn = browser.first_paint_ms(), browser.evaluate("performance.now()")
    record_property("first_paint_ms", paint)
    sys.stdout.write(f"{page.stat().st_size:,} bytes: first paint after {paint:.0f} ms, drawn within {drawn:.0f} ms\n")
    assert 0 < paint <= drawn and all(browser.evaluate(DRAWN))
