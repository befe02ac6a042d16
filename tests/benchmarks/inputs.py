"""Log files for the benchmarks, made from a seed: vectorised, every line good unless said otherwise.

Belongs here: what the files hold and how they are written. Does not belong here: what is measured on them.
"""

import gzip
from pathlib import Path

import numpy as np
import polars as pl
from isal import igzip

FIRST_INSTANT = np.datetime64("2022-05-01T07:00:00.000", "ms")
MILLISECONDS_APART = 900
PIECE_LINES = 1_000_000
FORMATS = ("jsonl.gz", "csv", "parquet")
TRIP_EVENTS = {
    "position": 0.75,
    "arrived_at_dropoff": 0.1,
    "pay_posted": 0.05,
    "toll_charged": 0.02,
    "started": 0.04,
    "ended": 0.04,
}
ORDER_EVENTS = ("placed", "ready", "picked_up", "delivered")
_TYPE = pl.col("event_type")


def trips(lines: int, first: int = 0, seed: int = 1) -> pl.DataFrame:
    """Lines number `first` and following of a trips log, instants typed, null where an event has no such field."""
    dice = np.random.default_rng([seed, first])
    number = first + np.arange(lines)
    event = dice.choice(list(TRIP_EVENTS), lines, p=list(TRIP_EVENTS.values()))
    has_place, is_start = _TYPE == "position", _TYPE == "started"
    has_amount = _TYPE.is_in(["pay_posted", "toll_charged"])
    return _envelope("t", number, event, dice).with_columns(
        trip_id=_named("trip", number // 60),
        trip_miles=_where(_TYPE.is_in(["position", "ended"]), np.round(dice.random(lines) * 40, 2)),
        latitude=_where(has_place, np.round(36 + dice.random(lines), 6)),
        longitude=_where(has_place, np.round(-115 - dice.random(lines), 6)),
        driver_id=_where(is_start, _named("driver", dice.integers(0, 500, lines))),
        site_id=pl.when(is_start).then(pl.lit("las_vegas_mall")),
        order_id=_where(_TYPE == "arrived_at_dropoff", _named("order", dice.integers(0, first + lines, lines))),
        pay_kind=pl.when(_TYPE == "pay_posted").then(pl.lit("base")),
        amount_usd=_where(has_amount, np.round(dice.random(lines) * 60, 2)),
    )


def orders(lines: int, seed: int = 1) -> pl.DataFrame:
    """An orders log in which each order is placed, packed, picked up and delivered."""
    dice = np.random.default_rng(seed)
    number = np.arange(lines)
    is_placed = _TYPE == "placed"
    return _envelope("o", number, np.array(ORDER_EVENTS)[number % 4], dice).with_columns(
        order_id=_named("order", number // 4),
        site_id=pl.when(is_placed).then(pl.lit("las_vegas_mall")),
        store_id=_where(is_placed, _named("store", dice.integers(0, 90, lines))),
        promised_at=pl.when(is_placed).then(pl.col("received_at").dt.offset_by("3h")),
        package_count=_where(is_placed, dice.integers(1, 5, lines)),
        dropoff_latitude=_where(is_placed, np.round(36 + dice.random(lines), 5)),
        dropoff_longitude=_where(is_placed, np.round(-115 - dice.random(lines), 5)),
        trip_id=_where(_TYPE.is_in(["picked_up", "delivered"]), _named("trip", number // 400)),
    )


def write(frame: pl.DataFrame, path: Path) -> None:
    """Writes the log in the format the name ends in; Parquet keeps instants typed, text has them as RFC 3339."""
    if path.suffix == ".parquet":
        frame.write_parquet(path)
    elif path.suffix == ".csv":
        path.write_bytes(_csv(frame).encode())
    else:
        path.write_bytes(gzip.compress("\n".join([*_json_lines(frame), ""]).encode(), 6))


def write_large(path: Path, lines: int) -> None:
    """Writes a trips log of so many lines, holding one piece of it at a time."""
    is_csv = path.suffix == ".csv"
    with path.open("wb") if is_csv else igzip.open(path, "wb") as file:
        for first in range(0, lines, PIECE_LINES):
            frame = trips(min(PIECE_LINES, lines - first), first)
            text = _csv(frame, has_header=first == 0) if is_csv else "\n".join([*_json_lines(frame), ""])
            file.write(text.encode())


def write_small_files(folder: Path, files: int, lines: int) -> None:
    """Writes a trips log as so many files by turns plain, gzip and CSV; one line of every second file is bad."""
    frame = trips(files * lines)
    header, *records = _csv(frame).splitlines()
    texts = _json_lines(frame)
    for number in range(files):
        suffix = ("jsonl", "jsonl.gz", "csv")[number % 3]
        chosen = (records if suffix == "csv" else texts)[number * lines : (number + 1) * lines]
        if number % 2:  # cut off, or with a stamp that is none
            line = chosen[lines // 2]
            chosen[lines // 2] = line[:30] if number % 4 == 1 else line.replace("T", " at ", 1)
        content = "\n".join([*([header] if suffix == "csv" else []), *chosen, ""]).encode()
        path = folder / f"2022-05-{number % 30 + 1:02}" / f"{number}.{suffix}"
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_bytes(gzip.compress(content, 6) if suffix == "jsonl.gz" else content)


def write_blanks(path: Path, megabytes: int) -> None:
    """Writes a gzip file of nothing but blanks, about a thousandth of what it expands to."""
    with gzip.open(path, "wb", compresslevel=9) as file:
        for _ in range(megabytes):
            file.write(b" " * 1_000_000)


def _envelope(prefix: str, number: np.ndarray, event: np.ndarray, dice: np.random.Generator) -> pl.DataFrame:
    occurred = FIRST_INSTANT + (number * MILLISECONDS_APART).astype("timedelta64[ms]")
    received = occurred + dice.integers(0, 60_000, number.size).astype("timedelta64[ms]")
    stamps = pl.DataFrame({"occurred_at": occurred, "received_at": received})
    return pl.DataFrame({"event_id": _named(prefix, number), "event_type": event}).hstack(
        stamps.select(pl.all().cast(pl.Datetime("us")).dt.replace_time_zone("UTC"))
    )


def _named(prefix: str, numbers: np.ndarray) -> pl.Series:
    return prefix + "-" + pl.Series(numbers).cast(pl.String)


def _where(condition: pl.Expr, values: pl.Series | np.ndarray) -> pl.Expr:
    return pl.when(condition).then(pl.Series(values))


def _with_text_stamps(frame: pl.DataFrame) -> pl.DataFrame:
    """Devices write local time with its offset, the platform UTC."""
    local = pl.col("occurred_at").dt.offset_by("-7h").dt.strftime("%Y-%m-%dT%H:%M:%S%.3f-07:00")
    rest = pl.col(pl.Datetime("us", "UTC")).dt.strftime("%Y-%m-%dT%H:%M:%S%.3fZ")
    return frame.with_columns(occurred_at=local).with_columns(rest)


def _csv(frame: pl.DataFrame, *, has_header: bool = True) -> str:
    return _with_text_stamps(frame).write_csv(include_header=has_header)


def _json_lines(frame: pl.DataFrame) -> list[str]:
    """One JSON object per row, nulls left out."""
    text = _with_text_stamps(frame)
    quotes = {name: '"' if dtype == pl.String else "" for name, dtype in text.schema.items()}
    fields = [pl.format(f'"{name}":{quote}{{}}{quote}', name) for name, quote in quotes.items()]
    joined = pl.concat_str(fields, separator=",", ignore_nulls=True)
    return text.select(pl.lit("{") + joined + pl.lit("}")).to_series().to_list()
