"""`doorstep docs`: dbt's own documentation of the tables, one HTML file that asks the network for nothing.

Belongs here: what is cut out of dbt's page, where it goes. Does not belong here: starting dbt
(`pipelines.dbt_build`), any description (the models' `.yml`).
"""

import tempfile
from pathlib import Path

from pipelines.dbt_build import document
from pipelines.workspace import DoorstepError, Workspace, hold

# dbt's page carries a tracker, which loads a script where the project allows statistics (ours does not), and asks for
# files by placeholders of icons. Scripts and styles stand in the page; whatever else it asks for, the browser refuses.
POLICY = (
    "default-src 'none'; script-src 'unsafe-inline' 'unsafe-eval'; style-src 'unsafe-inline'; img-src data:; "
    "font-src data:; base-uri 'none'; form-action 'none'"
)
_HEAD = "<head>"


def write_docs(workspace: Workspace) -> Path:
    """Writes `build/docs/index.html` of the workspace from its working database; returns its path.

    Raises DoorstepError if nothing is built yet, or another run is at work.
    """
    if not workspace.working_database.exists():
        raise DoorstepError(
            f"{workspace.working_database}: nothing is built yet, and the docs show the columns of what is. "
            f"doorstep run --workspace {workspace.root} builds it (make demo, on simulated logs)."
        )
    hold(workspace)
    page = workspace.build / "docs" / "index.html"
    page.parent.mkdir(exist_ok=True)
    with tempfile.TemporaryDirectory(dir=page.parent) as folder:
        made = document(workspace, Path(folder))
        html = made.read_text(encoding="utf-8")
        if _HEAD not in html:
            raise DoorstepError("dbt's page has no <head> to put the content policy in; see pipelines/dbt_docs.py.")
        policy = f'<meta http-equiv="Content-Security-Policy" content="{POLICY}">'
        made.write_text(html.replace(_HEAD, _HEAD + policy, 1), encoding="utf-8")
        made.replace(page)
    return page
