"""What a figure rests on: the query that gives it again, the rows it is made of, those left out, the checks.

Belongs here: SQL made of a formula and a cell, and what it gives. Does not belong here: reading formulas, wording.
"""

import re
from collections.abc import Sequence
from dataclasses import dataclass
from decimal import Decimal
from typing import Any

import duckdb

from pipelines.explain.cells import Cell, Figure, Row, literal, rows
from pipelines.explain.facts import FACTS
from pipelines.explain.formulas import MANY_TRIPS, Aggregate, Expression, UnreadableFormula, read_formula, rows_of_table


@dataclass(frozen=True)
class Evidence:
    """What is behind a cell. `sql` is None where the formula is a rule: the rows are then those the rule is given.

    recomputed: what `sql` gave. sums: each aggregate of the formula and its value. used: rows that enter the figure.
    left_out: reason -> rows of the same cell that do not. all_rows: SQL, all of them, with `left_out_because`.
    """

    fact: str
    sql: str | None
    recomputed: Figure
    used: int
    sums: dict[str, Any]
    left_out: dict[str, int]
    all_rows: str
    first_rows: list[Row]

    @property
    def of_used(self) -> str:
        """SQL: the keys of the rows that enter the figure."""
        return f"select {FACTS[self.fact].key} from ({self.all_rows}) where left_out_because is null"


def gather(connection: duckdb.DuckDBPyConnection, cell: Cell, formulas: dict[str, str]) -> Evidence:
    """Runs what a cell's formula says over the facts."""
    expression, is_rule = _expression(cell, formulas)
    fact = expression.aggregates[0].fact
    columns = [name for (name,) in connection.execute(f"select column_name from (describe {fact})").fetchall()]
    query = _Query(cell, fact, columns, expression, rows_of_table(cell.table, formulas)[0])
    sql = None if is_rule else query.value()
    counts = rows(
        connection,
        f"select left_out_because as why, count(*) as n from ({query.all_rows()}) group by all order by n desc, why",
    )
    sums = rows(connection, query.sums())[0]
    return Evidence(
        fact=fact,
        sql=sql,
        recomputed=connection.execute(sql).fetchall()[0][0] if sql else None,
        used=sum(each["n"] for each in counts if each["why"] is None),
        sums=sums,
        left_out={each["why"]: each["n"] for each in counts if each["why"] is not None},
        all_rows=query.all_rows(),
        first_rows=rows(connection, query.first_rows()),
    )


def checks(connection: duckdb.DuckDBPyConnection, tables: list[str]) -> list[Row]:
    """The checks that guard these tables, those that found something first."""
    names = ", ".join(literal(table) for table in tables)
    return rows(
        connection,
        "select check_name, table_name, severity, status, failing_rows, description from audit.checks "
        f"where split_part(table_name, '.', 2) in ({names}) order by status = 'pass', table_name, check_name",
    )


def agrees(published: Figure, recomputed: Figure) -> bool:
    """Whether two figures are the same to the places that are published; a sum of nothing is 0."""
    if published is None or recomputed is None:
        return published == recomputed or (published == 0 and recomputed is None)
    rounded = 0.5 * 10 ** int(published.as_tuple().exponent) if isinstance(published, Decimal) else 0
    return abs(float(published) - float(recomputed)) <= rounded + 1e-9 * max(1, abs(float(published)))


def _expression(cell: Cell, formulas: dict[str, str]) -> tuple[Expression, bool]:
    """What the formula says, and whether it is a rule: then that of the figure it is an end of, or the table's rows."""
    metric = f"{cell.table}.{cell.name}"
    try:
        return read_formula(metric, formulas), False
    except UnreadableFormula:
        pass
    for end in ("_low", "_high"):
        try:
            return read_formula(metric.removesuffix("_by_driver" + end).removesuffix(end), formulas), True
        except UnreadableFormula:
            continue
    conditions, fact = rows_of_table(cell.table, formulas)
    return Expression("{0}", (Aggregate("count(*)", None, fact, conditions),)), True


