"""The job that makes a snapshot: an op and no asset, so that the assets' history stays that of the published file."""

from datetime import UTC, datetime

import dagster as dg
from pydantic import Field

from pipelines.defs.failures import in_plain_words
from pipelines.defs.publish import published_metadata
from pipelines.defs.warehouse import NODES, POOL
from pipelines.progress import report
from pipelines.snapshot import Assumptions, make_snapshot, read_moment
from pipelines.workspace import hold, open_workspace


class Snapshot(dg.Config):
    """Run config of the job `snapshot`."""

    as_of: str = Field(
        default="",
        description="Only lines received up to this moment count: RFC 3339 with offset or Z, "
        "like 2022-06-01T00:00:00Z or 2022-05-31T17:00:00-07:00. Empty: up to now.",
    )
    min_drivers: int | None = Field(
        default=None, ge=1, description="Suppress cells with fewer drivers than this. Empty: as workspace.toml says."
    )
    gas_price_usd: float | None = Field(
        default=None, gt=0, le=100, description="Suppose this price of a gallon, everywhere. Empty: the reference's."
    )
    maintenance_usd_per_mile: float | None = Field(
        default=None, ge=0, le=100, description="Suppose this rate for every vehicle class. Empty: the reference's."
    )


@dg.op(pool=POOL)
@in_plain_words()
def make(config: Snapshot) -> dg.Output[str]:
    """Builds, checks and publishes what the lake knew at `as_of`; the output is the path of the file."""
    workspace = open_workspace()
    hold(workspace, is_patient=True)
    done = iter(range(1, NODES + 1))
    published = make_snapshot(
        workspace,
        read_moment(config.as_of) if config.as_of else datetime.now(UTC).replace(microsecond=0),
        Assumptions(config.min_drivers, config.gas_price_usd, config.maintenance_usd_per_mile),
        on_node=lambda _: report("dbt", next(done, NODES), NODES),
    )
    return dg.Output(str(published.path), metadata=published_metadata(published))


@dg.job(
    description="""The warehouse as it was known at `as_of`, into `<workspace>/snapshots/`. Published file, pages and
the assets' history stay as they are. It rests on what is in the lake; the job `ingest` takes in what is new.

Prices, a rate and the least number of drivers may be supposed; the file's name and title say so. What is left out is as
it is:

```yaml
ops:
  make:
    config:
      as_of: 2022-03-01T00:00:00Z
      min_drivers: 10
      gas_price_usd: 5
      maintenance_usd_per_mile: 0.12
```
""",
)
def snapshot() -> None:
    """One step: the file is published whole or not at all."""
    make()
