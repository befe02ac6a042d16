"""The ledger: what was done with every landed file, one Parquet file per log under `build/ledger/`.

Belongs here: reading, writing and, when `build/` was thrown away, rebuilding it from the lake's parts. Does not
belong here: deciding what to do with a file (`load.py`).
"""

import json
from collections.abc import Iterable
from dataclasses import asdict, dataclass
from datetime import date, datetime
from pathlib import Path
from typing import Literal

import polars as pl

from pipelines.ingest.files import LandedFile, landed_files
from pipelines.workspace import DoorstepError, Workspace

LOADED, REFUSED, DUPLICATE = "loaded", "refused", "duplicate"
INTERRUPTED = -1  # as `changed_ns`: the file is being read again, or that was cut short

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
    """

    def __init__(self, entries: Iterable[Entry] = ()) -> None:
        self.loaded: dict[str, Entry] = {}
        self._others: dict[str, Entry] = {}
        self._seen: set[tuple[str, int, int]] = set()
        for entry in entries:
            self.record(entry)

    def record(self, entry: Entry) -> None:
        """Adds what became of a file, in place of what was known of it."""
        self._others.pop(entry.path, None)
        if entry.status == LOADED:
            self.loaded[entry.sha256] = entry
        else:
            self._others[entry.path] = entry
        self._seen.add((entry.path, entry.bytes, entry.changed_ns))

    def knows(self, file: LandedFile) -> bool:
        """Whether the file is, by name, size and time of change, one that was looked at."""
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
    """The log's ledger, with what only the lake's parts know of: a run was killed, or `build/` is gone.

    Raises DoorstepError if the lake was written with another driver key than the one of `key_check`.
    """
    path = ledger_path(workspace, log)
    if path.exists():
        _same_key(pl.read_parquet_metadata(path).get("driver_key_check"), key_check, workspace)
    ledger = _stored(path)
    for part in sorted((workspace.lake / log).glob("landed_on=*/*.parquet")):
        if part.stem not in ledger.loaded:
            ledger.record(_from_part(workspace, log, part, key_check))
    return ledger


def waiting_files(workspace: Workspace, log: str) -> list[LandedFile]:
    """The log's landed files that no ingest has looked at yet."""
    ledger = _stored(ledger_path(workspace, log))
    return [file for file in landed_files(workspace.landing / log) if not ledger.knows(file)]


def write_ledger(workspace: Workspace, log: str, ledger: Ledger, key_check: str) -> None:
    """Replaces the log's ledger in one step."""
    path = ledger_path(workspace, log)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(entry) for entry in ledger.entries]
    unfinished = path.with_suffix(".tmp")
    pl.DataFrame(rows, schema=SCHEMA).write_parquet(unfinished, metadata={"driver_key_check": key_check})
    unfinished.replace(path)


def _stored(path: Path) -> Ledger:
    if not path.exists():
        return Ledger()
    return Ledger(Entry(**row) for row in pl.read_parquet(path, glob=False).iter_rows(named=True))


def part_metadata(entry: Entry, key_check: str) -> dict[str, str]:
    """What a lake part says of itself, so that the ledger can be made again without the landed file."""
    known = {key: str(value) for key, value in asdict(entry).items() if key in _KEPT}
    return {"driver_key_check": key_check, "ledger_entry": json.dumps(known)}


_KEPT = ("path", "sha256", "bytes", "changed_ns", "landed_on", "first_ingested_at")


def _from_part(workspace: Workspace, log: str, part: Path, key_check: str) -> Entry:
    # A part is written after its quarantine, so where there is a part both are whole.
    metadata = pl.read_parquet_metadata(part)
    _same_key(metadata.get("driver_key_check"), key_check, workspace)
    known = json.loads(metadata["ledger_entry"])
    refused = workspace.quarantine / log / part.parent.name / part.name
    accepted, quarantined = _height(part), _height(refused) if refused.exists() else 0
    return Entry(
        path=known["path"],
        sha256=known["sha256"],
        bytes=int(known["bytes"]),
        changed_ns=int(known["changed_ns"]),
        status=LOADED,
        landed_on=date.fromisoformat(known["landed_on"]),
        first_ingested_at=datetime.fromisoformat(known["first_ingested_at"]),
        lines=accepted + quarantined,
        accepted=accepted,
        quarantined=quarantined,
    )


def _height(path: Path) -> int:
    return int(pl.scan_parquet(path, glob=False).select(pl.len()).collect().item())


def _same_key(found: str | None, expected: str, workspace: Workspace) -> None:
    if found != expected:
        raise DoorstepError(
            f"{workspace.root}: the driver key is not the one this lake was written with. Put the old key back "
            "(DOORSTEP_DRIVER_KEY or .driver_key), or delete lake/, quarantine/ and build/ to start over."
        )
