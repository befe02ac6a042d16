"""Published warehouse in, a folder of HTML pages (or one file of all) out.

Belongs here: finding the pages, running their queries, filling the template, putting the files in place.
Does not belong here: what a page shows (`pages/`), how it is drawn (`site/`), what it looks like (`theme.py`).
"""

import base64
import gzip
import hashlib
import importlib
import json
import pkgutil
import shutil
import tempfile
from collections.abc import Mapping, Sequence
from importlib import resources
from pathlib import Path
from typing import NamedTuple, Protocol, cast

import duckdb
from jinja2 import Environment, PackageLoader, StrictUndefined
from markupsafe import Markup

import dashboards.pages
from dashboards.content import Cards, Json, Query, Section, Site, frame_json, readable
from dashboards.queries import DAYS, WEEKS
from dashboards.theme import COLOURS, CONFIG, OFFERS, PILOT, TEMPLATE, css_variables
from dashboards.warehouse import open_warehouse, read_site, select

FRONT_PAGE = "overview"
PLOTLY_JS = "plotly.min.js"
SCRIPTS = (
    *("words", "view", "charts", "over_time", "across", "curves", "steps"),
    *("html", "tables", "cards", "what_if", "sections", "page"),
)


class PageModule(Protocol):
    """What a file in `pages/` has.

    PICKERS (default all three) names those of market, offer and period that its sections follow, WORDS (default none)
    is a sentence above them, MENU_ORDER (default 100) says where the page stands in the menu.
    """

    TITLE: str
    QUERY: Mapping[str, Query]
    SECTIONS: Sequence[Section | Cards]


class Page(NamedTuple):
    """A page found in `pages/`: the module's stem, the file it is written to, the module."""

    name: str
    file: str
    module: PageModule

    @property
    def title(self) -> str:
        """Its heading and menu entry."""
        return self.module.TITLE


def find_pages() -> list[Page]:
    """All modules of `dashboards.pages` in menu order, the overview first; it becomes index.html."""
    names = [each.name for each in pkgutil.iter_modules(dashboards.pages.__path__) if not each.name.startswith("_")]
    pages = [Page(name, "index.html" if name == FRONT_PAGE else f"{name}.html", _load(name)) for name in names]
    return sorted(
        pages, key=lambda page: (page.name != FRONT_PAGE, getattr(page.module, "MENU_ORDER", 100), page.title)
    )


def _load(name: str) -> PageModule:
    return cast(PageModule, importlib.import_module(f"dashboards.pages.{name}"))


def render_site(warehouse: Path, out: Path) -> list[Path]:
    """Write all pages and the plotly.js they share into the folder `out`; the paths written.

    Everything is rendered beside `out` first and then moved in file by file, the front page last: a reader meets
    whole pages only, each naming its build, and a failure leaves the old pages as they were.
    Raises PageError where the warehouse cannot be read or lacks a table or column.
    """
    site, documents = _read(warehouse)
    texts = {page.file: _render(site, [document]) for page, document in zip(find_pages(), documents, strict=True)}
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = Path(tempfile.mkdtemp(prefix=f".{out.name}.", dir=out.parent))
    try:
        for file, text in texts.items():
            (fresh / file).write_text(text, encoding="utf-8")
        (fresh / PLOTLY_JS).write_bytes(_plotly())
        return _put_in_place(fresh, out, [PLOTLY_JS, *reversed(texts)])
    finally:
        shutil.rmtree(fresh)


def render_file(warehouse: Path, out: Path) -> Path:
    """Write all pages and plotly.js as the one file `out`, which needs nothing beside it.

    Raises PageError as `render_site` does.
    """
    site, documents = _read(warehouse)
    out.parent.mkdir(parents=True, exist_ok=True)
    fresh = out.with_name(f".{out.name}.tmp")
    fresh.write_text(_render(site, documents, is_single_file=True), encoding="utf-8")
    return fresh.replace(out)


def _read(warehouse: Path) -> tuple[Site, list[Json]]:
    with open_warehouse(warehouse) as connection:
        site = read_site(connection)
        return site, [_document(connection, page, site) for page in find_pages()]


