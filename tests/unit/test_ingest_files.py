"""Every rule of the log contract that looks at files: formats, names, damage, identity."""

import csv
import gzip
import io
import json
import os
import random
import shutil
import stat
import zlib
from datetime import UTC, datetime, timedelta
from typing import Any

import polars as pl
import pytest
import time_machine
import zstandard
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from pipelines.contract import LOGS
from pipelines.ingest import load
from pipelines.ingest.lines import BLOCK_BYTES
from pipelines.workspace import DoorstepError
from tests.unit.ingesting import PAID, PLACED, SENT, jsonl, land, of_lines, take_in

ORDERS = [PLACED | {"event_id": f"o-{i}", "dropoff_latitude": 36 + i / 10} for i in range(5)]


def as_csv(lines: list[dict[str, Any]]) -> bytes:
    text = io.StringIO()
    writer = csv.DictWriter(text, sorted({key for line in lines for key in line}), lineterminator="\n")
    writer.writeheader()
    writer.writerows(lines)
    return text.getvalue().encode()


def as_parquet(lines: list[dict[str, Any]]) -> bytes:
    buffer = io.BytesIO()
    pl.DataFrame(lines).write_parquet(buffer)
    return buffer.getvalue()


FORMATS = {
    "a.jsonl": jsonl(*ORDERS),
    "a.jsonl.gz": gzip.compress(jsonl(*ORDERS)),
    "a.jsonl.zst": zstandard.compress(jsonl(*ORDERS)),
    "two_frames.jsonl.zst": zstandard.compress(jsonl(*ORDERS[:2])) + zstandard.compress(jsonl(*ORDERS[2:])),
    "a.csv": as_csv(ORDERS),
    "a.csv.gz": gzip.compress(as_csv(ORDERS)),
    "a.parquet": as_parquet(ORDERS),
    "bom.jsonl": b"\xef\xbb\xbf" + jsonl(*ORDERS),
    "bom.csv": b"\xef\xbb\xbf" + as_csv(ORDERS),
    "crlf.jsonl": jsonl(*ORDERS).replace(b"\n", b"\r\n"),
    "crlf.csv": as_csv(ORDERS).replace(b"\n", b"\r\n"),
    "blank.jsonl": jsonl(*ORDERS).replace(b"\n", b"\n\n  \n"),
    "blank.csv": as_csv(ORDERS).replace(b"\n", b"\n\n"),
    "two_members.jsonl.gz": gzip.compress(jsonl(*ORDERS[:2])) + gzip.compress(jsonl(*ORDERS[2:])),
    "no_last_newline.jsonl.gz": gzip.compress(jsonl(*ORDERS).rstrip()),
    "spaced.jsonl": jsonl(*(json.dumps(line, indent=None, separators=(" , ", " : ")) for line in ORDERS)),
}


@pytest.mark.parametrize("name", FORMATS)
def test_every_format_gives_the_same_events(tmp_path, name):
    land(tmp_path, "orders", name, FORMATS[name])
    taken = take_in(tmp_path, "orders")
    expected = of_lines(tmp_path / "plain", "orders", *ORDERS).lake.drop("file_sha256", "line_number")
    assert taken.lake.drop("file_sha256", "line_number").equals(expected)
    assert (taken.entry.lines, taken.entry.quarantined, taken.entry.drifted_fields) == (5, 0, "{}")


def test_the_line_number_is_that_of_the_file_header_and_blank_lines_counted(tmp_path):
    land(tmp_path, "orders", "a.csv", FORMATS["blank.csv"])
    assert take_in(tmp_path, "orders").lake["line_number"].to_list() == [3, 5, 7, 9, 11]


@pytest.mark.parametrize("name", ["empty.jsonl", "empty.csv", "blank.jsonl"])
def test_a_file_without_records_has_no_lines(tmp_path, name):
    land(tmp_path, "orders", name, b"" if name.startswith("empty") else b"\n \r\n")
    entry = take_in(tmp_path, "orders").entry
    assert (entry.status, entry.lines) == ("loaded", 0)


