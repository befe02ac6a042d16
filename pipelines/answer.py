"""The pilot's question answered in four lines, selected from the published metrics.

Belongs here: wording. Does not belong here: any figure that is not a column of a published table.
"""

from typing import Any

import duckdb

NO_DATA = "no data in these logs"


def answer(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Speed, acceptance, earnings, and what they rest on: one line each. Retail where there is any, else all."""
    return [
        f"Speed:      {_speed(connection)}",
        f"Acceptance: {_acceptance(connection)}",
        f"Earnings:   {_earnings(connection)}",
        f"Data:       {_data(connection)}",
    ]


def _cell(connection: duckdb.DuckDBPyConnection, table: str, n: str) -> dict[str, Any] | None:
    """The row of all markets and all time for retail, else for all offer types; None where n is 0."""
    cursor = connection.execute(
        f"select * from {table} where grain = 'all' and market_id = 'all' and offer_type in ('retail', 'all') "
        f"and {n} > 0 order by offer_type = 'all' limit 1"
    )
    names = [column[0] for column in cursor.description or []]
    row = cursor.fetchone()
    return dict(zip(names, row, strict=True)) if row else None


def _speed(connection: duckdb.DuckDBPyConnection) -> str:
    cell = _cell(connection, "delivery_speed", "delivered")
    if cell is None:
        return NO_DATA
    parts = [
        f"{_who(cell)} click to door p50 {cell['click_to_door_minutes_p50']:.1f} min, "
        f"p90 {cell['click_to_door_minutes_p90']:.1f} min (n = {cell['delivered']:,})",
        f"same day {cell['same_day_share']:.1%}",
    ]
    if cell["on_time_share"] is not None:
        parts.append(f"on time {_share(cell, 'on_time_share')} of {cell['due']:,} due")
    rivals = connection.execute(
        "select rival, value, unit, period from reference.rivals where measure = 'click_to_door_p50' order by rival"
    ).fetchall()
    parts += [f"published: {rival} {value:.1f} {unit} ({period})" for rival, value, unit, period in rivals]
    return "; ".join(parts)


def _acceptance(connection: duckdb.DuckDBPyConnection) -> str:
    cell = _cell(connection, "offer_acceptance", "at_risk")
    if cell is None:
        return NO_DATA
    # By drivers, where there are enough: some are keener than others, which Wilson's interval knows nothing of.
    by = "_by_driver" if cell["acceptance_share_by_driver_low"] is not None else ""
    share = f"{_who(cell)} offers accepted {_share(cell, 'acceptance_share', by)} of {cell['at_risk']:,} at risk"
    return share + (f"; blocks filled {cell['fill_share']:.1%} of {cell['blocks_due']:,}" if cell["blocks_due"] else "")


def _earnings(connection: duckdb.DuckDBPyConnection) -> str:
    cell = _cell(connection, "driver_earnings", "trips")
    if cell is None or cell["gross_usd"] == 0:
        return NO_DATA
    gross = f"{_who(cell)} gross {_usd(cell['gross_per_hour_usd'])}/h on the job"
    if cell["net_per_hour_usd"] is None:
        return f"{gross} ({cell['trips']:,} trips); net unknown, no miles in these logs"
    return (
        f"{gross}, net of gas, tolls and maintenance {_usd(cell['net_per_hour_usd'])}/h{_between(cell)} "
        f"({cell['costed_trips']:,} trips, {_count(cell['drivers'], 'driver')})"
    )


def _data(connection: duckdb.DuckDBPyConnection) -> str:
    origin, as_of = connection.execute("select any_value(origin), max(as_of) from audit.builds").fetchall()[0]
    refused, lines = connection.execute("select sum(quarantined), sum(lines) from audit.files").fetchall()[0]
    cut = f"known up to {as_of:%Y-%m-%d %H:%M} UTC" if as_of else "no line yet"
    return f"{origin}, {cut}; {refused or 0:,} of {lines or 0:,} lines in quarantine"


def _who(cell: dict[str, Any]) -> str:
    return "retail" if cell["offer_type"] == "retail" else "all"


def _share(cell: dict[str, Any], name: str, by: str = "") -> str:
    low, high = (cell[f"{name}{by}_{end}"] for end in ("low", "high"))
    return f"{cell[name]:.1%} (95 % interval {low:.1%} to {high:.1%})"


def _between(cell: dict[str, Any]) -> str:
    low, high = (cell[f"net_per_hour_usd_{end}"] for end in ("low", "high"))
    return "" if low is None else f" (95 % interval {low:.2f} to {high:.2f})"


def _count(n: int, what: str) -> str:
    return f"{n:,} {what}{'' if n == 1 else 's'}"


def _usd(value: Any) -> str:  # noqa: ANN401 - Decimal or float, as the column is
    return f"{float(value):.2f} USD"
