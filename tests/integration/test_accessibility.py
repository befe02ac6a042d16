"""The pages keep nobody out: axe-core finds nothing in any of them, and would."""

import pytest

from dashboards.page import render_site
from tests.integration import axe
from tests.integration.axe import axe_source, fetch, verify, violations
from tests.integration.browser import needs_chromium
from tests.integration.reader import PAGES, look, read
from tests.unit.dashboards_world import make_warehouse

LOOKS = [("light", 1280), ("dark", 360)]
BAD = """<!doctype html><html><head><title>Bad</title>
<meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'; script-src 'none'">
</head><body><main><h1>Bad</h1><p style="color: #aaa; background: #fff">Pale words</p>
<svg role="img" width="9" height="9"></svg><select><option>a</option></select>
<button style="width: 9px; height: 9px; padding: 0" aria-label="a"></button
><button style="width: 9px; height: 9px; padding: 0" aria-label="b"></button></main><p>Outside</p></body></html>"""


@needs_chromium
@pytest.mark.parametrize("page", PAGES)
def test_a_page_has_nothing_that_keeps_people_out(browser, site, page):
    read(browser, site / page)
    browser.evaluate("document.querySelectorAll('details').forEach(each => each.open = true)")
    for scheme, width in LOOKS:
        look(browser, width, scheme)
        assert violations(browser) == [], f"{scheme}, {width} px"
    assert browser.complaints() == []


@needs_chromium
def test_an_open_definition_a_message_and_cards_without_figures_keep_nobody_out(browser, empty):
    read(browser, empty, "market=nowhere")
    browser.evaluate("document.querySelector('.term').click()")
    shown = "[...document.querySelectorAll(':popover-open, .message, .value.none')].map(each => each.className)"
    assert set(browser.evaluate(shown)) == {"definition", "message", "value none"}
    for scheme, width in LOOKS:
        look(browser, width, scheme)
        assert violations(browser) == [], f"{scheme}, {width} px"


@pytest.fixture(scope="module")
def empty(tmp_path_factory):
    """An overview that has deliveries only."""
    folder = tmp_path_factory.mktemp("deliveries only")
    return render_site(make_warehouse(folder / "w.duckdb", logs=("delivery_speed",)), folder / "out")[-1]


@needs_chromium
def test_each_kind_of_fault_is_found_behind_the_strictest_policy_and_leaves_no_trace(browser, tmp_path):
    (tmp_path / "bad.html").write_text(BAD)
    browser.show(tmp_path / "bad.html")
    found = violations(browser)
    assert {each.split(":")[0] for each in found} == {
        "color-contrast",  # WCAG 2.0 AA
        "html-has-lang",  # WCAG 2.0 A
        "region",  # best practice
        "select-name",
        "svg-img-alt",
        "target-size",  # WCAG 2.2 AA
    }
    [pale] = [each for each in found if each.startswith("color-contrast")]
    assert pale.startswith("color-contrast: main > p: ") and "contrast of 2.32" in pale
    assert browser.evaluate("typeof axe") == "undefined" and browser.complaints() == []


def test_other_bytes_than_the_pinned_ones_are_not_used():
    axe_source()
    content = axe.CACHED.read_bytes()
    verify(content)
    with pytest.raises(ValueError, match="is not axe-core@"):
        verify(content[:-1])


def test_where_the_registry_cannot_be_reached_the_tests_skip_and_nothing_is_left(tmp_path, monkeypatch):
    monkeypatch.setattr(axe, "CACHED", tmp_path / "cache" / axe.CACHED.name)
    settings = {"registry": "http://127.0.0.1:9", "fetch_retries": "0", "cache": str(tmp_path / "npm")}
    for name, value in settings.items():
        monkeypatch.setenv(f"npm_config_{name}", value)
    with pytest.raises(OSError, match=r"no npm here|ECONNREFUSED"):
        fetch()
    with pytest.raises(pytest.skip.Exception, match="axe-core cannot be had"):
        axe_source.__wrapped__()
    assert list(tmp_path.glob("cache/*")) == []
