"""The warehouse as it was known at a moment, in a file of its own under `snapshots/`.

Belongs here: how a moment is written, and the way from the lake to the snapshot. Does not belong here: what counts at
that moment (the staging models), what is published (`publish.py`).
"""

import shutil
from collections.abc import Callable
from dataclasses import dataclass, replace
from datetime import UTC, datetime

import polars as pl

from pipelines.contract import Kind
from pipelines.dbt_build import build, complaint
from pipelines.ingest.values import values_of
from pipelines.publish import Published, publish
from pipelines.reference import read_reference
from pipelines.working import prepare_working_database
from pipelines.workspace import DoorstepError, Workspace


def read_moment(text: str) -> datetime:
    """A timestamp of RFC 3339 with offset or Z, in UTC, read as those of the logs are.

    Raises DoorstepError if it is none.
    """
    moment = values_of(pl.Series([text]), Kind.TIMESTAMP).item()
    if moment is not None:
        return moment.astimezone(UTC)
    raise DoorstepError(f"{text!r} is no timestamp with offset. Write it like 2022-06-01T00:00:00Z (or -07:00 for Z).")


@dataclass(frozen=True)
class Assumptions:
    """What a snapshot supposes in place of the workspace's settings and reference tables; None: nothing.

    min_drivers: fewer drivers in a cell are suppressed. gas_price_usd: per gallon of gasoline, everywhere and always.
    maintenance_usd_per_mile: of every vehicle class, always.
    """

    min_drivers: int | None = None
    gas_price_usd: float | None = None
    maintenance_usd_per_mile: float | None = None

    def applied_to(self, workspace: Workspace) -> Workspace:
        """The workspace with these settings, its title and its snapshot's name saying what is supposed."""
        values = {
            "min_drivers": self.min_drivers,
            "gas_price_usd": self.gas_price_usd,
            "maintenance_usd_per_mile": self.maintenance_usd_per_mile,
        }
        supposed = {name: value for name, value in values.items() if value is not None}
        if not supposed:
            return workspace
        settings = workspace.settings
        title = f"{settings.title}, supposing {', '.join(f'{name} = {value:g}' for name, value in supposed.items())}"
        privacy = settings.privacy.model_copy(update={"min_drivers": self.min_drivers or settings.privacy.min_drivers})
        variant = "".join(f"_{name}_{value:g}" for name, value in supposed.items())
        return replace(
            workspace, settings=settings.model_copy(update={"privacy": privacy, "title": title}), variant=variant
        )

    def supposed(self, reference: dict[str, pl.DataFrame]) -> dict[str, pl.DataFrame]:
        """The tables of `read_reference` with these prices and rates, their `source` saying so."""
        prices, rates = reference["fuel_prices"], reference["mileage_rates"]
        if self.gas_price_usd is not None:
            is_gas = pl.col("fuel_type") == "gasoline"
            prices = _suppose(prices, "usd_per_unit", self.gas_price_usd, is_gas)
        if self.maintenance_usd_per_mile is not None:
            rates = _suppose(rates, "maintenance_usd_per_mile", self.maintenance_usd_per_mile, pl.lit(value=True))
        return {**reference, "fuel_prices": prices, "mileage_rates": rates}


def _suppose(table: pl.DataFrame, column: str, value: float, where: pl.Expr) -> pl.DataFrame:
    new = pl.lit(value).cast(table.schema[column])
    return table.with_columns(
        pl.when(where).then(new).otherwise(pl.col(column)).alias(column),
        pl.when(where).then(pl.lit("supposed for this snapshot")).otherwise(pl.col("source")).alias("source"),
    )


def make_snapshot(
    workspace: Workspace,
    as_of: datetime,
    assumptions: Assumptions = Assumptions(),
    on_node: Callable[[str], None] = lambda name: None,
) -> Published:
    """Builds, checks and publishes what the lake knew at `as_of` (with zone), beside the published file.

    on_node is told the name of each dbt node as it ends. Raises DoorstepError, and leaves an older snapshot of that
    moment as it was, if a check fails.
    """
    known = assumptions.applied_to(workspace.at(as_of))
    room = known.working_database.parent
    try:
        prepare_working_database(known, assumptions.supposed(read_reference(known.reference)))
        if why := complaint(build(known, on_node=on_node)):
            raise DoorstepError(f"no snapshot as of {known.as_of}: {why}")
        return publish(known)
    finally:
        shutil.rmtree(room, ignore_errors=True)
