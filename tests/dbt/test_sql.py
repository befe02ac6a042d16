"""The text of the SQL: what DuckDB and Spark share, and what no model may ask.

Belongs here: what can be read from the files without running them. Does not belong here: what the models say.
"""

import re

import duckdb
import pytest

from pipelines.workspace import DBT_PROJECT

# Whatever is called and is not here fails, however shared it may be: look it up in both manuals, then add it.
SHARED_FUNCTIONS = {
    *("abs", "asin", "cos", "exp", "floor", "ln", "power", "radians", "round", "sin", "sqrt"),
    *("bool_or", "count", "max", "max_by", "min", "min_by", "sum"),
    *("dense_rank", "lag", "row_number"),
    "hour",
    *("cast", "coalesce", "greatest", "least", "nullif"),
}
SHARED_TYPES = {"bigint", "boolean", "date", "decimal", "double", "integer"}  # varchar needs a length on Spark
SYNTAX = {"and", "as", "filter", "from", "in", "join", "or", "over", "where"}  # stand before a parenthesis too
TEMPLATE = {"config", "ref", "source", "return", "range", "duckdb_escape_comment"}
NOT_SHARED = {
    "asof join": r"\basof\b",
    "select * exclude, replace": r"\*\s*(exclude|replace|rename)\b",
    "positional join": r"\bpositional\b",
    "from before select": r"\(\s*from\b",
    "integer division //": r"//",
    "cast by ::": r"::",
    "list or item": r"(?<![{%])\[",
    "struct": r"(?<![{%])\{(?![{%#])",
    "lambda": r"\blambda\b|->",
    "interval": r"\binterval\b",
    "at time zone": r"\bat time zone\b",
    "ilike, similar to, glob": r"\b(ilike|similar to|glob)\b",
    "type with zone": r"\btimestamptz\b|\bwith time zone\b",
    "unnest": r"\bunnest\b",
    "pivot": r"\b(un)?pivot\b",
    "columns()": r"\bcolumns\b",
    "operators ~, ^, **": r"~|\^|\*\*",  # ^ is power on DuckDB, exclusive or on Spark
    "sample": r"\busing sample\b",
    "range()": r"\brange\s*\(",  # its column has another name
    "one argument": r"\b(greatest|least)\(\s*[\w.]+\s*\)",
}


def sql_files():
    """Models, tests and macros but the portable ones, which are there to hide the differences."""
    files = [
        *DBT_PROJECT.glob("models/**/*.sql"),
        *DBT_PROJECT.glob("tests/*.sql"),
        *DBT_PROJECT.glob("macros/**/*.sql"),
    ]
    return [path for path in files if path.parent.name != "portable"]


def bare(sql):
    """SQL without comments, texts and template tags, which may say anything."""
    return re.sub(r"\{#.*?#\}|\{%.*?%\}|--[^\n]*|'[^'\n]*'", " ", sql, flags=re.DOTALL)


def spoken(sql):
    """SQL without comments and texts, but with what template tags hand on: texts in them are SQL."""
    sql = re.sub(r"\{#.*?#\}|--[^\n]*", " ", sql, flags=re.DOTALL)
    parts = re.split(r"(\{\{.*?\}\}|\{%.*?%\})", sql, flags=re.DOTALL)
    return "".join(part if part.startswith("{") else re.sub(r"'[^'\n]*'", " ", part) for part in parts)


def macros():
    return {
        name for path in DBT_PROJECT.glob("macros/**/*.sql") for name in re.findall(r"macro (\w+)", path.read_text())
    }


def calls(sql):
    """Names before a parenthesis, but methods and filters of the template language."""
    return {name.lower() for name in re.findall(r"(?<![.\w])(?<!\| )([a-z_]\w*)\s*\(", spoken(sql), re.IGNORECASE)}


def types_cast_to(sql):
    known = {name for (name,) in duckdb.execute("select distinct type_name from duckdb_types()").fetchall()}
    return known & {name.lower() for name in re.findall(r"\bas\s+(\w+)", spoken(sql), re.IGNORECASE)}


def test_every_function_outside_the_portable_macros_is_one_that_duckdb_and_spark_share():
    known = SHARED_FUNCTIONS | SHARED_TYPES | SYNTAX | TEMPLATE | macros()
    strange = {path.name: sorted(found) for path in sql_files() if (found := calls(path.read_text()) - known)}
    assert strange == {}
    assert len(sql_files()) > 30


def test_every_type_outside_the_portable_macros_is_one_that_duckdb_and_spark_share():
    strange = {
        path.name: sorted(found) for path in sql_files() if (found := types_cast_to(path.read_text()) - SHARED_TYPES)
    }
    assert strange == {}


def test_no_syntax_outside_the_portable_macros_is_duckdbs_alone():
    found = [
        f"{path.name}: {what}"
        for path in sql_files()
        for what, pattern in NOT_SHARED.items()
        if re.search(pattern, without_template(path.read_text()), flags=re.IGNORECASE)
    ]
    assert found == []


def without_template(sql):
    return re.sub(r"\{\{.*?\}\}", " ", bare(sql), flags=re.DOTALL)


@pytest.mark.parametrize(
    ("sql", "found"),
    [
        ("select strftime(a, '%Y') from t", "strftime"),
        ("select {{ ratio('list(a)', 'b') }}", "list"),
        ("{%- set x = 'arg_max(a, b)' -%}", "arg_max"),
        ("select date_diff('day', a, b)", "date_diff"),
        ("select isodow (d)", "isodow"),
    ],
)
def test_a_function_is_found_wherever_it_hides(sql, found):
    assert found in calls(sql) - SHARED_FUNCTIONS - SYNTAX - TEMPLATE - macros()


@pytest.mark.parametrize(
    "sql",
    [
        "a::date",
        "[1, 2]",
        "select * exclude (a)",
        "{'a': 1}",
        "7 // 2",
        "a at time zone 'UTC'",
        "greatest(a)",
        "a ~ 'b'",
        "a ^ 2",
        "from t using sample 3",
        "from range(3)",
    ],
)
def test_syntax_of_duckdb_alone_is_found(sql):
    assert any(re.search(pattern, without_template(sql), re.IGNORECASE) for pattern in NOT_SHARED.values())


def test_a_type_is_found_in_a_text_that_a_template_hands_on():
    assert types_cast_to("{% set a = 'cast(null as varchar)' %} cast(1 as double)") == {"varchar", "double"}


def test_every_dispatched_macro_is_written_for_both_engines():
    text = "".join(path.read_text() for path in DBT_PROJECT.glob("macros/portable/*.sql"))
    dispatched = set(re.findall(r"adapter\.dispatch\('(\w+)'\)", text))
    assert dispatched
    missing = [
        f"{engine}__{name}"
        for name in sorted(dispatched)
        for engine in ("duckdb", "spark")
        if f"macro {engine}__{name}(" not in text
    ]
    assert missing == []


def test_no_model_reads_the_environment_so_that_one_manifest_serves_all_workspaces():
    reading = [path.name for path in sql_files() if re.search(r"\b(env_var|var)\s*\(", path.read_text())]
    assert reading == []


def test_no_sql_asks_what_time_it_is_so_that_the_wall_clock_never_enters_a_fact():
    clock = r"\b(now|today|(get_)?current_(date|time)\w*|localtime\w*|transaction_timestamp)\b"
    files = [*sql_files(), *DBT_PROJECT.glob("macros/portable/*.sql")]
    assert [path.name for path in files if re.search(clock, bare(path.read_text()), flags=re.IGNORECASE)] == []
    assert re.search(clock, bare("select current_date - 1")), "the pattern finds one"
