"""Which files lie in landing, whether each may be read at all, and its bytes, decompressed and verified.

Belongs here: names, paths, suffixes, checksums, decompression. Does not belong here: what the lines say
(`read.py`, `validate.py`).
"""

import hashlib
import os
import re
import stat
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

import zstandard
from isal import igzip, isal_zlib

from pipelines.workspace import DoorstepError

SUFFIXES = (".jsonl", ".jsonl.gz", ".jsonl.zst", ".csv", ".csv.gz", ".parquet")
UNFINISHED = (".part", ".tmp")
_DATE = re.compile(r"(?<!\d)\d{4}-\d{2}-\d{2}(?!\d)", re.ASCII)
_PIECE = 1 << 20
_ZSTD_PIECE = 16 << 10  # of compressed bytes, since a few of them may expand to very many
_BEGINNING = 2 << 20
MAX_FREE_BYTES = 256 << 20
MAX_BYTES = 20 * 10**9


class FileRefusedError(Exception):
    """A whole file is refused. `reason` is one of the contract's; the message says what is wrong."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


class FileUnsettledError(FileRefusedError):
    """A file is refused for now, for a reason that may pass: it is looked at again at the next run."""

    def __init__(self, message: str) -> None:
        super().__init__("corrupt_file", f"{message}; it is tried again at the next run")


@dataclass(frozen=True)
class LandedFile:
    """One file below `landing/<log>/`. `name` is its path below that folder, printable and unique.

    changed_ns: the inode's time of change, which no copying tool sets back.
    """

    path: Path
    name: str
    bytes: int
    changed_ns: int
    refusal: FileRefusedError | None = None

    @property
    def format(self) -> str:
        """`jsonl`, `csv` or `parquet`."""
        return self._suffixes[0]

    @property
    def compression(self) -> str | None:
        """`gz`, `zst` or None."""
        return self._suffixes[1] if len(self._suffixes) > 1 else None

    @property
    def is_compressed(self) -> bool:
        """Whether the bytes must be decompressed."""
        return self.compression is not None

    @property
    def _suffixes(self) -> list[str]:
        suffix = max((each for each in SUFFIXES if self.name.endswith(each)), key=len)
        return suffix.removeprefix(".").split(".")

    @property
    def dated(self) -> date | None:
        """The first YYYY-MM-DD in the path below landing/<log>/ that is a calendar day."""
        for found in _DATE.findall(self.name):
            try:
                return date.fromisoformat(found)
            except ValueError:
                continue
        return None


def printable(path: str) -> str:
    """A file name as valid UTF-8 without control characters (escaped), so that it fits one line anywhere."""
    text = os.fsencode(path).replace(b"\\", b"\\\\").decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def landed_files(folder: Path) -> list[LandedFile]:
    """Every complete file below `folder` in order of name, refusals included; unfinished ones are left out.

    A name that starts with `.` or `_`, or ends in `.part` or `.tmp`, is unfinished. Links that lead out of
    `folder` and things that are no files get a refusal (`unsafe_path`), unknown suffixes `unsupported_file`.
    Raises DoorstepError where `folder` is a file.
    """
    if folder.exists() and not folder.is_dir():
        raise DoorstepError(f"{folder}: is a file. Make it a folder, and put log files into that.")
    found = sorted(_walk(folder), key=os.fsencode)
    return [_landed_file(path, folder) for path in found]


def _walk(folder: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    try:
        entries = list(os.scandir(folder))
    except OSError:  # not ours to look into: the folder itself is refused
        yield folder
        return
    for entry in entries:
        if entry.name.startswith((".", "_")) or entry.name.endswith(UNFINISHED):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path))
        else:
            yield Path(entry.path)


def _landed_file(path: Path, folder: Path) -> LandedFile:
    name = printable(str(path.relative_to(folder)))
    refusal = None
    try:
        facts = path.stat()
        if not path.resolve().is_relative_to(folder.resolve()):
            refusal = FileRefusedError("unsafe_path", "is a link that leads out of landing")
        elif stat.S_ISDIR(facts.st_mode):
            refusal = FileRefusedError("unsafe_path", "is a folder that cannot be looked into, or a link to one")
        elif not stat.S_ISREG(facts.st_mode):
            refusal = FileRefusedError("unsafe_path", "is not a regular file")
        elif not name.endswith(SUFFIXES):
            refusal = FileRefusedError("unsupported_file", f"has none of the suffixes {', '.join(SUFFIXES)}")
        size, changed_ns = facts.st_size, facts.st_ctime_ns
    except OSError as error:
        refusal = FileRefusedError("unsafe_path", f"cannot be looked at: {error.strerror}")
        size, changed_ns = 0, 0
    return LandedFile(path, name, size, changed_ns, refusal)


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def allowed_bytes(file: LandedFile, max_expansion: float) -> float:
    """What a file may expand to: 256 MB, or beyond that `max_expansion` times its size, or 20 GB."""
    return min(max(MAX_FREE_BYTES, max_expansion * file.bytes), MAX_BYTES)


@contextmanager
def _damage_refused() -> Iterator[None]:
    try:
        yield
    except (igzip.BadGzipFile, EOFError, isal_zlib.error, zstandard.ZstdError) as error:  # pyright: ignore[reportGeneralTypeIssues] - isal's stub
        raise FileRefusedError("corrupt_file", f"is damaged or cut short: {error}") from error
    except OSError as error:
        raise FileUnsettledError(f"cannot be read: {error.strerror}") from error


def refuse_bombs(file: LandedFile, max_expansion: float) -> None:
    """Refuses a file that expands beyond measure from its beginning, before memory is spent on what it holds.

    One that begins like any other is refused by `pieces`, as soon as it has gone too far. Raises as that does.
    """
    expanded, consumed = 0, [0]
    for piece in pieces(file, max_expansion, consumed.append) if file.is_compressed else ():
        expanded += len(piece)
        if consumed[-1] > _BEGINNING and expanded < consumed[-1] * max_expansion / 2:
            return


def pieces(
    file: LandedFile, max_expansion: float, on_position: Callable[[int], None] = lambda position: None
) -> Iterator[bytes]:
    """The file's bytes, decompressed, in pieces; on_position is told how many of its own bytes were read so far.

    Raises FileRefusedError: `corrupt_file` where a compressed file is damaged, cut short or goes on after its end, so
    what came before is not to be used; `file_too_large` as soon as it has expanded beyond `allowed_bytes`.
    """
    allowed, expanded = allowed_bytes(file, max_expansion), 0
    with _damage_refused(), file.path.open("rb") as raw:
        for piece in _expanded(file, raw):
            expanded += len(piece)
            if file.is_compressed and expanded > allowed:
                raise FileRefusedError("file_too_large", f"{file.bytes:,} bytes expand to more than {allowed:,.0f}")
            on_position(raw.tell())
            yield piece


def _expanded(file: LandedFile, raw: BinaryIO) -> Iterator[bytes]:
    if file.is_compressed and file.bytes == 0:
        raise EOFError("not even a header")
    if file.compression == "zst":
        yield from _zstd_expanded(raw)
        return
    stream = cast("BinaryIO", igzip.open(raw, "rb")) if file.compression == "gz" else raw
    while piece := stream.read(_PIECE):
        yield piece


def _zstd_expanded(raw: BinaryIO) -> Iterator[bytes]:
    # Not by a stream reader, which takes a cut-off frame for a whole one.
    frame, is_open = zstandard.ZstdDecompressor().decompressobj(), False
    while piece := raw.read(_ZSTD_PIECE):
        while piece:
            yield frame.decompress(piece)
            is_open, piece = not frame.eof, frame.unused_data
            if frame.eof:
                frame = zstandard.ZstdDecompressor().decompressobj()
    if is_open:
        raise EOFError("the last zstd frame does not end")
