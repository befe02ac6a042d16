"""`doorstep import`: what an adapter is, what an import leaves in the workspace, how it refuses."""

import gzip
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.adapters import SHIPPED_ADAPTERS, import_logs
from pipelines.adapters.foreign import foreign_database
from pipelines.contract import LOGS
from pipelines.reference import read_reference
from pipelines.reference_warnings import reference_warnings
from pipelines.workspace import DoorstepError, read_settings

TRIPS = """
select
    id || ':ended' as event_id, 'ended' as event_type,
    instant(cast(ended as timestamp), 'America/Chicago') as occurred_at,
    occurred_at as received_at, id as trip_id, cast(miles as double) as trip_miles
from input
"""
ROWS = "id,ended,miles\nb,2024-01-02 10:00:00,3.5\na,2024-07-02 10:00:00,007\n"


@pytest.fixture
def adapter(tmp_path: Path) -> Path:
    folder = tmp_path / "My [own] 'log' 2024-05-01"
    (folder / "reference").mkdir(parents=True)
    (folder / "trips.sql").write_text(TRIPS, encoding="utf-8")
    (folder / "workspace.toml").write_text('title = "Mine"\n', encoding="utf-8")
    (folder / "reference" / "sites.csv").write_text("site_id\n", encoding="utf-8")
    return folder


@pytest.fixture
def rows(tmp_path: Path) -> Path:
    path = tmp_path / "rows.csv"
    path.write_text(ROWS, encoding="utf-8")
    return path


def tree(root: Path) -> dict[str, tuple[bytes, int]]:
    files = [path for path in root.rglob("*") if path.is_file()]
    return {str(path.relative_to(root)): (path.read_bytes(), path.stat().st_mtime_ns) for path in files}


def refusal(*arguments: object) -> str:
    with pytest.raises(DoorstepError) as caught:
        import_logs(*arguments)  # pyright: ignore[reportArgumentType]
    message = str(caught.value)
    assert "\n" not in message
    assert message.endswith(".")
    return message


def test_an_import_lands_sorted_typed_lines_and_copies_reference_and_settings(
    adapter: Path, rows: Path, tmp_path: Path
):
    root = tmp_path / "ws"
    (landed,) = import_logs(adapter, [rows], root)
    assert landed.parent == root / "landing" / "trips"
    lines = pl.read_parquet(landed, glob=False)
    assert lines["event_id"].to_list() == ["a:ended", "b:ended"]
    assert lines["trip_miles"].to_list() == [7.0, 3.5]
    assert [f"{at:%H:%M}Z" for at in lines["occurred_at"]] == ["15:00Z", "16:00Z"]
    assert lines.schema["occurred_at"] == pl.Datetime("us", "UTC")
    assert (root / "workspace.toml").read_text(encoding="utf-8") == 'title = "Mine"\n'
    assert (root / "reference" / "sites.csv").exists()


def test_the_landed_name_holds_no_date_that_could_pass_for_the_day_of_delivery(
    adapter: Path, rows: Path, tmp_path: Path
):
    (landed,) = import_logs(adapter, [rows], tmp_path / "ws")
    assert landed.name.startswith("my_own_log_2024_05_01-")


def test_the_same_import_again_touches_nothing_whatever_the_file_is_called(adapter: Path, rows: Path, tmp_path: Path):
    root = tmp_path / "ws"
    landed = import_logs(adapter, [rows], root)
    before = tree(root)
    copy = tmp_path / "a copy.csv"
    copy.write_bytes(rows.read_bytes())
    assert import_logs(adapter, [copy, rows], root) == landed
    assert tree(root) == before


def test_more_rows_land_beside_the_former(adapter: Path, rows: Path, tmp_path: Path):
    root = tmp_path / "ws"
    first = import_logs(adapter, [rows], root)
    rows.write_text(ROWS + "c,2024-07-03 10:00:00,1\n", encoding="utf-8")
    assert import_logs(adapter, [rows], root) != first
    assert len(list((root / "landing" / "trips").iterdir())) == 2


def test_other_lines_of_the_same_input_are_refused_and_nothing_is_written(adapter: Path, rows: Path, tmp_path: Path):
    root = tmp_path / "ws"
    import_logs(adapter, [rows], root)
    before = tree(root)
    (adapter / "trips.sql").write_text(TRIPS.replace("as double)", "as double) * 2"), encoding="utf-8")
    assert "import into a new workspace" in refusal(adapter, [rows], root)
    assert tree(root) == before


@pytest.mark.parametrize("file", ["workspace.toml", "reference/sites.csv"])
def test_an_edited_file_of_the_workspace_is_never_overwritten(adapter: Path, rows: Path, tmp_path: Path, file: str):
    root = tmp_path / "ws"
    (root / file).parent.mkdir(parents=True)
    (root / file).write_text("edited\n", encoding="utf-8")
    before = tree(root)
    assert f"{file}: differs from the adapter's" in refusal(adapter, [rows], root)
    assert tree(root) == before


