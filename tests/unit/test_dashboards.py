"""The pages as files: what is written, what it holds, what it must never contain."""

import ast
import base64
import gzip
import json
import random
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

import dashboards.pages
from dashboards.content import Elsewhere, Measure
from dashboards.page import SCRIPTS, find_pages, render_file, render_site
from dashboards.queries import DAYS, KEYS, WEEKS
from dashboards.warehouse import PageError
from tests.unit.dashboards_world import AUDIT_TABLES, CELL_TABLES, METRIC_TABLES, make_warehouse

SOURCES = Path(dashboards.__file__).parent
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>%{y}&amp;"
MOST_BYTES = 400_000
RATES = {"share", "minutes", "seconds", "USD/hour", "USD/gallon", "USD/mile", "miles/gallon", "orders/hour"}


class Page(HTMLParser):
    """What a test asks of a page: its data, its links, its scripts, its words."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text, self.packed, self.words = text, "", ""
        self.links: list[str] = []
        self.scripts: list[str] = []
        self._inside = ""
        self.feed(text)
        self.data = json.loads(gzip.decompress(base64.b64decode(self.packed)))

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [found[name] for name in ("src", "href") if name in found]
        self._inside = found.get("id", tag) if tag in ("script", "style") and "src" not in found else ""

    def handle_endtag(self, tag):
        self._inside = ""

    def handle_data(self, data):
        if self._inside == "data":
            self.packed += data
        elif self._inside == "script":
            self.scripts.append(data)
        elif not self._inside:
            self.words += data

    @property
    def frames(self) -> dict[str, dict]:
        (document,) = self.data["documents"]
        return document["frames"]


def site_of(folder: Path, **world) -> dict[str, Page]:
    folder.mkdir(exist_ok=True)
    written = render_site(make_warehouse(folder / "warehouse.duckdb", **world), folder / "out")
    return {path.name: Page(path.read_text()) for path in written if path.suffix == ".html"}


@pytest.fixture(scope="module")
def folder(tmp_path_factory):
    return tmp_path_factory.mktemp("world")


@pytest.fixture(scope="module")
def pages(folder):
    return site_of(folder)


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Pages of a warehouse with markup in every text that comes from data."""
    rival = (HOSTILE, "click_to_door_p50", 42.0, HOSTILE, HOSTILE, HOSTILE, HOSTILE)
    world = {"markets": {"m1": HOSTILE, "m2": "Plain"}, "title": HOSTILE, "rivals": (rival,), "words": HOSTILE}
    return site_of(tmp_path_factory.mktemp("hostile"), **world)


def everything_shown():
    """Every measure of every page with the query that it is shown from."""
    for page in find_pages():
        for section in page.module.SECTIONS:
            if section.kind == "cards":
                yield from ((page, page.module.QUERY[card.frame], card.measure) for card in section.cards)
            else:
                yield from measures_of(page, section.frame, [section.measures, *section.more.values()])


def measures_of(page, frame, values):
    for value in values:
        if isinstance(value, Elsewhere):
            yield from measures_of(page, value.frame, [value.measure])
        elif isinstance(value, Measure):
            yield page, page.module.QUERY[frame], value
        elif isinstance(value, list | tuple):
            yield from measures_of(page, frame, value)


def test_every_module_of_pages_is_a_file_and_a_menu_entry_on_every_page(pages):
    stems = {path.stem for path in (SOURCES / "pages").glob("*.py") if not path.stem.startswith("_")}
    files = {"index.html" if stem == "overview" else f"{stem}.html" for stem in stems}
    assert set(pages) == files and len(files) == 8
    for page in pages.values():
        assert files <= set(page.links)


