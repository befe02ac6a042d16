"""Back to an earlier build: it becomes the published file again, and the pages show it.

Belongs here: the way back. Does not belong here: which builds there are (`builds.py`).

The lake and the logs stay as they are, so whatever runs next publishes all that is known anew.
"""

from rich.console import Console
from rich.markup import escape

from pipelines.builds import build_files, find_build, published_id, replace, settle, stage
from pipelines.verify import faults
from pipelines.workspace import DoorstepError, Workspace, hold


def roll_back(workspace: Workspace, name: str, out: Console) -> None:
    """Publishes the build `name` (as in `find_build`, but no other file) again, draws the pages, says what follows.

    Raises DoorstepError, with nothing changed, if a run is at work, the build is the published one or it is damaged.
    """
    hold(workspace)
    settle(workspace)
    path = find_build(workspace, name)
    build_id = next((each for each, file in build_files(workspace).items() if file == path), None)
    if build_id is None:
        raise DoorstepError(f"{path}: is no kept build of {workspace.root}. doorstep builds lists them.")
    if build_id == published_id(workspace):
        raise DoorstepError(f"{build_id} is the build that is published.")
    if found := list(faults(path)):
        raise DoorstepError(f"{path}: is not as it was written, nothing was changed: {'; '.join(found)}")
    replace(stage(path, workspace.warehouse), workspace.warehouse)
    out.print(f"Published again: {escape(build_id)}", soft_wrap=True)
    _draw(workspace, build_id)
    out.print(f"Pages: {escape(str(workspace.dashboards / 'index.html'))}", soft_wrap=True)
    out.print("The next run, by hand, each morning or for new files, publishes anew all that is known.", soft_wrap=True)


def _draw(workspace: Workspace, build_id: str) -> None:
    from dashboards.page import render_site  # plotly and jinja take a while to import
    from dashboards.warehouse import PageError

    try:
        render_site(workspace.warehouse, workspace.dashboards)
    except (PageError, OSError) as error:
        raise DoorstepError(
            f"{build_id} is published again, but the pages still show the other build: this code, of another version, "
            f"cannot draw it: {error}"
        ) from error
