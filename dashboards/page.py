"""Published warehouse in, a folder of HTML pages out.

Belongs here: finding the pages, running their queries, filling the templates, putting the files in place.
Does not belong here: what a page shows (`pages/`), what it looks like (`theme.py`, `templates/`).
"""

import base64
import hashlib
import importlib
import json
import pkgutil
import shutil
import tempfile
from collections.abc import Iterator, Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import dashboards.pages
from dashboards.content import Section, Site
from dashboards.text import NO_DATA, Row, moment
from dashboards.theme import chart_settings, css_variables
from dashboards.warehouse import open_warehouse, read_site, select

FRONT_PAGE = "overview"
PLOTLY_JS = "plotly.min.js"


class PageModule(Protocol):
    """What a file in `pages/` has. A `MENU_ORDER` (default 100) may say where it stands in the menu."""

    TITLE: str
    QUERY: Mapping[str, str]

    def build(self, rows: Mapping[str, list[Row]], site: Site) -> Sequence[Section]:
        """The page's sections from the rows of its named queries."""
        ...


class Page(NamedTuple):
    """A page found in `pages/`: the module's stem, the file it is written to, the module."""

    name: str
    file: str
    module: PageModule


def find_pages() -> list[Page]:
    """All modules of `dashboards.pages` in menu order, the overview first; it becomes index.html."""
    names = [each.name for each in pkgutil.iter_modules(dashboards.pages.__path__) if not each.name.startswith("_")]
    pages = [Page(name, "index.html" if name == FRONT_PAGE else f"{name}.html", _load(name)) for name in names]
    return sorted(
        pages, key=lambda page: (page.name != FRONT_PAGE, getattr(page.module, "MENU_ORDER", 100), page.module.TITLE)
    )


def _load(name: str) -> PageModule:
    return cast(PageModule, importlib.import_module(f"dashboards.pages.{name}"))


def render_site(warehouse: Path, out: Path) -> list[Path]:
    """Write all pages and the plotly.js they share into the folder `out`; the paths written.

    Everything is rendered beside `out` first and then moved in file by file, the front page last: a reader meets
    whole pages only, each naming its build, and a failure leaves the old pages as they were.
    Raises PageError where the warehouse cannot be read or lacks a table or column.
    """
    with open_warehouse(warehouse) as connection:
        site = read_site(connection)
        pages = find_pages()
        texts = {page.file: _render(page, pages, _rows(connection, page), site) for page in pages}
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        _write(fresh, texts)
        return _put_in_place(fresh, out, [PLOTLY_JS, *reversed(texts)])
    finally:
        shutil.rmtree(fresh)


def _rows(connection: duckdb.DuckDBPyConnection, page: Page) -> dict[str, list[Row]]:
    return {name: select(connection, query) for name, query in page.module.QUERY.items()}


def _write(folder: Path, texts: Mapping[str, str]) -> None:
    for file, text in texts.items():
        (folder / file).write_text(text, encoding="utf-8")
    (folder / PLOTLY_JS).write_bytes((resources.files("plotly") / "package_data" / PLOTLY_JS).read_bytes())


def _put_in_place(fresh: Path, out: Path, files: Sequence[str]) -> list[Path]:
    out.mkdir(exist_ok=True)
    for file in files:
        (fresh / file).replace(out / file)
    for stale in set(out.glob("*.html")) - {out / file for file in files}:
        stale.unlink()
    return [out / file for file in files]


def _render(page: Page, pages: Sequence[Page], rows: Mapping[str, list[Row]], site: Site) -> str:
    script, style = _asset("site.js"), _asset("site.css")
    sections = page.module.build(rows, site)
    return _environment().get_template("page.html.j2").render(
        page=page,
        pages=pages,
        site=site,
        cards=[each for each in sections if each.link],
        sections=[each for each in sections if not each.link],
        definitions=_shown_definitions(sections, site),
        as_of=moment(site.build.as_of) if site.build.as_of else "unknown",
        script=script,
        style=style,
        script_hash=_hash(script),
        colours=css_variables(),
        chart_settings=chart_settings(),
        plotly_js=PLOTLY_JS,
        nothing=NO_DATA,
    )  # fmt: skip


def _shown_definitions(sections: Sequence[Section], site: Site) -> dict[tuple[str, str], tuple[str, Row]]:
    """(table, column) -> (label, row of metric_dictionary) of every column the page's tables and cards show."""
    return {key: (label, site.definitions[key]) for key, label in _shown(sections) if key in site.definitions}


def _shown(sections: Sequence[Section]) -> Iterator[tuple[tuple[str, str], str]]:
    for table in (section.table for section in sections if section.has_data):
        for column in table.columns:
            yield (table.source, column.name), column.label


def _environment() -> Environment:
    """Jinja with autoescape everywhere and an error for any name a template misspells."""
    environment = Environment(
        loader=PackageLoader("dashboards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )
    environment.filters["script_json"] = script_json
    return environment


def script_json(value: object) -> Markup:
    """JSON for a `<script>` of data: nothing in it can close the element or open another."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    for sign in "<>&\u2028\u2029":
        text = text.replace(sign, f"\\u{ord(sign):04x}")
    return Markup(text)


def _asset(name: str) -> Markup:
    """A file of our own templates folder, trusted as it is."""
    return Markup((resources.files("dashboards") / "templates" / name).read_text(encoding="utf-8"))


def _hash(script: str) -> str:
    """A script's content as the page's security policy names it."""
    return "sha256-" + base64.b64encode(hashlib.sha256(script.encode()).digest()).decode()
