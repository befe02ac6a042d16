"""The published file, read-only: rows by name, which build it is, what its columns mean.

Belongs here: everything that touches DuckDB. Does not belong here: what a page selects (`pages/`).
"""

from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import duckdb

from dashboards.content import Build, Row, Site

# The one table that may be absent.
HAS_RIVALS = "select 1 from duckdb_tables() where schema_name = 'reference' and table_name = 'rivals'"
RIVALS = "select rival, measure, value, unit, population, period, source from reference.rivals"
DICTIONARY = "select table_name, name, meaning, unit, formula, better from main.metric_dictionary"
MARKETS = "select market_id, market_name from main.dim_market order by market_name, market_id"
BUILDS = """
    select build_id, as_of, code_version, title, origin from audit.builds
    order by finished_at desc, build_id limit 1
"""


class PageError(Exception):
    """The pages cannot be made. The message says what, where and what to do."""


@contextmanager
def open_warehouse(path: Path) -> Iterator[duckdb.DuckDBPyConnection]:
    """A read-only connection in UTC that can load nothing from outside.

    Raises PageError where the file is absent or no DuckDB file, and for whatever DuckDB refuses within the block.
    """
    if not path.is_file():
        raise PageError(f"{path}: no published warehouse. Make it with `doorstep run`.")
    try:
        with duckdb.connect(
            str(path), read_only=True, config={"autoinstall_known_extensions": False, "enable_external_access": False}
        ) as connection:
            connection.execute("set TimeZone = 'UTC'")
            yield connection
    except duckdb.Error as error:
        first_line = str(error).splitlines()[0]
        raise PageError(f"{path}: {first_line}. Publish it anew with `doorstep run`.") from error


def select(connection: duckdb.DuckDBPyConnection, query: str) -> tuple[list[str], list[Row]]:
    """Names and rows of a SELECT, each row by name; DECIMAL as Decimal, TIMESTAMPTZ as aware UTC datetime."""
    cursor = connection.execute(query)
    names = [column[0] for column in cursor.description or ()]
    return names, [dict(zip(names, row, strict=True)) for row in cursor.fetchall()]


def read_site(connection: duckdb.DuckDBPyConnection) -> Site:
    """What all pages share: the build, markets, definitions, published figures of rivals."""
    return Site(
        build=_read_build(connection),
        markets={row["market_id"]: row["market_name"] for row in select(connection, MARKETS)[1]},
        definitions={(row["table_name"], row["name"]): row for row in select(connection, DICTIONARY)[1]},
        rivals=select(connection, RIVALS)[1] if select(connection, HAS_RIVALS)[1] else [],
    )


def _read_build(connection: duckdb.DuckDBPyConnection) -> Build:
    _, rows = select(connection, BUILDS)
    if not rows:
        raise PageError("audit.builds is empty: the warehouse was not published. Make it with `doorstep run`.")
    return Build(**rows[0])
