"""Macros of the published file: its common questions, to be asked by name.

Belongs here: putting `macros.sql` into the file, each macro with the comment above it. Does not belong here: any
figure; macros select from published tables, and what must be computed for all becomes a metric.

A macro is text that is bound where it is called, so it names tables without a catalog: the file may have any name.
Whoever attaches it beside others says `use NAME` first. No macro has a WITH, which DuckDB 1.4 does not find again in a
file of 2.0.
"""

import re
from pathlib import Path

import duckdb

_MACRO = re.compile(
    r"(?P<comment>(?:-- [^\n]+\n)+)"
    r"(?P<sql>create macro (?P<name>\w+)(?P<signature>\(.*?\)) as(?P<kind> table)?\n.*?);\n",
    re.DOTALL,
)


def create_macros(connection: duckdb.DuckDBPyConnection, schema: str) -> None:
    """Creates the macros with their comments in `schema` (with its catalog), which the connection uses from then on."""
    connection.execute(f"use {schema}")
    text = Path(__file__).with_suffix(".sql").read_text(encoding="utf-8")
    macros = list(_MACRO.finditer(text))
    if len(macros) != len(re.findall(r"(?im)^\s*create\b", text)):
        raise ValueError(
            "macros.sql: a macro is lines of comment, `-- ..`, and below them `create macro name(..) as ..;`"
        )
    for macro in macros:
        meaning = " ".join(line.removeprefix("-- ") for line in macro["comment"].splitlines())
        call = f"{'from ' if macro['kind'] else ''}{macro['name']}{' '.join(macro['signature'].split())}"
        text = (
            f"{meaning} Call: {call}. Asks the file in use: of an attached one, after use NAME.".replace("'", "''")
            .replace("( ", "(")
            .replace(" )", ")")
        )
        connection.execute(macro["sql"])
        connection.execute(f"comment on macro{macro['kind'] or ''} {macro['name']} is '{text}'")
