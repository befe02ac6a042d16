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

SCHEMA = {
    "path": pl.String,
    "sha256": pl.String,
    "bytes": pl.Int64,
    "modified_ns": pl.Int64,
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
    modified_ns: int
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


def read_ledger(workspace: Workspace, log: str, key_check: str) -> dict[str, Entry]:
    """The log's entries by path; rebuilt from the lake if `build/` is gone.

    Raises DoorstepError if the lake was written with another driver key than the one of `key_check`.
    """
    path = ledger_path(workspace, log)
    if not path.exists():
        return {entry.path: entry for entry in _from_lake(workspace, log, key_check)}
    _same_key(pl.read_parquet_metadata(path).get("driver_key_check"), key_check, workspace)
    return {row["path"]: Entry(**row) for row in pl.read_parquet(path, glob=False).iter_rows(named=True)}


def is_known(file: LandedFile, entry: Entry | None) -> bool:
    """Whether the file is, by size and time, the one the entry speaks of."""
    return entry is not None and (entry.bytes, entry.modified_ns) == (file.bytes, file.modified_ns)


def waiting_files(workspace: Workspace, log: str) -> list[LandedFile]:
    """The log's landed files that no ingest has looked at yet."""
    path = ledger_path(workspace, log)
    rows = pl.read_parquet(path, glob=False).iter_rows(named=True) if path.exists() else ()
    known = {row["path"]: Entry(**row) for row in rows}
    return [file for file in landed_files(workspace.landing / log) if not is_known(file, known.get(file.name))]


def write_ledger(workspace: Workspace, log: str, entries: Iterable[Entry], key_check: str) -> None:
    """Replaces the log's ledger in one step."""
    path = ledger_path(workspace, log)
    path.parent.mkdir(parents=True, exist_ok=True)
    rows = [asdict(entry) for entry in sorted(entries, key=lambda entry: entry.path)]
    unfinished = path.with_suffix(".tmp")
    pl.DataFrame(rows, schema=SCHEMA).write_parquet(unfinished, metadata={"driver_key_check": key_check})
    unfinished.replace(path)


def part_metadata(entry: Entry, key_check: str) -> dict[str, str]:
    """What a lake part says of itself, so that the ledger can be made again without the landed file."""
    known = {key: str(value) for key, value in asdict(entry).items() if key in _KEPT}
    return {"driver_key_check": key_check, "ledger_entry": json.dumps(known)}


_KEPT = ("path", "sha256", "bytes", "modified_ns", "landed_on", "first_ingested_at")


def _from_lake(workspace: Workspace, log: str, key_check: str) -> Iterable[Entry]:
    for part in sorted((workspace.lake / log).glob("landed_on=*/*.parquet")):
        metadata = pl.read_parquet_metadata(part)
        _same_key(metadata.get("driver_key_check"), key_check, workspace)
        known = json.loads(metadata["ledger_entry"])
        refused = workspace.quarantine / log / part.parent.name / part.name
        accepted, quarantined = _height(part), _height(refused) if refused.exists() else 0
        yield Entry(
            path=known["path"],
            sha256=known["sha256"],
            bytes=int(known["bytes"]),
            modified_ns=int(known["modified_ns"]),
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
