"""Sections that several pages share: a metric by week and market, marks by market, all figures as a table.

Belongs here: what more than one page builds in the same way. Does not belong here: names of metrics.
"""

from collections.abc import Mapping, Sequence

from dashboards.charts import Mark, lines_by_week, marks_in_rows, marks_span
from dashboards.content import (
    KEYS,
    WEEK_KEYS,
    Column,
    Drawn,
    Key,
    Panel,
    Section,
    Site,
    Table,
    by_market,
    in_offer_order,
    known,
    offer_legend,
)
from dashboards.figures import leaves, references, value_range
from dashboards.sentences import headline, latest
from dashboards.text import Measure, Row, offer_label
from dashboards.theme import Style

INTERVAL = "95% interval"


def weekly(
    source: str,
    measures: Sequence[Measure],
    weeks: Sequence[Row],
    whole: Sequence[Row],
    site: Site,
    *,
    title: str,
    needs: str,
    words: str,
    note: str,
    rivals: Mapping[str, str] | None = None,
) -> Section:
    """One or two measures of metric table `source` by week: a panel per market, a line per offer type.

    The first leads: weeks without it are left out, the sentence reads `<figure> <words>`. `rivals` maps measures of
    reference.rivals to words.
    """
    lead = measures[0]
    rows = known(weeks, lead.column)
    lines = references(site.rivals, rivals or {})
    span = value_range(rows, [measure.column for measure in measures], [each.value for each in lines])
    return Section(
        title=title,
        needs=needs,
        caption=headline(whole, lead, words, site) + latest(rows, lead),
        panels=by_market(rows, site, lambda each: lines_by_week(each, measures, span, lines)),
        legend=[*offer_legend(rows), *_line_keys(rows, measures)],
        references=lines,
        note=note + _about_bands(rows, lead.column, span),
        table=Table(source, [*WEEK_KEYS, *columns_of(measures, rows)], rows),
    )


def _about_bands(rows: Sequence[Row], column: str, span: tuple[float, float]) -> str:
    """The range of the axis follows the figures; a week of few orders or offers has a band that would flatten all."""
    is_cut = leaves(rows, column, span)
    return " Bands that leave the frame belong to weeks with small n; the table has them whole." if is_cut else ""


def _line_keys(rows: Sequence[Row], measures: Sequence[Measure]) -> list[Key]:
    kinds = ("line", "dash") if len(measures) > 1 else ()
    band = [Key(INTERVAL, Style("grey"), "band")] if known(rows, f"{measures[0].column}_low") else []
    return [*band, *(Key(measure.label, Style("grey"), kind) for measure, kind in zip(measures, kinds, strict=False))]


def marks_by_market(
    rows: Sequence[Row], marks: Sequence[Mark], site: Site, band: tuple[float, float] | None = None
) -> list[Panel]:
    """A panel per market with a row per offer type, all on one axis range; none without rows."""
    if not rows:
        return []
    span = marks_span(rows, marks, band or ())

    def draw(each: list[Row]) -> Drawn:
        labelled = [(offer_label(row["offer_type"]), row) for row in in_offer_order(each)]
        return marks_in_rows(labelled, marks, span, band)

    return by_market(rows, site, draw)


def shown_marks(marks: Sequence[Mark], rows: Sequence[Row]) -> list[Mark]:
    """The marks that some row has a figure for."""
    return [mark for mark in marks if known(rows, mark.measure.column)]


def mark_keys(marks: Sequence[Mark]) -> list[Key]:
    """Legend entries of marks with a style of their own."""
    return [Key(mark.measure.label, mark.style) for mark in marks if mark.style]


def whole_period(source: str, columns: Mapping[str, str], rows: Sequence[Row], *, needs: str, caption: str) -> Section:
    """All figures of the whole period by market and offer type, as a table; `columns` maps a name to its label."""
    table = Table(source, [*KEYS, *(Column(name, label) for name, label in columns.items())], rows)
    return Section(title="All figures of the whole period", needs=needs, caption=caption, table=table)


def columns_of(measures: Sequence[Measure], rows: Sequence[Row]) -> list[Column]:
    """Table columns of measures: each with its interval where the rows have one, then what stands behind them."""
    figures: list[Column] = []
    for measure in measures:
        figures.append(Column(measure.column, measure.label))
        if known(rows, f"{measure.column}_low"):
            figures.append(Column(f"{measure.column}±", INTERVAL))
    sizes = dict(pair for measure in measures for pair in measure.sizes)
    return [*figures, *(Column(name, noun.capitalize()) for name, noun in sizes.items())]