def test_a_csv_of_a_header_alone_has_no_lines(tmp_path):
    land(tmp_path, "orders", "a.csv", b"event_id,event_type\n")
    entry = take_in(tmp_path, "orders").entry
    assert (entry.status, entry.lines) == ("loaded", 0)


UNPARSEABLE = [
    b'{"event_id":"o-1"',
    b"not json",
    b"[1]",
    b"null",
    b"5",
    b'{"a":1}{"a":2}',
    b"{'event_id': 'o-1'}",
    b'{"a":"\xff"}',
    b'{"a":"tab\there"}',
    b'{"reason":"half an emoji \\ud83d"}',
]


@pytest.mark.parametrize("line", UNPARSEABLE)
def test_a_line_that_is_no_json_object_is_kept_verbatim_and_its_neighbours_load(tmp_path, line):
    land(tmp_path, "orders", "a.jsonl", jsonl(ORDERS[0]) + b"\n" + line + b"\n" + jsonl(ORDERS[1]))
    taken = take_in(tmp_path, "orders")
    assert taken.lake["event_id"].to_list() == ["o-0", "o-1"]
    assert taken.lake["line_number"].to_list() == [1, 4]
    [refused] = taken.quarantine
    assert (refused["reason"], refused["line_number"], refused["file"]) == ("unparseable_line", 3, "a.jsonl")
    assert refused["line"] == line.decode("utf-8", "backslashreplace")


@pytest.mark.parametrize("constant", ["NaN", "Infinity", "-Infinity", "1e400"])
def test_a_json_number_that_is_none_is_out_of_range_of_its_field(tmp_path, constant):
    line = json.dumps(SENT).replace("63", constant)
    assert of_lines(tmp_path, "offers", line).reasons == ["out_of_range:pay_usd"]


def test_of_a_repeated_key_the_first_counts_however_the_line_is_read(tmp_path):
    twice = json.dumps(PLACED).replace("{", '{"order_id":"first",', 1)
    bad_neighbour = twice.replace('"o-1"', '"o-2"').replace("}", ',"package_count":1e400}')
    taken = of_lines(tmp_path, "orders", twice, bad_neighbour)
    assert taken.row["order_id"] == "first"
    assert taken.reasons == ["out_of_range:package_count"]


CSV_HEADER = b"event_id,event_type,occurred_at,received_at,order_id,reason\n"
CANCELLED = b"%s,cancelled,2022-05-21T19:00:00Z,2022-05-21T19:00:00Z,ord-1,%s\n"


@pytest.mark.parametrize(
    ("text", "reason"),
    [
        (b'"two, or more"', "two, or more"),
        (b'"said ""no"""', 'said "no"'),
        (b'"on two\nlines"', "on two\nlines"),
        (b'"on three\n\nlines"', "on three\n\nlines"),
        (b'12" by 14"', '12" by 14"'),
        (b"", None),
        (b'""', None),
    ],
)
def test_quoted_csv_fields_are_read_as_rfc_4180_says(tmp_path, text, reason):
    land(tmp_path, "orders", "a.csv", CSV_HEADER + CANCELLED % (b"o-1", text) + CANCELLED % (b"o-2", b"customer"))
    taken = take_in(tmp_path, "orders")
    assert taken.lake["reason"].to_list() == [reason, "customer"]


@pytest.mark.parametrize("row", [b"o-9,cancelled,2022-05-21T19:00:00Z", CANCELLED.strip() % (b"o-9", b"x") + b",extra"])
def test_a_csv_row_with_fewer_or_more_fields_than_its_header_is_unparseable(tmp_path, row):
    rows = CANCELLED % (b"o-1", b"store") + row + b"\n" + CANCELLED % (b"o-2", b"store")
    land(tmp_path, "orders", "a.csv", CSV_HEADER + rows)
    taken = take_in(tmp_path, "orders")
    assert taken.lake["event_id"].to_list() == ["o-1", "o-2"]
    assert [(each["reason"], each["line"]) for each in taken.quarantine] == [("unparseable_line", row.decode())]


