"""Which files lie in landing, whether each may be read at all, and its bytes, verified.

Belongs here: names, paths, suffixes, checksums, decompression. Does not belong here: what the lines say
(`read.py`, `validate.py`).
"""

import hashlib
import os
import re
import stat
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from pathlib import Path
from typing import BinaryIO, cast

from isal import igzip, isal_zlib

SUFFIXES = (".jsonl", ".jsonl.gz", ".csv", ".csv.gz", ".parquet")
UNFINISHED = (".part", ".tmp")
_DATE = re.compile(r"\d{4}-\d{2}-\d{2}")
_PIECE = 1 << 20


class FileRefusedError(Exception):
    """A whole file is refused. `reason` is one of the contract's; the message says what is wrong."""

    def __init__(self, reason: str, message: str) -> None:
        super().__init__(message)
        self.reason = reason


@dataclass(frozen=True)
class LandedFile:
    """One file below `landing/<log>/`. `name` is its path below that folder, printable and unique."""

    path: Path
    name: str
    bytes: int
    modified_ns: int
    refusal: FileRefusedError | None = None

    @property
    def format(self) -> str:
        """`jsonl`, `csv` or `parquet`."""
        return self._suffix.removesuffix(".gz").lstrip(".")

    @property
    def is_compressed(self) -> bool:
        """Whether the bytes are gzip."""
        return self._suffix.endswith(".gz")

    @property
    def _suffix(self) -> str:
        return next(suffix for suffix in sorted(SUFFIXES, key=len, reverse=True) if self.name.endswith(suffix))

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
    text = os.fsencode(path).decode("utf-8", "backslashreplace")
    return "".join(char if char.isprintable() else char.encode("unicode_escape").decode() for char in text)


def landed_files(folder: Path) -> list[LandedFile]:
    """Every complete file below `folder` in order of name, refusals included; unfinished ones are left out.

    A name that starts with `.` or `_`, or ends in `.part` or `.tmp`, is unfinished. Links that lead out of
    `folder` and things that are no files get a refusal (`unsafe_path`), unknown suffixes `unsupported_file`.
    """
    found = sorted(_walk(folder, folder), key=os.fsencode)
    return [_landed_file(path, folder) for path in found]


def _walk(folder: Path, top: Path) -> Iterator[Path]:
    if not folder.is_dir():
        return
    for entry in os.scandir(folder):
        if entry.name.startswith((".", "_")) or entry.name.endswith(UNFINISHED):
            continue
        if entry.is_dir(follow_symlinks=False):
            yield from _walk(Path(entry.path), top)
        else:
            yield Path(entry.path)


def _landed_file(path: Path, folder: Path) -> LandedFile:
    name = printable(str(path.relative_to(folder)))
    refusal = None
    try:
        facts = path.stat()
        if not path.resolve().is_relative_to(folder.resolve()):
            refusal = FileRefusedError("unsafe_path", "is a link that leads out of landing")
        elif not stat.S_ISREG(facts.st_mode):
            refusal = FileRefusedError("unsafe_path", "is not a regular file")
        elif not name.endswith(SUFFIXES):
            refusal = FileRefusedError("unsupported_file", f"has none of the suffixes {', '.join(SUFFIXES)}")
        size, modified_ns = facts.st_size, facts.st_mtime_ns
    except OSError as error:
        refusal = FileRefusedError("unsafe_path", f"cannot be looked at: {error.strerror}")
        size, modified_ns = 0, 0
    return LandedFile(path, name, size, modified_ns, refusal)


def sha256_of(path: Path) -> str:
    """SHA-256 of the file's bytes, hexadecimal."""
    with path.open("rb") as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def verify(file: LandedFile) -> None:
    """Reads a gzip file to its end, so that nothing is loaded of one that is truncated or damaged.

    Raises FileRefusedError(`corrupt_file`).
    """
    if not file.is_compressed:
        return
    if file.bytes == 0:
        raise FileRefusedError("corrupt_file", "gzip is empty: not even a header")
    try:
        with igzip.open(file.path, "rb") as stream:
            while stream.read(_PIECE):
                pass
    except (OSError, EOFError, isal_zlib.error) as error:  # pyright: ignore[reportGeneralTypeIssues] - isal's stub
        raise FileRefusedError("corrupt_file", f"gzip is damaged or cut short: {error}") from error


def opened(file: LandedFile) -> BinaryIO:
    """The file's bytes, decompressed, as a stream for a `with` block."""
    return cast("BinaryIO", igzip.open(file.path, "rb")) if file.is_compressed else file.path.open("rb")
