"""The warehouse as it was known at a moment, in a file of its own under `snapshots/`.

Belongs here: how a moment is written, and the way from the lake to the snapshot. Does not belong here: what counts at
that moment (the staging models), what is published (`publish.py`).
"""

import shutil
from collections.abc import Callable
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


def make_snapshot(
    workspace: Workspace, as_of: datetime, on_node: Callable[[str], None] = lambda name: None
) -> Published:
    """Builds, checks and publishes what the lake knew at `as_of` (with zone), beside the published file.

    on_node is told the name of each dbt node as it ends. Raises DoorstepError, and leaves an older snapshot of that
    moment as it was, if a check fails.
    """
    known = workspace.at(as_of)
    room = known.working_database.parent
    try:
        prepare_working_database(known, read_reference(known.reference))
        if why := complaint(build(known, on_node=on_node)):
            raise DoorstepError(f"no snapshot as of {known.as_of}: {why}")
        return publish(known)
    finally:
        shutil.rmtree(room, ignore_errors=True)