def test_a_new_file_in_pages_becomes_a_page_and_a_menu_entry(tmp_path, monkeypatch):
    (tmp_path / "late_page.py").write_text(
        "from dashboards.content import Measure, Section\n"
        "from dashboards.queries import cells\n"
        "TITLE = 'A late page'\n"
        "QUERY = {'speed': cells('delivery_speed', 'due', 'on_time_share')}\n"
        "ON_TIME = Measure('on_time_share', 'On time', (('due', 'due orders'),))\n"
        "SECTIONS = [Section('over_time', 'Is it late?', 'speed', [ON_TIME], 'orders')]\n"
    )
    monkeypatch.setattr(dashboards.pages, "__path__", [*dashboards.pages.__path__, str(tmp_path)])
    pages = site_of(tmp_path / "world")
    assert "late_page.html" in pages and "A late page" in pages["index.html"].words
    assert pages["late_page.html"].data["documents"][0]["sections"][0]["measures"][0]["unit"] == "share"
    monkeypatch.delitem(sys.modules, "dashboards.pages.late_page")


def test_the_folder_holds_the_pages_and_one_shared_plotly(folder, pages):
    out = folder / "out"
    assert {path.name for path in out.iterdir()} == {*pages, "plotly.min.js"}
    assert all("plotly.min.js" in page.links for page in pages.values())


def test_nothing_but_the_given_folder_is_left_behind(folder, pages):
    assert {path.name for path in folder.iterdir()} == {"warehouse.duckdb", "out"}


def test_a_failure_leaves_the_old_pages_as_they_were(tmp_path):
    site_of(tmp_path)
    before = {path: path.read_bytes() for path in (tmp_path / "out").iterdir()}
    with duckdb.connect(str(tmp_path / "warehouse.duckdb")) as connection:
        connection.execute("drop table net_pay_parts")
    with pytest.raises(PageError, match="net_pay_parts"):
        render_site(tmp_path / "warehouse.duckdb", tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_page_that_no_longer_exists_is_taken_away(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "gone.html").write_text("old")
    (tmp_path / "out" / "note.txt").write_text("mine")
    site_of(tmp_path)
    assert not (tmp_path / "out" / "gone.html").exists() and (tmp_path / "out" / "note.txt").exists()


def test_the_same_warehouse_gives_the_same_bytes(folder, pages, tmp_path):
    for path in render_site(folder / "warehouse.duckdb", tmp_path / "again"):
        assert path.read_bytes() == (folder / "out" / path.name).read_bytes()


def test_a_missing_warehouse_is_one_clear_message(tmp_path):
    with pytest.raises(PageError, match=r"no published warehouse\. Make it with `doorstep run`"):
        render_site(tmp_path / "none.duckdb", tmp_path / "out")


def test_a_file_that_is_no_warehouse_is_one_clear_message(tmp_path):
    (tmp_path / "w.duckdb").write_text("not a database")
    with pytest.raises(PageError, match=r"Publish it anew with `doorstep run`"):
        render_site(tmp_path / "w.duckdb", tmp_path / "out")


def test_one_file_holds_all_pages_and_plotly_and_links_to_nothing_beside_it(folder, pages, tmp_path):
    page = Page(render_file(folder / "warehouse.duckdb", tmp_path / "site.html").read_text())
    assert [each["name"] for each in page.data["documents"]] == [each.name for each in find_pages()]
    assert any("Plotly" in script for script in page.scripts) and len(page.scripts) == 2
    assert {link for link in page.links if not link.startswith("#")} == {"data:,"}
    assert {path.name for path in tmp_path.iterdir()} == {"site.html"}


def test_hostile_text_stands_in_the_html_as_text_only(hostile):
    for page in hostile.values():
        assert "<img" not in page.text and "<script>alert" not in page.text
        assert page.words.count(HOSTILE) >= 2, "the title, told as text"


def test_no_page_points_off_site(pages, hostile):
    for page in [*pages.values(), *hostile.values()]:
        assert {link for link in page.links if not link.startswith("#")} <= {*pages, "plotly.min.js", "data:,"}
        assert not re.search(r"https?://(?!www\.w3\.org/2000/svg)|@import|url\(", page.text)


@pytest.mark.parametrize("is_single_file", [False, True])
def test_the_security_policy_allows_only_our_own_scripts_and_no_connection(folder, pages, tmp_path, is_single_file):
    import hashlib

    page = pages["index.html"]
    if is_single_file:
        page = Page(render_file(folder / "warehouse.duckdb", tmp_path / "site.html").read_text())
    policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page.text)[1]
    rules = dict(rule.strip().split(" ", 1) for rule in policy.split(";"))
    hashes = {f"'sha256-{base64.b64encode(hashlib.sha256(each.encode()).digest()).decode()}'" for each in page.scripts}
    assert set(rules["script-src"].split()) == hashes | ({"'self'"} if not is_single_file else set())
    assert rules["default-src"] == rules["connect-src"] == rules["base-uri"] == rules["form-action"] == "'none'"
    assert "unsafe-eval" not in policy


