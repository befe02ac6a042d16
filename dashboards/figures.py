"""What all charts have in common: the check against Plotly's schema, axes, hover texts, reference lines.

Belongs here: the frame of a figure; every text from data goes through `plotly_safe`. Does not belong here: the kinds
of charts (`charts.py`), colours (`theme.py`).

A figure is a JSON-ready dict of `data` and `layout`. The template is not in it: the page has it once.
"""

from collections.abc import Mapping, Sequence
from datetime import date
from decimal import Decimal
from typing import Any

import plotly.graph_objects as go

from dashboards.content import Figure, Reference, known
from dashboards.text import Measure, Row, claim, plotly_safe, unit
from dashboards.theme import COLOURS


def finish(traces: Sequence[Any], layout: Mapping[str, Any]) -> Figure:
    """Check traces and layout against Plotly's own schema and hand them over as plain JSON-ready data.

    Raises ValueError, which names the property, for what Plotly does not know.
    """
    figure = go.Figure(data=list(traces), layout={"template": "none", **layout}).to_plotly_json()
    return {"data": _plain(figure["data"]), "layout": _plain(figure["layout"] | {"template": None})}


def _plain(value: object) -> object:
    if isinstance(value, Mapping):
        return {name: _plain(each) for name, each in value.items()}
    if isinstance(value, list | tuple):
        return [_plain(each) for each in value]
    if isinstance(value, date):
        return value.isoformat()
    # Six digits are finer than any label and a third of the bytes.
    return round(float(value), 6) if isinstance(value, float | Decimal) else value


def value_range(rows: Sequence[Row], columns: Sequence[str], include: Sequence[float] = ()) -> tuple[float, float]:
    """An axis range for all panels of a section, so that they can be compared.

    Shares get their own range within 0-1, other figures start at 0.
    """
    values = [*include, *(float(row[name]) for row in rows for name in columns if row.get(name) is not None)]
    low, high = min(values, default=0.0), max(values, default=1.0)
    if unit(columns[0]) == "%":
        return max(-0.01, low - 0.05), min(1.02, high + 0.05)
    return min(0.0, low * 1.08), high * 1.08


def leaves(rows: Sequence[Row], column: str, span: tuple[float, float]) -> bool:
    """True where the interval of some row runs out of the range of the axis."""
    low, high = f"{column}_low", f"{column}_high"
    return any(row[low] < span[0] or row[high] > span[1] for row in known(rows, low, high))


def value_axis(column: str, span: tuple[float, float] | None = None) -> dict[str, Any]:
    """An axis in the unit of `column`."""
    kind = unit(column)
    prefix = "$" if kind.startswith("USD") else ""
    tick = {"tickformat": ".0%"} if kind == "%" else {"tickprefix": prefix, "tickformat": ",~g"}
    title = {"USD/h": "USD per hour", "USD": "USD", "min": "minutes", "s": "seconds", "h": "hours"}.get(kind)
    return tick | ({"title": {"text": title}} if title else {}) | ({"range": list(span)} if span else {})


def hover(heading: str, row: Row, measure: Measure) -> str:
    """The text of one mark: what it is, the figure, interval and n. Safe for Plotly."""
    return f"<b>{plotly_safe(heading)}</b><br>{plotly_safe(measure.label)}: {plotly_safe(claim(row, measure))}"


def reference_lines(references: Sequence[Reference]) -> dict[str, Any]:
    """Dashed lines across at published figures, their letters side by side so that none covers another."""
    line = {"color": COLOURS["grey"][0], "width": 1, "dash": "dash"}
    letter = {"showarrow": False, "font": {"size": 11, "color": COLOURS["muted"][0]}, "xref": "paper"}
    ground = {"bgcolor": COLOURS["card"][0], "borderpad": 1}
    shapes = [
        {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": y, "y1": y, "line": line, "layer": "below"}
        for y in (each.value for each in references)
    ]
    notes = [
        letter | ground | {"text": each.letter, "y": each.value, "x": min(0.01 + 0.09 * at, 1.0)}
        for at, each in enumerate(references)
    ]
    return {"shapes": shapes, "annotations": notes}


def references(rivals: Sequence[Row], measures: Mapping[str, str]) -> list[Reference]:
    """Published figures of other services as lettered lines; `measures` maps a rival's measure to words for it."""
    found = [row for row in rivals if row["measure"] in measures and row["value"] is not None]
    return [
        Reference(
            chr(ord("A") + at % 26),
            float(row["value"]),
            f"{row['rival']}, {measures[row['measure']]}: {published(row)}. "
            f"{row['population']}; {row['period']}. Source: {row['source']}.",
        )
        for at, row in enumerate(sorted(found, key=lambda row: (row["measure"], row["rival"], row["value"])))
    ]


def published(row: Row) -> str:
    """A rival's figure with its unit."""
    is_money = row["unit"] == "usd_per_hour"
    return f"${row['value']:,.2f}/h" if is_money else f"{row['value']:,.1f} {row['unit']}"