def test_a_query_that_fails_leaves_no_workspace_behind(adapter: Path, rows: Path, tmp_path: Path):
    rows.write_text("id,ended,miles\na,2024-07-02 10:00:00,seven\n", encoding="utf-8")
    message = refusal(adapter, [rows], tmp_path / "ws")
    assert "trips.sql: " in message
    assert "seven" in message
    assert not (tmp_path / "ws").exists()


BROKEN_QUERIES = {
    "select 1 as event_id; select 2 as event_id": "must hold one SELECT",
    "drop table input": "must hold one SELECT",
    "-- nothing": "must hold one SELECT",
    "selct 1": "syntax error",
    "select no_such_column from input": "no_such_column",
    "select * from read_csv('/etc/hostname')": "disabled",
    TRIPS.replace("as trip_miles", "as distance_miles"): "distance_miles: not in the contract of trips",
    TRIPS.replace("occurred_at as received_at,", ""): "no column received_at, which the contract of trips requires",
    TRIPS.replace("'ended' as event_type", "'started' as event_type"): "no column driver_id, site_id",
    TRIPS.replace("instant(cast(ended as timestamp), 'America/Chicago')", "cast(ended as timestamp)"): (
        "occurred_at, received_at: without time zone"
    ),
}


@pytest.mark.parametrize("query", BROKEN_QUERIES)
def test_a_query_that_is_no_adapters_is_one_message(adapter: Path, rows: Path, tmp_path: Path, query: str):
    (adapter / "trips.sql").write_text(query, encoding="utf-8")
    message = refusal(adapter, [rows], tmp_path / "ws")
    assert "trips.sql: " in message
    assert BROKEN_QUERIES[query] in message


def test_a_folder_without_queries_and_a_query_of_no_log_are_refused(adapter: Path, rows: Path, tmp_path: Path):
    (adapter / "trip.sql").write_text(TRIPS, encoding="utf-8")
    assert "trip.sql: not a query of an adapter" in refusal(adapter, [rows], tmp_path / "ws")
    assert "not an adapter folder" in refusal(tmp_path, [rows], tmp_path / "ws")
    shipped = "Name a folder, or one of postmates_nyc, uber_driver."
    assert refusal(Path("no_such"), [rows], tmp_path / "ws").endswith(shipped)


def test_inputs_that_are_absent_unknown_or_broken_are_refused(adapter: Path, tmp_path: Path):
    root = tmp_path / "ws"
    (tmp_path / "x.xlsx").write_bytes(b"x")
    (tmp_path / "x.parquet").write_bytes(b"x")
    assert "Nothing to import" in refusal(adapter, [], root)
    assert "absent.csv: No such file" in refusal(adapter, [tmp_path / "absent.csv"], root)
    assert "Is a directory" in refusal(adapter, [tmp_path], root)
    assert "x.xlsx: not a kind of file" in refusal(adapter, [tmp_path / "x.xlsx"], root)
    assert "x.parquet: cannot be read" in refusal(adapter, [tmp_path / "x.parquet"], root)


@pytest.mark.parametrize("where", [-5, -12, 20], ids=["length", "checksum", "data"])
def test_a_gzip_with_one_flipped_bit_is_refused(adapter: Path, tmp_path: Path, where: int):
    packed = bytearray(gzip.compress(ROWS.encode(), mtime=0))
    packed[where] ^= 1
    path = tmp_path / "rows.csv.gz"
    path.write_bytes(packed)
    assert "rows.csv.gz: the gzip is damaged or cut short" in refusal(adapter, [path], tmp_path / "ws")
    path.write_bytes(gzip.compress(ROWS.encode())[:-3])
    assert "rows.csv.gz: the gzip is damaged or cut short" in refusal(adapter, [path], tmp_path / "ws")


def test_names_with_globs_quotes_and_spaces_mean_themselves(adapter: Path, tmp_path: Path):
    odd = tmp_path / "it's [ab] * ?.csv"
    odd.write_text(ROWS, encoding="utf-8")
    (tmp_path / "it's a * ?.csv").write_text("id,ended,miles\nwrong,2024-01-02 10:00:00,1\n", encoding="utf-8")
    (landed,) = import_logs(adapter, [odd], tmp_path / "an 'odd' [ws]")
    assert pl.read_parquet(landed, glob=False)["trip_id"].to_list() == ["a", "b"]


def test_an_input_of_no_rows_is_said(adapter: Path, rows: Path, tmp_path: Path):
    rows.write_text("id,ended,miles\n", encoding="utf-8")
    assert "makes no line" in refusal(adapter, [rows], tmp_path / "ws")