def _document(connection: duckdb.DuckDBPyConnection, page: Page, site: Site) -> Json:
    """A page as its script takes it: sections, and the rows they show."""
    frames = {}
    for name, query in page.module.QUERY.items():
        columns, rows = select(connection, query.sql)
        frames[name] = frame_json(query, rows, columns)
    return {
        "name": page.name,
        "title": page.title,
        "words": getattr(page.module, "WORDS", ""),
        "pickers": getattr(page.module, "PICKERS", ("market", "offer", "period")),
        "frames": frames,
        "sections": [section.as_json(page.module.QUERY, site) for section in page.module.SECTIONS],
    }


def _site_json(site: Site, documents: Sequence[Json], is_single_file: bool) -> Json:
    shown = {
        (frame["table"], name) for each in documents for frame in each["frames"].values() for name in frame["columns"]
    }
    offers = {name: {"label": label, **vars(style)} for name, (label, style) in OFFERS.items()}
    return {
        "title": readable(site.build.title),
        "cut": site.build.as_of.isoformat() if site.build.as_of else None,
        "pilot": PILOT,
        "markets": {market: readable(name) for market, name in site.markets.items()},
        "offers": offers,
        "definitions": {
            f"{table}.{column}": {"table": table, "column": column}
            | {name: site.definitions[table, column][name] for name in ("meaning", "unit", "formula", "better")}
            for table, column in sorted(shown & set(site.definitions))
        },
        "sliders": ["gas", "mpg", "rate"],
        "colours": COLOURS,
        "template": TEMPLATE,
        "plotly": CONFIG,
        "pages": [{"name": page.name, "file": page.file} for page in find_pages()],
        "isSingleFile": is_single_file,
    }


def _render(site: Site, documents: Sequence[Json], is_single_file: bool = False) -> str:
    script = _script()
    plotly = Markup(_plotly().decode()) if is_single_file else Markup("")
    hashes = [content_hash(each) for each in (script, plotly) if each]
    return environment().get_template("page.html.j2").render(
        build=site.build,
        menu=find_pages(),
        shown=documents,
        is_single_file=is_single_file,
        as_of=f"{site.build.as_of:%-d %b %Y, %H:%M} UTC" if site.build.as_of else "unknown",
        weeks=WEEKS,
        days=DAYS,
        script=script,
        script_sources=Markup(" ".join([*([] if is_single_file else ["'self'"]), *hashes])),
        plotly_js=PLOTLY_JS,
        plotly_inline=plotly,
        style=asset("site.css"),
        colours=css_variables(),
        data=packed({"site": _site_json(site, documents, is_single_file), "documents": documents}),
    )  # fmt: skip


def packed(value: Json) -> str:
    """JSON, gzipped, in base64: an eighth of the bytes, and no text of the logs stands in the HTML at all."""
    text = json.dumps(value, ensure_ascii=False, allow_nan=False, separators=(",", ":"))
    return base64.b64encode(gzip.compress(text.encode(), mtime=0)).decode()


def _put_in_place(fresh: Path, out: Path, files: Sequence[str]) -> list[Path]:
    out.mkdir(exist_ok=True)
    for file in files:
        (fresh / file).replace(out / file)
    for stale in set(out.glob("*.html")) - {out / file for file in files}:
        stale.unlink()
    return [out / file for file in files]


def environment() -> Environment:
    """Jinja with autoescape everywhere and an error for any name a template misspells."""
    return Environment(
        loader=PackageLoader("dashboards"),
        autoescape=True,
        undefined=StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _plotly() -> bytes:
    return (resources.files("plotly") / "package_data" / PLOTLY_JS).read_bytes()


def _script() -> Markup:
    """The page's script: the files of SCRIPTS in one scope, without their comments and indentation."""
    lines = "".join(asset(f"{name}.js") for name in SCRIPTS).splitlines()
    code = "\n".join(line for line in map(str.strip, lines) if line and not line.startswith("//"))
    return Markup('"use strict";\n(() => {\n' + code + "\n})();\n")


def asset(name: str) -> Markup:
    """A file of our own site folder, trusted as it is."""
    return Markup((resources.files("dashboards") / "site" / name).read_text(encoding="utf-8"))


def content_hash(content: str) -> str:
    """The content of a script or style element as the page's security policy names it."""
    return "'sha256-" + base64.b64encode(hashlib.sha256(content.encode()).digest()).decode() + "'"
