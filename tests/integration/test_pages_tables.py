"""Behind every chart: a sentence, a table and a file, all with the figures of the warehouse; safe in a spreadsheet."""

import re
from datetime import date

import duckdb
import pytest

from dashboards.page import find_pages, render_site
from tests.integration.browser import needs_chromium
from tests.integration.reader import PAGES, ask, block, read, rows_of, saved, table_of
from tests.unit.dashboards_world import MARKETS, OFFER_TYPES, make_warehouse

pytestmark = needs_chromium
VIEW = "market=tysons&offer=station&period=week:2022-01-17"
CHOSEN = {"market_id": ["tysons"], "offer_type": ["station"], "grain": ["week"], "period_start": [date(2022, 1, 17)]}
LABELS = MARKETS | {"all": "All markets"} | {each: each.capitalize() for each in OFFER_TYPES}
# What of the chosen cell a kind of section leaves open: all of time, the offer types beside each other, all markets.
TIME, OFFERS, BESIDE_ALL = {"period_start": None}, {"offer_type": OFFER_TYPES}, {"market_id": ["all", "tysons"]}
OPEN = {
    "over_time": TIME | OFFERS,
    "stacked_over_time": TIME,
    "by_market": OFFERS | BESIDE_ALL,
    "stacked_rows": OFFERS | BESIDE_ALL,
    "measures": OFFERS,
    "arrivals": OFFERS,
    "drivers": OFFERS,
    "differences": BESIDE_ALL,
    "table": BESIDE_ALL,
}
FORMULAS = ("=1+1", "+1", "-2+3", "@sum(a1)", "\t=1", "\r=1", '=cmd|" /c calc"!a1, "b"\n=2')


def sections_of(page):
    """What a page shows below its cards, with the query of each."""
    module = next(each.module for each in find_pages() if each.file == page)
    return [(each, module.QUERY[each.frame].sql) for each in module.SECTIONS if each.kind != "cards"]


def expected(warehouse, section, query):
    """The rows of the warehouse that a section shows of the chosen view."""
    keys = CHOSEN | OPEN.get(section.kind, {})
    if section.kind == "by_market" and len(section.measures) > 1:
        keys |= {"offer_type": ["station"]}
    rows = ask(warehouse, query)
    if section.more.get("allMarkets"):
        keys |= {"market_id": None}
    elif section.kind == "table" and not any(row.get("offer_type") == "all" for row in rows):
        keys |= {"market_id": ["tysons"]}
    return [
        row
        for row in rows
        if all(keys[name] is None or row[name] in keys[name] for name in keys if name in row)
        and ("metric" not in section.more or row["metric"] == section.more["metric"])
    ]


def is_told(told, value, name):
    """True where a cell of a file says what the warehouse has."""
    if value is None or isinstance(value, bool):
        return told == {None: "", True: "true", False: "false"}[value]
    if isinstance(value, str):
        return told in (value, LABELS.get(value)) or name == "metric"
    if isinstance(value, date):
        return told == (value.isoformat() if type(value) is date else f"{value:%Y-%m-%dT%H:%M:%SZ}")
    if name == "weekday":
        return told == ["Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"][value - 1]
    return float(told) == pytest.approx(float(value), rel=1e-8, abs=5e-3 if "minutes" in name else 5e-6)


def is_shown(words, told, heading):
    """True where a cell of a table shows, rounded, what the same cell of the file has."""
    digits = re.fullmatch(r"(−?)\$?([\d,]+)((?:\.\d+)?)(%|/h|[ \u00a0]min|)", words)
    if not digits or not re.fullmatch(r"-?[\d.]+(e-?\d+)?", told):
        if re.match(r"\d{4}-\d\d-\d\d", told):
            return words.split(",")[0] == f"{date.fromisoformat(told[:10]):%-d %b %Y}"
        return words == ({"true": "yes", "false": "no", "": "–"}.get(told, told))
    shown = float("".join(digits.groups()[:3]).replace(",", "").replace("−", "-"))
    value = float(told) * (100 if heading.endswith("(%)") or digits[4] == "%" else 1)
    return abs(shown - value) <= 0.5 * 10 ** -max(0, len(digits[3]) - 1) + 1e-9