def test_a_spreadsheets_bom_semicolons_crlf_and_nameless_first_column_are_read(adapter: Path, tmp_path: Path):
    path = tmp_path / "rows.csv"
    path.write_bytes(b'\xef\xbb\xbf;id; ended;miles\r\n0;a;2024-01-02 10:00:00;"1"\r\n1;b;2024-01-03 10:00:00;2')
    (landed,) = import_logs(adapter, [path], tmp_path / "ws")
    assert pl.read_parquet(landed, glob=False)["trip_miles"].to_list() == [1.0, 2.0]


@pytest.mark.parametrize(
    "broken",
    [
        b"id,ended,miles\na,2024-07-02 10:00:00,1\nb,1\n",
        b"id,ended,miles\na,2024-07-02 10:00:00,1\r\nb,2024-07-02 10:00:00,1\n",
        b'id,ended,miles\na,2024-07-02 10:00:00,"1\nb,2024-07-02 10:00:00,1\n',
        b"id,ended,miles\na,2024-07-02 10:00:00,\xff\n",
        b"id,ended,ID\na,2024-07-02 10:00:00,1\n",
        b"",
    ],
    ids=["ragged", "line ends", "quotes", "encoding", "names", "empty"],
)
def test_a_csv_that_could_be_read_in_two_ways_is_refused_and_not_guessed_at(
    adapter: Path, tmp_path: Path, broken: bytes
):
    path = tmp_path / "rows.csv"
    path.write_bytes(broken)
    assert "rows.csv: cannot be read: " in refusal(adapter, [path], tmp_path / "ws")


def test_inputs_of_several_kinds_are_united_by_name_with_file_and_row(tmp_path: Path):
    csv, lines, parquet = tmp_path / "1.csv.gz", tmp_path / "2.jsonl", tmp_path / "3.parquet"
    csv.write_bytes(gzip.compress(b'\xef\xbb\xbfid,n\r\na,007\r\n"b\r\nb",\r\n'))
    lines.write_text('{"id": "c", "more": 1}\n', encoding="utf-8")
    pl.DataFrame({"more": [2.5], "id": ["d"]}).write_parquet(parquet)
    scratch = tmp_path / "scratch"
    scratch.mkdir()
    with foreign_database([csv, lines, parquet], scratch) as connection:
        found = connection.execute("select id, n, more, input_file, input_row from input").fetchall()
    assert sorted(found) == [
        ("a", "007", None, "1.csv.gz", 1),
        ("b\r\nb", None, None, "1.csv.gz", 2),
        ("c", None, 1.0, "2.jsonl", 1),
        ("d", None, 2.5, "3.parquet", 1),
    ]


@pytest.mark.parametrize(
    ("stamp", "zone", "instants"),
    [
        ("2023-11-05 00:59:59", "America/Chicago", ["05:59:59"]),
        ("2023-11-05 01:30:00", "America/Chicago", ["06:30:00", "07:30:00"]),
        ("2023-11-05 02:00:00", "America/Chicago", ["08:00:00"]),
        ("2024-03-10 01:59:59", "America/Chicago", ["07:59:59"]),
        ("2024-03-10 02:30:00", "America/Chicago", []),
        ("2024-03-10 03:00:00", "America/Chicago", ["08:00:00"]),
        ("2024-03-10 02:30:00", "America/Phoenix", ["09:30:00"]),
        ("2024-04-07 01:45:00", "Australia/Lord_Howe", ["14:45:00", "15:15:00"]),
    ],
)
def test_a_stamp_without_zone_means_no_one_or_two_instants(tmp_path: Path, stamp: str, zone: str, instants: list[str]):
    (tmp_path / "x.csv").write_text("a\n1\n", encoding="utf-8")
    with foreign_database([tmp_path / "x.csv"], tmp_path) as connection:
        query = "select instants(cast($stamp as timestamp), $zone), instant(cast($stamp as timestamp), $zone)"
        found, one = connection.execute(query, {"stamp": stamp, "zone": zone}).fetchall()[0]
    assert [f"{each:%H:%M:%S}" for each in found] == instants
    assert f"{one:%H:%M:%S}" == (instants or ["08:30:00"])[0]


def test_an_adapters_query_reaches_no_file_but_its_input(adapter: Path, rows: Path, tmp_path: Path):
    (tmp_path / "secret.csv").write_text("a\n1\n", encoding="utf-8")
    with foreign_database([rows], adapter) as connection, pytest.raises(duckdb.Error):
        connection.execute(f"from '{tmp_path}/secret.csv'")


@pytest.mark.parametrize("name", ["postmates_nyc", "uber_driver"])
def test_a_shipped_adapter_has_sound_reference_tables_settings_and_a_readme(name: str):
    folder = SHIPPED_ADAPTERS / name
    tables = read_reference(folder / "reference")
    assert [text for text in reference_warnings(tables) if not text.startswith("mileage_rates.csv")] == []
    assert read_settings(folder / "workspace.toml").origin == "recorded"
    assert (folder / "README.md").exists()
    assert {path.stem for path in folder.glob("*.sql")} - {"prepared", "notes"} <= set(LOGS)
