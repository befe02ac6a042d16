"""Files made to lose a line, to double one, to load what nobody wrote, or to stop the others."""

import gzip
import io
import json
import os
import shutil
import zlib
from datetime import UTC, datetime, timedelta

import polars as pl
import pytest
import time_machine

from pipelines.ingest import files, ingest, load
from pipelines.workspace import DoorstepError, open_workspace
from tests.unit.ingesting import PAID, PLACED, SENT, jsonl, land, of_lines, take_in

CSV_HEADER = b"event_id,event_type,occurred_at,received_at,order_id,reason\n"
CANCELLED = b"%s,cancelled,2022-05-21T19:00:00Z,2022-05-21T19:00:00Z,ord-1,%s\n"
GOOD = jsonl(PLACED | {"event_id": "good"})


def as_parquet(frame: pl.DataFrame) -> bytes:
    buffer = io.BytesIO()
    frame.write_parquet(buffer)
    return buffer.getvalue()


@pytest.mark.parametrize("written", ["-0.0", '"-0"', "-0", '"-0.00"'])
def test_minus_zero_is_zero_in_every_row_of_every_file(tmp_path, written):
    lines = [
        json.dumps(PLACED | {"event_id": f"o-{i}", "dropoff_latitude": 7}).replace(" 7", written) for i in range(9)
    ]
    assert {str(value) for value in of_lines(tmp_path, "orders", *lines).lake["dropoff_latitude"]} == {"0.0"}


def test_minus_zero_in_parquet_is_zero(tmp_path):
    frame = pl.DataFrame([PLACED | {"event_id": f"o-{i}", "dropoff_latitude": -0.0} for i in range(9)])
    land(tmp_path, "orders", "a.parquet", as_parquet(frame))
    assert {str(value) for value in take_in(tmp_path, "orders").lake["dropoff_latitude"]} == {"0.0"}


@pytest.mark.parametrize(
    "content",
    [
        b"event_id;event_type\no-1;placed\no-2;placed\n",
        b"event_id\tevent_type\no-1\tplaced\n",
        b"o-1,placed\no-2,placed\no-3,placed\n",
        b"sep=,\nevent_id,event_type\no-1,placed\n",
        b"event_id,event_type\ro-1,placed\ro-2,placed\r\n",
        b'"event_id,event_type\no-1,placed\n',
    ],
)
def test_a_csv_without_a_header_of_the_log_is_refused_whole_and_the_others_load(tmp_path, content):
    land(tmp_path, "orders", "a.csv", content)
    land(tmp_path, "orders", "b.jsonl", GOOD)
    taken = take_in(tmp_path, "orders")
    assert [entry.reason for entry in taken.entries] == ["unsupported_file", None]
    assert "header" in (taken.entries[0].message or "")
    assert taken.lake.height == 1


@pytest.mark.parametrize("magic", [b"x^2", b"x\x01y", b"x\x9c", b"\x1f\x8b\x08", b"(\xb5/\xfd"])
def test_text_that_starts_like_a_compressed_file_is_text(tmp_path, magic):
    land(tmp_path, "orders", "a.jsonl", magic + b"\n" + GOOD)
    rows = CANCELLED % (magic + b"o-1", b"store") + CANCELLED % (b"o-2", b"store")
    land(tmp_path, "orders", "b.csv", CSV_HEADER + rows)
    taken = take_in(tmp_path, "orders")
    assert sorted(taken.lake["event_id"]) == ["good", "o-2"]
    in_csv = "out_of_range:event_id" if magic.isascii() else "unparseable_line"
    assert sorted(taken.reasons) == [in_csv, "unparseable_line"]


def test_a_compressed_file_named_as_plain_text_is_not_unpacked(tmp_path):
    land(tmp_path, "orders", "a.jsonl", gzip.compress(GOOD * 1000) + b"\n")
    taken = take_in(tmp_path, "orders")
    assert (taken.lake.height, set(taken.reasons)) == (0, {"unparseable_line"})


