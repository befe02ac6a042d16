"""What is accepted and what is refused depends on the lines alone: not on files, order, format, compression, blocks.

Left out is what the contract lays down by file: the cut-off end of a plain file, and in CSV a quote that is never
closed, which may reach into the lines that follow.
"""

import json
import tempfile
from collections import Counter
from pathlib import Path
from unittest.mock import patch

import polars as pl
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contract import LOGS
from pipelines.ingest import ingest
from pipelines.ingest import lines as blocks
from pipelines.workspace import Settings, Workspace
from tests.random_logs import LAW_FACTOR, SITES, compressed, csv_record, laid_out, random_logs, split
from tests.unit.ingesting import Ingested, land

LAWS = settings(max_examples=30 * LAW_FACTOR, deadline=None, suppress_health_check=list(HealthCheck))
BOM = "\ufeff".encode()
ODD_VALUES = (
    *('""', '"yesterday"', '"2022-05-21T12:00:00"', '"2022-05-21 19:00:00.5z"', '"9999-12-31T23:59:59Z"'),
    *("null", "true", '"TRUE"', "0", "-0", "-0.0", "1.0", "2.50", "1e2", "1E-2", "1e22", "1e400", '"1e400"'),
    *("12345678901234567890", "0.1234", "0.12345", "1234567.891", "0.30000000000000004", '"+7"', '".5"', '" 7"'),
    *("NaN", "-Infinity", '"nan"', '"0000-01-01T00:00:00Z"', "{}", "[1]", '{"a": [1, {"b": 2}]}'),
    *('"\\ud83d"', '"\\ud83d\\ude00"', '"\\u0000"', '"tab\\there"', '"/"', '"\\/"', '"a, b"', '"\\r"', '"x\\r\\ny"'),
)
ODD_TEXTS = [value for value in ODD_VALUES if value.startswith('"') and "ud83d" not in value]
# Quotes in pairs, where RFC 4180 has none.
ODD_CELLS = ('x"y"', '"x"y', '""x', '"x" ', ' "x"', '"x""y"', '""')
randoms = st.randoms(use_true_random=False)
block_sizes = st.sampled_from((1, 7, 64, 300, 1000, blocks.BLOCK_BYTES))


@st.composite
def log_lines(draw):
    """A log's name and different good lines of it."""
    dice, log = draw(randoms), draw(st.sampled_from(sorted(LOGS)))
    lines = random_logs(dice, "a", most=5)[log]
    return log, list({repr(sorted(line.items(), key=str)): line for line in lines}.values())


@st.composite
def json_lines(draw):
    """A log's name and different lines as bytes: good, with odd values, cut off, garbage."""
    log, lines = draw(log_lines())
    names = [field.name for field in LOGS[log].fields]
    texts = []
    for line in lines:
        values = {name: json.dumps(value, default=str) for name, value in line.items()}
        for name in draw(st.lists(st.sampled_from([*names, "unheard_of"]), max_size=2)):
            values[name] = draw(st.sampled_from(ODD_VALUES))
        text = "{" + ", ".join(f'"{name}": {value}' for name, value in values.items()) + "}"
        texts.append(text[: draw(st.sampled_from((20, -1)))] if draw(st.integers(0, 9)) == 9 else text)
    garbage = st.one_of(st.binary(max_size=20), st.sampled_from([b"{}", b"[]", b"1", b'{"a":1}{"a":2}', b"{} {}"]))
    usable = garbage.filter(lambda line: b"\n" not in line and not line.startswith(BOM[:1]))
    return log, list(dict.fromkeys([*(text.encode() for text in texts), *draw(st.lists(usable, max_size=3))]))


