"""Foreign files in a scratch DuckDB: the table `input`, the macros for zone-less stamps, an adapter's SELECTs.

Belongs here: what an adapter's SQL sees and what its result must look like. Does not belong here: where an adapter
and a workspace lie and what is put there (`pipelines.adapters`), whether a line is any good (`pipelines.ingest`).
"""

import csv
import gzip
import shutil
import zlib
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from typing import Final

import duckdb

from pipelines.contract import REQUIRED_ENVELOPE, Kind, Log
from pipelines.workspace import DoorstepError

# DuckDB's sniffer is not asked: on a file with one ragged line it settles for another delimiter or skips lines.
_CSV: Final = "read_csv({}, columns = {}, delim = {}, quote = '\"', escape = '\"', header = true, auto_detect = false)"
_JSON: Final = "read_json({}, format = 'newline_delimited', sample_size = -1)"
_READERS: Final = {".csv": _CSV, ".parquet": "read_parquet({})", ".jsonl": _JSON, ".ndjson": _JSON}
_DELIMITERS: Final = ",;\t|"

# An instant that a local clock shows twice or never is not to be guessed in silence, so adapters get the list.
_MACROS: Final = """
create macro utc_offset(instant_, zone_) as timezone(zone_, instant_) - timezone('UTC', instant_);
create macro instants(stamp, zone_) as list_sort(list_distinct(list_filter(
    [
        timezone('UTC', stamp - utc_offset(timezone('UTC', stamp - interval 1 day), zone_)),
        timezone('UTC', stamp - utc_offset(timezone('UTC', stamp + interval 1 day), zone_))
    ],
    lambda candidate: timezone(zone_, candidate) = stamp
)));
create macro instant(stamp, zone_) as coalesce(list_min(instants(stamp, zone_)), timezone(zone_, stamp));
"""


