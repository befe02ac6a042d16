"""What a real log does to good events: corrections, retractions, conflicts, duplicates.

Belongs here: extra lines that are accepted and then must not count. Does not belong here: lines that are refused
(`refused`). Nothing here changes what the log finally says, so the truth needs to know nothing of it.
"""

from dataclasses import dataclass, field

import numpy as np
import polars as pl

from pipelines.contract import ENVELOPE_NAMES, LOGS, Log
from pipelines.simulate.conflicts import losing_twins
from pipelines.simulate.span import HOUR_S, Span

FATES = ("current", "superseded", "duplicates", "conflicts", "retracted")
LEAST = 6  # of each defect, where the log is long enough


@dataclass(frozen=True)
class _Change:
    """Events of some kind and how another version of them reads."""

    of: pl.Expr
    fields: dict[str, pl.Expr]
    event_type: str | None = None
    share: float = field(default=0.01)


def _is(*event_types: str) -> pl.Expr:
    return pl.col("event_type").is_in(event_types)


def _earlier(minutes: int) -> dict[str, pl.Expr]:
    return {"occurred_at": pl.col("occurred_at") - pl.duration(minutes=minutes)}


_MONEY = pl.Decimal(12, 4)
_TIP = pl.col("pay_kind") == "tip"
_METERED = pl.col("trip_miles").is_not_null()

# What was said first, and wrongly, of an event that was corrected later.
CORRECTIONS = {
    "orders": (
        _Change(_is("delivered"), _earlier(30)),
        _Change(_is("delivered"), {"order_id": pl.lit("ord-000000"), "trip_id": pl.lit(None, pl.String)}, share=0.001),
        _Change(_is("placed"), {"package_count": pl.lit(9), "promised_at": pl.col("occurred_at")}, share=0.003),
        _Change(_is("cancelled"), {"reason": pl.lit("platform")}),
    ),
    "offers": (
        _Change(_is("sent"), {"pay_usd": (pl.col("pay_usd") + 7).cast(_MONEY)}, share=0.002),
        _Change(_is("accepted"), _earlier(2), share=0.005),
        _Change(_is("declined"), {"reason": pl.lit("wrong button")}, share=0.002),
    ),
    "trips": (
        _Change(_is("pay_posted") & _TIP, {"amount_usd": (pl.col("amount_usd") + 6).cast(_MONEY)}, share=0.08),
        _Change(_is("pay_posted") & ~_TIP, {"amount_usd": pl.col("amount_usd").abs() + 12}, share=0.01),
        _Change(_is("ended") & _METERED, {"trip_miles": pl.col("trip_miles") * 10}),
        _Change(_is("arrived_at_pickup"), _earlier(10)),
    ),
}

# What was said by mistake, made up from another event, and taken back later.
MISTAKES = {
    "orders": (
        _Change(_is("ready"), {}, "delivered", 0.003),
        _Change(_is("picked_up"), {"reason": pl.lit("store")}, "cancelled", 0.001),
        _Change(_is("placed"), {"order_id": pl.format("{}x", "order_id")}, "placed", 0.001),
    ),
    "offers": (
        _Change(_is("sent"), {}, "accepted", 0.001),
        _Change(_is("accepted"), {}, "forfeited", 0.005),
        _Change(_is("sent"), {"offer_id": pl.format("{}x", "offer_id")}, "sent", 0.001),
    ),
    "trips": (
        _Change(_is("arrived_at_pickup"), {"amount_usd": pl.lit(3.25).cast(_MONEY)}, "toll_charged", 0.01),
        _Change(_is("departed_pickup"), {"trip_miles": pl.lit(888.8)}, "ended", 0.005),
        _Change(_is("started"), {"trip_id": pl.format("{}x", "trip_id")}, "started", 0.003),
    ),
}

CONFLICTS = {
    "orders": _Change(_is("delivered", "picked_up", "cancelled"), {}, share=0.001),
    "offers": _Change(_is("accepted", "declined"), {}, share=0.001),
    "trips": _Change(_is("pay_posted", "ended", "position", "arrived_at_dropoff"), {}, share=0.0003),
}
DUPLICATES_SHARE = 0.006


