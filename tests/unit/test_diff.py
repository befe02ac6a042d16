"""Rows added, gone and changed, beside a computation in plain Python."""

from collections import Counter

import duckdb
from hypothesis import given, settings
from hypothesis import strategies as st

from pipelines.diff.catalog import Pair, Table
from pipelines.diff.tables import compare_tables

KEYS = st.tuples(st.sampled_from("ab"), st.integers(1, 3))
VALUES = st.tuples(st.one_of(st.none(), st.integers(0, 2)), st.one_of(st.none(), st.sampled_from(["", "x", "y"])))
ROWS = st.dictionaries(KEYS, VALUES, max_size=6)
COLUMNS = {"k": "varchar", "n": "bigint", "v": "bigint", "w": "varchar"}


def pair_of(old: list[tuple], new: list[tuple], key: tuple[str, ...]) -> Pair:
    """Two files in memory, with one table `t` each."""
    connection = duckdb.connect()
    for side, rows in (("old", old), ("new", new)):
        connection.execute(f"attach ':memory:' as {side}")
        primary = f", primary key ({', '.join(key)})" if key else ""
        columns = ", ".join(f"{name} {kind}" for name, kind in COLUMNS.items())
        connection.execute(f"create table {side}.main.t ({columns}{primary})")
        if rows:
            connection.executemany(f"insert into {side}.main.t values (?, ?, ?, ?)", rows)
    tables = {"main.t": Table(COLUMNS, key)}
    return Pair(connection, tables, tables)


@settings(deadline=None, max_examples=60)
@given(ROWS, ROWS)
def test_by_primary_key_a_row_is_added_gone_or_changed_and_each_column_counts_the_rows_it_changed_in(old, new):
    rows = [[(*key, *values) for key, values in each.items()] for each in (old, new)]
    (found,) = compare_tables(pair_of(*rows, ("k", "n")))
    both = old.keys() & new.keys()
    assert (found.added, found.gone) == (len(new.keys() - old.keys()), len(old.keys() - new.keys()))
    assert found.changed == sum(old[key] != new[key] for key in both)
    changed = {name: sum(old[key][at] != new[key][at] for key in both) for at, name in enumerate("vw")}
    assert dict(found.columns) == {name: count for name, count in changed.items() if count}
    assert found.differs == (old != new)


@settings(deadline=None, max_examples=60)
@given(*[st.lists(st.builds(lambda key, value: (*key, *value), KEYS, VALUES), max_size=8)] * 2)
def test_without_a_primary_key_rows_count_as_often_as_they_are_there(old, new):
    (found,) = compare_tables(pair_of(old, new, ()))
    assert found.added == (Counter(new) - Counter(old)).total()
    assert found.gone == (Counter(old) - Counter(new)).total()
    assert found.changed is None


def test_tables_and_columns_that_one_build_lacks_are_said_and_the_rest_is_compared():
    pair = pair_of([("a", 1, 1, "x")], [("a", 1, 2, "x")], ("k", "n"))
    pair.connection.execute("alter table old.main.t drop column w")
    pair.connection.execute("create table new.main.u as select 1 as a")
    without = {name: kind for name, kind in COLUMNS.items() if name != "w"}
    there = {"main.t": pair.new["main.t"], "main.u": Table({"a": "integer"}, ())}
    t, u = compare_tables(Pair(pair.connection, {"main.t": Table(without, ("k", "n"))}, there))
    assert (t.changed, t.columns, t.columns_new, t.columns_gone) == (1, [("v", 1)], ["w"], [])
    assert (u.state, u.added) == ("new", 1)
