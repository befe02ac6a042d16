"""Whatever is new in landing into the lake, file by file; what is refused into quarantine.

Belongs here: the order of work, which files are read together, and that a file's part, quarantine and ledger entry
agree. Does not belong here: how a line is read or judged (`read.py`, `judge.py`), how parts are written (`parts.py`).

Small files are judged together, a large one chunk by chunk: judging has a price per call, and memory has an end.
"""

import re
from collections import Counter
from collections.abc import Callable, Collection, Iterable, Iterator
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime
from functools import partial
from itertools import chain
from pathlib import Path

import orjson

from pipelines.contract import LOGS, Log
from pipelines.ingest.files import (
    FileRefusedError,
    FileUnsettledError,
    LandedFile,
    landed_files,
    refuse_bombs,
    sha256_of,
)
from pipelines.ingest.judge import Judge, Judged
from pipelines.ingest.ledger import (
    DUPLICATE,
    LOADED,
    REFUSED,
    UNSETTLED,
    Entry,
    Ledger,
    part_metadata,
    read_ledger,
    write_ledger,
)
from pipelines.ingest.parts import (
    PartWriter,
    Quarantine,
    driver_key_of,
    remove_unfinished,
    unfinished,
    write_part,
    writing,
)
from pipelines.ingest.read import Chunk, ReadChunk, chunks
from pipelines.ingest.workers import ahead
from pipelines.workspace import Workspace

_LEDGER_EVERY = 500
_TOGETHER_ROWS = 100_000
_TOGETHER_FILES = 250
_NAME = re.compile(r"[A-Za-z_][A-Za-z0-9_.-]{0,63}")
_MAX_NAMES = 100
_OTHER_NAMES = "(other names)"


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


def ingest(
    workspace: Workspace,
    log: str,
    site_ids: list[str],
    *,
    among: Collection[Path] | None = None,
    again: Iterable[Path] = (),
    on_progress: Callable[[int, int], None] = lambda done, total: None,
) -> IngestSummary:
    """Loads every landed file of `log` that the ledger does not know yet; where `again` names files, just those anew.

    among: no other files than these are looked at; None: all.

    A file that cannot be used never stops the others: it is refused whole and its entry says why. `on_progress` is
    told how many of how many bytes are done. Raises DoorstepError where lake or quarantine cannot be written.
    """
    key = workspace.driver_key()
    key_check = driver_key_of("doorstep key check", key)
    for folder in (workspace.lake / log, workspace.quarantine / log):
        remove_unfinished(folder)
    ledger = read_ledger(workspace, log, key_check)
    files, wanted = landed_files(workspace.landing / log), {path.absolute() for path in again}
    if among is not None:
        files = [file for file in files if file.path in among]
    todo = [file for file in files if (file.path in wanted if wanted else not ledger.knows(file))]
    if wanted:
        # Marked before anything is done, so that a killed run is made up for by the next.
        _unsettle(ledger, todo)
        write_ledger(workspace, log, ledger, key_check)
    summary = IngestSummary(log)
    progress = _Progress(sum(file.bytes for file in todo), on_progress)
    loader = _Loader(workspace, LOGS[log], Judge(LOGS[log], site_ids, key), key_check, ledger, progress)
    for done, (entry, reasons) in enumerate(loader.load(todo), start=1):
        ledger.record(entry)
        if reasons is not None:
            summary.entries.append(entry)
            summary.reasons.update(reasons)
        if done % _LEDGER_EVERY == 0:
            write_ledger(workspace, log, ledger, key_check)
    write_ledger(workspace, log, ledger, key_check)
    return summary


def _unsettle(ledger: Ledger, files: list[LandedFile]) -> None:
    """Marks what was loaded of these files' bytes as to be read again, by whatever name it was loaded."""
    for file in files:
        if not file.refusal and (known := ledger.loaded.get(sha256_of(file.path))):
            ledger.record(replace(known, changed_ns=UNSETTLED))


