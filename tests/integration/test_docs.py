"""`doorstep docs`: the page holds what is published, and asks nobody for anything."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest

from dashboards import warehouse
from dashboards.page import find_pages
from tests.integration.conftest import doorstep
from tests.integration.test_pages import CHROMIUM, Browser

BEGINNINGS = {
    name: f'{{"metadata": {{"dbt_schema_version": "https://schemas.getdbt.com/dbt/{name}/'
    for name in ("manifest", "catalog")
}


@pytest.fixture(scope="module")
def page(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("docs") / "work space"
    shutil.copytree(built, root)
    done = doorstep("docs", "--workspace", root)
    assert done.returncode == 0, done.stdout + done.stderr
    assert done.stdout == f"Docs: {root}/build/docs/index.html\n"
    return root / "build/docs/index.html"


@pytest.fixture(scope="module")
def inlined(page: Path) -> dict[str, dict]:
    """dbt's manifest and catalog, as the page carries them."""
    html = page.read_text(encoding="utf-8")
    return {name: json.JSONDecoder().raw_decode(html[html.index(text) :])[0] for name, text in BEGINNINGS.items()}


def test_the_docs_are_one_file_with_every_published_table_and_column(page: Path, inlined: dict[str, dict]):
    assert [path.name for path in page.parent.iterdir()] == ["index.html"]
    shown = {
        (node["metadata"]["schema"], node["metadata"]["name"], column)
        for kind in ("nodes", "sources")
        for node in inlined["catalog"][kind].values()
        for column in node["columns"]
    }
    with duckdb.connect(str(page.parents[2] / "warehouse.duckdb"), read_only=True) as connection:
        published = connection.execute(
            "select schema_name, table_name, column_name from duckdb_columns() where not internal"
        ).fetchall()
    assert len(published) > 200
    made_by_publish = {each for each in published if each[:2] == ("audit", "builds")}
    assert set(published) - shown == made_by_publish


def test_the_docs_name_every_page_with_the_tables_it_really_reads(inlined: dict[str, dict]):
    read_by_all = {
        table for query in (warehouse.DICTIONARY, warehouse.MARKETS, warehouse.RIVALS) for table in reads(query)
    }
    expected = {
        page.name: read_by_all | {table for query in page.module.QUERY.values() for table in reads(query)}
        for page in find_pages()
    }
    assert reads(warehouse.BUILDS) == {"audit.builds"}, "no table of dbt's: publish makes it"
    nodes = inlined["manifest"]["nodes"] | inlined["manifest"]["sources"]
    exposures = inlined["manifest"]["exposures"].values()
    found = {
        each["name"]: {f"{nodes[of]['schema']}.{nodes[of]['name']}" for of in each["depends_on"]["nodes"]}
        for each in exposures
    }
    assert found == expected, "dbt_project/models/exposures.yml against QUERY of dashboards/pages"
    assert {each["name"]: each["label"] for each in exposures} == {
        page.name: page.module.TITLE for page in find_pages()
    }


def reads(query: str) -> set[str]:
    with duckdb.connect() as connection:
        return connection.get_table_names(query, qualified=True)


@pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")
def test_the_docs_ask_for_no_other_file_and_no_network(page: Path, tmp_path: Path):
    assert CHROMIUM
    browser = Browser(CHROMIUM, tmp_path / "profile")
    try:
        browser.show(page)
        for fragment in ("overview", "model/model.doorstep.fct_trips", "exposure/exposure.doorstep.overview"):
            browser.evaluate(f"location.hash = '#!/{fragment}'")
            title = fragment.rsplit(".")[-1]
            assert browser.evaluate(
                "new Promise(done => { const look = n => "
                f"document.body.innerText.toLowerCase().includes('{title}') ? done(true) "
                ": n > 100 ? done(false) : setTimeout(look, 100, n + 1); look(0) })"
            ), fragment
        asked = {
            event["params"]["requestId"]: event["params"]["request"]["url"].split("#")[0]
            for event in browser.events
            if event["method"] == "Network.requestWillBeSent"
        }
        refused = {
            event["params"]["requestId"]
            for event in browser.events
            if event["method"] == "Network.loadingFailed" and event["params"].get("blockedReason")
        }
        reached = {url for request, url in asked.items() if request not in refused and not url.startswith("data:")}
        assert reached == {page.as_uri()}, "what its placeholders of icons ask for is refused"
        assert [url for url in asked.values() if url.startswith(("http", "ws"))] == [], "not even tried"
    finally:
        browser.close()


def test_without_a_build_the_docs_say_what_to_do(tmp_path: Path):
    done = doorstep("docs", "--workspace", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing is built yet" in done.stderr and "doorstep run --workspace" in done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []
