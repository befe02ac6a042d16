"""What is well in a workspace and what is not, one line each.

Belongs here: looking. Does not belong here: mending.
"""

import shutil
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Literal

import duckdb

from pipelines.contract import LOGS
from pipelines.ingest.files import landed_files
from pipelines.ingest.ledger import refused_files, waiting_files
from pipelines.publish import unpublished_files
from pipelines.reference import read_reference
from pipelines.reference_warnings import days_driven, reference_warnings
from pipelines.workspace import DoorstepError, Workspace, open_workspace

_FREE_BYTES = 1 << 30
_DRIFTED = "is_beyond and is_latest"


@dataclass(frozen=True)
class Finding:
    """One line of the doctor."""

    level: Literal["good", "warning", "bad"]
    text: str


def examine(root: Path) -> list[Finding]:
    """Looks at the workspace at `root`; the worst findings say what to do."""
    try:
        workspace = open_workspace(root)
    except DoorstepError as error:
        return [Finding("bad", str(error))]
    looks = (_reference, _landing, _driver_key, _warehouse, _disk)
    return [Finding("good", f"workspace {workspace.root}"), *(each for look in looks for each in look(workspace))]


def _reference(workspace: Workspace) -> Iterator[Finding]:
    try:
        tables = read_reference(workspace.reference)
    except DoorstepError as error:
        yield Finding("bad", str(error))
        return
    rows = sum(table.height for table in tables.values())
    yield Finding("good", f"reference tables: {len(tables)}, {rows} rows, from {workspace.reference}")
    for warning in reference_warnings(tables, days_driven(workspace, tables)):
        yield Finding("warning", warning)


def _landing(workspace: Workspace) -> Iterator[Finding]:
    if workspace.landing.is_dir():
        for stray in sorted(path.name for path in workspace.landing.iterdir() if path.name not in LOGS):
            yield Finding("warning", f"landing/{stray}: is none of {', '.join(LOGS)}; nothing reads it")
    for log in LOGS:
        files = landed_files(workspace.landing / log)
        text = f"{log}: {len(files)} files in landing, {len(waiting_files(workspace, log))} not taken in yet"
        yield Finding("good" if files else "warning", text + ("" if files else f" (put some into landing/{log}/)"))
        for entry in refused_files(workspace, log):
            yield Finding("bad", f"landing/{log}/{entry.path}: refused, {entry.reason}: {entry.message}")


def _driver_key(workspace: Workspace) -> Iterator[Finding]:
    path = workspace.root / ".driver_key"
    if path.exists() and stat.S_IMODE(path.stat().st_mode) & 0o077:
        yield Finding("bad", f"{path}: others can read the driver key. chmod 600 it.")


def _warehouse(workspace: Workspace) -> Iterator[Finding]:
    path = workspace.warehouse
    if not path.exists():
        yield Finding("warning", f"nothing published yet: doorstep run --workspace {workspace.root}")
        return
    try:
        with duckdb.connect(str(path), read_only=True) as connection:
            build, finished = connection.execute(
                "select any_value(build_id), cast(date_trunc('second', max(finished_at)) as varchar) from audit.builds"
            ).fetchall()[0]
            refused, lines = connection.execute("select sum(quarantined), sum(lines) from audit.files").fetchall()[0]
            conflicts = connection.execute("select count(*) from audit.conflicts").fetchall()[0][0]
            orphans = connection.execute("select count(*) from audit.orphans").fetchall()[0][0]
            drifts = connection.execute(f"select count(*) from audit.drift where {_DRIFTED}").fetchall()[0][0]
    except duckdb.Error as error:
        yield Finding("bad", f"{path}: cannot be read: {error}. doorstep run makes it anew.")
        return
    yield Finding("good", f"published build {build}, finished {finished}")
    if behind := len(unpublished_files(workspace)):
        yield Finding("warning", f"{behind:,} files were taken in since or read again: doorstep run publishes them")
    for count, what, table in (
        (refused or 0, f"of {lines or 0:,} lines in quarantine", "audit.quarantine_reasons"),
        (conflicts, "lines in conflict with another", "audit.conflicts"),
        (orphans, "orphans, which refer to nothing", "audit.orphans"),
        (
            drifts,
            "fields or refusals unlike what is usual, of late",
            f"audit.drift where {_DRIFTED}",
        ),
    ):
        yield Finding("warning" if count else "good", f"{count:,} {what}" + (f": see {table}" if count else ""))
    if not (workspace.dashboards / "index.html").exists():
        yield Finding("bad", f"{workspace.dashboards}: no pages. doorstep run draws them.")


def _disk(workspace: Workspace) -> Iterator[Finding]:
    free = shutil.disk_usage(workspace.root).free
    level = "good" if free > _FREE_BYTES else "bad"
    yield Finding(level, f"{free / 1e9:.1f} GB free on the disk of the workspace")
