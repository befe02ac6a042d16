"""The pages as files: what is written, what it says, what it must never contain."""

import ast
import json
import random
import re
import sys
from html.parser import HTMLParser
from pathlib import Path

import duckdb
import pytest

import dashboards.pages
from dashboards.page import find_pages, render_site
from dashboards.warehouse import PageError
from tests.unit.dashboards_world import COLUMNS, MARKETS, make_warehouse

SOURCES = Path(dashboards.__file__).parent
HOSTILE = "</script><script>alert(1)</script><img src=x onerror=alert(1)>%{y}&amp;"


class Page(HTMLParser):
    """What a test asks of a page: data of its charts, tables by caption, text of elements by class."""

    def __init__(self, text: str) -> None:
        super().__init__()
        self.text = text
        self.charts: dict[str, dict] = {}
        self.tables: list[list[list[str]]] = []
        self.links: list[str] = []
        self.scripts: list[str] = []
        self._chart = self._is_script = self._is_cell = None
        self.feed(text)

    def handle_starttag(self, tag, attrs):
        found = dict(attrs)
        self.links += [found[name] for name in ("src", "href") if name in found]
        self._chart = found.get("data-chart") if tag == "script" else None
        self._is_script = tag == "script" and "src" not in found and "type" not in found
        if tag == "table":
            self.tables.append([])
        elif tag == "tr":
            self.tables[-1].append([])
        elif tag in ("td", "th"):
            self.tables[-1][-1].append("")
        self._is_cell = tag in ("td", "th") or (tag == "button" and self._is_cell)

    def handle_endtag(self, tag):
        if tag == "script":
            self._chart = self._is_script = None
        if tag in ("table", "details"):
            self._is_cell = False

    def handle_data(self, data):
        if self._chart:
            self.charts[self._chart] = json.loads(data)
        elif self._is_script:
            self.scripts.append(data)
        elif self._is_cell:
            self.tables[-1][-1][-1] += data.strip()

    def count(self, words: str) -> int:
        return self.text.count(words)


def site_of(folder: Path, **world) -> dict[str, Page]:
    folder.mkdir(exist_ok=True)
    written = render_site(make_warehouse(folder / "warehouse.duckdb", **world), folder / "out")
    return {path.name: Page(path.read_text()) for path in written if path.suffix == ".html"}


@pytest.fixture(scope="module")
def pages(tmp_path_factory):
    return site_of(tmp_path_factory.mktemp("world"))


@pytest.fixture(scope="module")
def silent(tmp_path_factory):
    """Pages of a warehouse without any log."""
    return site_of(tmp_path_factory.mktemp("silent"), logs=())


@pytest.fixture(scope="module")
def hostile(tmp_path_factory):
    """Pages of a warehouse with markup in every text that comes from data."""
    return site_of(
        tmp_path_factory.mktemp("hostile"),
        markets={"m1": HOSTILE, "m2": "Plain"},
        title=HOSTILE,
        rivals=((HOSTILE, "click_to_door_p50", 42.0, HOSTILE, HOSTILE, HOSTILE, HOSTILE),),
    )


def traces(pages, kind="scatter"):
    for page in pages.values():
        for figure in page.charts.values():
            yield from (trace for trace in figure["data"] if trace["type"] == kind)


def test_every_module_of_pages_is_a_file_and_a_menu_entry_on_every_page(pages):
    files = {page.file: page.module.TITLE for page in find_pages()}
    assert next(iter(files)) == "index.html"
    assert set(files) == set(pages)
    for page in pages.values():
        assert [link for link in page.links if link.endswith(".html")][: len(files)] == list(files)


def test_a_new_file_in_pages_becomes_a_page_and_a_menu_entry(tmp_path, monkeypatch):
    (tmp_path / "added.py").write_text(
        "TITLE = 'Added'\nQUERY = {'markets': 'select market_name from main.dim_market'}\n"
        "def build(rows, site):\n    assert len(rows['markets']) == 3\n    return []\n"
    )
    monkeypatch.setattr(dashboards.pages, "__path__", [*dashboards.pages.__path__, str(tmp_path)])
    try:
        pages = site_of(tmp_path / "world")
    finally:
        sys.modules.pop("dashboards.pages.added", None)
    assert "<h1>Added</h1>" in pages["added.html"].text
    assert all("added.html" in page.links for page in pages.values())


