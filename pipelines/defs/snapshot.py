"""The job that makes a snapshot: an op and no asset, so that the assets' history stays that of the published file."""

import dagster as dg
from pydantic import Field

from pipelines.defs.publish import published_metadata
from pipelines.defs.warehouse import NODES, POOL
from pipelines.progress import report
from pipelines.snapshot import make_snapshot, read_moment
from pipelines.workspace import hold, open_workspace


class Moment(dg.Config):
    """Run config of the job `snapshot`."""

    as_of: str = Field(
        description="Only lines received up to this moment count: RFC 3339 with offset or Z, "
        "like 2022-06-01T00:00:00Z or 2022-05-31T17:00:00-07:00."
    )


@dg.op(pool=POOL)
def make(config: Moment) -> dg.Output[str]:
    """Builds, checks and publishes what the lake knew at `as_of`; the output is the path of the file."""
    workspace = open_workspace()
    hold(workspace, is_patient=True)
    done = iter(range(1, NODES + 1))
    published = make_snapshot(
        workspace, read_moment(config.as_of), on_node=lambda _: report("dbt", next(done, NODES), NODES)
    )
    return dg.Output(str(published.path), metadata=published_metadata(published))


@dg.job(
    description="The warehouse as it was known at `as_of`, into `<workspace>/snapshots/`. Published file, pages and "
    "the assets' history stay as they are. It rests on what is in the lake; the job `ingest` takes in what is new."
)
def snapshot() -> None:
    """One step: the file is published whole or not at all."""
    make()
