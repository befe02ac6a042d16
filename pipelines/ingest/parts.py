"""Accepted events into lake parts, refused lines into quarantine parts, one of each per file.

Belongs here: pseudonyms, the columns of a part, writing without holding a whole file. Does not belong here: what is
accepted and what refused (`validate.py`), when a part counts (`load.py`).
"""

import hashlib
import hmac
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from pathlib import Path
from queue import Full, Queue

import polars as pl
from polars.io.plugins import register_io_source

from pipelines.contract import Log
from pipelines.workspace import DoorstepError

QUARANTINE_SCHEMA = {
    "file": pl.String,
    "file_sha256": pl.String,
    "line_number": pl.Int64,
    "reason": pl.String,
    "field": pl.String,
    "line": pl.String,
}
_SPILL_BYTES = 64 << 20


def driver_key_of(driver_id: str, key: bytes) -> str:
    """First 16 hex digits of HMAC-SHA-256(key, driver_id)."""
    return hmac.new(key, driver_id.encode(), hashlib.sha256).hexdigest()[:16]


class Pseudonyms:
    """Driver ids to driver keys; each is worked out once."""

    def __init__(self, key: bytes) -> None:
        self._key = key
        self._known: dict[str, str] = {}

    def of(self, driver_ids: pl.Series) -> pl.Series:
        """The driver key of each id, null where that is null."""
        ids = [each for each in driver_ids.unique().to_list() if each is not None]
        for each in ids:
            if each not in self._known:
                self._known[each] = driver_key_of(each, self._key)
        pseudonyms = {each: self._known[each] for each in ids}
        return driver_ids.replace_strict(pseudonyms, default=None, return_dtype=pl.String)


def unfinished(path: Path) -> Path:
    """Where a part is written before it is whole; readers of the lake leave such names alone."""
    return path.with_name(f".{path.name}.tmp")


@contextmanager
def writing(path: Path) -> Iterator[None]:
    """Turns what goes wrong with a disk into a DoorstepError: no landed file is to blame for it."""
    try:
        yield
    except (OSError, pl.exceptions.PolarsError) as error:
        raise DoorstepError(f"{path}: cannot be written: {error}. Mend that and run again; nothing is lost.") from error


def write_part(rows: pl.DataFrame, path: Path, metadata: dict[str, str]) -> None:
    """Writes the rows where the part at `path` is written before it is whole."""
    with writing(path):
        path.parent.mkdir(parents=True, exist_ok=True)
        rows.write_parquet(unfinished(path), metadata=metadata)


def remove_unfinished(folder: Path) -> None:
    """Removes what a killed ingest left in the partitions of `folder`."""
    for left in folder.glob("landed_on=*/.*.tmp"):
        left.unlink(missing_ok=True)


class PartWriter:
    """Writes the part at `path` frame by frame, on a thread of its own, without holding them all, as unfinished.

    `metadata` is asked when the last frame is written. Leaving the `with` block by an error leaves no file.
    """

    def __init__(self, path: Path, log: Log, metadata: Callable[[], dict[str, str]]) -> None:
        self._path = unfinished(path)
        with writing(path):
            path.parent.mkdir(parents=True, exist_ok=True)
        self._frames: Queue[pl.DataFrame | None] = Queue(maxsize=2)
        self._is_given_up = False
        self._pool = ThreadPoolExecutor(1)
        lazy = register_io_source(self._source, schema=log.lake_schema, is_pure=True)
        self._written = self._pool.submit(lazy.sink_parquet, self._path, metadata=lambda _: metadata())

    def __enter__(self) -> "PartWriter":
        return self

    def __exit__(self, kind: object, *_: object) -> None:
        self._is_given_up = kind is not None
        self._put(None)
        self._pool.shutdown()
        if kind is not None:
            self._path.unlink(missing_ok=True)
        else:
            self._settle()

    def write(self, frame: pl.DataFrame) -> None:
        """Adds a frame of the lake's columns. Raises DoorstepError if an earlier one could not be written."""
        self._put(frame)
        if self._written.done():
            self._settle()

    def _settle(self) -> None:
        with writing(self._path):
            self._written.result()

    def _put(self, frame: pl.DataFrame | None) -> None:
        while not self._written.done():
            with suppress(Full):
                self._frames.put(frame, timeout=1)
                return

    def _source(self, *_: object) -> Iterator[pl.DataFrame]:
        while (frame := self._frames.get()) is not None and not self._is_given_up:
            yield frame


class Quarantine:
    """The refused lines of one file, readable by the owner only; many of them are put by on disk meanwhile.

    Leaving the `with` block leaves nothing but what `finish` put in place.
    """

    def __init__(self, path: Path) -> None:
        self._path = path
        self._held: list[pl.DataFrame] = []
        self._held_bytes = 0
        self._pieces: list[Path] = []

    def __enter__(self) -> "Quarantine":
        return self

    def __exit__(self, *_: object) -> None:
        for piece in self._pieces:
            piece.unlink(missing_ok=True)

    def add(self, lines: pl.DataFrame) -> None:
        """Adds lines of QUARANTINE_SCHEMA that come after those added before."""
        if lines.is_empty():
            return
        self._held.append(lines)
        self._held_bytes += int(lines.estimated_size())
        if self._held_bytes > _SPILL_BYTES:
            piece = self._path.with_name(f".{self._path.name}.{len(self._pieces)}.tmp")
            self._write(pl.concat(self._held).lazy(), piece)
            self._pieces.append(piece)
            self._held, self._held_bytes = [], 0

    def finish(self) -> None:
        """Puts the file's quarantine part in place of any earlier one; none if no line was refused."""
        held = pl.concat(self._held, rechunk=False).lazy() if self._held else None
        if self._pieces:
            pieces = [pl.scan_parquet(piece, glob=False, hive_partitioning=False) for piece in self._pieces]
            held = pl.concat([*pieces, *([] if held is None else [held])])
        if held is None:
            self._path.unlink(missing_ok=True)
            return
        self._write(held, unfinished(self._path))
        unfinished(self._path).replace(self._path)

    def _write(self, lines: pl.LazyFrame, path: Path) -> None:
        for folder in reversed(path.parents[:3]):  # quarantine/<log>/landed_on=...
            folder.mkdir(exist_ok=True, mode=0o700)
        path.touch(mode=0o600)
        if self._pieces:
            lines.sink_parquet(path)
        else:
            lines.collect().write_parquet(path)