@dataclass(frozen=True)
class _Query:
    """The SQL of one cell's figure. `base`: what holds for all rows that the metric table is over."""

    cell: Cell
    fact: str
    fact_columns: list[str]
    expression: Expression
    base: tuple[str, ...]

    def value(self) -> str:
        """The figure."""
        common = self._common()
        calls = [_call(each, [x for x in each.conditions if x not in common]) for each in self.expression.aggregates]
        figure = self.expression.template.format(*calls)
        if not self.expression.per_driver:
            return self._select(f"{figure} as {self.cell.name}", common)
        drivers = self._select(f"driver_key, {figure} as value", common, "group by driver_key")
        indented = drivers.replace("\n", "\n    ")
        return self.cell.filled_in(
            f"select {self.expression.per_driver} as {self.cell.name}\nfrom (\n    {indented}\n)"
        )

    def sums(self) -> str:
        """Each aggregate of the figure by itself."""
        common = self._common()
        parts = {}
        for each in self.expression.aggregates:
            call = _call(each, [x for x in each.conditions if x not in common])
            parts[call] = f"{call} as {_quoted(self.cell.filled_in(call))}"
        return self._select(", ".join(parts.values()), common)

    def all_rows(self) -> str:
        """Every row of the cell: its key and what the formula reads, and why it is left out, null where it is not."""
        used = " or ".join(dict.fromkeys(f"({_all(each.rows)})" for each in self.expression.aggregates))
        asked = self.expression.aggregates[-1].rows  # the denominator's: whoever misses none of them is used
        cases = [f"when {used} then null", *(f"when ({each}) is not true then {self._why(each)}" for each in asked)]
        columns = [FACTS[self.fact].key, f"{FACTS[self.fact].dated_by} as dated", *self._columns()]
        case = f"case {' '.join(cases)} end as left_out_because"
        return self._select(", ".join([*columns, case]), ())

    def first_rows(self) -> str:
        """The first ten rows that enter the figure."""
        used = f"({self.all_rows()}) where left_out_because is null"
        return f"select * exclude (left_out_because) from {used} order by 1 limit 10"

    def _common(self) -> tuple[str, ...]:
        first, *others = (each.conditions for each in self.expression.aggregates)
        return tuple(each for each in first if all(each in other for other in others))

    def _columns(self) -> list[str]:
        """The fact's columns that the formula reads, but for whose they are."""
        fact = FACTS[self.fact]
        read = [word for each in self.expression.aggregates for word in (each.call, *each.rows)]
        text = " ".join([*read, self.cell.entry["formula"]])
        hidden = (fact.key, fact.dated_by, "driver_key")
        return [name for name in self.fact_columns if _names(text, name) and name not in hidden]

    def _why(self, condition: str) -> str:
        for name, why in FACTS[self.fact].why.items():
            if _names(condition, name):
                return f"coalesce({why}, 'unknown')"
        return literal(f"not: {condition}")

    def _select(self, columns: str, conditions: tuple[str, ...], end: str = "") -> str:
        where = (*self.cell.holds(self.fact), *conditions)
        text = f"select {columns}\nfrom {self.fact}"
        needed = f"{columns} {' '.join(where)}"
        for dimension, shared in FACTS[self.fact].joins.items():
            if dimension in needed:
                text += f"\nleft join {dimension} using ({shared})"
        text += f"\nwhere {_all(where, chr(10) + '  and ')}" if where else ""
        text += f"\n{end}" if end else ""
        return self.cell.filled_in(text.replace(MANY_TRIPS, self._many_trips()))

    def _many_trips(self) -> str:
        held = _all((*self.cell.holds(self.fact), *self.base))
        return (
            f"driver_key in (select driver_key from {self.fact} where {held} group by driver_key having count(*) >= 3)"
        )


def _call(aggregate: Aggregate, conditions: list[str]) -> str:
    return aggregate.call + (f" filter (where {_all(conditions)})" if conditions else "")


def _all(conditions: Sequence[str], word: str = " and ") -> str:
    return word.join(conditions) or "true"


def _names(text: str, name: str) -> bool:
    return re.search(rf"\b{name}\b", text) is not None


def _quoted(name: str) -> str:
    return '"' + name.replace('"', '""') + '"'