class _Progress:
    """Bytes of landing that are done; `at` is how far into the file at work, or into one that is begun beside it."""

    def __init__(self, total: int, tell: Callable[[int, int], None]) -> None:
        self._done, self._told, self._total, self._tell = 0, -1, total, tell

    def at(self, position: int) -> None:
        if (now := self._done + position) > self._told:
            self._told = now
            self._tell(now, self._total)

    def finish(self, file: LandedFile) -> None:
        self._done += file.bytes
        self.at(0)


@dataclass(frozen=True)
class _Begun:
    """A file as far as it was read ahead.

    chunk: all of it, if that is one chunk; else rest: its chunks. Neither where the entry says all there is to say.
    is_touched: it has the bytes it was loaded with.
    """

    file: LandedFile
    entry: Entry
    chunk: Chunk | None = None
    rest: Iterator[ReadChunk] | None = None
    is_touched: bool = False


# The entry of a file that was looked at, and why lines of it were refused; None for one that was touched and no more.
_Outcome = tuple[Entry, Counter[str] | None]


@dataclass(frozen=True)
class _Loader:
    workspace: Workspace
    log: Log
    judge: Judge
    key_check: str
    ledger: Ledger
    progress: _Progress

    def load(self, files: list[LandedFile]) -> Iterator[_Outcome]:
        """Each file into its part and its quarantine. The entries are to be recorded in the ledger."""
        together: list[_Begun] = []
        taken: dict[str, Entry] = {}
        for read in ahead(partial(self._begin, file) for file in files):
            begun = read
            if begun.entry.status == REFUSED and (twin := taken.get(begun.entry.sha256)):
                begun = _Begun(begun.file, _duplicate(replace(begun.entry, path=begun.file.name), twin))
            if begun.rest is None:
                together.append(begun)
                if begun.chunk:
                    taken[begun.entry.sha256] = begun.entry
                if len(together) < _TOGETHER_FILES and _rows(together) < _TOGETHER_ROWS:
                    continue
            yield from self._load_together(together)
            together = []
            if begun.rest is not None:
                outcome = self._load_by_chunks(begun)
                if outcome[0].status == LOADED:
                    taken[outcome[0].sha256] = outcome[0]
                yield outcome
        yield from self._load_together(together)

    def _begin(self, file: LandedFile) -> _Begun:
        """Reads the file's first chunk, and the whole file if that is all. On any thread."""
        now = datetime.now(UTC)
        entry = Entry(file.name, "", file.bytes, file.changed_ns, REFUSED, file.dated or now.date(), now)
        try:
            if file.refusal:
                raise file.refusal
            entry = replace(entry, sha256=sha256_of(file.path))
            if known := self.ledger.first_look(file.name, entry.sha256):
                entry = replace(entry, landed_on=known.landed_on, first_ingested_at=known.first_ingested_at)
            if twin := self.ledger.loaded.get(entry.sha256):
                if twin.changed_ns != UNSETTLED:
                    return _Begun(file, _duplicate(entry, twin), is_touched=twin.path == file.name)
                entry = replace(entry, path=twin.path)
            max_expansion = self.workspace.settings.ingest.max_expansion
            refuse_bombs(file, max_expansion)
            read_chunks = chunks(file, self.log, max_expansion, self.progress.at)
            first, second = next(read_chunks), next(read_chunks, None)
            chunk = first()
            if second is None:
                _same_as_hashed(file)
                return _Begun(file, entry, chunk)
            return _Begun(file, entry, rest=chain([lambda: chunk, second], read_chunks))
        except FileRefusedError as error:
            return _Begun(file, _refused(entry, error))
        except OSError as error:
            return _Begun(file, _refused(entry, FileUnsettledError(f"cannot be read: {error.strerror}")))

    def _load_together(self, together: list[_Begun]) -> Iterator[_Outcome]:
        read = [(begun.entry, begun.chunk) for begun in together if begun.chunk]
        judged = iter(self.judge(read) if read else [])
        jobs = (partial(self._write, begun.entry, next(judged)) for begun in together if begun.chunk)
        written = ahead(jobs)
        for begun in together:
            yield next(written) if begun.chunk else (begun.entry, None if begun.is_touched else Counter())
            self.progress.finish(begun.file)

    def _load_by_chunks(self, begun: _Begun) -> _Outcome:
        entry = begun.entry
        accepted, quarantined = 0, 0
        unknown, reasons = Counter[str](), Counter[str]()

        def finished() -> Entry:
            return _loaded(entry, accepted, quarantined, unknown)

        def judge(read_chunk: ReadChunk) -> Judged:
            return self.judge([(entry, read_chunk())])[0]

        part = self._part(entry)
        with Quarantine(self._quarantine(entry)) as quarantine:
            try:
                with PartWriter(part, self.log, lambda: part_metadata(finished(), self.key_check)) as writer:
                    for judged in ahead(partial(judge, each) for each in begun.rest or ()):
                        writer.write(judged.accepted)
                        quarantine.add(judged.refused)
                        accepted += judged.accepted.height
                        quarantined += judged.refused.height
                        unknown += judged.unknown_fields
                        reasons.update(judged.refused["reason"])
                    _same_as_hashed(begun.file)
            except FileRefusedError as error:
                self.progress.finish(begun.file)
                return _refused(entry, error), Counter()
            self._put_in_place(part, quarantine, entry)
        self.progress.finish(begun.file)
        return finished(), reasons

    def _write(self, entry: Entry, judged: Judged) -> _Outcome:
        entry = _loaded(entry, judged.accepted.height, judged.refused.height, judged.unknown_fields)
        part = self._part(entry)
        write_part(judged.accepted, part, part_metadata(entry, self.key_check))
        with Quarantine(self._quarantine(entry)) as quarantine:
            quarantine.add(judged.refused)
            self._put_in_place(part, quarantine, entry)
        return entry, Counter(judged.refused["reason"])

    def _put_in_place(self, part: Path, quarantine: Quarantine, entry: Entry) -> None:
        # In this order a run may be killed anywhere: where there is a part, its quarantine is whole.
        with writing(part):
            part.unlink(missing_ok=True)
            if stray := self.ledger.stray_quarantine.get(entry.sha256):
                stray.unlink(missing_ok=True)
            quarantine.finish()
            unfinished(part).replace(part)

    def _part(self, entry: Entry) -> Path:
        return self.workspace.lake / self._place(entry)

    def _quarantine(self, entry: Entry) -> Path:
        return self.workspace.quarantine / self._place(entry)

    def _place(self, entry: Entry) -> Path:
        return Path(self.log.name, f"landed_on={entry.landed_on}", f"{entry.sha256}.parquet")


