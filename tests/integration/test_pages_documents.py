"""The pages as documents: on paper, in the dark, by keyboard alone."""

import re

import pytest

from dashboards.theme import COLOURS
from tests.integration.browser import needs_chromium
from tests.integration.pdf import bare, colours_of, texts_of
from tests.integration.reader import CHARTS, PAGES, PICKERS, pick, read, rows_of, seen, settle, view_of, words

pytestmark = needs_chromium
A4_WITHIN_MARGINS = (210 - 2 * 14) / 25.4 * 96
VIEW = "market=tysons&offer=station&period=week:2022-01-17"
# What the page is at the moment it goes to paper: of each chart its heading, width, colour of letters, letters.
LISTEN = """addEventListener('beforeprint', () => {
    window.printed = [...document.querySelectorAll('.block:has(.chart)')].map(each => [
        each.querySelector('h2').textContent, each.querySelector('.main-svg').getBoundingClientRect().width,
        [...each.querySelectorAll('.main-svg text')].filter(each => each.checkVisibility())
            .map(each => each.textContent)]);
})"""
FOCUS = "document.activeElement"


@pytest.mark.parametrize("page", PAGES)
def test_a_print_of_a_dark_page_has_every_chart_whole_and_light_and_tells_view_and_data_cut_on_each_page(
    browser, site, page
):
    read(browser, site / page, VIEW, scheme="dark")
    former = seen(browser)
    browser.evaluate(LISTEN)
    pdf = browser.pdf()
    texts, charts = texts_of(pdf), browser.evaluate("printed")
    assert len(charts) == CHARTS[page]
    for heading, width, letters in charts:
        assert width <= A4_WITHIN_MARGINS
        [text] = [text for text in texts if bare(heading) in text]
        assert letters and [each for each in letters if bare(each) not in text] == [], f"{heading}: cut"
    view = "TysonsCorner·Station·Weekof17Jan2022" if len(PICKERS[page]) == 3 else ""
    for at, text in enumerate(texts, 1):
        assert f"{at}of{len(texts)}" in text and "·Apilot·dataupto18Apr2022,05:00UTC" in text and view in text
    for name, (light, dark) in COLOURS.items():
        assert dark not in colours_of(pdf), f"dark {name}"
        assert name != "ink" or light in colours_of(pdf)
    assert seen(browser) == former, "the screen is as it was"


def test_charts_and_page_are_dark_by_system(browser, site):
    read(browser, site / "index.html", scheme="light")
    light = looks(browser)
    browser.send("Emulation.setEmulatedMedia", features=[{"name": "prefers-color-scheme", "value": "dark"}])
    browser.wait_for("document.getElementById('theme').getAttribute('aria-pressed') === 'true'")
    dark = looks(browser)
    assert all(one != other for one, other in zip(light, dark, strict=True))
    read(browser, site / "index.html", scheme="dark")
    assert looks(browser) == dark


def test_the_toggle_darkens_one_page_and_is_remembered_by_the_others_until_it_is_as_the_system_again(browser, site):
    read(browser, site / "data_quality.html")
    light = looks(browser)
    browser.click("#theme")
    dark = looks(browser)
    assert all(one != other for one, other in zip(light, dark, strict=True)) and dark[-1] == "true"
    read(browser, site / "stores.html")
    assert looks(browser)[1:] == dark[1:]
    browser.click("#theme")
    assert looks(browser)[1:] == light[1:] and browser.evaluate("localStorage.length") == 0
    read(browser, site / "data_quality.html", scheme="dark")
    browser.click("#theme")
    assert looks(browser) == light
    read(browser, site / "data_quality.html", scheme="dark")
    assert looks(browser) == light
    browser.click("#theme")
    assert looks(browser) == dark and browser.evaluate("localStorage.length") == 0


def test_where_nothing_may_be_stored_the_toggle_still_darkens_the_page(browser, site):
    read(browser, site / "data_quality.html")
    browser.evaluate("Storage.prototype.setItem = Storage.prototype.removeItem = () => { throw new Error('full'); }")
    browser.click("#theme")
    assert looks(browser)[-1] == "true" and browser.complaints() == []


