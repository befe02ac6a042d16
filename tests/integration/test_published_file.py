"""The published file as others open it: DuckDB 1.4 and 2.0, under any name, while builds run.

Belongs here: what is in the file and survives. Does not belong here: what its figures are.
"""

import json
import re
import shutil
import subprocess
import sys
from pathlib import Path

import duckdb
import pytest

from pipelines.publish import publish
from pipelines.workspace import PROJECT_ROOT, open_workspace
from tests.integration import duckdb_1_4

# What a file says, as text, in any DuckDB: of each version the same.
READER = """
import json, sys, duckdb
connection = duckdb.connect()
connection.execute("set timezone = 'UTC'")
connection.execute("attach '" + sys.argv[1].replace("'", "''") + "' as anything (read_only)")
connection.execute("use anything")
def rows(query):
    return connection.execute(query).fetchall()
columns = rows("select schema_name, table_name, column_name, data_type, comment from duckdb_columns() "
               "where database_name = 'anything' order by all")
tables = rows("select schema_name, table_name, comment from duckdb_tables() "
              "where database_name = 'anything' order by all")
macros = rows("from macro_dictionary()")
calls = [(name, "from " + name + "()") for name, _, _ in macros if name != "is_meant"]
calls += [(schema + "." + table, "from " + schema + "." + table) for schema, table, _ in tables]
print(json.dumps({
    "version": duckdb.__version__,
    "columns": columns,
    "tables": tables,
    "macros": macros,
    "constraints": rows("select schema_name, table_name, constraint_type, constraint_column_names "
                        "from duckdb_constraints() where database_name = 'anything' order by all"),
    "views": rows("select view_name from duckdb_views() where database_name = 'anything' and not internal"),
    "rows": {name: rows("select count(*), coalesce(sum(md5_number_lower(r::varchar)::hugeint), 0)::varchar from ("
                        + call + ") as r")[0] for name, call in calls},
}))
"""
HOLDER = """
import sys, duckdb
with duckdb.connect(sys.argv[1], read_only=True) as connection:
    for line in sys.stdin:
        print(connection.execute("select any_value(build_id), (select count(*) from fct_trips) from audit.builds")
              .fetchone(), flush=True)
"""


def read(path: Path, old: bool) -> dict:
    if old:
        with duckdb_1_4.start(READER, path) as process:
            said, _ = process.communicate(timeout=120)
    else:
        command = [sys.executable, "-c", READER, str(path)]
        said = subprocess.run(command, capture_output=True, text=True, check=True, timeout=120).stdout
    return json.loads(said)


@pytest.fixture(scope="module")
def renamed(built: Path, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The built file, moved to another folder under another name."""
    path = tmp_path_factory.mktemp("somewhere else") / "pilot's copy.db"
    shutil.copy(built / "warehouse.duckdb", path)
    return path


@pytest.fixture(scope="module")
def new(renamed: Path) -> dict:
    return read(renamed, old=False)


def test_duckdb_1_4_reads_every_table_comment_constraint_and_macro_as_2_0_does(renamed: Path, new: dict):
    old = read(renamed, old=True)
    assert (old.pop("version"), new["version"][0]) == ("1.4.0", "2")
    assert old == {name: value for name, value in new.items() if name != "version"}
    with duckdb.connect(str(renamed), read_only=True) as connection:
        written = connection.execute("select table_name, row_count, row_fingerprint from audit.builds").fetchall()
    assert {name: [count, f"{int(total):x}"] for name, (count, total) in old["rows"].items() if "." in name} == {
        **{name: [count, fingerprint] for name, count, fingerprint in written},
        "audit.builds": [len(written), f"{int(old['rows']['audit.builds'][1]):x}"],
    }


def test_a_reader_with_duckdb_1_4_keeps_its_build_while_another_is_published(built: Path, tmp_path: Path):
    root = tmp_path / "work space"
    shutil.copytree(built, root)
    path = root / "warehouse.duckdb"
    with duckdb_1_4.start(HOLDER, path) as holder:
        assert holder.stdin and holder.stdout

        def ask() -> str:
            print("?", file=holder.stdin, flush=True)
            return holder.stdout.readline()

        before = ask()
        published = publish(open_workspace(root))
        assert ask() == before and published.build_id not in before
        assert read(path, old=True)["rows"]["main.fct_trips"][0] == published.rows["main.fct_trips"]
        holder.stdin.close()


def test_every_macro_gives_rows_is_explained_with_its_defaults_and_has_an_n(new: dict):
    assert len(new["macros"]) > 8
    for name, parameters, meaning in new["macros"]:
        assert all(f"{parameter} := " in meaning for parameter in parameters) or name == "is_meant", name
        assert f"{name}(" in meaning and len(meaning) > 60
        assert name == "is_meant" or new["rows"][name][0] > 0, name


def test_no_path_of_the_machine_and_no_view_is_in_the_file(built: Path, new: dict):
    assert new["views"] == []
    with duckdb.connect(str(built / "warehouse.duckdb"), read_only=True) as connection:
        for name in (f"{schema}.{table}" for schema, table, _ in new["tables"]):
            found = connection.execute(
                f"select any_value(r::varchar) from {name} as r "
                "where contains(r::varchar, $workspace) or contains(r::varchar, $project)",
                {"workspace": str(built), "project": str(PROJECT_ROOT)},
            ).fetchone()
            assert found == (None,), name
        texts = connection.execute(
            "select sql from duckdb_tables() union all "
            "select macro_definition from duckdb_functions() where not internal"
        ).fetchall()
    assert len(texts) > 40
    assert not [text for (text,) in texts if re.search(r"read_parquet|read_csv|/\w+/|working|published\.", text or "")]


def test_what_is_never_null_and_what_names_a_row_is_in_the_file(new: dict):
    of_kind = {}
    for schema, table, kind, columns in new["constraints"]:
        of_kind.setdefault(kind, {})[f"{schema}.{table}"] = columns
    tables = {f"{schema}.{table}" for schema, table, _ in new["tables"]}
    rows_of_logs = {"audit.conflicts", "audit.drift", "audit.files", "audit.quarantine_reasons"}
    keys_with_nulls = {"audit.quarantine_totals", "reference.rivals"}
    assert tables - of_kind["PRIMARY KEY"].keys() == rows_of_logs | keys_with_nulls
    assert of_kind["PRIMARY KEY"]["reference.fuel_prices"] == ["fuel_area", "fuel_type", "week_starting_on"]
    assert "reference.rivals" in of_kind["NOT NULL"]
