"""The pages as assets: one per file of `dashboards/pages/`, all drawn from the published file."""

from collections.abc import Iterator
from pathlib import Path
from time import monotonic

import dagster as dg

import dashboards
from pipelines.defs.metadata import page_file
from pipelines.defs.translator import MANIFEST, OWNERS, described
from pipelines.progress import report
from pipelines.workspace import open_workspace

_PAGES = sorted(
    path.stem for path in (Path(dashboards.__file__).parent / "pages").glob("*.py") if not path.stem.startswith("_")
)
_EXPOSURES = {node["name"]: node for node in MANIFEST["exposures"].values()}


def _description(page: str) -> str:
    """What the page shows and of which tables, as `exposures.yml` has it."""
    exposure = _EXPOSURES[f"page_{page}"]
    text = f"**{exposure['label']}.** {exposure['description']}"
    return described(text, exposure, f"dashboards/pages/{page}.py")


@dg.multi_asset(
    name="pages",
    specs=[
        dg.AssetSpec(
            dg.AssetKey(["pages", page]),
            deps=["warehouse"],
            description=_description(page),
            group_name="pages",
            kinds={"plotly"},
            owners=OWNERS,
            tags={"layer": "pages"},
        )
        for page in _PAGES
    ],
)
def pages() -> Iterator[dg.MaterializeResult]:
    """Draws every page from warehouse.duckdb."""
    from dashboards.page import render_site  # plotly takes a while to import, loading the definitions should not

    report("pages")
    workspace = open_workspace()
    started = monotonic()
    render_site(workspace.warehouse, workspace.dashboards)
    seconds = round(monotonic() - started, 3)
    for page in _PAGES:
        file = page_file(workspace, page)
        shown = {"page": dg.MetadataValue.path(str(file)), "bytes": file.stat().st_size, "seconds_all_pages": seconds}
        yield dg.MaterializeResult(asset_key=dg.AssetKey(["pages", page]), metadata=shown)
