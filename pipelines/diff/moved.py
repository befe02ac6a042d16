"""Cells of the metric tables that moved, largest first, with their reasons.

Belongs here: finding and ordering them. Does not belong here: the rules for reasons (`reasons.py`).

A metric is a column that the metric dictionary of either build names, in a table that both have with the same key. A
cell that only one build has moved from or to nothing; one that differs by less than `_ROUNDING` of its value has not
moved: sums in another order do that.
"""

from collections.abc import Iterable
from dataclasses import dataclass

from pipelines.diff.catalog import Pair, quoted
from pipelines.diff.reasons import UNEXPLAINED, sources

_DICTIONARY = "main.metric_dictionary"
_CELL = ("grain", "period_start", "market_id", "offer_type")
_ALONG = ("site_id", "store_id")
_ROUNDING = 1e-12


@dataclass(frozen=True)
class Cell:
    """A cell that moved: its key in words, the values (None: unknown, or not there), new less old, its reasons."""

    where: str
    old: float | None
    new: float | None
    difference: float | None
    why: list[str]


@dataclass(frozen=True)
class MetricDiff:
    """A metric of which cells moved: how many, for how many each reason is named, and the cells, largest first."""

    table: str
    name: str
    unit: str
    moved: int
    why: dict[str, int]
    cells: list[Cell]


@dataclass(frozen=True)
class _Metric:
    table: str
    name: str
    unit: str
    source_tables: str
    source_columns: str | None


def compare_metrics(pair: Pair, *, table: str | None, code_differs: bool, limit: int | None) -> list[MetricDiff]:
    """The metrics that moved, by table, those with most cells first; `limit` cells of each (None: all).

    table: only of this one, without schema. Needs `reasons` (`create_reasons`).
    """
    metrics = [metric for metric in _metrics(pair) if table in (None, metric.table)]
    _create_moved(pair, metrics)
    if metrics:
        values = [(each.table, each.name, *source) for each in metrics for source in _sources(each)]
        pair.connection.executemany("insert into sources values (?, ?, ?, ?)", values)
    pair.connection.execute(_EXPLAINED.format(code_differs=code_differs))
    counted = pair.rows("select table_name, metric, count(*) from explained group by all")
    counts = {(each, name): count for each, name, count in counted}
    why: dict[tuple[str, str], dict[str, int]] = {}
    for each, name, reason, count in pair.rows(
        "select table_name, metric, reason, count(*) as n from (select *, unnest(why) as reason from explained) "
        "group by all order by n desc, reason"
    ):
        why.setdefault((each, name), {})[reason] = count
    cells: dict[tuple[str, str], list[Cell]] = {}
    for each, name, *cell in pair.rows(_LARGEST.format(limit=limit or "null")):
        cells.setdefault((each, name), []).append(Cell(*cell))
    found = [
        MetricDiff(each.table, each.name, each.unit, counts[key], why[key], cells[key])
        for each in metrics
        if (key := (each.table, each.name)) in counts
    ]
    return sorted(found, key=lambda each: (each.table, -each.moved, each.name))


_EXPLAINED = f"""
    create temp table explained as
    with found as (
        select moved.*, list_sort(list(distinct reason) filter (reason is not null)) as by_rows
        from moved
        left join sources using (table_name, metric)
        left join reasons on
            reasons.fact = sources.fact and reasons.fact_column = sources.fact_column and reasons.grain = moved.grain
            and reasons.market_id = moved.market_id and reasons.offer_type = moved.offer_type
            and (moved.grain = 'all' or reasons.period_start = moved.period_start)
            and case when moved.site_id is null then reasons.site_id is null
                else reasons.site_id = moved.site_id and coalesce(reasons.store_id, moved.store_id) = moved.store_id end
        group by all
    ),
    with_cell as (
        select *, coalesce(by_rows, []) || case when is_suppression then ['suppression'] else [] end as reasons
        from found
    ),
    with_code as (
        select *, reasons || case when {{code_differs}} and (len(reasons) = 0
            or list_has_any(reasons, ['correction', 'reference'])) then ['code'] else [] end as why_or_none
        from with_cell
    )
    select *, case when len(why_or_none) = 0 then ['{UNEXPLAINED}'] else why_or_none end as why from with_code
"""
_LARGEST = """
    select table_name, metric, cell, old, new, new - old, why from explained
    qualify row_number() over (
        partition by table_name, metric order by abs(new - old) desc nulls last, abs(coalesce(new, old)) desc, cell
    ) <= coalesce({limit}, 1e18)
    order by table_name, metric, abs(new - old) desc nulls last, abs(coalesce(new, old)) desc, cell
"""


