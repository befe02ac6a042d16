import csv
import gzip
import io
from pathlib import Path

import pytest
from rich.console import Console

from pipelines.ingest_report import LogReport, RefusedFile, print_ingest
from pipelines.quarantine import Wanted, print_csv, print_quarantine
from pipelines.workspace import DoorstepError, open_workspace
from tests.unit.ingesting import PAID, PLACED, jsonl, land, take_in

SECRET = "Ann Smith"
NO_SITE = PLACED | {"site_id": "atlantis", "customer": SECRET}


@pytest.fixture
def root(tmp_path: Path) -> Path:
    """Two orders files with refused lines, one refused whole, and a trips file."""
    land(tmp_path, "orders", "2022-05-21/a.jsonl", jsonl(PLACED, NO_SITE, f"junk of {SECRET}", NO_SITE))
    land(tmp_path, "orders", "b.jsonl", jsonl(NO_SITE | {"order_id": ""}, NO_SITE))
    land(tmp_path, "orders", "cut.jsonl.gz", gzip.compress(jsonl(PLACED))[:-4])
    land(tmp_path, "trips", "a.jsonl", jsonl(PAID | {"amount_usd": "x"}))
    for log in ("orders", "trips"):
        take_in(tmp_path, log)
    return tmp_path


def shown(root: Path, *, examples: int = 1, width: int = 80, **wanted: str) -> str:
    out = Console(file=io.StringIO(), width=width)
    print_quarantine(open_workspace(root), Wanted(**wanted), out, examples=examples)
    return out.file.getvalue()  # pyright: ignore[reportAttributeAccessIssue]


def counted(root: Path, **wanted: str) -> list[list[str]]:
    out = io.StringIO()
    print_csv(open_workspace(root), Wanted(**wanted), out)
    return list(csv.reader(io.StringIO(out.getvalue())))


def test_reasons_are_listed_with_field_lines_and_files_most_frequent_first(root):
    rows = [line.split() for line in shown(root, log="orders").splitlines()]
    places = [rows.index(row) for row in (["unknown_site", "site_id", "3", "2"], ["unparseable_line", "1", "1"])]
    assert places == sorted(places)
    assert ["missing_field:order_id", "order_id", "1", "1"] in rows


def test_an_example_names_file_and_line_and_shows_the_line_masked(root):
    text = shown(root)
    assert "  landing/orders/2022-05-21/a.jsonl:2\n" in text
    assert '"event_type": "placed"' in text and '"xxxxxxxx": "xxx xxxxx"' in text
    assert "    xxxx xx xxx xxxxx\n" in text
    assert "Ann" not in text and "atlantis" not in text


def test_limit_is_the_number_of_examples_per_reason_over_files(root):
    assert [shown(root, examples=n, reason="unknown_site").count("landing/") for n in (0, 1, 3, 9)] == [0, 1, 3, 3]
    assert "landing/orders/b.jsonl:2" in shown(root, examples=3, reason="unknown_site")


def test_files_refused_whole_are_listed_with_their_message(root):
    assert "refused landing/orders/cut.jsonl.gz: corrupt_file: is damaged or cut short" in shown(root)


def test_csv_has_counts_per_file_reason_and_field(root):
    assert counted(root) == [
        ["log", "file", "reason", "field", "lines"],
        ["orders", "2022-05-21/a.jsonl", "unknown_site", "site_id", "2"],
        ["orders", "2022-05-21/a.jsonl", "unparseable_line", "", "1"],
        ["orders", "b.jsonl", "missing_field:order_id", "order_id", "1"],
        ["orders", "b.jsonl", "unknown_site", "site_id", "1"],
        ["orders", "cut.jsonl.gz", "corrupt_file", "", "0"],
        ["trips", "a.jsonl", "bad_type:amount_usd", "amount_usd", "1"],
    ]