@pytest.mark.parametrize("text", [b'"a"b"c"', b'""a""', b'"a" "b"', b"a\rb"])
@pytest.mark.parametrize("neighbour", [b"", b"one,two\n"], ids=["clean block", "dirty block"])
def test_a_quote_out_of_place_refuses_its_line_whatever_stands_beside_it(tmp_path, text, neighbour):
    land(tmp_path, "orders", "a.csv", CSV_HEADER + neighbour + CANCELLED % (b"o-1", text) + CANCELLED % (b"o-2", b"x"))
    taken = take_in(tmp_path, "orders")
    assert taken.lake["event_id"].to_list() == ["o-2"]
    assert set(taken.reasons) == {"unparseable_line"}


@pytest.mark.parametrize("rows_before", [0, 1])
def test_a_byte_order_mark_within_a_csv_belongs_to_the_value_it_stands_in(tmp_path, rows_before):
    rows = b"".join(CANCELLED % (b"o-%d" % i, b"x") for i in range(rows_before))
    land(tmp_path, "orders", "a.csv", CSV_HEADER + rows + CANCELLED % (b"\xef\xbb\xbfo-9", b"x"))
    assert take_in(tmp_path, "orders").reasons == ["out_of_range:event_id"]


def test_no_event_is_made_of_the_text_of_a_field_that_was_cut_off(tmp_path):
    text = b'"spoke to\n' + (CANCELLED % (b"o-3", b"evil")) + b"and mo"
    land(tmp_path, "orders", "a.csv", CSV_HEADER + CANCELLED % (b"o-1", b"x") + (CANCELLED % (b"o-2", text))[:-1])
    taken = take_in(tmp_path, "orders")
    assert taken.lake["event_id"].to_list() == ["o-1"]
    assert [(row["line_number"], row["reason"]) for row in taken.quarantine] == [(3, "incomplete_line")]
    assert taken.quarantine[0]["line"].endswith("and mo")


def test_a_field_cut_off_at_the_end_of_a_line_is_one_incomplete_record(tmp_path):
    land(tmp_path, "orders", "a.csv", CSV_HEADER + CANCELLED % (b"o-2", b'"first\nsecond, and\nthird'))
    taken = take_in(tmp_path, "orders")
    assert (taken.entry.lines, taken.reasons) == (1, ["incomplete_line"])


@pytest.mark.parametrize(
    "line",
    [
        '{"store_id":{"phone":"555-0100"},"store_id":"x",%s',
        '{"store_id":\r{"phone":"555-0100"},%s',
        '{"store\\u005fid":{"phone":"555-0100"},%s',
        '{"store_id":["555-0100"],%s',
    ],
)
def test_an_object_in_place_of_a_text_never_reaches_the_lake(tmp_path, line):
    taken = of_lines(tmp_path, "orders", line % json.dumps(PLACED)[1:])
    assert taken.reasons == ["bad_type:store_id"]


def test_nested_fields_that_are_not_the_logs_are_counted_and_the_line_loads(tmp_path):
    taken = of_lines(tmp_path, "orders", PLACED | {"device": {"store_id": {"a": [1]}}})
    assert (taken.entry.accepted, taken.entry.drifted_fields) == (1, '{"device":1}')


@pytest.mark.parametrize("extra", ['"phone":"1"', '"phone" : "1"', '"phone":\t"1"', '"phone":"1","strange":NaN'])
def test_an_unknown_field_is_counted_however_it_is_spaced(tmp_path, extra):
    line = json.dumps(PLACED)[:-1] + "," + extra + "}"
    plain = json.dumps(PLACED | {"event_id": "o-2", "reason": "left it, as told"})
    assert '"phone":1' in of_lines(tmp_path, "orders", plain, line).entry.drifted_fields


def test_names_that_may_be_data_are_counted_without_being_named(tmp_path):
    strange = {f"{i:010}": 1 for i in range(300)} | {"Jane Doe": 1, "app_version": 1}
    drifted = json.loads(of_lines(tmp_path, "orders", PLACED | strange).entry.drifted_fields)
    assert drifted == {"app_version": 1, "(other names)": 301}
    many = {f"field_{i}": 1 for i in range(300)}
    drifted = json.loads(of_lines(tmp_path / "many", "orders", PLACED | many).entry.drifted_fields)
    assert (len(drifted), drifted["(other names)"]) == (101, 200)


