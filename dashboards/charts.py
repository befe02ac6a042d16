"""Rows of a metric table in, Plotly figures out: one function per kind of chart.

Belongs here: how a chart is drawn. Does not belong here: which question it answers (`pages/`), axes and labels
(`figures.py`), any arithmetic on figures.
"""

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from itertools import groupby
from typing import Any

import plotly.graph_objects as go

from dashboards.content import Figure, Reference, Site, in_offer_order, known, market_ids, offer_types, where
from dashboards.figures import finish, hover, reference_lines, value_axis, value_range
from dashboards.text import Measure, Row, claim, offer_label, plotly_safe, quantity
from dashboards.theme import COLOURS, Style, offer_style

MAX_TICK_CHARACTERS = 22
AXIS_PIXELS = 56
MIN_PIXELS = 130
MAX_WEEK_TICKS = 5


def lines_by_week(
    rows: Sequence[Row], measures: Sequence[Measure], span: tuple[float, float], references: Sequence[Reference] = ()
) -> Figure:
    """One line per offer type over weeks; the first measure solid and with its interval, the others dashed.

    Weeks without a row are gaps. `span` is the range of the value axis.
    """
    traces: list[go.Scatter] = []
    for offer_type in offer_types(rows):
        by_week = {row["period_start"]: row for row in where(rows, offer_type=offer_type)}
        lead, *others = measures
        traces.append(_band(by_week, lead.column, offer_style(offer_type)))
        traces.append(_line(by_week, lead, offer_type))
        traces += [_line(by_week, measure, offer_type, is_dashed=True) for measure in others]
    axes = {"xaxis": _week_axis(rows), "yaxis": value_axis(measures[0].column, span)}
    return finish(traces, axes | reference_lines(references))