def test_the_folder_holds_the_pages_and_one_shared_plotly(tmp_path):
    written = render_site(make_warehouse(tmp_path / "w.duckdb"), tmp_path / "out")
    assert sorted(written) == sorted((tmp_path / "out").iterdir())
    assert sum(path.suffix == ".js" for path in written) == 1
    assert all(path.stat().st_size < 400_000 for path in written if path.suffix == ".html")


def test_nothing_but_the_given_folder_is_left_behind(tmp_path):
    render_site(make_warehouse(tmp_path / "w.duckdb"), tmp_path / "out")
    assert sorted(path.name for path in tmp_path.iterdir()) == ["out", "w.duckdb"]


def test_a_failure_leaves_the_old_pages_as_they_were(tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb")
    before = {path: path.read_bytes() for path in render_site(warehouse, tmp_path / "out")}
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("alter table driver_earnings drop column net_per_hour_usd")
    with pytest.raises(PageError, match=r"net_per_hour_usd.*doorstep run"):
        render_site(warehouse, tmp_path / "out")
    assert {path: path.read_bytes() for path in (tmp_path / "out").iterdir()} == before


def test_a_page_that_no_longer_exists_is_taken_away(tmp_path):
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "gone.html").write_text("old")
    render_site(make_warehouse(tmp_path / "w.duckdb"), tmp_path / "out")
    assert not (tmp_path / "out" / "gone.html").exists()


