"""Small landings for the tests of ingest: files in, lake and quarantine out."""

import json
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import polars as pl

from pipelines.contract import LOGS
from pipelines.ingest import Entry, ingest
from pipelines.workspace import Workspace, open_workspace

SITES = ["las_vegas_mall", "tysons_mall"]
PLACED: dict[str, Any] = {
    "event_id": "o-1",
    "event_type": "placed",
    "occurred_at": "2022-05-21T12:02:10-07:00",
    "received_at": "2022-05-21T19:02:11Z",
    "order_id": "ord-1",
    "site_id": "las_vegas_mall",
}
SENT: dict[str, Any] = {
    "event_id": "f-1",
    "event_type": "sent",
    "occurred_at": "2022-05-21T18:00:00Z",
    "received_at": "2022-05-21T18:00:00Z",
    "offer_id": "off-1",
    "block_id": "blk-1",
    "driver_id": "D1",
    "site_id": "las_vegas_mall",
    "block_starts_at": "2022-05-21T21:00:00Z",
    "block_ends_at": "2022-05-22T00:00:00Z",
    "pay_usd": 63,
}
PAID: dict[str, Any] = {
    "event_id": "t-1",
    "event_type": "pay_posted",
    "occurred_at": "2022-05-21T18:00:00Z",
    "received_at": "2022-05-21T18:00:00Z",
    "trip_id": "trip-1",
    "pay_kind": "base",
    "amount_usd": 66,
}
LINES = {"orders": PLACED, "offers": SENT, "trips": PAID}


@dataclass(frozen=True)
class Ingested:
    """What one log's lake, quarantine and ledger hold after an ingest."""

    workspace: Workspace
    log: str
    entries: list[Entry]

    @property
    def entry(self) -> Entry:
        [entry] = self.entries
        return entry

    @property
    def lake(self) -> pl.DataFrame:
        parts = sorted((self.workspace.lake / self.log).glob("*/*.parquet"))
        empty = pl.DataFrame(schema=LOGS[self.log].lake_schema)
        return pl.concat([empty, *(pl.read_parquet(part, glob=False, hive_partitioning=False) for part in parts)])

    @property
    def row(self) -> dict[str, Any]:
        [row] = self.lake.to_dicts()
        return row

    @property
    def quarantine(self) -> list[dict[str, Any]]:
        parts = sorted((self.workspace.quarantine / self.log).glob("*/*.parquet"))
        frames = [pl.read_parquet(part, glob=False, hive_partitioning=False) for part in parts]
        return [row for frame in frames for row in frame.to_dicts()]

    @property
    def reasons(self) -> list[str]:
        return [row["reason"] for row in self.quarantine]


def land(root: Path, log: str, name: str, content: bytes) -> Path:
    path = root / "landing" / log / name
    path.parent.mkdir(parents=True, exist_ok=True)
    path.write_bytes(content)
    return path


def take_in(root: Path, log: str, **options: Any) -> Ingested:
    root.mkdir(parents=True, exist_ok=True)
    workspace = open_workspace(root)
    return Ingested(workspace, log, ingest(workspace, log, SITES, **options).entries)


def jsonl(*lines: dict[str, Any] | str) -> bytes:
    return "".join((line if isinstance(line, str) else json.dumps(line)) + "\n" for line in lines).encode()


def of_lines(root: Path, log: str, *lines: dict[str, Any] | str) -> Ingested:
    land(root, log, "2022-05-21/a.jsonl", jsonl(*lines))
    return take_in(root, log)