def _metrics(pair: Pair) -> list[_Metric]:
    """The metrics of both dictionaries that can be compared; what both say of one, the new one says."""
    found: dict[tuple[str, str], _Metric] = {}
    for side, tables in (("old", pair.old), ("new", pair.new)):
        if _DICTIONARY not in tables:
            continue
        for row in pair.rows(
            f"select table_name, name, unit, source_tables, source_columns from {side}.{_DICTIONARY} order by all"
        ):
            metric = _Metric(*row)
            name = f"main.{metric.table}"
            if metric.name in pair.common(name) and set(_CELL) <= set(pair.key(name)):
                found[metric.table, metric.name] = metric
    return list(found.values())


def _sources(metric: _Metric) -> set[tuple[str, str]]:
    return sources(metric.source_tables, metric.source_columns)


def _create_moved(pair: Pair, metrics: Iterable[_Metric]) -> None:
    """Makes `moved`, a row per cell that moved, and an empty `sources`."""
    texts = ", ".join(f"{name} varchar" for name in ("table_name", "metric", "cell", "grain"))
    keys = "period_start date, market_id varchar, offer_type varchar, site_id varchar, store_id varchar"
    values = "old double, new double, is_suppression boolean"
    pair.connection.execute(f"create temp table moved ({texts}, {keys}, {values})")
    pair.connection.execute(
        "create temp table sources (table_name varchar, metric varchar, fact varchar, fact_column varchar)"
    )
    names: dict[str, list[str]] = {}
    for metric in metrics:
        names.setdefault(metric.table, []).append(metric.name)
    for table, columns in names.items():
        pair.connection.execute(f"insert into moved {_moved(pair, table, columns)}")


def _moved(pair: Pair, table: str, columns: list[str]) -> str:
    """A query: the cells of one table that moved."""
    name = f"main.{table}"
    key = pair.key(name)
    words = [each if each in (*_CELL, *_ALONG) else f"'{each} ' || {quoted(each)}" for each in key]
    words[words.index("period_start")] = "case when grain <> 'all' then period_start end"
    values = ", ".join(
        f"{{'metric': '{each}', 'old': try_cast(old.{quoted(each)} as double), "
        f"'new': try_cast(new.{quoted(each)} as double)}}"
        for each in columns
    )

    def cells(side: str) -> str:
        # The first day of the whole period may differ, and its cells are the same ones.
        always = "case when grain = 'all' then date '1970-01-01' else period_start end as period_start"
        return f"select * replace ({always}) from {side}.{name}"

    keys = ", ".join(quoted(each) for each in key)
    along = ", ".join(each if each in key else "null" for each in _ALONG)
    has_suppression = "is_suppressed" in pair.common(name)
    is_suppressed = "old.is_suppressed <> new.is_suppressed" if has_suppression else "false"
    # What one of the builds withholds is not told by the other's.
    withheld = "coalesce(is_suppression and (metric.old is null) <> (metric.new is null), false)"
    return f"""
        select '{table}', metric.metric, concat_ws(' · ', {", ".join(words)}), grain, period_start, market_id,
            offer_type, {along}, case when not {withheld} then metric.old end,
            case when not {withheld} then metric.new end,
            {withheld}
        from (
            select {keys}, {is_suppressed} as is_suppression, unnest([{values}]) as metric
            from ({cells("old")}) as old full join ({cells("new")}) as new using ({keys})
        )
        where metric.old is distinct from metric.new
            and not coalesce(
                abs(metric.new - metric.old) <= {_ROUNDING} * greatest(abs(metric.old), abs(metric.new)), false)
    """