def test_the_same_warehouse_gives_the_same_bytes(tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb")
    first, second = render_site(warehouse, tmp_path / "a"), render_site(warehouse, tmp_path / "b")
    assert [path.read_bytes() for path in first] == [path.read_bytes() for path in second]


def test_a_missing_warehouse_is_one_clear_message(tmp_path):
    with pytest.raises(PageError, match=r"nowhere\.duckdb: no published warehouse\. Make it with `doorstep run`"):
        render_site(tmp_path / "nowhere.duckdb", tmp_path / "out")


def test_a_file_that_is_no_warehouse_is_one_clear_message(tmp_path):
    (tmp_path / "w.duckdb").write_text("not a database, but long enough to be looked at" * 100)
    with pytest.raises(PageError, match=r"w\.duckdb: .*doorstep run"):
        render_site(tmp_path / "w.duckdb", tmp_path / "out")


def test_hostile_text_stays_text_in_html(hostile):
    for page in hostile.values():
        assert "<script>alert" not in page.text
        assert "<img" not in page.text
        assert len(page.scripts) == 1, "only our own script runs"
        assert "&lt;/script&gt;" in page.text


def strings(value):
    if isinstance(value, str):
        yield value
    for each in value.values() if isinstance(value, dict) else value if isinstance(value, list) else ():
        yield from strings(each)


def test_hostile_text_stays_text_in_plotly_labels(hostile):
    labels = [words for page in hostile.values() for words in strings(list(page.charts.values()))]
    ours = re.compile(r"</?b>|<br>|<extra></extra>")
    assert any("&lt;/script&gt;" in label for label in labels)
    assert not any("<" in ours.sub("", label) for label in labels)


def test_no_page_points_off_site(pages, hostile):
    files = {*pages, "plotly.min.js", "data:,", "#main"}
    for page in (*pages.values(), *hostile.values()):
        assert set(page.links) <= files
        assert not re.search(r"(https?:)?//[a-z]", page.text.replace("// ", ""))


def test_the_security_policy_allows_only_our_own_script(pages):
    for page in pages.values():
        policy = re.search(r'Content-Security-Policy" content="([^"]+)"', page.text)
        assert policy and "default-src 'none'" in policy[1] and "connect-src 'none'" in policy[1]
        assert "unsafe-eval" not in policy[1] and re.search(r"script-src 'self' 'sha256-[^']+'", policy[1])


def test_plotly_shows_no_upload_button_and_knows_no_server(pages):
    for page in pages.values():
        assert '"showSendToCloud":false' in page.text and '"plotlyServerURL":""' in page.text
        assert '"displaylogo":false' in page.text


def test_the_banner_stands_on_every_page_of_simulated_logs_and_on_none_of_recorded_ones(pages, tmp_path):
    assert all(page.count("Simulated data.") == 1 for page in pages.values())
    assert not any(page.count("Simulated data") for page in site_of(tmp_path / "w", origin="recorded").values())


def test_every_page_says_title_data_cut_and_build(pages):
    for page in pages.values():
        assert "<title>" in page.text and "A pilot</title>" in page.text
        assert "18\u00a0Apr\u00a02022, 05:00\u00a0UTC" in page.text
        assert "<code>b1</code>" in page.text


def test_without_logs_every_section_says_so_and_draws_nothing(silent):
    for page in silent.values():
        assert page.charts == {} and page.tables == []
        assert page.count("No data in these logs.") == page.count("<section") > 0


def test_trips_without_any_pay_are_no_earnings_of_zero(tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("update driver_earnings set gross_usd = 0, gross_per_hour_usd = 0, net_per_hour_usd = null")
    render_site(warehouse, tmp_path / "out")
    page = Page((tmp_path / "out" / "driver_earnings.html").read_text())
    assert page.charts == {} and "$0" not in page.text
    overview = (tmp_path / "out" / "index.html").read_text()
    assert re.search(r'What is left per hour\?</h2>\s*<p class="no-data">', overview)


def test_orders_without_a_promise_have_no_on_time_share_but_their_minutes(tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute(
            "update delivery_speed set due = 0, on_time_share = null, on_time_share_low = null,"
            " on_time_share_high = null"
        )
    render_site(warehouse, tmp_path / "out")
    page = Page((tmp_path / "out" / "delivery_speed.html").read_text())
    assert page.count("No data in these logs.") == 1
    assert page.charts
    overview = (tmp_path / "out" / "index.html").read_text()
    assert "no data</dd>" in overview and "n\u00a0=\u00a00\u00a0due orders" in overview


def test_figures_of_few_drivers_are_said_to_be_withheld(tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        names = [f"driver_net_per_hour_usd_{end}" for end in ("p10", "p25", "p50", "p75", "p90")]
        nulls = ", ".join(f"{name} = null" for name in (*names, "below_minimum_wage_hours_share"))
        connection.execute(f"update driver_earnings set is_suppressed = true, {nulls} where market_id = 'chandler'")
    render_site(warehouse, tmp_path / "out")
    page = Page((tmp_path / "out" / "driver_earnings.html").read_text())
    apart = next(table for table in page.tables if "Median driver (USD/h)" in table[0])
    of_chandler = [row for row in apart if row[0] == "Chandler"]
    assert len(of_chandler) == 4 and all(row[2:7] == ["withheld"] * 5 for row in of_chandler)
    assert not any("withheld" in row for row in apart if row[0] != "Chandler")


def test_tables_hold_the_figures_of_the_warehouse(pages, tmp_path):
    with duckdb.connect(str(make_warehouse(tmp_path / "w.duckdb"))) as connection:
        expected = connection.execute(
            "select market_name, offer_type, on_time_share, due from delivery_speed join dim_market using (market_id)"
            " where grain = 'week' and period_start = '2022-01-17'"
        ).fetchall()
    table = next(table for table in pages["delivery_speed.html"].tables if table[0][3] == "On time (%)")
    rows = [row for row in table if row[0] == "17\u00a0Jan\u00a02022" and row[1] != "All markets"]
    found = {(row[1], row[2].split()[0].lower()): (row[3], row[5]) for row in rows}
    assert found == {
        (market, offer_type): (f"{share * 100:.1f}", f"{due:,}") for market, offer_type, share, due in expected
    }


def test_lines_hold_the_figures_of_the_warehouse(pages, tmp_path):
    with duckdb.connect(str(make_warehouse(tmp_path / "w.duckdb"))) as connection:
        expected = connection.execute(
            "select acceptance_share from offer_acceptance where grain = 'week' and market_id = 'tysons'"
            " and offer_type = 'retail' order by period_start"
        ).fetchall()
    chart = pages["offers_and_acceptance.html"].charts["chart-1-4"]  # after all markets, Chandler, Las Vegas
    line = next(trace for trace in chart["data"] if trace.get("mode") == "lines+markers")
    assert line["y"] == [pytest.approx(share, abs=1e-6) for (share,) in expected]
    assert line["x"] == ["2022-01-10", "2022-01-17", "2022-01-24", "2022-01-31"]


def test_the_waterfall_closes_with_the_figures_of_the_warehouse(pages, tmp_path):
    with duckdb.connect(str(make_warehouse(tmp_path / "w.duckdb"))) as connection:
        gross, net = connection.execute(
            "select costed_gross_usd, costed_net_usd from driver_earnings"
            " where grain = 'all' and market_id = 'all' and offer_type = 'retail'"
        ).fetchall()[0]
    steps = next(traces(pages, "waterfall"))
    assert steps["measure"] == ["absolute", "relative", "relative", "relative", "total"]
    assert steps["y"][0] == float(gross) and steps["y"][-1] == float(net)
    assert sum(steps["y"][:-1]) == pytest.approx(float(net), abs=1e-6)


def test_no_mark_is_drawn_without_its_n(pages):
    texts = [text for trace in traces(pages) if "hovertext" in trace for text in trace["hovertext"]]
    assert len(texts) > 500
    assert all("n\u00a0=\u00a0" in text for text in texts)


def test_no_figure_of_a_card_stands_without_its_n(pages):
    stats = re.findall(r'<dd class="value">.*?</dd><dd class="behind">(.*?)</dd>', pages["index.html"].text)
    assert len(stats) == 7
    assert all("n\u00a0=\u00a0" in behind for behind in stats)


def test_every_chart_has_its_sentence_and_its_table(pages):
    for page in pages.values():
        sections = re.findall(r'<section class="(?:block|card charts)".*?</section>', page.text, re.S)
        drawn = [section for section in sections if "data-chart" in section]
        assert drawn
        for section in drawn:
            caption = re.search(r'<p class="caption">(.*?)</p>', section)
            assert caption and re.search(r"\d", caption[1]), section[:200]
            assert "<table>" in section


def test_every_term_opens_a_definition_that_is_there(pages):
    for page in pages.values():
        targets = re.findall(r'popovertarget="([^"]+)"', page.text)
        assert targets and set(targets) <= set(re.findall(r'popover class="definition" id="([^"]+)"', page.text))
    assert "Meaning of on_time_share." in pages["delivery_speed.html"].text


def test_a_week_without_a_row_breaks_the_line(tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb", markets={"m": "Only"}, offer_types=("retail",))
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("delete from delivery_speed where grain = 'week' and period_start = '2022-01-24'")
    render_site(warehouse, tmp_path / "out")
    chart = Page((tmp_path / "out" / "delivery_speed.html").read_text()).charts["chart-1-1"]
    band, line = chart["data"]
    assert line["x"][2] == "2022-01-24" and line["y"][2] is None and None not in line["y"][:2]
    assert band["x"].count(None) == 2, "one outline before the gap, one after it"


def test_a_single_market_is_shown_once_and_not_as_all_markets_too(tmp_path):
    pages = site_of(tmp_path / "w", markets={"m": "Only"}, offer_types=("retail",))
    assert re.findall(r'<h3 id="chart-1-\d+-title">(.*?)</h3>', pages["delivery_speed.html"].text) == ["Only"]


def test_rivals_are_lettered_lines_with_population_period_and_source_and_never_a_series(pages):
    page = pages["delivery_speed.html"]
    assert "<b>A</b> Rival, click to door, median: 42.0 minutes. Elsewhere; 2014-10. Source: A paper." in page.text
    assert [shape["y0"] for shape in page.charts["chart-2-1"]["layout"]["shapes"]] == [42.0]
    assert not any("Rival" in json.dumps(trace) for trace in traces(pages))


def test_a_warehouse_without_rivals_has_no_reference_lines(tmp_path):
    warehouse = make_warehouse(tmp_path / "w.duckdb")
    with duckdb.connect(str(warehouse)) as connection:
        connection.execute("drop table reference.rivals")
    render_site(warehouse, tmp_path / "out")
    assert "other services" not in (tmp_path / "out" / "delivery_speed.html").read_text()


def test_history_is_bounded_to_the_latest_26_weeks(tmp_path):
    pages = site_of(tmp_path / "w", weeks=60)
    line = next(trace for trace in traces(pages) if trace.get("mode") == "lines+markers")
    assert len(line["x"]) == 26 and line["x"][-1] == "2023-02-27"


def test_queries_only_select_and_filter():
    with duckdb.connect() as connection:
        rows = connection.execute(
            "select distinct function_name from duckdb_functions() where function_type = 'aggregate'"
        )
        aggregates = {name for (name,) in rows.fetchall() if name.isidentifier()}
    assert {"sum", "count", "avg", "quantile_cont", "max"} <= aggregates
    queries = [query for page in find_pages() for query in page.module.QUERY.values()]
    assert len(queries) > 8
    for query in queries:
        assert not set(re.findall(r"(\w+)\s*\(", query.lower())) & aggregates, query
        assert not re.search(r"group by|distinct|[-+/%]|\* *[^\s]", query.lower()), query


def test_pages_compute_no_figure():
    forbidden = (ast.Sub, ast.Mult, ast.Div, ast.FloorDiv, ast.Mod, ast.Pow)
    for path in (SOURCES / "pages").glob("*.py"):
        for node in ast.walk(ast.parse(path.read_text())):
            assert not (isinstance(node, ast.BinOp) and isinstance(node.op, forbidden)), f"{path.name}:{node.lineno}"
            assert not (isinstance(node, ast.Name) and node.id in ("sum", "statistics")), f"{path.name}:{node.lineno}"


def test_the_worlds_columns_are_those_of_the_dbt_models():
    models = SOURCES.parent / "dbt_project" / "models" / "metrics"
    for table, kinds in COLUMNS.items():
        text = (models / f"{table}.yml").read_text()
        declared = dict(re.findall(r"- name: (\w+)\n(?:(?!\s+- name:).*\n)*?\s+data_type: (\S+)", text))
        for kind, names in kinds.items():
            for name in names.split():
                assert declared.get(name) == kind.replace(" ", ""), f"{table}.{name}"


@pytest.mark.parametrize("seed", range(3))
def test_any_figure_may_be_missing_anywhere(tmp_path, seed):
    rng = random.Random(seed)
    warehouse = make_warehouse(tmp_path / "w.duckdb", weeks=2)
    with duckdb.connect(str(warehouse)) as connection:
        for table, kinds in COLUMNS.items():
            for name in rng.sample(" ".join(kinds.values()).split(), 12):
                which = rng.choice(["true", "offer_type = 'all'", "offer_type = 'retail'", "market_id = 'all'"])
                connection.execute(f"update {table} set {name} = null where {which}")
    for path in render_site(warehouse, tmp_path / "out"):
        assert path.suffix == ".js" or not re.search(r"\bNone\b|\bnan\b", path.read_text())


@pytest.mark.parametrize("logs", [(table,) for table in COLUMNS])
def test_one_log_alone_fills_its_page_and_the_others_say_so(tmp_path, logs):
    pages = site_of(tmp_path / "w", logs=logs, weeks=1)
    for page in find_pages():
        shows = page.name == "overview" or any(f"main.{logs[0]}" in query for query in page.module.QUERY.values())
        assert bool(pages[page.file].charts) == shows


def test_markets_stand_in_the_order_of_their_names(pages):
    titles = re.findall(r'<h3 id="chart-1-\d+-title">(.*?)</h3>', pages["delivery_speed.html"].text)
    assert titles == ["All markets", *MARKETS.values()]
