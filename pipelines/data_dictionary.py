"""What the published file says of itself, as one document: build, tables, columns, units, keys, sources.

Belongs here: reading it from the file and writing it as Markdown. Does not belong here: any description (the models'
`.yml`), the figures.
"""

import re
from collections.abc import Iterable
from typing import Any

import duckdb

_BUILD = """
    select title, origin, build_id, as_of as data_cut, as_of_limit, finished_at as published_at, code_version
    from audit.builds limit 1
"""
_TABLES = """
    select
        schema_name as schema, duckdb_tables.table_name as name, comment as meaning, row_fingerprint,
        (select any_value(constraint_column_names) from duckdb_constraints() as keys
         where constraint_type = 'PRIMARY KEY' and keys.table_oid = duckdb_tables.table_oid) as key
    from duckdb_tables()
    left join audit.builds on builds.table_name = schema_name || '.' || duckdb_tables.table_name
    order by schema_name, name
"""
_COLUMNS = """
    select
        column_name as name, data_type as type, unit, is_nullable, comment as meaning, formula, better
    from duckdb_columns()
    left join main.metric_dictionary as metrics
        on schema_name = 'main' and metrics.table_name = duckdb_columns.table_name and metrics.name = column_name
    where schema_name = ? and duckdb_columns.table_name = ?
    order by column_index
"""
# Names carry their units; the first that fits. Metrics have theirs in the dictionary.
_UNITS = {
    r"per_hour_usd|usd_per_hour": "USD/hour",
    r"usd_per_mile": "USD/mile",
    r"miles_per_gallon": "miles/gallon",
    r"(^|_)usd(_|$)": "USD",
    r"(^|_)(minutes|hours|seconds)(_|$)": r"\2",
    r"_miles$": "miles",
    r"_share(_|$)": "share",
    r"itude$": "degrees",
    r"_at$|^as_of|^cut$": "instant, UTC",
    r"^bytes$": "bytes",
}


def read_dictionary(connection: duckdb.DuckDBPyConnection) -> dict[str, Any]:
    """The build with its `tables`, each with `columns`, in plain values that JSON knows; instants as text, UTC.

    connection: of the published file, in UTC. A reference table has its `sources`, as its rows name them.
    """
    tables = _rows(connection, _TABLES)
    for table in tables:
        name = f"{table['schema']}.{table['name']}"
        table["rows"] = connection.execute(f"select count(*) from {name}").fetchall()[0][0]
        table["columns"] = _rows(connection, _COLUMNS, [table["schema"], table["name"]])
        for column in table["columns"]:
            column["unit"] = column["unit"] or _unit(column["name"])
        if table["schema"] == "reference" and "source" in [column["name"] for column in table["columns"]]:
            found = connection.execute(f"select distinct source from {name} where source is not null order by source")
            table["sources"] = [source for (source,) in found.fetchall()]
    build = {key: value and str(value) for key, value in _rows(connection, _BUILD)[0].items()}
    return {**build, "tables": tables}


def _rows(connection: duckdb.DuckDBPyConnection, query: str, values: Iterable[str] = ()) -> list[dict[str, Any]]:
    found = connection.execute(query, list(values))
    names = [column[0] for column in found.description or ()]
    return [dict(zip(names, row, strict=True)) for row in found.fetchall()]


def _unit(column: str) -> str | None:
    matches = ((re.search(pattern, column), unit) for pattern, unit in _UNITS.items())
    return next((found.expand(unit) for found, unit in matches if found), None)


def as_markdown(dictionary: dict[str, Any]) -> str:
    """The dictionary as a page of Markdown; whatever its texts hold, each stays in its line and its cell."""
    tables = dictionary["tables"]
    lines = [
        f"# {_text(dictionary['title'])}: data dictionary",
        "",
        f"Build {dictionary['build_id']} of {dictionary['origin']} logs, data cut {dictionary['data_cut'] or 'none'} "
        f"(UTC), published {dictionary['published_at']} by doorstep {_text(dictionary['code_version'])}.",
        "",
        "For people cleared for pseudonymous rows: facts have one row per order, offer or trip. Money is DECIMAL, USD; "
        "instants are UTC; dates are those of the market's own calendar. Reference tables are as their sources "
        "published them; the terms of those apply.",
        "",
        *_table(
            ["table", "rows", "meaning"],
            [(f"{each['schema']}.{each['name']}", f"{each['rows']:,}", each["meaning"]) for each in tables],
        ),
    ]
    for table in tables:
        lines += ["", f"## {table['schema']}.{table['name']}", "", _text(table["meaning"]), ""]
        lines += [f"One row per {', '.join(table['key'])}.", ""] if table["key"] else []
        lines += _table(["column", "type", "unit", "nullable", "meaning"], map(_described, table["columns"]))
        lines += (
            ["", "Sources:", "", *(f"- {_text(each)}" for each in table["sources"])] if table.get("sources") else []
        )
    return "\n".join(lines) + "\n"


def _described(column: dict[str, Any]) -> tuple[str | None, ...]:
    # A metric's formula is in its meaning.
    return column["name"], column["type"], column["unit"], "yes" if column["is_nullable"] else "no", column["meaning"]


def _table(header: list[str], rows: Iterable[tuple[str | None, ...]]) -> list[str]:
    lines = [f"| {' | '.join(map(_text, row))} |" for row in [header, *rows]]
    return [lines[0], f"|{'---|' * len(header)}", *lines[1:]]


def _text(text: str | None) -> str:
    return re.sub(r"([\\|<\[])", r"\\\1", " ".join((text or "").split()))