def test_an_id_of_minus_zero_is_one_id_whatever_stands_beside_it(tmp_path):
    placed = json.dumps(PLACED | {"store_id": 7}).replace(" 7", "-0")
    taken = of_lines(tmp_path, "orders", placed, placed.replace("o-1", "o-2").replace("}", ', "strange": NaN}'))
    assert taken.lake["store_id"].to_list() == ["0", "0"]


@pytest.mark.parametrize("text", ["0001-01-01T00:00:00+05:00", "9999-12-31T23:59:59-01:00", "2022-05-21T12:00:60Z"])
def test_what_no_calendar_has_is_no_timestamp(tmp_path, text):
    assert of_lines(tmp_path, "orders", PLACED | {"promised_at": text}).reasons == ["bad_type:promised_at"]


def test_a_leap_second_ends_a_utc_day(tmp_path):
    row = of_lines(tmp_path, "orders", PLACED | {"promised_at": "2016-12-31T18:59:60.5-05:00"}).row
    assert row["promised_at"] == datetime(2017, 1, 1, 0, 0, 0, 500_000, tzinfo=UTC)


@pytest.mark.parametrize(("spelling", "expected"), [("1e3", 1000), ("1.5e1", 15), ("2.0", 2), ("0.1e1", 1)])
@pytest.mark.parametrize("quote", ['"', ""])
def test_a_whole_number_is_one_in_every_spelling(tmp_path, spelling, expected, quote):
    line = json.dumps(PLACED | {"package_count": 7}).replace(" 7", quote + spelling + quote)
    assert of_lines(tmp_path, "orders", line).row["package_count"] == expected


@pytest.mark.parametrize(
    ("spelling", "reason"),
    [
        ("1.5e0", "bad_type"),
        ("２", "bad_type"),
        ("9007199254740992", "out_of_range"),
        ("9007199254740993", "out_of_range"),
        ("9.1e15", "out_of_range"),
    ],
)
def test_what_is_no_whole_number_a_double_can_hold_is_none(tmp_path, spelling, reason):
    assert of_lines(tmp_path, "offers", SENT | {"wave": spelling}).reasons == [f"{reason}:wave"]


PARQUET_CELLS = {
    "float32": (pl.Series([36.1, 36.1], dtype=pl.Float32), ["36.1", "36.1"], []),
    "invalid utf-8": (pl.Series([b"\xff", b"36.1"]), ["36.1"], ["bad_type:dropoff_latitude"]),
    "durations": (pl.Series([timedelta(1), None]), ["None"], ["bad_type:dropoff_latitude"]),
    "lists": (pl.Series([[1.0], None]), ["None"], ["bad_type:dropoff_latitude"]),
    "not a number": (pl.Series([float("nan"), 1.0]), ["1.0"], ["out_of_range:dropoff_latitude"]),
}


@pytest.mark.parametrize("cells", PARQUET_CELLS)
def test_a_parquet_cell_is_judged_by_itself_and_keeps_its_value(tmp_path, cells):
    column, loaded, reasons = PARQUET_CELLS[cells]
    frame = pl.DataFrame([PLACED, PLACED | {"event_id": "o-2"}]).with_columns(dropoff_latitude=column)
    land(tmp_path, "orders", "a.parquet", as_parquet(frame))
    taken = take_in(tmp_path, "orders")
    assert ([str(value) for value in taken.lake["dropoff_latitude"]], taken.reasons) == (loaded, reasons)


def test_an_instant_beyond_every_calendar_stops_nobody(tmp_path):
    far = pl.Series([300_000_000_000_000, 1_653_159_731_000]).cast(pl.Datetime("ms", "UTC"))
    frame = pl.DataFrame([PLACED, PLACED | {"event_id": "o-2"}]).with_columns(received_at=far)
    land(tmp_path, "orders", "a.parquet", as_parquet(frame))
    taken = take_in(tmp_path, "orders")
    assert (taken.lake["event_id"].to_list(), taken.reasons) == (["o-2"], ["bad_type:received_at"])


