"""The pages as assets: one per file of `dashboards/pages/`, all drawn from the published file."""

from collections.abc import Iterator
from pathlib import Path

import dagster as dg

import dashboards
from pipelines.progress import report
from pipelines.workspace import open_workspace

_PAGES = sorted(
    path.stem for path in (Path(dashboards.__file__).parent / "pages").glob("*.py") if not path.stem.startswith("_")
)


@dg.multi_asset(
    name="pages",
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["pages", page]),
            deps=["warehouse"],
            description=f"The page of `dashboards/pages/{page}.py`, under `<workspace>/dashboards/`.",
            group_name="pages",
            kinds={"plotly"},
            owners=["team:data"],
        )
        for page in _PAGES
    ],
)
def pages() -> Iterator[dg.MaterializeResult]:
    """Draws every page from warehouse.duckdb."""
    from dashboards.page import render_site  # plotly takes a while to import, loading the definitions should not

    report("pages")
    workspace = open_workspace()
    render_site(workspace.warehouse, workspace.dashboards)
    index = dg.MetadataValue.path(str(workspace.dashboards / "index.html"))
    for page in _PAGES:
        yield dg.MaterializeResult(asset_key=dg.AssetKey(["pages", page]), metadata={"index": index})
