"""`doorstep docs`: the page holds what is published, and asks nobody for anything."""

import json
import shutil
from pathlib import Path

import duckdb
import pytest
from dbt.task.docs import DOCS_INDEX_FILE_PATH

from dashboards import warehouse
from dashboards.page import find_pages
from pipelines.dbt_docs import script_json
from pipelines.workspace import PROJECT_ROOT
from tests.integration.browser import needs_chromium, open_browser
from tests.integration.conftest import doorstep

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
        f"page_{page.name}": read_by_all | {table for query in page.module.QUERY.values() for table in reads(query.sql)}
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
        f"page_{page.name}": page.module.TITLE for page in find_pages()
    }


def reads(query: str) -> set[str]:
    with duckdb.connect() as connection:
        return connection.get_table_names(query, qualified=True)


def test_the_docs_know_nothing_of_the_machine_they_were_made_on(page: Path, inlined: dict[str, dict]):
    html = page.read_text(encoding="utf-8")
    assert [path for path in (page.parents[2], page.parents[3], PROJECT_ROOT, Path.home()) if f"{path}/" in html] == []
    metadata = inlined["manifest"]["metadata"]
    assert (metadata["env"], metadata["user_id"]) == ({}, None)


def test_the_docs_carry_no_tracker_and_no_text_that_ends_their_script(page: Path, inlined: dict[str, dict]):
    html, template = page.read_text(encoding="utf-8"), Path(DOCS_INDEX_FILE_PATH).read_text(encoding="utf-8")
    assert "cloudfront.net" in template and "cloudfront.net" not in html
    assert inlined["manifest"]["metadata"]["send_anonymous_usage_stats"] is False
    assert script_json("</script><!--").count("<") == 0
    assert html.count("</script") == template.count("</script")


WAIT_FOR = """new Promise((done, failed) => {
    const look = n => document.body.innerText.includes(WORDS) ? done(true)
        : n > 200 ? failed(WORDS) : setTimeout(look, 100, n + 1);
    look(0);
})"""
CALL_OUT = """new Promise(done => {
    document.addEventListener('securitypolicyviolation', event => done(event.violatedDirective));
    fetch('https://example.invalid').then(() => done('answered'), () => 0);
})"""


@needs_chromium
def test_in_a_browser_the_docs_show_tables_and_pages_and_ask_for_nothing(page: Path, tmp_path: Path):
    places = {
        "overview": "Orders brought from the mall",
        "model/model.doorstep.fct_trips": "net_per_hour_usd",
        "source/source.doorstep.reference.fuel_prices": "usd_per_unit",
        "exposure/exposure.doorstep.page_driver_earnings": "From gross to net",
    }
    with open_browser(tmp_path / "profile") as browser:
        browser.show(page)
        for place, words in places.items():
            browser.evaluate(f"location.hash = '#!/{place}'")
            browser.evaluate(WAIT_FOR.replace("WORDS", json.dumps(words)))
        assert browser.complaints() == []
        asked = {address.split("#")[0] for address in browser.requests() if not address.startswith("data:")}
        assert asked == {page.as_uri()}, "not even for a file beside it"
        assert browser.evaluate(CALL_OUT) == "connect-src", "and could not if it tried"


def test_of_a_build_that_lacks_a_table_there_are_no_docs(page: Path, tmp_path: Path):
    (tmp_path / "build").mkdir()
    shutil.copy(page.parents[1] / "working.duckdb", tmp_path / "build")
    with duckdb.connect(str(tmp_path / "build/working.duckdb")) as connection:
        connection.execute("drop table main.fct_blocks")
    done = doorstep("docs", "--workspace", tmp_path)
    assert (done.returncode, done.stdout) == (1, "") and len(done.stderr.splitlines()) == 1
    assert "did not make fct_blocks. doorstep run --workspace" in done.stderr
    assert list((tmp_path / "build/docs").iterdir()) == []


def test_without_a_build_the_docs_say_what_to_do(tmp_path: Path):
    done = doorstep("docs", "--workspace", tmp_path)
    assert (done.returncode, done.stdout) == (1, "")
    assert "nothing is built yet" in done.stderr and "doorstep run --workspace" in done.stderr
    assert "Traceback" not in done.stderr and list(tmp_path.iterdir()) == []
