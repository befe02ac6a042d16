"""The simulator as a whole: same options same bytes, nobody's file replaced, every line counted, every defect there."""

import csv
import gzip
import io
import json
import re
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

import polars as pl
import pytest

from pipelines.contract import LOGS
from pipelines.simulate import SimulationSummary, simulate
from pipelines.workspace import SHIPPED_DATA, DoorstepError, open_workspace

OPTIONS: dict[str, Any] = {"days": 21, "drivers": 60, "seed": 5, "starts_on": date(2022, 3, 7)}
TINY: dict[str, Any] = {"days": 2, "drivers": 24, "seed": 1}
REASONS = ("unparseable_line", "incomplete_line", "missing_field", "bad_type", "out_of_range", "unknown_event_type")
REASONS += ("unknown_site", "occurred_after_received", "received_in_future")


@pytest.fixture(scope="module")
def summary(tmp_path_factory: pytest.TempPathFactory) -> SimulationSummary:
    return simulate(tmp_path_factory.mktemp("simulated"), **OPTIONS)


@pytest.fixture(scope="module")
def tally(summary: SimulationSummary) -> dict[str, Any]:
    return json.loads((summary.truth / "lines.json").read_text())


def content(root: Path) -> dict[str, bytes]:
    return {str(path.relative_to(root)): path.read_bytes() for path in sorted(root.rglob("*")) if path.is_file()}


def text_of(path: Path) -> bytes:
    data = path.read_bytes()
    return gzip.decompress(data) if path.suffix == ".gz" else data


def log_paths(summary: SimulationSummary, log: str) -> list[Path]:
    return sorted(path for path in (summary.landing / log).rglob("*") if path.is_file())


def json_lines(summary: SimulationSummary, log: str) -> Iterator[dict[str, Any]]:
    """The records of the JSON Lines files that are records."""
    for path in log_paths(summary, log):
        if ".jsonl" in path.name:
            for line in text_of(path).removeprefix(b"\xef\xbb\xbf").splitlines():
                try:
                    record = json.loads(line)
                except ValueError:
                    continue
                if isinstance(record, dict):
                    yield record


def instant(text: str) -> datetime:
    return datetime.fromisoformat(re.sub(r"(\.\d{6})\d+", r"\1", text.upper()))


def good_lines(summary: SimulationSummary, log: str) -> Iterator[dict[str, Any]]:
    """Records whose envelope can be read and is from our days."""
    for line in json_lines(summary, log):
        try:
            stamps = instant(line["occurred_at"]), instant(line["received_at"])
        except (KeyError, ValueError):
            continue
        if all(stamp.tzinfo and stamp < datetime(2023, 1, 1, tzinfo=UTC) for stamp in stamps):
            yield line


def skew(line: dict[str, Any]) -> timedelta:
    return instant(line["occurred_at"]) - instant(line["received_at"])


# Files


def test_the_same_options_give_the_same_bytes_and_another_seed_gives_others(tmp_path: Path):
    for name, options in (("one", TINY), ("two", TINY), ("three", TINY | {"seed": 2})):
        simulate(tmp_path / name, **options)
    assert content(tmp_path / "one") == content(tmp_path / "two")
    one, three = content(tmp_path / "one/landing"), content(tmp_path / "three/landing")
    assert one.keys() == three.keys()
    assert not set(one.values()) & set(three.values())


def test_simulating_again_over_the_same_landing_changes_no_file(tmp_path: Path):
    simulate(tmp_path, **TINY)
    before = {path: path.stat().st_mtime_ns for path in (tmp_path / "landing").rglob("*")}
    simulate(tmp_path, **TINY)
    assert {path: path.stat().st_mtime_ns for path in (tmp_path / "landing").rglob("*")} == before


@pytest.mark.parametrize("other", [{"seed": 2}, {"days": 1}, {"drivers": 25}])
def test_other_options_over_a_filled_landing_are_refused_and_change_nothing(tmp_path: Path, other: dict[str, int]):
    simulate(tmp_path, **TINY)
    before = content(tmp_path)
    with pytest.raises(DoorstepError, match="already there"):
        simulate(tmp_path, **TINY | other)
    assert content(tmp_path) == before


