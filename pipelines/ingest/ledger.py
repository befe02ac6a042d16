"""The ledger: what was done with every landed file, one Parquet file per log under `build/ledger/`.

Belongs here: reading, writing and, when `build/` was thrown away, rebuilding it from the lake's parts. Does not
belong here: deciding what to do with a file (`load.py`).
"""

import json
from collections.abc import Iterable
from dataclasses import dataclass, replace
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import polars as pl

from pipelines.ingest.files import LandedFile, landed_files
from pipelines.workspace import DoorstepError, Workspace

LOADED, REFUSED, DUPLICATE = "loaded", "refused", "duplicate"
UNSETTLED = -1  # as `changed_ns`: the file is to be read (again), whatever it looks like

SCHEMA = {
    "path": pl.String,
    "sha256": pl.String,
    "bytes": pl.Int64,
    "changed_ns": pl.Int64,
    "status": pl.String,
    "reason": pl.String,
    "message": pl.String,
    "lines": pl.Int64,
    "accepted": pl.Int64,
    "quarantined": pl.Int64,
    "landed_on": pl.Date,
    "first_ingested_at": pl.Datetime("us", "UTC"),
    "drifted_fields": pl.String,
}


@dataclass(frozen=True)
class Entry:
    """One file of one log. `status`: `loaded`; `refused` whole (with `reason`); `duplicate` of a loaded file's bytes.

    drifted_fields: JSON object, field name the contract does not have -> lines that carry it.
    """

    path: str
    sha256: str
    bytes: int
    changed_ns: int
    status: Literal["loaded", "refused", "duplicate"]
    landed_on: date
    first_ingested_at: datetime
    reason: str | None = None
    message: str | None = None
    lines: int = 0
    accepted: int = 0
    quarantined: int = 0
    drifted_fields: str = "{}"


def ledger_path(workspace: Workspace, log: str) -> Path:
    """Where the log's ledger is."""
    return workspace.build / "ledger" / f"{log}.parquet"


class Ledger:
    """The entries of one log: loaded files by their bytes, others by path, of which the last look counts.

    A path whose bytes change keeps the entry of the bytes that were loaded before: their lines are in the lake.
    stray_quarantine: quarantine parts, by SHA-256, whose file was not loaded to its end.
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.loaded: dict[str, Entry] = {}
        self._others: dict[str, Entry] = {}
        self._seen: set[tuple[str, int, int]] = set()
        self.stray_quarantine: dict[str, Path] = {}
        for entry in entries:
            self.record(entry)

    def record(self, entry: Entry) -> None:
        """Adds what became of a file, in place of what was known of it."""
        replaced = [self._others.pop(entry.path, None)]
        if entry.status == LOADED:
            replaced.append(self.loaded.get(entry.sha256))
        self._seen -= {_look(each) for each in replaced if each}
        if entry.status == LOADED:
            self.loaded[entry.sha256] = entry
        else:
            self._others[entry.path] = entry
        self._seen.add(_look(entry))

    def knows(self, file: LandedFile) -> bool:
        """Whether the file is, by name, size and time of change, one that was looked at and settled."""
        return (file.name, file.bytes, file.changed_ns) in self._seen

    def first_look(self, path: str, sha256: str) -> Entry | None:
        """The entry of these bytes: where they were loaded, else where the file at `path` was refused with them."""
        other = self._others.get(path)
        return self.loaded.get(sha256) or (other if other and other.sha256 == sha256 else None)

    @property
    def entries(self) -> list[Entry]:
        """All entries in order of path."""
        return sorted([*self.loaded.values(), *self._others.values()], key=lambda entry: (entry.path, entry.sha256))


def read_ledger(workspace: Workspace, log: str, key_check: str) -> Ledger:
    """The log's ledger, as the lake bears it out.

    What only the lake's parts know of is added: a run was killed, or `build/` is gone. An entry whose part or
    quarantine is not there, or should not be, is unsettled: its file is read again if it still lies in landing.

    Raises DoorstepError if the lake was written with another driver key than the one of `key_check`.
    """
    path = ledger_path(workspace, log)
    ledger = _stored(path)
    if ledger.entries:
        _same_key(pl.read_parquet_metadata(path).get("driver_key_check"), key_check, workspace)
    parts = {part.stem: part for part in sorted((workspace.lake / log).glob("landed_on=*/*.parquet"))}
    refused = {part.stem: part for part in sorted((workspace.quarantine / log).glob("landed_on=*/*.parquet"))}
    for sha256, part in parts.items():
        if sha256 not in ledger.loaded:
            ledger.record(_from_part(part, key_check, workspace))
    for sha256, entry in list(ledger.loaded.items()):
        if sha256 not in parts or (entry.quarantined > 0) != (sha256 in refused):
            ledger.record(replace(entry, changed_ns=UNSETTLED))
    ledger.stray_quarantine = {sha256: part for sha256, part in refused.items() if sha256 not in ledger.loaded}
    return ledger


def stored_entries(workspace: Workspace, log: str) -> list[Entry]:
    """The entries of the log's ledger as the last ingest left them, in order of path."""
    return _stored(ledger_path(workspace, log)).entries


