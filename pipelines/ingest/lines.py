"""Text files in blocks of whole lines, without holding the file.

Belongs here: where lines start and end, their numbers, the cut-off end of a file. Does not belong here: what a line
says (`json_lines.py`, `csv_records.py`).
"""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from functools import cached_property
from itertools import chain, pairwise

import numpy as np

from pipelines.ingest.files import FileRefusedError

BLOCK_BYTES = 16 << 20
MAX_BLOCK_LINES = 300_000
MAX_LINE_BYTES = 64 << 20
_STRIDE = 256 << 10  # fits the cache, where a whole block would not
NEWLINE, QUOTE, COMMA = ord("\n"), ord('"'), ord(",")
_IS_INK = np.ones(256, bool)  # what makes a line more than blank
_IS_INK[list(b" \t\n\r\v\f")] = False
_BOM = b"\xef\xbb\xbf"

NESTED = "\ue000nested\ue000"  # stands for an object or array where the contract has text or a number
Unreadable = tuple[int, str, str]  # line number, reason, the line verbatim


def verbatim(line: bytes) -> str:
    """A line as text; bytes that are not UTF-8 stay readable as escapes."""
    return line.rstrip(b"\r\n").decode("utf-8", "backslashreplace")


@dataclass(frozen=True, eq=False)
class Block:
    """Records of a text file, one after the other in `data`, each with its line end.

    A record is a line, numbered on from `first_line`, unless `record_ends` and `record_lines` say otherwise (one
    number per record: where it ends in `data`, the line it starts on). Positions are found when they are asked for:
    a clean block never needs them.
    """

    data: bytes
    first_line: int = 1
    record_ends: np.ndarray | None = None
    record_lines: np.ndarray | None = None

    @property
    def bytes_array(self) -> np.ndarray:
        """The bytes as numbers, without a copy."""
        return np.frombuffer(self.data, np.uint8)

    def count(self, byte: int) -> int:
        """How often a byte occurs; unlike `bytes.count`, other threads go on meanwhile."""
        every = self.bytes_array
        return sum(
            int(np.count_nonzero(every[place : place + _STRIDE] == byte)) for place in range(0, every.size, _STRIDE)
        )

    @cached_property
    def size(self) -> int:
        """How many records there are."""
        return self.count(NEWLINE) if self.record_ends is None else int(self.record_ends.size)

    @cached_property
    def ends(self) -> np.ndarray:
        """Where each record ends, its line end included."""
        return np.flatnonzero(self.bytes_array == NEWLINE) + 1 if self.record_ends is None else self.record_ends

    @cached_property
    def starts(self) -> np.ndarray:
        """Where each record starts."""
        return np.concatenate(([0], self.ends[:-1])) if self.ends.size else self.ends

    @cached_property
    def line_numbers(self) -> np.ndarray:
        """The line of the file each record starts on, from 1."""
        return self.first_line + np.arange(self.size) if self.record_lines is None else self.record_lines

    def record(self, index: int) -> bytes:
        """One record's bytes."""
        return self.data[self.starts[index] : self.ends[index]]

    def texts(self, line_numbers: list[int]) -> list[str]:
        """The records that start on these lines, verbatim."""
        return [verbatim(self.record(int(i))) for i in np.searchsorted(self.line_numbers, line_numbers)]

    def unparseable(self, indexes: list[int]) -> list[Unreadable]:
        """These records as refusals."""
        return [(int(self.line_numbers[i]), "unparseable_line", verbatim(self.record(i))) for i in indexes]

    def incomplete(self, fragment: Unreadable | None = None) -> Unreadable:
        """The whole block, and the fragment after it, as one record that is not complete."""
        text = self.data.decode("utf-8", "backslashreplace") + (fragment[2] if fragment else "")
        return int(self.line_numbers[0]), "incomplete_line", text.rstrip("\r\n")

    def only(self, keep: np.ndarray) -> "Block":
        """A block of the records where `keep` is true."""
        if keep.all():
            return self
        lengths = self.ends - self.starts
        data = self.bytes_array[np.repeat(keep, lengths)].tobytes()
        ends = np.cumsum(lengths[keep])
        return Block(data, self.first_line, ends, self.line_numbers[keep])

    def per_record(self, is_hit: np.ndarray) -> np.ndarray:
        """How many of the bytes marked in `is_hit` each record has."""
        return np.add.reduceat(is_hit, self.starts, dtype=np.int32) if self.size else np.empty(0, np.int32)

    def without_blank(self) -> "Block":
        """A block of the records that are not just white space."""
        # Only a record that starts with white space may be blank, and few do.
        if not self.size or (self.bytes_array[self.starts] > ord(" ")).all():
            return self
        return self.only(self.per_record(_IS_INK[self.bytes_array]) > 0)


def blocks(pieces: Iterable[bytes], *, is_sealed: bool) -> Iterator[tuple[Block, list[Unreadable]]]:
    """A file's bytes in blocks of whole lines, blank ones included; with the last, the fragment that ends the file.

    is_sealed: the file's end is vouched for by a checksum, so a last line without newline is whole.
    Raises FileRefusedError(`file_too_large`) for a line of more than 64 MB, since a line must fit in memory.
    """
    held, size, line_number = [b""], 0, 1
    for piece in _cut_small(pieces):
        held.append(piece)
        size += len(piece)
        cut = piece.rfind(b"\n") + 1 if size >= BLOCK_BYTES else 0
        if cut:
            held[-1] = piece[:cut]
            block = Block(b"".join(held), line_number)
            line_number += block.size
            held, size = [piece[cut:]], len(piece) - cut
            if not block.data.isspace():
                yield from ((part, []) for part in _of_few_lines(block))
        elif size > BLOCK_BYTES + MAX_LINE_BYTES:
            raise FileRefusedError("file_too_large", f"line {line_number} is longer than {MAX_LINE_BYTES:,} bytes")
    data = b"".join(held)
    if is_sealed and data and not data.endswith(b"\n"):
        data += b"\n"
    cut = data.rfind(b"\n") + 1
    block, rest = Block(data[:cut], line_number), data[cut:]
    is_cut_off = bool(rest.strip())
    *before, last = _of_few_lines(block)
    yield from ((part, []) for part in before)
    yield last, [(line_number + block.size, "incomplete_line", verbatim(rest))] if is_cut_off else []


def _of_few_lines(block: Block) -> list[Block]:
    """The block in parts: very short lines take up far more memory once they are records."""
    if block.size <= MAX_BLOCK_LINES:
        return [block]
    ends = [0, *block.ends[MAX_BLOCK_LINES - 1 :: MAX_BLOCK_LINES].tolist(), len(block.data)]
    places = list(dict.fromkeys(ends))
    return [
        Block(block.data[start:end], block.first_line + index * MAX_BLOCK_LINES)
        for index, (start, end) in enumerate(pairwise(places))
    ]


def _cut_small(pieces: Iterable[bytes]) -> Iterator[bytes]:
    """The pieces, none longer than a block, without the byte order mark that may come first."""
    each = iter(pieces)
    start = b""
    while len(start) < len(_BOM) and (piece := next(each, b"")):
        start += piece
    for piece in chain([start.removeprefix(_BOM)], each):
        for place in range(0, len(piece), BLOCK_BYTES):
            yield piece[place : place + BLOCK_BYTES]
