"""Whatever is new in landing into the lake, file by file; what is refused into quarantine.

Belongs here: the order of work, pseudonyms, and that a file's part, quarantine and ledger entry agree. Does not
belong here: how a line is read or judged (`read.py`, `validate.py`).
"""

import hashlib
import hmac
from collections import Counter
from collections.abc import Callable, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from itertools import chain
from pathlib import Path

import orjson
import polars as pl
from polars.io.plugins import register_io_source

from pipelines.contract import LOGS, Log
from pipelines.ingest.files import FileRefusedError, LandedFile, landed_files, sha256_of, verify
from pipelines.ingest.ledger import (
    DUPLICATE,
    INTERRUPTED,
    LOADED,
    REFUSED,
    Entry,
    Ledger,
    part_metadata,
    read_ledger,
    write_ledger,
)
from pipelines.ingest.read import Chunk, read_chunks
from pipelines.ingest.validate import Validator
from pipelines.workspace import Workspace

QUARANTINE_SCHEMA = {
    "file": pl.String,
    "file_sha256": pl.String,
    "line_number": pl.Int64,
    "reason": pl.String,
    "field": pl.String,
    "line": pl.String,
}
_LEDGER_EVERY = 500


@dataclass
class IngestSummary:
    """What one ingest of one log did. `entries` are the files looked at in it, in order.

    reasons: why lines of these files were refused -> how many.
    """

    log: str
    entries: list[Entry] = field(default_factory=list)
    reasons: Counter[str] = field(default_factory=Counter)

    @property
    def loaded(self) -> list[Entry]:
        """Files that were loaded."""
        return [entry for entry in self.entries if entry.status == LOADED]

    @property
    def refused(self) -> list[Entry]:
        """Files refused whole."""
        return [entry for entry in self.entries if entry.status == REFUSED]

    def total(self, column: str) -> int:
        """Sum of `lines`, `accepted`, `quarantined` or `bytes` over the files looked at."""
        return sum(getattr(entry, column) for entry in self.entries)


def driver_key_of(driver_id: str, key: bytes) -> str:
    """First 16 hex digits of HMAC-SHA-256(key, driver_id)."""
    return hmac.new(key, driver_id.encode(), hashlib.sha256).hexdigest()[:16]


def ingest(
    workspace: Workspace,
    log: str,
    site_ids: list[str],
    *,
    again: Iterable[Path] = (),
    on_file: Callable[[int, int], None] = lambda done, total: None,
) -> IngestSummary:
    """Loads every landed file of `log` that the ledger does not know yet; where `again` names files, just those anew.

    A file that cannot be used never stops the others: it is refused whole and its entry says why. `on_file` is
    told how many of how many files are done.
    """
    key = workspace.driver_key()
    key_check = driver_key_of("doorstep key check", key)
    ledger = read_ledger(workspace, log, key_check)
    wanted = {path.absolute() for path in again}
    files = landed_files(workspace.landing / log)
    todo = [file for file in files if (file.path in wanted if wanted else not ledger.knows(file))]
    summary = IngestSummary(log)
    loader = _Loader(workspace, LOGS[log], Validator(LOGS[log], site_ids), key, key_check, summary)
    for done, file in enumerate(todo, start=1):
        entry = loader.load(file, ledger, is_again=bool(wanted))
        ledger.record(entry)
        summary.entries.append(entry)
        on_file(done, len(todo))
        if done % _LEDGER_EVERY == 0:
            write_ledger(workspace, log, ledger, key_check)
    write_ledger(workspace, log, ledger, key_check)
    return summary