@contextmanager
def foreign_database(inputs: list[Path], scratch: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A database in `scratch` for a `with` block: the files united by name as `input`, and the macros.

    CSV columns are all VARCHAR, those of Parquet and JSON Lines typed; `input_file` (name) and `input_row` (record
    within it, from 1) are added. `instants(stamp, zone)` lists the 0, 1 or 2 instants at which clocks of the zone
    show a zone-less stamp, `instant` is the earlier of them, or what a clock not set forward would mean.
    The adapter's SQL can reach no other file and no network.
    Raises DoorstepError for a file that is absent, damaged or of no known kind.
    """
    connection = duckdb.connect(scratch / "import.duckdb", config={"temp_directory": str(scratch / "spill")})
    try:
        connection.execute("set TimeZone = 'UTC'; set autoinstall_known_extensions = false")
        connection.execute(_MACROS)
        _load(connection, inputs, scratch)
        connection.execute("set allowed_directories = [$scratch]", {"scratch": str(scratch)})
        connection.execute("set enable_external_access = false; set lock_configuration = true")
        yield connection
    finally:
        connection.close()


def _load(connection: duckdb.DuckDBPyConnection, inputs: list[Path], scratch: Path) -> None:
    parts: list[str] = []
    for number, path in enumerate(inputs):
        extra = f"{_quoted(path.name)} as input_file, row_number() over () as input_row"
        try:
            reader = _reader(_staged(path, scratch, number))
            connection.execute(f"create table input_{number} as select *, {extra} from {reader}")
        except (duckdb.Error, UnicodeDecodeError, csv.Error) as error:
            raise DoorstepError(f"{path}: cannot be read: {_gist(error)}. Mend the file.") from error
        parts.append(f"from input_{number}")
    connection.execute(f"create table input as {' union all by name '.join(parts)}")
    for number in range(len(parts)):
        connection.execute(f"drop table input_{number}")


def _reader(staged: Path) -> str:
    """The table function that reads the file; a CSV's delimiter is the one most frequent in its header."""
    name = _quoted(str(staged))
    if staged.suffix != ".csv":
        return _READERS[staged.suffix].format(name)
    with staged.open(encoding="utf-8-sig", newline="") as file:
        first = file.readline()
    delimiter = max(_DELIMITERS, key=first.count)
    header = next(csv.reader([first], delimiter=delimiter), [])
    names = [cell.strip() or f"column{number}" for number, cell in enumerate(header)]
    if not any(cell.strip() for cell in header) or len({name.lower() for name in names}) < len(names):
        raise csv.Error("its first line is no header of columns with names of their own")
    columns = ", ".join(f"{_quoted(name)}: 'varchar'" for name in names)
    return _CSV.format(name, f"{{{columns}}}", _quoted(delimiter))


def _suffix(path: Path) -> str:
    suffix = Path(path.name.lower().removesuffix(".gz")).suffix
    if suffix not in _READERS or (suffix == ".parquet" and path.name.lower().endswith(".gz")):
        known = ".csv, .jsonl, .ndjson (each also with .gz) or .parquet"
        raise DoorstepError(f"{path}: not a kind of file that can be imported. Give it as {known}.")
    return suffix


def _staged(path: Path, scratch: Path, number: int) -> Path:
    """The file under a name without globs; unpacked here because DuckDB does not check the sum of a gzip."""
    staged = scratch / f"input-{number}{_suffix(path)}"
    if not path.is_file():
        raise DoorstepError(f"{path}: no such file. Name the files to import one by one.")
    if not path.name.lower().endswith(".gz"):
        staged.symlink_to(path.resolve())
        return staged
    try:
        with gzip.open(path, "rb") as packed, staged.open("wb") as plain:
            shutil.copyfileobj(packed, plain)
    except (OSError, EOFError, zlib.error) as error:
        raise DoorstepError(f"{path}: the gzip is damaged or cut short: {error}. Fetch it again.") from error
    return staged


def make_table(connection: duckdb.DuckDBPyConnection, sql: Path, table: str) -> None:
    """Makes `table` of the one SELECT in the file `sql`. Raises DoorstepError if it is not that, or fails."""
    try:
        statements = connection.extract_statements(sql.read_text(encoding="utf-8"))
        if [each.type for each in statements] != [duckdb.StatementType.SELECT]:
            raise DoorstepError(f"{sql}: must hold one SELECT and nothing else.")
        connection.execute(f"create table {table} as {statements[0].query}")
    except (duckdb.Error, UnicodeDecodeError) as error:
        raise DoorstepError(
            f"{sql}: {_gist(error)}. Mend the query, or check that the input is meant for it."
        ) from error


def write_lines(connection: duckdb.DuckDBPyConnection, sql: Path, log: Log, target: Path) -> int:
    """Writes the lines that `sql` makes for `log` to the Parquet file `target`, sorted; returns how many.

    Raises DoorstepError for columns the contract does not have, required ones that are absent, zone-less instants.
    """
    make_table(connection, sql, log.name)
    found = {name: kind for name, kind, *_ in connection.execute(f"describe {log.name}").fetchall()}
    _check_columns(connection, sql, log, found)
    columns = ", ".join(each.name for each in log.fields if each.name in found)
    copy = f"copy (select {columns} from {log.name} order by all) to {_quoted(str(target))} (format parquet)"
    connection.execute(copy)
    return connection.execute(f"select count(*) from {log.name}").fetchall()[0][0]


def _check_columns(connection: duckdb.DuckDBPyConnection, sql: Path, log: Log, found: dict[str, str]) -> None:
    names = [each.name for each in log.fields]
    if unknown := sorted(found.keys() - set(names)):
        known = ", ".join(names)
        raise DoorstepError(
            f"{sql}: {', '.join(unknown)}: not in the contract of {log.name}. Leave out; it has {known}."
        )
    missing = [name for name in (*REQUIRED_ENVELOPE, *log.common) if name not in found]
    if not missing:
        events = {row[0] for row in connection.execute(f"select distinct event_type from {log.name}").fetchall()}
        missing = [name for name in names if name not in found and events & set(log.event_types_requiring(name))]
    if missing:
        raise DoorstepError(
            f"{sql}: no column {', '.join(missing)}, which the contract of {log.name} requires. Add it."
        )
    instants = [each.name for each in log.fields if each.kind is Kind.TIMESTAMP]
    if bare := [
        name
        for name in instants
        if found.get(name, "").startswith(("TIMESTAMP_", "DATE")) or found.get(name) == "TIMESTAMP"
    ]:
        raise DoorstepError(
            f"{sql}: {', '.join(bare)}: without time zone. Say which one with instant(stamp, 'Area/City')."
        )


def texts(connection: duckdb.DuckDBPyConnection, sql: Path) -> list[str]:
    """The first column of the rows that `sql` makes, as text."""
    make_table(connection, sql, "texts")
    return [str(row[0]) for row in connection.execute("select * from texts").fetchall()]


def _quoted(text: str) -> str:
    return "'" + text.replace("'", "''") + "'"


def _gist(error: Exception) -> str:
    """DuckDB's message in one line, without its echo of the data and its advice about reader options."""
    lines = str(error).split("Possible fixes")[0].splitlines()
    kept = [line.strip() for line in lines if line.strip(" ^") and not line.startswith("Original Line")]
    return ", ".join(kept).rstrip(".")
