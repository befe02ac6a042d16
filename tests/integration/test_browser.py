"""What the browser tests stand on does what it says: each helper of the browser, on pages where one can see it."""

import struct
from pathlib import Path

import pytest

from tests.integration.browser import Browser, needs_chromium

pytestmark = needs_chromium

FORM = """<!doctype html><title>Form</title><style>body { height: 3000px } #low { margin-top: 2000px }</style>
<input id="text"><input id="last">
<select id="market">
  <option value="">all</option><option>a</option><option disabled>b</option><option>c</option><option hidden>d</option>
</select>
<button id="low">Save</button>
<script>
  window.heard = [];
  for (const kind of ['input', 'change']) market.addEventListener(kind, event => heard.push(kind + ' ' + market.value));
  low.addEventListener('mouseover', () => heard.push('over'));
  low.addEventListener('click', () => {
    const link = document.createElement('a');
    link.href = URL.createObjectURL(new Blob(['n,' + heard.length], {type: 'text/csv'}));
    link.download = 'figures.csv';
    link.click();
  });
</script>"""


@pytest.fixture
def form(browser: Browser, tmp_path: Path) -> Browser:
    (tmp_path / "form.html").write_text(FORM)
    browser.show(tmp_path / "form.html")
    return browser


def size_of(png: Path) -> tuple[int, int]:
    return struct.unpack(">II", png.read_bytes()[16:24])


def test_pressed_keys_type_move_the_focus_and_go_back(form: Browser):
    form.evaluate("document.querySelector('#text').focus()")
    for key in ("a", " ", "7"):
        form.press(key)
    form.press("Tab")
    form.press("b", times=2)
    assert form.evaluate("[text.value, last.value, document.activeElement.id]") == ["a 7", "bb", "last"]
    form.press("Tab", shift=True)
    form.press("Home")
    form.press("c")
    assert form.evaluate("[text.value, document.activeElement.id]") == ["ca 7", "text"]


def test_enter_opens_a_term_of_a_page_and_escape_closes_it(browser: Browser, site: Path):
    browser.show(site / "index.html")
    browser.evaluate("document.querySelector('.term').focus()")
    browser.press("Enter")
    assert browser.evaluate("document.querySelectorAll(':popover-open').length") == 1
    browser.press("Escape")
    assert browser.evaluate("document.querySelectorAll(':popover-open').length") == 0


def test_a_choice_is_heard_by_the_page_and_what_may_not_be_chosen_is_passed_over(form: Browser):
    form.choose("#market", "c")
    assert form.evaluate("heard") == ["input a", "change a", "input c", "change c"]
    form.choose("#market", "")
    assert form.evaluate("[market.value, document.activeElement.id]") == ["", "market"]
    with pytest.raises(AssertionError, match="no option b, but ,a,c"):
        form.choose("#market", "b")


def test_pointing_at_what_is_far_down_scrolls_there(form: Browser):
    place = form.move_to("#low")
    assert form.evaluate("heard") == ["over"] and form.evaluate("scrollY") > 1000
    assert form.evaluate(f"document.elementFromPoint({place['x']}, {place['y']}).id") == "low"


def test_each_download_is_a_file_in_the_folder(form: Browser, tmp_path: Path):
    form.downloads(tmp_path / "saved")
    texts = []
    for _ in range(2):
        form.click("#low")
        path = form.downloaded()
        assert path.parent == tmp_path / "saved" and path.name.startswith("figures")
        texts.append(path.read_text())
    assert texts == ["n,1", "n,1"]


def test_a_screenshot_is_what_is_seen_or_the_whole_page(browser: Browser, site: Path, tmp_path: Path):
    browser.show(site / "index.html", width=1024, height=700)
    browser.screenshot(tmp_path / "seen.png")
    browser.screenshot(tmp_path / "whole.png", whole=True)
    assert size_of(tmp_path / "seen.png") == (1024, 700)
    height = browser.evaluate("document.documentElement.scrollHeight")
    assert height > 1000 and size_of(tmp_path / "whole.png") == (1024, height)


def test_a_print_is_a_pdf_of_the_page(browser: Browser, site: Path):
    browser.show(site / "index.html")
    pdf = browser.pdf()
    assert pdf.startswith(b"%PDF") and pdf.rstrip().endswith(b"%%EOF") and len(pdf) > 20_000


def test_the_first_paint_comes_after_the_start_and_before_now(browser: Browser, site: Path):
    browser.show(site / "index.html")
    assert 0 < browser.first_paint_ms() < browser.evaluate("performance.now()")
