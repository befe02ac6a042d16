"""delivery_curve, of the naive facts.

Belongs here: what the curve is at each edge. Does not belong here: how long an order was seen, how a curve is computed.
"""

from datetime import datetime
from typing import Any

from tests.naive.arithmetic import log_log, ratio, survival
from tests.naive.cells import KEYS, cells
from tests.naive.speed import promise_minutes, times_seen

Row = dict[str, Any]

EDGES = [*range(10, 120, 10), *range(120, 360, 30), *range(360, 1440, 60), *range(1440, 2881, 180)]


def delivery_curve(orders: list[Row], cut: datetime) -> list[Row]:
    """The rows of delivery_curve."""
    least = min(order["placed_date"] for order in orders)
    found = cells(orders, "placed_date", least)
    return [
        dict(zip(KEYS, key, strict=True)) | row
        for key, rows in found.items()
        if key[0] != "day"
        for row in _cell(rows, cut)
    ]


def _cell(orders: list[Row], cut: datetime) -> list[Row]:
    times = times_seen(orders, cut)
    curve = survival(times)
    promises = [minutes for order in orders if (minutes := promise_minutes(order)) is not None]
    rows = []
    for before, edge in zip([-1, *EDGES], EDGES, strict=False):
        at_risk = sum(time >= edge for time, _ in times)
        _, share, greenwood = next((point for point in curve[::-1] if point[0] <= edge), (0, 1.0, 0.0))
        low, high = log_log(share, greenwood)
        shares = (share, high, low) if at_risk else (None, None, None)
        delivered = sum(happened and before < time <= edge for time, happened in times)
        row = {
            "within_minutes": edge,
            "orders": len(times),
            "delivered": delivered,
            "delivered_per_hour": 60 * delivered / (edge - max(before, 0)),
            "at_risk": at_risk,
            "promised_orders": len(promises),
            "promised_share": ratio(sum(minutes <= edge for minutes in promises), len(promises)),
        }
        for end, left in zip(("", "_low", "_high"), shares, strict=True):
            row[f"delivered_share_censored{end}"] = None if left is None else 1 - left
        rows.append(row)
    return rows