def test_a_few_bytes_of_parquet_that_stand_for_very_many_are_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "MAX_FREE_BYTES", 64 << 20)
    frame = pl.DataFrame({"event_id": ["x" * (1 << 20)]}).select(pl.col("event_id").repeat_by(300).explode())
    land(tmp_path, "orders", "a.parquet", as_parquet(frame))
    assert take_in(tmp_path, "orders").entry.reason == "file_too_large"


def test_a_line_that_does_not_fit_in_memory_refuses_its_file(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.lines.BLOCK_BYTES", 1 << 20)
    monkeypatch.setattr("pipelines.ingest.lines.MAX_LINE_BYTES", 2 << 20)
    land(tmp_path, "orders", "a.jsonl", GOOD + b'{"reason":"' + b"x" * (5 << 20) + b'"}\n' + GOOD)
    land(tmp_path, "orders", "b.jsonl", GOOD)
    taken = take_in(tmp_path, "orders")
    assert [entry.reason for entry in taken.entries] == ["file_too_large", None]
    assert "line 2" in (taken.entries[0].message or "") and taken.lake.height == 1


def test_a_file_that_changes_while_it_is_read_is_read_again_whole(tmp_path, monkeypatch):
    path = land(tmp_path, "orders", "a.jsonl", GOOD)
    hashed = load.sha256_of

    def hash_and_append(file):
        found = hashed(file)
        with path.open("ab") as stream:
            stream.write(jsonl(PLACED | {"event_id": "o-2"}))
        return found

    with monkeypatch.context() as patch:
        patch.setattr(load, "sha256_of", hash_and_append)
        entry = take_in(tmp_path, "orders").entry
    assert (entry.status, entry.lines) == ("refused", 0) and "tried again" in (entry.message or "")
    assert sorted(take_in(tmp_path, "orders").lake["event_id"]) == ["good", "o-2"]
    assert take_in(tmp_path, "orders").entries == []


def test_a_file_that_cannot_be_read_for_now_is_tried_again(tmp_path, monkeypatch):
    land(tmp_path, "orders", "a.jsonl", GOOD)

    def fails(_):
        raise PermissionError(13, "Permission denied")

    with monkeypatch.context() as patch:
        patch.setattr(load, "sha256_of", fails)
        entry = take_in(tmp_path, "orders").entry
    assert entry.status == "refused" and "Permission denied" in (entry.message or "")
    assert take_in(tmp_path, "orders").lake.height == 1


def test_a_lake_that_cannot_be_written_is_said_so_and_no_file_is_blamed(tmp_path):
    land(tmp_path, "orders", "a.jsonl", GOOD)
    (tmp_path / "lake").mkdir()
    (tmp_path / "lake/orders").touch()
    with pytest.raises(DoorstepError, match="cannot be written"):
        take_in(tmp_path, "orders")
    (tmp_path / "lake/orders").unlink()
    assert take_in(tmp_path, "orders").lake.height == 1


def test_a_damaged_ledger_is_made_again_and_a_damaged_part_is_named(tmp_path):
    land(tmp_path, "orders", "a.jsonl", GOOD)
    rows = take_in(tmp_path, "orders").lake
    ledger = tmp_path / "build/ledger/orders.parquet"
    ledger.write_bytes(b"damaged")
    assert take_in(tmp_path, "orders").lake.equals(rows) and rows.height == 1
    assert pl.read_parquet(ledger)["accepted"].to_list() == [1]
    ledger.unlink()
    [part] = (tmp_path / "lake").rglob("*.parquet")
    part.write_bytes(b"damaged")
    with pytest.raises(DoorstepError, match=part.name):
        take_in(tmp_path, "orders")


def test_a_log_folder_that_is_a_file_is_named(tmp_path):
    (tmp_path / "landing").mkdir()
    (tmp_path / "landing/orders").write_bytes(GOOD)
    with pytest.raises(DoorstepError, match="landing/orders"):
        take_in(tmp_path, "orders")


def test_a_kill_before_midnight_leaves_no_line_twice_in_quarantine(tmp_path, monkeypatch):
    land(tmp_path, "orders", "a.jsonl", jsonl(PLACED, "junk"))
    finished = load.Quarantine.finish

    def killed(quarantine):
        finished(quarantine)
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(load.Quarantine, "finish", killed)
        with pytest.raises(KeyboardInterrupt):
            take_in(tmp_path, "orders")
    with time_machine.travel(datetime.now(UTC) + timedelta(days=1)):
        taken = take_in(tmp_path, "orders")
    assert (taken.lake.height, taken.reasons) == (1, ["unparseable_line"])


def test_a_touched_file_is_not_reported_as_loaded(tmp_path):
    path = land(tmp_path, "orders", "a.jsonl", GOOD)
    take_in(tmp_path, "orders")
    os.utime(path)
    assert take_in(tmp_path, "orders").entries == []


def test_the_same_bytes_in_two_logs_are_a_file_of_each(tmp_path):
    mixed = jsonl(PAID | {"event_id": "x-1"}, PLACED | {"event_id": "x-2"})
    for log in ("orders", "trips"):
        land(tmp_path, log, "a.jsonl", mixed)
    assert [take_in(tmp_path, log).lake["event_id"].to_list() for log in ("orders", "trips")] == [["x-2"], ["x-1"]]


@pytest.fixture
def in_many_blocks(monkeypatch):
    """Files of a few lines are large ones."""
    monkeypatch.setattr("pipelines.ingest.lines.BLOCK_BYTES", 200)


def test_a_large_file_that_changes_while_it_is_read_is_read_again_whole(tmp_path, monkeypatch, in_many_blocks):
    path = land(tmp_path, "orders", "a.jsonl", GOOD * 9)
    compare = load._same_as_hashed

    def touch_and_compare(file):
        path.touch()
        compare(file)

    with monkeypatch.context() as patch:
        patch.setattr(load, "_same_as_hashed", touch_and_compare)
        assert take_in(tmp_path, "orders").entry.status == "refused"
    assert take_in(tmp_path, "orders").lake.height == 9


def test_a_large_file_and_its_twin_are_loaded_once_and_its_reasons_are_counted(tmp_path, in_many_blocks):
    for name in ("a.jsonl", "b.jsonl"):
        land(tmp_path, "orders", name, GOOD * 9 + b"junk\n" * 3 + GOOD * 9)
    summary = ingest(open_workspace(tmp_path), "orders", ["las_vegas_mall"])
    assert [entry.status for entry in summary.entries] == ["loaded", "duplicate"]
    assert (summary.total("accepted"), summary.reasons) == (18, {"unparseable_line": 3})


def test_a_large_file_that_turns_out_damaged_leaves_nothing(tmp_path, monkeypatch, in_many_blocks):
    monkeypatch.setattr("pipelines.ingest.parts._SPILL_BYTES", 500)
    content = b"".join(b"secret %d\n" % i for i in range(2000)) + GOOD * 100
    land(tmp_path, "orders", "a.jsonl.gz", gzip.compress(content)[:-4])
    assert take_in(tmp_path, "orders").entry.reason == "corrupt_file"
    left = [path for folder in ("lake", "quarantine") for path in (tmp_path / folder).rglob("*") if path.is_file()]
    assert left == []


def test_a_bomb_is_refused_before_a_line_of_it_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "chunks", lambda *_: pytest.fail("its lines were read"))
    short = b'{"event_id":"x"}\n' * 60_000
    compressor = zlib.compressobj(9, wbits=31)
    bomb = b"".join([*(compressor.compress(short) for _ in range(400)), compressor.flush()])
    land(tmp_path, "orders", "a.jsonl.gz", bomb)
    assert take_in(tmp_path, "orders").entry.reason == "file_too_large"