@dataclass(frozen=True)
class _Loader:
    workspace: Workspace
    log: Log
    validator: Validator
    key: bytes
    key_check: str
    summary: IngestSummary

    def load(self, file: LandedFile, ledger: Ledger, *, is_again: bool) -> Entry:
        """One file into its part and its quarantine; its ledger entry, whatever comes of it."""
        now = datetime.now(UTC)
        entry = Entry(file.name, "", file.bytes, file.changed_ns, REFUSED, file.dated or now.date(), now)
        try:
            if file.refusal:
                raise file.refusal
            entry = replace(entry, sha256=sha256_of(file.path))
            if known := ledger.first_look(file.name, entry.sha256):
                entry = replace(entry, landed_on=known.landed_on, first_ingested_at=known.first_ingested_at)
            if twin := ledger.loaded.get(entry.sha256):
                if (is_again or twin.changed_ns == INTERRUPTED) and twin not in self.summary.entries:
                    file, entry = self._in_place_of(twin, file, entry, ledger)
                elif twin.path != file.name:
                    return replace(entry, status=DUPLICATE, message=f"same bytes as {twin.path}")
                else:  # touched, not changed
                    return replace(twin, changed_ns=file.changed_ns)
            verify(file, self.workspace.settings.ingest.max_expansion)
            return self._load_lines(file, entry)
        except FileRefusedError as refusal:
            return replace(entry, reason=refusal.reason, message=str(refusal))
        except OSError as error:
            return replace(entry, reason="corrupt_file", message=f"cannot be read: {error.strerror}")

    def _in_place_of(self, twin: Entry, file: LandedFile, entry: Entry, ledger: Ledger) -> tuple[LandedFile, Entry]:
        """File and entry by the name these bytes were loaded by; until they are loaded, the ledger has a mark."""
        # A run that is killed in between would else leave the old counts beside a new part or quarantine.
        ledger.record(replace(twin, changed_ns=INTERRUPTED))
        write_ledger(self.workspace, self.log.name, ledger, self.key_check)
        if twin.path != file.name:
            file = replace(file, name=twin.path, changed_ns=twin.changed_ns)
        return file, replace(entry, path=file.name, changed_ns=file.changed_ns)

    def _load_lines(self, file: LandedFile, entry: Entry) -> Entry:
        refused: list[pl.DataFrame] = []
        unknown: Counter[str] = Counter()
        accepted = 0

        def parts() -> Iterator[pl.DataFrame]:
            nonlocal accepted
            for chunk in read_chunks(file, self.log):
                checked = self.validator.check(chunk.records, entry.first_ingested_at)
                refused.append(_refused_lines(chunk, checked.refused, entry))
                unknown.update(chunk.unknown_fields)
                accepted += checked.accepted.height
                yield self._lake_rows(checked.accepted, entry)

        place = Path(f"landed_on={entry.landed_on}") / f"{entry.sha256}.parquet"
        part = self.workspace.lake / self.log.name / place
        unfinished = self._write_part(parts(), part, entry)
        # The quarantine first: where there is a part, the ledger trusts that both are whole.
        quarantine = pl.concat(refused).sort("line_number")
        self._write_quarantine(quarantine, self.workspace.quarantine / self.log.name / place)
        unfinished.replace(part)
        self.summary.reasons.update(dict(quarantine["reason"].value_counts().iter_rows()))
        return replace(
            entry,
            status=LOADED,
            lines=accepted + quarantine.height,
            accepted=accepted,
            quarantined=quarantine.height,
            drifted_fields=orjson.dumps(unknown, option=orjson.OPT_SORT_KEYS).decode(),
        )

    def _lake_rows(self, accepted: pl.DataFrame, entry: Entry) -> pl.DataFrame:
        columns = {name: pl.col(name) for name in accepted.columns}
        columns["file_sha256"] = pl.lit(entry.sha256)
        if "driver_id" in columns:
            ids = accepted["driver_id"].unique().to_list()
            pseudonyms = {each: driver_key_of(each, self.key) for each in ids if each is not None}
            columns["driver_key"] = pl.col("driver_id").replace_strict(pseudonyms, default=None, return_dtype=pl.String)
        return accepted.select(columns[name].cast(dtype).alias(name) for name, dtype in self.log.lake_schema.items())

    def _write_part(self, parts: Iterator[pl.DataFrame], path: Path, entry: Entry) -> Path:
        path.parent.mkdir(parents=True, exist_ok=True)
        unfinished = path.with_name(f".{path.name}.tmp")
        metadata = part_metadata(entry, self.key_check)
        first = next(parts)
        second = next(parts, None)
        if second is None:
            first.write_parquet(unfinished, metadata=metadata)
        else:
            _stream(chain((first, second), parts), self.log, unfinished, metadata)
        return unfinished

    def _write_quarantine(self, lines: pl.DataFrame, path: Path) -> None:
        if lines.is_empty():
            path.unlink(missing_ok=True)
            return
        path.parent.mkdir(parents=True, exist_ok=True, mode=0o700)
        unfinished = path.with_name(f".{path.name}.tmp")
        unfinished.touch(mode=0o600)
        lines.write_parquet(unfinished)
        unfinished.replace(path)


def _stream(parts: Iterator[pl.DataFrame], log: Log, path: Path, metadata: dict[str, str]) -> None:
    """Many chunks into one Parquet file without holding them all."""
    failure: list[FileRefusedError] = []

    def source(*_: object) -> Iterator[pl.DataFrame]:
        try:
            yield from parts
        except FileRefusedError as error:  # Polars would wrap it in an error of its own
            failure.append(error)

    lazy = register_io_source(source, schema=log.lake_schema, is_pure=True)
    lazy.sink_parquet(path, metadata=metadata)
    if failure:
        path.unlink()
        raise failure[0]


def _refused_lines(chunk: Chunk, refused: list[tuple[int, str, str]], entry: Entry) -> pl.DataFrame:
    texts = chunk.texts([line_number for line_number, _, _ in refused]) if refused else []
    judged = [(number, reason, name, text) for (number, reason, name), text in zip(refused, texts, strict=True)]
    unread = [(number, reason, None, text) for number, reason, text in chunk.unreadable]
    rows = [(entry.path, entry.sha256, *row) for row in (*judged, *unread)]
    return pl.DataFrame(rows, schema=QUARANTINE_SCHEMA, orient="row")