@st.composite
def csv_records(draw):
    """A log's name, a header and different records as bytes, without line ends: good, with odd values, of too few or
    too many fields.
    """
    log, lines = draw(log_lines())
    names = list(dict.fromkeys(name for line in lines for name in line))
    records = []
    for line in lines:
        cells = [str(line.get(name, "")) for name in names]
        if draw(st.booleans()):
            cells[draw(st.integers(0, len(cells) - 1))] = json.loads(draw(st.sampled_from(ODD_TEXTS)))
        if draw(st.integers(0, 9)) == 9:
            cells = draw(st.sampled_from((cells[:-1], [*cells, "more"], ["odd"])))
        record = csv_record(cells).encode()
        if b'"' not in record and draw(st.integers(0, 9)) == 9:
            record = record.replace(cells[0].encode(), draw(st.sampled_from(ODD_CELLS)).encode(), 1)
        records.append(record)
    return log, csv_record(names).encode(), list(dict.fromkeys(records))


def as_files(dice, lines, header, suffixes):
    """Lines as files, split and compressed in any way, with blank lines between and any line ends."""
    files = []
    for number, part in enumerate(split(dice, lines)):
        suffix, end = dice.choice(suffixes), dice.choice((b"\n", b"\r\n"))
        blank = (end, b"  " + end) if suffix.startswith("jsonl") else (end,)
        content = b"".join(
            line + end + (dice.choice(blank) if dice.random() < 0.1 else b"") for line in [*header, *part]
        )
        if suffix.endswith((".gz", ".zst")) and dice.random() < 0.5:
            content = content.removesuffix(end)
        content = BOM + content if dice.random() < 0.2 else content
        files.append((f"{number}.{suffix}", compressed(content, suffix)))
    return files


def outcome(log, files, block_bytes=blocks.BLOCK_BYTES):
    """How often each typed row was accepted, and how often each (reason, field, text) refused."""
    with tempfile.TemporaryDirectory() as folder, patch.object(blocks, "BLOCK_BYTES", block_bytes):
        workspace = Workspace(Path(folder), Settings())
        (workspace.root / ".driver_key").write_text("the same everywhere")
        for name, content in files:
            land(workspace.root, log, name, content)
        ingested = Ingested(workspace, log, ingest(workspace, log, list(SITES)).entries)
        assert not [entry for entry in ingested.entries if entry.status == "refused"]
        accepted = ingested.lake.select(pl.exclude("file_sha256", "line_number"))
        refused = Counter((row["reason"], row["field"], row["line"]) for row in ingested.quarantine)
        return Counter(accepted.rows()), refused


@LAWS
@given(drawn=json_lines(), dice=randoms, block_bytes=block_sizes)
def test_json_lines_fare_the_same_in_any_files_and_blocks(drawn, dice, block_bytes):
    log, lines = drawn
    whole = outcome(log, [("all.jsonl", b"".join(line + b"\n" for line in lines))])
    assert outcome(log, as_files(dice, lines, [], ("jsonl", "jsonl.gz", "jsonl.zst")), block_bytes) == whole


@LAWS
@given(drawn=csv_records(), dice=randoms, block_bytes=block_sizes)
def test_csv_records_fare_the_same_in_any_files_and_blocks(drawn, dice, block_bytes):
    log, header, records = drawn
    whole = outcome(log, [("all.csv", b"".join(line + b"\n" for line in [header, *records]))])
    assert outcome(log, as_files(dice, records, [header], ("csv", "csv.gz")), block_bytes) == whole


@LAWS
@given(drawn=log_lines(), odd=st.data(), dice=randoms, block_bytes=block_sizes)
def test_the_same_values_fare_the_same_in_every_format(drawn, odd, dice, block_bytes):
    log, lines = drawn
    for line in lines:
        if odd.draw(st.booleans()):
            line[odd.draw(st.sampled_from(sorted(line)))] = json.loads(odd.draw(st.sampled_from(ODD_TEXTS)))
    one, other = outcome(log, laid_out(dice, lines)), outcome(log, laid_out(dice, lines), block_bytes)
    assert one[0] == other[0]
    assert Counter(refusal[:2] for refusal in one[1].elements()) == Counter(
        refusal[:2] for refusal in other[1].elements()
    )
