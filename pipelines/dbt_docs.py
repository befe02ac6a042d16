"""`doorstep docs`: dbt's own documentation of the tables, one HTML file that asks the network for nothing.

Belongs here: what is put into dbt's page and cut out of it, where it goes. Does not belong here: starting dbt
(`pipelines.dbt_build`), any description (the models' `.yml`).

The page is filled here and not by `dbt docs generate --static`, whose page has paths of this machine, a tracker, and
texts in a script that could end it.
"""

import json
import re
import tempfile
from pathlib import Path
from typing import Any

from pipelines.dbt_build import document
from pipelines.workspace import DoorstepError, Workspace, hold

# Scripts and styles stand in the page, its templates are compiled by eval. What else it asks for, the browser refuses.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'"
)
_PUBLISHED = ("marts", "metrics", "audit")
_LINKS = r'<link rel="(?:canonical|shortcut icon)"[^>]*>'  # to files of dbt's own site
_TRACKER = "//d1fc8wv8zag5ca.cloudfront.net/2.9.0/sp.js"
_ICON = ' xlink:href="{{'  # asked for as it stands before it is filled in, unless Angular sets the attribute


def write_docs(workspace: Workspace) -> Path:
    """Writes `build/docs/index.html` of the workspace from its working database; returns its path.

    Raises DoorstepError if nothing is built yet, the last build lacks a table, or another run is at work.
    """
    first = f"doorstep run --workspace {workspace.root} builds it (make demo, on simulated logs)."
    if not workspace.working_database.exists():
        raise DoorstepError(
            f"{workspace.working_database}: nothing is built yet, and the docs show the columns of what is. {first}"
        )
    hold(workspace)
    page = workspace.build / "docs" / "index.html"
    page.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=page.parent) as folder:
        made = Path(folder)
        document(workspace, made)
        manifest, catalog = (json.loads((made / f"{name}.json").read_bytes()) for name in ("manifest", "catalog"))
        if lacking := sorted(_published(manifest) - catalog["nodes"].keys()):
            names = ", ".join(unique_id.rsplit(".", 1)[-1] for unique_id in lacking)
            raise DoorstepError(f"{workspace.working_database}: the last build did not make {names}. {first}")
        html = _filled((made / "index.html").read_text(encoding="utf-8"), _impersonal(manifest), catalog)
        (made / "filled.html").write_text(html, encoding="utf-8")
        (made / "filled.html").replace(page)
    return page


def _published(manifest: dict[str, Any]) -> set[str]:
    models = {key: node for key, node in manifest["nodes"].items() if node["resource_type"] == "model"}
    return {key for key, node in models.items() if node["fqn"][1] in _PUBLISHED}


def _impersonal(manifest: dict[str, Any]) -> dict[str, Any]:
    """dbt's manifest without what it knows of this machine and its user, and with tracking off."""
    nodes = {
        key: {name: value for name, value in node.items() if name != "compiled_path"}
        for key, node in manifest["nodes"].items()
    }
    nobody = {"env": {}, "user_id": None, "send_anonymous_usage_stats": False}
    return manifest | {"nodes": nodes, "metadata": manifest["metadata"] | nobody}


def _filled(template: str, manifest: dict[str, Any], catalog: dict[str, Any]) -> str:
    page = re.sub(_LINKS, "", template)
    for mark, text in {
        "<head>": f'<head><meta http-equiv="Content-Security-Policy" content="{POLICY}">',
        _TRACKER: "",
        _ICON: f" ng-attr-{_ICON.strip()}",
        '"MANIFEST.JSON INLINE DATA"': script_json(manifest),
        '"CATALOG.JSON INLINE DATA"': script_json(catalog),
    }.items():
        if mark not in page:
            raise DoorstepError(f"dbt's page has no {mark} any more: pipelines/dbt_docs.py must learn its new form.")
        page = page.replace(mark, text)
    return page


def script_json(value: object) -> str:
    """JSON in which nothing can end the script it stands in."""
    return json.dumps(value).replace("<", "\\u003c")
