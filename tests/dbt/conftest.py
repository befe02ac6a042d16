"""Small worlds for the tests of the SQL: contract lines in, a built working database out.

Belongs here: a workspace made of Python rows, taken in and built by the same code as any other.
Does not belong here: what any model should say (the test files beside this one).
"""

import csv
import json
import shutil
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Any

import duckdb
import polars as pl
import pytest

from pipelines.contract import LOGS
from pipelines.dbt_build import NodeResult, build
from pipelines.ingest import ingest
from pipelines.reference import read_reference
from pipelines.simulate import Parameters, simulate
from pipelines.working import prepare_working_database
from pipelines.workspace import SHIPPED_DATA, PrivacySettings, Settings, Workspace

Row = dict[str, Any]

EMPTY = pl.DataFrame()


@dataclass(frozen=True)
class World:
    """A workspace with a built working database, and what dbt said of each model and test."""

    workspace: Workspace
    results: dict[str, NodeResult]

    @property
    def path(self) -> Path:
        """The working database."""
        return self.workspace.working_database

    def built_again(self, select: str) -> "World":
        """The same after another build, which may fail, from what now lies in the workspace."""
        return build_in(self.workspace, select)

    def rows(self, sql: str) -> list[Row]:
        """The result of a query as dicts; instants in UTC."""
        with duckdb.connect(str(self.path), read_only=True) as connection:
            connection.execute("set TimeZone = 'UTC'")
            cursor = connection.execute(sql)
            names = [column[0] for column in cursor.description or ()]
            return [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]

    def row(self, sql: str) -> Row:
        """The only row of a query."""
        (only,) = self.rows(sql)
        return only

    def value(self, sql: str) -> Any:
        """The only value of a query."""
        (only,) = self.row(sql).values()
        return only


def build_in(workspace: Workspace, select: str | None) -> World:
    """Builds the models and tests named in `select` with all they need (None: everything)."""
    prepare_working_database(workspace, read_reference(workspace.reference))
    results = build(workspace, [f"+{name}" for name in select.split()] if select else None)
    return World(workspace, {result.name: result for result in results})


def land(workspace: Workspace, log: str, lines: list[Row]) -> None:
    """Lands the lines as one file. `event_id` is made up and `received_at` is `occurred_at` where left out."""
    path = workspace.landing / log / "2022-01-01" / "lines.jsonl"
    path.parent.mkdir(parents=True)
    with path.open("w") as file:
        for number, line in enumerate(lines, start=1):
            defaults = {"event_id": f"{log}-{number}", "received_at": line["occurred_at"]}
            file.write(json.dumps(defaults | line) + "\n")


def write_reference(folder: Path, given: dict[str, list[Row]]) -> None:
    """The shipped reference tables, those in `given` replaced by its rows."""
    shutil.copytree(SHIPPED_DATA / "reference", folder)
    for name, rows in given.items():
        path = folder / f"{name}.csv"
        columns = path.read_text(encoding="utf-8").splitlines()[0].split(",")
        with path.open("w", newline="", encoding="utf-8") as file:
            writer = csv.DictWriter(file, columns)
            writer.writeheader()
            writer.writerows(rows)


def take_in(workspace: Workspace, logs: dict[str, list[Row]]) -> None:
    """Lands and ingests the lines; none of them may be refused."""
    site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
    for log, lines in logs.items():
        land(workspace, log, lines)
        summary = ingest(workspace, log, site_ids)
        refused = pl.concat([pl.read_parquet(path) for path in workspace.quarantine.rglob("*.parquet")] or [EMPTY])
        assert summary.total("accepted") == len(lines), f"{log}: a line was refused: {refused.to_dicts()}"


def take_in_files(workspace: Workspace, files: dict[str, str | bytes]) -> None:
    """Lands and ingests files by their path below landing/; any of their lines may be refused."""
    for name, content in files.items():
        path = workspace.landing / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(content if isinstance(content, bytes) else content.encode())
    site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
    for log in LOGS:
        ingest(workspace, log, site_ids)


