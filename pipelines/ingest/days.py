"""Landed days: which files belong to which day, and which days have none.

Belongs here: the day of a file, days as the ledger and landing know them. Does not belong here: reading a file.

A file's day is the partition of the lake its lines go to, `landed_on`: the first date in its path; without one the UTC
date it was first taken in, today for one that was not.
"""

import time
from collections import defaultdict
from collections.abc import Collection
from datetime import UTC, date, datetime
from pathlib import Path

from pipelines.contract import LOGS
from pipelines.ingest.files import LandedFile, landed_files
from pipelines.ingest.ledger import REFUSED, stored_entries
from pipelines.workspace import Workspace


def files_of_days(
    workspace: Workspace, log: str, days: Collection[date] | None, *, quiet_seconds: int = 0
) -> set[Path]:
    """Paths of the log's complete files in landing that belong to `days` (None: to any day).

    Those that changed less than `quiet_seconds` ago are left out: somebody may still be writing them.
    """
    by_day = _files_by_day(workspace, log)
    chosen = [file for day, files in by_day.items() if days is None or day in days for file in files]
    return {file.path for file in chosen if is_quiet(file, quiet_seconds)}


def is_quiet(file: LandedFile, seconds: int) -> bool:
    """Whether the file has not changed for so many seconds."""
    return time.time_ns() - file.changed_ns >= seconds * 10**9


def landed_days(workspace: Workspace, log: str) -> set[date]:
    """Days with a file that was loaded, or lies in landing and was not refused whole."""
    entries = stored_entries(workspace, log)
    refused = {entry.path for entry in entries if entry.status == REFUSED}
    taken_in = {entry.landed_on for entry in entries if entry.status != REFUSED}
    by_day = _files_by_day(workspace, log)
    return taken_in | {day for day, files in by_day.items() if any(file.name not in refused for file in files)}


def days_not_arrived(workspace: Workspace, log: str) -> dict[date, list[str]]:
    """Days on which other logs have files and this one has none, from its first day on -> those other logs."""
    own = landed_days(workspace, log)
    if not own:
        return {}
    others = {other: landed_days(workspace, other) for other in LOGS if other != log}
    days = {day for known in others.values() for day in known if day > min(own)} - own
    return {day: [other for other, known in others.items() if day in known] for day in sorted(days)}


def _files_by_day(workspace: Workspace, log: str) -> dict[date, list[LandedFile]]:
    known: dict[str, list[date]] = defaultdict(list)
    for entry in stored_entries(workspace, log):
        known[entry.path].append(entry.landed_on)
    today = datetime.now(UTC).date()
    files: dict[date, list[LandedFile]] = defaultdict(list)
    for file in landed_files(workspace.landing / log):
        for day in known.get(file.name) or [file.dated or today]:
            files[day].append(file)
    return files