def spoil(rng: np.random.Generator, span: Span, name: str, events: pl.DataFrame) -> pl.DataFrame:
    """The events as lines of a log with all its accepted defects.

    Adds to the columns of `event_columns`: fate (one of FATES) and landed (day of the span, from 0, in whose file
    the line is). The lines of fate `current` are the events.
    """
    lines = events.with_columns(fate=pl.lit("current"))
    for change in CORRECTIONS[name]:
        lines = _corrected(rng, span, lines, change)
    mistakes = [_mistake(rng, span, LOGS[name], lines, change) for change in MISTAKES[name]]
    twins = losing_twins(LOGS[name], lines[_pick(rng, lines, CONFLICTS[name])])
    lines = pl.concat([lines, *mistakes, twins.with_columns(fate=pl.lit("conflicts"))], how="vertical")
    start = pl.lit(span.starts_on).cast(pl.Datetime("us", "UTC"))
    lines = lines.with_columns(landed=(pl.col("received_at") - start).dt.total_days().cast(pl.Int32))
    return pl.concat([lines, _duplicates(rng, span, lines)], how="vertical")


def _pick(rng: np.random.Generator, lines: pl.DataFrame, change: _Change) -> np.ndarray:
    rows = np.flatnonzero(lines.select((change.of & (pl.col("fate") == "current")).fill_null(value=False)).to_series())
    count = min(rows.size, max(LEAST, round(change.share * rows.size)))
    return np.sort(rng.choice(rows, count, replace=False))


def _later(rng: np.random.Generator, rows: pl.DataFrame, low_s: float, high_s: float) -> pl.Series:
    millis = rng.uniform(low_s * 1e3, high_s * 1e3, rows.height).astype(np.int64)
    return rows["received_at"] + pl.Series(millis * 1000).cast(pl.Duration("us"))


def _before_cut(span: Span) -> pl.Expr:
    return pl.col("then") < pl.lit(span.day(span.days)).cast(pl.Datetime("us", "UTC"))


def _corrected(rng: np.random.Generator, span: Span, lines: pl.DataFrame, change: _Change) -> pl.DataFrame:
    """Some lines arrive later, and a wrong version of them when they should have; a few are taken back in between."""
    picked = lines.with_row_index("row")[_pick(rng, lines, change)]
    picked = picked.with_columns(then=_later(rng, picked, HOUR_S / 3, 48 * HOUR_S)).filter(_before_cut(span))
    wrong = picked.with_columns(fate=pl.lit("superseded"), **change.fields).drop("row", "then")
    half_way = pl.col("received_at") + (pl.col("then") - pl.col("received_at")) / 2
    taken_back = picked.filter(pl.col("row") % 4 == 0).with_columns(
        received_at=half_way.dt.truncate("1ms"), retracted=pl.lit(value=True), fate=pl.lit("superseded")
    )
    moved = lines.with_row_index("row").join(picked.select("row", "then"), on="row", how="left", maintain_order="left")
    right = moved.with_columns(received_at=pl.coalesce("then", "received_at")).drop("row", "then")
    return pl.concat([right, wrong.cast(lines.schema), taken_back.drop("row", "then")], how="vertical")


def _mistake(rng: np.random.Generator, span: Span, log: Log, lines: pl.DataFrame, change: _Change) -> pl.DataFrame:
    """Events that never happened, and the lines that take them back."""
    picked = lines[_pick(rng, lines, change)]
    event_type = change.event_type or ""
    own = {*log.events[event_type].fields, *log.common, *log.common_optional}
    foreign = [each.name for each in log.fields if each.name not in own and each.name not in ENVELOPE_NAMES]
    said = picked.with_columns(
        pl.lit(event_type).alias("event_type"),
        *(pl.lit(None).cast(lines.schema[name]).alias(name) for name in foreign if name not in change.fields),
        event_id=pl.format("{}-x", "event_id"),
        fate=pl.lit("superseded"),
        then=_later(rng, picked, HOUR_S / 6, 20 * HOUR_S),
        **change.fields,
    ).filter(_before_cut(span))
    taken_back = said.with_columns(received_at=pl.col("then"), retracted=pl.lit(value=True), fate=pl.lit("retracted"))
    return pl.concat([said, taken_back]).drop("then").select(lines.columns).cast(lines.schema)


def _duplicates(rng: np.random.Generator, span: Span, lines: pl.DataFrame) -> pl.DataFrame:
    """The same lines again, half of them in the file of a later day."""
    count = min(lines.height, max(LEAST, round(DUPLICATES_SHARE * lines.height)))
    copies = lines[np.sort(rng.choice(lines.height, count, replace=False))]
    wait = rng.integers(1, 4, count) * (rng.random(count) < 0.5)
    landed = np.minimum(copies["landed"].to_numpy() + wait, span.days - 1).astype(np.int32)
    return copies.with_columns(fate=pl.lit("duplicates"), landed=pl.Series(landed))
