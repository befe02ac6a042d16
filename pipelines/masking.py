"""A refused line made fit to be shown: its shape stays, its content does not.

Belongs here: what of a line may be seen outside quarantine. Does not belong here: which lines are shown
(`pipelines.quarantine`).

A word of the contract (a field's name, an event type) stays where it is a whole key, value or cell; so do punctuation
and blanks. Every other letter becomes x, every other digit 9: `{"driver_id":"D4E5"}` is `{"driver_id":"x9x9"}`.
"""

import re
import unicodedata

from pipelines.contract import LOGS

MAX_CHARACTERS = 400  # of a line that are shown

# Of all logs, because a line of another log is a fault worth seeing.
_WORDS = {word for log in LOGS.values() for word in (*log.events, *(field.name for field in log.fields))}
_CONTRACT_WORD = re.compile(rf"""((?:^|(?<=["',;:|\t\[{{]))(?:{"|".join(sorted(_WORDS))})(?=["',;:|\t\]}}]|\Z))""")
_LONGEST_WORD = max(map(len, _WORDS))


def preview(line: str, field: str | None = None, characters: int = MAX_CHARACTERS) -> str:
    """The line masked, on one printable line; of a longer one its start and the place of `field`, else its end.

    characters: how many of the line's are shown. What is left out is counted in its place.
    """
    pieces, shown = [], 0
    for start, end in _spans(line, field, characters):
        pieces += [_left_out(start - shown), _masked_part(line, start, end)]
        shown = end
    return "".join([*pieces, _left_out(len(line) - shown)])


def mask(text: str) -> str:
    """`text` with its contract words; of everything else, character by character, only what kind it is."""
    pieces = _CONTRACT_WORD.split(text)  # every second one is a word
    return "".join(piece if index % 2 else "".join(map(_masked, piece)) for index, piece in enumerate(pieces))


def printable_line(text: str) -> str:
    """Words of ours on one line, without characters that steer a terminal."""
    return " ".join("".join(char if char.isprintable() else " " for char in text).split())


def _spans(line: str, field: str | None, characters: int) -> list[tuple[int, int]]:
    if len(line) <= characters:
        return [(0, len(line))]
    half = characters // 2
    place = line.find(f'"{field}"') if field else -1
    if place < half // 2:  # not there, or shown with what follows it
        place = len(line)
    start = max(half, min(place - half // 4, len(line) - half))
    return [(0, half), (start, start + half)]


def _masked_part(line: str, start: int, end: int) -> str:
    # With its surroundings: whether a word stands alone must not be judged by where the line was cut.
    first = max(0, start - _LONGEST_WORD - 1)
    return mask(line[first : end + _LONGEST_WORD + 1])[start - first : end - first]


def _left_out(count: int) -> str:
    return f"[… {count:,} characters left out …]" if count else ""


def _masked(char: str) -> str:
    if not char.isprintable():
        code = ord(char)
        return chr(0x2400 + code) if code < 0x20 else "\N{REPLACEMENT CHARACTER}"
    if char.isascii() and not char.isalnum():
        return char
    match unicodedata.category(char)[0]:
        case "N":
            return "9"
        case "P":
            return char
        case _:
            return "x"
