"""Text files in blocks of whole lines, without holding the file.

Belongs here: where lines start and end, their numbers, the cut-off end of a file. Does not belong here: what a line
says (`json_lines.py`, `csv_records.py`).
"""

from collections.abc import Iterator
from dataclasses import dataclass
from functools import cached_property
from typing import BinaryIO

import numpy as np

BLOCK_BYTES = 16 << 20
NEWLINE, QUOTE, COMMA = ord("\n"), ord('"'), ord(",")
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

    @cached_property
    def size(self) -> int:
        """How many records there are."""
        return self.data.count(b"\n") if self.record_ends is None else int(self.record_ends.size)

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

    def only(self, keep: np.ndarray) -> "Block":
        """A block of the records where `keep` is true."""
        if keep.all():
            return self
        data = b"".join(self.record(int(i)) for i in np.flatnonzero(keep))
        ends = np.cumsum((self.ends - self.starts)[keep])
        return Block(data, self.first_line, ends, self.line_numbers[keep])

    def without_blank(self) -> "Block":
        """A block of the records that are not just white space."""
        # Only a record that starts with white space may be blank, and few do.
        first = self.bytes_array[self.starts] if self.starts.size else self.starts
        keep = np.ones(self.size, bool)
        for index in np.flatnonzero(first <= ord(" ")):
            keep[index] = bool(self.record(int(index)).strip())
        return self.only(keep)


def blocks(stream: BinaryIO, *, is_sealed: bool) -> Iterator[tuple[Block, list[Unreadable]]]:
    """The stream in blocks of whole lines, blank ones included; with the last, the fragment that ends the file.

    is_sealed: the file's end is vouched for by a checksum, so a last line without newline is whole.
    """
    pieces = [stream.read(len(_BOM)).removeprefix(_BOM)]
    piece, line_number, at_end = stream.read(BLOCK_BYTES), 1, False
    while not at_end:
        following = stream.read(BLOCK_BYTES)
        at_end = not following
        cut = piece.rfind(b"\n") + 1
        if at_end or cut:
            data, pieces = b"".join([*pieces, piece]), []
            if at_end and is_sealed and data and not data.endswith(b"\n"):
                data += b"\n"
            cut = data.rfind(b"\n") + 1
            block, rest = Block(data[:cut], line_number), data[cut:]
            line_number += block.size
            is_cut_off = at_end and rest.strip()
            yield block, [(line_number, "incomplete_line", verbatim(rest))] if is_cut_off else []
            pieces = [rest]
        else:  # a line longer than a block: keep collecting
            pieces.append(piece)
        piece = following
