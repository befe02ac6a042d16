"""What a page consists of, before it is drawn: its rows, and sections that say what is shown of them and how.

Belongs here: the shapes that `pages/*.py` are written in, and how they become the JSON that `site/*.js` draws.
Does not belong here: SQL, colours, markup, figures.
"""

import math
import unicodedata
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date, datetime
from decimal import Decimal
from typing import Any

from dashboards.theme import Style

Row = Mapping[str, Any]
Json = Any  # what json.dumps takes: its type says nothing more


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


@dataclass(frozen=True)
class Query:
    """One SELECT of a page; `table` is the metric table it reads, by whose dictionary its columns are defined."""

    table: str
    sql: str


@dataclass(frozen=True)
class Measure:
    """A column that is shown: what it is called, and the counts behind it as (column, noun): no figure without n.

    unit: only where the dictionary has none, `row` where each row has its own. step: `add`, `take` or `total` in a
    waterfall. names: words for values.
    """

    column: str
    label: str
    n: tuple[tuple[str, str], ...] = ()
    style: Style | None = None
    unit: str | None = None
    step: str | None = None
    names: Mapping[str, str] | None = None

    def as_json(self, table: str, site: Site) -> Json:
        """As the page's script takes it, the unit from the dictionary."""
        entry = site.definitions.get((table, self.column), {})
        given = {"step": self.step, "names": self.names, "style": _plain(self.style)}
        found = {name: value for name, value in given.items() if value is not None}
        return {"column": self.column, "label": self.label, "n": self.n, "unit": self.unit or entry.get("unit")} | found


@dataclass(frozen=True)
class Section:
    """A chart, table or what-if: `kind` names the function of `site/*.js` that makes it, `frame` the query it shows.

    needs: what the logs must have for it, as the end of a sentence. rivals: measures of reference.rivals that are drawn
    as lines, and words for each. more: what only this kind takes; measures in it (alone or in a list) get their unit
    from the same frame, or from the frame they name.
    """

    kind: str
    title: str
    frame: str
    measures: Sequence[Measure]
    needs: str
    note: str = ""
    more: Mapping[str, Any] = field(default_factory=dict[str, Any])
    rivals: Mapping[str, str] = field(default_factory=dict[str, str])

    def as_json(self, query: Mapping[str, Query], site: Site) -> Json:
        """As the page's script takes it."""
        table = query[self.frame].table
        more = {name: _resolved(value, table, query, site) for name, value in self.more.items()}
        measures = [measure.as_json(table, site) for measure in self.measures]
        named = {"kind": self.kind, "title": self.title, "frame": self.frame, "needs": self.needs, "note": self.note}
        return named | {"measures": measures, "references": _references(site, self.rivals)} | more


@dataclass(frozen=True)
class Card:
    """One figure of the first screen, and the page (by its file's stem) that tells more of it.

    needs: as in a section. no_interval: why a figure may lack one.
    """

    page: str
    frame: str
    measure: Measure
    needs: str
    no_interval: str = "no interval"

    def as_json(self, query: Mapping[str, Query], site: Site) -> Json:
        """As the page's script takes it."""
        measure = self.measure.as_json(query[self.frame].table, site)
        named = {"page": self.page, "frame": self.frame, "needs": self.needs, "noInterval": self.no_interval}
        return named | {"measure": measure}


@dataclass(frozen=True)
class Cards:
    """The first screen."""

    title: str
    cards: Sequence[Card]
    kind: str = "cards"

    def as_json(self, query: Mapping[str, Query], site: Site) -> Json:
        """As the page's script takes it."""
        cards = [card.as_json(query, site) for card in self.cards]
        return {"kind": self.kind, "title": self.title, "cards": cards}


@dataclass(frozen=True)
class Elsewhere:
    """A measure of another frame than the section's own; `more` is handed on."""

    frame: str
    measure: Measure
    more: Mapping[str, str | float] = field(default_factory=dict[str, "str | float"])


def _resolved(value: object, table: str, query: Mapping[str, Query], site: Site) -> Json:
    if isinstance(value, Measure):
        return value.as_json(table, site)
    if isinstance(value, Elsewhere):
        measure = value.measure.as_json(query[value.frame].table, site)
        return measure | {"frame": value.frame} | value.more
    if isinstance(value, list | tuple):
        return [_resolved(each, table, query, site) for each in value]
    return value


def _plain(style: Style | None) -> Json:
    return style and {"colour": style.colour, "symbol": style.symbol, "pattern": style.pattern}


def frame_json(query: Query, rows: Sequence[Row], columns: Sequence[str]) -> Json:
    """Rows column by column: names once, and alike beside alike, which packs to a tenth."""
    return {"table": query.table, "columns": {name: [_value(name, row[name]) for row in rows] for name in columns}}


def _value(name: str, value: object) -> Json:
    """Instants in UTC and dates as ISO text, money exact, shares to 0.001 %, minutes to 0.6 s, the rest to 9 digits."""
    if isinstance(value, datetime):
        return f"{value:%Y-%m-%dT%H:%M:%SZ}"
    if isinstance(value, date):
        return value.isoformat()
    if not isinstance(value, float):
        return float(value) if isinstance(value, Decimal) else value
    if not math.isfinite(value):
        return None  # JSON has no word for it, and no metric may be infinite
    if "_share" in name or "minutes" in name:
        return _short(value, 5 if "_share" in name else 2)
    return float(f"{value:.9g}")


def _short(value: float, places: int) -> float:
    """To so many places, or up to four more while it ends in 5: 45.847 is shown as 45.8, which 45.85 would not be."""
    short = ""
    for each in range(places, places + 5):
        short = f"{value:.{each}f}"
        if float(short) == value or not short.rstrip("0").endswith("5"):
            break
    return float(short)


def readable(text: str) -> str:
    """Text from reference tables without the signs that nobody sees, of which some turn a whole line around."""
    return "".join(sign for sign in text if unicodedata.category(sign) not in ("Cc", "Cf"))


def _references(site: Site, measures: Mapping[str, str]) -> list[Json]:
    """Published figures of other services as lettered lines; `measures` maps a rival's measure to words for it."""
    units = {"minutes", "usd_per_hour"}  # those of the axes
    found = [
        row for row in site.rivals if row["measure"] in measures and row["value"] is not None and row["unit"] in units
    ]
    ordered = sorted(found, key=lambda row: (row["measure"], row["rival"], row["value"], row["population"] or ""))[:26]
    return [
        {
            "letter": chr(ord("A") + at),
            "value": float(row["value"]),
            "label": readable(
                f"{row['rival']}, {measures[row['measure']]}: {_published(row)}. "
                f"{row['population'] or 'Population not given'}; {row['period'] or 'time not given'}. "
                f"Source: {row['source'] or 'not given'}."
            ),
        }
        for at, row in enumerate(ordered)
    ]


def _published(row: Row) -> str:
    """A rival's figure with its unit."""
    is_money = row["unit"] == "usd_per_hour"
    return f"${row['value']:,.2f}/h" if is_money else f"{row['value']:,.1f} {row['unit']}"