def waiting_files(workspace: Workspace, log: str) -> list[LandedFile]:
    """The log's landed files that no ingest has looked at yet."""
    ledger = _stored(ledger_path(workspace, log))
    return [file for file in landed_files(workspace.landing / log) if not ledger.knows(file)]


def refused_files(workspace: Workspace, log: str) -> list[Entry]:
    """The entries of the log's files that were refused whole and still lie in landing."""
    landed = {file.name for file in landed_files(workspace.landing / log)}
    return [entry for entry in stored_entries(workspace, log) if entry.status == REFUSED and entry.path in landed]


def write_ledger(workspace: Workspace, log: str, ledger: Ledger, key_check: str) -> None:
    """Replaces the log's ledger in one step."""
    path = ledger_path(workspace, log)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [vars(entry) for entry in ledger.entries]
    unfinished = path.with_suffix(".tmp")
    pl.DataFrame(rows, schema=SCHEMA).write_parquet(unfinished, metadata={"driver_key_check": key_check})
    unfinished.replace(path)


def _stored(path: Path) -> Ledger:
    try:
        return Ledger(Entry(**row) for row in pl.read_parquet(path, glob=False).iter_rows(named=True))
    except (FileNotFoundError, TypeError, pl.exceptions.PolarsError):  # gone, damaged or of older code: made again
        return Ledger()


def part_metadata(entry: Entry, key_check: str) -> dict[str, str]:
    """What a lake part says of itself, so that the ledger can be made again without the landed file."""
    known = {key: str(value) for key, value in vars(entry).items() if value is not None}
    return {"driver_key_check": key_check, "ledger_entry": json.dumps(known)}


def _from_part(part: Path, key_check: str, workspace: Workspace) -> Entry:
    # A part is written after its quarantine, so where there is a part both are whole.
    try:
        metadata = pl.read_parquet_metadata(part)
    except pl.exceptions.PolarsError as error:
        raise DoorstepError(f"{part}: is damaged. Delete it; its file is read again by the next run.") from error
    _same_key(metadata.get("driver_key_check"), key_check, workspace)
    row = pl.DataFrame([json.loads(metadata["ledger_entry"])]).select(
        pl.col("landed_on").str.to_date(),
        pl.col("first_ingested_at").str.to_datetime(time_zone="UTC"),
        pl.exclude("landed_on", "first_ingested_at"),
    )
    return Entry(**row.cast({name: dtype for name, dtype in SCHEMA.items() if name in row.columns}).to_dicts()[0])


def _look(entry: Entry) -> tuple[str, int, int]:
    return entry.path, entry.bytes, entry.changed_ns


def _same_key(found: str | None, expected: str, workspace: Workspace) -> None:
    if found != expected:
        raise DoorstepError(
            f"{workspace.root}: the driver key is not the one this lake was written with. Put the old key back "
            "(DOORSTEP_DRIVER_KEY or .driver_key), or delete lake/, quarantine/ and build/ to start over."
        )
