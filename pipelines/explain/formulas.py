"""The formulas of `metric_dictionary`, read as SQL over a fact.

Belongs here: what the words of a formula mean. Does not belong here: any one metric; running anything.

A formula is SQL with words for what SQL says at length:

    AGGREGATE              count(*), count(x), count(distinct x), sum(x), mean(x), median(x), min(x), max(x),
                           80th percentile of x
    A / B, A - B, (A)      of aggregates, and of other metrics of the table, which stand for their formulas
    A of fct_trips         over that fact's rows; without it over those of the table's `rows_of`
    A of staged_orders     over the rows which that metric counts
    A where C and D        over the rows where that holds; `x, y and z are known`, `both are known`: are not null
    S over driver_key of 3 trips or more of A       count, median or a percentile of A of each such driver
    Wilson(A, B)           an end of Wilson's 95 % interval of A / B
    x_at - y_at            minutes from y to x, null where negative

What is none of these (a bootstrap, Kaplan and Meier's curve, a fitted curve) is a rule, and not read.
"""

import re
from collections.abc import Callable
from dataclasses import dataclass, replace

from pipelines.explain.facts import TABLES

_AGGREGATE = re.compile(r"(count|sum|mean|median|min|max)\((?:(distinct) )?(.+)\)|(\d+)th percentile of (\w+)")
_OVER_DRIVERS = re.compile(r"(.+) over driver_key of 3 trips or more of (.+)")
_WILSON = re.compile(r"Wilson\((\w+), (\w+)\)")
_KNOWN = re.compile(r"(\w+(?:, \w+)*) and (\w+) are known")
_Z = 1.959963984540054  # the 0.975 quantile of the normal distribution
MANY_TRIPS = "driver_key in (drivers of 3 trips or more)"  # a condition that `evidence` puts into SQL


class UnreadableFormula(Exception):
    """The formula is a rule, not an expression over rows."""


@dataclass(frozen=True)
class Aggregate:
    """One aggregate, in SQL, over the rows of `fact` for which all `conditions` hold."""

    call: str
    argument: str | None
    fact: str = ""
    conditions: tuple[str, ...] = ()

    @property
    def rows(self) -> tuple[str, ...]:
        """What holds for the rows that enter it."""
        return (*self.conditions, *([f"{self.argument} is not null"] if self.argument else []))


@dataclass(frozen=True)
class Expression:
    """SQL with `{0}`, `{1}`, .. where its aggregates go. `per_driver`: SQL over each driver's `value`."""

    template: str
    aggregates: tuple[Aggregate, ...]
    per_driver: str | None = None

    def narrowed(self, conditions: tuple[str, ...], fact: str = "") -> "Expression":
        """The same over only the rows for which the conditions hold too."""
        each = [
            replace(one, fact=one.fact or fact, conditions=_once(one.conditions, conditions)) for one in self.aggregates
        ]
        return replace(self, aggregates=tuple(each))


def read_formula(metric: str, formulas: dict[str, str]) -> Expression:
    """The expression of a metric, `table.name`; `formulas` are those of all metrics, by such names.

    Raises UnreadableFormula if it is a rule.
    """
    table, _, name = metric.partition(".")
    if metric not in formulas:
        raise UnreadableFormula(metric)
    reader = _Reader(table, formulas, name)
    expression = reader.read(formulas[metric])
    if all(one.fact for one in expression.aggregates):
        return expression
    base, fact = rows_of_table(table, formulas)
    each = [
        one if one.fact else replace(one, fact=fact, conditions=_once(base, one.conditions))
        for one in expression.aggregates
    ]
    return replace(expression, aggregates=tuple(each))


def rows_of_table(table: str, formulas: dict[str, str]) -> tuple[tuple[str, ...], str]:
    """What holds for the rows a metric table is over, and their fact."""
    metric = TABLES[table].rows_of
    (counted,) = read_formula(metric if "." in metric else f"{table}.{metric}", formulas).aggregates
    return counted.conditions, counted.fact


