"""Typed lines into the text an upstream system would write, in all the spellings the contract allows.

Belongs here: time stamps with local offsets, numbers as strings, fields the contract does not know. Does not
belong here: files and their formats (`files`).
"""

import numpy as np
import polars as pl

from pipelines.contract import Kind, Log

# All fictitious: example domains, 555 numbers. They must never get past quarantine.
EXTRAS = (
    '"app_version":"7.3.1"',
    '"app_version":"7.3.1","device":{"os":"Android","battery":0.41}',
    '"customer_name":"Pat Example","customer_phone":"+1-202-555-0143"',
    '"customer_email":"nobody@example.com","dropoff_address":"1 Example Street"',
    '"app_version":null',
)
EXTRA_SHARE, ODD_STAMP_SHARE, QUOTED_SHARE, EMPTY_SHARE, EXPLICIT_SHARE = 0.01, 0.05, 0.02, 0.02, 0.03


def spelled(rng: np.random.Generator, log: Log, lines: pl.DataFrame, zones: dict[str, str]) -> pl.DataFrame:
    """The contract fields of the lines as String (null: left out), row for row.

    Adds landed and fate as they are, received (the typed received_at), has_quotes (numbers are written as strings)
    and extra (JSON text of fields the contract does not name, or null). zones: IANA zone by market_id.
    """
    n = lines.height
    odd = np.where(rng.random(n) < ODD_STAMP_SHARE, rng.integers(1, 6, n), 0)
    lines = lines.with_columns(offset=_offsets(lines, zones), odd=pl.Series(odd))
    lines = lines.with_columns(offset_text=_offset_text(pl.col("offset")))
    texts = [_text(each.name, each.kind, log).alias(each.name) for each in log.fields]
    extra = np.where(rng.random(n) < EXTRA_SHARE, rng.integers(0, len(EXTRAS), n), -1)
    spelled = lines.lazy().select(
        *texts,
        "landed",
        "fate",
        received="received_at",
        has_quotes=pl.Series(rng.random(n) < QUOTED_SHARE),
        extra=pl.Series(extra).replace_strict({-1: None, **dict(enumerate(EXTRAS))}, return_dtype=pl.String),
    )
    says_nothing = pl.Series(rng.random(n) < EMPTY_SHARE) & pl.col("event_type").is_in(log.event_types_with("reason"))
    return spelled.with_columns(
        reason=pl.when(says_nothing & pl.col("reason").is_null()).then(pl.lit("")).otherwise("reason")
        if "reason" in lines.columns
        else pl.lit(None, pl.String),
        retracted=pl.coalesce("retracted", pl.when(pl.Series(rng.random(n) < EXPLICIT_SHARE)).then(pl.lit("false"))),
    ).collect()


def _offsets(lines: pl.DataFrame, zones: dict[str, str]) -> pl.Series:
    """How far local clocks are from UTC when the line's event happened."""
    at = pl.col("occurred_at")
    local = pl.coalesce(
        pl.when(pl.col("market_id") == market).then(at.dt.convert_time_zone(zone).dt.replace_time_zone(None))
        for market, zone in zones.items()
    )
    return lines.lazy().select((local - at.dt.replace_time_zone(None)).alias("offset")).collect()["offset"]


def _offset_text(offset: pl.Expr) -> pl.Expr:
    minutes = offset.dt.total_minutes()
    hour, minute = ((part.cast(pl.String).str.zfill(2)) for part in (minutes.abs() // 60, minutes.abs() % 60))
    return pl.format("{}{}:{}", pl.when(minutes < 0).then(pl.lit("-")).otherwise(pl.lit("+")), hour, minute)


def _text(name: str, kind: Kind, log: Log) -> pl.Expr:
    column = pl.col(name)
    match kind:
        case Kind.TIMESTAMP:
            return _stamp(name, has_fraction=name == "received_at" or log.name == "trips")
        case Kind.BOOLEAN:
            return pl.when(column).then(pl.lit("true")).when(~column).then(pl.lit("false"))
        case Kind.MONEY:
            return column.cast(pl.String).str.strip_suffix("00")
        case Kind.INTEGER | Kind.NUMBER:
            return column.cast(pl.String)
        case _:
            return column


def _stamp(name: str, *, has_fraction: bool) -> pl.Expr:
    """RFC 3339: received_at in UTC, the others with the local offset; some rows in a rarer legal spelling."""
    column, odd = pl.col(name).dt.replace_time_zone(None), pl.col("odd")
    zone = pl.when(odd == 4).then(pl.lit("-00:00")).when(odd == 5).then(pl.lit("+00:00")).otherwise(pl.lit("Z"))
    if name != "received_at":
        column, zone = column + pl.col("offset"), pl.col("offset_text")
    text = column.dt.to_string("%Y-%m-%dT%H:%M:%S" + ("%.3f" if has_fraction else "")) + zone
    lower = text.str.replace("T", "t", literal=True).str.replace("Z", "z", literal=True)
    spaced = text.str.replace("T", " ", literal=True)
    precise = column.dt.to_string("%Y-%m-%dT%H:%M:%S%.9f") + zone
    return (
        pl.when(odd == 0)
        .then(text)
        .when(odd == 1)
        .then(lower)
        .when(odd == 2)
        .then(spaced)
        .otherwise(pl.when(odd == 3).then(precise).otherwise(text))
    )
