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
    n = f"(n = {cell['delivered']:,})"
    times = [f"{name} {cell[f'click_to_door_minutes_{name}']:.1f} min" for name in _percentiles(cell)]
    parts = [
        f"{_who(cell)} click to door {', '.join(times) or 'unknown'} {n}",
        f"same day {cell['same_day_share']:.1%}",
    ]
    if cell["on_time_share"] is not None:
        parts.append(f"on time {_share(cell, 'on_time_share')} of {cell['due']:,} due")
    rivals = connection.execute(
        "select rival, value, unit, period from reference.rivals where measure = 'click_to_door_p50' order by rival"
    ).fetchall()
    parts += [f"published: {rival} {value:.1f} {unit} ({period})" for rival, value, unit, period in rivals]
    return "; ".join(parts)


def _percentiles(cell: dict[str, Any]) -> list[str]:
    """Those that are known: a door that opened before the click by some device's clock has no duration."""
    return [name for name in ("p50", "p90") if cell[f"click_to_door_minutes_{name}"] is not None]


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
    if cell is None:
        return NO_DATA
    trips = f"({_count(cell['trips'], 'trip')}, {_count(cell['drivers'], 'driver')})"
    if cell["gross_usd"] == 0:
        return f"no pay in these logs {trips}"
    if cell["gross_per_hour_usd"] is None:
        return f"no hours on the job known {trips}"
    gross = f"{_who(cell)} gross {_usd(cell['gross_per_hour_usd'])}/h on the job"
    if cell["net_per_hour_usd"] is None:
        return f"{gross} {trips}; net unknown, no trip has known miles, prices and rates"
    net = f"net of gas, tolls and maintenance {_usd(cell['net_per_hour_usd'])}/h{_between(cell)}"
    known = "" if cell["costed_trips"] == cell["trips"] else f", costs known of {cell['costed_trips']:,}"
    return f"{gross}, {net} {trips[:-1]}{known})"


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