def test_plotly_shows_no_upload_button_and_knows_no_server(pages):
    for page in pages.values():
        config = page.data["site"]["plotly"]
        assert config["showSendToCloud"] is False and config["plotlyServerURL"] == ""


def test_the_banner_stands_on_every_page_of_simulated_logs_and_on_none_of_recorded_ones(pages, tmp_path):
    assert all("Simulated data." in page.words for page in pages.values())
    assert not any("Simulated" in page.words for page in site_of(tmp_path / "w", origin="recorded").values())


def test_every_page_says_title_data_cut_and_build(pages):
    for page in pages.values():
        assert "A pilot" in page.words and "18 Apr 2022, 05:00 UTC" in page.words and "b1" in page.words


def test_a_page_holds_the_rows_of_the_warehouse_to_the_last_cent(folder, pages):
    with duckdb.connect(str(folder / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        for page in find_pages():
            for name, query in page.module.QUERY.items():
                result = connection.execute(query.sql)
                types = {column[0]: str(column[1]) for column in result.description}
                rows, columns = result.fetchall(), pages[page.file].frames[name]["columns"]
                assert list(columns) == list(types)
                for at, (column, kind) in enumerate(types.items()):
                    told, given = columns[column], [row[at] for row in rows]
                    if kind.startswith("DECIMAL"):
                        assert told == [None if value is None else float(value) for value in given]
                    elif kind == "DOUBLE":
                        assert told == pytest.approx(given, abs=5e-3 if "minutes" in column else 5e-6, rel=1e-8)
                    else:
                        assert len(told) == len(given)


def test_every_measure_is_a_column_of_its_query_and_so_is_its_n(pages):
    seen = 0
    for page, query, measure in everything_shown():
        frames = pages[page.file].frames
        columns = next(frame["columns"] for name, frame in frames.items() if page.module.QUERY[name] is query)
        for column in (measure.column, *(column for column, _ in measure.n)):
            assert column in columns, f"{page.name}: {query.table}.{column} is shown and not selected"
        seen += 1
    assert seen > 150


def test_no_figure_that_is_no_count_or_sum_is_shown_anywhere_without_its_n():
    units = {
        (table, column["name"]): column["config"]["meta"]["unit"]
        for table, columns in METRIC_TABLES.items()
        for column in columns
        if column.get("config", {}).get("meta")
    }
    given = {"minimum_wage_usd_least"}  # a law's figure, not one of drivers
    judged = [each for each in everything_shown() if units.get((each[1].table, each[2].column)) in RATES]
    assert len(judged) > 80
    for page, query, measure in judged:
        assert measure.n or measure.column in given, f"{page.name}: {query.table}.{measure.column} ({measure.label})"


def test_every_kind_of_section_is_drawn_by_a_script():
    scripts = "".join((SOURCES / "site" / f"{name}.js").read_text() for name in SCRIPTS)
    drawn = set(re.findall(r"^CHARTS\.(\w+) =", scripts, re.MULTILINE)) | {"cards", "table", "what_if"}
    used = {section.kind for page in find_pages() for section in page.module.SECTIONS}
    assert used == drawn, "a kind without a script, or a script that nothing uses"
    assert {path.stem for path in (SOURCES / "site").glob("*.js")} == set(SCRIPTS)


def test_what_a_definition_says_is_what_the_dictionary_says(pages):
    definitions = pages["driver_earnings.html"].data["site"]["definitions"]
    found = definitions["driver_earnings.net_per_hour_usd"]
    assert found["meaning"] == "Meaning of net_per_hour_usd." and found["better"] == "up"
    assert "net_pay_parts.gas_per_hour_usd" in definitions and "delivery_speed.due" not in definitions


def test_rivals_are_lettered_with_population_period_and_source_and_are_no_series(pages):
    (section,) = (each for each in sections(pages["delivery_speed.html"]) if each["kind"] == "arrivals")
    assert section["references"] == [
        {
            "letter": "A",
            "value": 42.0,
            "label": "Rival, click to door, median: 42.0 minutes. Elsewhere; 2014-10. Source: A paper.",
        }
    ]


def sections(page):
    return page.data["documents"][0]["sections"]


def test_a_warehouse_without_rivals_has_no_reference_lines(tmp_path):
    pages = site_of(tmp_path / "w", rivals=())
    assert not any(each.get("references") for page in pages.values() for each in sections(page))


@pytest.fixture(scope="module")
def long(tmp_path_factory):
    """Pages of more weeks and days than they hold."""
    return site_of(tmp_path_factory.mktemp("long"), weeks=WEEKS + 4, days=DAYS + 3)


def test_history_is_bounded_to_the_latest_weeks_and_days(long):
    columns = long["index.html"].frames["speed"]["columns"]
    weeks = {start for grain, start in zip(columns["grain"], columns["period_start"], strict=True) if grain == "week"}
    days = {start for grain, start in zip(columns["grain"], columns["period_start"], strict=True) if grain == "day"}
    assert (len(weeks), min(weeks), max(weeks)) == (WEEKS, "2022-02-07", "2022-08-01")
    assert (len(days), min(days), max(days)) == (DAYS, "2022-01-13", "2022-02-09")


def test_no_page_grows_beyond_its_bytes_however_long_the_history(long):
    for page in long.values():
        assert len(page.text.encode()) <= MOST_BYTES


def test_queries_only_select_and_filter():
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select distinct function_name from duckdb_functions() where function_type = 'aggregate'"
        )
        aggregates = {name for (name,) in rows.fetchall() if name.isidentifier()}
    assert {"sum", "count", "avg", "quantile_cont", "max"} <= aggregates
    queries = [query.sql for page in find_pages() for query in page.module.QUERY.values()]
    assert len(queries) > 8
    for query in (re.sub(r"'[^']*'", "''", each) for each in queries):
        assert not set(re.findall(r"(\w+)\s*\(", query.lower())) & aggregates, query
        assert not re.search(r"group by|distinct|[-+/%]|\* *[^\s]", query.lower()), query


def test_pages_compute_no_figure():
    forbidden = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
    for path in (SOURCES / "pages").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, forbidden)), f"{path.name}:{node.lineno}"
            assert not (isinstance(node, ast.Name) and node.id in ("sum", "statistics")), f"{path.name}:{node.lineno}"


@pytest.mark.parametrize("seed", range(3))
def test_any_figure_may_be_missing_anywhere(tmp_path, seed):
    rng = random.Random(seed)
    warehouse = make_warehouse(tmp_path / "w.duckdb", weeks=2)
    with duckdb.connect(str(warehouse)) as connection:
        for table in CELL_TABLES:
            names = [each["name"] for each in METRIC_TABLES[table] if each["name"] not in KEYS]
            for name in rng.sample(names, min(12, len(names))):
                which = rng.choice(["true", "offer_type = 'all'", "offer_type = 'retail'", "market_id = 'all'"])
                connection.execute(f"update {table} set {name} = null where {which}")
    for path in render_site(warehouse, tmp_path / "out"):
        if path.suffix == ".html":
            Page(path.read_text())


@pytest.mark.parametrize("logs", [(), *((table,) for table in (*METRIC_TABLES, *AUDIT_TABLES))])
def test_a_table_without_rows_leaves_its_pages_whole(tmp_path, logs):
    for page in site_of(tmp_path / "w", logs=logs, weeks=1).values():
        assert sections(page)