@dataclass(frozen=True)
class _Reader:
    """Reads formulas of one table."""

    table: str
    formulas: dict[str, str]
    name: str

    def read(self, text: str) -> Expression:
        if match := _OVER_DRIVERS.fullmatch(text):
            inner = self.read(match[2]).narrowed((MANY_TRIPS,))
            outer = "count(value)" if match[1] == "count" else _percentile(match[1], "value")
            return replace(inner, per_driver=outer)
        if match := _WILSON.fullmatch(text):
            return _joined([self.read(match[1]), self.read(match[2])], self._wilson)
        text, _, _ = text.partition(" by ")  # what makes the cells
        head, where = _cut(text, " where ")
        head, of = self._of(head)
        operands, operators = _split(head)
        expression = _joined([self._operand(each) for each in operands], lambda parts: _calculated(parts, operators))
        if where == "both are known":
            conditions = tuple(f"{one.argument} is not null" for one in expression.aggregates)
        else:
            conditions = _conditions(where) if where else ()
        return expression.narrowed(*of).narrowed(conditions)

    def _of(self, head: str) -> tuple[str, tuple[tuple[str, ...], str]]:
        before, _, name = head.rpartition(" of ")
        if name.startswith("fct_"):
            return before, ((), name)
        if before and f"{self.table}.{name}" in self.formulas and not before.endswith("percentile"):
            (counted,) = self.read(self.formulas[f"{self.table}.{name}"]).aggregates
            return before, (counted.conditions, counted.fact)
        return head, ((), "")

    def _operand(self, text: str) -> Expression:
        if text.startswith("(") and text.endswith(")"):
            return self.read(text[1:-1])
        if match := _AGGREGATE.fullmatch(text):
            return Expression("{0}", (_aggregate(*match.groups()),))
        metric = f"{self.table}.{text}"
        if metric in self.formulas and text != self.name:
            inner = self.read(self.formulas[metric])
            return replace(inner, template=f"({inner.template})") if len(inner.aggregates) > 1 else inner
        raise UnreadableFormula(text)

    def _wilson(self, parts: list[str]) -> str:
        found, n = parts
        sign, edge = ("-", "greatest(0, {})") if self.name.endswith("_low") else ("+", "least(1, {})")
        spread = f"{_Z} * sqrt({found} * ({n} - {found}) / nullif({n}, 0) + {_Z**2 / 4})"
        end = edge.format(f"({found} + {_Z**2 / 2} {sign} {spread}) / ({n} + {_Z**2})")
        return f"case when {n} > 0 then {end} end"


def _once(*conditions: tuple[str, ...]) -> tuple[str, ...]:
    return tuple(dict.fromkeys(each for several in conditions for each in several))


def _aggregate(call: str | None, distinct: str | None, argument: str, nth: str | None, of: str | None) -> Aggregate:
    if nth is not None and of:
        return Aggregate(_percentile(f"{nth}th percentile", of), of)
    if argument == "*":
        return Aggregate("count(*)", None)
    sql = _value(argument)
    if call == "mean":
        call = "avg"
    return Aggregate(f"{call}({'distinct ' if distinct else ''}{sql})", sql)


def _percentile(name: str, value: str) -> str:
    if name == "median":
        return f"median({value})"
    if name == "percentile":
        return f"quantile_cont({value}, percentile / 100)"
    if match := re.fullmatch(r"(\d+)th percentile", name):
        return f"quantile_cont({value}, {int(match[1]) / 100})"
    raise UnreadableFormula(name)


def _value(text: str) -> str:
    """SQL of what a row is asked for."""
    minutes = r"(case when \1 >= \2 then date_diff('microsecond', \2, \1) / 6e7 end)"
    text = re.sub(r"(\w+_at) - (\w+_at)", minutes, text)
    return re.sub(r" / (\w+_hours|miles_per_gallon)", r" / nullif(\1, 0)", text)


def _conditions(text: str) -> tuple[str, ...]:
    found: list[str] = []
    known = _KNOWN.sub(lambda match: " and ".join(f"{x} is not null" for x in [*match[1].split(", "), match[2]]), text)
    for each in known.split(" and "):
        if found and re.search(r"between \S+$", found[-1]):
            found[-1] += f" and {each}"
        else:
            found.append(_value(each).replace("cut of logs", "(select cut from audit.logs where log = 'offers')"))
    return tuple(found)


def _cut(text: str, word: str) -> tuple[str, str]:
    """The text before and after a word that stands outside parentheses; after it nothing, where it does not."""
    for match in re.finditer(re.escape(word), text):
        if _depth(text[: match.start()]) == 0:
            return text[: match.start()], text[match.end() :]
    return text, ""


def _split(text: str) -> tuple[list[str], list[str]]:
    """The operands and operators of a text, outside parentheses."""
    operands, operators, start = [], [], 0
    for match in re.finditer(r" ([-/]) ", text):
        if _depth(text[: match.start()]) == 0:
            operands.append(text[start : match.start()])
            operators.append(match[1])
            start = match.end()
    return [*operands, text[start:]], operators


def _depth(text: str) -> int:
    return text.count("(") - text.count(")")


def _calculated(parts: list[str], operators: list[str]) -> str:
    sql = parts[0]
    for operator, part in zip(operators, parts[1:], strict=True):
        sql += f" / nullif({part}, 0)" if operator == "/" else f" - {part}"
    return sql


def _joined(expressions: list[Expression], combine: Callable[[list[str]], str]) -> Expression:
    parts: list[str] = []
    aggregates: list[Aggregate] = []
    for each in expressions:
        places = [f"{{{number + len(aggregates)}}}" for number in range(len(each.aggregates))]
        parts.append(each.template.format(*places))
        aggregates += each.aggregates
    return Expression(combine(parts), tuple(aggregates))