def test_a_file_of_the_users_in_landing_is_named_and_kept(tmp_path: Path):
    own = tmp_path / "landing/orders/mine.jsonl"
    own.parent.mkdir(parents=True)
    own.write_text("{}\n")
    with pytest.raises(DoorstepError, match=r"mine\.jsonl"):
        simulate(tmp_path, **TINY)
    assert content(tmp_path) == {"landing/orders/mine.jsonl": b"{}\n"}


def test_what_a_killed_run_left_half_written_is_no_obstacle(tmp_path: Path):
    half = tmp_path / "landing/orders/2022-01-10/.orders.jsonl.gz.part"
    half.parent.mkdir(parents=True)
    half.write_bytes(b"half")
    simulate(tmp_path, **TINY)
    assert not half.exists()


def test_nothing_is_simulated_into_a_workspace_of_recorded_data(tmp_path: Path):
    (tmp_path / "workspace.toml").write_text('origin = "recorded"\n')
    with pytest.raises(DoorstepError, match="recorded"):
        simulate(tmp_path, **TINY)
    assert not (tmp_path / "landing").exists()


@pytest.mark.parametrize("wrong", [{"days": 0}, {"days": 100_000}, {"drivers": 0}, {"seed": -1}])
def test_options_out_of_range_are_refused_in_one_sentence(tmp_path: Path, wrong: dict[str, int]):
    with pytest.raises(DoorstepError, match="Cannot simulate"):
        simulate(tmp_path, **TINY | wrong)


def test_a_new_workspace_gets_the_shipped_reference_tables_and_says_that_it_is_simulated(tmp_path: Path):
    simulate(tmp_path, **TINY)
    shipped = {path.name: path.read_bytes() for path in (SHIPPED_DATA / "reference").glob("*.csv")}
    assert content(tmp_path / "reference") == shipped
    assert open_workspace(tmp_path).settings.origin == "simulated"


def test_reference_tables_of_the_workspace_are_used_and_kept(tmp_path: Path):
    simulate(tmp_path / "first", **TINY)
    (tmp_path / "first/reference").rename(tmp_path / "reference")
    sites = tmp_path / "reference/sites.csv"
    kept = [line for line in sites.read_text().splitlines() if line.startswith(("site_id", "chandler"))]
    sites.write_text("\n".join(kept) + "\n")
    simulate(tmp_path, **TINY)
    assert sites.read_text().splitlines() == kept
    assert set(pl.read_parquet(tmp_path / "truth/fct_deliveries.parquet")["market_id"]) == {"chandler"}


@pytest.mark.parametrize("options", [{"days": 1, "drivers": 1}, {"days": 1, "drivers": 4}])
def test_a_world_too_small_for_offers_or_trips_still_has_its_four_facts(tmp_path: Path, options: dict[str, int]):
    summary = simulate(tmp_path, **options)
    assert set(summary.facts) == {"fct_deliveries", "fct_offers", "fct_blocks", "fct_trips"}
    assert summary.facts["fct_trips"] == 0


# Lines


def count_lines(path: Path) -> int:
    """Records that are not blank; a header is none."""
    if path.suffix == ".parquet":
        return pl.read_parquet(path).height
    lines = [line for line in text_of(path).split(b"\n") if line.strip()]
    return len(lines) - (".csv" in path.name)


@pytest.mark.parametrize("log", LOGS)
def test_lines_are_conserved_from_the_files_to_the_last_fate(
    summary: SimulationSummary, tally: dict[str, Any], log: str
):
    counts = tally[log]
    paths = log_paths(summary, log)
    assert counts["lines"] == summary.lines[log] == sum(count_lines(path) for path in paths)
    assert counts["files"] == len(paths)
    assert counts["lines"] == counts["accepted"] + sum(counts["quarantined"].values())
    fates = ("current", "superseded", "duplicates", "conflicts", "retracted")
    assert counts["accepted"] == sum(counts[fate] for fate in fates)
    assert min(counts[fate] for fate in fates) > 0


@pytest.mark.parametrize("log", LOGS)
def test_every_reason_of_the_contract_is_planted_in_each_log(tally: dict[str, Any], log: str):
    planted = {reason.split(":")[0] for reason in tally[log]["quarantined"]}
    assert planted == set(REASONS)