@pytest.mark.parametrize("page", PAGES)
def test_the_file_behind_every_chart_and_table_has_the_rows_of_the_warehouse_and_the_table_shows_them(
    browser, site, tmp_path, page
):
    browser.downloads(tmp_path)
    read(browser, site / page, VIEW)
    for section, query in sections_of(page):
        if section.kind == "what_if":
            continue
        left = expected(site.parent / "warehouse.duckdb", section, query)
        if not left:
            assert section.more["nothing"] in browser.evaluate(f"{block(section.title)}.innerText")
            continue
        told = rows_of(saved(browser, section.title))
        assert len(told) == len(left), section.title
        for row in told:
            same = [each for each in left if all(is_told(row[name], each[name], name) for name in row)]
            assert same, f"{section.title}: {row}"
            left.remove(same[0])
        named = section.more.get("by", ())
        headings, *lines = (each[bool(named) :] for each in table_of(browser, section.title, is_upright=bool(named)))
        cells = [[text for name, text in row.items() if name not in named] for row in told]
        assert len(lines) == len(cells) and len(headings) <= len(cells[0]), (
            "a file names its cell where a table need not"
        )
        for line, row in zip(lines, (each[-len(headings) :] for each in cells), strict=True):
            assert all(map(is_shown, line, row, headings)), f"{section.title}: {line} {row}"
        if section.kind != "table":
            caption = browser.evaluate(f"{block(section.title)}.querySelector('.caption').innerText")
            assert re.search(r"\d", caption), f"{section.title}: a sentence with its figure"
    assert browser.complaints() == []


@pytest.fixture(scope="module")
def formulas(tmp_path_factory):
    """Pages of a warehouse whose stores and texts are formulas, a store per formula."""
    folder = tmp_path_factory.mktemp("formulas")
    warehouse = make_warehouse(folder / "w.duckdb", weeks=2, words=FORMULAS[-1], markets={"m": "M"})
    with duckdb.connect(str(warehouse)) as connection:
        for formula in FORMULAS:
            connection.execute(
                "insert into store_performance select * replace (? as store_id, ? as site_id) from store_performance"
                " where store_id = 'shoes-1'",
                [formula, formula],
            )
        connection.execute("update delivery_speed set promise_minutes_p50 = -1.5")
    render_site(warehouse, folder / "out")
    return folder / "out"


def test_no_cell_of_a_file_is_a_formula_and_every_number_stays_one(browser, formulas, tmp_path):
    browser.downloads(tmp_path)
    read(browser, formulas / "stores.html", "period=all")
    path = saved(browser, "Store by store")
    assert re.fullmatch(r"store_by_store_all_m_retail( \(\d+\))?\.csv", path.name)
    rows = rows_of(path)
    assert {f"'{formula}" for formula in FORMULAS} | {"shoes-1", "toys-2"} == {row["store_id"] for row in rows}
    for row in rows:
        texts = {
            name: row.pop(name) for name in ("store_id", "site_id", "market_id", "offer_type", "grain", "period_start")
        }
        assert not any(text.startswith(("=", "+", "-", "@", "\t", "\r")) for text in texts.values())
        assert all(float(number) > 0 for number in row.values())


@pytest.mark.parametrize("page", ["data_quality.html", "pilot_readout.html", "metric_dictionary.html"])
def test_texts_of_any_table_are_no_formulas_in_its_file(browser, formulas, tmp_path, page):
    browser.downloads(tmp_path)
    read(browser, formulas / page)
    titles = browser.evaluate("[...document.querySelectorAll('.block:has(.save) h2')].map(each => each.textContent)")
    assert titles
    for title in titles:
        for cell in [cell for row in rows_of(saved(browser, title)) for cell in row.values()]:
            assert cell[:1] not in ("=", "+", "@", "\t", "\r") and not re.match(r"-(?![\d.]+$)", cell)


def test_a_negative_number_is_no_formula(browser, formulas, tmp_path):
    browser.downloads(tmp_path)
    read(browser, formulas / "delivery_speed.html")
    rows = rows_of(saved(browser, "Is the median getting shorter?"))
    assert rows and {row["promise_minutes_p50"] for row in rows} == {"-1.5"}
