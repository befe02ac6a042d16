"""`doorstep export`: what is in the files is what is in the tables, and nothing is half written."""

import json
import re
import shutil
import subprocess
from pathlib import Path

import duckdb
import polars as pl
import pytest

from pipelines.data_dictionary import as_markdown, read_dictionary
from tests.integration.conftest import doorstep


@pytest.fixture(scope="module")
def exported(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("export") / "it's new"
    done = doorstep("export", "--out", folder, "--workspace", built)
    assert done.returncode == 0, done.stderr
    assert f"{folder}/dictionary.md" in done.stdout
    return folder


@pytest.fixture
def published(built: Path):
    with duckdb.connect(str(built / "warehouse.duckdb"), read_only=True) as connection:
        connection.execute("set timezone = 'UTC'")
        yield connection


def described(folder: Path) -> dict[str, dict]:
    tables = json.loads((folder / "dictionary.json").read_text())["tables"]
    return {f"{table['schema']}.{table['name']}": table for table in tables}


def test_a_table_read_back_with_polars_is_the_table_in_order_of_its_key(exported: Path, published):
    tables = described(exported)
    assert len(tables) > 40
    for name, table in tables.items():
        found = pl.read_parquet(exported / table["file"])
        order = ", ".join(f'"{column}"' for column in table["key"] or ()) or "all"
        expected = pl.DataFrame(published.sql(f"from {name} order by {order}"))
        assert found.equals(expected), name
        assert dict(found.schema) == dict(expected.schema), name
    trips = pl.read_parquet_schema(exported / "main/fct_trips.parquet")
    assert (trips["net_usd"], trips["started_at"]) == (pl.Decimal(12, 4), pl.Datetime("us", "UTC"))


def test_the_files_have_the_fingerprints_of_the_build(exported: Path, published):
    written = published.execute("select table_name, row_count, row_fingerprint from audit.builds").fetchall()
    assert len(written) > 40
    for name, count, fingerprint in written:
        path = str(exported / f"{name.replace('.', '/')}.parquet").replace("'", "''")
        total = published.execute(
            f"select count(*), coalesce(sum(md5_number_lower(r::varchar)::hugeint), 0) from read_parquet('{path}') as r"
        ).fetchall()[0]
        assert (total[0], f"{int(total[1]):x}") == (count, fingerprint), name


def test_sha256sum_finds_every_file_as_it_was_written(exported: Path):
    done = subprocess.run(["sha256sum", "-c", "SHA256SUMS"], cwd=exported, capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stdout
    checked = {line.removesuffix(": OK") for line in done.stdout.splitlines()}
    files = {path.relative_to(exported).as_posix() for path in exported.rglob("*") if path.is_file()}
    assert checked == files - {"SHA256SUMS"}


def test_the_same_build_gives_the_same_bytes(exported: Path, built: Path, tmp_path: Path):
    assert doorstep("export", "--out", tmp_path / "again", "--workspace", built).returncode == 0
    assert (tmp_path / "again/SHA256SUMS").read_bytes() == (exported / "SHA256SUMS").read_bytes()


def test_csv_files_hold_the_rows_of_the_chosen_tables_only(built: Path, tmp_path: Path, published):
    folder = tmp_path / "new"
    chosen = ["--table", "fct_trips", "--table", "audit.files"]
    done = doorstep("export", "--format", "csv", *chosen, "--out", folder, "--workspace", built)
    assert done.returncode == 0, done.stderr
    assert {path.relative_to(folder).as_posix() for path in folder.rglob("*.*")} == {
        "main/fct_trips.csv",
        "audit/files.csv",
        "dictionary.json",
        "dictionary.md",
    }
    read = pl.read_csv(folder / "main/fct_trips.csv", infer_schema=False)
    assert read.columns == [column["name"] for column in described(folder)["main.fct_trips"]["columns"]]
    money = published.execute("select count(*), sum(net_usd) from fct_trips").fetchall()[0]
    assert (read.height, read["net_usd"].cast(pl.Decimal(12, 4)).sum()) == money


def test_the_dictionary_has_every_table_and_column_with_type_meaning_key_and_unit(exported: Path, published):
    tables = described(exported)
    rows = published.execute(
        "select schema_name || '.' || table_name, column_name, data_type, comment from duckdb_columns() "
        "where not internal order by all"
    ).fetchall()
    found = [
        (name, each["name"], each["type"], each["meaning"])
        for name, table in tables.items()
        for each in table["columns"]
    ]
    assert sorted(found) == rows
    assert tables["main.fct_trips"]["key"] == ["trip_id"]
    units = {name: {each["name"]: each["unit"] for each in table["columns"]} for name, table in tables.items()}
    lacking = {
        f"{name}.{column}"
        for name, columns in units.items()
        for column, unit in columns.items()
        if unit is None and re.search("usd|minutes|hours|miles$|share|_at$", column)
    }
    assert lacking == set()
    assert (
        units["main.fct_trips"]["net_per_hour_usd"] == units["main.driver_earnings"]["net_per_hour_usd"] == "USD/hour"
    )
    assert units["main.fct_deliveries"]["transit_minutes"] == "minutes"
    assert any("EIA" in source for source in tables["reference.fuel_prices"]["sources"])
    page = (exported / "dictionary.md").read_text()
    build = json.loads((exported / "dictionary.json").read_text())
    assert build["build_id"] in page and build["data_cut"] in page and "of simulated logs" in page
    assert all(f"\n## {name}\n" in page for name in tables)


def test_text_with_bars_line_ends_and_tags_stays_in_its_cell(built: Path, tmp_path: Path):
    shutil.copy(built / "warehouse.duckdb", tmp_path / "copy.duckdb")
    hostile = "a | b\n\n# c <script> [x](javascript:1)"
    with duckdb.connect(str(tmp_path / "copy.duckdb")) as connection:
        plain = as_markdown(read_dictionary(connection))
        for what in ("table fct_trips", "column fct_trips.trip_id"):
            connection.execute(f"comment on {what} is '{hostile}'")
        connection.execute("update reference.rivals set source = ?", [hostile])
        page = as_markdown(read_dictionary(connection))
    assert page.count(r"a \| b # c \<script> \[x](javascript:1)") == 4, "two tables of tables, a column, a source"
    bars = [len(re.findall(r"(?<!\\)\|", line)) for line in page.splitlines() if line.startswith("|")]
    assert bars == [len(re.findall(r"(?<!\\)\|", line)) for line in plain.splitlines() if line.startswith("|")]
    assert set(bars) == {4, 6}


@pytest.mark.parametrize(
    ("arguments", "code", "words"),
    [
        (["--out", "full"], 1, "not an empty folder"),
        (["--out", "full/kept.txt"], 1, "not an empty folder"),
        (["--out", "full/kept.txt/below"], 1, "nothing was written"),
        (["--out", "new", "--table", "fct_tripz"], 1, "main.fct_tripz"),
        (["--out", "new", "--format", "xlsx"], 2, "xlsx"),
        ([], 2, "--out"),
    ],
)
def test_what_cannot_be_written_is_one_message_and_leaves_nothing(
    built: Path, tmp_path: Path, arguments: list[str], code: int, words: str
):
    (tmp_path / "full").mkdir()
    (tmp_path / "full/kept.txt").write_text("kept")
    done = doorstep("export", *arguments, "--workspace", built, cwd=tmp_path)
    assert done.returncode == code and words in done.stderr and "Traceback" not in done.stderr
    assert [path.name for path in tmp_path.rglob("*")] == ["full", "kept.txt"]


def test_an_empty_folder_is_filled(built: Path, tmp_path: Path):
    (tmp_path / "empty").mkdir()
    done = doorstep("export", "--out", tmp_path / "empty", "--table", "dim_market", "--workspace", built)
    assert done.returncode == 0, done.stderr
    assert (tmp_path / "empty/main/dim_market.parquet").exists()
    assert [path.name for path in tmp_path.iterdir()] == ["empty"]
