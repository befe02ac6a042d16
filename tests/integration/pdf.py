"""The words on each page of a PDF that Chromium wrote, and the colours it is drawn in.

Belongs here: as much of PDF 1.7 (ISO 32000-1, 9.10.3 ToUnicode CMaps) as Chromium's own files need, no more.
"""

import re
import unicodedata
import zlib
from collections.abc import Mapping

Objects = Mapping[bytes, bytes]


def texts_of(pdf: bytes) -> list[str]:
    """The text of each page in the order it was drawn, `bare` of spaces."""
    objects, pages = _read(pdf)
    return [bare(_words(page, objects)) for page in pages]


def colours_of(pdf: bytes) -> set[str]:
    """The colours of lines, areas and letters, as `#1c2027`."""
    objects, pages = _read(pdf)
    drawn = b"".join(_stream(objects[_reference(page, b"Contents")]) for page in pages)
    found = re.findall(rb"([\d.]+) ([\d.]+) ([\d.]+) (?:rg|RG)\b", drawn)
    return {"#" + "".join(f"{round(float(part) * 255):02x}" for part in colour) for colour in found}


def bare(text: str) -> str:
    """Without spaces, for a line break is none in a PDF, and without ligatures."""
    return unicodedata.normalize("NFKC", "".join(text.split()))


def _read(pdf: bytes) -> tuple[Objects, list[bytes]]:
    """All objects by number, and those that are pages, in their order."""
    objects = dict(re.findall(rb"(?s)(\d+) 0 obj\s(.*?)endobj", pdf))
    return objects, [each for each in objects.values() if re.search(rb"/Type /Page\b", each)]


def _words(page: bytes, objects: Objects) -> str:
    fonts = dict(re.findall(rb"/(F\d+) (\d+) 0 R", page))
    drawn = _stream(objects[_reference(page, b"Contents")])
    found, signs = [], {}
    for font, glyphs in re.findall(rb"/(F\d+) \S+ Tf|<([0-9A-F]+)>", drawn):
        if font:
            signs = _signs(_stream(objects[_reference(objects[fonts[font]], b"ToUnicode")]))
        found += [signs.get(glyphs[at : at + 4], "") for at in range(0, len(glyphs), 4)]
    return "".join(found)


def _signs(table: bytes) -> dict[bytes, str]:
    """Which sign a glyph stands for."""
    signs = {}
    for kind, lines in re.findall(rb"(?s)beginbf(char|range)(.*?)endbf", table):
        for first, *last, sign in (re.findall(rb"<(\w+)>", line) for line in lines.splitlines() if line):
            text = bytes.fromhex(sign.decode()).decode("utf-16-be")
            for more in range(int(last[0], 16) - int(first, 16) + 1 if kind == b"range" else 1):
                signs[b"%04X" % (int(first, 16) + more)] = text[:-1] + chr(ord(text[-1]) + more)
    return signs


def _reference(thing: bytes, name: bytes) -> bytes:
    found = re.search(rb"/%s (\d+) 0 R" % name, thing)
    assert found, name
    return found[1]


def _stream(thing: bytes) -> bytes:
    found = re.search(rb"(?s)stream\r?\n(.*?)\r?\nendstream", thing)
    assert found
    return zlib.decompress(found[1]) if b"FlateDecode" in thing else found[1]
