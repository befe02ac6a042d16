"""The SELECT that most pages need: the cells of a metric table, bounded however long the history.

Belongs here: how rows are picked. Does not belong here: computing anything; a test finds no aggregate in any query.
"""

from dashboards.content import Query

KEYS = ("grain", "period_start", "market_id", "offer_type")
WEEKS, DAYS = 26, 28  # the latest ones that pages hold, fewer of finer tables; the published file has all


def posted(column: str) -> str:
    """A figure of pay, null where no pay was posted: logs without pay_posted say nothing of 0.00 USD."""
    return f"case when gross_usd > 0 then {column} end as {column}"


def cells(table: str, *columns: str, along: tuple[str, ...] = (), has_days: bool = True, weeks: int = WEEKS) -> Query:
    """The whole period, the latest weeks and days of a metric table; `along` are keys beside those of a cell."""
    names = ", ".join((*KEYS, *along, *columns))
    grains = "'all', 'week', 'day'" if has_days else "'all', 'week'"
    return Query(
        table,
        f"""
        select {names}
        from main.{table}
        where grain in ({grains})
        qualify grain = 'all'
            or dense_rank() over (partition by grain order by period_start desc)
            <= case grain when 'week' then {weeks} else {DAYS} end
        order by {", ".join((*KEYS, *along))}
        """,
    )