def every_week(weeks: Iterable[date]) -> list[date]:
    """All Mondays from the first to the last of `weeks`, so that a week without a row breaks its line."""
    given = sorted(weeks)
    return [given[0] + timedelta(weeks=step) for step in range((given[-1] - given[0]).days // 7 + 1)]


def _week_axis(rows: Sequence[Row]) -> dict[str, Any]:
    """Ticks on Mondays, where the points are; Plotly's own would fall on Sundays and firsts of months."""
    weeks = every_week(row["period_start"] for row in rows) if rows else []
    step = 1 + len(weeks) // (MAX_WEEK_TICKS + 1)
    return {"type": "date", "tickformat": "%-d %b\n%Y", "tickvals": weeks[::step]}


def _line(by_week: Mapping[date, Row], measure: Measure, offer_type: str, is_dashed: bool = False) -> go.Scatter:
    style, weeks = offer_style(offer_type), every_week(by_week)
    found = [by_week.get(week, {}) for week in weeks]
    return go.Scatter(
        x=weeks,
        y=[row.get(measure.column) for row in found],
        mode="lines" if is_dashed else "lines+markers",
        line={"color": style.light, "width": 1.5 if is_dashed else 2, "dash": "dot" if is_dashed else "solid"},
        marker={"symbol": style.symbol, "size": 6},
        # The words stand once in the template, only the figures at each point: a third of the bytes.
        hovertemplate=f"<b>{plotly_safe(offer_label(offer_type))}, week from %{{x|%-d %b %Y}}</b><br>"
        f"{plotly_safe(measure.label)}: %{{hovertext}}<extra></extra>",
        hovertext=[plotly_safe(claim(row, measure)) if row else "" for row in found],
    )


def _band(by_week: Mapping[date, Row], column: str, style: Style) -> go.Scatter:
    """The interval as one closed outline per unbroken run of weeks."""
    low, high = f"{column}_low", f"{column}_high"
    weeks = every_week(by_week)
    x: list[date | None] = []
    y: list[Any] = []
    for has_interval, group in groupby(weeks, lambda week: bool(known([by_week.get(week, {})], low, high))):
        run = list(group)
        if has_interval:
            x += [*run, *reversed(run), None]
            y += [by_week[week][low] for week in run] + [by_week[week][high] for week in reversed(run)] + [None]
    line = {"color": style.fill, "width": 1}
    return go.Scatter(x=x, y=y, fill="toself", fillcolor=style.fill, line=line, mode="lines", hoverinfo="skip")


@dataclass(frozen=True)
class Mark:
    """One dot per row, and a line between the two columns `ends`, or the measure's interval, where the row has both.

    Without a style it wears its offer type's. `offset` moves it within its row, in rows.
    """

    measure: Measure
    style: Style | None = None
    ends: tuple[str, str] | None = None
    offset: float = 0
    width: float = 2

    @property
    def reach(self) -> tuple[str, str]:
        """The columns the line runs between."""
        return self.ends or (f"{self.measure.column}_low", f"{self.measure.column}_high")


def marks_span(rows: Sequence[Row], marks: Sequence[Mark], include: Sequence[float] = ()) -> tuple[float, float]:
    """The axis range that holds all marks of all rows."""
    return value_range(rows, [name for mark in marks for name in (mark.measure.column, *mark.reach)], include)


def dots_by_market(rows: Sequence[Row], site: Site, measure: Measure) -> tuple[Figure, int]:
    """One dot per market and offer type with its interval, and the figure's height in pixels."""
    labelled = [
        (site.market(market), row)
        for market in market_ids(rows, site)
        for row in in_offer_order(where(rows, market_id=market))
    ]
    return marks_in_rows(labelled, [Mark(measure)], marks_span(rows, [Mark(measure)]))


def marks_in_rows(
    labelled: Sequence[tuple[str, Row]],
    marks: Sequence[Mark],
    span: tuple[float, float],
    band: tuple[float, float] | None = None,
) -> tuple[Figure, int]:
    """Labelled rows from the top with their marks, and the figure's height in pixels.

    A label that repeats stands once, amid its rows. `band` shades a range of values.
    """
    groups = [
        (label, [at for at, _ in group]) for label, group in groupby(enumerate(labelled), lambda pair: pair[1][0])
    ]
    traces = [
        trace
        for at, (label, row) in enumerate(labelled)
        for mark in marks
        for trace in _mark(row, mark, at + mark.offset, f"{label}, {offer_label(row['offer_type'])}")
    ]
    rulers = [_ruler(places[0] - 0.5) for _, places in groups[1:]]
    layout = {
        "xaxis": value_axis(marks[0].measure.column, span) | {"nticks": 6, "showgrid": True},
        "yaxis": {
            "tickvals": [places[0] + (len(places) - 1) / 2 for _, places in groups],
            "ticktext": [plotly_safe(label, MAX_TICK_CHARACTERS) for label, _ in groups],
            "range": [len(labelled) - 0.3, -0.7],
            "showgrid": False,
        },
        "shapes": [*rulers, *([_shade(*band)] if band else [])],
    }
    row_pixels = 17 if len(groups) < len(labelled) else 12 + 11 * len({mark.offset for mark in marks})
    return finish(traces, layout), max(row_pixels * len(labelled) + AXIS_PIXELS, MIN_PIXELS)


def _mark(row: Row, mark: Mark, at: float, heading: str) -> list[go.Scatter]:
    style = mark.style or offer_style(row["offer_type"])
    ends = [row.get(column) for column in mark.reach]
    x, y = (ends, [at, at]) if None not in ends else ([], [])
    line = {"color": style.light, "width": mark.width}
    text = hover(heading, row, mark.measure)
    return [
        go.Scatter(x=x, y=y, mode="lines", line=line, hoverinfo="skip"),
        go.Scatter(
            x=[row.get(mark.measure.column)],
            y=[at],
            mode="markers",
            marker={"symbol": style.symbol, "size": 9, "color": style.light},
            hoverinfo="text",
            hovertext=[text],
        ),
    ]


def _ruler(at: float) -> dict[str, Any]:
    line = {"color": COLOURS["grid"][0], "width": 1}
    return {"type": "line", "xref": "paper", "x0": 0, "x1": 1, "y0": at, "y1": at, "line": line, "layer": "below"}


def _shade(low: float, high: float) -> dict[str, Any]:
    place = {"type": "rect", "yref": "paper", "x0": low, "x1": high, "y0": 0, "y1": 1}
    return place | {"line": {"width": 0}, "fillcolor": Style("grey").fill, "layer": "below"}


def stacked_by_week(rows: Sequence[Row], columns: Mapping[str, tuple[str, Style]]) -> Figure:
    """Counts per week stacked; `columns` maps a count's name to its label and style."""
    pattern = {"fillmode": "overlay", "fgcolor": COLOURS["card"][0], "fgopacity": 1, "size": 8, "solidity": 0.15}
    traces = [
        go.Bar(
            x=[row["period_start"] for row in rows],
            y=[row[column] for row in rows],
            marker={"color": style.light, "pattern": pattern | {"shape": style.pattern}},
            hovertemplate=f"<b>Week from %{{x|%-d %b %Y}}</b><br>{plotly_safe(label)}: %{{y:,}}<extra></extra>",
        )
        for column, (label, style) in columns.items()
    ]
    layout = {"barmode": "stack", "bargap": 0.25, "xaxis": _week_axis(rows), "yaxis": value_axis(next(iter(columns)))}
    return finish(traces, layout)


def waterfall(row: Row, steps: Sequence[tuple[str, str, str]]) -> Figure:
    """From gross to net: `steps` are (column, label, `start` | `add` | `take` | `end`)."""
    measures = {"start": "absolute", "add": "relative", "take": "relative", "end": "total"}
    trace = go.Waterfall(
        x=[plotly_safe(label) for _, label, _ in steps],
        y=[-row[column] if kind == "take" else row[column] for column, _, kind in steps],
        measure=[measures[kind] for _, _, kind in steps],
        text=[f"${row[column]:,.0f}" for column, _, _ in steps],
        textposition="outside",
        textfont={"size": 11},
        cliponaxis=False,
        hoverinfo="text",
        hovertext=[f"<b>{plotly_safe(label)}</b><br>{quantity(row[column], column)}" for column, label, _ in steps],
        connector={"line": {"color": COLOURS["grey"][0], "width": 1, "dash": "dot"}},
        increasing={"marker": {"color": COLOURS["green"][0]}},
        decreasing={"marker": {"color": COLOURS["orange"][0]}},
        totals={"marker": {"color": COLOURS["blue"][0]}},
    )
    layout = {
        "xaxis": {"type": "category", "tickangle": 0, "tickfont": {"size": 10}},
        "yaxis": value_axis(steps[0][0]),
        "margin": {"t": 24},
        "uniformtext": {"minsize": 10, "mode": "show"},
    }
    return finish([trace], layout)