@pytest.mark.parametrize(
    ("name", "size", "allowed"),
    [("small", 1_000, 256 << 20), ("large", 5_000_000, 10**9), ("huge", 10**9, 20 * 10**9)],
)
def test_a_file_may_expand_to_256_mb_or_200_times_its_size_or_20_gb(tmp_path, name, size, allowed):
    file = files.LandedFile(tmp_path / name, name, size, 0)
    assert files.allowed_bytes(file, open_workspace(tmp_path).settings.ingest.max_expansion) == allowed


def test_a_quoted_field_goes_on_over_a_thousand_lines_and_no_more(tmp_path):
    for lines, events in ((1000, ["o-1", "o-2"]), (1001, ["o-2"])):
        text = b'"' + b"\n".join([b"x"] * lines) + b'"'
        land(
            tmp_path / str(lines),
            "orders",
            "a.csv",
            CSV_HEADER + CANCELLED % (b"o-1", text) + CANCELLED % (b"o-2", b""),
        )
        assert take_in(tmp_path / str(lines), "orders").lake["event_id"].to_list() == events


@pytest.mark.parametrize("name", ["12022-05-211.jsonl", "2022-05-2/a.jsonl", "2022-13-01.jsonl"])
def test_what_only_looks_like_a_date_is_none(tmp_path, name):
    land(tmp_path, "orders", name, GOOD)
    assert take_in(tmp_path, "orders").entry.landed_on == datetime.now(UTC).date()