def _duplicate(entry: Entry, twin: Entry) -> Entry:
    """The entry of a file of the same bytes as one loaded before; of the same name, it was only touched."""
    if twin.path == entry.path:
        return replace(twin, changed_ns=entry.changed_ns)
    return replace(
        entry,
        status=DUPLICATE,
        landed_on=twin.landed_on,
        first_ingested_at=twin.first_ingested_at,
        message=f"same bytes as {twin.path}",
    )


def _refused(entry: Entry, error: FileRefusedError) -> Entry:
    changed_ns = UNSETTLED if isinstance(error, FileUnsettledError) else entry.changed_ns
    return replace(entry, changed_ns=changed_ns, reason=error.reason, message=str(error))


def _loaded(entry: Entry, accepted: int, quarantined: int, unknown: Counter[str]) -> Entry:
    return replace(
        entry,
        status=LOADED,
        reason=None,
        message=None,
        lines=accepted + quarantined,
        accepted=accepted,
        quarantined=quarantined,
        drifted_fields=_drifted(unknown),
    )


def _drifted(unknown: Counter[str]) -> str:
    """Counts by name as JSON. What is no name may be somebody's data, and is counted without it."""
    names = [name for name, _ in unknown.most_common() if _NAME.fullmatch(name)][:_MAX_NAMES]
    counts = Counter({name: unknown[name] for name in names})
    counts[_OTHER_NAMES] = unknown.total() - counts.total()
    return orjson.dumps(+counts, option=orjson.OPT_SORT_KEYS).decode()


def _same_as_hashed(file: LandedFile) -> None:
    found = file.path.stat()
    if (found.st_size, found.st_ctime_ns) != (file.bytes, file.changed_ns):
        raise FileUnsettledError("changed while it was read")


def _rows(together: list[_Begun]) -> int:
    return sum(begun.chunk.records.height for begun in together if begun.chunk)