@pytest.mark.parametrize(
    ("wanted", "rows"),
    [
        ({"log": "trips"}, 1),
        ({"reason": "unknown"}, 2),
        ({"reason": "corrupt"}, 1),
        ({"reason": "site"}, 0),
        ({"file": "b.jsonl"}, 2),
        ({"file": "orders/b.jsonl"}, 2),
        ({"file": "landing/orders/cut.jsonl.gz"}, 1),
        ({"file": "a.jsonl"}, 1),
        ({"log": "orders", "reason": "missing_field:order_id", "file": "b.jsonl"}, 1),
        ({"log": "offers"}, 0),
    ],
)
def test_log_reason_and_file_narrow_the_listing(root, wanted, rows):
    assert len(counted(root, **wanted)) - 1 == rows
    assert ("Nothing in quarantine is of that kind." in shown(root, **wanted)) == (rows == 0)


def test_nothing_in_quarantine_is_said(tmp_path):
    assert shown(tmp_path) == "Nothing in quarantine.\n"
    land(tmp_path, "orders", "a.jsonl", jsonl(PLACED))
    take_in(tmp_path, "orders")
    assert shown(tmp_path) == "Nothing in quarantine.\n"


def test_a_workspace_whose_path_looks_like_a_pattern_or_a_partition_is_listed(tmp_path):
    root = tmp_path / "[ab]*" / "reason=x" / "file=y"
    land(root, "orders", "a.jsonl", jsonl("junk"))
    take_in(root, "orders")
    assert counted(root)[1:] == [["orders", "a.jsonl", "unparseable_line", "", "1"]]
    assert "landing/orders/a.jsonl:1" in shown(root)


def test_a_quarantine_that_cannot_be_read_is_one_message(root):
    [part] = (root / "quarantine/trips").rglob("*.parquet")
    part.write_bytes(b"no parquet")
    with pytest.raises(DoorstepError, match="cannot be read"):
        shown(root)
    (root / "quarantine/trips/landed_on=2022-01-01").touch()  # listing it fails, as that of another user's folder
    with pytest.raises(DoorstepError, match="cannot be read"):
        counted(root)


def test_no_line_of_quarantine_steers_the_terminal(tmp_path):
    land(tmp_path, "orders", "a.jsonl", b"\x1b]0;title\x07\x1b[2J [red]junk[/nonsense] \x00\n")
    take_in(tmp_path, "orders")
    text = shown(tmp_path)
    assert "\x1b" not in text and "␛[9x [xxx]xxxx[/xxxxxxxx] ␀" in text


def test_the_summary_fits_80_columns_with_many_reasons_and_bounds_their_rows():
    reasons = {f"out_of_range:dropoff_longitude{index}"[:30]: 10_000_000 for index in range(1)}
    reasons |= {f"missing_field:field_{index:02d}": 100 - index for index in range(20)}
    report = LogReport("orders", 12_345, 999_999_999, 900_000_000, 99_999_999)
    report.reasons.update(reasons)
    refused = RefusedFile("orders", "cut.gz", "corrupt_file", "is\ndamaged \x1b[31m")
    out = Console(file=io.StringIO(), width=80)
    print_ingest([report, LogReport("offers", 0, 0, 0, 0), LogReport("trips", 1, 2, 1, 1, refused=(refused,))], out)
    lines = out.file.getvalue().splitlines()  # pyright: ignore[reportAttributeAccessIssue]
    rows = {words[0]: words[1:] for line in lines if (words := line.split())}
    assert max(map(len, lines)) <= 80
    assert rows["lines"] == ["999,999,999", "0", "2"]
    assert rows["quarantined"] == ["99,999,999", "0", "1"]
    assert rows["out_of_range:dropoff_longitude"] == ["10,000,000"]
    assert rows["6"] == ["further", "reasons", str(sum(100 - index for index in range(14, 20)))]
    assert lines[-1] == "refused landing/orders/cut.gz: corrupt_file: is damaged [31m"