def test_landing_is_never_changed(tmp_path):
    land(tmp_path, "orders", "a.jsonl", jsonl(PLACED, "junk"))
    land(tmp_path, "orders", "b.csv", b"no header\n")
    before = {path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "landing").rglob("*.*")}
    take_in(tmp_path, "orders")
    assert {
        path: (path.read_bytes(), path.stat().st_mtime_ns) for path in (tmp_path / "landing").rglob("*.*")
    } == before


def test_a_quarantine_of_many_lines_is_written_without_holding_them(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.parts._SPILL_BYTES", 2000)
    monkeypatch.setattr("pipelines.ingest.lines.BLOCK_BYTES", 1000)
    land(tmp_path, "orders", "a.jsonl", b"".join(b"junk %d\n" % i for i in range(2000)) + GOOD)
    taken = take_in(tmp_path, "orders")
    assert [row["line"] for row in taken.quarantine] == [f"junk {i}" for i in range(2000)]
    assert (taken.lake.height, taken.entry.quarantined) == (1, 2000)
    left = [path.name for path in tmp_path.rglob("*.tmp")]
    assert left == []


def test_the_quarantine_and_its_folders_are_their_owners(tmp_path):
    of_lines(tmp_path, "orders", "junk")
    folders = [path for path in (tmp_path / "quarantine").rglob("*") if path.is_dir()]
    assert {path.stat().st_mode & 0o777 for path in [tmp_path / "quarantine", *folders]} == {0o700}


def test_a_field_that_first_comes_late_in_a_long_file_is_read(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.lines.BLOCK_BYTES", 4000)
    lines = [PLACED | {"event_id": f"o-{i}"} for i in range(100)]
    lines[60] |= {"store_id": "s", "strange": 1}
    lines[61] |= {"dropoff_latitude": "36.5"}
    lines[90] |= {"strange": 2, "dropoff_longitude": -115.0}
    land(tmp_path, "orders", "a.jsonl", jsonl(*lines))
    taken = take_in(tmp_path, "orders")
    rows = {row["event_id"]: row for row in taken.lake.to_dicts()}
    assert (rows["o-60"]["store_id"], rows["o-61"]["dropoff_latitude"], rows["o-90"]["dropoff_longitude"]) == (
        "s",
        36.5,
        -115,
    )
    assert (taken.lake.height, taken.entry.drifted_fields) == (100, '{"strange":2}')


def test_many_small_files_of_every_format_are_judged_together_and_kept_apart(tmp_path, monkeypatch):
    monkeypatch.setattr(load, "_TOGETHER_FILES", 7)
    for index in range(40):
        lines = [SENT | {"event_id": f"f-{index}-{n}"} for n in range(3)] + [SENT | {"event_id": "x", "wave": -index}]
        if index % 3:
            land(tmp_path, "offers", f"{index}.jsonl", jsonl(*lines))
        else:
            land(tmp_path, "offers", f"{index}.parquet", as_parquet(pl.DataFrame(lines)))
    taken = take_in(tmp_path, "offers")
    assert [(entry.accepted, entry.quarantined) for entry in taken.entries] == [(3, 1)] * 40
    for part in (tmp_path / "lake").rglob("*.parquet"):
        frame = pl.read_parquet(part, hive_partitioning=False)
        assert set(frame["file_sha256"]) == {part.stem} and frame["event_id"].str.split("-").list[1].n_unique() == 1


def test_a_lost_part_whose_file_is_gone_stays_in_the_ledger_for_the_checks_to_find(tmp_path):
    path = land(tmp_path, "orders", "a.jsonl", GOOD)
    take_in(tmp_path, "orders")
    path.unlink()
    shutil.rmtree(tmp_path / "lake")
    assert ingest(open_workspace(tmp_path), "orders", []).entries == []
    assert pl.read_parquet(tmp_path / "build/ledger/orders.parquet")["accepted"].to_list() == [1]


@pytest.mark.parametrize(
    "other", [{"meta": {"agent": None}}, {"reason": ":null"}, {"meta": None}, {"note": ":null, x"}]
)
def test_a_field_that_comes_late_is_read_whatever_else_the_lines_say(tmp_path, in_many_blocks, other):
    early = PLACED | {"event_type": "delivery_failed", "meta": {"agent": "a"}, "reason": "x"}
    late = PLACED | {"event_type": "delivery_failed", "trip_id": "T9"} | other
    lines = [{**(early if n < 30 else late), "event_id": f"o-{n}"} for n in range(60)]
    land(
        tmp_path,
        "orders",
        "a.jsonl",
        "".join(json.dumps(each, separators=(",", ":")) + "\n" for each in lines).encode(),
    )
    taken = take_in(tmp_path, "orders")
    assert taken.lake.filter(trip_id="T9").height == 30
    assert json.loads(taken.entry.drifted_fields).get("meta") == 30 + 30 * bool(other.get("meta"))


@pytest.mark.parametrize(
    "amount", ["100000000", "1e8", "99999999.99995", "123456789012", "-999999999999", "1e11", "1e300"]
)
@pytest.mark.parametrize("quote", ['"', ""])
def test_an_amount_too_large_refuses_its_line_and_no_other(tmp_path, amount, quote):
    bad = json.dumps(SENT | {"event_id": "f-2", "pay_usd": 7}).replace(" 7", quote + amount + quote)
    taken = of_lines(tmp_path, "offers", SENT, bad)
    assert (taken.row["event_id"], taken.reasons) == ("f-1", ["out_of_range:pay_usd"])


@pytest.mark.parametrize(
    ("log", "line", "field"), [("orders", PLACED, "dropoff_latitude"), ("offers", SENT, "pay_usd")]
)
@pytest.mark.parametrize("quote", ['"', ""])
def test_a_number_too_small_for_a_double_is_out_of_range_in_every_spelling(tmp_path, log, line, field, quote):
    tiny = json.dumps(line | {field: 7}).replace(" 7", quote + "1e-400" + quote)
    assert of_lines(tmp_path, log, tiny).reasons == [f"out_of_range:{field}"]


def test_blocks_of_very_short_lines_are_cut_and_keep_their_numbers(tmp_path, monkeypatch):
    monkeypatch.setattr("pipelines.ingest.lines.MAX_BLOCK_LINES", 3)
    for lines in (6, 7):
        root = tmp_path / str(lines)
        land(
            root,
            "orders",
            "a.jsonl",
            b"".join(jsonl(PLACED | {"event_id": f"o-{n}"}) for n in range(1, lines + 1)) + b"x",
        )
        taken = take_in(root, "orders")
        assert [f"o-{n}" for n in taken.lake["line_number"]] == taken.lake["event_id"].to_list()
        assert (taken.lake.height, [row["line_number"] for row in taken.quarantine]) == (lines, [lines + 1])
