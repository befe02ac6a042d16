"""Someone who reads the pages: opens a view, chooses another, sees words and charts.

Belongs here: what tests of the pages ask the browser for. Does not belong here: what is to be expected.
"""

import csv
import json
import time
from decimal import ROUND_HALF_UP, Decimal
from pathlib import Path

import duckdb

from dashboards.page import find_pages
from tests.integration.browser import Browser

PAGES = [page.file for page in find_pages()]
PICKERS = {page.file: getattr(page.module, "PICKERS", ("market", "offer", "period")) for page in find_pages()}
NOT_CHARTS = ("cards", "table", "what_if")
CHARTS = {page.file: sum(each.kind not in NOT_CHARTS for each in page.module.SECTIONS) for page in find_pages()}
DRAWN = "[...document.querySelectorAll('.chart')].map(each => each.querySelectorAll('.main-svg').length > 0)"
SEEN = """[...document.querySelectorAll('.card, .block')].map(each => {
    const chart = each.querySelector('.chart');
    return [each.querySelector('h2, h3').textContent, each.textContent,
            chart && chart.data ? JSON.stringify([chart.data, chart.layout.shapes]) : ''];
})"""
CHOSEN = "[...document.querySelectorAll('#pickers select, input')].map(each => [each.id, each.value])"


def read(browser: Browser, page: Path, view: str = "", *, width: int = 1280, scheme: str = "light") -> None:
    """Open a page at the view of a link and wait until it is drawn."""
    browser.show(page, width, scheme=scheme, view=view)
    browser.wait_for("document.body.dataset.view")


def look(browser: Browser, width: int, scheme: str) -> None:
    """See the page at hand in another window on another system, and wait until its charts are drawn anew for it."""
    browser.look(width, scheme=scheme)
    pressed = f"document.getElementById('theme').getAttribute('aria-pressed') === '{str(scheme == 'dark').lower()}'"
    fits = "[...document.querySelectorAll('.chart')].every(each => each.layout.width === each.clientWidth)"
    browser.wait_for(f"innerWidth === {width} && {pressed} && {fits}")


def turn_to(browser: Browser, view: str) -> None:
    """Give the page at hand another view, as a changed address does."""
    browser.evaluate(f"location.hash = {json.dumps(view)}")
    settle(browser)


def pick(browser: Browser, name: str, value: str) -> None:
    """Choose with the arrow keys in a picker, and wait until the page shows it."""
    browser.choose(f"#{name}", value)
    browser.wait_for(f"new URLSearchParams(location.hash.slice(1)).get('{name}') === {json.dumps(value)}")
    settle(browser)


def settle(browser: Browser) -> None:
    """Wait until what the address says is what is shown."""
    browser.wait_for("document.body.dataset.view === (location.hash || '#')")


def words(browser: Browser, selector: str = "main") -> str:
    """What can be read of an element, spaces as on a keyboard."""
    return browser.evaluate(f"document.querySelector({json.dumps(selector)}).innerText").replace("\u00a0", " ")


def seen(browser: Browser) -> dict[str, tuple[str, str]]:
    """Of each card, chart and table by its heading: its text and its chart's series."""
    found = browser.evaluate(SEEN)
    assert len({heading for heading, *_ in found}) == len(found)
    return {heading: (text.replace("\u00a0", " "), series) for heading, text, series in found}


def view_of(browser: Browser) -> tuple:
    """All that a view is: its words, its charts, what is chosen in pickers and sliders."""
    return words(browser), seen(browser), browser.evaluate(CHOSEN)


def block(title: str) -> str:
    """The section with this heading, as JavaScript finds it."""
    is_it = f"each.querySelector('h2').textContent === {json.dumps(title)}"
    return f"[...document.querySelectorAll('.block')].find(each => {is_it})"


def saved(browser: Browser, title: str) -> Path:
    """The file that a section's button saves."""
    time.sleep(0.1)  # Chromium drops the eleventh file of one second, which a hand cannot ask for
    browser.evaluate(f"{block(title)}.querySelector('.save').click()", userGesture=True)
    return browser.downloaded()


def table_of(browser: Browser, title: str, *, is_upright: bool = False) -> list[list[str]]:
    """Headings and rows of a section's table; of an upright one, which has a column per row, turned."""
    lines = browser.evaluate(
        f"[...{block(title)}.querySelectorAll('tr')].map(row => [...row.cells].map(each => each.textContent))"
    )
    lines = [[text.replace("\u00a0", " ") for text in line] for line in lines]
    return [list(line) for line in zip(*lines, strict=True)] if is_upright else lines


def rows_of(path: Path) -> list[dict[str, str]]:
    """Rows of a saved CSV file by the names in its first line."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        return list(csv.DictReader(lines))


def ask(warehouse: Path, query: str, *values: object) -> list[dict]:
    """Rows of the warehouse by name, instants in UTC."""
    with duckdb.connect(str(warehouse), read_only=True) as connection:
        connection.execute("set TimeZone = 'UTC'")
        cursor = connection.execute(query, list(values))
        names = [column[0] for column in cursor.description]
        return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def rounded(value: float | Decimal, digits: int) -> str:
    """`1,234.5`: half away from zero, as people round."""
    return f"{Decimal(value).quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP):,}"


def share(value: float) -> str:
    """`88.1%`."""
    return f"{rounded(Decimal(value) * 100, 1)}%"


def hourly(value: Decimal) -> str:
    """`$12.98/h`."""
    return f"${rounded(value, 2)}/h"


def minutes(value: float) -> str:
    """`57.0 min`, from two hours on `6 h 17 min`."""
    whole = int(rounded(value, 0).replace(",", ""))
    return f"{rounded(value, 1)} min" if value < 120 else f"{whole // 60} h {whole % 60} min"