@pytest.mark.parametrize("text", [b'"never closed', b'"closed"too late', b'"a", "b"', b'one" quote'])
def test_a_stray_quote_refuses_its_own_line_at_most(tmp_path, text):
    rows = [CANCELLED % (b"o-%d" % i, text if i == 3 else b'"well, quoted"') for i in range(9)]
    land(tmp_path, "orders", "a.csv", CSV_HEADER + b"".join(rows))
    taken = take_in(tmp_path, "orders")
    refused = (
        [] if text == b'one" quote' else [(5, "unparseable_line")]
    )  # a field that begins without a quote may have some
    assert [(row["line_number"], row["reason"]) for row in taken.quarantine] == refused
    assert taken.lake["event_id"].to_list() == [f"o-{i}" for i in range(9) if i != 3 or not refused]


def test_a_quoted_field_may_go_on_across_a_block(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.lines.BLOCK_BYTES", 97)
    rows = [CANCELLED % (b"o-%d" % i, b'"first\nsecond\n""third"""' if i % 3 else b"plain") for i in range(20)]
    land(tmp_path, "orders", "a.csv", CSV_HEADER + b"".join(rows))
    taken = take_in(tmp_path, "orders")
    assert taken.lake["event_id"].to_list() == [f"o-{i}" for i in range(20)]
    assert taken.lake["reason"].to_list() == ['first\nsecond\n"third"' if i % 3 else "plain" for i in range(20)]


def test_extra_and_missing_csv_columns_in_any_order_load_what_the_contract_names(tmp_path):
    lines = [{"shoe_size": "44", **dict(reversed(PLACED.items()))}]
    land(tmp_path, "orders", "a.csv", as_csv(lines))
    taken = take_in(tmp_path, "orders")
    assert (taken.row["order_id"], taken.entry.drifted_fields) == ("ord-1", '{"shoe_size":1}')


@pytest.mark.parametrize("name", ["a.jsonl", "a.csv"])
def test_a_last_line_without_newline_goes_to_quarantine_and_the_rest_loads(tmp_path, name):
    land(tmp_path, "orders", name, FORMATS[name].rstrip())
    taken = take_in(tmp_path, "orders")
    assert (taken.entry.lines, taken.entry.accepted, taken.reasons) == (5, 4, ["incomplete_line"])
    assert taken.quarantine[0]["line_number"] == 5 + name.endswith("csv")


GZIP = gzip.compress(b"".join(jsonl(PLACED | {"event_id": f"o-{i}"}) for i in range(1000)))
DAMAGED = {
    "cut short": GZIP[:-4],
    "cut in the middle": GZIP[: len(GZIP) // 2],
    "checksum": GZIP[:-8] + bytes(4) + GZIP[-4:],
    "a flipped bit": GZIP[:60] + bytes([GZIP[60] ^ 4]) + GZIP[61:],
    "trailing garbage": GZIP + b"garbage",
    "empty": b"",
    "no gzip": b"plain text\n",
}


ZSTD = zstandard.ZstdCompressor(write_checksum=True).compress(jsonl(*ORDERS))
DAMAGED_ZSTD = {
    "cut short": ZSTD[:-3],
    "a flipped bit": ZSTD[:40] + bytes([ZSTD[40] ^ 4]) + ZSTD[41:],
    "checksum": ZSTD[:-4] + bytes(4),
    "trailing garbage": ZSTD + b"garbage",
    "empty": b"",
    "no zstd": b"plain text\n",
}


@pytest.mark.parametrize("damage", DAMAGED_ZSTD)
def test_a_damaged_zstd_file_is_refused_whole(tmp_path, damage):
    land(tmp_path, "orders", "bad.jsonl.zst", DAMAGED_ZSTD[damage])
    entry = take_in(tmp_path, "orders").entry
    assert (entry.reason, entry.lines) == ("corrupt_file", 0)


def blanks(compressor: Any, megabytes: int) -> bytes:
    piece = b" " * (1 << 20)
    return b"".join([*(compressor.compress(piece) for _ in range(megabytes)), compressor.flush()])


@pytest.mark.parametrize(
    ("suffix", "compressor"), [("gz", zlib.compressobj(wbits=31)), ("zst", zstandard.ZstdCompressor().compressobj())]
)
def test_a_file_that_expands_beyond_measure_is_refused(tmp_path, suffix, compressor):
    land(tmp_path, "orders", f"bomb.jsonl.{suffix}", blanks(compressor, 600))
    entry = take_in(tmp_path, "orders").entry
    assert (entry.reason, entry.lines) == ("file_too_large", 0)


@pytest.mark.parametrize("damage", DAMAGED)
def test_a_damaged_gzip_file_is_refused_whole_and_the_good_ones_load(tmp_path, damage):
    land(tmp_path, "orders", "bad.jsonl.gz", DAMAGED[damage])
    land(tmp_path, "orders", "good.jsonl", jsonl(PLACED))
    taken = take_in(tmp_path, "orders")
    bad, good = taken.entries
    assert (bad.status, bad.reason, bad.lines, good.accepted) == ("refused", "corrupt_file", 0, 1)
    assert taken.lake.height == 1


@pytest.mark.parametrize("content", [b"", b"PAR1 but no more", as_parquet(ORDERS)[:-20]])
def test_a_damaged_parquet_file_is_refused_whole(tmp_path, content):
    land(tmp_path, "orders", "a.parquet", content)
    assert take_in(tmp_path, "orders").entry.reason == "corrupt_file"


def test_typed_parquet_columns_are_read_and_instants_without_zone_are_not(tmp_path):
    frame = pl.DataFrame(ORDERS).with_columns(
        pl.col("occurred_at", "received_at").str.to_datetime(time_zone="UTC", time_unit="ms")
    )
    for name, each in {
        "zoned.parquet": frame.with_columns(pl.col("occurred_at").dt.convert_time_zone("America/New_York")),
        "naive.parquet": frame.with_columns(pl.col("occurred_at").dt.replace_time_zone(None)),
    }.items():
        buffer = io.BytesIO()
        each.write_parquet(buffer)
        land(tmp_path, "orders", name, buffer.getvalue())
    taken = take_in(tmp_path, "orders")
    assert (taken.lake.height, set(taken.reasons)) == (5, {"bad_type:occurred_at"})
    expected = of_lines(tmp_path / "plain", "orders", *ORDERS).lake
    assert taken.lake["occurred_at"].equals(expected["occurred_at"])


def test_the_same_bytes_under_another_name_load_nothing_twice(tmp_path):
    land(tmp_path, "orders", "a.jsonl", jsonl(PLACED))
    land(tmp_path, "orders", "b/b.jsonl", jsonl(PLACED))
    taken = take_in(tmp_path, "orders")
    assert [(entry.status, entry.lines) for entry in taken.entries] == [("loaded", 1), ("duplicate", 0)]
    assert taken.lake.height == 1


def test_a_second_ingest_loads_nothing_and_changes_no_file(tmp_path):
    land(tmp_path, "orders", "a.jsonl", jsonl(PLACED, "junk"))
    take_in(tmp_path, "orders")
    before = {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")}
    assert take_in(tmp_path, "orders").entries == []
    assert {path: path.read_bytes() for path in tmp_path.rglob("*.parquet")} == before


@pytest.mark.parametrize(
    "name", [".a.jsonl", "_a.jsonl", "a.jsonl.part", "a.jsonl.tmp", "_sub/a.jsonl", ".git/a.jsonl"]
)
def test_a_file_without_its_final_name_is_left_alone(tmp_path, name):
    land(tmp_path, "orders", name, jsonl(PLACED))
    assert take_in(tmp_path, "orders").entries == []


@pytest.mark.parametrize("name", ["a.txt", "a.jsonl.bz2", "a.json", "README"])
def test_an_unknown_suffix_is_refused_by_name(tmp_path, name):
    land(tmp_path, "orders", name, jsonl(PLACED))
    assert take_in(tmp_path, "orders").entry.reason == "unsupported_file"


ODD_NAMES = [
    "[ab].csv",
    "*.csv",
    "-rf.jsonl",
    "a b.jsonl",
    "new\nline.jsonl",
    "é.jsonl",
    "x" * 249 + ".jsonl",
    "?.parquet",
]


def test_odd_names_are_names_and_not_patterns(tmp_path):
    for index, name in enumerate(ODD_NAMES):
        line = PLACED | {"event_id": f"o-{index}"}
        content = {"csv": as_csv, "parquet": as_parquet}.get(name.rsplit(".", 1)[-1], lambda lines: jsonl(*lines))
        land(tmp_path, "orders", name, content([line]))
    taken = take_in(tmp_path, "orders")
    assert {entry.status for entry in taken.entries} == {"loaded"}
    assert sorted(taken.lake["event_id"]) == sorted(f"o-{index}" for index in range(len(ODD_NAMES)))
    assert all("\n" not in entry.path for entry in taken.entries)


def test_a_name_that_is_not_utf_8_is_escaped_in_the_ledger(tmp_path):
    land(tmp_path, "orders", os.fsdecode(b"\xff.jsonl"), jsonl(PLACED))
    assert take_in(tmp_path, "orders").entry.path == "\\xff.jsonl"


def test_a_link_out_of_landing_is_refused_and_one_within_is_a_twin(tmp_path):
    secret = tmp_path / "secret.jsonl"
    secret.write_bytes(jsonl(PLACED))
    inside = land(tmp_path, "orders", "a.jsonl", jsonl(PLACED | {"event_id": "o-2"}))
    (inside.parent / "out.jsonl").symlink_to(secret)
    (inside.parent / "twin.jsonl").symlink_to(inside)
    taken = take_in(tmp_path, "orders")
    assert [entry.reason or entry.status for entry in taken.entries] == ["loaded", "unsafe_path", "duplicate"]
    assert taken.lake["event_id"].to_list() == ["o-2"]


def test_a_folder_named_like_a_file_is_a_folder(tmp_path):
    land(tmp_path, "orders", "day.csv/a.jsonl", jsonl(PLACED))
    assert take_in(tmp_path, "orders").entry.path == "day.csv/a.jsonl"


@pytest.mark.parametrize(
    ("name", "expected"),
    [
        ("2022-05-21/a.jsonl", "2022-05-21"),
        ("x/dt=2022-05-21/2022-05-22.jsonl", "2022-05-21"),
        ("2022-99-99/2022-05-23.jsonl", "2022-05-23"),
    ],
)
def test_a_file_lands_on_the_first_date_in_its_path(tmp_path, name, expected):
    land(tmp_path, "orders", name, jsonl(PLACED))
    taken = take_in(tmp_path, "orders")
    assert str(taken.entry.landed_on) == expected
    assert (tmp_path / "lake/orders" / f"landed_on={expected}" / f"{taken.entry.sha256}.parquet").exists()


def test_a_file_without_a_date_lands_on_the_day_of_its_first_ingest(tmp_path):
    land(tmp_path, "orders", "a.jsonl", jsonl(PLACED))
    entry = take_in(tmp_path, "orders").entry
    assert entry.landed_on == entry.first_ingested_at.date()


def test_reading_a_file_again_replaces_its_part_and_keeps_its_first_ingest(tmp_path):
    path = land(tmp_path, "orders", "a.jsonl", jsonl(PLACED, PLACED | {"event_id": "o-2", "site_id": "new_mall"}))
    first = take_in(tmp_path, "orders").entry
    assert (first.accepted, first.quarantined) == (1, 1)
    from pipelines.ingest import ingest
    from pipelines.workspace import open_workspace

    again = ingest(open_workspace(tmp_path), "orders", ["las_vegas_mall", "new_mall"], again=[path])
    [entry] = again.entries
    assert (entry.accepted, entry.quarantined, entry.first_ingested_at) == (2, 0, first.first_ingested_at)
    assert len(list((tmp_path / "lake").rglob("*.parquet"))) == 1
    assert list((tmp_path / "quarantine").rglob("*.parquet")) == []


def test_quarantine_is_readable_by_its_owner_only(tmp_path):
    of_lines(tmp_path, "orders", "junk")
    [part] = (tmp_path / "quarantine").rglob("*.parquet")
    assert stat.S_IMODE(part.stat().st_mode) == 0o600


def test_a_changed_file_is_read_again_though_size_and_times_were_set_back(tmp_path):
    path = land(tmp_path, "trips", "a.jsonl", jsonl(PAID))
    take_in(tmp_path, "trips")
    before = path.stat()
    path.write_bytes(jsonl(PAID | {"event_id": "t-2"}))
    os.utime(path, ns=(before.st_atime_ns, before.st_mtime_ns))
    assert sorted(take_in(tmp_path, "trips").lake["event_id"]) == ["t-1", "t-2"]


def test_bytes_that_come_back_under_another_name_load_nothing_twice(tmp_path):
    land(tmp_path, "orders", "current.jsonl", jsonl(PLACED))
    take_in(tmp_path, "orders")
    land(tmp_path, "orders", "current.jsonl", jsonl(PLACED | {"event_id": "o-2"}))
    land(tmp_path, "orders", "2022-05-21.jsonl", jsonl(PLACED))
    for loses_build in (False, True):
        if loses_build:
            shutil.rmtree(tmp_path / "build")
        taken = take_in(tmp_path, "orders")
        assert sorted(taken.lake["event_id"]) == ["o-1", "o-2"]
        ledger = pl.read_parquet(tmp_path / "build/ledger/orders.parquet")
        assert ledger["accepted"].sum() == 2


def test_a_kill_before_the_ledger_is_written_loses_nothing_and_doubles_nothing(tmp_path, monkeypatch):
    land(tmp_path, "orders", "a.jsonl", jsonl(PLACED, "junk", ORDERS[2]))
    for owner, step in ((load.Quarantine, "finish"), (load, "write_ledger")):
        with monkeypatch.context() as patch:
            patch.setattr(owner, step, lambda *_: (_ for _ in ()).throw(KeyboardInterrupt))
            with pytest.raises(KeyboardInterrupt):
                take_in(tmp_path, "orders")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=2)):
        taken = take_in(tmp_path, "orders")
    assert (taken.lake.height, taken.reasons) == (2, ["unparseable_line"])
    [entry] = pl.read_parquet(tmp_path / "build/ledger/orders.parquet").to_dicts()
    assert (entry["lines"], entry["accepted"], entry["quarantined"]) == (3, 2, 1)


def test_a_damaged_parquet_file_of_any_kind_stops_nobody(tmp_path):
    good = as_parquet(ORDERS)
    randomness = random.Random(5)
    for index in range(40):
        place = randomness.randrange(4, len(good))
        land(tmp_path, "orders", f"{index}.parquet", good[:place] + bytes([good[place] ^ 255]) + good[place + 1 :])
    land(tmp_path, "orders", "z.jsonl", jsonl(PLACED))
    assert take_in(tmp_path, "orders").entries[-1].status == "loaded"


def test_a_parquet_file_without_a_column_of_the_contract_is_refused_line_by_line(tmp_path):
    land(tmp_path, "orders", "a.parquet", as_parquet([{"x": 1}, {"x": 2}]))
    taken = take_in(tmp_path, "orders")
    assert (taken.entry.lines, set(taken.reasons)) == (2, {"missing_field:event_id"})


def test_one_bad_csv_line_does_not_take_a_long_one_with_it(tmp_path):
    rows = CANCELLED % (b"o-1", b'"' + b"x" * 140_000 + b'"') + b"one,two\n"
    land(tmp_path, "orders", "a.csv", CSV_HEADER + rows)
    taken = take_in(tmp_path, "orders")
    assert (taken.lake["event_id"].to_list(), taken.reasons) == (["o-1"], ["unparseable_line"])


def test_names_that_look_alike_when_escaped_are_two_files(tmp_path):
    land(tmp_path, "orders", os.fsdecode(b"a\xff.jsonl"), jsonl(PLACED))
    land(tmp_path, "orders", "a\\xff.jsonl", jsonl(PLACED | {"event_id": "o-2"}))
    assert len({entry.path for entry in take_in(tmp_path, "orders").entries}) == 2
    assert take_in(tmp_path, "orders").entries == []


def test_an_empty_driver_key_is_refused(tmp_path):
    (tmp_path / ".driver_key").touch()
    with pytest.raises(DoorstepError, match="empty"):
        take_in(tmp_path, "offers")


def test_a_lost_build_folder_is_made_again_from_the_lake(tmp_path):
    path = land(tmp_path, "orders", "a.jsonl", jsonl(PLACED, "junk"))
    before = take_in(tmp_path, "orders").entry
    (tmp_path / "build/ledger/orders.parquet").unlink()
    path.unlink()
    land(tmp_path, "orders", "b.jsonl", jsonl(PLACED | {"event_id": "o-2"}))
    taken = take_in(tmp_path, "orders")
    ledger = pl.read_parquet(tmp_path / "build/ledger/orders.parquet").filter(path="a.jsonl").to_dicts()
    assert taken.lake.height == 2
    assert [(row["sha256"], row["lines"], row["first_ingested_at"]) for row in ledger] == [
        (before.sha256, 2, before.first_ingested_at)
    ]


def test_another_driver_key_is_refused_before_pseudonyms_are_mixed(tmp_path, monkeypatch):
    monkeypatch.setenv("DOORSTEP_DRIVER_KEY", "one")
    of_lines(tmp_path, "offers", SENT)
    monkeypatch.setenv("DOORSTEP_DRIVER_KEY", "two")
    with pytest.raises(DoorstepError, match="driver key"):
        take_in(tmp_path, "offers")


def test_a_file_of_many_blocks_keeps_its_line_numbers(tmp_path):
    padding = "x" * 2000
    count = 2 * BLOCK_BYTES // 2000
    lines = [PLACED | {"event_id": f"o-{i}", "store_id": padding} for i in range(count)]
    lines[count // 2]["order_id"] = ""
    land(tmp_path, "orders", "a.jsonl.gz", gzip.compress(jsonl(*lines), 1))
    taken = take_in(tmp_path, "orders")
    numbers = taken.lake.select(pl.col("event_id").str.slice(2).cast(pl.Int64) + 1, "line_number")
    assert (taken.entry.lines, taken.entry.accepted) == (count, count - 1)
    assert numbers["event_id"].equals(numbers["line_number"], check_names=False)
    assert [row["line_number"] for row in taken.quarantine] == [count // 2 + 1]


LINE = st.one_of(
    st.sampled_from([PLACED, PLACED | {"package_count": "x"}, PLACED | {"site_id": "atlantis"}]).map(json.dumps),
    st.dictionaries(
        st.sampled_from([field.name for field in LOGS["orders"].fields] + ["strange"]),
        st.one_of(st.none(), st.booleans(), st.integers(), st.floats(), st.text(max_size=8)),
    ).map(json.dumps),
    st.text(st.characters(exclude_characters="\n\r", exclude_categories=["Cs"]), max_size=20),
    st.just(""),
)


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(lines=st.lists(LINE, max_size=12), is_compressed=st.booleans(), newline=st.booleans())
def test_no_line_is_ever_lost(tmp_path_factory, lines, is_compressed, newline):
    root = tmp_path_factory.mktemp("w")
    content = "\n".join(lines).encode() + (b"\n" if newline and lines else b"")
    land(
        root,
        "orders",
        "a.jsonl.gz" if is_compressed else "a.jsonl",
        gzip.compress(content) if is_compressed else content,
    )
    taken = take_in(root, "orders")
    numbers = [*taken.lake["line_number"], *(row["line_number"] for row in taken.quarantine)]
    expected = [index for index, line in enumerate(content.split(b"\n"), start=1) if line.strip()]
    assert taken.entry.lines == taken.entry.accepted + taken.entry.quarantined
    assert sorted(numbers) == expected
    for row in taken.quarantine:
        assert row["line"] == lines[row["line_number"] - 1].rstrip("\r")