@pytest.fixture(scope="session")
def build_world(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """A function that builds a world: `build_world(orders=[...], trips=[...], select="fct_trips dim_date")`.

    A line is a dict of contract fields, `{"event_type": "placed", "occurred_at": "2022-05-21T19:00:00-07:00", ..}`;
    one that ingest refuses fails the test. `files` are whole files, `{"orders/2022-05-21/a.jsonl": text}`, and may
    hold anything. `reference` replaces shipped reference tables by rows, `as_of` is a timestamp text, `select` names
    models and tests that are built together with all they need (default: everything). A dbt test that fails, fails
    the test.
    """

    def build_it(
        *,
        orders: Iterable[Row] = (),
        offers: Iterable[Row] = (),
        trips: Iterable[Row] = (),
        files: dict[str, str | bytes] | None = None,
        reference: dict[str, list[Row]] | None = None,
        as_of: str | None = None,
        min_drivers: int = 5,
        select: str | None = None,
    ) -> World:
        settings = Settings(title="A small world", privacy=PrivacySettings(min_drivers=min_drivers))
        workspace = Workspace(tmp_path_factory.mktemp("world"), settings)
        write_reference(workspace.root / "reference", reference or {})
        take_in(workspace, {"orders": list(orders), "offers": list(offers), "trips": list(trips)})
        take_in_files(workspace, files or {})
        return built(workspace.at(datetime.fromisoformat(as_of)) if as_of else workspace, select)

    return build_it


# The least that can be published: what the macros of the published file ask.
PUBLISHABLE = (
    "acceptance_by_pay delivery_hours delivery_speed driver_earnings offer_acceptance store_performance "
    "quarantine_totals metric_dictionary logs dim_market"
)


@pytest.fixture(scope="session")
def build_landed(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """A function that builds a world of files: `build_landed([{"orders": [(name, bytes), ..], ..}, ..], select=..)`.

    Each of the list is landed and ingested before the next; none of the lines may be refused. Every such world has
    the same driver key.
    """

    def build_it(deliveries: list[dict[str, list[tuple[str, bytes]]]], select: str | None = None) -> World:
        workspace = Workspace(tmp_path_factory.mktemp("world"), Settings(title="A small world"))
        (workspace.root / ".driver_key").write_text("the same in every world")
        site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
        for log, files in ((log, files) for delivery in deliveries for log, files in delivery.items()):
            for name, content in files:
                path = workspace.landing / log / name
                path.parent.mkdir(parents=True, exist_ok=True)
                path.write_bytes(content)
            summary = ingest(workspace, log, site_ids)
            assert not (summary.refused or summary.total("quarantined")), f"{log}: refused: {summary.entries}"
        return built(workspace, select)

    return build_it


@pytest.fixture(scope="session")
def build_simulated(tmp_path_factory: pytest.TempPathFactory) -> Callable[..., World]:
    """A function that builds a simulated world, truth beside it: `build_simulated(Parameters(..), select=.., days=..)`.

    `logs` are taken in, the others stay in landing. `sites` are the only ones there are (default: those shipped).
    """

    def build_it(
        parameters: Parameters,
        *,
        select: str,
        logs: Iterable[str] = tuple(LOGS),
        sites: list[Row] | None = None,
        days: int,
        drivers: int,
        seed: int,
        starts_on: date,
    ) -> World:
        workspace = Workspace(tmp_path_factory.mktemp("simulated"), Settings(title="A simulated world"))
        write_reference(workspace.root / "reference", {"sites": sites} if sites else {})
        options = {"days": days, "drivers": drivers, "seed": seed, "starts_on": starts_on}
        simulate(workspace.root, **options, parameters=parameters)
        site_ids = read_reference(workspace.reference)["sites"]["site_id"].to_list()
        for log in logs:
            ingest(workspace, log, site_ids)
        return built(workspace, select)

    return build_it


def built(workspace: Workspace, select: str | None = None) -> World:
    """Builds what the workspace's lake holds. A dbt test that fails, fails the test."""
    world = build_in(workspace, select)
    failed = [f"{node.name}: {node.message}" for node in world.results.values() if node.is_bad]
    assert not failed, "\n".join(failed)
    return world