def looks(browser):
    """Colours of the charts, of the ground and the letters; whether the toggle says dark."""
    colours = "each => each.layout.font.color + each.data.at(-1).marker?.color"
    return browser.evaluate(
        f"[[...document.querySelectorAll('.chart')].map({colours}),"
        " getComputedStyle(document.body).backgroundColor, getComputedStyle(document.body).color,"
        " getComputedStyle(document.querySelector('.block')).backgroundColor,"
        " document.getElementById('theme').getAttribute('aria-pressed')]"
    )


def tab_to(browser, selector):
    """Press Tab until the focus is on such an element."""
    for _ in range(150):
        browser.press("Tab")
        if browser.evaluate(f"{FOCUS}.matches({selector!r})"):
            return
    raise AssertionError(f"{selector} is out of reach of the keyboard")


def test_the_skip_link_comes_first_leads_to_the_figures_and_keeps_the_view(browser, site):
    read(browser, site / "index.html", VIEW)
    former = view_of(browser)
    browser.press("Tab")
    assert words(browser, ".skip:focus") == "Skip to the figures"
    assert browser.evaluate(f"{FOCUS}.getBoundingClientRect().left") >= 0, "in sight"
    browser.press("Enter")
    assert browser.evaluate(f"{FOCUS}.id") == "main" and browser.evaluate("location.hash") == f"#{VIEW}"
    assert view_of(browser) == former
    browser.press("Tab")
    assert browser.evaluate(f"{FOCUS}.closest('main') !== null")


def test_all_that_a_page_offers_can_be_reached_and_used_by_keyboard(browser, site, tmp_path):
    browser.downloads(tmp_path)
    read(browser, site / "index.html")
    for page in ("#theme", "#market", "#offer", "#period"):
        tab_to(browser, page)
    browser.press("ArrowDown")
    settle(browser)
    assert browser.evaluate(f"{FOCUS}.id") == "period" and "Week of 24 Jan 2022" in words(browser, "#shown")
    tab_to(browser, ".card .term")
    browser.press("Enter")
    assert words(browser, "#definition:popover-open").startswith("Click to door, median\n")
    browser.press("Escape")
    assert browser.evaluate("document.querySelector(':popover-open')") is None
    assert words(browser, ":focus") == "Click to door, median"
    tab_to(browser, "summary")
    browser.press("Enter")
    tab_to(browser, "details[open] .save")
    browser.press("Enter")
    assert len(rows_of(browser.downloaded())) == 12
    tab_to(browser, "details[open] .scroll")
    tab_to(browser, "details[open] .term")


def test_the_link_in_a_definition_leads_to_it_in_the_dictionary(browser, site):
    read(browser, site / "index.html", VIEW)
    tab_to(browser, ".card .term")
    browser.press("Enter")
    assert "More is better." not in words(browser, "#definition") and "Less is better." in words(browser, "#definition")
    tab_to(browser, "#definition a")
    browser.evaluate("delete document.body.dataset.view")
    browser.press("Enter")
    browser.wait_for("document.readyState === 'complete' && document.body.dataset.view")
    found = browser.evaluate("[...document.querySelectorAll('tbody tr')].map(each => each.cells[0].innerText)")
    assert found[0] == "click_to_door_minutes_p50_censored" and len(found) < 5
    assert re.search("market=tysons", browser.evaluate("document.querySelector('nav a').href"))


def test_the_focus_stays_where_it_is_when_the_view_changes(browser, site):
    read(browser, site / "driver_earnings.html")
    pick(browser, "market", "tysons")
    assert browser.evaluate(f"{FOCUS}.id") == "market"
    browser.evaluate("document.getElementById('slider-mpg').focus()")
    browser.press("ArrowUp")
    browser.evaluate("history.back()")
    settle(browser)
    assert browser.evaluate(f"{FOCUS}.id") == "slider-mpg"
