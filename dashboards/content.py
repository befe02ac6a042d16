"""What a page consists of, before it is HTML: sections with stats, charts, a sentence and the table behind them.

Belongs here: the shapes that `pages/*.py` return and `templates/` print, and how metric rows are picked for them.
Does not belong here: SQL, colours, markup.
"""

from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from dashboards.text import OFFER_TYPES, Measure, Row, cell, interval, long_minutes, offer_label, quantity, sample, unit
from dashboards.theme import Style, offer_style

ALL = "all"
PILOT = "retail"
Figure = Mapping[str, Any]
Drawn = Figure | tuple[Figure, int]  # with its height in pixels where that is not the usual one


@dataclass(frozen=True)
class Build:
    """Which build of the warehouse the pages show, from audit.builds."""

    build_id: str
    as_of: datetime | None
    code_version: str
    title: str
    origin: str

    @property
    def is_simulated(self) -> bool:
        """True where the logs were made by the simulator."""
        return self.origin == "simulated"


@dataclass(frozen=True)
class Site:
    """What every page may need besides its own rows.

    `definitions` maps (table, column) to its row of metric_dictionary, `markets` market_id to its name in menu order,
    `rivals` are the rows of reference.rivals.
    """

    build: Build
    markets: Mapping[str, str]
    definitions: Mapping[tuple[str, str], Row]
    rivals: Sequence[Row]

    def market(self, market_id: str) -> str:
        """What a market is called."""
        return "All markets" if market_id == ALL else self.markets.get(market_id, market_id)


@dataclass(frozen=True)
class Stat:
    """One figure of a card, with its interval and n; `beside` is a sentence to compare it with."""

    measure: Measure
    row: Row
    is_main: bool = False
    beside: str = ""

    @property
    def value(self) -> str:
        """The figure with its unit, or that there is none."""
        if self.row.get(self.measure.column) is None:
            return "no data"
        return quantity(self.row.get(self.measure.column), self.measure.column)

    @property
    def behind(self) -> list[str]:
        """Long times in hours too, the interval where there is one, n."""
        between = interval(self.row, self.measure.column)
        parts = [
            long_minutes(self.row.get(self.measure.column), self.measure.column),
            f"95% interval {between}" if between else "",
            sample(self.row, self.measure),
        ]
        return [part for part in parts if part]


@dataclass(frozen=True)
class Column:
    """One column of a table: a metric column, or `market`, `offer`, or `<column>±` for its interval."""

    name: str
    label: str

    @property
    def heading(self) -> str:
        """The label with the unit."""
        kind = unit(self.name)
        return f"{self.label} ({kind})" if kind and not self.is_interval else self.label

    @property
    def is_interval(self) -> bool:
        """True for the interval of another column."""
        return self.name.endswith("±")

    @property
    def is_text(self) -> bool:
        """True where the cells are words."""
        return self.name in ("market", "offer", "period_start")


@dataclass(frozen=True)
class Table:
    """The figures behind a chart: rows of the metric table `source`, printed by `columns`."""

    source: str
    columns: Sequence[Column]
    rows: Sequence[Row]

    def cells(self, row: Row, site: Site) -> list[tuple[bool, str]]:
        """One row's cells: whether it is a heading of the row, its text."""
        return [(column.is_text, self._cell(row, column, site)) for column in self.columns]

    @staticmethod
    def _cell(row: Row, column: Column, site: Site) -> str:
        if column.name == "market":
            return site.market(row["market_id"])
        if column.name == "offer":
            return offer_label(row["offer_type"])
        if column.is_interval:
            return interval(row, column.name.rstrip("±")) or "–"
        return cell(row, column.name)


@dataclass(frozen=True)
class Panel:
    """One chart of a section: a Plotly figure as JSON-ready dict, its heading and its height in pixels."""

    title: str
    figure: Figure
    height: int = 260


@dataclass(frozen=True)
class Key:
    """One entry of a section's legend. `kind`: `marker`, `bar`, `line`, `dash`, `band`, `range`, `thick`."""

    label: str
    style: Style
    kind: str = "marker"


@dataclass(frozen=True)
class Reference:
    """A published figure of another service, drawn as a line called `letter` and explained by `label`."""

    letter: str
    value: float
    label: str


@dataclass(frozen=True)
class Section:
    """One question, answered. Without rows in the table the page says that there is no data, and what it `needs`.

    `link` makes it a card of the overview: (page's file stem, link text); `scope` says what its figures are about.
    """

    title: str
    needs: str
    table: Table
    caption: str = ""
    panels: Sequence[Panel] = ()
    legend: Sequence[Key] = ()
    references: Sequence[Reference] = ()
    stats: Sequence[Stat] = ()
    note: str = ""
    link: tuple[str, str] | None = None
    scope: str = ""

    @property
    def has_data(self) -> bool:
        """False where nothing in the logs answers the question."""
        return bool(self.table.rows)


KEYS = (Column("market", "Market"), Column("offer", "Offer type"))
WEEK_KEYS = (Column("period_start", "Week from"), *KEYS)


def known(rows: Iterable[Row], *columns: str) -> list[Row]:
    """The rows in which none of `columns` is null."""
    return [row for row in rows if all(row.get(column) is not None for column in columns)]


def where(rows: Iterable[Row], **wanted: object) -> list[Row]:
    """The rows whose columns have the wanted values."""
    return [row for row in rows if all(row[name] == value for name, value in wanted.items())]


def paid(rows: list[Row]) -> list[Row]:
    """Earnings rows, or none where the logs hold trips but no pay at all: an hour's pay of 0 would be no figure."""
    return rows if any(row["gross_usd"] for row in rows) else []


def lead(rows: Iterable[Row], column: str) -> Row | None:
    """The row the answers are about: over all markets, retail, which is the pilot, else all offer types."""
    found = {row["offer_type"]: row for row in known(where(rows, market_id=ALL), column)}
    return found.get(PILOT) or found.get(ALL)


def market_ids(rows: Sequence[Row], site: Site) -> list[str]:
    """Markets among the rows in menu order, the total first where there are several."""
    found = {row["market_id"] for row in rows} - {ALL}
    order = [*(each for each in site.markets if each in found), *sorted(found - set(site.markets))]
    return order if len(order) == 1 or not rows else [ALL, *order]


def offer_types(rows: Iterable[Row]) -> list[str]:
    """Offer types among the rows in fixed order, without the total where there is any of its parts."""
    found = {row["offer_type"] for row in rows}
    parts = [*(each for each in OFFER_TYPES if each in found - {ALL}), *sorted(found - set(OFFER_TYPES))]
    return parts or sorted(found)


def in_offer_order(rows: Iterable[Row]) -> list[Row]:
    """Rows of one period and market in the fixed order of offer types, without the total where there are parts."""
    found = {row["offer_type"]: row for row in rows}
    return [found[each] for each in offer_types(found.values())]


def offer_legend(rows: Iterable[Row], kind: str = "line") -> list[Key]:
    """Legend entries of the offer types among the rows."""
    return [Key(offer_label(each), offer_style(each), kind) for each in offer_types(rows)]


def by_market(rows: Sequence[Row], site: Site, draw: Callable[[list[Row]], Drawn]) -> list[Panel]:
    """One panel per market, drawn from the market's rows."""
    return [panel(site.market(each), draw(where(rows, market_id=each))) for each in market_ids(rows, site)]


def panel(title: str, drawn: Drawn) -> Panel:
    """A panel of a figure, or of a figure and its height."""
    return Panel(title, *drawn) if isinstance(drawn, tuple) else Panel(title, drawn)