@pytest.mark.parametrize("log", LOGS)
def test_every_log_comes_in_every_format_mostly_gzipped_json(summary: SimulationSummary, log: str):
    names = [path.name.removeprefix(f"{log}.") for path in log_paths(summary, log)]
    assert set(names) == {"jsonl.gz", "jsonl", "csv", "csv.gz", "parquet"}
    assert names.count("jsonl.gz") > len(names) / 3
    kinds = {
        pl.read_parquet_schema(path)["received_at"] for path in log_paths(summary, log) if path.suffix == ".parquet"
    }
    assert kinds == {pl.String(), pl.Datetime("us", "UTC")}


def test_some_text_files_start_with_a_byte_order_mark_some_have_windows_line_ends(summary: SimulationSummary):
    texts = [text_of(path) for log in LOGS for path in log_paths(summary, log) if path.suffix != ".parquet"]
    marked = [text for text in texts if text.startswith(b"\xef\xbb\xbf")]
    windows = [text for text in texts if b"\r\n" in text]
    assert 0 < len(marked) < len(texts) / 2
    assert 0 < len(windows) < len(texts) / 2
    assert {text[-1:] for text in texts} > {b"\n"}, "no file ends in the middle of a line"


def test_csv_files_are_read_back_by_any_csv_reader(summary: SimulationSummary):
    path = next(path for path in log_paths(summary, "offers") if path.name == "offers.csv.gz")
    rows = list(csv.DictReader(io.StringIO(text_of(path).decode("utf-8-sig"), newline="")))
    assert {'said "not today", sorry', "café shift overlaps"} & {row["reason"] for row in rows}


@pytest.mark.parametrize("log", LOGS)
def test_time_stamps_come_in_all_legal_spellings_and_with_local_offsets(summary: SimulationSummary, log: str):
    lines = list(good_lines(summary, log))
    received = [line["received_at"] for line in lines]
    for spelling in (r"T.*Z$", r"t.*z$", r"\d \d.*Z$", r"\+00:00$", r"-00:00$", r"\.\d{9}Z$"):
        assert any(re.search(spelling, text) for text in received), spelling
    offsets = {line["occurred_at"][-6:] for line in lines}
    # Standard and daylight time of the four markets; Chandler keeps one offset.
    assert offsets >= {"-08:00", "-07:00", "-06:00", "-05:00", "-04:00"}


@pytest.mark.parametrize("log", LOGS)
def test_clocks_are_fast_by_up_to_five_minutes_and_lines_are_late_by_days(summary: SimulationSummary, log: str):
    skews = [skew(line) for line in good_lines(summary, log)]
    assert any(timedelta(minutes=1) < each <= timedelta(minutes=5) for each in skews)
    assert any(each < -timedelta(days=1) for each in skews)


def test_a_line_may_come_again_in_the_file_of_a_later_day(summary: SimulationSummary):
    seen: dict[str, set[str]] = {}
    for path in log_paths(summary, "trips"):
        if ".jsonl" in path.name:
            for line in text_of(path).splitlines():
                if match := re.search(rb'"event_id":"([^"]+)".*"received_at":"([^"]+)"', line):
                    seen.setdefault(f"{match[1]!r}{match[2]!r}", set()).add(path.parent.name)
    assert any(len(days) > 1 for days in seen.values())


@pytest.mark.parametrize("log", LOGS)
def test_of_two_tellings_of_an_event_the_later_one_can_take_it_back(summary: SimulationSummary, log: str):
    retracted = {line["event_type"] for line in json_lines(summary, log) if line.get("retracted") in (True, "true")}
    assert retracted & {"delivered", "accepted", "toll_charged", "pay_posted"}


def test_fields_that_nobody_agreed_on_look_personal_and_are_fictitious(summary: SimulationSummary):
    known = {each.name for log in LOGS.values() for each in log.fields}
    extra: dict[str, set[str]] = {}
    for log in LOGS:
        for line in json_lines(summary, log):
            for name in line.keys() - known:
                extra.setdefault(name, set()).add(str(line[name]))
    assert set(extra) == {
        "app_version",
        "device",
        "customer_name",
        "customer_phone",
        "customer_email",
        "dropoff_address",
    }
    assert extra["customer_phone"] == {"+1-202-555-0143"}
    assert all(address.endswith("@example.com") for address in extra["customer_email"])


@pytest.mark.parametrize("log", LOGS)
def test_some_events_refer_to_things_that_never_began(tally: dict[str, Any], log: str):
    assert tally[log]["orphans"] > 0
